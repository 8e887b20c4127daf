"""Canonical JSON, so that a digest is the same wherever and whenever it is made.

RFC 8785 (JSON Canonicalization Scheme): no white space, keys sorted, numbers as ECMAScript writes them, UTF-8. Keys
here are plain ASCII, for which sorting by code point and by UTF-16 unit agree.
"""

import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Final

__all__ = ["canonical_json"]

_WORDS: Final = {None: "null", True: "true", False: "false"}


def canonical_json(value: object) -> bytes:
    """Raises TypeError for a value that JSON has no form for, ValueError for a number that is not finite."""
    return _text(value).encode()


def _text(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        if abs(value) > 2**53:
            raise ValueError("an integer that another reader would round")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key.isascii() for key in value):
            raise TypeError("keys are plain ASCII text")
        return "{" + ",".join(f"{quoted(key)}:{_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(_text(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _number(value: float) -> str:
    """As ECMAScript's Number::toString (RFC 8785 section 3.2.2.3), from Python's own shortest digits."""
    if not math.isfinite(value):
        raise ValueError("a number that is not finite")
    if value == 0:
        return "0"
    mantissa, _, tail = f"{value!r}e".rstrip("e").partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, part = digits.partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(tail or 0)
    joined = whole + part
    figures = joined.lstrip("0")
    point -= len(joined) - len(figures)
    figures = figures.rstrip("0")
    if len(figures) <= point <= 21:
        return f"{sign}{figures}{'0' * (point - len(figures))}"
    if 0 < point <= 21:
        return f"{sign}{figures[:point]}.{figures[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{figures}"
    rest = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{sign}{figures[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"
