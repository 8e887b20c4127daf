"""What a rule is, and what it can answer: `Success`, or a `Failure` with everything that stands against it.

What is missing never passes: the helpers here turn a check that was not made, an operating point that nobody stated and
one that is looser than asked for into a `Failure`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome

__all__ = [
    "Failure",
    "Finding",
    "Rule",
    "Stricter",
    "Success",
    "Verdict",
    "all_pass",
    "at_operating_point",
    "finding_of",
    "inconclusive",
    "verdict_of",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says against a rule. ``outcome`` is never a pass; ``reasons`` is never empty."""

    check: Check
    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Success:
    """The rule is met."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The rule is not met. ``failed`` and ``inconclusive`` may both hold, by different checks."""

    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        return any(item.outcome is Outcome.FAIL for item in self.findings)

    @property
    def inconclusive(self) -> bool:
        """True where a check could not tell or was not made."""
        return any(item.outcome is not Outcome.FAIL for item in self.findings)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for item in self.findings for code in item.reasons))


Verdict = Success | Failure


class Rule(Protocol):
    """A rule with its parameters: frozen, and told from others by ``name``, the tag in a policy file.

    ``biometric`` rules process a face, so a policy with one needs consent and attack detection as well. A rule that is
    not ``referable`` may not be handed to a person when it is not met.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    biometric: ClassVar[bool]
    referable: ClassVar[bool]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks without whose evidence the rule cannot be met: what a service must measure."""
        ...

    def evaluate(self, evidence: EvidenceSet) -> Verdict: ...


class Stricter(Protocol):
    def __call__(self, a: float, b: float, /) -> bool: ...


def at_operating_point(item: Evidence, measured_at: float | None, asked: float, *, stricter: Stricter) -> Verdict:
    if item.outcome in {Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED}:
        return verdict_of([finding_of(item)])
    if measured_at is None:
        return inconclusive(item.check, "operating_point_unknown")
    if item.outcome is Outcome.PASS:
        return inconclusive(item.check, "measured_at_looser_point") if stricter(asked, measured_at) else Success()
    if stricter(measured_at, asked):
        return inconclusive(item.check, "measured_at_stricter_point")
    return verdict_of([finding_of(item)])


def inconclusive(check: Check, code: str) -> Failure:
    return Failure((Finding(check, Outcome.INCONCLUSIVE, (code,)),))


def all_pass(evidence: EvidenceSet, checks: Sequence[Check]) -> Verdict:
    return verdict_of(finding_of(evidence.get(check)) for check in checks)


def verdict_of(findings: Iterable[Finding | None]) -> Verdict:
    against = tuple(item for item in findings if item is not None)
    return Failure(against) if against else Success()


UNSAID: Final = {
    Outcome.FAIL: "check_failed",
    Outcome.INCONCLUSIVE: "check_inconclusive",
    Outcome.NOT_MEASURED: "not_measured",
}


def finding_of(item: Evidence) -> Finding | None:
    """What an item says against a rule; an item that gives no reason gets a general one."""
    if item.outcome is Outcome.PASS:
        return None
    return Finding(item.check, item.outcome, item.reasons or (UNSAID[item.outcome],))
