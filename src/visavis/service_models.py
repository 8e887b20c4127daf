"""The models, loaded in threads of their own while the rest of the service is imported and put together."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from visavis.config import load_configuration
from visavis.document.ocr.reader import OcrReader
from visavis.wiring import Engine, open_engine, open_ocr

__all__ = ["LoadedModels", "loading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModels:
    """What looks at faces, and what reads text."""

    engine: Engine
    ocr: OcrReader


@contextmanager
def loading() -> Iterator[Callable[[], LoadedModels]]:
    """Begins at once; what comes back waits for the end, and raises as `visavis.wiring.open_engine` and `open_ocr`."""
    with ExitStack() as stack, ThreadPoolExecutor(2, thread_name_prefix="visavis-start") as pool:
        configuration = load_configuration()
        engine = pool.submit(
            lambda: stack.enter_context(open_engine(configuration, attack_detection=True, calibrated=True))
        )
        ocr = pool.submit(open_ocr, configuration)
        yield lambda: LoadedModels(engine=engine.result(), ocr=ocr.result())
