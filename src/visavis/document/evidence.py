"""What a document says in several places, as evidence for a policy: with its own check digits, and a confirmed number.

`visavis.document.consistency.consistency_check` compares places. Two places can agree on something that was misread in
both, so more is asked for here: every check digit of the machine-readable zone holds, and the document number was seen
in something independent of it. A disagreement that was hard to read is no proof of forgery, and no pass either.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from visavis.document.consistency import (
    ComparedField,
    Consistency,
    FindingCode,
    Place,
    consistency,
    consistency_check,
)
from visavis.document.mrz.zone import Mrz
from visavis.document.names import Agreement
from visavis.document.prc_card.back import PrcBack
from visavis.document.prc_card.front import PrcFront
from visavis.document.prc_card.front_rows import FrontField
from visavis.document.prc_id import NumberProblem, ValidityProblem
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.zone import VisualZone
from visavis.domain.evidence import Check, Evidence, Outcome

__all__ = ["SURE", "mrz_document_evidence", "number_confirmed_by", "prc_card_evidence", "unsure_fields"]

SURE: Final = 0.93
"""Mean confidence of a line from which on a disagreement counts as printed so, and not as misread."""
_COMPARED: Final = {
    VisualField.SURNAME: ComparedField.NAME,
    VisualField.GIVEN_NAMES: ComparedField.NAME,
    VisualField.NAME: ComparedField.NAME,
    VisualField.DOCUMENT_NUMBER: ComparedField.DOCUMENT_NUMBER,
    VisualField.BIRTH_DATE: ComparedField.BIRTH_DATE,
    VisualField.EXPIRY_DATE: ComparedField.EXPIRY_DATE,
    VisualField.SEX: ComparedField.SEX,
    VisualField.NATIONALITY: ComparedField.NATIONALITY,
    VisualField.ISSUING_STATE: ComparedField.ISSUING_STATE,
}
_MISREAD: Final = frozenset({NumberProblem.SHAPE, NumberProblem.CHECK_CHARACTER})
_IMPOSSIBLE: Final = frozenset({NumberProblem.REGION, NumberProblem.BIRTH_DATE, NumberProblem.SEQUENCE})
_PERIOD: Final = frozenset({ValidityProblem.PERIOD, ValidityProblem.PERIOD_FOR_AGE})
_CONFIRMING: Final = frozenset({Place.VISUAL_ZONE, Place.CHIP})


def unsure_fields(zone: VisualZone, *, least: float = SURE) -> frozenset[ComparedField]:
    """The fields of the visual zone that were read with less confidence than ``least``."""
    return frozenset(
        _COMPARED[value.field] for value in zone.values if value.confidence < least and value.field in _COMPARED
    )


def number_confirmed_by(found: Consistency) -> bool:
    """Whether the visual zone or the chip has the machine-readable zone's document number."""
    return any(
        finding.field is ComparedField.DOCUMENT_NUMBER
        and finding.agreement is Agreement.AGREE
        and Place.MACHINE_READABLE_ZONE in finding.between
        and bool(_CONFIRMING & set(finding.between))
        for finding in found.findings
    )


def mrz_document_evidence(
    found: Consistency,
    *,
    mrz: Mrz,
    number_confirmed: bool = False,
    unsure: AbstractSet[ComparedField] = frozenset(),
) -> Evidence:
    """Evidence `DOCUMENT_CONSISTENT` of a document with a machine-readable zone.

    It passes only where name and birth date agree in two places and nothing disagrees, every check digit of ``mrz``
    holds, and the document number is confirmed: by ``found``, or from elsewhere (``number_confirmed``: by a second
    picture, `visavis.document.mrz.vote.Vote.number_confirmed`, or where it is printed once more,
    `visavis.document.visual_zone.zone.printed_number`).

    ``unsure``: fields whose reading is so uncertain that a disagreement in them alone is inconclusive, and no fail.
    """
    confirmed = number_confirmed or number_confirmed_by(found)
    item = consistency_check(found, needed=frozenset({ComparedField.NAME, ComparedField.BIRTH_DATE}))
    wrong = {
        finding.field for finding in found.disagreements if finding.code is not FindingCode.NUMBER_DIFFERS_BY_TWINS
    }
    outcome, reasons = item.outcome, list(item.reasons)
    if outcome is Outcome.FAIL and wrong <= unsure:
        outcome = Outcome.INCONCLUSIVE
        reasons.insert(0, "read_unsurely")
    lacking = [] if mrz.checks_hold else ["mrz_checks_fail"]
    lacking += [] if confirmed else ["document_number_unconfirmed"]
    if lacking and outcome is Outcome.PASS:
        outcome, reasons = Outcome.INCONCLUSIVE, []
    return replace(
        item,
        outcome=outcome,
        reasons=(*reasons, *lacking),
        details={**item.details, "checks_hold": mrz.checks_hold, "number_confirmed": confirmed},
    )


def prc_card_evidence(front: PrcFront, back: PrcBack | None = None) -> Evidence:
    """Evidence `DOCUMENT_CONSISTENT` of the PRC's resident identity card.

    It passes only where the number fits its check character and the printed birth date and sex, and the period of
    validity, where the back was read, is one that such cards are given for. A number that does not fit was most likely
    misread; one that fits and is given to nobody fails.
    """
    number = front.number
    if number is None:
        item = Evidence(check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.INCONCLUSIVE, reasons=("card_number_unread",))
        return item if front.unread != tuple(FrontField) else replace(item, outcome=Outcome.NOT_MEASURED)
    problems = set(number.problems)
    if problems & _MISREAD:
        code = "card_number_unread" if NumberProblem.SHAPE in problems else "card_number_wrong"
        return Evidence(check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.INCONCLUSIVE, reasons=(code,))
    needed = frozenset({ComparedField.BIRTH_DATE, ComparedField.SEX})
    item = consistency_check(consistency(front.statements), needed=needed)
    outcome, reasons = item.outcome, list(item.reasons)
    if problems & _IMPOSSIBLE:
        outcome, reasons = Outcome.FAIL, ["card_number_impossible"]
    elif outcome is Outcome.FAIL and _unsurely_read(front):
        outcome = Outcome.INCONCLUSIVE
        reasons.insert(0, "read_unsurely")
    validity = None if back is None else back.validity
    if validity is not None and _PERIOD & set(validity.problems):
        reasons = [*(reasons if outcome is not Outcome.PASS else []), "card_period_impossible"]
        outcome = Outcome.FAIL if outcome is Outcome.FAIL else Outcome.INCONCLUSIVE
    details = {**item.details, "back_read": validity is not None, "marked_specimen": front.marked_specimen}
    return replace(item, outcome=outcome, reasons=tuple(reasons), details=details)


def _unsurely_read(front: PrcFront) -> bool:
    """Whether each printed field that differs from the number was read with little confidence."""
    fields = {
        NumberProblem.BIRTH_DATE_DIFFERS: FrontField.BIRTH_DATE,
        NumberProblem.SEX_DIFFERS: FrontField.SEX,
    }
    differing = [fields[problem] for problem in front.problems if isinstance(problem, NumberProblem) and
                 problem in fields]  # fmt: skip
    return bool(differing) and all(front.fields[field].confidence < SURE for field in differing)
