"""A specimen, photographed by hand: one picture, or the frames of a live preview. The same seed gives the same pixels.

In this order: the table and what lies on it; the page (with a passport's other page, and fingers on an edge) laid over
it through a pinhole camera; light, shadow and glare; the lens' blur and the hand's motion; exposure and white balance;
noise; sharpening as phones do it; JPEG. All between the page and the noise is in linear light.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.evaluation.degradation import jpeg
from visavis.evaluation.specimens import table as tables
from visavis.evaluation.specimens.fingers import Finger, draw_fingers, finger_mask
from visavis.evaluation.specimens.levels import CONDITIONS, Conditions, Level, Range
from visavis.evaluation.specimens.light import (
    Glare,
    Light,
    draw_light,
    exposed,
    glaring,
    lit,
    moved,
    noisy,
    to_light,
)
from visavis.evaluation.specimens.pose import Pose, Quad, homography, through
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind

__all__ = ["Photograph", "photograph", "photograph_frames"]

CORNER_MM: Final = 3.18
"""Radius of the corners (ISO/IEC 7810, 5.1; of a passport, 9303-4, 2.2)."""
EDGE_MM: Final = 3.0
"""How far around the page its shadow on the table reaches."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photograph:
    """``quad`` (4, 2): the page's corners in px, clockwise from its own top left one as it is read. ``difficulty``:
    what was drawn for it, by name, in the units of `visavis.evaluation.specimens.levels.Conditions`.
    """

    picture: Picture
    quad: Quad
    difficulty: Mapping[str, float | str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """What stays as it is while a live preview runs."""

    specimen: Specimen
    conditions: Conditions
    frame: tuple[int, int]
    table: tables.Table
    light: Light
    fingers: tuple[Finger, ...]
    booklet: bool
    quarter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """What changes from frame to frame."""

    pose: Pose
    focus: float
    motion: float
    motion_angle: float
    glare: Glare | None
    seed: int


def photograph(specimen: Specimen, *, level: Level, rng: random.Random) -> Photograph:
    """One picture of it at ``level``."""
    scene = _set(specimen, level, rng)
    return _take(scene, _first(scene, rng), rng)


def photograph_frames(specimen: Specimen, *, level: Level, count: int, rng: random.Random) -> tuple[Photograph, ...]:
    """``count`` frames of a live preview, some tenths of a second apart.

    The scene stays; the hand moves a little, so the reflection moves over the page; each frame has its own focus,
    motion and noise.
    """
    scene = _set(specimen, level, rng)
    shot = _first(scene, rng)
    taken = []
    for _ in range(count):
        taken.append(_take(scene, shot, rng))
        shot = _next(scene, shot, rng)
    return tuple(taken)


def _between(rng: random.Random, bounds: Range) -> float:
    return rng.uniform(*bounds)


def _set(specimen: Specimen, level: Level, rng: random.Random) -> _Scene:
    conditions = CONDITIONS[level]
    quarter = rng.randrange(4)
    longer, shorter = conditions.longer, conditions.longer * 3 // 4
    # most people hold the phone along the document
    upright = (quarter % 2 == 1) != (rng.random() < 0.2)
    shadow = _between(rng, conditions.shadow[1]) if rng.random() < conditions.shadow[0] else 0.0
    return _Scene(
        specimen=specimen,
        conditions=conditions,
        frame=(shorter, longer) if upright else (longer, shorter),
        table=tables.lay_table(rng, fonts=specimen.fonts, things=rng.randint(*conditions.clutter)),
        light=draw_light(
            rng,
            shade=_between(rng, conditions.shade),
            shadow=shadow,
            exposure=_between(rng, conditions.exposure),
            cast=conditions.cast,
        ),
        fingers=draw_fingers(rng, specimen.kind.size_mm) if rng.random() < conditions.fingers else (),
        booklet=specimen.kind is SpecimenKind.TD3_PAGE and rng.random() < conditions.booklet,
        quarter=quarter,
    )


def _first(scene: _Scene, rng: random.Random) -> _Shot:
    conditions = scene.conditions
    width, height = scene.specimen.kind.size_mm
    glare = None
    if rng.random() < conditions.glare[0]:
        glare = Glare(
            x=rng.uniform(-0.5, 0.5) * width,
            y=rng.uniform(-0.5, 0.5) * height,
            long=rng.uniform(8, 24),
            short=rng.uniform(3, 9),
            angle=rng.uniform(0, math.pi),
            strength=_between(rng, conditions.glare[1]),
        )
    return _Shot(
        pose=Pose(
            turn_deg=90 * scene.quarter + _between(rng, conditions.turn),
            tilt_deg=_between(rng, conditions.tilt),
            axis_deg=rng.uniform(0, 360),
            fill=_between(rng, conditions.fill),
            across=rng.uniform(-1, 1),
            down=rng.uniform(-1, 1),
        ),
        focus=_between(rng, conditions.focus),
        motion=_between(rng, conditions.motion),
        motion_angle=rng.uniform(0, math.pi),
        glare=glare,
        seed=rng.getrandbits(64),
    )


def _next(scene: _Scene, shot: _Shot, rng: random.Random) -> _Shot:
    conditions, pose = scene.conditions, shot.pose
    glare = shot.glare
    if glare is not None:
        glare = replace(glare, x=glare.x + rng.gauss(0, 7), y=glare.y + rng.gauss(0, 7))
    return _Shot(
        pose=replace(
            pose,
            turn_deg=pose.turn_deg + rng.gauss(0, 0.8),
            tilt_deg=min(max(pose.tilt_deg + rng.gauss(0, 1.5), 0.0), conditions.tilt[1]),
            axis_deg=pose.axis_deg + rng.gauss(0, 5),
            fill=min(max(pose.fill * (1 + rng.gauss(0, 0.02)), conditions.fill[0]), conditions.fill[1]),
            across=min(max(pose.across + rng.gauss(0, 0.2), -1.0), 1.0),
            down=min(max(pose.down + rng.gauss(0, 0.2), -1.0), 1.0),
        ),
        focus=_between(rng, conditions.focus),
        motion=_between(rng, conditions.motion),
        motion_angle=rng.uniform(0, math.pi),
        glare=glare,
        seed=rng.getrandbits(64),
    )


def _take(scene: _Scene, shot: _Shot, rng: random.Random) -> Photograph:
    conditions, kind = scene.conditions, scene.specimen.kind
    noise, sharpening = _between(rng, conditions.noise), _between(rng, conditions.sharpening)
    quality = rng.randint(*conditions.jpeg)
    matrix = homography(shot.pose, kind.size_mm, scene.frame)
    pixels, page = _composed(scene, matrix)
    light = lit(to_light(pixels), scene.light)
    if shot.glare is not None:
        light = glaring(light, shot.glare, matrix, page)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), shot.focus), np.float32)
    light = noisy(moved(light, shot.motion, shot.motion_angle), noise, np.random.default_rng(shot.seed))
    pixels = jpeg(_sharpened(exposed(light), sharpening), quality)
    pixels.flags.writeable = False
    half = np.array(kind.size_mm) / 2
    quad = through(matrix, np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half)
    return Photograph(
        picture=Picture(pixels, media_type="image/jpeg"),
        quad=quad,
        difficulty={
            "quarter_turns": float(scene.quarter),
            "turn": shot.pose.turn_deg - 90 * scene.quarter,
            "tilt": shot.pose.tilt_deg,
            "fill": shot.pose.fill,
            "px_per_mm": _px_per_mm(quad, kind.size_mm),
            "focus": shot.focus,
            "motion": shot.motion,
            "noise": noise,
            "exposure": scene.light.gains[1],
            "shade": scene.light.shade,
            "shadow": scene.light.shadow[0] if scene.light.shadow else 0.0,
            "glare": shot.glare.strength if shot.glare else 0.0,
            "jpeg": float(quality),
            "sharpening": sharpening,
            "clutter": float(scene.table.things),
            "table": scene.table.pattern,
            "fingers": float(len(scene.fingers)),
            "booklet": float(scene.booklet),
        },
    )


def _px_per_mm(quad: Quad, size_mm: tuple[float, float]) -> float:
    x, y = quad[:, 0], quad[:, 1]
    area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
    return math.sqrt(area / (size_mm[0] * size_mm[1]))


def _composed(scene: _Scene, matrix: NDArray[np.float64]) -> tuple[RgbImage, NDArray[np.float32]]:
    """The picture without light of its own, and where in it the page is (0..1)."""
    specimen, frame = scene.specimen, scene.frame
    width, height = tables.SIZE_MM
    to_table = _placed(matrix, tables.PX_PER_MM, (-width / 2, -height / 2))
    pixels = np.asarray(
        cv2.warpPerspective(scene.table.pixels, to_table, frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
        np.uint8,
    )
    mm = specimen.kind.size_mm
    corner = -mm[0] / 2, -mm[1] / 2
    page, scale = _fitting(specimen, matrix)
    shape = _rounded(page.shape[1], page.shape[0], CORNER_MM * scale)
    if scene.booklet:
        pixels = _laid(pixels, _other_page(page), shape, _placed(matrix, scale, (corner[0], corner[1] - mm[1])))[0]
    pixels, cover = _laid(pixels, page, shape, _placed(matrix, scale, corner))
    for finger in scene.fingers:
        mask, tone = finger_mask(finger, matrix, frame)
        pixels = np.asarray(pixels + (tone - pixels) * mask[..., None], np.uint8)
        cover = cover * (1 - mask)
    return pixels, np.asarray(cover, np.float32)


def _laid(
    pixels: RgbImage, sheet: RgbImage, shape: NDArray[np.uint8], matrix: NDArray[np.float64]
) -> tuple[RgbImage, NDArray[np.float32]]:
    """``sheet`` over ``pixels``, with a soft shadow of its edge."""
    frame = (pixels.shape[1], pixels.shape[0])
    seen = cv2.warpPerspective(sheet, matrix, frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shown = np.asarray(cv2.warpPerspective(shape, matrix, frame, flags=cv2.INTER_LINEAR), np.uint8)
    cover = shown.astype(np.float32) / np.float32(255)
    small = cv2.resize(cover, (frame[0] // 4, frame[1] // 4), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), EDGE_MM), frame, interpolation=cv2.INTER_LINEAR)
    table = pixels * (1 - np.float32(0.45) * soft * (1 - cover))[..., None]
    return np.asarray(table + (seen - table) * cover[..., None], np.uint8), cover


def _other_page(page: RgbImage) -> RgbImage:
    """The page opposite: the same paper, empty but for a fold's shade at the lower edge."""
    mean = page.reshape(-1, 3).mean(axis=0)
    fold = np.linspace(1, 0, page.shape[0]) < 0.02
    rows = np.where(fold[:, None], mean * 0.7, mean + 6)
    return np.asarray(np.clip(np.repeat(rows[:, None], page.shape[1], axis=1), 0, 255), np.uint8)


def _placed(matrix: NDArray[np.float64], scale: float, corner_mm: tuple[float, float]) -> NDArray[np.float64]:
    """From px of a sheet at ``scale`` px a mm, whose top left corner lies at ``corner_mm``, to px of the picture.

    OpenCV counts from the centre of the first pixel, the quads from its corner.
    """
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_mm = np.array([[1 / scale, 0, corner_mm[0]], [0, 1 / scale, corner_mm[1]], [0, 0, 1]])
    return np.asarray(np.linalg.inv(half) @ matrix @ to_mm @ half, np.float64)


def _fitting(specimen: Specimen, matrix: NDArray[np.float64]) -> tuple[RgbImage, float]:
    """The page averaged to about the size at which it is seen, so that fine print makes no false pattern; px a mm."""
    mm = specimen.kind.size_mm
    half = np.array(mm) / 2
    seen = _px_per_mm(through(matrix, np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half), mm)
    share = 1.15 * seen / specimen.px_per_mm
    if share >= 1:
        return specimen.page, specimen.page.shape[1] / mm[0]
    size = round(specimen.page.shape[1] * share), round(specimen.page.shape[0] * share)
    return np.asarray(cv2.resize(specimen.page, size, interpolation=cv2.INTER_AREA), np.uint8), size[0] / mm[0]


def _rounded(width: int, height: int, radius: float) -> NDArray[np.uint8]:
    """255 inside a rectangle with round corners."""
    x = np.abs(np.arange(width, dtype=np.float32) + 0.5 - width / 2)[None, :] - (width / 2 - radius)
    y = np.abs(np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None] - (height / 2 - radius)
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) - radius
    return np.asarray(255 * np.clip(0.5 - outside, 0, 1), np.uint8)


def _sharpened(pixels: RgbImage, amount: float) -> RgbImage:
    soft = cv2.GaussianBlur(pixels, (0, 0), 1.3)
    return np.asarray(cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0), np.uint8)
