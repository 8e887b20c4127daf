"""Reading and writing the machine-readable zone: specimens of the standard, properties, and arbitrary text."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mrz_specimens import SPECIMENS
from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import ALPHABET, LETTERS, check_digit, undetectable
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import LAYOUTS, Checked, Field, Format, position_masks
from visavis.document.mrz.names import MrzName, read_name, write_name
from visavis.document.mrz.parse import LONGEST_TEXT, parse_mrz
from visavis.document.mrz.problems import Problem, ProblemCode
from visavis.document.mrz.zone import CheckOutcome, MrzFields, Sex
from visavis.errors import DocumentError

TODAY = date(2026, 11, 22)
ANNA = MrzName(primary=("ERIKSSON",), secondary=("ANNA", "MARIA"))


def full_date(first: int, last: int) -> st.SearchStrategy[PartialDate]:
    return st.dates(date(first, 1, 1), date(last, 12, 31)).map(PartialDate.of)


def texts(alphabet: str, *, least: int = 0, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most)


@st.composite
def zones(draw: st.DrawFn) -> tuple[Format, MrzFields]:
    kind = draw(st.sampled_from(Format))
    layout = LAYOUTS[kind]
    code = draw(st.sampled_from(("V", "VC") if layout.visa else ("P", "PM", "I", "ID", "AC", "C", "I1")))
    alphanumeric = ALPHABET.replace("<", "")
    number = draw(texts(alphanumeric, least=1, most=14 if layout.long_numbers else 9))
    room = {Format.TD1: 15, Format.TD2: 7, Format.TD3: 14, Format.MRV_A: 16, Format.MRV_B: 8}[kind]
    room -= len(number) - 9 + 2 if len(number) > 9 else 0
    optional = [draw(texts(alphanumeric, most=room))]
    if kind is Format.TD1:
        optional.append(draw(texts(alphanumeric, most=11)))
    part = texts(LETTERS, least=1, most=6)
    name = MrzName(primary=(draw(part), draw(part)), secondary=tuple(draw(st.lists(part, max_size=1))))
    return kind, MrzFields(
        document_code=code,
        issuing_state=draw(st.sampled_from(("UTO", "D", "CHN"))),
        name=name,
        document_number=number,
        nationality=draw(st.sampled_from(("UTO", "D", "XXA"))),
        birth_date=draw(st.one_of(st.dates(date(1927, 1, 1), TODAY).map(PartialDate.of), unknown_births())),
        sex=draw(st.sampled_from(Sex)),
        expiry_date=draw(full_date(1957, 2056)),
        optional_data=tuple(optional),
    )


def lines_of_any_length() -> st.SearchStrategy[str]:
    lengths = st.sampled_from((30, 36, 44, 72, 88, 90))
    return lengths.flatmap(lambda length: st.text(ALPHABET, min_size=length, max_size=length))


def unknown_births() -> st.SearchStrategy[PartialDate]:
    return st.builds(
        PartialDate, year=st.integers(1927, 2025), month=st.one_of(st.none(), st.integers(1, 12))
    ) | st.just(PartialDate())


@pytest.mark.parametrize("place", SPECIMENS)
def test_specimens_read_with_every_check_digit_right(place: str) -> None:
    kind, text = SPECIMENS[place]
    mrz = parse_mrz(text, today=TODAY)
    assert mrz.format is kind
    assert mrz.checks_hold
    assert mrz.problems == ()


@pytest.mark.parametrize("place", SPECIMENS)
def test_specimens_are_written_as_they_are_printed(place: str) -> None:
    kind, text = SPECIMENS[place]
    assert "\n".join(generate_mrz(parse_mrz(text, today=TODAY).fields, kind)) == text


def test_every_field_of_the_passport_specimen() -> None:
    mrz = parse_mrz(SPECIMENS["9303-4, passport"][1], today=TODAY)
    assert mrz.fields == MrzFields(
        document_code="P",
        issuing_state="UTO",
        name=ANNA,
        document_number="L898902C3",
        nationality="UTO",
        birth_date=PartialDate(year=1974, month=8, day=12),
        sex=Sex.FEMALE,
        expiry_date=PartialDate(year=2012, month=4, day=15),
        optional_data=("ZE184226B",),
    )
    assert [(check.checked, check.stated) for check in mrz.checks] == [
        (Checked.DOCUMENT_NUMBER, "6"),
        (Checked.BIRTH_DATE, "2"),
        (Checked.EXPIRY_DATE, "9"),
        (Checked.OPTIONAL, "1"),
        (Checked.COMPOSITE, "0"),
    ]
    assert mrz.raw(Field.OPTIONAL) == "ZE184226B<<<<<"


def test_a_number_that_runs_on_in_the_optional_data() -> None:
    for place in ("9303-11, TD1 card with a long number", "9303-11, TD2 card with a long number"):
        mrz = parse_mrz(SPECIMENS[place][1], today=TODAY)
        assert mrz.fields.document_number == "D23145890734"
        assert mrz.fields.optional_data[0] == ""
        assert mrz.checks[0].over == "D23145890734"
        assert mrz.text[mrz.checks[0].position] == "9"


def test_visas_have_no_composite_check_digit() -> None:
    for place in ("9303-7, MRV-A visa", "9303-7, MRV-B visa"):
        mrz = parse_mrz(SPECIMENS[place][1], today=TODAY)
        assert Checked.COMPOSITE not in {check.checked for check in mrz.checks}


def test_the_check_digits_worked_out_in_the_standard() -> None:
    # 9303-3, appendix A: 520727 gives 3, AB2134<<< gives 5
    assert check_digit("520727") == 3
    assert check_digit("AB2134<<<") == 5


@settings(max_examples=100, deadline=None)
@given(zones())
def test_what_is_written_reads_back(zone: tuple[Format, MrzFields]) -> None:
    kind, fields = zone
    lines = generate_mrz(fields, kind)
    masks = position_masks(kind)
    assert [len(line) for line in lines] == [LAYOUTS[kind].length] * LAYOUTS[kind].lines
    assert all(c in mask for line, row in zip(lines, masks, strict=True) for c, mask in zip(line, row, strict=True))
    mrz = parse_mrz("\n".join(lines), today=TODAY)
    assert mrz.format is kind
    assert mrz.fields == fields
    assert mrz.checks_hold
    assert parse_mrz("".join(lines).lower(), today=TODAY) == mrz


@pytest.mark.parametrize("place", [place for place in SPECIMENS if place.startswith("9303") and "2006" not in place])
def test_a_changed_character_is_caught_unless_it_is_one_of_the_stated_ones(place: str) -> None:
    """Caught where the values differ by no multiple of 10; else it passes, but where the check digit itself stands."""
    kind, text = SPECIMENS[place]
    flat = text.replace("\n", "")
    layout = LAYOUTS[kind]
    under = {at for digit in layout.digits for span in digit.over for at in range(span.start, span.end)}
    plain = under - {digit.position for digit in layout.digits}
    if "long" in place or not layout.span(Field.OPTIONAL).of(flat).strip("<"):
        # fillers end a long number, and over an empty field the check digit may be a filler: there, more is caught
        plain -= set(range(layout.span(Field.OPTIONAL).start, layout.span(Field.OPTIONAL).end))
        plain -= {layout.span(Field.DOCUMENT_NUMBER).end - 1}
    for at in under | {digit.position for digit in layout.digits}:
        for other in ALPHABET.replace(flat[at], ""):
            holds = parse_mrz(flat[:at] + other + flat[at + 1 :], today=TODAY).checks_hold
            assert not holds or undetectable(flat[at], other), (at, flat[at], other)
            assert holds or at not in plain or not undetectable(flat[at], other), (at, flat[at], other)


def test_the_undetectable_substitutions_are_those_of_equal_last_digit() -> None:
    groups = {frozenset(c for c in ALPHABET if undetectable(c, one)) for one in ALPHABET}
    assert sorted("".join(sorted(group)) for group in groups) == [
        "0<AKU", "1BLV", "2CMW", "3DNX", "4EOY", "5FPZ", "6GQ", "7HR", "8IS", "9JT",
    ]  # fmt: skip


def test_a_wrong_check_digit_is_evidence() -> None:
    flat = SPECIMENS["9303-4, passport"][1].replace("\n", "")
    mrz = parse_mrz(flat[:53] + "7" + flat[54:], today=TODAY)
    wrong = [check for check in mrz.checks if not check.holds]
    assert (wrong[0].checked, wrong[0].stated, wrong[0].computed) == (Checked.DOCUMENT_NUMBER, "7", "6")
    assert Problem(ProblemCode.CHECK_DIGIT_WRONG, Field.DOCUMENT_NUMBER, 53) in mrz.problems


@pytest.mark.parametrize(("stated", "outcome"), [("<", CheckOutcome.EMPTY), ("0", CheckOutcome.RIGHT)])
def test_empty_optional_data_may_have_a_filler_or_0(stated: str, outcome: CheckOutcome) -> None:
    fields = parse_mrz(SPECIMENS["Germany, specimen of the passport of 2017"][1], today=TODAY).fields
    lines = generate_mrz(fields, Format.TD3, empty_check=stated)
    assert lines[1][42] == stated
    check = {c.checked: c for c in parse_mrz("\n".join(lines), today=TODAY).checks}
    assert check[Checked.OPTIONAL].outcome is outcome
    assert check[Checked.COMPOSITE].holds


def written(kind: Format = Format.TD3, **changes: object) -> MrzFields:
    values: dict[str, object] = {
        "document_code": "P", "issuing_state": "UTO", "name": ANNA, "document_number": "L898902C3",
        "nationality": "UTO", "birth_date": PartialDate(year=1974, month=8, day=12), "sex": Sex.FEMALE,
        "expiry_date": PartialDate(year=2032, month=4, day=15), "optional_data": ("",),
    }  # fmt: skip
    return MrzFields(**{**values, **changes})  # type: ignore[arg-type]  # any field of a zone


def read(fields: MrzFields, *, at: int = 0, put: str = "") -> tuple[MrzFields, set[ProblemCode]]:
    flat = "".join(generate_mrz(fields, Format.TD3))
    mrz = parse_mrz(flat[:at] + put + flat[at + len(put) :], today=TODAY)
    return mrz.fields, {problem.code for problem in mrz.problems}


@pytest.mark.parametrize(
    ("at", "put", "code"),
    [
        (0, "I", ProblemCode.DOCUMENT_CODE_UNEXPECTED),
        (2, "UT0", ProblemCode.STATE_HOLDS_DIGITS),
        (2, "QQQ", ProblemCode.STATE_UNKNOWN),
        (5, "<" * 39, ProblemCode.NAME_MISSING),
        (5, "<<ANNA" + "<" * 33, ProblemCode.PRIMARY_NAME_MISSING),
        (5, "A<<B<<C<", ProblemCode.NAME_SEPARATORS_UNEXPECTED),
        (5, "ER1", ProblemCode.CHARACTER_NOT_PERMITTED),
        (44, "<" * 9, ProblemCode.DOCUMENT_NUMBER_MISSING),
        (53, "<", ProblemCode.CHECK_DIGIT_MISSING),
        (57, "741312", ProblemCode.DATE_IMPOSSIBLE),
        (57, "7<0812", ProblemCode.DATE_IMPOSSIBLE),
        (57, "740000", ProblemCode.DATE_HAS_ZERO_PARTS),
        (57, "<<<<<<", ProblemCode.DATE_MISSING),
        (64, "X", ProblemCode.SEX_NOT_PERMITTED),
        (65, "600101", ProblemCode.BIRTH_AFTER_EXPIRY),
    ],
)
def test_problems_are_told_by_code(at: int, put: str, code: ProblemCode) -> None:
    found = read(written(), at=at, put=put)[1]
    assert code in found
    assert code not in read(written())[1]


def test_the_second_character_of_a_document_code_may_be_a_digit_but_no_v_on_cards() -> None:
    for code, odd in (("I1", False), ("IV", True), ("AC", False), ("PA", True)):
        fields = written(document_code=code, optional_data=("", ""))
        problems = parse_mrz("".join(generate_mrz(fields, Format.TD1)), today=TODAY).problems
        assert (ProblemCode.DOCUMENT_CODE_UNEXPECTED in {problem.code for problem in problems}) is odd


def test_centuries_follow_the_stated_rule() -> None:
    def birth(text: str) -> PartialDate:
        return read(written(), at=57, put=text)[0].birth_date

    def expiry(text: str) -> PartialDate:
        return read(written(), at=65, put=text)[0].expiry_date

    assert birth("261122") == PartialDate(year=2026, month=11, day=22)  # today
    assert birth("261123") == PartialDate(year=1926, month=11, day=23)  # tomorrow is no birth
    assert birth("26<<<<") == PartialDate(year=2026)
    assert birth("000229") == PartialDate(year=2000, month=2, day=29)
    assert expiry("561231").year == 2056  # 30 years ahead
    assert expiry("570101").year == 1957
    assert expiry("991231").year == 1999


def test_a_29_february_lies_in_the_century_that_has_it() -> None:
    mrz = parse_mrz(
        "".join(generate_mrz(written(birth_date=PartialDate(year=2000, month=2, day=29)), Format.TD3)),
        today=date(2101, 1, 1),
    )
    assert mrz.fields.birth_date == PartialDate(year=2000, month=2, day=29)


def test_long_names_are_cut_and_say_so() -> None:
    long = MrzName(primary=("NILAVADHANANANDA",), secondary=("CHAYAPA", "DEJTHAMRONG", "KRASUANG"))
    assert write_name(long, 39) == "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"
    assert read_name(write_name(long, 39))[0].perhaps_truncated
    two = write_name(MrzName(primary=("BENNELONG", "WOOLOOMOOLOO", "WARRANDYTE"), secondary=("DINGO",)), 30)
    assert len(two) == 30
    assert read_name(two)[0].secondary == ("D",)


@settings(max_examples=100, deadline=None)
@example(["A", "A", "AA", "A" * 20], ["A", "A"], 31)
@given(
    st.lists(texts(LETTERS, least=1, most=20), min_size=1, max_size=6),
    st.lists(texts(LETTERS, least=1, most=20), max_size=6),
    st.sampled_from((30, 31, 39)),
)
def test_any_name_is_cut_to_its_room_and_keeps_both_identifiers(
    primary: list[str], secondary: list[str], room: int
) -> None:
    name = MrzName(primary=tuple(primary), secondary=tuple(secondary))
    field = write_name(name, room)
    back, regular = read_name(field)
    assert len(field) == room
    assert regular
    assert bool(back.primary)
    assert bool(back.secondary) == bool(secondary)
    whole = "<".join(primary) + ("<<" + "<".join(secondary) if secondary else "")
    assert back.perhaps_truncated == (len(whole) >= room)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=600), lines_of_any_length()))
def test_arbitrary_text_raises_nothing_but_the_coded_error(text: str) -> None:
    for candidate in (text, f"{text}\n{text}", f"{text}\n{text}\n{text}"):
        try:
            parse_mrz(candidate, today=TODAY)
        except DocumentError as error:
            assert error.code == "not_an_mrz"  # noqa: PT017 - it may as well not be raised


def test_what_is_too_long_is_refused_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        parse_mrz("<" * (LONGEST_TEXT + 1), today=TODAY)
    assert caught.value.code == "not_an_mrz"


@pytest.mark.parametrize(
    "changes",
    [
        {"document_number": "L898902C34"},
        {"document_number": "l89"},
        {"document_code": "V"},
        {"document_code": "P<1"},
        {"optional_data": ()},
        {"optional_data": ("", "")},
        {"optional_data": ("A" * 15,)},
        {"name": MrzName(primary=("MÜLLER",))},
        {"name": MrzName(secondary=("ANNA",))},
        {"nationality": "UTOPIA"},
    ],
)
def test_fields_that_fit_into_no_zone_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(DocumentError) as caught:
        generate_mrz(written(**changes), Format.TD3)  # type: ignore[arg-type]  # any field of a zone
    assert caught.value.code == "mrz_fields_unfit"
