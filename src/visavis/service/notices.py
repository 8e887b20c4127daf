"""The notice: what a holder reads before they agree, made from the policy that holds and from who asks.

Nothing in it is written by hand for a purpose, so a policy that keeps or tells more says so by itself. Its digest is
over the very text that is shown; who agrees sends it back, and it goes into the receipt (ISO/IEC 29184:2020, 5.3 and
5.4; GDPR Articles 12 and 13). Durations stand in it, and no dates, so that it stays the same while it is read.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from visavis.decision.policy import Policy
from visavis.decision.requirements import HolderAtLeastYears
from visavis.decision.vocabulary import ReferenceSource
from visavis.domain.consent import Controller
from visavis.domain.evidence import Check
from visavis.errors import StateError

__all__ = [
    "BIOMETRIC",
    "DOCUMENT",
    "Notice",
    "NoticeSection",
    "Sentences",
    "alternative_text",
    "document_asked",
    "make_notice",
    "purpose_text",
]

BIOMETRIC: Final = "biometric data: face"
DOCUMENT: Final = "identity document"
_FACE: Final = frozenset(
    {Check.COMPARISON, Check.ATTACK_DETECTION, Check.SINGLE_FACE_PROBE, Check.SAMPLE_QUALITY_PROBE}
)
_PAPER: Final = frozenset(
    {Check.DOCUMENT_AUTHENTIC, Check.DOCUMENT_CONSISTENT, Check.DOCUMENT_VALIDITY, Check.HOLDER_AGE}
)


class Sentences(Protocol):
    """The words of one language."""

    @property
    def language(self) -> str: ...

    def __contains__(self, key: str) -> bool: ...

    def say(self, key: str, **values: str) -> str: ...

    def listed(self, items: Iterable[str]) -> str: ...

    def span(self, span: timedelta) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSection:
    """``name`` is for programs: ``who``, ``why``, ``read``, ``told``, ``kept``, ``rights``, ``other``."""

    name: str
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """``consent`` is the sentence beside the button. ``purpose``, ``alternative``, ``categories``, ``disclosed`` and
    ``retention`` (the longest) are what a receipt repeats.
    """

    language: str
    title: str
    sections: tuple[NoticeSection, ...]
    consent: str
    controller: Controller
    purpose: str
    alternative: str
    categories: tuple[str, ...]
    disclosed: tuple[str, ...]
    retention: timedelta

    @property
    def text(self) -> str:
        """All that is shown, line by line."""
        parts = [self.title]
        for section in self.sections:
            parts += [section.heading, *section.paragraphs]
        return "\n".join([*parts, self.consent])

    @property
    def digest(self) -> str:
        """SHA-256 of `text` in UTF-8, lower-case hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def section(self, name: str) -> NoticeSection:
        """Raises KeyError."""
        return {section.name: section for section in self.sections}[name]

    def check(self, digest: str) -> None:
        """Whether this is what was read. Raises StateError ``notice_changed``."""
        if not hmac.compare_digest(digest.encode(), self.digest.encode()):
            raise StateError(
                "notice_changed",
                "What was agreed to is not the notice that holds now.",
                advice="Read the notice again, and agree to that.",
            )


def make_notice(policy: Policy, controller: Controller, words: Sentences, *, fetch_within: timedelta) -> Notice:
    """The notice of a policy in one language. ``fetch_within``: as of `visavis.service.verifications.Verifications`."""
    purpose = purpose_text(policy, words)
    alternative = alternative_text(policy, words)
    party = controller.name
    paragraphs = {
        "who": [words.say("notice.who.text", party=party, contact=controller.contact)],
        "why": [
            words.say("notice.why.text", purpose=purpose),
            *([words.say("notice.why.once")] if policy.binding else []),
        ],
        "read": list(_read(policy, party, words)),
        "told": list(_told(policy, party, words)),
        "kept": list(_kept(policy, party, words, fetch_within)),
        "rights": [
            words.say(f"notice.rights.{name}", party=party) for name in ("withdraw", "see", "export", "erase", "ask")
        ],
        "other": [words.say("notice.other.text", alternative=alternative)],
    }
    return Notice(
        language=words.language,
        title=words.say("notice.title"),
        sections=tuple(
            NoticeSection(name=name, heading=words.say(f"notice.{name}.heading", party=party), paragraphs=tuple(lines))
            for name, lines in paragraphs.items()
        ),
        consent=words.say(_consent(policy), party=party),
        controller=controller,
        purpose=purpose,
        alternative=alternative,
        categories=tuple(
            name for name, there in ((BIOMETRIC, _has_face(policy)), (DOCUMENT, document_asked(policy))) if there
        ),
        disclosed=tuple(str(name) for name in policy.disclose),
        retention=max(policy.retention.accepted, policy.retention.rejected, policy.retention.referred),
    )


def _has_face(policy: Policy) -> bool:
    return bool(policy.checks & _FACE)


def document_asked(policy: Policy) -> bool:
    """Whether the holder is to show a document, as pictures or by its chip."""
    shown = {ReferenceSource.CHIP, ReferenceSource.DOCUMENT_PORTRAIT} & set(policy.reference_source)
    return bool(shown or policy.checks & _PAPER or policy.disclose)


def purpose_text(policy: Policy, words: Sentences) -> str:
    """What for, in the language's own words where it has them, else the policy's title, else its name."""
    key = f"purpose.{policy.id}"
    return words.say(key) if key in words else policy.title.rstrip(".") or policy.id.replace("_", " ")


def alternative_text(policy: Policy, words: Sentences) -> str:
    """The way without the face, as a sentence."""
    key = f"alternative.{policy.alternative}"
    if key in words:
        return words.say(key)
    return words.say("alternative.other", name=policy.alternative.replace("_", " "))


def _consent(policy: Policy) -> str:
    if not document_asked(policy):
        return "notice.consent.no_document"
    return "notice.consent" if _has_face(policy) else "notice.consent.no_face"


def _read(policy: Policy, party: str, words: Sentences) -> Iterator[str]:
    if document_asked(policy):
        yield words.say("notice.read.document")
    if ReferenceSource.CHIP in policy.reference_source or Check.DOCUMENT_AUTHENTIC in policy.checks:
        yield words.say("notice.read.chip")
    if ReferenceSource.ENROLLED in policy.reference_source:
        yield words.say("notice.read.enrolled", party=party)
    if not _has_face(policy):
        return
    yield words.say("notice.read.face")
    if Check.ATTACK_DETECTION in policy.checks:
        yield words.say("notice.read.light")
    if Check.COMPARISON in policy.checks:
        yield words.say("notice.read.compare")
    yield words.say("notice.read.nothing_else")


def _told(policy: Policy, party: str, words: Sentences) -> Iterator[str]:
    age = policy.rule(HolderAtLeastYears)
    names = [words.say(f"field.{name}") for name in policy.disclose]
    if names:
        yield words.say("notice.told.fields", fields=words.listed(names), party=party)
    if age is not None:
        yield words.say("notice.told.age", years=str(age.years))
    if not names and age is None:
        yield words.say("notice.told.nothing")


def _kept(policy: Policy, party: str, words: Sentences, fetch_within: timedelta) -> Iterator[str]:
    yield words.say("notice.kept.pictures")
    if policy.retention.referred:
        yield words.say("notice.kept.referred", span=words.span(policy.retention.referred))
    if policy.disclose:
        longest = max(policy.retention.accepted, fetch_within)
        yield words.say("notice.kept.disclosed", party=party, span=words.span(longest))
    yield words.say("notice.kept.trace", party=party)
