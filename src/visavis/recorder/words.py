"""The words of the capture page, by language, and the notice that a person agrees to."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import msgspec

__all__ = ["LANGUAGES", "Notice", "catalogue", "notice"]

LANGUAGES: Final = ("en", "zh-Hans")
_PARAGRAPHS: Final = ("who", "what", "light", "purpose", "kept", "sealed", "free", "erase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """``sha256``: of the paragraphs and of the sentence of the agreement, each on a line of its own, in UTF-8."""

    language: str
    purpose: str
    paragraphs: tuple[str, ...]
    sha256: str


def catalogue(language: str) -> Mapping[str, str]:
    """Raises KeyError for a language that is none of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise KeyError(language)
    file = resources.files(__package__) / "page" / "words" / f"{language}.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str])


def notice(language: str, *, operator: str, contact: str, purpose: str | None, light: bool) -> Notice:
    """``light``: whether coloured light may come at all. Raises KeyError as `catalogue`."""
    words = catalogue(language)
    meant = words["purpose.default"] if purpose is None else purpose
    fill = {"{operator}": operator, "{contact}": contact, "{purpose}": meant}
    paragraphs = []
    for name in _PARAGRAPHS:
        if name == "light" and not light:
            continue
        text = words[f"notice.{name}"]
        for mark, value in fill.items():  # one mark a paragraph: what is filled in is never filled in again
            if mark in text:
                text = text.replace(mark, value)
                break
        paragraphs.append(text)
    shown = "\n".join([*paragraphs, words["consent.label"]])
    return Notice(
        language=language,
        purpose=meant,
        paragraphs=tuple(paragraphs),
        sha256=hashlib.sha256(shown.encode()).hexdigest(),
    )
