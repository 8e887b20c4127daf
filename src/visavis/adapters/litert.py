"""TensorFlow Lite models through ai-edge-litert: one thread an interpreter, and a few interpreters a model."""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from visavis.adapters.tensors import check_input, check_outputs, fits, identity_of, in_batches, warm_up_tensor
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import ModelEntry
from visavis.perception.session import FloatTensor, ModelIdentity

__all__ = ["LitertSession"]

INTERPRETERS: Final = 2
"""An interpreter is not safe to be shared; two of them keep two cores busy, and a third caller waits."""


class LitertSession:
    """A `visavis.perception.session.ModelSession` over a small pool of interpreters, the second made when it is needed.

    Raises ModelInvalidError ``model_invalid`` where the bytes do not load, or the tensors are not those declared.
    """

    def __init__(self, entry: ModelEntry, data: bytes) -> None:
        self._entry = entry
        self._data = data
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._made = 0
        self._making = threading.Lock()
        with self._worker():
            pass
        self.run(warm_up_tensor(entry))

    @property
    def identity(self) -> ModelIdentity:
        return identity_of(self._entry)

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]:
        """The outputs for a batch of up to 256, run as many rows at once as the file declares (MediaPipe's: one)."""
        spec = check_input(self._entry, tensor)
        with self._worker() as worker:
            outputs = in_batches(tensor, max(spec.shape[0], 1), worker.run)
        return check_outputs(self._entry, outputs)

    @contextlib.contextmanager
    def _worker(self) -> Iterator["_Worker"]:
        worker = self._take()
        try:
            yield worker
        finally:
            self._idle.put(worker)

    def _take(self) -> "_Worker":
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._making:
            if self._made < INTERPRETERS:
                worker = _Worker(self._entry, self._data)
                self._made += 1
                return worker
        return self._idle.get()


class _Worker:
    """One interpreter. The index of each tensor is looked up once, by name."""

    def __init__(self, entry: ModelEntry, data: bytes) -> None:
        self._name = entry.name
        try:
            self._interpreter = _allocated(data)
            inputs = self._interpreter.get_input_details()
            outputs = {item["name"]: item for item in self._interpreter.get_output_details()}
        except Exception as error:  # the runtime raises ValueError, RuntimeError and its own
            raise ModelInvalidError(
                "model_invalid",
                f"The model {entry.name} does not load.",
                advice="Its entry may name the wrong file, or a newer ai-edge-litert is needed.",
            ) from error
        spec = entry.input
        right = (
            spec is not None
            and len(inputs) == 1
            and _is(inputs[0], spec.name, (max(spec.shape[0], 1), *spec.shape[1:]))
            and all(item.name in outputs and _is(outputs[item.name], item.name, item.shape) for item in entry.output)
        )
        if not right:
            raise ModelInvalidError(
                "model_invalid",
                f"The tensors of the model {entry.name} are not those its entry declares.",
                advice="Compare `input` and `output` of the entry with the file.",
            )
        self._input = int(inputs[0]["index"])
        self._outputs = [int(outputs[item.name]["index"]) for item in entry.output]

    def run(self, tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        try:
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(tensor))
            self._interpreter.invoke()
            return tuple(self._interpreter.get_tensor(index) for index in self._outputs)  # copies
        except (RuntimeError, ValueError) as error:
            raise ModelInvalidError("model_invalid", f"The model {self._name} could not be run.") from error


def _is(found: dict[str, Any], name: str, shape: tuple[int, ...]) -> bool:
    sizes = tuple(int(size) for size in found["shape"])
    return bool(found["name"] == name and found["dtype"] is np.float32 and fits(sizes, shape))


def _allocated(data: bytes) -> Any:  # noqa: ANN401 - the runtime ships no types
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - slow to import, and only .tflite needs it

    with _quiet():
        interpreter = Interpreter(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


_STANDARD_ERROR: Final = threading.Lock()
"""Standard error belongs to the process: one opening at a time may put it aside."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The runtime writes a line about its delegate to standard error, past Python and every setting of its own."""
    with _STANDARD_ERROR, open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, no file of ours
        try:
            kept = os.dup(2)
        except OSError:  # there is no standard error
            yield
            return
        try:
            sys.stderr.flush()
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
