"""Stand-ins for models, and a face of numbers, for tests of perception that need no weights."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture
from visavis.perception.acquisition import Acquisition, AcquisitionOptions, FaceAcquirer, FaceChoice
from visavis.perception.detector import BACK_RANGE, FaceDetector, anchor_centres
from visavis.perception.eyes import EyeEstimator
from visavis.perception.geometry import Region, apply
from visavis.perception.landmarks import LANDMARKS, FaceLandmarker, FaceMesh
from visavis.perception.pose import CanonicalMesh, PoseEstimator
from visavis.perception.session import FloatTensor, ModelIdentity

Answer = Callable[[FloatTensor], tuple[FloatTensor, ...]]


class StubSession:
    """Answers by a function, and remembers what it was asked."""

    def __init__(self, answer: Answer, name: str = "stub", digest: str = "0" * 64) -> None:
        self.identity = ModelIdentity(name, "1", digest)
        self.asked: list[FloatTensor] = []
        self._answer = answer

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]:
        self.asked.append(tensor)
        return self._answer(tensor)


def picture(width: int = 320, height: int = 240, value: int = 128) -> Picture:
    return Picture(np.full((height, width, 3), value, np.uint8))


def head() -> CanonicalMesh:
    """468 points on the front of an egg, in cm, those that have a name where a face has them."""
    generator = np.random.default_rng(7)
    angles = generator.uniform(-1.2, 1.2, (LANDMARKS, 2))
    points = np.stack(
        [7 * np.sin(angles[:, 0]), 9 * np.sin(angles[:, 1]), 6 * np.cos(angles[:, 0]) * np.cos(angles[:, 1])], axis=1
    )
    named = {
        33: (-4.4, 2.7, 3.2), 133: (-1.9, 2.6, 3.8), 263: (4.4, 2.7, 3.2), 362: (1.9, 2.6, 3.8),
        1: (0, -1.1, 7.5), 2: (0, -2.1, 6.6), 152: (0, -9.4, 4.3), 61: (-2.5, -4.3, 4.3), 291: (2.5, -4.3, 4.3),
        13: (0, -4.1, 5.6), 14: (0, -4.2, 5.6),
    }  # fmt: skip
    for index, place in named.items():
        points[index] = place
    for side, lids in ((-1, ((159, 145), (158, 153), (160, 144))), (1, ((386, 374), (385, 380), (387, 373)))):
        for upper, lower in lids:
            points[upper], points[lower] = (side * 3.15, 3.0, 4.2), (side * 3.15, 2.25, 4.2)
    for x, (upper, lower) in zip((-1.2, 1.2, -0.6, 0.6), ((81, 178), (311, 402), (82, 87), (312, 317)), strict=True):
        points[upper], points[lower] = (x, -4.1, 5.4), (x, -4.2, 5.4)
    weights = np.full(LANDMARKS, 1 / LANDMARKS)
    return CanonicalMesh(points, weights)


def turned(yaw: float = 0, pitch: float = 0, roll: float = 0) -> NDArray[np.float64]:
    """Rotation of a head as `HeadPose` counts, built from the words: to the own left, up, to the own left shoulder.

    Axes: x to the holder's own left, y up, z out of the face; an unmirrored picture shows x to the right.
    """
    a, b, c = np.radians([yaw, pitch, roll])
    to_left = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    up = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    lean = np.array([[np.cos(c), np.sin(c), 0], [-np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(to_left @ up @ lean)


def seen(
    canonical: CanonicalMesh,
    rotation: NDArray[np.float64],
    *,
    centre: tuple[float, float] = (160, 120),
    px_per_cm: float = 8,
    distance: float | None = None,
    presence: float = 1.0,
) -> FaceMesh:
    """The landmarks of a head in a picture; ``distance`` in cm gives it a camera's perspective."""
    space = canonical.vertices @ rotation.T
    scale = np.full(len(space), px_per_cm)
    if distance is not None:
        scale = px_per_cm * distance / (distance - space[:, 2])
    points = np.stack(
        [centre[0] + scale * space[:, 0], centre[1] - scale * space[:, 1], -px_per_cm * space[:, 2]], axis=1
    ).astype(np.float32)
    return FaceMesh(points=points, presence=presence)


HEAD = head()
SIDE = 640


def face(x: float, y: float, px_per_cm: float, *, roll: float = 0, presence: float = 0.9999) -> FaceMesh:
    return seen(HEAD, turned(roll=roll), centre=(x, y), px_per_cm=px_per_cm, presence=presence)


class Stage:
    """A picture of ``faces``: the detector sees them all, the landmarker the one that its region is on."""

    def __init__(self, *faces: FaceMesh, ghosts: tuple[tuple[float, float, float], ...] = ()) -> None:
        self.faces = faces
        self.ghosts = ghosts
        self.overlooked: tuple[FaceMesh, ...] = ()
        """Faces that the detector misses, and the landmarker doesn't."""
        self.detector = StubSession(self._detect)

    def acquire(self, choice: FaceChoice = FaceChoice.ONLY, options: AcquisitionOptions | None = None) -> Acquisition:
        return self.acquirer(options).acquire(picture(SIDE, SIDE), choice=choice)

    def acquirer(self, options: AcquisitionOptions | None = None) -> FaceAcquirer:
        return FaceAcquirer(
            FaceDetector(self.detector),
            StagedLandmarker(self),
            PoseEstimator(HEAD),
            EyeEstimator(StubSession(lambda _: (np.array([[0, 9]], np.float32),))),
            options,
        )

    def _detect(self, tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        anchors = anchor_centres(256, BACK_RANGE.grids)
        boxes, scores = np.zeros((1, 896, 16), np.float32), np.full((1, 896, 1), -20, np.float32)
        places = [
            (*mesh.box.centre, max(mesh.box.width, mesh.box.height))
            for mesh in self.faces
            if mesh not in self.overlooked
        ]
        for x, y, side in (np.array(place) * 256 / SIDE for place in (*places, *self.ghosts)):
            index = int(np.hypot(*(anchors - [x, y]).T).argmin())
            row = np.vstack([[x, y], [side, side], np.tile([x, y], (6, 1))])
            row[3, 0] += side / 4  # the left eye, right of the right one
            row[0] -= anchors[index]
            row[2:] -= anchors[index]
            boxes[0, index], scores[0, index] = row.ravel(), 4
        return boxes, scores


class StagedLandmarker(FaceLandmarker):
    def __init__(self, stage: Stage) -> None:
        super().__init__(StubSession(lambda _: ()))
        self._stage = stage

    def _locate(self, picture: object, region: Region) -> FaceMesh:
        for mesh in self._stage.faces:
            placed = apply(region.to_crop(100), np.array(mesh.box.centre))
            if np.abs(placed - 50).max() < 20:
                return mesh
        return face(region.x, region.y, 1, presence=0.01)
