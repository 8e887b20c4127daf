"""How far each eye is open, from the landmarks and a small network together.

Neither is enough alone: the aspect ratio takes narrow eyes for closed ones, the network takes downcast eyes for closed
ones. Both have to say so before an eye counts as closed. *Left* and *right* are the holder's own: their right eye is on
the left of an unmirrored picture.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture
from visavis.errors import ModelInvalidError
from visavis.perception.geometry import Region
from visavis.perception.landmarks import CHIN, LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, FaceMesh
from visavis.perception.layers import sample_picture
from visavis.perception.session import ModelSession

__all__ = ["EyeEstimator", "EyeOpenness", "aspect_ratio", "lid_opening"]

_RIGHT_LIDS: Final = ((159, 145), (158, 153), (160, 144))
_LEFT_LIDS: Final = ((386, 374), (385, 380), (387, 373))
_RIGHT_LID_POINTS: Final = [point for pair in _RIGHT_LIDS for point in pair]
_LEFT_LID_POINTS: Final = [point for pair in _LEFT_LIDS for point in pair]
_CLOSED_RATIO: Final = 0.08
_OPEN_RATIO: Final = 0.24
_INPUT: Final = 24
_MARGIN: Final = 1.6
"""Side of the network's crop over the width of the eye, as it was trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeOpenness:
    """``left``, ``right``: 0 closed .. 1 open, the mean of what the landmarks and the network say.

    ``left_ratio``, ``right_ratio``: opening between the lids over the width of the eye, about 0.05 closed to 0.35.
    ``left_network``, ``right_network``: the network's probability that the eye is open, 0..1.
    """

    left: float
    right: float
    left_ratio: float
    right_ratio: float
    left_network: float
    right_network: float


class EyeEstimator:
    """Stateless between calls, so safe from several threads if its session is.

    The session takes one eye (1, 1, 24, 24), grey in 0..1, and gives two numbers before the softmax: closed, open.
    """

    def __init__(self, session: ModelSession) -> None:
        self._session = session

    def estimate(self, picture: Picture, mesh: FaceMesh) -> EyeOpenness:
        """Raises ModelInvalidError where the network does not give two numbers."""
        left_ratio, right_ratio = aspect_ratio(mesh, left=True), aspect_ratio(mesh, left=False)
        left_network, right_network = self._network(picture, mesh, left=True), self._network(picture, mesh, left=False)
        return EyeOpenness(
            left=(_openness(left_ratio) + left_network) / 2,
            right=(_openness(right_ratio) + right_network) / 2,
            left_ratio=left_ratio,
            right_ratio=right_ratio,
            left_network=left_network,
            right_network=right_network,
        )

    def _network(self, picture: Picture, mesh: FaceMesh, *, left: bool) -> float:
        corners = LEFT_EYE_CORNERS if left else RIGHT_EYE_CORNERS
        x, y = mesh.points[_LEFT_LID_POINTS if left else _RIGHT_LID_POINTS, :2].mean(axis=0, dtype=np.float64).tolist()
        outer, inner = (mesh.points[corner, :2].tolist() for corner in corners)
        # both eyes level, each the right way round: from the holder's right to their left
        start, end = (inner, outer) if left else (outer, inner)
        across, down = end[0] - start[0], end[1] - start[1]
        region = Region(x, y, max(1.0, _MARGIN * math.hypot(across, down)), math.atan2(down, across))
        crop = sample_picture(picture, region.to_crop(_INPUT), (_INPUT, _INPUT), repeat_border=True)
        grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        outputs = self._session.run(np.multiply(grey[None, None], np.float32(1 / 255), dtype=np.float32))
        if len(outputs) != 1 or outputs[0].size != 2:
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The eye state model {self._session.identity} does not give two numbers.",
                advice="Check the model's entry in the manifest.",
            )
        closed, opened = outputs[0].reshape(-1).tolist()
        return 1 / (1 + math.exp(min(max(closed - opened, -80.0), 80.0)))


def aspect_ratio(mesh: FaceMesh, *, left: bool) -> float:
    """The mean opening at three places between the lids over the distance of the eye's corners, in the picture's plane.

    T. Soukupová, J. Čech, "Real-Time Eye Blink Detection using Facial Landmarks", CVWW 2016, with three pairs for two.
    """
    lids = mesh.points[_LEFT_LID_POINTS if left else _RIGHT_LID_POINTS, :2].tolist()
    outer, inner = (mesh.points[corner, :2].tolist() for corner in (LEFT_EYE_CORNERS if left else RIGHT_EYE_CORNERS))
    width = math.dist(outer, inner)
    opening = sum(math.dist(lids[i], lids[i + 1]) for i in range(0, len(lids), 2)) / (len(lids) // 2)
    return opening / width if width > 0 else 0.0


def lid_opening(mesh: FaceMesh, *, left: bool) -> float:
    """The widest opening between the lids over T, the distance from the middle of the eyes to the chin."""
    points = mesh.points[:, :2].astype(np.float64)
    lids = points[np.array(_LEFT_LIDS if left else _RIGHT_LIDS)]
    length = float(np.hypot(*(points[CHIN] - (mesh.right_eye + mesh.left_eye) / 2)))
    return float(np.hypot(*(lids[:, 0] - lids[:, 1]).T).max()) / length if length > 0 else 0.0


def _openness(ratio: float) -> float:
    return min(max((ratio - _CLOSED_RATIO) / (_OPEN_RATIO - _CLOSED_RATIO), 0.0), 1.0)
