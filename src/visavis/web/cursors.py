"""Cursors: where a list goes on, in letters that promise nothing to whoever reads them."""

import base64
import binascii
from typing import Final

from visavis.domain.identifiers import Kind, is_identifier
from visavis.errors import InputError

__all__ = ["cursor_of", "place_of"]

_FORM: Final = b"\x01"
"""Another form of cursor begins with another byte."""


def cursor_of(place: str | None) -> str | None:
    """The cursor for the identifier behind which a list goes on; None at its end."""
    return None if place is None else base64.urlsafe_b64encode(_FORM + place.encode()).rstrip(b"=").decode()


def place_of(cursor: str | None, kind: Kind) -> str | None:
    """The identifier in a cursor; None for none. Raises InputError ``cursor_invalid``."""
    if cursor is None:
        return None
    try:
        content = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        place = content.removeprefix(_FORM).decode()
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if not content.startswith(_FORM) or not is_identifier(place, kind) or cursor_of(place) != cursor:
        raise _invalid()
    return place


def _invalid() -> InputError:
    return InputError("cursor_invalid", "This is no cursor of this list.", advice="Begin again without one.")
