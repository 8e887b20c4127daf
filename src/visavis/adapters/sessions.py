"""Opens a model of the store with the runtime that its entry names."""

from typing import TYPE_CHECKING

from visavis.adapters.model_store import ModelStore
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import Runtime
from visavis.perception.session import ModelSession

if TYPE_CHECKING:
    from visavis.adapters.onnx import OnnxSession

__all__ = ["open_onnx", "open_session"]


def open_session(store: ModelStore, name: str) -> ModelSession:
    """A warm session of the model, from bytes whose digest was checked now.

    Raises UsageError ``unknown_model``, ModelMissingError, ModelDigestError, ModelInvalidError.
    """
    entry = store.manifest.get(name)
    data = store.read(name)
    match entry.runtime:
        case Runtime.ONNX:
            from visavis.adapters.onnx import OnnxSession  # noqa: PLC0415 - each runtime is slow to import

            return OnnxSession(entry, data)
        case Runtime.LITERT:
            from visavis.adapters.litert import LitertSession  # noqa: PLC0415 - as above

            return LitertSession(entry, data)
        case Runtime.NONE:
            raise ModelInvalidError(
                "model_invalid", f"The model {name} is data: it has nothing to run.", advice="Read it instead."
            )


def open_onnx(store: ModelStore, name: str) -> "OnnxSession":
    """As `open_session`, for what only an ONNX file tells: ModelInvalidError ``model_invalid`` for any other."""
    from visavis.adapters.onnx import OnnxSession  # noqa: PLC0415 - as above

    session = open_session(store, name)
    if not isinstance(session, OnnxSession):
        raise ModelInvalidError(
            "model_invalid",
            f"The model {name} is no ONNX file, whose metadata are needed.",
            advice="Name a text recogniser that carries its characters in its metadata.",
        )
    return session
