"""The rules about who is there: attack detection, and what a policy can ask for against what a camera cannot see.

A mesh puppet or a deepfake that is made in real time, and shaded by the light of the screen, passes every witness of a
plain camera (docs/reference/attack-detection.md). Against those a policy asks for something that is no picture: a
second channel, a capture device that vouches for itself, a person.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from visavis.decision.verdict import Finding, Success, Verdict, all_pass, at_operating_point, finding_of, verdict_of
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import LIGHT_ALONE, STRICTNESS, PadOperatingPoint

__all__ = ["AttestedCapture", "BonaFidePresentation", "Channel", "ReviewedByPerson", "SecondChannel"]


class Channel(StrEnum):
    """Ways to confirm that are no picture. Evidence names the one that was used in ``details["channel"]``."""

    CHIP = "chip"
    """The document's own chip was read, and proved that it is no copy (ICAO 9303-11)."""
    ONE_TIME_CODE = "one_time_code"
    """A code that was sent to a telephone or an address known from before, given back."""
    PASSKEY = "passkey"
    """A key that the holder registered before (W3C Web Authentication)."""


CHANNELS: Final = tuple(Channel)
OF_THE_HOLDER: Final = (Channel.ONE_TIME_CODE, Channel.PASSKEY)
"""What reaches the holder and nobody else. A chip proves the document alone: who has stolen it has its chip as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BonaFidePresentation:
    """``operating_point``: how strictly attack detection combines its witnesses (ISO/IEC 30107-3).

    Evidence states the one it was measured at. A pass at a stricter one counts, a pass at a looser one doesn't.

    One case is met without a pass: every other witness passed, only the light could not tell and is not excused at this
    operating point (at `strict` nothing is, not a bright room either), and the holder confirmed through one of
    ``in_place_of_light``, which may be empty. So `Check.SECOND_CHANNEL` is heard too where it was measured, without
    being among ``checks``. A fail is met by nothing.
    """

    name: ClassVar[str] = "bona_fide_presentation"
    summary: ClassVar[str] = "A living, present person: no picture, screen, mask, recording or injected stream."
    biometric: ClassVar[bool] = True
    referable: ClassVar[bool] = True

    operating_point: PadOperatingPoint
    in_place_of_light: Annotated[tuple[Channel, ...], Meta(max_length=len(CHANNELS))] = OF_THE_HOLDER

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.ATTACK_DETECTION,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.ATTACK_DETECTION)
        try:
            measured_at = STRICTNESS[PadOperatingPoint(item.operating_point or "")]
        except ValueError:
            measured_at = None
        if self._light_alone(item) and self._confirmed(evidence.get(Check.SECOND_CHANNEL)):
            return Success()
        return at_operating_point(item, measured_at, STRICTNESS[self.operating_point], stricter=lambda a, b: a > b)

    def _light_alone(self, item: Evidence) -> bool:
        as_asked = item.operating_point == self.operating_point
        return as_asked and item.outcome is Outcome.INCONCLUSIVE and item.reasons[:1] == (LIGHT_ALONE,)

    def _confirmed(self, item: Evidence) -> bool:
        return item.outcome is Outcome.PASS and _channel(item) in self.in_place_of_light


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondChannel:
    """``channels``: those that are taken, one at least. A pass through another one, or through none that is named,
    counts as not made.
    """

    name: ClassVar[str] = "second_channel"
    summary: ClassVar[str] = "The holder confirmed in a way that is no picture: chip, one-time code or passkey."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=len(CHANNELS))] = CHANNELS

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.SECOND_CHANNEL,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        item = evidence.get(Check.SECOND_CHANNEL)
        if item.outcome is Outcome.PASS and _channel(item) not in self.channels:
            return verdict_of([Finding(item.check, Outcome.NOT_MEASURED, ("channel_not_taken",))])
        return verdict_of([finding_of(item)])


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedCapture:
    """Against injected streams: the device vouched for its camera, its software and this capture."""

    name: ClassVar[str] = "attested_capture"
    summary: ClassVar[str] = "The capture comes from a device that vouched for itself."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.CAPTURE_DEVICE,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return all_pass(evidence, self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedByPerson:
    """Nothing is accepted before a person looked at it. Where nobody has yet a policy must refer: no try would help."""

    name: ClassVar[str] = "reviewed_by_person"
    summary: ClassVar[str] = "A person looked at the case, and found nothing against it."
    biometric: ClassVar[bool] = False
    referable: ClassVar[bool] = True

    @property
    def checks(self) -> tuple[Check, ...]:
        return (Check.HUMAN_REVIEW,)

    def evaluate(self, evidence: EvidenceSet) -> Verdict:
        return all_pass(evidence, self.checks)


def _channel(item: Evidence) -> Channel | None:
    """The channel that evidence names; None for none, and for a word that nobody knows."""
    try:
        return Channel(str(item.details.get("channel")))
    except ValueError:
        return None
