"""From a picture to the one face in it, or to the reason why there is none to compare.

Every outcome is a code, never an exception, and no rule here picks the largest of several faces in silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from visavis.capture.picture import Picture
from visavis.perception.detector import FaceDetector
from visavis.perception.eyes import EyeEstimator, EyeOpenness
from visavis.perception.geometry import Box
from visavis.perception.landmarks import FaceLandmarker, FaceMesh
from visavis.perception.pose import HeadPose, PoseEstimator

__all__ = ["Acquisition", "AcquisitionOptions", "Face", "FaceAcquirer", "FaceChoice"]


class FaceChoice(StrEnum):
    """Whose face is meant where a picture shows several."""

    ONLY = "only"
    """Nobody's: a second face refuses. The rule of the product."""
    CENTRAL = "central"
    """The one nearest to the middle of the picture: for data sets that are labelled so."""
    PORTRAIT = "portrait"
    """A document's portrait. Much smaller faces may be a ghost print of it; the caller compares them before it goes on.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionOptions:
    """``least_presence``: least face flag, 0..1, at both looks. ``least_inter_eye``: px, below it a face is too small.

    ``most_outside``: the largest share of the 468 points that may lie beyond the picture's border.
    ``background_ratio``: a face with less than this share of the main face's inter-eye distance is background.
    ``ghost_ratio``: with `FaceChoice.PORTRAIT`, a face with at most this share may be a ghost print.
    ``most_candidates``: how many detections of one stage are looked at, the surest first.
    """

    least_presence: float = 0.5
    least_inter_eye: float = 24.0
    most_outside: float = 0.05
    background_ratio: float = 0.2
    ghost_ratio: float = 0.7
    most_candidates: int = 24


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
    ``notes``: codes of what did not stand in the way: ``background_face``.
    """

    reason: str | None
    face: Face | None
    others: tuple[Face, ...] = ()
    notes: tuple[str, ...] = ()


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
        faces = self._faces(picture)
        if not faces:
            return Acquisition(reason="no_face", face=None)
        if choice is FaceChoice.CENTRAL:
            middle = np.array([picture.width, picture.height]) / 2
            main = min(faces, key=lambda face: float(np.hypot(*(np.array(face.box.centre) - middle))))
        else:
            main = faces[0]
        others = tuple(face for face in faces if face is not main)
        refusal, notes = self._judge(picture, main, others, choice)
        if refusal is not None:
            return Acquisition(reason=refusal, face=None, others=faces, notes=notes)
        return Acquisition(reason=None, face=main, others=others, notes=notes)

    def _judge(
        self, picture: Picture, main: Face, others: Sequence[Face], choice: FaceChoice
    ) -> tuple[str | None, tuple[str, ...]]:
        options = self._options
        notes: tuple[str, ...] = ()
        if choice is not FaceChoice.CENTRAL:
            ratios = [face.inter_eye_px / main.inter_eye_px for face in others]
            limit = options.background_ratio if choice is FaceChoice.ONLY else options.ghost_ratio
            if any(ratio > limit or (choice is FaceChoice.ONLY and ratio == limit) for ratio in ratios):
                return "second_face", notes
            if choice is FaceChoice.ONLY and others:
                notes = ("background_face",)
        if _outside(picture, main.mesh) > options.most_outside:
            return "face_cut_off", notes
        if main.inter_eye_px < options.least_inter_eye:
            return "face_too_small", notes
        return None, notes

    def _faces(self, picture: Picture) -> tuple[Face, ...]:
        """All faces of the first stage of the search that has any, the largest first."""
        for detections in self._detector.search(picture):
            candidates = detections[: self._options.most_candidates]
            first = self._landmarker.locate_detected(picture, candidates)
            likely = _distinct([mesh for mesh in first if self._believed(mesh)])
            meshes = _distinct([mesh for mesh in self._landmarker.refine(picture, likely) if self._believed(mesh)])
            if meshes:
                faces = [self._face(picture, mesh) for mesh in meshes]
                return tuple(sorted(faces, key=lambda face: -face.inter_eye_px))
        return ()

    def _believed(self, mesh: FaceMesh) -> bool:
        return mesh.presence >= self._options.least_presence and mesh.eye_distance > 0

    def _face(self, picture: Picture, mesh: FaceMesh) -> Face:
        pose = self._pose.estimate(mesh)
        turned = max(0.2, float(np.cos(np.radians(pose.yaw))))
        return Face(
            mesh=mesh,
            pose=pose,
            eyes=self._eyes.estimate(picture, mesh),
            box=mesh.box,
            inter_eye_px=mesh.eye_distance / turned,
        )


def _outside(picture: Picture, mesh: FaceMesh) -> float:
    """The share of points beyond the border."""
    x, y = mesh.points[:, 0], mesh.points[:, 1]
    return float(np.mean((x < 0) | (y < 0) | (x > picture.width) | (y > picture.height)))


def _distinct(meshes: Sequence[FaceMesh]) -> tuple[FaceMesh, ...]:
    """One mesh a face, the surest: two detections may lead to the same one.

    The same: the boxes' centres are nearer than half the smaller one's side.
    """
    kept: list[FaceMesh] = []
    for mesh in sorted(meshes, key=lambda item: -item.presence):
        box = mesh.box
        near = (
            np.hypot(*np.subtract(box.centre, other.box.centre))
            < 0.5 * min(max(box.width, box.height), max(other.box.width, other.box.height))
            for other in kept
        )
        if not any(near):
            kept.append(mesh)
    return tuple(kept)
