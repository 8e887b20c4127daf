"""Pages with writing on tables, photographed through a known camera: what the tests of the page finder look at."""

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.page.rectify import page_homography
from visavis.document.page.shapes import PageKind, Quad

PX_PER_MM = 12.0
TABLES = ("plain", "grain", "stripes", "checks", "clutter")


def draw_page(kind: PageKind, rng: random.Random, *, paper: int = 225, empty: bool = False) -> RgbImage:
    """A page with a band, a portrait, rows of small strokes, and two or three lines like an MRZ."""
    width, height = (round(side * PX_PER_MM) for side in kind.size_mm)
    tint = np.array([paper + rng.uniform(-12, 12) for _ in range(3)])
    page = np.full((height, width, 3), tint, np.float32)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    page += 5 * np.sin(xs / 31 + 3 * np.sin(ys / 47))[..., None]
    if not empty:
        mm = PX_PER_MM
        ink = 0.22 * tint
        cv2.rectangle(page, (0, 0), (width, round(8 * mm)), (0.75 * tint).tolist(), -1)
        box = (round(5 * mm), round(13 * mm), round(25 * mm), round(30 * mm))
        page[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = 0.6 * tint
        face = (box[0] + box[2] // 2, box[1] + box[3] // 2)
        cv2.ellipse(page, face, (round(7 * mm), round(10 * mm)), 0, 0, 360, (170, 130, 110), -1)
        y = 13.0
        while y < height / mm - 24:
            write(page, (36.0, y), rng.uniform(0.3, 0.55) * width / mm, 2.6, ink, rng)
            y += 5.2
        for row in range(2):
            write(page, (4.0, height / mm - 14 + 6.35 * row), width / mm - 8, 3.0, ink, rng, pitch=2.54)
    return np.clip(page, 0, 255).astype(np.uint8)


def write(
    page: np.ndarray,
    at: tuple[float, float],
    length: float,
    size: float,
    ink: np.ndarray,
    rng: random.Random,
    *,
    pitch: float = 1.9,
) -> None:
    """A row of strokes that are about as dense as letters; all in mm."""
    x = at[0]
    while x < at[0] + length:
        if pitch == 2.54 or rng.random() < 0.85:
            points = [(x + rng.uniform(0, 0.6) * pitch, at[1] + rng.uniform(0, 1) * size) for _ in range(4)]
            scaled = np.round(np.array(points) * PX_PER_MM * 16).astype(np.int32)
            cv2.polylines(page, [scaled], False, ink.tolist(), round(0.32 * PX_PER_MM), cv2.LINE_AA, shift=4)
        x += pitch


def draw_table(size: tuple[int, int], style: str, rng: random.Random, *, brightness: float = 110) -> RgbImage:
    width, height = size
    noise = np.random.default_rng(rng.randrange(2**32))
    base = np.array([brightness * rng.uniform(0.8, 1.2) for _ in range(3)], np.float32)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.uniform(0, math.pi)
    across = (xs * math.cos(angle) + ys * math.sin(angle)) * 1280 / max(size)
    table = np.broadcast_to(base, (height, width, 3)).copy()
    table *= (1 + 0.25 * (across / 1280 - 0.4))[..., None]
    if style == "grain":
        coarse = noise.normal(0, 1, (height // 4 + 1, width // 4 + 1)).astype(np.float32)
        table += 9 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    elif style == "stripes":
        table *= (1 + 0.22 * np.sign(np.sin(across / rng.uniform(12, 40))))[..., None]
    elif style == "checks":
        other = (-xs * math.sin(angle) + ys * math.cos(angle)) * 1280 / max(size)
        period = rng.uniform(15, 45)
        table *= (1 + 0.2 * np.sign(np.sin(across / period)) + 0.2 * np.sign(np.sin(other / period)))[..., None]
    elif style == "clutter":
        for _ in range(9):
            centre = (rng.uniform(0, width), rng.uniform(0, height))
            shape = (centre, (rng.uniform(0.05, 0.5) * width, rng.uniform(0.05, 0.4) * width), rng.uniform(0, 180))
            colour = [rng.uniform(20, 235) for _ in range(3)]
            cv2.fillPoly(table, [np.round(cv2.boxPoints(shape)).astype(np.int32)], colour)
    return np.clip(table, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Scene:
    pixels: RgbImage
    quad: Quad
    kind: PageKind


def camera_quad(
    kind: PageKind,
    size: tuple[int, int],
    rng: random.Random,
    *,
    fill: float,
    tilt: float,
    turn: float,
    focal: float = 0.8,
) -> Quad:
    """Where a page's corners are: ``fill`` of the picture's long side, ``tilt`` and ``turn`` in degrees."""
    width, height = kind.size_mm
    corners = np.array([[-width, -height, 0], [width, -height, 0], [width, height, 0], [-width, height, 0]]) / 2
    axis = rng.uniform(0, 2 * math.pi)
    tilted, _ = cv2.Rodrigues(math.radians(tilt) * np.array([math.cos(axis), math.sin(axis), 0.0]))
    turned, _ = cv2.Rodrigues(math.radians(turn) * np.array([0.0, 0.0, 1.0]))
    length = focal * max(size)
    away = width * length / (fill * max(size))
    placed = corners @ turned.T @ tilted.T + [0, 0, away]
    seen = placed[:, :2] / placed[:, 2:] * length
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.array(size) / 2 - 8
    shift = np.array([rng.uniform(min(0, -room[a] - low[a]), max(0, room[a] - high[a])) * 0.8 for a in (0, 1)])
    shift -= np.array([max(0, high[a] + shift[a] - room[a]) + min(0, low[a] + shift[a] + room[a]) for a in (0, 1)])
    return np.asarray(seen + shift + np.array(size) / 2, np.float64)


def put(page: RgbImage, table: RgbImage, quad: Quad) -> RgbImage:
    """``page`` laid on ``table`` so that its corners are at ``quad``, with smooth edges."""
    height, width = page.shape[:2]
    half = np.eye(3)
    half[:2, 2] = 0.5
    matrix = np.linalg.inv(half) @ page_homography(quad, (width, height)) @ half
    size = (table.shape[1], table.shape[0])
    scale = max(1.0, width / float(np.linalg.norm(quad[1] - quad[0])))
    soft = cv2.GaussianBlur(page, (0, 0), 0.45 * scale)
    radius = round(3.18 * PX_PER_MM)
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius, height), 255, -1)
    cv2.rectangle(mask, (0, radius), (width, height - radius), 255, -1)
    for corner in (
        (radius, radius),
        (width - radius, radius),
        (radius, height - radius),
        (width - radius, height - radius),
    ):
        cv2.circle(mask, corner, radius, 255, -1)
    laid = cv2.warpPerspective(soft, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.GaussianBlur(cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR), (0, 0), 0.6)
    opaque = np.asarray(covered, np.float32)[..., None] / 255
    return np.clip(laid * opaque + table * (1 - opaque), 0, 255).astype(np.uint8)


def fingers(pixels: RgbImage, quad: Quad, rng: random.Random, *, count: int = 2) -> RgbImage:
    """A thumb on an edge, and the same from the other side: each covers about a fifth of its side."""
    picture = pixels.copy()
    for side in rng.sample(range(4), count):
        start, end = quad[side], quad[(side + 1) % 4]
        at = start + (end - start) * rng.uniform(0.25, 0.75)
        inwards = quad.mean(axis=0) - at
        inwards /= np.linalg.norm(inwards)
        width = 0.09 * float(np.linalg.norm(quad[1] - quad[0]))
        tip, root = at + inwards * width, at - inwards * 6 * width
        skin = [rng.uniform(150, 225), rng.uniform(110, 160), rng.uniform(80, 130)]
        line = np.round([tip, root]).astype(np.int32)
        cv2.polylines(picture, [line], False, skin, round(2 * width), cv2.LINE_AA)
    return picture


def camera(pixels: RgbImage, rng: random.Random, *, noise: float = 3.0, blur: float = 0.0) -> RgbImage:
    """What a sensor and JPEG add."""
    grain = np.random.default_rng(rng.randrange(2**32)).normal(0, noise, pixels.shape)
    lens = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
    noisy = np.clip(lens + grain, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def scene(
    seed: int,
    *,
    kind: PageKind | None = None,
    table: str | None = None,
    size: tuple[int, int] = (1280, 960),
    fill: float | None = None,
    tilt: float | None = None,
    turn: float | None = None,
    paper: int = 225,
    brightness: float | None = None,
    hands: int = 0,
    noise: float = 3.0,
    blur: float = 0.0,
) -> Scene:
    rng = random.Random(seed)
    kind = rng.choice(list(PageKind)) if kind is None else kind
    style = rng.choice(TABLES) if table is None else table
    quad = camera_quad(
        kind,
        size,
        rng,
        fill=rng.uniform(0.35, 0.6) if fill is None else fill,
        tilt=rng.uniform(0, 35) if tilt is None else tilt,
        turn=rng.uniform(0, 360) if turn is None else turn,
        focal=rng.choice((0.72, 0.8, 1.1)),
    )
    page = draw_page(kind, rng, paper=paper)
    bright = rng.choice((45, 90, 130, 160)) if brightness is None else brightness
    pixels = put(page, draw_table(size, style, rng, brightness=bright), quad)
    if hands:
        pixels = fingers(pixels, quad, rng, count=hands)
    return Scene(camera(pixels, rng, noise=noise, blur=blur), quad, kind)


def corner_error(found: Quad, truth: Quad) -> float:
    """The largest distance between corners, in page widths, over the orders that a finder cannot tell apart."""
    width = float(np.linalg.norm(truth[1] - truth[0]))
    return min(float(np.linalg.norm(np.roll(found, turn, axis=0) - truth, axis=1).max()) for turn in range(4)) / width
