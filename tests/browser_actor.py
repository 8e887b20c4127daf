"""Somebody before the page's camera whom the real models see: an animated portrait of the laboratory, as pictures of
every pose that a challenge asks for. Drawn once, and kept in ``var/actors``; tests/browser/camera.js plays them,
puts the page's light on the skin, and adds the camera's noise.
"""

import base64
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from visavis.capture.picture import RgbImage, read_picture
from visavis.evaluation.laboratory.puppet import _AROUND, AnimatedPortrait
from visavis.perception.acquisition import FaceAcquirer
from visavis.wiring import open_engine

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import demo_documents

__all__ = ["FOLDER", "Actor", "packed", "photograph"]

CHECKOUT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = CHECKOUT / "var" / "actors"
LIT: Final = 0.15
"""The screen's light over the room's, as in the demonstration."""
STEP: Final = 2
TURN: Final = 28
NOD: Final = 18
LIDS: Final = (0.35, 0.7, 1.0)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """``portrait``: a file of ``var/portraits``. ``relief``: 1 a head; 0 a flat print of one, whose eyes stay open."""

    portrait: str = "obama.jpg"
    relief: float = 1.0

    @property
    def poses(self) -> list[dict[str, float]]:
        found = [{"yaw": float(yaw), "pitch": 0.0, "eyes": 0.0} for yaw in range(-TURN, TURN + 1, STEP)]
        found += [{"yaw": 0.0, "pitch": float(pitch), "eyes": 0.0} for pitch in range(-NOD, NOD + 1, STEP) if pitch]
        if self.relief:
            found += [{"yaw": 0.0, "pitch": 0.0, "eyes": lids} for lids in LIDS]
        return found


def packed(actor: Actor, *, document: bool = True) -> str:
    """For `Cameras.sprites`: JSON. ``document``: with a photograph of the holder's specimen, which bears obama2.jpg."""
    key = hashlib.sha256(f"{actor} {document} {STEP} {TURN} {NOD} {LIDS} {LIT} 2".encode()).hexdigest()[:16]
    file = FOLDER / f"{key}.json"
    if not file.is_file():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with open_engine(attack_detection=True) as engine:
            made = _packed(actor, engine.acquirer, document=document)
        incoming = FOLDER / f".{key}.incoming"
        incoming.write_text(made, encoding="utf-8")
        incoming.replace(file)
    return file.read_text(encoding="utf-8")


def photograph(actor: Actor) -> bytes:
    """The JPEG of the document that the actor shows."""
    found = json.loads(packed(actor))
    start, end = found["document"]
    return base64.b64decode(found["data"])[start:end]


def _packed(actor: Actor, acquirer: FaceAcquirer, *, document: bool) -> str:
    still = read_picture(CHECKOUT / "var" / "portraits" / actor.portrait)
    face = acquirer.acquire(still).face
    assert face is not None
    portrait = AnimatedPortrait(still.pixels, face.mesh, relief=actor.relief)
    data = bytearray()

    def add(more: bytes) -> list[int]:
        start = len(data)
        data.extend(more)
        return [start, len(data)]

    poses: list[dict[str, Any]] = []
    for pose in actor.poses:
        lids = pose["eyes"]
        picture = portrait.render(yaw=pose["yaw"], pitch=pose["pitch"], left=lids, right=lids)
        poses.append({**pose, "at": add(_jpeg(picture, 88))})
    # light on a head that looks ahead; on paper it is the same everywhere
    shade = portrait._lit * np.clip(portrait._normals[..., 2], 0, 1) + _AROUND * (1 - portrait._lit)
    if not actor.relief:
        shade = np.full_like(shade, 0.8)
    found = {"poses": poses, "shade": add((255 * np.clip(shade, 0, 1)).astype(np.uint8).tobytes()), "share": LIT}
    if document:
        found["document"] = add(_document())
    return json.dumps({**found, "data": base64.b64encode(bytes(data)).decode()})


def _jpeg(picture: RgbImage, quality: int) -> bytes:
    return cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def _document() -> bytes:
    """At most 1,920 px wide, as a page's camera shows it."""
    file = demo_documents.make_genuine(CHECKOUT / "var" / "portraits", CHECKOUT / "var" / "fonts", FOLDER)
    with Image.open(file) as taken:
        taken.thumbnail((1920, 1920))
        pixels = np.asarray(taken.convert("RGB"))
    file.unlink()
    return _jpeg(pixels, 90)
