"""Reading videos: frames upright and with their times, within limits; every bad one gets its own code."""

import os
import random
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media_files import BLUE, GREEN, RED, WHITE, Pixels, corners, encoded, film, quadrants, smooth, sound
from visavis.capture.film import ends_early
from visavis.capture.iso_tables import MAX_SAMPLES, tables_are_sound
from visavis.capture.sniffing import Format
from visavis.capture.timeline import Timeline
from visavis.capture.video import Frame, VideoLimits, read_frames, sample_frames
from visavis.errors import FileError, InputError, VideoError

LOSSY = 12
FORMATS = [
    ("mp4", "mpeg4", "video/mp4"),
    ("mov", "mjpeg", "video/quicktime"),
    ("3gp", "mpeg4", "video/3gpp"),
    ("webm", "libvpx", "video/webm"),
    ("webm", "libvpx-vp9", "video/webm"),
    # encoders that a build of FFmpeg may leave out; their decoders it never does
    *(
        pytest.param(
            "mp4", codec, "video/mp4", marks=pytest.mark.skipif(codec not in av.codecs_available, reason=codec)
        )
        for codec in ("libx264", "libx265", "libsvtav1")
    ),
]


def shades(count: int, width: int = 64, height: int = 64) -> Iterator[Pixels]:
    """Frame n is grey of value 10 + n, up to 250: a frame tells its own number."""
    for number in range(count):
        yield np.full((height, width, 3), 10 + number % 240, np.uint8)


def numbers(frames: list[Frame]) -> list[float]:
    return [float(frame.picture.pixels.mean()) - 10 for frame in frames]


def refusal(source: Path | bytes, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_frames(source, **options))  # type: ignore[arg-type] # each caller gives what it tests
    assert caught.value.advice, "a refusal says what to do next"
    return caught.value


# --- formats, orientation, colour ---


@pytest.mark.parametrize(("kind", "codec", "media_type"), FORMATS)
def test_each_format_reads(kind: str, codec: str, media_type: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = film(kind, codec)
    capfd.readouterr()  # what the encoder had to say
    frames = list(read_frames(data))
    assert len(frames) == 20
    assert [frame.time_s for frame in frames] == pytest.approx([n / 25 for n in range(20)], abs=0.001)
    for frame in (frames[0], frames[-1]):
        assert frame.picture.media_type == media_type
        assert (frame.picture.width, frame.picture.height) == (128, 96)
        assert np.abs(np.array(corners(frame.picture.pixels)) - [RED, GREEN, BLUE, WHITE]).max() <= LOSSY
        assert not frame.truncated
    assert capfd.readouterr() == ("", "")


def test_pixels_are_contiguous_and_read_only() -> None:
    for turned in (None, (90.0, False)):
        pixels = next(read_frames(film(turned=turned))).picture.pixels
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert not pixels.flags.writeable


@pytest.mark.parametrize(
    ("turned", "expected"),
    [
        ((0, False), [RED, GREEN, BLUE, WHITE]),
        ((90, False), [GREEN, WHITE, RED, BLUE]),
        ((180, False), [WHITE, BLUE, GREEN, RED]),
        ((-90, False), [BLUE, RED, WHITE, GREEN]),
        ((0, True), [GREEN, RED, WHITE, BLUE]),
        ((180, True), [BLUE, WHITE, RED, GREEN]),
        ((90, True), [WHITE, GREEN, BLUE, RED]),
        ((-90, True), [RED, BLUE, GREEN, WHITE]),
    ],
)
@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_the_display_matrix_is_applied(turned: tuple[float, bool], expected: list[tuple[int, ...]], kind: str) -> None:
    """Angles are anticlockwise, as FFmpeg counts them; the mirror is applied first."""
    picture = next(read_frames(film(kind, turned=turned))).picture
    assert (picture.width, picture.height) == ((96, 128) if turned[0] in (90, -90) else (128, 96))
    assert np.abs(np.array(corners(picture.pixels)) - expected).max() <= LOSSY


@pytest.mark.parametrize(("aspect", "size"), [(Fraction(2, 1), (128, 48)), (Fraction(1, 2), (64, 96))])
def test_pixels_come_square(aspect: Fraction, size: tuple[int, int]) -> None:
    picture = next(read_frames(film(aspect=aspect))).picture
    assert (picture.width, picture.height) == size


def test_target_side_is_a_most() -> None:
    data = film(frames=[smooth(320, 240)] * 3)
    picture = next(read_frames(data, target_side=160)).picture
    assert (picture.width, picture.height) == (160, 120)
    assert np.abs(picture.pixels.astype(int) - smooth(160, 120)).mean() < 4
    assert next(read_frames(data, target_side=1000)).picture.width == 320


# --- times ---


def test_variable_frame_rate_keeps_its_times() -> None:
    moments = [0, 1, 2, 10, 11, 30, 60]
    frames = list(read_frames(film(frames=shades(7), times=moments)))
    assert [frame.time_s for frame in frames] == pytest.approx([moment / 25 for moment in moments], abs=0.001)


def test_times_begin_at_the_first_frame() -> None:
    frames = list(read_frames(film("webm", "libvpx", frames=shades(4), times=[50, 51, 52, 53])))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.12], abs=0.002)


@pytest.mark.parametrize(("kind", "codec", "media_type"), FORMATS)
@pytest.mark.parametrize("key_every", [1, 12, 1000])
def test_sampled_frames_are_those_of_the_whole(kind: str, codec: str, media_type: str, key_every: int) -> None:
    data = film(kind, codec, frames=shades(100), key_every=key_every)
    whole = {frame.time_s: frame.picture.pixels for frame in read_frames(data)}
    for options in ({"count": 7}, {"per_second": 2.5}):
        sampled = list(sample_frames(data, **options))
        assert all(np.array_equal(whole[frame.time_s], frame.picture.pixels) for frame in sampled)
        expected = [0.28, 0.84, 1.4, 1.96, 2.56, 3.12, 3.68] if "count" in options else [n * 0.4 for n in range(10)]
        assert [frame.time_s for frame in sampled] == pytest.approx(expected, abs=0.05)


def test_samples_are_even_in_time_and_not_in_number() -> None:
    """A camera in the dark: ten frames in the first half second, then two a second."""
    moments = [*range(10), *range(12, 112, 12)]
    sampled = list(sample_frames(film(frames=shades(len(moments)), times=moments), count=4))
    assert [round(frame.time_s * 25) for frame in sampled] == [12, 36, 72, 96]


def test_more_samples_than_frames_are_all_frames() -> None:
    data = film(frames=shades(6))
    assert len(list(sample_frames(data, count=50))) == 6
    assert len(list(sample_frames(data, per_second=1000))) == 6
    assert len(list(sample_frames(data, count=1))) == 1


def test_a_single_frame_is_a_video() -> None:
    (frame,) = read_frames(film(frames=[quadrants()]))
    assert frame.time_s == 0
    assert len(list(sample_frames(film(frames=[quadrants()]), per_second=5))) == 1


@pytest.mark.parametrize(
    "options",
    [{}, {"count": 1, "per_second": 1.0}, {"count": 0}, {"per_second": 0.0}, {"per_second": float("nan")}],
)
def test_a_senseless_sample_is_a_programmers_mistake(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="count"):
        sample_frames(film(), **options)  # type: ignore[arg-type] # wrong on purpose


def test_the_timeline_alone() -> None:
    line = Timeline(times=(0, 10, 20, 30), key_times=(0, 20), unit=Fraction(1, 10))
    assert line.span_s == 3.0
    assert line.evenly(2) == (10, 20)
    assert line.at_rate(0.5) == (0, 20)
    assert [line.key_time_before(time) for time in (-1, 0, 19, 20, 99)] == [None, 0, 0, 20, 20]
    longer = Timeline(times=tuple(range(101)), key_times=(0,), unit=Fraction(1, 10))
    drawn = [longer.evenly(5, random.Random(seed)) for seed in range(20)]
    assert all(20 * index <= time <= 20 * (index + 1) for times in drawn for index, time in enumerate(times))
    assert len(set(drawn)) == 20
    nothing = Timeline(times=(), key_times=(), unit=Fraction(1, 10))
    assert (nothing.span_s, nothing.evenly(3), nothing.at_rate(3)) == (0.0, (), ())


# --- limits ---


def test_limits_are_checked_by_the_call_itself() -> None:
    data = film(frames=shades(50))
    for limits, code in (
        (VideoLimits(max_seconds=1.9), "video_too_long"),
        (VideoLimits(max_frames=49), "video_too_long"),
        (VideoLimits(max_frame_pixels=64 * 64 - 1), "video_too_large"),
        (VideoLimits(min_side=65), "video_too_small"),
        (VideoLimits(max_bytes=len(data) - 1), "file_too_large"),
    ):
        with pytest.raises(InputError) as caught:
            read_frames(data, limits=limits)
        assert caught.value.code == code
        with pytest.raises(InputError) as caught:
            sample_frames(data, count=2, limits=limits)
        assert caught.value.code == code
    exact = VideoLimits(max_seconds=1.96, max_frames=50, max_frame_pixels=4096, min_side=64, max_bytes=len(data))
    assert len(list(read_frames(data, limits=exact))) == 50


def test_a_claim_of_hours_is_refused_without_decoding() -> None:
    assert refusal(film("webm", "libvpx", frames=shades(2), times=[0, 25 * 7200])).code == "video_too_long"


def test_frames_come_one_at_a_time() -> None:
    frames = read_frames(film(frames=shades(40)))
    first = next(frames)
    assert first.time_s == 0
    frames.close()  # type: ignore[attr-defined] # a generator; a caller may stop early
    with pytest.raises(StopIteration):
        next(frames)


def test_decoder_threads_give_the_same_frames() -> None:
    data = film("webm", "libvpx-vp9", frames=shades(30))
    one = list(read_frames(data))
    four = list(read_frames(data, limits=VideoLimits(threads=4)))
    assert all(np.array_equal(a.picture.pixels, b.picture.pixels) for a, b in zip(one, four, strict=True))


# --- what is not a usable video ---


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"just text, no film at all" * 20, "not_a_video"),
        (encoded(smooth(), "JPEG"), "not_a_video"),
        (b"", "file_empty"),
        (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100), "video_format_unsupported"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + bytes(100), "video_format_unsupported"),
        (sound(), "video_without_track"),
        (sound("webm", "libopus"), "video_without_track"),
        (film()[:20], "video_truncated"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\nfile:///etc/passwd\n", "not_a_video"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not_a_video"),
    ],
    ids=["text", "picture", "empty", "avi", "matroska", "sound", "sound_webm", "header", "playlist", "concat"],
)
def test_refusals(data: bytes, code: str) -> None:
    error = refusal(data)
    assert error.code == code
    assert isinstance(error, FileError if code.startswith("file") else VideoError)


def test_paths(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    path.write_bytes(film())
    assert len(list(read_frames(path))) == 20, "the content counts, not the name"
    assert refusal(tmp_path).code == "is_a_directory"
    error = refusal(tmp_path / "absent.mp4")
    assert error.code == "file_missing"
    assert str(tmp_path) not in str(error)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def test_a_video_without_frames() -> None:
    """A fragmented file whose header came and whose fragments never did."""
    options = {"movflags": "frag_keyframe+empty_moov"}
    whole = film(frames=shades(5), options=options)
    header = whole[: whole.index(b"moof") - 4]
    assert refusal(header).code == "video_without_frames"


def test_an_unknown_codec_is_not_read() -> None:
    data = film("mov", "mjpeg").replace(b"jpeg", b"rpza")
    assert refusal(data).code == "video_format_unsupported"


def test_truncated_within_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    """The index first, as phones and browsers write it for streaming."""
    moving = [np.roll(smooth(), 3 * n, axis=1) for n in range(40)]
    whole = film(frames=moving, options={"movflags": "faststart"}, path=tmp_path / "film.mp4")
    assert whole.index(b"moov") < whole.index(b"mdat")
    half = whole[: whole.index(b"mdat") + (len(whole) - whole.index(b"mdat")) // 2]
    frames = list(read_frames(half))
    assert 5 <= len(frames) < 40
    assert all(frame.truncated for frame in frames)
    sampled = list(sample_frames(half, count=5))
    assert len(sampled) == 5, "spread over the part that is there"
    assert sampled[-1].time_s <= frames[-1].time_s


def test_truncated_webm_is_read_as_far_as_it_goes() -> None:
    whole = film("webm", "libvpx", frames=[smooth()] * 40)
    frames = list(read_frames(whole[: len(whole) * 2 // 3]))
    assert 5 <= len(frames) < 40
    assert frames[0].truncated


def test_truncated_before_the_index_is_not_read() -> None:
    whole = film(frames=shades(40))
    assert whole.index(b"moov") > whole.index(b"mdat")
    assert refusal(whole[: whole.index(b"moov") - 4]).code in {"video_truncated", "video_corrupt"}
    assert refusal(whole[: whole.index(b"mdat") + 20]).code == "video_truncated"


def test_damage_within_leaves_the_other_frames() -> None:
    whole = bytearray(film("mov", "mjpeg", frames=[smooth()] * 20))
    middle = (whole.index(b"mdat") + whole.index(b"moov")) // 2
    whole[middle : middle + 1000] = bytes(1000)
    assert 10 <= len(list(read_frames(bytes(whole)))) < 20


def test_all_damaged_is_an_error() -> None:
    whole = bytearray(film(frames=shades(10)))
    start, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    whole[start:end] = os.urandom(1) * (end - start)
    assert refusal(bytes(whole)).code == "video_corrupt"


def test_a_reference_to_another_file_is_not_followed(tmp_path: Path) -> None:
    """QuickTime's data references (ISO/IEC 14496-12 clause 8.7.2) may name any path or address."""
    target = tmp_path / "other.mov"
    target.write_bytes(film("mov", "mjpeg"))
    whole = film("mov", "mjpeg")
    at = whole.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", whole, at)
    name = str(target).encode()
    alias = (
        b"\x00\x00\x00\x00"
        + bytes(146)
        + struct.pack(">hh", 2, len(name))
        + name
        + bytes(len(name) % 2)
        + b"\xff\xff\x00\x00"
    )
    outside = box(b"dref", struct.pack(">II", 0, 1), box(b"alis", alias))
    grown = len(outside) - size
    patched = bytearray(whole[:at] + outside + whole[at + size :])
    for kind in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        position = patched.index(kind) - 4
        struct.pack_into(">I", patched, position, struct.unpack_from(">I", patched, position)[0] + grown)
    start = patched.index(b"mdat")
    patched[start + 4 : start + 4000] = bytes(3996)  # so that frames could only come from the other file
    try:
        frames = list(read_frames(bytes(patched)))
    except VideoError:
        return
    assert all(corners(frame.picture.pixels) != corners(quadrants()) for frame in frames[:2])


def test_a_table_longer_than_its_box_is_refused() -> None:
    """Found by fuzzing: a fragment's claim of 67 million samples made FFmpeg take 0.9 GB for a file of 3 kB."""
    data = bytearray(film(options={"movflags": "frag_keyframe+empty_moov"}))
    at = data.index(b"trun") + 8
    for count in (0x04000003, 0xFFFFFFFF):
        struct.pack_into(">I", data, at, count)
        assert refusal(bytes(data)).code == "video_corrupt"


def table(kind: bytes, *numbers: int, entries: int = 0) -> bytes:
    return box(b"moov", box(b"trak", box(kind, struct.pack(f">{len(numbers)}I", *numbers), bytes(4 * entries))))


@pytest.mark.parametrize(
    ("data", "sound_tables"),
    [
        (b"", True),
        (table(b"stts", 0, 1, 100, 1), True),
        (table(b"stts", 0, 1, MAX_SAMPLES + 1, 1), False),
        (table(b"stts", 0, 2, 100, 1), False),
        (table(b"ctts", 0, 0xFFFFFFFF, 1, 1), False),
        (table(b"stsz", 0, 0, 3, entries=3), True),
        (table(b"stsz", 0, 0, 4, entries=3), False),
        (table(b"stsz", 0, 8, 48_000 * 60), True),
        (table(b"stsz", 0, 8, MAX_SAMPLES + 1), False),
        (table(b"stco", 0, 2, entries=2), True),
        (table(b"stco", 0, 3, entries=2), False),
        (table(b"co64", 0, 1, entries=1), False),
        (table(b"elst", 0, 1, entries=3), True),
        (table(b"elst", 0x01000000, 1, entries=3), False),
        (table(b"trun", 0x201, 2, 0, entries=2), True),
        (table(b"trun", 0x201, 3, 0, entries=2), False),
        (table(b"trun", 0, MAX_SAMPLES), True),
        (table(b"trun", 0, MAX_SAMPLES + 1), False),
        (table(b"trun", 0, MAX_SAMPLES) + table(b"trun", 0, 1), False),
        (table(b"stsc"), False),
        (box(b"moov", box(b"cmov", bytes(8))), False),
        (box(b"free", box(b"trak", box(b"stco", struct.pack(">II", 0, 9)))), False),
        (box(b"mdat", box(b"stco", struct.pack(">II", 0, 9))), True),
        (box(b"mdat") * 100_001, False),
    ],
)
def test_tables(data: bytes, sound_tables: bool) -> None:
    assert tables_are_sound(data) is sound_tables


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (box(b"ftyp", bytes(8)) + box(b"mdat", bytes(20)), Format.MP4, False),
        (box(b"ftyp", bytes(8)) + box(b"mdat", bytes(20))[:-1], Format.MP4, True),
        (box(b"ftyp", bytes(8)) + struct.pack(">I4s", 0, b"mdat") + bytes(9), Format.MP4, False),
        (box(b"ftyp", bytes(8)) + struct.pack(">I4sQ", 1, b"mdat", 16 + 9) + bytes(9), Format.MP4, False),
        (box(b"ftyp", bytes(8)) + struct.pack(">I4sQ", 1, b"mdat", 16 + 9) + bytes(8), Format.MP4, True),
        (box(b"ftyp", bytes(8)) + b"\x00\x00", Format.MP4, True),
        (b"\x1aE\xdf\xa3\x82ab\x18S\x80g\x85abcde", Format.WEBM, False),
        (b"\x1aE\xdf\xa3\x82ab\x18S\x80g\x85abcd", Format.WEBM, True),
        (b"\x1aE\xdf\xa3\x82ab\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xffab", Format.WEBM, False),
    ],
)
def test_a_file_that_ends_early_is_told_by_its_structure(data: bytes, kind: Format, expected: bool) -> None:
    assert ends_early(data, kind) is expected
