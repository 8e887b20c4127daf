"""What every policy must have, whoever wrote it and however it came here.

Works on as many fields as could be read, so that one pass over a file tells everything that is wrong with it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from visavis.decision.parameters import parameter_problems
from visavis.decision.problems import PolicyProblem
from visavis.decision.requirements import (
    BonaFidePresentation,
    ComparisonAtMostFmr,
    ConsentInForce,
    ReviewedByPerson,
    Rule,
)
from visavis.decision.vocabulary import (
    LONGEST_LOCKOUT,
    Lockout,
    OnDisagreement,
    OnFail,
    OnInconclusive,
    Protection,
    Requirement,
    Retention,
    Review,
    TryLimit,
    Unsafe,
)

__all__ = ["GRANT", "IDENTIFIER", "soundness_problems"]

IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
GRANT: Final = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}")
"""Who acts, and what it does: ``line.register``."""

MAX_REQUIREMENTS: Final = 32
MAX_LIST: Final = 32
MAX_ATTEMPTS: Final = 10
LEAST_TTL: Final = timedelta(minutes=1)
MOST_TTL: Final = timedelta(hours=24)
MOST_RETENTION: Final = timedelta(days=90)
MOST_REVIEWERS: Final = 2
MOST_TRIES: Final = 100_000
LEAST_LOCKOUT: Final = timedelta(minutes=1)
LEAST_REASON: Final = 20
MOST_TEXT: Final = 300
NO_ALTERNATIVES: Final = frozenset({"none", "no", "nothing", "null", "na", "not_applicable", "not_available", "never"})

Fields = Mapping[str, Any]
Problems = Iterator[PolicyProblem]

PROTECTIONS: Final[dict[Protection, tuple[type[Rule], str]]] = {
    Protection.CONSENT: (ConsentInForce, "consent_required"),
    Protection.ATTACK_DETECTION: (BonaFidePresentation, "attack_detection_required"),
}


def soundness_problems(fields: Fields) -> list[PolicyProblem]:
    """Every problem with the fields that are there; a field that is absent is not asked about."""
    problems = [problem for key, check in FIELD_CHECKS.items() if key in fields for problem in check(fields[key])]
    if "requires" in fields:
        problems += _requires(fields["requires"])
        problems += _protections(fields)
        problems += _review_serves(fields)
    return problems


def _id(value: str) -> Problems:
    if not IDENTIFIER.fullmatch(value):
        yield PolicyProblem("id_invalid", "id", "must be lower-case letters, digits and _, from a letter, 64 at most")


def _version(value: int) -> Problems:
    if not 1 <= value <= 10**6:
        yield PolicyProblem("version_invalid", "version", "must be a whole number from 1")


def _title(value: str) -> Problems:
    if len(value) > MOST_TEXT or not (value.isprintable()):
        yield PolicyProblem("title_invalid", "title", f"must be one line of {MOST_TEXT} characters at most")


def _binding(value: str | None) -> Problems:
    if value is not None and not IDENTIFIER.fullmatch(value):
        yield PolicyProblem("binding_invalid", "binding", "must be a name such as order_digest")


def _grants(value: Sequence[str]) -> Problems:
    yield from _list("grants", value)
    for word in value:
        if not GRANT.fullmatch(word):
            yield PolicyProblem("grant_invalid", "grants", f"{word!r} is not of the form line.register")


def _alternative(value: str) -> Problems:
    if value in NO_ALTERNATIVES or not value:
        yield PolicyProblem(
            "alternative_missing", "alternative", "there must be a way without a face, such as in_person"
        )
    elif not IDENTIFIER.fullmatch(value):
        yield PolicyProblem("alternative_invalid", "alternative", "must be a name such as in_person")


def _attempts(value: int) -> Problems:
    if not 1 <= value <= MAX_ATTEMPTS:
        yield PolicyProblem("attempts_out_of_range", "attempts", f"must be 1 to {MAX_ATTEMPTS}")


def _ttl(value: timedelta) -> Problems:
    if not LEAST_TTL <= value <= MOST_TTL or value.microseconds:
        yield PolicyProblem("ttl_out_of_range", "ttl", "must be 1m to 24h")


def _retention(value: Retention) -> Problems:
    for key in ("accepted", "rejected", "referred"):
        span: timedelta = getattr(value, key)
        if not timedelta() <= span <= MOST_RETENTION or span.microseconds:
            yield PolicyProblem("retention_out_of_range", f"retention.{key}", "must be 0s to 90d")


def _lockout(value: Lockout) -> Problems:
    for key in ("document", "relying_party"):
        limit: TryLimit | None = getattr(value, key)
        if limit is None:
            continue
        if not 1 <= limit.tries <= MOST_TRIES:
            yield PolicyProblem("lockout_out_of_range", f"lockout.{key}.tries", f"must be 1 to {MOST_TRIES}")
        for name, span in (("window", limit.window), ("wait", limit.wait)):
            if not LEAST_LOCKOUT <= span <= LONGEST_LOCKOUT or span.microseconds:
                yield PolicyProblem("lockout_out_of_range", f"lockout.{key}.{name}", "must be 1m to 7d")


def _review(value: Review) -> Problems:
    if not 1 <= value.persons <= MOST_REVIEWERS:
        yield PolicyProblem("review_persons_out_of_range", "review.persons", f"must be 1 to {MOST_REVIEWERS}")
    elif value.persons == 1 and value.on_disagreement is OnDisagreement.THIRD_PERSON:
        text = "one person disagrees with nobody; ask for two, or take out on_disagreement"
        yield PolicyProblem("review_third_needless", "review.on_disagreement", text)


def _sources(value: Sequence[str]) -> Problems:
    yield from _list("reference_source", value)


def _disclose(value: Sequence[str]) -> Problems:
    yield from _list("disclose", value)


def _list(key: str, value: Sequence[str]) -> Problems:
    if len(value) > MAX_LIST:
        yield PolicyProblem("list_too_long", key, f"has {len(value)} words; {MAX_LIST} at most")
    if len(set(value)) != len(value):
        yield PolicyProblem("list_repeats", key, "names something twice")


def _unsafe(value: Unsafe | None) -> Problems:
    if value is None:
        return
    yield from _list("unsafe.without", value.without)
    if not value.without:
        yield PolicyProblem("unsafe_without_empty", "unsafe.without", "must say what the policy does without")
    if not (len(value.because.strip()) >= LEAST_REASON and len(value.because) <= MOST_TEXT):
        text = f"must give the reason in {LEAST_REASON} to {MOST_TEXT} characters"
        yield PolicyProblem("unsafe_because_invalid", "unsafe.because", text)
    elif not value.because.isprintable():
        yield PolicyProblem("unsafe_because_invalid", "unsafe.because", "must be one line of text")


FIELD_CHECKS: Final[dict[str, Callable[[Any], Problems]]] = {
    "id": _id,
    "version": _version,
    "title": _title,
    "reference_source": _sources,
    "binding": _binding,
    "grants": _grants,
    "alternative": _alternative,
    "attempts": _attempts,
    "ttl": _ttl,
    "retention": _retention,
    "lockout": _lockout,
    "review": _review,
    "disclose": _disclose,
    "unsafe": _unsafe,
}


def _requires(requires: Sequence[Requirement]) -> Problems:
    if not requires:
        yield PolicyProblem(
            "requires_empty", "requires", "must hold at least one rule: what asks nothing proves nothing"
        )
    if len(requires) > MAX_REQUIREMENTS:
        yield PolicyProblem("list_too_long", "requires", f"has {len(requires)} rules; {MAX_REQUIREMENTS} at most")
    seen: set[str] = set()
    for place, item in enumerate(requires, start=1):
        where = f"requires[{place}]"
        yield from parameter_problems(item.rule, where)
        if item.rule.name in seen:
            yield PolicyProblem("rule_duplicate", where, f"{item.rule.name} is asked for twice")
        seen.add(item.rule.name)
        if _refers(item) and not item.rule.referable:
            text = f"{item.rule.name} cannot be left to a person's judgement; take out refer"
            yield PolicyProblem("rule_not_referable", where, text)
        if isinstance(item.rule, ReviewedByPerson) and item.on_inconclusive is not OnInconclusive.REFER:
            text = "must say on_inconclusive = 'refer', or no person would ever be asked"
            yield PolicyProblem("review_not_referred", where, text)


def _refers(item: Requirement) -> bool:
    return item.on_fail is OnFail.REFER or item.on_inconclusive is OnInconclusive.REFER


def _review_serves(fields: Fields) -> Problems:
    if fields.get("review", Review()) != Review() and not any(_refers(item) for item in fields["requires"]):
        yield PolicyProblem("review_needless", "review", "nothing here is ever referred, so nobody would review it")


def _protections(fields: Fields) -> Problems:
    requires: Sequence[Requirement] = fields["requires"]
    unsafe: Unsafe | None = fields.get("unsafe")
    without = frozenset(unsafe.without) if unsafe else frozenset[Protection]()
    biometric = sorted(item.rule.name for item in requires if item.rule.biometric)
    for protection, (rule, code) in PROTECTIONS.items():
        present = any(isinstance(item.rule, rule) for item in requires)
        if biometric and not present and protection not in without:
            yield PolicyProblem(code, "requires", f"{', '.join(biometric)} may not stand without {rule.name}")
        if present and protection in without:
            yield PolicyProblem("unsafe_contradiction", "unsafe.without", f"{rule.name} is required all the same")
    if any(isinstance(item.rule, ComparisonAtMostFmr) for item in requires) and not fields.get(
        "reference_source", True
    ):
        text = "must name where the reference comes from: a comparison is required"
        yield PolicyProblem("reference_source_missing", "reference_source", text)
    if unsafe is None:
        return
    if requires and not biometric:
        yield PolicyProblem("unsafe_needless", "unsafe", "nothing here looks at a face, so there is nothing to bypass")
    if fields.get("grants"):
        yield PolicyProblem("unsafe_grants", "grants", "an unsafe policy grants nothing")
    if fields.get("disclose"):
        yield PolicyProblem("unsafe_discloses", "disclose", "an unsafe policy discloses nothing")
