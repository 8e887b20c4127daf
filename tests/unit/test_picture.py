"""Reading pictures: every kind comes out upright, in sRGB, 8 bits; every bad one gets its own code."""

import os
import struct
import threading
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from media_files import (
    BLUE,
    DISPLAY_P3_TO_XYZ,
    GREEN,
    RED,
    SRGB_TO_XYZ,
    WHITE,
    Pixels,
    corners,
    display_p3_profile,
    encoded,
    exif_with_orientation,
    interlaced_png,
    png,
    png_chunk,
    press_profile,
    quadrants,
    smooth,
)
from visavis.capture.picture import Picture, PictureLimits, read_picture
from visavis.capture.sniffing import Format, MediaKind, sniff, sniff_format
from visavis.errors import FileError, InputError, PictureError

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "pictures"
TRANSPOSE = Image.Transpose

LOSSY = 8  # the most a colour may move in a lossy file of flat or slowly changing colours
UNDO = {  # what was done to the upright picture before a camera stored it with this EXIF value
    2: TRANSPOSE.FLIP_LEFT_RIGHT,
    3: TRANSPOSE.ROTATE_180,
    4: TRANSPOSE.FLIP_TOP_BOTTOM,
    5: TRANSPOSE.TRANSPOSE,
    6: TRANSPOSE.ROTATE_90,
    7: TRANSPOSE.TRANSVERSE,
    8: TRANSPOSE.ROTATE_270,
}


def near(first: Pixels, second: Pixels, most: int = LOSSY) -> bool:
    return first.shape == second.shape and int(np.abs(first.astype(int) - second).max()) <= most


def refusal(source: Path | bytes, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read_picture(source, **options)  # type: ignore[arg-type] # each caller gives what it tests
    assert caught.value.advice, "a refusal says what to do next"
    return caught.value


# --- formats ---


@pytest.mark.parametrize(
    ("kind", "options", "media_type", "most"),
    [
        ("JPEG", {"quality": 95}, "image/jpeg", LOSSY),
        ("JPEG", {"quality": 95, "progressive": True}, "image/jpeg", LOSSY),
        ("PNG", {}, "image/png", 0),
        ("WEBP", {"lossless": True}, "image/webp", 0),
        ("WEBP", {"quality": 95}, "image/webp", LOSSY),
        ("JPEG2000", {"irreversible": False}, "image/jp2", 0),
        ("JPEG2000", {"irreversible": False, "no_jp2": True}, "image/jp2", 0),
        ("BMP", {}, "image/bmp", 0),
    ],
)
def test_each_format_reads(kind: str, options: dict[str, object], media_type: str, most: int) -> None:
    picture = read_picture(encoded(smooth(), kind, **options))
    assert picture.media_type == media_type
    assert near(picture.pixels, smooth(), most)
    assert not picture.grey


def test_pixels_are_contiguous_and_read_only() -> None:
    for orientation in (1, 6):
        data = encoded(smooth(), "JPEG", exif=b"Exif\x00\x00" + exif_with_orientation(orientation))
        pixels = read_picture(data).pixels
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert not pixels.flags.writeable


def test_a_file_and_its_bytes_are_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(smooth(), "PNG"))
    assert np.array_equal(read_picture(path).pixels, read_picture(path.read_bytes()).pixels)


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(smooth(), "PNG"))
    assert read_picture(path).media_type == "image/png"


def test_interlaced_png_reads() -> None:
    assert np.array_equal(read_picture(interlaced_png(smooth(77, 61))).pixels, smooth(77, 61))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quadrants", [RED, GREEN, BLUE, WHITE]),
        ("quadrants_turned", [GREEN, WHITE, RED, BLUE]),  # irot 1: 90 degrees anticlockwise
        ("quadrants_mirrored", [GREEN, RED, WHITE, BLUE]),
        ("quadrants_half_clear", [RED, WHITE, BLUE, WHITE]),
    ],
)
def test_heic_reads_upright_and_opaque(name: str, expected: list[tuple[int, ...]]) -> None:
    picture = read_picture(VECTORS / f"{name}.heic")
    assert picture.media_type == "image/heic"
    assert np.abs(np.array(corners(picture.pixels)) - expected).max() <= 4
    assert (picture.width, picture.height) == ((96, 128) if name.endswith("turned") else (128, 96))


def test_grey_heic_reads() -> None:
    picture = read_picture(VECTORS / "ramp_grey.heic")
    assert picture.grey
    assert np.abs(picture.pixels[48, :, 0].astype(int) - np.linspace(0, 255, 128)).max() <= 4


def test_a_heic_that_claims_a_depth_it_has_not_is_refused() -> None:
    """Found by fuzzing: 8-bit grey under a container's claim of more made pi_heif 1.4 write past its plane."""
    data = bytearray((VECTORS / "ramp_grey.heic").read_bytes())
    data[data.index(b"hvcC") + 4 + 17] |= 7  # bitDepthLumaMinus8
    assert refusal(bytes(data)).code == "picture_format_unsupported"


# --- orientation ---


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_comes_upright(orientation: int, order: str, kind: str) -> None:
    stored = Image.fromarray(quadrants())
    if orientation in UNDO:
        stored = stored.transpose(UNDO[orientation])
    tiff = exif_with_orientation(orientation, order)
    picture = read_picture(encoded(stored, kind, exif=b"Exif\x00\x00" + tiff))
    assert (picture.width, picture.height) == (128, 96)
    assert np.abs(np.array(corners(picture.pixels)) - [RED, GREEN, BLUE, WHITE]).max() <= LOSSY


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"II*\x00",
        b"II*\x00\xff\xff\xff\xff",
        b"XX*\x00" + bytes(20),
        exif_with_orientation(0),
        exif_with_orientation(9),
        exif_with_orientation(6, kind=2),
        exif_with_orientation(6)[:18],
        b"II*\x00\x08\x00\x00\x00\xff\xff",
    ],
)
def test_senseless_exif_leaves_the_picture_as_it_is(tiff: bytes) -> None:
    picture = read_picture(encoded(quadrants(), "JPEG", exif=b"Exif\x00\x00" + tiff))
    assert np.abs(np.array(corners(picture.pixels)) - [RED, GREEN, BLUE, WHITE]).max() <= LOSSY


# --- colour ---


def test_grey_is_told_by_the_pixels() -> None:
    grey = smooth()[..., :1].repeat(3, axis=2)
    for data in (encoded(grey[..., 0], "PNG"), encoded(grey, "PNG"), encoded(grey, "JPEG", quality=90)):
        picture = read_picture(data)
        assert picture.grey
        assert near(picture.pixels, grey)
    spot = grey.copy()
    spot[-1, -1] = RED
    assert not read_picture(encoded(spot, "PNG")).grey


def test_one_bit_reads_as_black_and_white() -> None:
    data = encoded(Image.fromarray(quadrants()).convert("L").point(lambda v: 255 * (v > 128)).convert("1"), "PNG")
    assert set(np.unique(read_picture(data).pixels)) == {0, 255}


def test_palette_reads() -> None:
    data = encoded(Image.fromarray(quadrants()).convert("P", palette=Image.Palette.ADAPTIVE, colors=4), "PNG")
    assert corners(read_picture(data).pixels) == [RED, GREEN, BLUE, WHITE]


def test_transparency_is_laid_on_white() -> None:
    pixels = np.dstack([quadrants(), np.full((96, 128), 255, np.uint8)])
    pixels[:, :64, 3] = 0
    pixels[:48, 64:, 3] = 128
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        picture = read_picture(encoded(pixels, kind, **options))
        above_left, above_right, below_left, below_right = corners(picture.pixels)
        assert above_left == below_left == below_right == WHITE
        assert np.abs(np.array(above_right) - (127, 255, 127)).max() <= 1


def test_transparent_palette_grey_and_key_colour_are_laid_on_white() -> None:
    palette = Image.fromarray(quadrants()).convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    red = palette.getpixel((1, 1))
    clear_red = [WHITE, GREEN, BLUE, WHITE]
    assert corners(read_picture(encoded(palette, "PNG", transparency=red)).pixels) == clear_red
    assert corners(read_picture(encoded(quadrants(), "PNG", transparency=RED)).pixels) == clear_red
    grey = np.full((60, 60), 90, np.uint8)
    assert read_picture(encoded(grey, "PNG", transparency=90)).pixels.min() == 255
    two = np.dstack([grey, np.zeros((60, 60), np.uint8)])
    assert read_picture(encoded(Image.fromarray(two, "LA"), "PNG")).pixels.min() == 255


def test_sixteen_bits_become_eight() -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)
    wide = np.repeat(ramp[None], 64, axis=0)
    expected = np.arange(256)
    grey = read_picture(cv2.imencode(".png", wide)[1].tobytes())
    assert grey.grey
    assert np.array_equal(grey.pixels[10, :, 0], expected)
    # OpenCV writes its arrays as blue, green, red
    colour = read_picture(cv2.imencode(".png", np.dstack([wide * 0, wide // 2, wide]))[1].tobytes())
    assert np.abs(colour.pixels[10] - np.stack([expected, expected // 2, expected * 0], 1)).max() <= 1
    clear = np.dstack([wide, wide, wide, np.zeros_like(wide)])
    assert read_picture(cv2.imencode(".png", clear)[1].tobytes()).pixels.min() == 255


def test_a_clear_value_of_sixteen_bit_grey_is_laid_on_white() -> None:
    values = np.full((60, 60), 1000, ">u2")
    values[:30] = 2000
    rows = b"".join(b"\x00" + row.tobytes() for row in values)
    chunks = [(b"tRNS", struct.pack(">H", 2000)), (b"IDAT", zlib.compress(rows))]
    pixels = read_picture(png(60, 60, chunks, depth=16, colour=0)).pixels
    assert pixels[10, 10].tolist() == [255, 255, 255]
    assert pixels[40, 10].tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        ((0, 0, 0, 0), WHITE),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 255, 0, 0), (255, 0, 255)),
        ((0, 0, 255, 0), (255, 255, 0)),
        ((0, 0, 0, 128), (127, 127, 127)),
    ],
)
def test_cmyk_jpeg_has_the_right_colours(ink: tuple[int, ...], expected: tuple[int, ...]) -> None:
    data = encoded(Image.new("CMYK", (64, 64), ink), "JPEG", quality=95)
    assert b"Adobe" in data, "the file is one with inverted inks, as all programs write it"
    assert np.abs(read_picture(data).pixels[32, 32].astype(int) - expected).max() <= 4


def test_cmyk_follows_its_profile() -> None:
    cyan = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    red, green, blue = read_picture(encoded(cyan, "JPEG", icc_profile=press_profile())).pixels[32, 32].tolist()
    assert red == green == blue
    assert 110 <= red <= 130  # L* of 50


def linear(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def curved(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values.clip(0) ** (1 / 2.4) - 0.055)


def p3_in_srgb(pixels: Pixels) -> np.ndarray:
    to_srgb = np.linalg.inv(SRGB_TO_XYZ) @ DISPLAY_P3_TO_XYZ
    return curved((linear(pixels / 255) @ to_srgb.T).clip(0, 1)) * 255


@pytest.mark.parametrize(("kind", "most"), [("PNG", 2), ("JPEG", LOSSY), ("WEBP", 2)])
def test_display_p3_is_converted(kind: str, most: int) -> None:
    muted = (smooth() // 4 + 96).astype(np.uint8)
    options = {"lossless": True} if kind == "WEBP" else {"quality": 98} if kind == "JPEG" else {}
    picture = read_picture(encoded(muted, kind, icc_profile=display_p3_profile(), **options))
    assert np.abs(muted - p3_in_srgb(muted)).max() > 12, "the conversion is one that can be seen"
    assert np.abs(picture.pixels - p3_in_srgb(muted)).max() <= most


def test_srgb_is_not_converted() -> None:
    data = encoded(smooth(), "PNG", icc_profile=display_p3_profile("sRGB IEC61966-2.1"))
    assert np.array_equal(read_picture(data).pixels, smooth())


@pytest.mark.parametrize(
    "profile",
    [
        b"short",
        b"x" * 500,
        display_p3_profile()[:300],
        display_p3_profile()[:128] + bytes(400),
        press_profile(),  # whole, but not for RGB
    ],
)
def test_a_broken_or_foreign_profile_is_left_alone(profile: bytes) -> None:
    data = encoded(smooth(), "PNG", icc_profile=profile)
    assert np.array_equal(read_picture(data).pixels, smooth())


# --- reduced size ---


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("target", [1, 100, 300, 599, 600, 601, 1200, 5000])
def test_target_side_is_a_least(kind: str, target: int) -> None:
    data = encoded(smooth(1200, 801), kind, quality=95)
    picture = read_picture(data, target_side=target)
    assert picture.width >= min(target, 1200)
    assert picture.width < 2 * target or picture.width == 1200
    assert picture.height == pytest.approx(picture.width * 801 / 1200, abs=1)
    expected = cv2.resize(smooth(1200, 801), (picture.width, picture.height), interpolation=cv2.INTER_AREA)
    assert near(picture.pixels, expected.astype(np.uint8), LOSSY)


def test_reduced_and_turned() -> None:
    data = encoded(quadrants(800, 600), "JPEG", exif=b"Exif\x00\x00" + exif_with_orientation(6))
    picture = read_picture(data, target_side=200)
    assert (picture.width, picture.height) == (150, 200)
    assert np.abs(np.array(corners(picture.pixels)) - [BLUE, RED, WHITE, GREEN]).max() <= LOSSY


def test_a_senseless_target_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="target_side"):
        read_picture(encoded(smooth(), "PNG"), target_side=0)


# --- what is not a usable picture ---


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "JPEG2000", "BMP"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_truncated(kind: str, kept: float) -> None:
    whole = encoded(smooth(), kind, quality=95)
    error = refusal(whole[: int(len(whole) * kept)])
    assert isinstance(error, PictureError)
    assert error.code == "picture_truncated"


def test_truncated_heic() -> None:
    whole = (VECTORS / "quadrants.heic").read_bytes()
    assert refusal(whole[:-60]).code == "picture_truncated"


@pytest.mark.parametrize("kept", [3, 4, 20, 40])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_cut_within_the_header(kind: str, kept: int) -> None:
    assert refusal(encoded(smooth(), kind)[:kept]).code in {"picture_truncated", "not_a_picture"}


def test_damaged() -> None:
    whole = bytearray(encoded(smooth(), "PNG"))
    at = whole.index(b"IDAT") + 40
    whole[at] ^= 0xFF
    assert refusal(bytes(whole)).code == "picture_corrupt"


def test_text_named_like_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "portrait.jpg"
    path.write_text("This is a letter, and no picture at all.\n" * 20)
    error = refusal(path)
    assert (type(error), error.code) == (PictureError, "not_a_picture")
    assert "portrait.jpg" in error.message


def test_a_video_is_not_a_picture() -> None:
    assert refusal(b"\x00\x00\x00\x18ftypisom" + bytes(60)).code == "not_a_picture"


def frames(count: int) -> list[Image.Image]:
    return [Image.fromarray(np.full((60, 60, 3), 40 * n, np.uint8)) for n in range(count)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animated(kind: str) -> None:
    first, *others = frames(3)
    data = encoded(first, kind, save_all=True, append_images=others, duration=100)
    assert refusal(data).code == "picture_animated"


def test_one_frame_of_an_animation_format_is_still() -> None:
    (only,) = frames(1)
    assert read_picture(encoded(only, "WEBP", save_all=True)).width == 60
    still = encoded(only, "PNG")
    control = png_chunk(b"acTL", struct.pack(">II", 1, 0))
    assert read_picture(still[:33] + control + still[33:]).width == 60
    for chunks in (control * 2, png_chunk(b"acTL", struct.pack(">II", 0, 0)), png_chunk(b"acTL", b"")):
        assert refusal_or_picture(still[:33] + chunks + still[33:])


def refusal_or_picture(data: bytes) -> bool:
    try:
        return read_picture(data).width == 60
    except PictureError:
        return True


def test_heic_sequence_is_animated() -> None:
    data = (VECTORS / "quadrants.heic").read_bytes().replace(b"heic", b"hevc", 1)
    assert refusal(data).code == "picture_animated"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "AVIF"])
def test_formats_that_are_known_and_not_read(kind: str) -> None:
    error = refusal(encoded(smooth(), kind))
    assert error.code == "picture_format_unsupported"
    assert "JPEG" in error.advice


def test_compressed_bmp_is_not_read() -> None:
    data = bytearray(encoded(np.zeros((60, 60), np.uint8), "BMP"))
    data[30] = 1  # BI_RLE8
    assert refusal(bytes(data)).code == "picture_format_unsupported"


def test_smallest_side() -> None:
    for width, height in ((1, 1), (49, 200), (200, 49)):
        assert refusal(encoded(smooth(width, height), "PNG")).code == "picture_too_small"
    assert read_picture(encoded(smooth(50, 50), "PNG")).width == 50


def test_all_black_is_a_picture() -> None:
    assert read_picture(encoded(np.zeros((60, 60, 3), np.uint8), "JPEG")).pixels.max() == 0


def huge_jpeg() -> bytes:
    data = bytearray(encoded(smooth(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65500, 65500)
    return bytes(data)


def huge_webp(lossless: bool) -> bytes:
    data = bytearray(encoded(smooth(), "WEBP", lossless=lossless))
    if lossless:
        data[21:25] = struct.pack("<I", 16383 | 16383 << 14)
    else:
        data[26:30] = struct.pack("<HH", 16383, 16383)
    return bytes(data)


def huge_jpeg_2000() -> bytes:
    data = bytearray(encoded(smooth(), "JPEG2000", no_jp2=True))
    data[8:16] = struct.pack(">II", 60000, 60000)
    return bytes(data)


def huge_bmp() -> bytes:
    data = bytearray(encoded(smooth(), "BMP"))
    data[18:26] = struct.pack("<ii", 60000, -60000)
    return bytes(data)


def huge_heic() -> bytes:
    data = bytearray((VECTORS / "quadrants.heic").read_bytes())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 30000, 30000)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        png(30_000, 30_000, [(b"IDAT", zlib.compress(bytes(1000)))]),
        png(2**31 - 1, 2**31 - 1, [(b"IDAT", zlib.compress(bytes(1000)))]),
        png(1_000_000, 60, [(b"IDAT", zlib.compress(bytes(1000)))]),
        huge_jpeg(),
        huge_webp(lossless=True),
        huge_webp(lossless=False),
        huge_jpeg_2000(),
        huge_bmp(),
        huge_heic(),
    ],
    ids=["png", "png_overflow", "png_long", "jpeg", "webp_lossless", "webp", "jpeg_2000", "bmp", "heic"],
)
def test_a_decompression_bomb_is_refused_by_its_header(data: bytes) -> None:
    error = refusal(data)
    assert error.code == "picture_too_large"
    assert "megapixels" in error.message


def test_many_passes_of_a_progressive_jpeg_are_refused() -> None:
    data = encoded(smooth(1000, 1000), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    error = refusal(data[:-2] + scan * 3000 + data[-2:])
    assert error.code == "picture_too_large"
    assert "passes" in error.message


def test_limits_are_the_callers() -> None:
    data = encoded(smooth(), "PNG")
    assert refusal(data, limits=PictureLimits(max_pixels=128 * 96 - 1)).code == "picture_too_large"
    assert refusal(data, limits=PictureLimits(max_side=127)).code == "picture_too_large"
    assert refusal(data, limits=PictureLimits(max_bytes=len(data) - 1)).code == "file_too_large"
    limits = PictureLimits(max_pixels=128 * 96, max_side=128, max_bytes=len(data))
    assert read_picture(data, limits=limits).width == 128


def test_pillows_own_limit_neither_warns_nor_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 6000)  # less than half of the picture, which Pillow would refuse
    data = encoded(smooth(), "PNG")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_picture(data).width == 128
    assert not caught
    assert Image.MAX_IMAGE_PIXELS == 6000


def test_metadata_never_reaches_a_decoder() -> None:
    """Megabytes of segments and chunks that would make decoders stumble or warn are walked past."""
    jpeg = encoded(quadrants(), "JPEG")
    noise = b"\xff\xe1" + struct.pack(">H", 2 + 40) + b"http://ns.adobe.com/xap/1.0/\x00".ljust(40, b"\xff")
    padded = jpeg[:2] + noise * 2000 + b"\xff\xff\xff" + jpeg[2:]
    assert corners(read_picture(padded).pixels) == corners(read_picture(jpeg).pixels)
    still = encoded(quadrants(), "PNG")
    bomb = png_chunk(b"zTXt", b"x\x00\x00" + zlib.compress(bytes(50_000_000)))
    assert corners(read_picture(still[:33] + bomb + still[33:]).pixels) == [RED, GREEN, BLUE, WHITE]


def test_countless_parts_are_refused() -> None:
    jpeg = encoded(quadrants(), "JPEG")
    assert refusal(jpeg[:2] + b"\xff\xfe\x00\x02" * 200_000 + jpeg[2:]).code == "picture_corrupt"
    still = encoded(quadrants(), "PNG")
    assert refusal(still[:33] + png_chunk(b"teSt", b"") * 200_000 + still[33:]).code == "picture_corrupt"


def test_a_second_picture_behind_the_first_is_ignored() -> None:
    """As in the gain maps and motion photos of current phones."""
    data = encoded(quadrants(), "JPEG") + encoded(smooth(640, 480), "JPEG") + b"trailing"
    assert (read_picture(data).width, read_picture(data).height) == (128, 96)


# --- paths ---


def test_missing_empty_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.touch()
    for path, code in (
        (tmp_path / "absent.jpg", "file_missing"),
        (empty / "below.jpg", "file_missing"),
        (tmp_path / "nul\x00.jpg", "file_missing"),
        (empty, "file_empty"),
        (tmp_path, "is_a_directory"),
    ):
        error = refusal(path)
        assert (type(error), error.code) == (FileError, code)
        assert str(tmp_path) not in str(error), "a message names the file alone"
    assert refusal(b"").code == "file_empty"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert refusal(pipe).code == "not_a_regular_file"
    assert refusal(Path(os.devnull)).code == "not_a_regular_file"
    if Path("/dev/zero").exists():
        assert refusal(Path("/dev/zero")).code == "not_a_regular_file"


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(encoded(smooth(), "PNG"))

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # a test may run as the superuser, who may read everything
    error = refusal(path)
    assert error.code == "file_unreadable"
    assert isinstance(error.__cause__, PermissionError)


def test_a_loop_of_links_leads_to_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert refusal(tmp_path / "a").code == "file_missing"


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open descriptors are counted through /proc")
    good = tmp_path / "good.png"
    good.write_bytes(encoded(smooth(), "PNG"))
    read_picture(good)
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        read_picture(good)
        refusal(tmp_path)
        refusal(good, limits=PictureLimits(max_bytes=10))
    assert len(list(descriptors.iterdir())) == before


def test_a_name_that_would_upset_a_terminal_is_made_harmless(tmp_path: Path) -> None:
    path = tmp_path / ("evil\x1b[2Jname\n" + "x" * 100 + ".jpg")
    path.write_text("no picture")
    message = str(refusal(path))
    assert "\x1b" not in message
    assert "\n" not in message
    assert len(message) < 250


# --- the rest ---


def test_threads_read_side_by_side() -> None:
    data = [encoded(smooth(200 + n, 150), kind) for n, kind in enumerate(("JPEG", "PNG", "WEBP"))]
    data.append((VECTORS / "quadrants.heic").read_bytes())
    found: list[int] = []

    def work() -> None:
        found.extend(read_picture(each).width for _ in range(5) for each in data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([200, 201, 202, 128] * 20)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xd8\xff\xe0", Format.JPEG),
        (b"\x89PNG\r\n\x1a\n", Format.PNG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Format.WEBP),
        (b"RIFF\x00\x00\x00\x00AVI LIST", Format.AVI),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", Format.UNKNOWN),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Format.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", Format.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", Format.AVIF),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", Format.AVIF),
        (b"\x00\x00\x00\x18ftypmsf1\x00\x00\x00\x00hevcmsf1", Format.HEIC_SEQUENCE),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", Format.QUICKTIME),
        (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", Format.QUICKTIME),
        (b"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00isom3gp4", Format.THREE_GPP),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42", Format.MP4),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", Format.WEBM),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", Format.MATROSKA),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00", Format.BMP),
        (b"BMW is a maker of cars and motorcycles", Format.UNKNOWN),
        (b"GIF89a", Format.GIF),
        (b"MM\x00*", Format.TIFF),
        (b"8BPS\x00\x01", Format.PHOTOSHOP),
        (b"\xff\x0a", Format.JPEG_XL),
        (b"%PDF-1.7", Format.UNKNOWN),
        (b"#EXTM3U\n", Format.UNKNOWN),
        (b"", Format.UNKNOWN),
        (b"\xff", Format.UNKNOWN),
    ],
)
def test_sniffing(data: bytes, expected: Format) -> None:
    assert sniff_format(data) is expected
    kind = {"image": MediaKind.PICTURE, "video": MediaKind.VIDEO}.get(expected.value[:5], MediaKind.UNKNOWN)
    assert sniff(data) is kind


def test_a_picture_of_the_programs_own() -> None:
    picture = Picture(smooth(70, 60))
    assert (picture.width, picture.height, picture.grey) == (70, 60, False)
