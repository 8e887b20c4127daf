"""JSON and base64url that can be read in one way only: what two readers could take for two things is refused."""

import base64
import binascii
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "EPOCH",
    "MAX_DEPTH",
    "JsonObject",
    "base64url",
    "base64url_bytes",
    "json_object",
    "json_value",
    "moment_of",
    "moment_or_none",
]

JsonObject = Mapping[str, object]

MAX_DEPTH: Final = 24
"""Objects and lists in one another."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 1 << 37
"""Far beyond any certificate, and still a year that a clock can say."""


def base64url(data: bytes) -> str:
    """Without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base64url_bytes(text: str) -> bytes:
    """The bytes behind ``text``. Raises ValueError unless it is their one and only form: no padding, no stray bits."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if base64url(data) != text:
        raise ValueError("base64url with padding or stray bits")
    return data


def json_value(data: bytes) -> object:
    """Raises ValueError for what is no UTF-8 or no JSON, a member named twice, NaN or infinity, and deep nesting."""
    try:
        value: object = _DECODER.decode(data.decode())
        if isinstance(value, dict | list):
            _check_depth(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def json_object(data: bytes) -> dict[str, object]:
    """As `json_value`, and ValueError for what is no object."""
    value = json_value(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - it is the content that is wrong, not the call
    return value


def moment_of(value: object) -> datetime:
    """A NumericDate: seconds since 1970 (RFC 7519 section 2). Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LAST_SECOND:
        raise ValueError("not a NumericDate")
    return EPOCH + timedelta(seconds=value)


def moment_or_none(value: object) -> datetime | None:
    """As `moment_of`, where it need not be said."""
    return None if value is None else moment_of(value)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a member is named twice")
    return table


def _constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number beyond all bounds")
    return value


def _whole(text: str) -> int:
    if len(text) > 20:
        raise ValueError("a number beyond all bounds")
    return int(text)


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
        if not level:
            return
    raise ValueError("nested too deeply")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_number, parse_int=_whole
)
