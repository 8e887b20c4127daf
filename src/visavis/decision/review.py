"""What people who look at a referred case may say, and what follows from it. Pure, as `visavis.decision.decide`.

A person settles what the policy left to a person, and nothing else: see `left_to_a_person`.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from visavis.decision.decide import Consequence, Decision, DecisionOutcome, RuleOutcome
from visavis.decision.vocabulary import OnDisagreement, Review

__all__ = ["FITTING", "ReviewReason", "ReviewVerdict", "left_to_a_person", "settle"]


class ReviewVerdict(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    CANNOT_TELL = "cannot_tell"
    """What is there does not show it either way. No mark against the holder."""


class ReviewReason(StrEnum):
    """Why: codes of `visavis.domain.reasons`."""

    SAME_PERSON = "reviewed_same_person"
    EXPLAINED = "reviewed_explained"
    OTHER_PERSON = "reviewed_other_person"
    DOCUMENT_SUSPECT = "reviewed_document_suspect"
    NOT_PRESENT = "reviewed_not_present"
    NOT_FREE = "reviewed_not_free"
    PICTURES_POOR = "reviewed_pictures_poor"
    UNCLEAR = "reviewed_unclear"


FITTING: Final[Mapping[ReviewVerdict, frozenset[ReviewReason]]] = {
    ReviewVerdict.ACCEPT: frozenset({ReviewReason.SAME_PERSON, ReviewReason.EXPLAINED}),
    ReviewVerdict.REJECT: frozenset(
        {
            ReviewReason.OTHER_PERSON,
            ReviewReason.DOCUMENT_SUSPECT,
            ReviewReason.NOT_PRESENT,
            ReviewReason.NOT_FREE,
        }
    ),
    ReviewVerdict.CANNOT_TELL: frozenset({ReviewReason.PICTURES_POOR, ReviewReason.UNCLEAR}),
}
"""Which reasons a verdict may rest on."""

_STRICTEST_FIRST: Final = (ReviewVerdict.REJECT, ReviewVerdict.CANNOT_TELL, ReviewVerdict.ACCEPT)


def settle(review: Review, verdicts: Sequence[ReviewVerdict]) -> ReviewVerdict | None:
    """What follows from the verdicts so far, in the order in which they were given; None where another person is asked.

    Two who say the same settle it. Where they do not, either the stricter of the two holds (reject, then cannot tell),
    or a third person is asked and what two of the three say holds; where all three differ, nobody could tell.
    The second is asked whatever the first said, so that being asked tells nothing.
    """
    if len(verdicts) < review.persons:
        return None
    if len(set(verdicts)) == 1:
        return verdicts[0]
    if review.on_disagreement is OnDisagreement.STRICTER:
        return next(verdict for verdict in _STRICTEST_FIRST if verdict in verdicts)
    if len(verdicts) == 2:
        return None
    return next((verdict for verdict in verdicts if verdicts.count(verdict) > 1), ReviewVerdict.CANNOT_TELL)


def left_to_a_person(decision: Decision) -> bool:
    """Whether all that stands against it was referred. Where a rule says *try again* as well, no person can accept."""
    unmet = [result for result in decision.results if result.outcome is not RuleOutcome.MET]
    referred = all(result.consequences == (Consequence.REFER,) for result in unmet)
    return decision.outcome is DecisionOutcome.REFERRED and bool(unmet) and referred
