"""What travels over the WebSocket of a capture: JSON texts both ways, and frames as bytes from the page.

A frame is a header of 16 bytes (version, three zeros, sequence from 0, capture time in seconds by the page's
``performance.now()``; big-endian) and a JPEG. The page may have so many frames under way as it has credits; each one
that was looked at gives its credit back.
"""

import struct
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec

from visavis.capture.light_schedule import LONGEST_LIGHT, Rgb
from visavis.errors import InputError
from visavis.pad.observation import MOST_TIME_S

__all__ = ["CREDITS", "FRAME_HEADER", "Frame", "ShownColours", "Stop", "encode", "invalid", "read_frame", "read_text"]

CREDITS: Final = 4
FRAME_HEADER: Final = struct.Struct(">B3xId")
_VERSION: Final = 1


class ShownColours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="shown"):
    """The colours of the light step, each with the time at which it was on the screen, by the page's clock."""

    nonce: Annotated[str, msgspec.Meta(max_length=100)]
    colours: Annotated[
        list[tuple[float, Annotated[str, msgspec.Meta(pattern="^#[0-9a-f]{6}$")]]],
        msgspec.Meta(max_length=LONGEST_LIGHT),
    ]

    def as_facts(self) -> tuple[tuple[float, Rgb], ...]:
        """In the form of `visavis.pad.injection.StreamFacts.shown`."""
        return tuple(
            (time, (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))) for time, colour in self.colours
        )


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="stop"):
    """The person stops: nothing is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """``arrived_s``: by the clock of whoever receives it."""

    data: bytes = field(repr=False)
    captured_s: float
    arrived_s: float


def encode(kind: str, **fields: object) -> str:
    return msgspec.json.encode({"type": kind, **fields}).decode()


def read_text(text: str, kinds: Any, *, most: int) -> Any:  # noqa: ANN401  # msgspec types the decoding of a union as Any
    """A message of one of ``kinds``, a union of structures. Raises InputError ``capture_message_invalid``."""
    if len(text) > most:
        raise invalid("it is too long")
    try:
        return msgspec.json.decode(text, type=kinds)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("a field is missing or out of range") from error


def read_frame(message: bytes, *, sequence: int, arrived_s: float, most_bytes: int) -> Frame:
    """``sequence``: the one that must come. Raises InputError ``capture_message_invalid``."""
    if not FRAME_HEADER.size < len(message) <= FRAME_HEADER.size + most_bytes:
        raise invalid(f"a frame has {len(message)} bytes")
    version, number, captured_s = FRAME_HEADER.unpack_from(message)
    if version != _VERSION or message[1:4] != bytes(3):
        raise invalid("a frame of another version")
    if number != sequence:
        raise invalid("a frame is missing, or came twice")
    if not abs(captured_s) <= MOST_TIME_S:  # nor is NaN
        raise invalid("a frame without a time")
    return Frame(data=message[FRAME_HEADER.size :], captured_s=captured_s, arrived_s=arrived_s)


def invalid(why: str) -> InputError:
    return InputError(
        "capture_message_invalid",
        f"The page sent something that cannot be used: {why}.",
        advice="Load the page again.",
    )
