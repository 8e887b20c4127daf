"""Read a machine-readable zone from text (ICAO 9303-3 to -7).

A wrong check digit, an impossible date, an unknown state: all of them are evidence, listed in the result. Only what has
not the shape of any of the five formats is an error.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from visavis.document.dates import PartialDate
from visavis.document.mrz.century import birth_year, expiry_year
from visavis.document.mrz.checks import ALPHABET, DIGITS, FILLER, check_digit
from visavis.document.mrz.layout import LAYOUTS, Checked, Digit, Field, Format, Layout, Span, position_masks
from visavis.document.mrz.names import read_name
from visavis.document.mrz.problems import Problem, ProblemCode
from visavis.document.mrz.states import STATES
from visavis.document.mrz.zone import CheckOutcome, CheckResult, Mrz, MrzFields, Sex
from visavis.errors import DocumentError

__all__ = ["LONGEST_TEXT", "format_of", "mrz_lines", "parse_mrz"]

LONGEST_TEXT: Final = 512
_JOINED: Final = {90: 30, 72: 36, 88: 44}
_SHAPES: Final = {(3, 30): (Format.TD1, None), (2, 36): (Format.TD2, Format.MRV_B), (2, 44): (Format.TD3, Format.MRV_A)}
_ADVICE: Final = "Give the two or three lines at the foot of the document, each in full."
_CARD: Final = "ACI"
_DIGIT_FIELDS: Final = {
    Checked.DOCUMENT_NUMBER: Field.DOCUMENT_NUMBER,
    Checked.BIRTH_DATE: Field.BIRTH_DATE,
    Checked.EXPIRY_DATE: Field.EXPIRY_DATE,
    Checked.OPTIONAL: Field.OPTIONAL,
}


def mrz_lines(text: str) -> tuple[str, ...]:
    """The lines of a zone: white space dropped, small letters raised, one joined line split by its length.

    Raises DocumentError (not_an_mrz) for what has no such shape, or any character beyond A to Z, 0 to 9 and the filler.
    """
    if len(text) > LONGEST_TEXT:
        raise DocumentError("not_an_mrz", "This text is too long for a machine-readable zone.", advice=_ADVICE)
    # only ASCII letters are raised: upper() makes two of some others, and none of them belongs here
    raised = "".join(c.upper() if c.isascii() else c for c in text)
    lines = tuple(stripped for line in raised.splitlines() if (stripped := "".join(line.split())))
    if len(lines) == 1 and len(lines[0]) in _JOINED:
        each = _JOINED[len(lines[0])]
        lines = tuple(lines[0][at : at + each] for at in range(0, len(lines[0]), each))
    if len({len(line) for line in lines}) != 1 or (len(lines), len(lines[0])) not in _SHAPES:
        raise DocumentError("not_an_mrz", "These are not the lines of a machine-readable zone.", advice=_ADVICE)
    if not set("".join(lines)) <= set(ALPHABET):
        raise DocumentError("not_an_mrz", "A machine-readable zone has A to Z, 0 to 9 and < alone.", advice=_ADVICE)
    return lines


def format_of(lines: tuple[str, ...]) -> Format:
    """The format of lines that have the shape of one; V as the first character makes a visa of it."""
    plain, visa = _SHAPES[len(lines), len(lines[0])]
    return visa if visa is not None and lines[0].startswith("V") else plain


def parse_mrz(text: str, *, today: date) -> Mrz:
    """Read the lines of a zone, or all of them joined as in DG1.

    ``today`` settles the centuries (`visavis.document.mrz.century`). Raises DocumentError (not_an_mrz) alone.
    """
    lines = mrz_lines(text)
    return _Reading(lines=lines, layout=LAYOUTS[format_of(lines)], today=today).read()


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One reading; collects the problems on its way."""

    lines: tuple[str, ...]
    layout: Layout
    today: date
    problems: list[Problem] = field(default_factory=list)
    text: str = field(init=False)
    spans: dict[Field, Span] = field(init=False)

    def __post_init__(self) -> None:
        self.text, self.spans = "".join(self.lines), dict(self.layout.fields)

    def read(self) -> Mrz:
        self._characters()
        code = self._code()
        number, optional, number_check = self._number()
        birth, expiry = self._date(Field.BIRTH_DATE), self._date(Field.EXPIRY_DATE)
        first, last = birth.earliest, expiry.latest
        if first is not None and last is not None and first > last:
            self._note(ProblemCode.BIRTH_AFTER_EXPIRY, Field.BIRTH_DATE)
        fields = MrzFields(
            document_code=code,
            issuing_state=self._state(Field.ISSUING_STATE),
            document_number=number,
            nationality=self._state(Field.NATIONALITY),
            birth_date=birth,
            sex=self._sex(),
            expiry_date=expiry,
            name=read_name(self._raw(Field.NAME))[0],
            optional_data=optional,
        )
        self._name()
        checks = tuple(
            number_check if digit.checked is Checked.DOCUMENT_NUMBER else self._check(digit)
            for digit in self.layout.digits
        )
        for check in checks:
            if not check.holds:
                wrong = check.outcome is CheckOutcome.WRONG
                self._note(
                    ProblemCode.CHECK_DIGIT_WRONG if wrong else ProblemCode.CHECK_DIGIT_MISSING,
                    _DIGIT_FIELDS.get(check.checked),
                    check.position,
                )
        return Mrz(
            format=self.layout.format, lines=self.lines, fields=fields, checks=checks, problems=tuple(self.problems)
        )

    def _raw(self, name: Field) -> str:
        return self.spans[name].of(self.text)

    def _note(self, code: ProblemCode, where: Field | None = None, position: int | None = None) -> None:
        self.problems.append(Problem(code, where, position))

    def _characters(self) -> None:
        masks = (mask for line in position_masks(self.layout.format) for mask in line)
        odd = [at for at, (character, mask) in enumerate(zip(self.text, masks, strict=True)) if character not in mask]
        for at in odd:
            # a check digit that is none lies in no field, and is told with the check digits
            for name in (name for name, span in self.layout.fields if span.start <= at < span.end):
                self._note(ProblemCode.CHARACTER_NOT_PERMITTED, name, at)

    def _code(self) -> str:
        code = self._raw(Field.DOCUMENT_CODE).rstrip(FILLER)
        card = self.layout.format in {Format.TD1, Format.TD2}
        expected = {Format.TD3: "P", Format.MRV_A: "V", Format.MRV_B: "V"}.get(self.layout.format, _CARD)
        if not code.startswith(tuple(expected)) or (card and code[1:] == "V"):
            self._note(ProblemCode.DOCUMENT_CODE_UNEXPECTED, Field.DOCUMENT_CODE)
        return code

    def _state(self, where: Field) -> str:
        state = self._raw(where).rstrip(FILLER)
        if set(state) & set(DIGITS):
            self._note(ProblemCode.STATE_HOLDS_DIGITS, where)
        elif state not in STATES:
            self._note(ProblemCode.STATE_UNKNOWN, where)
        return state

    def _sex(self) -> Sex:
        raw = self._raw(Field.SEX)
        if raw in set(Sex):
            return Sex(raw)
        self._note(ProblemCode.SEX_NOT_PERMITTED, Field.SEX)
        return Sex.UNSPECIFIED

    def _name(self) -> None:
        name, regular = read_name(self._raw(Field.NAME))
        if not name.primary:
            missing = ProblemCode.PRIMARY_NAME_MISSING if name.secondary else ProblemCode.NAME_MISSING
            self._note(missing, Field.NAME)
        elif not regular:
            self._note(ProblemCode.NAME_SEPARATORS_UNEXPECTED, Field.NAME)

    def _date(self, where: Field) -> PartialDate:
        raw = self._raw(where)
        if raw == FILLER * 6:
            self._note(ProblemCode.DATE_MISSING, where)
            return PartialDate()
        parts = [raw[at : at + 2] for at in (0, 2, 4)]
        if not all(part == FILLER * 2 or part.isdigit() for part in parts):
            self._note(ProblemCode.DATE_IMPOSSIBLE, where)
            return PartialDate()
        year, month, day = (int(part) if part.isdigit() else None for part in parts)
        if month == 0 or day == 0:
            self._note(ProblemCode.DATE_HAS_ZERO_PARTS, where)
            month, day = month or None, day or None
        try:
            PartialDate(month=month, day=day)
            if year is None:
                return PartialDate(month=month, day=day)
            rule = birth_year if where is Field.BIRTH_DATE else expiry_year
            return PartialDate(year=rule(year, month=month, day=day, today=self.today), month=month, day=day)
        except ValueError:
            self._note(ProblemCode.DATE_IMPOSSIBLE, where)
            return PartialDate()

    def _number(self) -> tuple[str, tuple[str, ...], CheckResult]:
        """The document number, the optional data without its rest, and its check digit wherever that stands."""
        digit = next(d for d in self.layout.digits if d.checked is Checked.DOCUMENT_NUMBER)
        number, optional = self._raw(Field.DOCUMENT_NUMBER), self._raw(Field.OPTIONAL)
        second = (self._raw(Field.OPTIONAL_2).rstrip(FILLER),) if self.layout.format is Format.TD1 else ()
        if not number.strip(FILLER):
            self._note(ProblemCode.DOCUMENT_NUMBER_MISSING, Field.DOCUMENT_NUMBER)
        stated = self.text[digit.position]
        if not (self.layout.long_numbers and stated == FILLER and number.strip(FILLER)):
            return number.rstrip(FILLER), (optional.rstrip(FILLER), *second), self._check(digit)
        rest, _, following = optional.partition(FILLER)
        # the standard ends the rest with a filler; where it fills the field, some issuers leave that out
        if number[-1] == FILLER or len(rest) < 2 or rest[-1] not in DIGITS:
            if rest or number[-1] != FILLER:
                self._note(ProblemCode.LONG_NUMBER_UNREADABLE, Field.DOCUMENT_NUMBER, digit.position)
            return number.rstrip(FILLER), (optional.rstrip(FILLER), *second), self._check(digit)
        whole = number + rest[:-1]
        position = self.spans[Field.OPTIONAL].start + len(rest) - 1
        check = _result(Checked.DOCUMENT_NUMBER, rest[-1], whole, position=position, may_be_empty=False)
        return whole, (following.rstrip(FILLER), *second), check

    def _check(self, digit: Digit) -> CheckResult:
        over = "".join(span.of(self.text) for span in digit.over)
        stated = self.text[digit.position]
        return _result(
            digit.checked, stated, over, position=digit.position, may_be_empty=digit.checked is Checked.OPTIONAL
        )


def _result(checked: Checked, stated: str, over: str, *, position: int, may_be_empty: bool) -> CheckResult:
    computed = str(check_digit(over))
    if stated == computed:
        outcome = CheckOutcome.RIGHT
    elif may_be_empty and stated == FILLER and not over.strip(FILLER):
        outcome = CheckOutcome.EMPTY
    else:
        outcome = CheckOutcome.WRONG if stated in DIGITS else CheckOutcome.UNREADABLE
    return CheckResult(checked=checked, outcome=outcome, stated=stated, computed=computed, position=position, over=over)
