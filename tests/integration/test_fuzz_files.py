"""Damaged files: each either reads or is refused by a known code; nothing else escapes, nothing hangs, nothing warns.

Every mutant is made from a seed and a number, so a failure names the one file that fails. By hand, more of them:
`VISAVIS_FUZZ=50000 pytest tests/integration/test_fuzz_files.py`.
"""

import os
import random
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from media_files import display_p3_profile, encoded, exif_with_orientation, film, interlaced_png, quadrants, smooth
from visavis.capture.picture import Picture, PictureLimits, read_picture
from visavis.capture.sniffing import MediaKind, sniff
from visavis.capture.video import VideoLimits, read_frames, sample_frames
from visavis.errors import VisavisError

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "pictures"
HEIC = ("quadrants_turned", "quadrants_half_clear", "ramp_grey")
COUNT = int(os.environ.get("VISAVIS_FUZZ", "6000"))
SEED = int(os.environ.get("VISAVIS_FUZZ_SEED", "29794"))

PICTURE_LIMITS = PictureLimits(max_bytes=1_000_000, max_pixels=1_000_000, max_side=5_000, min_side=8)
VIDEO_LIMITS = VideoLimits(max_bytes=1_000_000, max_seconds=20, max_frames=100, max_frame_pixels=200_000, min_side=8)

PICTURE_CODES = {
    "file_empty",
    "file_too_large",
    "not_a_picture",
    "picture_animated",
    "picture_corrupt",
    "picture_format_unsupported",
    "picture_too_large",
    "picture_too_small",
    "picture_truncated",
}
VIDEO_CODES = {
    "file_empty",
    "file_too_large",
    "not_a_video",
    "video_corrupt",
    "video_format_unsupported",
    "video_too_large",
    "video_too_long",
    "video_too_small",
    "video_truncated",
    "video_without_frames",
    "video_without_track",
}


def moving(count: int) -> list[np.ndarray]:
    return [np.roll(smooth(96, 64), 5 * n, axis=1) for n in range(count)]


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    """Small whole files of every kind that is read, and of some that are not."""
    still, clear = smooth(96, 64), np.dstack([smooth(96, 64), smooth(96, 64)[..., 0]])
    exif = b"Exif\x00\x00" + exif_with_orientation(6, ">")
    palette = Image.fromarray(quadrants(96, 64)).convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    frames = [Image.fromarray(frame) for frame in moving(3)]
    pictures = [
        encoded(still, "JPEG", exif=exif, icc_profile=display_p3_profile()),
        encoded(still, "JPEG", progressive=True, subsampling=0),
        encoded(Image.fromarray(still).convert("CMYK"), "JPEG"),
        encoded(still, "PNG", exif=exif, icc_profile=display_p3_profile()),
        encoded(clear, "PNG"),
        encoded(palette, "PNG", transparency=1),
        encoded(Image.fromarray(still[..., 0].astype(np.uint16) * 256), "PNG"),
        interlaced_png(still),
        encoded(still, "WEBP", quality=80, exif=exif, icc_profile=display_p3_profile()),
        encoded(clear, "WEBP", lossless=True),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        encoded(still, "JPEG2000"),
        encoded(still, "JPEG2000", no_jp2=True, irreversible=True),
        encoded(still, "BMP"),
        encoded(palette, "BMP"),
        *(
            (VECTORS / f"{name}.heic").read_bytes()
            for name in ("quadrants_turned", "quadrants_half_clear", "ramp_grey")
        ),
    ]
    films = [
        film("mp4", "mpeg4", moving(8), turned=(90, False)),
        film("mp4", "mpeg4", moving(8), options={"movflags": "frag_keyframe+empty_moov"}, key_every=3),
        film("mov", "mjpeg", moving(4)),
        film("webm", "libvpx", moving(8)),
        film("webm", "libvpx-vp9", moving(8)),
        *(film("mp4", codec, moving(8)) for codec in ("libx264", "libx265") if codec in av.codecs_available),
    ]
    return pictures + films * 2  # a third of them films


# --- mutations ---


def flip_bits(data: bytearray, chance: random.Random, __: list[bytes]) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_header_bits(data: bytearray, chance: random.Random, __: list[bytes]) -> None:
    for _ in range(chance.choice((1, 2, 4))):
        data[chance.randrange(min(len(data), 256))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def cut_end(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    del data[chance.randrange(len(data)) :]


def cut_middle(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.choice((1, 2, 4, 100, 1000))]


def repeat_middle(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.choice((1, 4, 100, 1000))] * chance.choice((1, 2, 30))


def splice(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    other = chance.choice(others)
    at = chance.randrange(len(data))
    data[at:] = other[chance.randrange(len(other)) :]


def swap_header(data: bytearray, chance: random.Random, others: list[bytes]) -> None:
    size = chance.choice((4, 8, 12, 16, 32, 64))
    data[:size] = chance.choice(others)[:size]


def edit_number(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    """A length, a count, an offset or a size becomes one of those that programs get wrong."""
    layout = chance.choice((">H", "<H", ">I", "<I", ">Q", "<Q"))
    width = struct.calcsize(layout)
    if len(data) < width:
        return
    largest = (1 << 8 * width) - 1
    value = chance.choice(
        (0, 1, 2, largest, largest - 1, largest >> 1, (largest >> 1) + 1, len(data), 65_535 & largest)
    )
    at = chance.randrange(min(len(data) - width + 1, chance.choice((64, 512, len(data)))) or 1)
    struct.pack_into(layout, data, min(at, len(data) - width), value)


def edit_box(data: bytearray, chance: random.Random, _: list[bytes]) -> None:
    """The length before a name of four letters, or the number behind it: boxes, chunks and their first fields."""
    names = [at for at in range(4, len(data) - 12) if data[at : at + 4].isalpha()]
    if names:
        at = chance.choice(names) + chance.choice((-4, 4, 8))
        value = chance.choice((0, 1, 7, 8, 0x2000, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF))
        struct.pack_into(chance.choice((">I", "<I")), data, at, value)


def mend_checksums(data: bytearray) -> None:
    """What a PNG decoder would refuse by its checksum alone gets further."""
    at = 8
    while data[:4] == b"\x89PNG" and at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            return
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4


MUTATIONS: tuple[Callable[[bytearray, random.Random, list[bytes]], None], ...] = (
    flip_bits,
    flip_header_bits,
    cut_end,
    cut_middle,
    repeat_middle,
    splice,
    swap_header,
    edit_number,
    edit_box,
)


def mutant(number: int, seeds: list[bytes]) -> bytes:
    chance = random.Random(SEED * 1_000_003 + number)
    data = bytearray(seeds[number % len(seeds)])
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if data:
            chance.choice(MUTATIONS)(data, chance, seeds)
    if chance.random() < 0.8:
        mend_checksums(data)
    return bytes(data)


# --- what must hold ---


def outcome(data: bytes, number: int) -> str:
    """``read`` or the code of the refusal. Now and then a file is given to the wrong reader."""
    as_film = (sniff(data) is MediaKind.VIDEO) != (number % 23 == 0)
    pictures, error = pictures_of(data, number, as_film=as_film)
    for picture in pictures:
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape == (picture.height, picture.width, 3)
        assert picture.width * picture.height <= 1_000_000
    if error is None:
        assert pictures, "neither pictures nor an error"
        return "read"
    assert error.code in (VIDEO_CODES if as_film else PICTURE_CODES)
    assert error.message
    assert error.advice
    return error.code


def pictures_of(data: bytes, number: int, *, as_film: bool) -> tuple[list[Picture], VisavisError | None]:
    try:
        if not as_film:
            target = 32 if number % 3 == 0 else None
            return [read_picture(data, limits=PICTURE_LIMITS, target_side=target)], None
        if number % 2:
            frames = list(read_frames(data, limits=VIDEO_LIMITS))
        else:
            frames = list(sample_frames(data, count=3, limits=VIDEO_LIMITS))
    except VisavisError as error:
        return [], error
    assert all(a.time_s <= b.time_s for a, b in pairwise(frames))
    return [frame.picture for frame in frames], None


@pytest.mark.slow
def test_damaged_files_read_or_are_refused(seeds: list[bytes], capfd: pytest.CaptureFixture[str]) -> None:
    assert COUNT >= 2_000
    capfd.readouterr()  # what the encoders of the seeds had to say
    seen: Counter[str] = Counter()
    for number in range(COUNT):
        data = mutant(number, seeds)
        try:
            seen[outcome(data, number)] += 1
        except Exception as error:
            raise AssertionError(f"mutant {number} of seed {SEED}: {error!r}") from error
    assert capfd.readouterr() == ("", ""), "a decoder spoke to the terminal"
    # the mutations are worth something: many files still read, many are damaged where only a decoder sees it
    assert seen["read"] > COUNT // 20
    for code in ("picture_corrupt", "picture_truncated", "picture_too_large", "picture_animated", "not_a_picture"):
        assert seen[code] > COUNT // 1000, code
    for code in ("video_corrupt", "video_truncated", "video_without_frames", "video_without_track", "not_a_video"):
        assert seen[code] > COUNT // 2000, code


def test_the_seeds_themselves_read(seeds: list[bytes]) -> None:
    seen = Counter(outcome(data, 1) for data in seeds)
    assert seen == {"read": len(seeds) - 3, "picture_animated": 3}


def test_mutants_can_be_made_again(seeds: list[bytes]) -> None:
    assert [mutant(n, seeds) for n in range(20)] == [mutant(n, seeds) for n in range(20)]
    assert len({mutant(n, seeds) for n in range(200)}) > 180


@pytest.mark.parametrize("length", range(9))
def test_a_few_bytes(length: int) -> None:
    for start in (
        b"\xff\xd8\xff\xe0\x00\x02\xff\xda",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x04\x00\x00\x00",
        b"BM\x00\x00",
        bytes(8),
    ):
        data = start[:length]
        assert outcome(data, 1) in PICTURE_CODES
        assert outcome(data, 0) in VIDEO_CODES


def test_random_bytes_behind_each_signature(seeds: list[bytes]) -> None:
    chance = random.Random(SEED)
    for seed in seeds:
        for kept in (16, 48):
            noise = seed[:kept] + chance.randbytes(2_000)
            assert outcome(noise, 1) in PICTURE_CODES | VIDEO_CODES | {"read"}
