"""The array types of this package."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "IndexArray"]

FloatArray = NDArray[np.float32]
"""Scores: cosines in -1..1, or unit vectors in rows."""

IndexArray = NDArray[np.int32]
"""Numbers of pictures or of people."""
