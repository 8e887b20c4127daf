"""What both model runtimes check: that tensors are those the manifest declares."""

from collections.abc import Callable
from typing import Final

import numpy as np

from visavis.errors import ModelInvalidError
from visavis.perception.manifest import InputSpec, ModelEntry
from visavis.perception.model_entries import ANY
from visavis.perception.session import FloatTensor, ModelIdentity

__all__ = ["check_input", "check_outputs", "fits", "identity_of", "in_batches", "input_of", "warm_up_tensor"]

MAX_BATCH: Final = 256


def identity_of(entry: ModelEntry) -> ModelIdentity:
    return ModelIdentity(entry.name, entry.full_version, entry.kept_sha256)


def input_of(entry: ModelEntry) -> InputSpec:
    """What the entry declares; ModelInvalidError ``model_invalid`` for data that has none."""
    if entry.input is None:
        raise ModelInvalidError("model_invalid", f"The model {entry.name} is data: it has nothing to run.")
    return entry.input


def fits(found: tuple[int, ...], declared: tuple[int, ...]) -> bool:
    """Whether the sizes in a file agree with those declared; an open size agrees with any."""
    return found == declared or (  # the usual case, and the fastest
        len(found) == len(declared)
        and all(ANY in pair or pair[0] == pair[1] for pair in zip(found, declared, strict=True))
    )


def warm_up_tensor(entry: ModelEntry) -> FloatTensor:
    """Zeros of the smallest shape that fits the declared one."""
    return np.zeros(input_of(entry).least_shape, np.float32)


def check_input(entry: ModelEntry, tensor: FloatTensor) -> InputSpec:
    """Raises ModelInvalidError ``model_invalid`` where a batch is empty, too large, or not as declared."""
    spec = input_of(entry)
    batch = len(tensor) if tensor.ndim else 0
    right = tensor.dtype == np.float32 and 0 < batch <= MAX_BATCH and spec.takes(tensor.shape)
    if not right:
        raise ModelInvalidError(
            "model_invalid",
            f"The model {entry.name} takes float32 of {list(spec.shape)}, at most {MAX_BATCH} at once; "
            f"it was given {tensor.dtype} of {list(tensor.shape)}.",
        )
    return spec


def in_batches(
    tensor: FloatTensor, step: int, run: Callable[[FloatTensor], tuple[FloatTensor, ...]]
) -> tuple[FloatTensor, ...]:
    """The outputs for all rows, run ``step`` at a time, or all at once where ``step`` is open.

    A last batch that is short is filled up with zeros, and its surplus outputs are dropped.
    """
    if step in (ANY, len(tensor)):
        return run(tensor)
    rows = []
    for first in range(0, len(tensor), step):
        part = tensor[first : first + step]
        short = step - len(part)
        if short:
            part = np.concatenate([part, np.zeros((short, *part.shape[1:]), np.float32)])
        rows.append(tuple(value[: len(value) - short] for value in run(part)))
    return rows[0] if len(rows) == 1 else tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def check_outputs(entry: ModelEntry, outputs: tuple[FloatTensor, ...]) -> tuple[FloatTensor, ...]:
    """Raises ModelInvalidError ``model_invalid`` where what came out is not as declared."""
    for spec, value in zip(entry.output, outputs, strict=True):
        if value.dtype != np.float32 or not fits(value.shape[1:], spec.shape[1:]):
            raise ModelInvalidError(
                "model_invalid",
                f"The model {entry.name} gave {value.dtype} of {list(value.shape)} for its output {spec.name}, "
                f"where {list(spec.shape)} is declared.",
            )
    return outputs
