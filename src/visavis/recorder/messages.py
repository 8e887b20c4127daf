"""What travels between the capture page and the recorder, beside what `visavis.live.messages` has for every capture."""

from typing import Annotated, Final, Literal

import msgspec

from visavis.adapters.recordings import Pseudonym
from visavis.live.messages import ShownColours, Stop, read_text

__all__ = ["Begin", "ClientMessage", "Done", "Erase", "Hello", "read_message"]

MOST_TEXT: Final = 8_192


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


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="erase"):
    """The person takes the consent back."""


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="done"):
    """Nothing more will come."""


ClientMessage = Hello | Begin | ShownColours | Stop | Erase | Done


def read_message(text: str) -> ClientMessage:
    """Raises InputError ``capture_message_invalid``."""
    message: ClientMessage = read_text(text, ClientMessage, most=MOST_TEXT)
    return message
