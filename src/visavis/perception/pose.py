"""Head pose from the landmarks, by laying the canonical face over them.

MediaPipe's canonical face model comes as a protocol buffer (`GeometryPipelineMetadata` of its face geometry module) of
468 vertices in centimetres and the weights with which some of them take part in a Procrustes fit. The few fields needed
are read here directly, every length checked.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelInvalidError
from visavis.perception.landmarks import LANDMARKS, FaceMesh

__all__ = ["CanonicalMesh", "HeadPose", "PoseEstimator"]

_MOST_BYTES: Final = 1 << 20
_VERTEX: Final = 5  # x, y, z, u, v
_VARINT: Final = 0
_BYTES: Final = 2
_FIXED32: Final = 5
_FIXED_LENGTHS: Final = {1: 8, _FIXED32: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """Degrees. All zero: the holder looks straight into an upright camera. Left and right are the holder's own.

    ``yaw`` -180..180, positive: turned to the own left (the nose goes to the right of an unmirrored picture).
    ``pitch`` -90..90, positive: looking up.
    ``roll`` -180..180, positive: leaning to the own left shoulder (clockwise in an unmirrored picture).

    The axes, and the order yaw, pitch, roll about the axes of the head, are those of the pose angle block of ISO/IEC
    19794-5:2011, 5.5.8 and ISO/IEC 39794-5. Its yaw has the sign used here; its pitch and roll count the other way.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalMesh:
    """``vertices`` (468, 3) float64, read-only: cm, x to the holder's own left, y up, z out of the face.

    ``weights`` (468,) float64, read-only, sum 1: how much each vertex says about the pose.
    """

    vertices: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def parse(cls, data: bytes) -> "CanonicalMesh":
        """Read the protocol buffer: field 1 the mesh (its field 3 the vertex buffer), field 2 the weights.

        Raises ModelInvalidError where the bytes are not such a model.
        """
        if len(data) > _MOST_BYTES:
            raise _invalid(f"it has {len(data)} bytes, and {_MOST_BYTES} are the most")
        numbers = b""
        weights = np.zeros(LANDMARKS)
        for field, kind, value in _fields(data):
            if field == 1 and kind == _BYTES:
                numbers = b"".join(v for f, k, v in _fields(value) if f == 3 and k in (_BYTES, _FIXED32))
            elif field == 2 and kind == _BYTES:
                index, weight = _weight(value)
                weights[index] = weight
        if len(numbers) != LANDMARKS * _VERTEX * 4:
            raise _invalid(f"{LANDMARKS} vertices of {_VERTEX} numbers were expected")
        vertices = np.frombuffer(numbers, "<f4").reshape(LANDMARKS, _VERTEX)[:, :3].astype(np.float64)
        total = weights.sum()
        if not np.isfinite(vertices).all() or not np.isfinite(weights).all() or weights.min() < 0 or total <= 0:
            raise _invalid("a number in it is out of range")
        weights /= total
        vertices.setflags(write=False)
        weights.setflags(write=False)
        return cls(vertices, weights)


class PoseEstimator:
    """Stateless between calls."""

    def __init__(self, canonical: CanonicalMesh) -> None:
        self._weights = canonical.weights[:, None]
        self._face = canonical.vertices - canonical.weights @ canonical.vertices

    def estimate(self, mesh: FaceMesh) -> HeadPose:
        """The pose whose turned canonical face lies nearest to the mesh, by weighted least squares over all points.

        W. Kabsch, "A discussion of the solution for the best rotation to relate two sets of vectors", 1978.
        """
        # to the axes of the canonical face: y up, z towards the camera
        seen = mesh.points.astype(np.float64) * [1.0, -1.0, -1.0]
        seen -= self._weights.T @ seen
        u, _, vt = np.linalg.svd((self._weights * seen).T @ self._face)
        turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
        # turn = Ry(yaw) Rx(-pitch) Rz(-roll)
        forward = turn[:, 2]
        angles = np.degrees(
            [
                np.arctan2(forward[0], forward[2]),
                np.arcsin(np.clip(forward[1], -1, 1)),
                np.arctan2(-turn[1, 0], turn[1, 1]),
            ]
        )
        return HeadPose(yaw=float(angles[0]), pitch=float(angles[1]), roll=float(angles[2]))


def _fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(field number, wire type, payload) of a protocol buffer message; a varint's payload is its 8 bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(data, at)
            yield key >> 3, kind, number.to_bytes(8, "little")
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in _FIXED_LENGTHS:
            length = _FIXED_LENGTHS[kind]
        else:
            raise _invalid("an unknown wire type")
        if length > len(data) - at:
            raise _invalid("it ends early")
        yield key >> 3, kind, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for step in range(10):
        if at + step >= len(data):
            raise _invalid("it ends early")
        byte = data[at + step]
        value |= (byte & 0x7F) << (7 * step)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + step + 1
    raise _invalid("a number in it is too long")


def _weight(data: bytes) -> tuple[int, float]:
    index, weight = 0, 0.0
    for field, kind, value in _fields(data):
        if field == 1 and kind == _VARINT:
            index = int.from_bytes(value, "little")
        elif field == 2 and kind == _FIXED32:
            (weight,) = struct.unpack("<f", value)
    if index >= LANDMARKS:
        raise _invalid(f"vertex {index} does not exist")
    return index, weight


def _invalid(why: str) -> ModelInvalidError:
    return ModelInvalidError(
        "canonical_mesh_invalid",
        f"The canonical face mesh cannot be read: {why}.",
        advice="Pull the models again with `visavis models pull`.",
    )
