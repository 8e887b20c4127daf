"""A video file opened: its one picture track, its timeline, its frames upright.

Only the given bytes are read: the demuxer is named, not guessed, every other file or address that a container may ask
for is refused, and only the codecs of phones, webcams and browsers are let in.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any, Final, Never

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

from visavis.capture.iso_tables import tables_are_sound
from visavis.capture.raster import Raster, turn
from visavis.capture.sniffing import Format
from visavis.capture.timeline import Timeline
from visavis.errors import VideoError, VisavisError

__all__ = ["FILM_FORMATS", "Film", "ends_early"]

_DEMUXERS: Final = {
    Format.MP4: "mov",
    Format.QUICKTIME: "mov",
    Format.THREE_GPP: "mov",
    Format.WEBM: "matroska",
}
FILM_FORMATS: Final = frozenset(_DEMUXERS)

_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "h263", "mjpeg"})
"""FFmpeg knows some 500 more, and each is a parser of hostile bytes."""

_FRAME_S: Final = Fraction(1, 25)
"""How far behind the frame before it a frame without a time is taken to be."""

_UNSPECIFIED: Final = 2  # ISO/IEC 23091-2 table 4


class Film:
    """One opened video. To be closed; `VideoError` from every method, with ``name`` in its message.

    ``max_pixels`` of a frame is held against the container's claim, the decoder's own header, and each frame.
    """

    def __init__(self, data: bytes, kind: Format, name: str, *, max_pixels: int, min_side: int, threads: int) -> None:
        self._name = name
        self._max_pixels = max_pixels
        self._min_side = min_side
        self._cut_short = ends_early(data, kind)
        decoder_options = {"max_pixels": str(2 * max_pixels), "threads": str(threads)}
        if kind is not Format.WEBM and not tables_are_sound(data):
            raise self.failed(ValueError("a table is longer than its box"))
        try:
            self._container: InputContainer = av.open(
                BytesIO(data),
                "r",
                format=_DEMUXERS[kind],
                options=decoder_options,
                container_options={
                    "protocol_whitelist": "none",
                    "codec_whitelist": ",".join(sorted(_CODECS)),
                    "max_streams": "16",
                },
                metadata_errors="replace",
                io_open=_refuse,
            )
        except Exception as error:
            raise self.failed(error) from error
        try:
            self._stream = self._picture_track()
            self._stream.codec_context.thread_count = threads
        except Exception as error:
            self._container.close()
            raise self.failed(error) from error

    @property
    def cut_short(self) -> bool:
        """Whether the file ends before its own structure says it does."""
        return self._cut_short

    @property
    def unit(self) -> Fraction:
        return self._stream.time_base or Fraction(1, 1000)

    def close(self) -> None:
        self._container.close()

    def timeline(self, *, max_frames: int) -> Timeline:
        """All times, without decoding; reading stops behind ``max_frames`` + 1 of them. Leaves the film at its end."""
        times: list[int] = []
        keys: list[int] = []
        try:
            for packet in self._container.demux(self._stream):
                time = packet.pts if packet.pts is not None else packet.dts
                if time is None or packet.size == 0 or packet.is_discard:
                    continue
                times.append(time)
                if packet.is_keyframe:
                    keys.append(time)
                if len(times) > max_frames:
                    break
        except Exception as error:
            if not times:
                raise self.failed(error) from error
        return Timeline(times=tuple(sorted(times)), key_times=tuple(sorted(keys)), unit=self.unit)

    def rewind(self, time: int) -> bool:
        """Go to the last key frame not after ``time``; False where the container has no way there."""
        try:
            self._container.seek(time, stream=self._stream, backward=True)
        except Exception:  # noqa: BLE001 - what a demuxer may raise is promised nowhere; reading on works as well
            return False
        return True

    def frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Times and frames as they are shown, from where the film stands; what does not decode is left out."""
        time = 0
        try:
            for packet in self._container.demux(self._stream):
                try:
                    decoded = packet.decode()
                except av.FFmpegError:
                    continue  # one damaged packet; those behind it may be whole
                for frame in decoded:
                    if not frame.is_corrupt:
                        time = frame.pts if frame.pts is not None else time + round(_FRAME_S / self.unit)
                        yield time, frame
        except av.FFmpegError:
            return  # the container breaks off here; the caller sees how far it came

    def pixels(self, frame: VideoFrame, *, target_side: int | None) -> Raster:
        """``frame`` upright, in RGB, with square pixels, and no longer than ``target_side`` where that is given."""
        self._check_size(frame.width, frame.height)
        width, height = self._shown_size(frame, target_side)
        try:
            rgb = frame.reformat(
                width,
                height,
                "rgb24",
                src_colorspace=_colour_space(frame),
                interpolation=Interpolation.AREA if width < frame.width else Interpolation.BICUBIC,
                threads=1,
            ).to_ndarray()
        except Exception as error:
            raise self.failed(error) from error
        pixels = turn(np.asarray(rgb, np.uint8), _orientation(frame))
        pixels.flags.writeable = False
        return pixels

    def failed(self, error: BaseException) -> VisavisError:
        """What to raise for ``error`` of a demuxer or decoder."""
        if isinstance(error, VisavisError):
            return error
        if self._cut_short or isinstance(error, EOFError):
            return self.truncated()
        if isinstance(error, MemoryError):
            return self._too_large("needs more memory than there is")
        return VideoError("video_corrupt", f"{self._name} is damaged.", advice="Copy or send the file again.")

    def truncated(self) -> VideoError:
        return VideoError(
            "video_truncated", f"{self._name} ends before its video does.", advice="Copy or send the file again."
        )

    def _picture_track(self) -> VideoStream:
        covers = Disposition.attached_pic | Disposition.timed_thumbnails
        for stream in self._container.streams.video:
            if stream.disposition & covers:
                continue
            name = stream.codec_context.name if _has_decoder(stream) else ""
            if name not in _CODECS:
                raise VideoError(
                    "video_format_unsupported",
                    f"{self._name} is coded in a way that is not read.",
                    advice="Record it as MP4 (H.264) or WebM.",
                )
            self._check_size(stream.codec_context.width, stream.codec_context.height)
            return stream
        raise VideoError(
            "video_without_track",
            f"{self._name} holds no moving pictures.",
            advice="Use a video that shows the holder, not a sound recording.",
        )

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise self._too_large(f"has frames of {width} x {height} pixels")
        if min(width, height) < self._min_side and (width, height) != (0, 0):
            raise VideoError(
                "video_too_small",
                f"{self._name} has frames of {width} x {height} pixels; at least {self._min_side} each way are needed.",
                advice="Record it with more pixels.",
            )

    def _too_large(self, what: str) -> VideoError:
        return VideoError("video_too_large", f"{self._name} {what}.", advice="Record it with fewer pixels.")

    def _shown_size(self, frame: VideoFrame, target_side: int | None) -> tuple[int, int]:
        width, height = float(frame.width), float(frame.height)
        aspect = float(self._stream.sample_aspect_ratio or 1)
        if 0.25 <= aspect <= 4:  # further off is a damaged header, not a camera
            width, height = (width * aspect, height) if aspect < 1 else (width, height / aspect)
        if target_side is not None and max(width, height) > target_side:
            scale = target_side / max(width, height)
            width, height = width * scale, height * scale
        return max(1, round(width)), max(1, round(height))


def _refuse(*_: Any, **__: Any) -> Never:  # noqa: ANN401 - the signature is FFmpeg's
    raise PermissionError("a video may not open anything else")


def _has_decoder(stream: VideoStream) -> bool:
    return getattr(stream, "codec_context", None) is not None


def _colour_space(frame: VideoFrame) -> int:
    """The matrix a frame names; where it names none, by its size, as players do (HDTV: ITU-R BT.709, SDTV: BT.601)."""
    if frame.colorspace in (1, 9):  # ISO/IEC 23091-2 table 4
        return int(Colorspace.ITU709 if frame.colorspace == 1 else Colorspace.BT2020)
    if frame.colorspace == _UNSPECIFIED and min(frame.width, frame.height) >= 720:
        return int(Colorspace.ITU709)
    return int(Colorspace.ITU601)


def _orientation(frame: VideoFrame) -> int:
    """The EXIF value that says what the display matrix (ISO/IEC 14496-12 clause 8.2.2) says, to the right angle."""
    side_data: Any = frame.side_data  # a container of buffers; the stub says a dictionary
    matrix = next((bytes(item) for item in side_data if item.type is SideDataType.DISPLAYMATRIX), b"")
    if len(matrix) < 20:
        return 1
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return {(False, False): 1, (True, False): 2, (True, True): 3, (False, True): 4}[a < 0, d < 0]
    return {(False, False): 5, (True, False): 6, (True, True): 7, (False, True): 8}[c < 0, b < 0]


def ends_early(data: bytes, kind: Format) -> bool:
    """Whether the outermost boxes or elements reach beyond the last byte."""
    try:
        return _segment_reaches_beyond(data) if kind is Format.WEBM else _boxes_reach_beyond(data)
    except (struct.error, IndexError):
        return True


def _boxes_reach_beyond(data: bytes) -> bool:
    at = 0
    while at < len(data):
        size, _ = struct.unpack_from(">I4s", data, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size == 0:  # "to the end of the file"
            return False
        if size < 8:
            return False  # damaged, not cut
        at += size
    return at > len(data)


def _segment_reaches_beyond(data: bytes) -> bool:
    at = 0
    while at < len(data):
        identifier = _ebml_width(data[at])
        at += identifier
        width = _ebml_width(data[at])
        size = int.from_bytes(data[at : at + width], "big") & (1 << 7 * width) - 1
        if size == (1 << 7 * width) - 1:  # unknown: a live recording
            return False
        at += width + size
    return at > len(data)


def _ebml_width(first: int) -> int:
    """Bytes of a variable-size integer (RFC 8794 section 4), from its first; 8 stands for a damaged one as well."""
    return min(9 - first.bit_length(), 8)
