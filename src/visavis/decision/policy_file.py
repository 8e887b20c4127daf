"""A policy file, TOML, read strictly: every problem with it is told at once, and nothing is guessed or left out.

Form: ``docs/reference/policies.md``. Durations are a whole number and one unit: ``30s``, ``15m``, ``72h``, ``7d``.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from visavis.comparison.calibration import Calibration
from visavis.decision.parameters import read_rule
from visavis.decision.policy import Policy
from visavis.decision.problems import PolicyProblem, did_you_mean, refusal
from visavis.decision.requirements import RULES, ComparisonAtMostFmr, RuleRegistry
from visavis.decision.soundness import soundness_problems
from visavis.decision.vocabulary import (
    Corrections,
    Disclosure,
    Lockout,
    OnDisagreement,
    OnFail,
    OnInconclusive,
    Protection,
    ReferenceSource,
    Requirement,
    Retention,
    Review,
    TryLimit,
    Unsafe,
)
from visavis.domain.distance import Distance
from visavis.errors import CalibrationError, PolicyError

__all__ = ["MAX_POLICY_BYTES", "parse_policy"]

MAX_POLICY_BYTES: Final = 64 * 1024

DURATION: Final = re.compile(r"([0-9]{1,7})([smhd])")
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)


def parse_policy(
    text: str | bytes,
    *,
    subject: str = "The policy",
    allow_unsafe: bool = False,
    calibration: Calibration | None = None,
    registry: RuleRegistry = RULES,
) -> Policy:
    """The policy that a TOML text holds. ``subject`` begins the messages: a file's own name, say.

    With a ``calibration`` a false match rate that it cannot support is refused here already; without one it is refused
    where the policy is first used (`Policy.comparison_point`).

    Raises `visavis.errors.PolicyError`: ``policy_too_large``, ``policy_syntax`` (with the line), ``policy_invalid``
    (with every problem in a line, each with a code of its own), ``policy_unsafe`` for one with an ``[unsafe]`` table
    unless ``allow_unsafe``.
    """
    reader = _Reader(registry)
    fields = reader.read(_table(text, subject))
    problems = reader.problems + soundness_problems(fields) + _calibration_problems(fields, calibration)
    if problems:
        raise refusal(subject, problems)
    policy = Policy(**fields)
    if policy.unsafe is not None and not allow_unsafe:
        raise PolicyError(
            "policy_unsafe",
            f"{policy.warnings[0]} It serves experiments on files only.",
            advice="Use a policy without an [unsafe] table.",
        )
    return policy


def _table(text: str | bytes, subject: str) -> dict[str, Any]:
    if len(text) > MAX_POLICY_BYTES:
        raise PolicyError("policy_too_large", f"{subject} is larger than {MAX_POLICY_BYTES // 1024} KiB.")
    try:
        return tomllib.loads(text if isinstance(text, str) else text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError("policy_syntax", f"{subject} is no UTF-8 text.") from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        told = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is nested too deeply"
        raise PolicyError("policy_syntax", f"{subject} is no valid TOML: {told}.") from error


def _calibration_problems(fields: Mapping[str, Any], calibration: Calibration | None) -> list[PolicyProblem]:
    problems = []
    for place, item in enumerate(fields.get("requires", ()), start=1):
        if calibration is not None and isinstance(item.rule, ComparisonAtMostFmr):
            try:
                calibration.threshold_at(item.rule.fmr)
            except CalibrationError as error:
                problems.append(PolicyProblem(error.code, f"requires[{place}].fmr", error.message))
    return problems


class _Reader:
    """One pass over a file. A value that cannot be read is a problem, and absent from what is returned."""

    def __init__(self, registry: RuleRegistry) -> None:
        self.problems: list[PolicyProblem] = []
        self._registry = registry

    def read(self, table: Mapping[str, object]) -> dict[str, Any]:
        known: dict[str, Callable[[str, object], object]] = {
            "id": self._string,
            "version": self._integer,
            "title": self._string,
            "reference_source": self._words(ReferenceSource),
            "binding": self._string,
            "grants": self._strings,
            "alternative": self._string,
            "attempts": self._integer,
            "ttl": self._duration,
            "retention": self._retention,
            "lockout": self._lockout,
            "review": self._review,
            "distance": lambda where, value: self._word(Distance, where, value),
            "disclose": self._words(Disclosure),
            "corrections": lambda where, value: self._word(Corrections, where, value),
            "requires": self._requires,
            "unsafe": self._unsafe,
        }
        self._unknown_keys("", table, known)
        for key in ("id", "version", "alternative", "attempts", "ttl", "requires"):
            if key not in table:
                self._add(MISSING_CODES.get(key, "key_missing"), key, "is missing")
        read = {key: parse(key, table[key]) for key, parse in known.items() if key in table}
        return {key: value for key, value in read.items() if value is not None}

    def _add(self, code: str, where: str, text: str) -> None:
        self.problems.append(PolicyProblem(code, where, text))

    def _unknown_keys(self, where: str, table: Mapping[str, object], known: Mapping[str, object]) -> None:
        for key in table:
            if key not in known:
                self._add("unknown_key", f"{where}{_shown(key)}", f"is no key here; {did_you_mean(key, known)}")

    def _typed(self, where: str, value: object, kind: type[T], words: str) -> T | None:
        if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
            return value
        self._add("wrong_type", where, f"must be {words}")
        return None

    def _string(self, where: str, value: object) -> str | None:
        return self._typed(where, value, str, 'text in "quotes"')

    def _integer(self, where: str, value: object) -> int | None:
        return self._typed(where, value, int, "a whole number")

    def _strings(self, where: str, value: object) -> tuple[str, ...] | None:
        rows = self._typed(where, value, list, 'a list of texts, ["like", "this"]')
        if rows is None:
            return None
        if not all(isinstance(item, str) for item in rows):
            self._add("wrong_type", where, 'must be a list of texts, ["like", "this"]')
            return None
        return tuple(rows)

    def _words(self, kind: type[W]) -> Callable[[str, object], tuple[W, ...] | None]:
        def parse(where: str, value: object) -> tuple[W, ...] | None:
            words = self._strings(where, value)
            if words is None:
                return None
            read = [self._word(kind, where, word) for word in words]
            return tuple(item for item in read if item is not None) if None not in read else None

        return parse

    def _word(self, kind: type[W], where: str, value: object) -> W | None:
        known = [str(item) for item in kind]
        if isinstance(value, str) and value in known:
            return kind(value)
        text = f"{_shown(value)} is not among its words; {did_you_mean(str(value), known)}"
        self._add("unknown_word", where, text)
        return None

    def _duration(self, where: str, value: object) -> timedelta | None:
        match = DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self._add("duration_invalid", where, 'must be a whole number with s, m, h or d, such as "15m"')
            return None
        return timedelta(**{UNITS[match[2]]: int(match[1])})

    def _retention(self, where: str, value: object) -> Retention | None:
        table = self._typed(where, value, dict, 'a table such as { referred = "72h" }')
        if table is None:
            return None
        known = ("accepted", "rejected", "referred")
        self._unknown_keys(f"{where}.", table, dict.fromkeys(known))
        read = {key: self._duration(f"{where}.{key}", table[key]) for key in known if key in table}
        return Retention(**{key: span for key, span in read.items() if span is not None})

    def _lockout(self, where: str, value: object) -> Lockout | None:
        table = self._typed(where, value, dict, "a table such as { document = { ... } }")
        if table is None:
            return None
        known = ("document", "relying_party")
        self._unknown_keys(f"{where}.", table, dict.fromkeys(known))
        read = {key: self._try_limit(f"{where}.{key}", table[key]) for key in known if key in table}
        return None if None in read.values() else Lockout(**{key: limit for key, limit in read.items() if limit})

    def _try_limit(self, where: str, value: object) -> TryLimit | None:
        table = self._typed(where, value, dict, 'a table such as { tries = 5, window = "1h", wait = "1h" }')
        if table is None:
            return None
        known = ("tries", "window", "wait")
        self._unknown_keys(f"{where}.", table, dict.fromkeys(known))
        for key in known:
            if key not in table:
                self._add("key_missing", f"{where}.{key}", "is missing")
        tries = self._integer(f"{where}.tries", table["tries"]) if "tries" in table else None
        window = self._duration(f"{where}.window", table["window"]) if "window" in table else None
        wait = self._duration(f"{where}.wait", table["wait"]) if "wait" in table else None
        if tries is None or window is None or wait is None:
            return None
        return TryLimit(tries=tries, window=window, wait=wait)

    def _review(self, where: str, value: object) -> Review | None:
        table = self._typed(where, value, dict, "a table such as { persons = 2 }")
        if table is None:
            return None
        known = ("persons", "on_disagreement")
        self._unknown_keys(f"{where}.", table, dict.fromkeys(known))
        persons = self._integer(f"{where}.persons", table.get("persons", Review().persons))
        word = table.get("on_disagreement", Review().on_disagreement)
        on_disagreement = self._word(OnDisagreement, f"{where}.on_disagreement", word)
        if persons is None or on_disagreement is None:
            return None
        return Review(persons=persons, on_disagreement=on_disagreement)

    def _unsafe(self, where: str, value: object) -> Unsafe | None:
        table = self._typed(where, value, dict, "a table [unsafe]")
        if table is None:
            return None
        self._unknown_keys(f"{where}.", table, dict.fromkeys(("without", "because")))
        for key in ("without", "because"):
            if key not in table:
                self._add("key_missing", f"{where}.{key}", "is missing")
        without = self._words(Protection)(f"{where}.without", table.get("without", []))
        because = self._string(f"{where}.because", table.get("because", ""))
        if without is None or because is None or not {"without", "because"} <= table.keys():
            return None
        return Unsafe(without=without, because=because)

    def _requires(self, where: str, value: object) -> tuple[Requirement, ...] | None:
        rows = self._typed(where, value, list, "tables [[requires]]")
        if rows is None:
            return None
        read = [self._requirement(f"{where}[{place}]", row) for place, row in enumerate(rows, start=1)]
        # with a row that could not be read, an empty list is not what the file asks for
        return tuple(item for item in read if item is not None) if any(read) or not rows else None

    def _requirement(self, where: str, value: object) -> Requirement | None:
        row = self._typed(where, value, dict, "a table [[requires]]")
        if row is None:
            return None
        name = row.get("rule")
        if name is None:
            self._add("key_missing", f"{where}.rule", "is missing")
            return None
        kind = self._registry.get(name) if isinstance(name, str) else None
        if kind is None:
            text = f"{_shown(name)} is no rule; {did_you_mean(str(name), self._registry.names)}"
            self._add("unknown_rule", f"{where}.rule", text)
            return None
        on_fail = self._word(OnFail, f"{where}.on_fail", row.get("on_fail", OnFail.REJECT))
        on_inconclusive = self._word(
            OnInconclusive, f"{where}.on_inconclusive", row.get("on_inconclusive", OnInconclusive.RETRY)
        )
        rest = {key: item for key, item in row.items() if key not in {"rule", "on_fail", "on_inconclusive"}}
        rule, problems = read_rule(kind, rest, where)
        self.problems += problems
        if rule is None or on_fail is None or on_inconclusive is None:
            return None
        return Requirement(rule=rule, on_fail=on_fail, on_inconclusive=on_inconclusive)


MISSING_CODES: Final = {"alternative": "alternative_missing", "requires": "requires_empty"}


def _shown(value: object) -> str:
    """A value of the file in a message: one line, not too long."""
    text = repr(value) if not isinstance(value, str) or not value.isidentifier() else value
    return text if len(text) <= 60 else f"{text[:59]}…"
