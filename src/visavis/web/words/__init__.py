"""What holders read, in their language: one catalogue of sentences and one of reasons for each.

English is complete in itself: its reasons are those of `visavis.domain.reasons`, but for a few that speak to holders
here. A sentence that another language lacks is said in English.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Final, TypeVar

import msgspec

from visavis.domain.reasons import REASONS, Reason

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Words", "load_words", "nearest_language"]

T = TypeVar("T")

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final = (DEFAULT_LANGUAGE, "zh-CN")
_MARK: Final = re.compile(r"\{([a-z]+)\}")
_OTHER_SCRIPTS: Final = frozenset({"hant", "tw", "hk", "mo"})
"""Of Chinese: who reads these is better served by English than by a script of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. ``sentences``: by key; ``reasons``: by code, every code there is."""

    language: str
    sentences: Mapping[str, str]
    reasons: Mapping[str, Reason]

    def __contains__(self, key: str) -> bool:
        return key in self.sentences

    def say(self, key: str, **values: str) -> str:
        """The sentence with its marks filled in, in one pass: what is filled in is never filled in again.

        Raises KeyError for a sentence, or a mark, that there is not.
        """
        return _MARK.sub(lambda mark: values[mark[1]], self.sentences[key])

    def reason(self, code: str) -> Reason:
        """Raises KeyError for a code that there is not."""
        return self.reasons[code]

    def listed(self, items: Iterable[str]) -> str:
        """``a, b and c``."""
        *first, last = items
        if not first:
            return last
        return self.say("list.comma").join(first) + self.say("list.and") + last

    def span(self, span: timedelta) -> str:
        """In the largest unit that tells it wholly: ``72 hours`` are three days."""
        minutes = max(1, round(span.total_seconds() / 60))
        for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
            number, rest = divmod(minutes, size)
            if number and not rest:
                return self.say(f"span.{unit}") if number == 1 else self.say(f"span.{unit}s", n=str(number))
        raise AssertionError("every number of minutes is one")


def load_words(language: str) -> Words:
    """Raises KeyError for a language that is none of `LANGUAGES`."""
    if language not in LANGUAGES:
        raise KeyError(language)
    base = _read(DEFAULT_LANGUAGE, dict[str, str])
    reasons = REASONS | _reasons(DEFAULT_LANGUAGE)
    if language != DEFAULT_LANGUAGE:
        base |= _read(language, dict[str, str])
        reasons |= _reasons(language)
    return Words(language=language, sentences=base, reasons=reasons)


def nearest_language(*wanted: str | None) -> str:
    """The language that serves best for BCP 47 tags, the first wanted first."""
    for tag in wanted:
        if not tag:
            continue
        main, *rest = tag.lower().split("-")
        if main == "zh" and not _OTHER_SCRIPTS & set(rest):
            return "zh-CN"
        if main == "en":
            return "en"
    return DEFAULT_LANGUAGE


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    advice: str


def _reasons(language: str) -> dict[str, Reason]:
    found = _read(f"reasons.{language}", dict[str, _Said])
    return {code: Reason(code, said.text, said.advice) for code, said in found.items()}


def _read(name: str, kind: type[T]) -> T:
    return msgspec.json.decode((resources.files(__package__) / f"{name}.json").read_bytes(), type=kind)
