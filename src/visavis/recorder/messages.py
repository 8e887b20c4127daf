"""What travels between the capture page and the recorder: JSON texts both ways, and frames as bytes to the recorder.

A frame is a header of 16 bytes (version, three zeros, sequence from 0, capture time in seconds by the page's
``performance.now()``; big-endian) and a JPEG. The page may send as many frames as it has credits: four to begin with,
and one more for each frame that was looked at.
"""

import struct
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec

from visavis.adapters.recordings import Pseudonym
from visavis.capture.light_schedule import LONGEST_LIGHT, Rgb
from visavis.errors import InputError
from visavis.pad.observation import MOST_TIME_S

__all__ = [
    "CREDITS",
    "FRAME_HEADER",
    "Begin",
    "ClientMessage",
    "Done",
    "Erase",
    "Frame",
    "Hello",
    "ShownColours",
    "Stop",
    "encode",
    "invalid",
    "read_frame",
    "read_message",
]

CREDITS: Final = 4
FRAME_HEADER: Final = struct.Struct(">B3xId")
MOST_TEXT: Final = 8_192
_VERSION: Final = 1


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="hello"):
    token: Annotated[str, msgspec.Meta(max_length=100)]


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="begin"):
    """The person agreed, and the camera runs. ``opened_s``: now, by the page's clock; ``light``: colours may come."""

    consent: Literal[True]  # a message without it is none
    participant: Pseudonym
    language: Annotated[str, msgspec.Meta(max_length=20)]
    light: bool
    camera: Annotated[str, msgspec.Meta(max_length=200)]
    opened_s: float


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


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="erase"):
    """The person takes the consent back."""


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="done"):
    """Nothing more will come."""


ClientMessage = Hello | Begin | ShownColours | Stop | Erase | Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """``arrived_s``: by the recorder's clock."""

    data: bytes = field(repr=False)
    captured_s: float
    arrived_s: float


def encode(kind: str, **fields: object) -> str:
    return msgspec.json.encode({"type": kind, **fields}).decode()


def read_message(text: str) -> ClientMessage:
    """Raises InputError ``capture_message_invalid``."""
    if len(text) > MOST_TEXT:
        raise invalid("it is too long")
    try:
        message: Any = msgspec.json.decode(text, type=ClientMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("a field is missing or out of range") from error
    return message  # type: ignore[no-any-return]  # decode of a union is typed as Any


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
