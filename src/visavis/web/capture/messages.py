"""What a holder's page may say over the capture WebSocket, and how a connection is closed."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from visavis.attestation.holder_keys import MOST_PROOF_CHARACTERS
from visavis.capture.challenge import Eyes, Gesture
from visavis.errors import AccessError, InputError, LimitError, StateError, UnknownError, VisavisError
from visavis.live.messages import ShownColours, Stop, invalid, read_text
from visavis.service.sealed_reading import MOST_LETTERS

__all__ = ["PROTOCOL", "ClientMessage", "Hello", "close_code", "error_fields", "read_message"]

PROTOCOL: Final = 1
_MOST_TEXT: Final = 8_192
_DONE: Final = 1000
_INTERNAL: Final = 4500
_CODES: Final[Mapping[str, int]] = {
    "holder_session_unknown": 4401,
    "capture_timeout": 4408,
    "capture_stalled": 4408,
    "capture_too_fast": 4429,
    "capture_message_invalid": 4400,
    "file_empty": 4400,
    "file_too_large": 4400,
    "frame_not_jpeg": 4400,
    "picture_too_small": 4400,
    "picture_too_large": 4400,
    "picture_truncated": 4400,
    "picture_corrupt": 4400,
    "service_restarting": 1012,
}
_CLASSES: Final = (
    (AccessError, 4403),
    (UnknownError, 4404),
    (StateError, 4409),
    (LimitError, 4429),
    (InputError, 4422),
)


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="hello", kw_only=True):
    """The first message. ``reading``: what the document's upload answered, sealed. ``opened_s``: now, by the page's
    clock. ``camera``: its label, if the browser gives one. ``holder_key``: proof of a key that the attestation is to be
    bound to, if the holder has one. The rest is what the holder can do, and what they wish.
    """

    protocol: Literal[1]
    reading: Annotated[str, msgspec.Meta(max_length=MOST_LETTERS)]
    opened_s: float
    camera: Annotated[str, msgspec.Meta(max_length=200)] = ""
    light: bool = True
    eyes: Eyes = Eyes.BOTH
    replaced: Annotated[dict[Gesture, Gesture], msgspec.Meta(max_length=len(Gesture))] = {}
    holder_key: Annotated[str, msgspec.Meta(max_length=MOST_PROOF_CHARACTERS)] = ""


ClientMessage = Hello | ShownColours | Stop


def read_message(text: str) -> ClientMessage:
    """Raises InputError ``capture_message_invalid``. Only a hello may be long."""
    message: ClientMessage = read_text(text, ClientMessage, most=MOST_LETTERS + _MOST_TEXT)
    if len(text) > _MOST_TEXT and not isinstance(message, Hello):
        raise invalid("it is too long")
    return message


def close_code(error: Exception | None) -> int:
    """RFC 6455, 7.4.2: 4000 to 4999 are an application's own. None: the capture came to its end."""
    if error is None:
        return _DONE
    if not isinstance(error, VisavisError):
        return _INTERNAL
    by_class = next((code for kind, code in _CLASSES if isinstance(error, kind)), _INTERNAL)
    return _CODES.get(error.code, by_class)


def error_fields(error: Exception) -> dict[str, object]:
    """What the page is told; of the installation's own troubles only that there are some."""
    if not isinstance(error, VisavisError) or close_code(error) == _INTERNAL:
        return {"code": "internal_error", "what_to_do": "Try again in a while."}
    retry_after = getattr(error, "retry_after", None)
    fields = {"code": error.code, "what_to_do": error.advice, "retry_after": retry_after}
    return {name: value for name, value in fields.items() if value not in (None, "")}
