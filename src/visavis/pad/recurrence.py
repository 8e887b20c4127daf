"""Does a stream come back to pictures it has shown before? A camera's hardly ever does; a loop's or a still's do.

Memory: at most `KEPT` thumbnails, about 2 MB; time: one small sum of squares for every 60 of them.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.pad.observation import THUMBNAIL_SIDE
from visavis.perception.session import FloatTensor

__all__ = ["KEPT", "LEAST_APART_S", "MATCH_RMS", "Recurrence", "recur"]

KEPT: Final = 900
"""Thumbnails: 90 seconds at 10 frames/s, 30 at 30."""
MATCH_RMS: Final = 0.6
"""Grey levels, 0..255."""
LEAST_APART_S: Final = 1.0
_CHUNK: Final = 60
_COARSE: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Frames one after the other: their number, times (n,), coarse (n, 64) float32 and fine (n, 1024) float16."""

    first: int
    times: NDArray[np.float64]
    coarse: FloatTensor
    fine: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recurrence:
    """``frames``: how many were seen. ``matched``: a bit for each that resembles one more than a second away."""

    frames: int = 0
    matched: int = 0
    chunks: tuple[_Chunk, ...] = ()

    @property
    def share(self) -> float:
        """Of the frames, 0..1."""
        return self.matched.bit_count() / self.frames if self.frames else 0.0


def recur(state: Recurrence, thumbnail: FloatTensor, time_s: float) -> Recurrence:
    """The state with one more frame, whose ``thumbnail`` is (32, 32), grey without its mean."""
    side = THUMBNAIL_SIDE // _COARSE
    coarse = thumbnail.reshape(_COARSE, side, _COARSE, side).mean(axis=(1, 3)).reshape(-1)
    fine = thumbnail.reshape(-1)
    resembled = 0
    for chunk in state.chunks:
        resembled |= _matches(chunk, coarse, fine, time_s) << chunk.first
    matched = state.matched | resembled | (1 << state.frames if resembled else 0)
    chunks = _appended(state.chunks, state.frames, time_s, coarse, fine)
    return replace(state, frames=state.frames + 1, matched=matched, chunks=chunks)


def _matches(chunk: _Chunk, coarse: FloatTensor, fine: FloatTensor, time_s: float) -> int:
    """Bits of the frames in ``chunk`` that the new one resembles."""
    # the mean of squares over blocks is never above that over pixels, so what differs coarsely is no candidate
    apart = chunk.coarse - coarse
    near = np.einsum("ij,ij->i", apart, apart) < MATCH_RMS**2 * coarse.size
    if not near.any():
        return 0
    candidates = np.flatnonzero(near & (time_s - chunk.times > LEAST_APART_S))
    if not len(candidates):
        return 0
    exact = np.square(chunk.fine[candidates].astype(np.float32) - fine).mean(axis=1)
    return sum(1 << index for index in candidates[exact < MATCH_RMS**2].tolist())


def _appended(
    chunks: tuple[_Chunk, ...], number: int, time_s: float, coarse: FloatTensor, fine: FloatTensor
) -> tuple[_Chunk, ...]:
    one = _Chunk(number, np.array([time_s]), coarse[None], fine[None].astype(np.float16))
    if not chunks or len(chunks[-1].times) >= _CHUNK:
        return (*chunks, one)[-(KEPT // _CHUNK) :]
    last = chunks[-1]
    grown = _Chunk(
        last.first,
        np.concatenate([last.times, one.times]),
        np.concatenate([last.coarse, one.coarse]),
        np.concatenate([last.fine, one.fine]),
    )
    return (*chunks[:-1], grown)
