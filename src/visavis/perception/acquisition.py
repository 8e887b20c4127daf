"""From a picture to the one face in it, or to the reason why there is none to compare.

Every outcome is a code, never an exception, and no rule here picks the largest of several faces in silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture
from visavis.perception.detector import Detection, FaceDetector
from visavis.perception.eyes import EyeEstimator, EyeOpenness
from visavis.perception.geometry import Box, Region
from visavis.perception.landmarks import FaceLandmarker, FaceMesh, region_of_detection, region_of_mesh
from visavis.perception.pose import HeadPose, PoseEstimator

__all__ = ["Acquisition", "AcquisitionOptions", "Face", "FaceAcquirer", "FaceChoice", "share_outside"]


_QUARTER_TURNS: Final = (0.0, np.pi / 2, np.pi, -np.pi / 2)
_ZOOM: Final = 3.0
"""Side of the square in which a rough detection is made again, over the side of its box."""
_SOFTENED_SIDE: Final = 1024
_SEEN_BOX: Final = 6.0
"""Side of the box, in the least inter-eye distances that a detector finds, from which it hardly misses an upright face.
A box is about 2.4 inter-eye distances wide.
"""


class FaceChoice(StrEnum):
    """Whose face is meant where a picture shows several."""

    ONLY = "only"
    """Nobody's: a second face refuses. The rule of the product."""
    CENTRAL = "central"
    """The one nearest to the middle of the picture: for data sets that are labelled so."""
    PORTRAIT = "portrait"
    """A document's portrait. Smaller faces may be a ghost print of it, or somebody else's portrait that is meant: the
    caller compares each of the others before it goes on.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionOptions:
    """Where the lines are drawn.

    ``least_presence``: least face flag, 0..1, at both looks.

    ``sure_presence``: below it at the first look (and always with `FaceChoice.PORTRAIT`) the face may lie on its side
    or upside down, so quarter turns are tried; if one wins, the flag must reach ``turned_presence`` at the second look.
    Without `FaceChoice.PORTRAIT`, only detections of at least ``turned_score`` are worth it. ``small_box``: a detection
    smaller than this share of its tile is made again, enlarged. ``softness``: with `FaceChoice.PORTRAIT`, where nobody
    was found: blurs tried, in px of the detector's input. ``most_candidates``: how many detections are looked at in one
    go, the surest first.

    ``least_inter_eye``: px, below it a face is too small. ``most_outside``: the largest share of the 468 points that
    may lie beyond the picture's border. ``background_ratio``: a face with less than this share of the main face's
    inter-eye distance is background, without `FaceChoice.PORTRAIT`. ``ghost_ratio``: with it, one with at most this
    share may be a ghost print.

    However large the main face is, a picture is searched for others: of ``background_ratio``, or with
    `FaceChoice.PORTRAIT` from ``rival_inter_eye`` px, near to where a face becomes usable, in tiles that share
    ``rival_overlap`` with their neighbour. Smaller ones are listed where they happen to be seen.
    """

    least_presence: float = 0.5
    sure_presence: float = 0.99999
    turned_presence: float = 0.99
    turned_score: float = 0.5
    small_box: float = 0.2
    softness: tuple[float, ...] = (0.67, 1.34)
    most_candidates: int = 24
    least_inter_eye: float = 24.0
    most_outside: float = 0.1
    background_ratio: float = 0.2
    ghost_ratio: float = 0.7
    rival_inter_eye: float = 26.0
    rival_overlap: float = 0.12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Face:
    """One face. ``box`` is around the mesh, px.

    ``inter_eye_px``: between the eye middles, divided by the cosine of yaw (never below 0.2), as ISO/IEC 29794-5:2025
    does, so that a turned head doesn't count as a small one.
    """

    mesh: FaceMesh
    pose: HeadPose
    eyes: EyeOpenness
    box: Box
    inter_eye_px: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Acquisition:
    """``reason`` None: ``face`` is the one. Else there is no ``face``, and ``reason`` is one of ``no_face``,
    ``second_face``, ``face_cut_off``, ``face_too_small`` (codes of `visavis.domain.reasons`).

    ``others``: every other face that was found, the largest first; where the picture was refused, all of them.
    ``notes``: codes of what did not stand in the way: ``background_face``. ``carried``:
    the others are those of an earlier frame, and nobody looked for them in this one.
    """

    reason: str | None
    face: Face | None
    others: tuple[Face, ...] = ()
    notes: tuple[str, ...] = ()
    carried: bool = False


class FaceAcquirer:
    """Detector, landmarks (two looks), pose and eyes in a row. Stateless between calls."""

    def __init__(
        self,
        detector: FaceDetector,
        landmarker: FaceLandmarker,
        pose: PoseEstimator,
        eyes: EyeEstimator,
        options: AcquisitionOptions | None = None,
    ) -> None:
        self._detector = detector
        self._landmarker = landmarker
        self._pose = pose
        self._eyes = eyes
        self._options = options or AcquisitionOptions()

    def acquire(self, picture: Picture, *, choice: FaceChoice = FaceChoice.ONLY) -> Acquisition:
        """Find the face that ``choice`` means. Raises only ModelInvalidError, where a model is not what it says."""
        meshes, side = self._search(picture, choice)
        if meshes:
            meshes = self._look_closer(picture, meshes, side, choice)
        return self.judge(picture, [self.describe(picture, mesh) for mesh in meshes], choice=choice)

    def judge(self, picture: Picture, faces: Sequence[Face], *, choice: FaceChoice = FaceChoice.ONLY) -> Acquisition:
        """Which of ``faces``, all that were found in ``picture``, is the one that ``choice`` means."""
        if not faces:
            return Acquisition(reason="no_face", face=None)
        faces = sorted(faces, key=lambda face: -face.inter_eye_px)
        main = _central(picture, faces) if choice is FaceChoice.CENTRAL else faces[0]
        others = tuple(face for face in faces if face is not main)
        reason = self._alone(main, others, choice) or self._usable(picture, main)
        if reason is not None:
            return Acquisition(reason=reason, face=None, others=tuple(faces))
        noted = choice is FaceChoice.ONLY and others
        return Acquisition(reason=None, face=main, others=others, notes=("background_face",) if noted else ())

    def relocate(self, picture: Picture, region: Region) -> FaceMesh | None:
        """The face in ``region``, where it was a moment before; None where no face is there any more."""
        (now,) = self._landmarker.locate(picture, [region])
        return now if now.presence >= self._options.least_presence and now.eye_distance > 0 else None

    def look_around(
        self, picture: Picture, known: FaceMesh, *, closely: bool, before: Sequence[FaceMesh] = ()
    ) -> tuple[bool, tuple[FaceMesh, ...]]:
        """Whether the detector sees ``known``, a face that is there, and which others there are, by the rules of
        `FaceChoice.ONLY`.

        ``closely``: also those that a look at the picture as a whole is too coarse for. Without it, those of ``before``
        that are so small are still there.
        """
        side = self._detector.tile_sides(picture)[0]
        detections = self._detector.detect(picture, tile=side)
        beside = [item for item in detections if not _same_place(item.box, known.box)]
        meshes = _distinct((known, *self._faces(picture, beside, side, self._options.sure_presence)))
        if closely:
            meshes = self._look_closer(picture, meshes, side, FaceChoice.ONLY, known=known)
        else:
            meshes = _distinct((*meshes, *(mesh for mesh in before if mesh.box.width < self._surely_seen(side))))
        others = tuple(mesh for mesh in meshes if not _same_place(mesh.box, known.box))
        return len(beside) < len(detections), others

    def _surely_seen(self, side: int) -> float:
        """Px of the picture: from this width of its box on, an upright face is hardly missed in a tile of ``side``."""
        detector = self._detector.options
        return _SEEN_BOX * detector.least_eye_distance / detector.input_size * side

    def _search(self, picture: Picture, choice: FaceChoice) -> tuple[tuple[FaceMesh, ...], int]:
        """All faces of the first size of tiles at which there are any, and that size, px of the picture."""
        sides = self._detector.tile_sides(picture)
        # a document lies any way round, and an upside-down face can look like a sure upright one
        sure = 1.0 if choice is FaceChoice.PORTRAIT else self._options.sure_presence
        for side in sides:
            meshes = self._look(picture, side, sure)
            if meshes:
                return meshes, side
        whole = sides[0]
        return (self._search_softened(picture, sure) if choice is FaceChoice.PORTRAIT else ()), whole

    def _search_softened(self, picture: Picture, sure: float) -> tuple[FaceMesh, ...]:
        """Once more without fine texture: the dots of a coarse print hide a face from the detector."""
        scale = min(1.0, _SOFTENED_SIDE / max(picture.width, picture.height))
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        small = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
        for softness in self._options.softness:
            sigma = softness * max(size) / self._detector.options.input_size
            soft = replace(picture, pixels=np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), np.uint8))
            meshes = self._look(soft, max(size), sure)
            if meshes:
                return tuple(_scaled(mesh, 1 / scale) for mesh in meshes)
        return ()

    def _look_closer(
        self,
        picture: Picture,
        meshes: tuple[FaceMesh, ...],
        looked: int,
        choice: FaceChoice,
        known: FaceMesh | None = None,
    ) -> tuple[FaceMesh, ...]:
        """With the other faces that tiles of ``looked`` px were too coarse for, and that ``choice`` must know of.

        ``known``: one of ``meshes`` that need not be looked at again.
        """
        options, detector = self._options, self._detector.options
        # px between the eyes of the smallest of them
        least = {
            FaceChoice.ONLY: options.background_ratio * max(mesh.eye_distance for mesh in meshes),
            FaceChoice.PORTRAIT: options.rival_inter_eye,
            FaceChoice.CENTRAL: np.inf,
        }[choice]
        needed = least / detector.least_eye_distance * detector.input_size
        if needed >= looked:
            return meshes
        detections = self._detector.detect(
            picture,
            tile=int(needed),
            overlap=options.rival_overlap if choice is FaceChoice.PORTRAIT else None,
        )
        if choice is FaceChoice.PORTRAIT:
            # a rival is small, or it would have been seen already; what is large is a part of the main face in a tile
            detections = tuple(item for item in detections if item.box.width <= self._surely_seen(looked))
        if known is not None:
            detections = tuple(item for item in detections if not _same_place(item.box, known.box))
        return _distinct((*meshes, *self._faces(picture, detections, int(needed), options.sure_presence)))

    def _look(self, picture: Picture, side: int, sure: float) -> tuple[FaceMesh, ...]:
        """The faces in tiles of ``side`` px."""
        return self._faces(picture, self._detector.detect(picture, tile=side), side, sure)

    def _faces(self, picture: Picture, detections: Sequence[Detection], side: int, sure: float) -> tuple[FaceMesh, ...]:
        """A first look at each detection, a second where the first saw a face."""
        options = self._options
        everywhere = sure >= 1.0
        found = []
        for detection in detections[: options.most_candidates]:
            region = region_of_detection(detection)
            (mesh,) = self._landmarker.locate(picture, [region])
            best = mesh
            if mesh.presence < sure and (everywhere or detection.score >= options.turned_score):
                tries = [replace(region, angle=angle) for angle in _QUARTER_TURNS]
                best = max((mesh, *self._landmarker.locate(picture, tries)), key=_presence)
            if best.presence < options.least_presence:
                continue
            turned = best is not mesh
            if turned or detection.box.width < options.small_box * side:
                best = self._zoomed(picture, detection, best)
            (again,) = self._landmarker.refine(picture, [best])
            if turned and again.presence < options.turned_presence:
                if mesh.presence < options.least_presence:
                    continue
                # not sure enough of a turn: the face is taken as the detector saw it
                (again,) = self._landmarker.refine(picture, [mesh])
            if again.presence >= options.least_presence and again.eye_distance > 0:
                found.append(again)
        return _distinct(found)

    def _zoomed(self, picture: Picture, detection: Detection, mesh: FaceMesh) -> FaceMesh:
        """A small or turned face's box is rough: detect it once more, upright and large, if it shows a face again."""
        angle = region_of_mesh(mesh).angle
        around = replace(region_of_detection(detection, margin=_ZOOM), angle=angle)
        nearest = min(
            self._detector.detect_in(picture, around),
            key=lambda item: np.hypot(*np.subtract(item.box.centre, (around.x, around.y))),
            default=None,
        )
        if nearest is None:
            return mesh
        (again,) = self._landmarker.locate_detected(picture, [nearest])
        return again if again.presence >= min(mesh.presence, self._options.sure_presence) else mesh

    def _alone(self, main: Face, others: Sequence[Face], choice: FaceChoice) -> str | None:
        ratios = [face.inter_eye_px / main.inter_eye_px for face in others]
        second = {
            FaceChoice.ONLY: any(ratio >= self._options.background_ratio for ratio in ratios),
            FaceChoice.PORTRAIT: any(ratio > self._options.ghost_ratio for ratio in ratios),
            FaceChoice.CENTRAL: False,
        }
        return "second_face" if second[choice] else None

    def _usable(self, picture: Picture, main: Face) -> str | None:
        if share_outside(picture, main.mesh) > self._options.most_outside:
            return "face_cut_off"
        if main.inter_eye_px < self._options.least_inter_eye:
            return "face_too_small"
        return None

    def describe(self, picture: Picture, mesh: FaceMesh) -> Face:
        """Pose, eyes and size of the face that ``mesh`` lies on."""
        pose = self._pose.estimate(mesh)
        turned = max(0.2, float(np.cos(np.radians(pose.yaw))))
        return Face(
            mesh=mesh,
            pose=pose,
            eyes=self._eyes.estimate(picture, mesh),
            box=mesh.box,
            inter_eye_px=mesh.eye_distance / turned,
        )


def _central(picture: Picture, faces: Sequence[Face]) -> Face:
    middle = np.array([picture.width, picture.height]) / 2
    return min(faces, key=lambda face: float(np.hypot(*(np.array(face.box.centre) - middle))))


def _presence(mesh: FaceMesh) -> float:
    return mesh.presence


def _scaled(mesh: FaceMesh, factor: float) -> FaceMesh:
    points = np.asarray(mesh.points * np.float32(factor), np.float32)
    points.setflags(write=False)
    return FaceMesh(points=points, presence=mesh.presence)


def share_outside(picture: Picture, mesh: FaceMesh) -> float:
    """The share of the mesh's points beyond the picture's border, 0..1. A tenth: about a quarter of the face is cut."""
    x, y = mesh.points[:, 0], mesh.points[:, 1]
    return float(np.mean((x < 0) | (y < 0) | (x > picture.width) | (y > picture.height)))


def _distinct(meshes: Sequence[FaceMesh]) -> tuple[FaceMesh, ...]:
    """One mesh a face, the surest: two detections may lead to the same one.

    ``meshes`` come in the order of their
    detections, the surest first; of two that the face flag is as sure of, to a hundredth, the detector's first stays.
    """
    kept: list[FaceMesh] = []
    for mesh in sorted(meshes, key=lambda item: round(item.presence, 2), reverse=True):
        if not any(_same_place(mesh.box, other.box) for other in kept):
            kept.append(mesh)
    return tuple(kept)


def _same_place(one: Box, other: Box) -> bool:
    """Whether two boxes are of one face: their centres are nearer than half the smaller one's side."""
    apart = np.hypot(*np.subtract(one.centre, other.centre))
    return bool(apart < 0.5 * min(max(one.width, one.height), max(other.width, other.height)))
