"""Makes the HEIC files beside this script: `python tests/vectors/pictures/make_heic.py`.

No permissive HEIC encoder exists, so the pictures are coded as one HEVC frame by FFmpeg (through PyAV, in a build
that has libx265) and put into the boxes of ISO/IEC 23008-12 and 14496-12 here. The content is drawn, not photographed.
"""

import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).parent
WIDTH, HEIGHT = 128, 96
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quadrants() -> np.ndarray:
    """Red, green above; blue, white below."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[: HEIGHT // 2, : WIDTH // 2] = RED
    picture[: HEIGHT // 2, WIDTH // 2 :] = GREEN
    picture[HEIGHT // 2 :, : WIDTH // 2] = BLUE
    picture[HEIGHT // 2 :, WIDTH // 2 :] = WHITE
    return picture


def hevc_frame(picture: np.ndarray, pixel_format: str) -> tuple[bytes, bytes]:
    """The decoder configuration record (hvcC) and the coded frame."""
    film = BytesIO()
    with av.open(film, "w", format="mp4") as container:
        stream = container.add_stream("libx265", rate=1)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], pixel_format
        stream.codec_context.options = {"x265-params": "log-level=none:qp=4:info=0:range=full"}
        frame = av.VideoFrame.from_ndarray(picture, format="gray" if picture.ndim == 2 else "rgb24")
        full = frame.reformat(format=pixel_format, dst_colorspace="ITU601", dst_color_range="JPEG")
        full.pts = 0
        for packet in [*stream.encode(full), *stream.encode()]:
            container.mux(packet)
    with av.open(BytesIO(film.getvalue()), "r", format="mov") as container:
        stream = container.streams.video[0]
        packet = next(packet for packet in container.demux(stream) if packet.size)
        return bytes(stream.codec_context.extradata or b""), bytes(packet)


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def full_box(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heic(items: Sequence[tuple[bytes, Sequence[bytes]]], references: bytes = b"") -> bytes:
    """One file of coded frames, each with its properties; the first item is the primary one."""
    properties = [each for _, own in items for each in own]
    associations, at = b"", 1
    for number, (_, own) in enumerate(items, start=1):
        # every property is essential (0x80), in the order given: transformations apply in it
        associations += struct.pack(">HB", number, len(own)) + bytes(0x80 | (at + i) for i in range(len(own)))
        at += len(own)
    entries = b"".join(
        full_box("infe", 2, 0, struct.pack(">HH4sB", n, 0, b"hvc1", 0)) for n in range(1, len(items) + 1)
    )
    head = box("ftyp", b"heic", bytes(4), b"mif1heic")

    def meta(data_at: int) -> bytes:
        locations = b""
        for number, (frame, _) in enumerate(items, start=1):
            locations += struct.pack(">HHHII", number, 0, 1, data_at, len(frame))
            data_at += len(frame)
        return full_box(
            "meta",
            0,
            0,
            full_box("hdlr", 0, 0, struct.pack(">I4s12xB", 0, b"pict", 0)),
            full_box("pitm", 0, 0, struct.pack(">H", 1)),
            full_box("iloc", 0, 0, struct.pack(">BBH", 0x44, 0, len(items)), locations),
            full_box("iinf", 0, 0, struct.pack(">H", len(items)), entries),
            references,
            box(
                "iprp",
                box("ipco", *properties),
                full_box("ipma", 0, 0, struct.pack(">I", len(items)), associations),
            ),
        )

    data_at = len(head) + len(meta(0)) + 8
    return head + meta(data_at) + box("mdat", *(frame for frame, _ in items))


def common(configuration: bytes, channels: int) -> list[bytes]:
    return [
        box("hvcC", configuration),
        full_box("ispe", 0, 0, struct.pack(">II", WIDTH, HEIGHT)),
        full_box("pixi", 0, 0, bytes([channels]) + b"\x08" * channels),
    ]


def main() -> None:
    colour = box("colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 0x80))
    configuration, frame = hevc_frame(quadrants(), "yuv420p")
    plain = [*common(configuration, 3), colour]
    (HERE / "quadrants.heic").write_bytes(heic([(frame, plain)]))
    (HERE / "quadrants_turned.heic").write_bytes(heic([(frame, [*plain, box("irot", b"\x01")])]))
    (HERE / "quadrants_mirrored.heic").write_bytes(heic([(frame, [*plain, box("imir", b"\x01")])]))

    opaque_left = np.zeros((HEIGHT, WIDTH), np.uint8)
    opaque_left[:, : WIDTH // 2] = 255
    alpha_configuration, alpha_frame = hevc_frame(opaque_left, "gray")
    alpha = [
        *common(alpha_configuration, 1),
        full_box("auxC", 0, 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"),
    ]
    references = full_box("iref", 0, 0, box("auxl", struct.pack(">HHH", 2, 1, 1)))
    (HERE / "quadrants_half_clear.heic").write_bytes(heic([(frame, plain), (alpha_frame, alpha)], references))

    grey = np.repeat(np.linspace(0, 255, WIDTH, dtype=np.uint8)[None], HEIGHT, axis=0)
    grey_configuration, grey_frame = hevc_frame(grey, "gray")
    (HERE / "ramp_grey.heic").write_bytes(heic([(grey_frame, common(grey_configuration, 1))]))


if __name__ == "__main__":
    main()
