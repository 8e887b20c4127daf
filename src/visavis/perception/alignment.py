"""Alignment: a face brought upright to the place and size at which an embedding network learnt to see it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.perception.geometry import Matrix, fit_similarity, sample
from visavis.perception.landmarks import MOUTH_CORNERS, NOSE_TIP, FaceMesh

__all__ = ["ARCFACE_112", "DLIB_150", "TEMPLATES", "AlignmentTemplate", "align"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentTemplate:
    """Where the points of a face go in a square crop of ``size`` px.

    ``landmarks``: the mesh points whose mean is each point. ``points``: its place, counted from the *centre* of the
    first pixel, as the code that the templates come from does.
    """

    name: str
    size: int
    landmarks: tuple[tuple[int, ...], ...]
    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.landmarks) != len(self.points) or len(self.points) < 2:
            raise ValueError("a template has a place for each of its points, and at least two")

    def matrix(self, mesh: FaceMesh) -> Matrix:
        """From the picture to the crop, both in continuous px. Raises ValueError where all points coincide."""
        return fit_similarity(self.source(mesh), np.asarray(self.points) + 0.5)

    def source(self, mesh: FaceMesh) -> NDArray[np.float64]:
        """The points (n, 2) in px of the picture."""
        points = mesh.points[:, :2].astype(np.float64)
        return np.stack([points[list(group)].mean(axis=0) for group in self.landmarks])


ARCFACE_112: Final = AlignmentTemplate(
    name="arcface_112",
    size=112,
    landmarks=((33, 133), (362, 263), (NOSE_TIP,), (MOUTH_CORNERS[0],), (MOUTH_CORNERS[1],)),
    points=((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
)
"""Eyes, tip of the nose and corners of the mouth at the places of ArcFace.

J. Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019, and its published code.
"""

_DLIB_CORNERS: Final = (
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.6460604764104, 0.2289674387677),
    (0.8595674595992, 0.2134981538014),
    (0.4901123135679, 0.6277975316475),
)

DLIB_150: Final = AlignmentTemplate(
    name="dlib_150",
    size=150,
    landmarks=((33,), (133,), (362,), (263,), (2,)),
    points=tuple(((x + 0.25) / 1.5 * 150, (y + 0.25) / 1.5 * 150) for x, y in _DLIB_CORNERS),
)
"""Corners of the eyes and the foot of the nose at the places of dlib's five-point face chips, with 25 % around.

D. King, dlib, `get_face_chip_details` with 5 points, padding 0.25.
"""

TEMPLATES: Final = {template.name: template for template in (ARCFACE_112, DLIB_150)}


def align(picture: Picture, mesh: FaceMesh, template: AlignmentTemplate) -> RgbImage:
    """The crop (size, size, 3) RGB of one face; black where it leaves the picture."""
    return sample(picture.pixels, template.matrix(mesh), (template.size, template.size))
