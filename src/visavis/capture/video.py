"""Frames from a video file, bounded in bytes, seconds, frames and pixels, one at a time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from av.video.frame import VideoFrame

from visavis.capture.film import FILM_FORMATS, Film
from visavis.capture.picture import Picture
from visavis.capture.sniffing import Format, MediaKind, sniff_format
from visavis.capture.source import load_source
from visavis.capture.timeline import Timeline
from visavis.errors import VideoError

__all__ = ["Frame", "VideoLimits", "read_frames", "sample_frames"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame: ``picture`` upright, ``time_s`` seconds after the video's first frame, never going back.

    ``truncated`` tells that the file ends before its own structure says it does: frames may be missing at its end.
    """

    picture: Picture
    time_s: float
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What a video may be at most, and at least.

    ``max_bytes``: size of the file, all of which is held in memory. ``max_seconds``: from the first frame to the last.
    ``max_frames``: frames in the file. ``max_frame_pixels``: width times height of one (4096 x 2304 is 4K of
    every kind). ``min_side``: the shorter side of one. ``threads``: of the decoder.
    """

    max_bytes: int = 256_000_000
    max_seconds: float = 60.0
    max_frames: int = 4_000
    max_frame_pixels: int = 4096 * 2304
    min_side: int = 50
    threads: int = 1


DEFAULT_LIMITS: Final = VideoLimits()


def read_frames(
    source: Path | bytes,
    *,
    limits: VideoLimits = DEFAULT_LIMITS,
    target_side: int | None = None,
) -> Iterator[Frame]:
    """Every frame of an MP4, MOV, 3GP or WebM (H.264, HEVC, VP8, VP9, AV1, MPEG-4, H.263, Motion JPEG), in order.

    The display matrix and the pixels' aspect are applied. With ``target_side``, frames come with a longer side of at
    most that many pixels. A frame that does not decode is left out. The file is opened and its limits are checked by
    the call itself; the iterator holds one frame, and frames of the codec's own (up to 17).

    Raises `FileError` as `visavis.capture.picture.read_picture` does, and `VideoError`: ``not_a_video``,
    ``video_format_unsupported``, ``video_without_track``, ``video_without_frames``, ``video_too_long`` (seconds or
    frames), ``video_too_large``, ``video_too_small`` (pixels), ``video_truncated`` and ``video_corrupt`` (the last
    two only where no frame could be read).
    """
    opened = _open(source, limits)
    return _frames(opened, None, target_side)


def sample_frames(
    source: Path | bytes,
    *,
    count: int | None = None,
    per_second: float | None = None,
    limits: VideoLimits = DEFAULT_LIMITS,
    target_side: int | None = None,
    rng: random.Random | None = None,
) -> Iterator[Frame]:
    """Evenly spaced frames: ``count`` over the whole video, or ``per_second`` from its first frame on.

    ``rng``: with ``count``, one frame at random of each of as many equal stretches.

    Spaced by the time at which frames are shown, not by their number. Between them the reader jumps from key frame to
    key frame and decodes as little as the codec allows. Fewer come where the video has fewer, or where one is damaged.
    Otherwise as `read_frames`.
    """
    if (count is None) == (per_second is None):
        raise ValueError("give either count or per_second")
    if (count is not None and count < 1) or (per_second is not None and not 0 < per_second <= 1_000):
        raise ValueError("count must be at least 1, per_second above 0 and at most 1,000")
    opened = _open(source, limits)
    timeline = opened.timeline
    wanted = timeline.evenly(count, rng) if count is not None else timeline.at_rate(per_second or 1.0)
    return _frames(opened, wanted, target_side)


@dataclass(frozen=True, slots=True)
class _Opened:
    film: Film
    timeline: Timeline
    kind: Format
    name: str


def _open(source: Path | bytes, limits: VideoLimits) -> _Opened:
    loaded = load_source(source, max_bytes=limits.max_bytes)
    kind = _readable_format(loaded.data, loaded.name)
    film = Film(
        loaded.data,
        kind,
        loaded.name,
        max_pixels=limits.max_frame_pixels,
        min_side=limits.min_side,
        threads=limits.threads,
    )
    try:
        timeline = film.timeline(max_frames=limits.max_frames)
        _check_length(timeline, film, limits, loaded.name)
        film.rewind(timeline.times[0])
    except BaseException:
        film.close()
        raise
    return _Opened(film, timeline, kind, loaded.name)


def _readable_format(data: bytes, name: str) -> Format:
    kind = sniff_format(data)
    if kind in FILM_FORMATS:
        return kind
    if kind.kind is MediaKind.VIDEO:
        raise VideoError(
            "video_format_unsupported",
            f"{name} is a {kind.value} video, which is not read.",
            advice="Record it as MP4, MOV or WebM.",
        )
    what = "a picture" if kind.kind is MediaKind.PICTURE else "not a video"
    raise VideoError("not_a_video", f"{name} is {what}.", advice="Use an MP4, MOV or WebM video.")


def _check_length(timeline: Timeline, film: Film, limits: VideoLimits, name: str) -> None:
    if not timeline.times:
        if film.cut_short:
            raise film.truncated()
        raise VideoError(
            "video_without_frames",
            f"{name} is a video without a single frame.",
            advice="Record it again, for two seconds or more.",
        )
    if len(timeline.times) > limits.max_frames:
        raise VideoError(
            "video_too_long",
            f"{name} has more than {limits.max_frames} frames.",
            advice="Cut it to the seconds that matter.",
        )
    if timeline.span_s > limits.max_seconds:
        raise VideoError(
            "video_too_long",
            f"{name} lasts {timeline.span_s:.0f} seconds; {limits.max_seconds:g} are the most.",
            advice="Cut it to the seconds that matter.",
        )


def _frames(opened: _Opened, wanted: tuple[int, ...] | None, target_side: int | None) -> Iterator[Frame]:
    film, timeline = opened.film, opened.timeline
    shown = film.frames() if wanted is None else _only(film, timeline, wanted)
    start, last_s, delivered = timeline.times[0], 0.0, 0
    try:
        for time, frame in shown:
            pixels = film.pixels(frame, target_side=target_side)
            last_s = max(last_s, float((time - start) * timeline.unit))
            picture = Picture(pixels, media_type=opened.kind.value, grey=frame.format.name.startswith("gray"))
            delivered += 1
            yield Frame(picture=picture, time_s=last_s, truncated=film.cut_short)
        if not delivered:
            raise film.failed(EOFError() if film.cut_short else ValueError("no frame decodes"))
    finally:
        film.close()


def _only(film: Film, timeline: Timeline, wanted: tuple[int, ...]) -> Iterator[tuple[int, VideoFrame]]:
    """For each wanted time the first frame shown at or after it, jumping ahead where a key frame lies in between."""
    position: int | None = None
    frames = film.frames()
    may_jump = True
    for goal in wanted:
        if position is not None and position >= goal:
            continue  # a frame that was damaged stood between; the one shown instead has been given
        key = timeline.key_time_before(goal)
        if may_jump and key is not None and (position is None or key > position):
            may_jump = film.rewind(key)
            frames = film.frames()
        for time, frame in frames:
            position = time
            if time >= goal:
                yield time, frame
                break
