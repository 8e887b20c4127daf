"""Pictures, profiles and films drawn for tests; none shows a person."""

import struct
import zlib
from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quadrants(width: int = 128, height: int = 96) -> Pixels:
    """Red, green above; blue, white below: no turn or mirror leaves it as it is."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = WHITE
    return picture


def smooth(width: int = 128, height: int = 96) -> Pixels:
    """Colours that change slowly, so that lossy coding stays close."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.stack([across * 200 + 20, down * 200 + 20, (1 - across) * 150 + 50], axis=-1).astype(np.uint8)


def corners(pixels: Pixels) -> list[tuple[int, ...]]:
    """The colour in the middle of each quarter: above left, above right, below left, below right."""
    height, width = pixels.shape[:2]
    return [
        tuple(int(v) for v in pixels[y, x])
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


def encoded(image: Image.Image | Pixels, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def exif_with_orientation(value: int, order: str = "<", *, kind: int = 3) -> bytes:
    """A TIFF structure with one directory of two entries, the second the orientation."""
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entries = struct.pack(order + "HHII", 0x010F, 2, 1, 0) + struct.pack(order + "HHIHH", 0x0112, kind, 1, value, 0)
    return mark + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, chunks: Iterable[tuple[bytes, bytes]], *, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in [(b"IHDR", header), *chunks, (b"IEND", b"")])


def interlaced_png(pixels: Pixels) -> bytes:
    """Adam7 (PNG clause 8.1), without filters."""
    height, width = pixels.shape[:2]
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, across, down in passes:
        rows += b"".join(b"\x00" + row.tobytes() for row in pixels[top::down, left::across])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*each) for each in chunks)


# --- colour profiles: ICC.1:2022, small enough to be written out here ---

DISPLAY_P3_TO_XYZ = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB_TO_XYZ = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def _profile(space: bytes, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += struct.pack(">4sII", name, at + len(bodies), len(body))
        bodies += padded
    head = struct.pack(">I4sI4s4s4s", at + len(bodies), b"none", 0x04200000, kind, space, connection)
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)  # the illuminant D50
    return head.ljust(128, b"\x00") + table + bodies


def _text(words: str) -> bytes:
    body = words.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(body), 28) + body


def _xyz(values: Iterable[float]) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in values))


def display_p3_profile(name: str = "Display P3") -> bytes:
    """The wide gamut of current phones, with the sRGB curve."""
    curve = struct.pack(
        ">4sIHH5i", b"para", 0, 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    )
    tags = {b"desc": _text(name), b"cprt": _text("drawn for tests"), b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    for column, letter in enumerate((b"r", b"g", b"b")):
        tags[letter + b"XYZ"] = _xyz(DISPLAY_P3_TO_XYZ[:, column])
        tags[letter + b"TRC"] = curve
    return _profile(b"RGB ", b"XYZ ", b"mntr", tags)


def press_profile() -> bytes:
    """A CMYK profile in which cyan alone prints as a mid grey, so that one can tell whether it was asked."""
    identity = bytes(range(256))
    grid = b""
    for corner in range(16):  # cyan changes slowest, black fastest
        cyan, others, black = corner & 8, corner & 6, corner & 1
        lightness = 0 if black else 128 if cyan and not others else 255 if not others else 60
        grid += bytes((lightness, 128, 128))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + matrix + identity * 4 + grid + identity * 3
    tags = {b"desc": _text("press"), b"cprt": _text("drawn for tests"), b"wtpt": _xyz((0.9642, 1.0, 0.8249))}
    return _profile(b"CMYK", b"Lab ", b"prtr", {**tags, b"A2B0": table})


# --- films ---


def film(
    kind: str = "mp4",
    codec: str = "mpeg4",
    frames: Iterable[Pixels] | None = None,
    *,
    times: Iterable[int] | None = None,
    rate: int = 25,
    turned: tuple[float, bool] | None = None,
    key_every: int = 12,
    options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    path: Path | None = None,
) -> bytes:
    """A film of ``frames`` (20 of `quadrants` by default), shown at ``times`` (in frames of ``rate``).

    ``path`` is for options under which FFmpeg opens its own output once more.
    """
    pictures = [quadrants()] * 20 if frames is None else list(frames)
    moments = list(range(len(pictures))) if times is None else list(times)
    file = BytesIO()
    with av.open(path or file, "w", format=kind, options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        height, width = (pictures[0] if pictures else quadrants()).shape[:2]
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = key_every
        stream.codec_context.thread_count = 1
        if codec == "libx265":
            stream.codec_context.options = {"x265-params": "log-level=none"}
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turned is not None:
            stream.set_display_rotation(turned[0], turned[1], False)
        for picture, moment in zip(pictures, moments, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = moment
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path.read_bytes() if path else file.getvalue()


def sound(kind: str = "mp4", codec: str = "aac") -> bytes:
    """A second of silence, and no picture."""
    file = BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        silence = np.zeros((1, 1024), np.float32)
        for _ in range(40):
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return file.getvalue()
