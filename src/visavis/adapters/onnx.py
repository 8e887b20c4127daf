"""ONNX models through onnxruntime: one thread a model, so that processes scale by themselves."""

import os
from typing import Any, Final

import numpy as np

# seen with 1.31: onnxruntime on Linux writes a device id and a queue of events below the user's home when it is
# imported, to be sent to its maker; a verification leaves nothing and tells nobody
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

from visavis.adapters.tensors import (
    check_input,
    check_outputs,
    fits,
    identity_of,
    in_batches,
    input_of,
    warm_up_tensor,
)
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import ModelEntry
from visavis.perception.session import FloatTensor, ModelIdentity

__all__ = ["OnnxSession"]

LOG_ERRORS: Final = 3


class OnnxSession:
    """A `visavis.perception.session.ModelSession`. onnxruntime's own session is safe to be run from several threads.

    Raises ModelInvalidError ``model_invalid`` where the bytes do not load, or the tensors are not those declared.
    """

    def __init__(self, entry: ModelEntry, data: bytes) -> None:
        self._entry = entry
        self._input = input_of(entry).name
        self._names = [item.name for item in entry.output]
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = LOG_ERRORS
        # a plan of memory is kept for every size that comes, and an arena as large as the largest asked for: of many
        # sizes 150 MB more, and no time is saved
        options.enable_mem_pattern = options.enable_cpu_mem_arena = input_of(entry).open is None
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no common base for what a bad file raises
            raise ModelInvalidError(
                "model_invalid",
                f"The model {entry.name} does not load.",
                advice="Its entry may name the wrong file, or a newer onnxruntime is needed.",
            ) from error
        self._check_declared()
        self.run(warm_up_tensor(entry))

    @property
    def identity(self) -> ModelIdentity:
        return identity_of(self._entry)

    def note(self, key: str) -> str | None:
        """What the file says of itself under ``key`` of its metadata, None where it says nothing."""
        value = self._session.get_modelmeta().custom_metadata_map.get(key)
        return None if value is None else str(value)

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]:
        """The outputs for a batch of up to 256; a model whose file has a batch of one is run once a row."""
        spec = check_input(self._entry, tensor)
        return check_outputs(self._entry, in_batches(tensor, spec.shape[0], self._run))

    def _run(self, tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        try:
            return tuple(self._session.run(self._names, {self._input: np.ascontiguousarray(tensor)}))
        except Exception as error:  # as above
            raise ModelInvalidError("model_invalid", f"The model {self._entry.name} could not be run.") from error

    def _check_declared(self) -> None:
        spec = self._entry.input
        inputs = self._session.get_inputs()
        outputs = {item.name: item for item in self._session.get_outputs()}
        right = (
            spec is not None
            and len(inputs) == 1
            and _is(inputs[0], spec.name, spec.shape)
            and all(
                item.name in outputs and _is(outputs[item.name], item.name, item.shape) for item in self._entry.output
            )
        )
        if not right:
            raise ModelInvalidError(
                "model_invalid",
                f"The tensors of the model {self._entry.name} are not those its entry declares.",
                advice="Compare `input` and `output` of the entry with the file.",
            )


def _is(found: Any, name: str, shape: tuple[int, ...]) -> bool:  # noqa: ANN401 - onnxruntime ships no types
    sizes = tuple(size if isinstance(size, int) else -1 for size in found.shape)
    return found.name == name and found.type == "tensor(float)" and fits(sizes, shape)
