"""The port to a model runtime."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatTensor", "ModelIdentity", "ModelSession"]

FloatTensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, order=True)
class ModelIdentity:
    """Which weights, exactly: the manifest's name and version, and the SHA-256 of the file that was loaded."""

    name: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class ModelSession(Protocol):
    """One loaded model, warm, safe to be run from several threads at once.

    ``run`` takes the one input tensor, batch first, and gives the outputs in the order that the manifest declares.
    Raises `visavis.errors.ModelInvalidError` where the tensors are not those declared.
    """

    @property
    def identity(self) -> ModelIdentity: ...

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]: ...
