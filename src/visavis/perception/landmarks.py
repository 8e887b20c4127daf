"""The dense landmarks of a face: 468 points of MediaPipe's face mesh, and how sure it is that a face is there.

Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019. The numbers of
single points are those of MediaPipe's canonical face model. *Left* and *right* are the holder's own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture
from visavis.errors import ModelInvalidError
from visavis.perception.detector import Detection
from visavis.perception.geometry import Box, Region, apply, invert
from visavis.perception.layers import sample_picture
from visavis.perception.session import FloatTensor, ModelSession

__all__ = [
    "CHIN",
    "FACE_OVAL",
    "LANDMARKS",
    "LEFT_EYE_CORNERS",
    "MOUTH_CORNERS",
    "NOSE_TIP",
    "RIGHT_EYE_CORNERS",
    "FaceLandmarker",
    "FaceMesh",
    "LandmarkerOptions",
    "region_of_detection",
    "region_of_mesh",
]

LANDMARKS: Final = 468
RIGHT_EYE_CORNERS: Final = (33, 133)
"""Outer and inner corner of the holder's right eye, which is on the left of an unmirrored picture."""
LEFT_EYE_CORNERS: Final = (263, 362)
"""Outer and inner corner of the holder's left eye."""
NOSE_TIP: Final = 1
CHIN: Final = 152
MOUTH_CORNERS: Final = (61, 291)
"""The holder's right and left corner of the mouth."""
# fmt: off
FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)
# fmt: on
"""The outline from the middle of the forehead over the holder's left cheek, the chin and the right cheek."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FaceMesh:
    """``points`` (468, 3) float32, read-only: x, y in px of the picture (continuous: a pixel's centre is at .5), z in
    the same scale, smaller is nearer to the camera. ``presence`` 0..1: how sure the network is that this is a face.
    """

    points: FloatTensor
    presence: float

    @property
    def box(self) -> Box:
        return Box.around(self.points)

    @property
    def right_eye(self) -> NDArray[np.float64]:
        """Middle between the corners of the holder's right eye, (2,)."""
        return self._middle(RIGHT_EYE_CORNERS)

    @property
    def left_eye(self) -> NDArray[np.float64]:
        return self._middle(LEFT_EYE_CORNERS)

    @property
    def eye_distance(self) -> float:
        """Between the two eye middles as seen in the picture, px (ISO/IEC 39794-5 eye centres, without pose)."""
        return math.dist(self.left_eye, self.right_eye)

    def _middle(self, corners: tuple[int, int]) -> NDArray[np.float64]:
        one, other = (self.points[corner, :2].tolist() for corner in corners)
        return np.array([(one[0] + other[0]) / 2, (one[1] + other[1]) / 2])


@dataclass(frozen=True, slots=True, kw_only=True)
class LandmarkerOptions:
    """``input_size``: side of the network's input, px. ``margin``: side of the crop over the longer side of the face's
    box.
    """

    input_size: int = 192
    margin: float = 1.5
    smooth_below: float = 0.75


class FaceLandmarker:
    """Finds the landmarks in given regions. Stateless between calls, so safe from several threads if its session is.

    The session takes (1, s, s, 3), RGB in 0..1, and gives 468 points (1404 numbers, px of the input) and the face flag
    before the sigmoid.
    """

    def __init__(self, session: ModelSession, options: LandmarkerOptions | None = None) -> None:
        self._session = session
        self._options = options or LandmarkerOptions()

    def locate(self, picture: Picture, regions: Sequence[Region]) -> tuple[FaceMesh, ...]:
        """One mesh a region, in their order; its ``presence`` says whether to believe it.

        Raises ModelInvalidError where the network's tensors are not those of a face mesh.
        """
        return tuple(self._locate(picture, region) for region in regions)

    def locate_detected(self, picture: Picture, detections: Sequence[Detection]) -> tuple[FaceMesh, ...]:
        """As `locate`, in the regions that a detector found."""
        margin = self._options.margin
        return self.locate(picture, [region_of_detection(item, margin=margin) for item in detections])

    def refine(self, picture: Picture, meshes: Sequence[FaceMesh]) -> tuple[FaceMesh, ...]:
        """A second look, centred and levelled by a first: takes out most of what the detector's box was off."""
        margin = self._options.margin
        return self.locate(picture, [region_of_mesh(mesh, margin=margin) for mesh in meshes])

    def _locate(self, picture: Picture, region: Region) -> FaceMesh:
        size = self._options.input_size
        matrix = region.to_crop(size)
        crop = sample_picture(picture, matrix, (size, size), smooth_below=self._options.smooth_below)
        tensor = np.multiply(crop[None], np.float32(1 / 255), dtype=np.float32)
        outputs = self._session.run(tensor)
        if len(outputs) != 2 or outputs[0].size != LANDMARKS * 3 or outputs[1].size != 1:
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The landmark model {self._session.identity} does not give 468 points and a face flag.",
                advice="Name a model with the outputs of MediaPipe's face mesh.",
            )
        found = outputs[0].reshape(LANDMARKS, 3)
        points = np.empty((LANDMARKS, 3), np.float32)
        points[:, :2] = apply(invert(matrix), found[:, :2])
        points[:, 2] = found[:, 2] * (region.side / size)
        points.setflags(write=False)
        flag = min(max(float(outputs[1].reshape(-1)[0]), -80.0), 80.0)
        return FaceMesh(points=points, presence=1 / (1 + math.exp(-flag)))


def region_of_detection(detection: Detection, *, margin: float = 1.5) -> Region:
    """The square around a detection, turned so that the eyes lie level."""
    right, left = detection.keypoints[0], detection.keypoints[1]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    x, y = detection.box.centre
    return Region(x, y, max(1.0, margin * max(detection.box.width, detection.box.height)), angle)


def region_of_mesh(mesh: FaceMesh, *, margin: float = 1.5) -> Region:
    """The square around a mesh, turned so that the outer corners of the eyes lie level."""
    points = mesh.points[:, :2].astype(np.float64)
    across = points[LEFT_EYE_CORNERS[0]] - points[RIGHT_EYE_CORNERS[0]]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    level = (points @ np.array([[cos, -sin], [sin, cos]])).T
    low, high = (np.array([pick(level[0]), pick(level[1])]) for pick in (np.min, np.max))
    middle = (low + high) / 2
    return Region(
        float(cos * middle[0] - sin * middle[1]),
        float(sin * middle[0] + cos * middle[1]),
        max(1.0, margin * float((high - low).max())),
        angle,
    )
