"""What presentations are made of: the clips of one half of the people, and stills of the same half.

Halves are disjoint by person, clips and stills alike, so that nothing which was tuned on reports. All of it stays in
memory; nothing of it goes into a result or a report.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from visavis.capture.picture import RgbImage, read_picture
from visavis.errors import FileError
from visavis.evaluation.laboratory.clips import Clip, ClipEngine, clip_files, half_of, load_clips
from visavis.perception.acquisition import Face, FaceChoice
from visavis.perception.landmarks import FaceMesh

__all__ = ["Half", "Material", "Still", "files_of", "load_material", "material_digest", "still_of"]

Half = Literal["tuning", "reporting"]

STILL_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic"})
MOST_STILLS: Final = 200
STILL_SIDE: Final = 1600
"""More pixels than a print or a screen before a camera could show."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Still:
    """A frontal picture of one person: what an attacker has who never filmed them.

    ``name``: of the person. ``pixels`` (h, w, 3) uint8 RGB, read-only; ``mesh``: its landmarks, in its pixels.
    """

    name: str
    pixels: RgbImage
    mesh: FaceMesh


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Material:
    """``clips``: of one half, by name. ``stills``: one of each clip, then the photographs of that half."""

    clips: tuple[Clip, ...]
    stills: tuple[Still, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Everyone there is anything of, each once, by name."""
        return tuple(sorted({clip.name for clip in self.clips} | {still.name for still in self.stills}))

    @property
    def answering(self) -> tuple[Clip, ...]:
        """The clips that can stand for a person who answers a challenge."""
        return tuple(clip for clip in self.clips if clip.why_not is None)


def load_material(captures: Path | None, engine: ClipEngine, *, half: Half, stills: Path | None = None) -> Material:
    """Everything of ``half``; some 10 ms a frame of the clips, and up to 300 MB each. Either folder may be left out.

    Raises as `visavis.evaluation.laboratory.clips.load_clips`; FileError ``laboratory_half_empty`` where nobody
    of this half is there; as `visavis.capture.picture.read_picture` for a still that cannot be read.
    """
    clips = () if captures is None else load_clips(captures, engine, half=half)
    photographs = () if stills is None else _photographs(stills, engine, half)
    found = Material(clips=clips, stills=(*(still for clip in clips if (still := still_of(clip))), *photographs))
    if not found.people:
        raise FileError(
            "laboratory_half_empty",
            f"Nobody there is in the {half} half.",
            advice="Add clips of other people, or choose the other --half.",
        )
    return found


def still_of(clip: Clip) -> Still | None:
    """The frame of ``clip`` most like a portrait: frontal, eyes open, as large as any. None without a face."""
    seen = [(index, face) for index, face in enumerate(clip.faces) if face is not None]
    if not seen:
        return None
    widest = max(face.inter_eye_px for _, face in seen)
    pitches = sorted(face.pose.pitch for _, face in seen)
    level = pitches[len(pitches) // 2]

    def unlike_a_portrait(face: Face) -> float:
        turned = abs(face.pose.yaw) + abs(face.pose.pitch - level) + 0.5 * abs(face.pose.roll)
        return turned + 40 * (1 - min(face.eyes.left, face.eyes.right)) + 20 * (1 - face.inter_eye_px / widest)

    index, face = min(seen, key=lambda item: unlike_a_portrait(item[1]))
    return Still(name=clip.name, pixels=clip.frames[index], mesh=face.mesh)


def files_of(captures: Path | None, stills: Path | None, half: Half) -> tuple[Path, ...]:
    """The files of ``half``, without opening any. Raises as `load_material` for folders that hold nothing."""
    clips = () if captures is None else clip_files(captures)
    listed = (*clips, *(() if stills is None else _still_files(stills)))
    return tuple(file for file in listed if half_of(file.stem) == half)


def material_digest(files: Sequence[Path]) -> str:
    """SHA-256, hexadecimal, over names and contents: a result stands for these files alone.

    Raises FileError ``laboratory_clip_unreadable``.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0")
        try:
            with path.open("rb") as file:
                while part := file.read(_CHUNK):
                    digest.update(part)
        except OSError as error:
            raise FileError(
                "laboratory_clip_unreadable",
                f"{path.name} cannot be read.",
                advice="Allow reading it, or leave it out.",
            ) from error
    return digest.hexdigest()


def _still_files(folder: Path) -> tuple[Path, ...]:
    files = (
        sorted(path for path in folder.iterdir() if path.suffix.lower() in STILL_SUFFIXES) if folder.is_dir() else []
    )
    if not 0 < len(files) <= MOST_STILLS:
        raise FileError(
            "laboratory_stills_missing" if not files else "laboratory_too_many_stills",
            f"{folder.name or 'The folder'} holds {len(files)} pictures; 1 to {MOST_STILLS} are taken.",
            advice="Name a folder of portraits, one for each person, or leave --stills out.",
        )
    return tuple(files)


def _photographs(folder: Path, engine: ClipEngine, half: Half) -> tuple[Still, ...]:
    """A picture without one face that can be used is left out, as an attacker would leave it."""
    found = []
    for path in _still_files(folder):
        if half_of(path.stem) != half:
            continue
        picture = read_picture(path, target_side=STILL_SIDE)
        face = engine.acquirer.acquire(picture, choice=FaceChoice.ONLY).face
        if face is not None:
            found.append(Still(name=path.stem, pixels=picture.pixels, mesh=face.mesh))
    return tuple(found)
