"""One JPEG of a stream: what its header says is believed before a pixel is decoded, and nothing breaks the decoder."""

import random
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from visavis.capture.frames import FrameLimits, decode_frame
from visavis.capture.picture import RgbImage
from visavis.errors import FileError, PictureError, VisavisError


def scene(width: int = 640, height: int = 480) -> RgbImage:
    noise = np.random.default_rng(1).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def jpeg(pixels: RgbImage, *options: int) -> bytes:
    return cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92, *options])[1].tobytes()


def turned(data: bytes, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = b"Exif\x00\x00" + exif.tobytes()[6:] if exif.tobytes()[:6] == b"Exif\x00\x00" else exif.tobytes()
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def test_a_frame_comes_as_it_was_sent() -> None:
    found = decode_frame(jpeg(scene()))
    assert (found.width, found.height, found.media_type) == (640, 480, "image/jpeg")
    assert np.abs(found.pixels.astype(int) - scene()).mean() < 3
    assert found.pixels.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        found.pixels[0, 0, 0] = 1


def test_red_is_red() -> None:
    red = np.zeros((480, 640, 3), np.uint8)
    red[..., 0] = 200
    large = np.zeros((960, 1280, 3), np.uint8)
    large[..., 0] = 200
    for pixels in (red, large):
        means = decode_frame(jpeg(pixels)).pixels.mean(axis=(0, 1))
        assert means[0] > 190
        assert max(means[1:]) < 10


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1279, 720), (1279, 720)),
        ((1280, 720), (640, 360)),
        ((1281, 721), (641, 361)),
        ((1920, 1080), (960, 540)),
        ((2560, 1440), (640, 360)),
        ((480, 640), (480, 640)),
        ((720, 1280), (360, 640)),
        ((320, 240), (320, 240)),
    ],
)
def test_a_large_frame_is_decoded_at_reduced_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    found = decode_frame(jpeg(scene(*size)))
    assert (found.width, found.height) == expected
    small = cv2.resize(scene(*size), expected, interpolation=cv2.INTER_AREA)
    assert np.abs(found.pixels.astype(int) - small).mean() < 4


def test_orientation_is_applied() -> None:
    data = jpeg(scene())
    upright = decode_frame(turned(data, 6))
    assert (upright.width, upright.height) == (480, 640)
    expected = np.rot90(decode_frame(data).pixels, -1)
    assert np.array_equal(upright.pixels, expected)


def test_a_grey_frame_has_three_channels() -> None:
    grey = cv2.imencode(".jpg", scene()[:, :, 0])[1].tobytes()
    found = decode_frame(grey)
    assert found.pixels.shape == (480, 640, 3)


def code_of(data: bytes, limits: FrameLimits | None = None) -> str:
    with pytest.raises(VisavisError) as caught:
        decode_frame(data, limits=limits or FrameLimits())
    assert isinstance(caught.value, FileError | PictureError)
    assert caught.value.advice
    return caught.value.code


def with_size(data: bytes, width: int, height: int) -> bytes:
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def test_limits_are_held_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jpeg(scene())
    progressive = jpeg(scene(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    monkeypatch.setattr(cv2, "imdecode", None)
    assert code_of(b"") == "file_empty"
    assert code_of(data, FrameLimits(max_bytes=1000)) == "file_too_large"
    assert code_of(with_size(data, 60_000, 60_000)) == "picture_too_large"
    assert code_of(with_size(data, 5000, 4000)) == "picture_too_large"
    assert code_of(with_size(data, 640, 100)) == "picture_too_small"
    assert code_of(progressive, FrameLimits(max_passes=2)) == "picture_too_large"
    assert code_of(data[:-2]) == "picture_truncated"
    assert code_of(data[:300]) == "picture_truncated"


def test_only_jpeg_is_taken() -> None:
    png = cv2.imencode(".png", scene())[1].tobytes()
    webp = cv2.imencode(".webp", scene())[1].tobytes()
    for other in (png, webp, b"GIF89a" + bytes(100), b"\x00" * 100, b"not a picture at all"):
        assert code_of(other) == "frame_not_jpeg"


def test_a_size_that_the_data_does_not_have_is_no_frame() -> None:
    assert code_of(with_size(jpeg(scene()), 0, 480)) == "picture_too_small"
    with_more = decode_frame(with_size(jpeg(scene()), 640, 488))
    assert with_more.pixels.shape == (488, 640, 3)


def test_a_frame_that_is_damaged_farther_on_comes_as_far_as_it_goes() -> None:
    data = jpeg(scene())
    found = decode_frame(data[: len(data) // 2] + b"\xff\xd9").pixels
    whole = decode_frame(data).pixels
    assert np.array_equal(found[:160], whole[:160])
    assert not np.array_equal(found[300:], whole[300:])


def test_what_is_broken_is_a_picture_or_a_code() -> None:
    """Six hundred mutants: nothing but a picture of the size announced, or a coded error, may come out."""
    rng = random.Random(20260101)
    seeds = [jpeg(scene(160, 120)), jpeg(scene(160, 120), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), jpeg(scene(1300, 200))]
    broken = 0
    for number in range(600):
        data = bytearray(seeds[number % 3])
        head = rng.random() < 0.6
        for _ in range(rng.choice((1, 2, 8, 40))):
            data[rng.randrange(2, 600 if head else len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            start = rng.randrange(len(data))
            del data[start : start + rng.randrange(200)]
        if rng.random() < 0.2:
            data += rng.randbytes(rng.randrange(100))
        try:
            found = decode_frame(bytes(data))
        except (FileError, PictureError):
            broken += 1
        else:
            assert found.pixels.ndim == 3
            assert found.width * found.height <= FrameLimits().max_pixels
    assert 100 < broken < 600
