"""Whether what pictures say of a zone is accepted, and what else it takes.

A wrong zone that is accepted harms its holder, one that is not accepted costs another picture. So a zone is accepted
only where its check digits hold, one character at most was changed for that, and what else it could be is unlikely all
together. A document number that was mended, or that could well be another one, needs somebody independent to say the
same: a second picture, the visual zone, or the chip.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.document.consistency import Place
from visavis.document.mrz.checks import ALPHABET
from visavis.document.mrz.layout import LAYOUTS, Field, Format
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.problems import ProblemCode
from visavis.document.mrz.repair import Substitution, doubtful_places
from visavis.document.mrz.vote import MOST_READINGS, Vote, vote
from visavis.document.mrz.zone import Mrz
from visavis.document.mrz_picture.belief import Belief, believe
from visavis.document.mrz_picture.evidence import fused
from visavis.document.mrz_picture.find import MrzFound
from visavis.document.mrz_picture.measures import StripMeasures
from visavis.document.page.advice import PageAdvice

__all__ = ["MrzOutcome", "MrzVerdict", "confirm_number", "is_legible", "is_sure_number", "read_mrz", "strip_advice"]

LEAST_WHOLE: Final = 0.95
"""Of `Belief.whole` with the number's own doubt left out."""
LEAST_NUMBER: Final = 0.98
"""Of `Belief.number`, unless the number is confirmed."""
LEAST_AGREED: Final = 0.95
"""The same where two pictures at least gave the number: frames of one scene share its blur, and can be wrong alike."""
LEAST_UNSEEN: Final = 0.997
"""Of `MrzVerdict.twin_belief`, unless confirmed: whoever is wrong there passes every check digit."""
LEAST_UNSEEN_AGREED: Final = 0.98
"""The same where two pictures at least gave the number."""
LEAST_FIT: Final = -0.5
"""Log likelihood per character: zones that are rightly read have -0.15 to 0."""
MOST_UNEVEN: Final = 0.42
"""Characters: rightly read zones have 0.3 at most; a letter overlooked gives more than a half."""
_INDEPENDENCE: Final = 0.4
_HARMFUL: Final = frozenset(
    {
        ProblemCode.CHARACTER_NOT_PERMITTED,
        ProblemCode.DATE_IMPOSSIBLE,
        ProblemCode.DOCUMENT_NUMBER_MISSING,
        ProblemCode.NAME_MISSING,
        ProblemCode.PRIMARY_NAME_MISSING,
        ProblemCode.STATE_UNKNOWN,
        ProblemCode.STATE_HOLDS_DIGITS,
        ProblemCode.DOCUMENT_CODE_UNEXPECTED,
        ProblemCode.BIRTH_AFTER_EXPIRY,
        ProblemCode.NAME_SEPARATORS_UNEXPECTED,
    }
)
"""What a genuine zone rarely has and a misread one often: together with a picture's doubt it is no reading."""
_SURE: Final = 0.985
_LEAST_PITCH: Final = 9.0
"""px a character; 7 and less is guessing."""
_LEAST_EVENNESS: Final = 0.55
_LEAST_SLOPE: Final = 2.0
_LEAST_CONTRAST: Final = 0.2


class MrzOutcome(StrEnum):
    ACCEPTED = "accepted"
    NUMBER_UNCONFIRMED = "number_unconfirmed"
    """All but the document number is accepted; `confirm_number` takes what confirms it."""
    ANOTHER_PICTURE = "another_picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzVerdict:
    """What one or several pictures of a zone come to.

    ``mrz``: None where no zone whose check digits hold was likely. ``repair``: the one character that was changed to
    make them hold, evidence by itself. ``confirmed_by``: the places that gave the document number independently;
    ``pictures_agree``: two pictures at least gave it, each in a whole reading that holds unrepaired. ``doubtful``:
    places of the number whose twin no check digit tells; ``twin_belief``: how likely none of these is its twin, 0 to 1.
    ``advice``: reason codes, the weightiest first; empty where
    accepted.
    """

    outcome: MrzOutcome
    mrz: Mrz | None
    belief: float
    number_belief: float
    twin_belief: float
    repair: Substitution | None
    doubtful: tuple[int, ...]
    pictures: int
    pictures_agree: bool
    confirmed_by: tuple[Place, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.outcome is MrzOutcome.ACCEPTED

    @property
    def number_confirmed(self) -> bool:
        """Whether something independent of one picture's reading gave the same document number."""
        return self.pictures_agree or bool(self.confirmed_by)


def read_mrz(founds: Sequence[MrzFound], *, today: date) -> MrzVerdict:
    """One picture, or several of one document, read together. Raises ValueError for none, or more than 64."""
    if not 0 < len(founds) <= MOST_READINGS:
        raise ValueError(f"from 1 to {MOST_READINGS} pictures of a zone")
    kind = _commonest([found.format for found in founds])
    seen = [found for found in founds if found.format is kind]
    used = [found for found in seen if is_legible(found)]
    if not used:
        return _another_picture(seen, None)
    chances = fused([found.chances for found in used], independence=_INDEPENDENCE)
    belief = believe(chances, kind)
    voted = vote([found.reading for found in used], today=today)
    if belief is None or len(belief.changes) > 1:
        return _another_picture(used, belief)
    mrz = parse_mrz(_zone_lines(belief.text, kind), today=today)
    if not mrz.checks_hold:
        return _another_picture(used, belief)
    verdict = MrzVerdict(
        outcome=MrzOutcome.ANOTHER_PICTURE,
        mrz=mrz,
        belief=belief.whole,
        number_belief=belief.number,
        twin_belief=_twin_belief(chances, mrz),
        repair=_repair(belief, chances, kind),
        doubtful=doubtful_places(mrz),
        pictures=len({found.reading.picture for found in used}),
        pictures_agree=_agree(voted, mrz),
    )
    return _judged(verdict, used)


def is_legible(found: MrzFound) -> bool:
    """Whether a zone can count at all: other print may be taken for one, and a smeared one cannot be trusted."""
    return found.unevenness <= MOST_UNEVEN and found.fit >= LEAST_FIT


def is_sure_number(verdict: MrzVerdict, *, alone: bool = False) -> bool:
    """Whether the number could hardly be another one. ``alone``: by the belief of one picture, whoever else agrees."""
    agreed = verdict.pictures_agree and not alone
    return verdict.number_belief >= (LEAST_AGREED if agreed else LEAST_NUMBER) and verdict.twin_belief >= (
        LEAST_UNSEEN_AGREED if agreed else LEAST_UNSEEN
    )


def confirm_number(verdict: MrzVerdict, number: str, *, by: Place) -> MrzVerdict:
    """The verdict after another place gave ``number``: the visual zone as it was read, the chip as DG1 has it.

    The same number confirms; another changes nothing here, since `visavis.document.consistency` lists disagreements.
    """
    if verdict.mrz is None or by is Place.MACHINE_READABLE_ZONE or not _same(number, verdict.mrz):
        return verdict
    confirmed = replace(verdict, confirmed_by=tuple(dict.fromkeys((*verdict.confirmed_by, by))))
    if verdict.outcome is MrzOutcome.NUMBER_UNCONFIRMED:
        return replace(confirmed, outcome=MrzOutcome.ACCEPTED, advice=())
    return confirmed


def _judged(verdict: MrzVerdict, used: Sequence[MrzFound]) -> MrzVerdict:
    mrz = verdict.mrz
    rest = verdict.belief / max(verdict.number_belief, 1e-9)
    harmful = mrz is None or any(problem.code in _HARMFUL for problem in mrz.problems)
    if rest < (_SURE if harmful else LEAST_WHOLE):
        return replace(verdict, advice=_advice(used))
    mended = verdict.repair is not None and verdict.repair.field is Field.DOCUMENT_NUMBER
    if is_sure_number(verdict) and (verdict.pictures_agree or not mended):
        return replace(verdict, outcome=MrzOutcome.ACCEPTED)
    return replace(verdict, outcome=MrzOutcome.NUMBER_UNCONFIRMED, advice=("document_number_unclear",))


def _another_picture(used: Sequence[MrzFound], belief: Belief | None) -> MrzVerdict:
    return MrzVerdict(
        outcome=MrzOutcome.ANOTHER_PICTURE,
        mrz=None,
        belief=0.0 if belief is None else belief.whole,
        number_belief=0.0 if belief is None else belief.number,
        twin_belief=0.0,
        repair=None,
        doubtful=(),
        pictures=len({found.reading.picture for found in used}),
        pictures_agree=False,
        advice=_advice(used),
    )


def _advice(used: Sequence[MrzFound]) -> tuple[str, ...]:
    """What spoiled the best of the pictures."""
    best = max(used, key=lambda found: found.fit)
    return strip_advice(best.measures)


def strip_advice(measures: StripMeasures) -> tuple[str, ...]:
    """Reason codes for a strip that could not be read, the likeliest cause first; never empty."""
    found = {
        PageAdvice.CUT_OFF: measures.cut_off,
        PageAdvice.TOO_SMALL: measures.pitch_px < _LEAST_PITCH,
        PageAdvice.GLARE_MRZ: measures.evenness < _LEAST_EVENNESS,
        PageAdvice.BLURRED: measures.slope < _LEAST_SLOPE,
        PageAdvice.TOO_DARK: measures.contrast < _LEAST_CONTRAST,
    }
    return tuple(code.value for code, holds in found.items() if holds) or (PageAdvice.UNREADABLE.value,)


def _commonest(kinds: Sequence[Format]) -> Format:
    return max(dict.fromkeys(kinds), key=kinds.count)


def _zone_lines(text: str, kind: Format) -> str:
    length = LAYOUTS[kind].length
    return "\n".join(text[at : at + length] for at in range(0, len(text), length))


def _repair(belief: Belief, chances: NDArray[np.float64], kind: Format) -> Substitution | None:
    if not belief.changes:
        return None
    (at,) = belief.changes
    fields = {place: name for name, span in LAYOUTS[kind].fields for place in range(span.start, span.end)}
    return Substitution(
        position=at, read=ALPHABET[int(chances[at].argmax())], taken=belief.text[at], field=fields.get(at)
    )


def _twin_belief(chances: NDArray[np.float64], mrz: Mrz) -> float:
    """Of the places where a 6 stands, which may be a G."""
    six, twin = ALPHABET.index("6"), ALPHABET.index("G")
    places = [at for at in doubtful_places(mrz) if mrz.text[at] == "6"]
    return float(np.prod([chances[at, six] / (chances[at, six] + chances[at, twin]) for at in places]))


def _agree(voted: Vote, mrz: Mrz) -> bool:
    return voted.number_confirmed and voted.mrz.fields.document_number == mrz.fields.document_number


def _same(number: str, mrz: Mrz) -> bool:
    one, other = ("".join(c for c in text.upper() if c.isalnum()) for text in (number, mrz.fields.document_number))
    return bool(one) and one == other
