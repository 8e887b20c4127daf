"""The visual zone from made lines: layouts, languages, stuck labels, dates, and the comparison with the MRZ."""

from datetime import date

import numpy as np
import pytest

from mrz_specimens import SPECIMENS
from text_material import FLAT_CARD, TILTED_CARD, MadeLine, line, photographed, turned_corners
from visavis.document.consistency import ComparedField, FindingCode
from visavis.document.dates import PartialDate
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.zone import Sex
from visavis.document.names import Agreement, PrintedName
from visavis.document.visual_zone.label_words import VisualField
from visavis.document.visual_zone.labels import segments_of
from visavis.document.visual_zone.marks import with_marks
from visavis.document.visual_zone.printed_dates import read_printed_date
from visavis.document.visual_zone.states import state_code
from visavis.document.visual_zone.values import like_mrz, read_value
from visavis.document.visual_zone.zone import VisualZone, against_mrz, printed_number, read_visual_zone

TODAY = date(2026, 11, 22)
MRZ = parse_mrz(SPECIMENS["9303-4, passport"][1], today=TODAY)
PASSPORT = (125.0, 88.0)
CORNERS = TILTED_CARD * 1.1
MRZ_LINES = tuple(line(text, 4, 70 + 6.35 * row, 3, advance=2.54) for row, text in enumerate(MRZ.lines))
PAGE = (
    line("UTOPIA", 6, 5, 4),
    line("PASSPORT / PASSEPORT", 40, 5, 4),
    line("Type/Type", 43, 12, 1.8),
    line("P", 43, 14.4, 2.8),
    line("Code/Code", 58, 12, 1.8),
    line("UTO", 58, 14.4, 2.8),
    line("Passport No./Passeport N°", 88, 12, 1.8),
    line("L898902C3", 88, 14.4, 2.8),
    line("Surname/Nom", 43, 19.5, 1.8),
    line("ERIKSSON", 43, 22, 2.8),
    line("Given names/Prénoms", 43, 27, 1.8),
    line("ANNA MARIA", 43, 29.5, 2.8),
    line("Nationality/Nationalité", 43, 34.5, 1.8),
    line("UTOPIAN/UTOPIENNE", 43, 37, 2.8),
    line("Date of birth/Date de naissance", 43, 42, 1.8),
    line("12 AUG/AOÛT 74", 43, 44.5, 2.8),
    line("Personal No./N° personnel", 88, 42, 1.8),
    line("ZE 184226 B", 88, 44.5, 2.8),
    line("Sex/Sexe", 43, 49.5, 1.8),
    line("F", 43, 52, 2.8),
    line("Place of birth/Lieu de naissance", 58, 49.5, 1.8),
    line("ZENITH", 58, 52, 2.8),
    line("Date of issue/Date de délivrance", 43, 57, 1.8),
    line("16 APR/AVR 07", 43, 59.5, 2.8),
    line("Authority/Autorité", 88, 57, 1.8),
    line("PASSPORT OFFICE", 88, 59.5, 2.8),
    line("Date of expiry/Date d'expiration", 43, 63, 1.8),
    line("15 APR/AVR 12", 43, 65.5, 2.8),
)


def assert_eriksson(zone: VisualZone) -> None:
    said = zone.statement
    assert said.name == PrintedName(primary="ERIKSSON", secondary="ANNA MARIA")
    assert said.document_number == "L898902C3"
    assert said.birth_date == PartialDate(year=1974, month=8, day=12)
    assert said.expiry_date == PartialDate(year=2012, month=4, day=15)
    assert said.sex is Sex.FEMALE
    assert said.nationality == "UTO"


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("seed", [1, 2])
def test_a_passport_any_way_round(turns: int, seed: int) -> None:
    corners = turned_corners(CORNERS, turns)
    lines = photographed(PAGE + MRZ_LINES, corners=corners, page=PASSPORT, jitter=0.8, seed=seed)
    zone = read_visual_zone(lines, today=TODAY)
    assert_eriksson(zone)
    assert zone.personal_number == "ZE184226B"
    assert zone.issue_date == PartialDate(year=2007, month=4, day=16)
    assert zone.statement.issuing_state == "UTO"
    assert set(zone.languages) >= {"en", "fr"}
    assert zone.unread == ()
    with_page = read_visual_zone(lines, today=TODAY, page_quad=corners)
    assert_eriksson(with_page)


def test_against_the_machine_readable_zone() -> None:
    zone = read_visual_zone(photographed(PAGE, page=PASSPORT), today=TODAY)
    found = against_mrz(zone, MRZ)
    assert found.disagreements == ()
    assert found.compared == len(ComparedField)
    forged = [MadeLine(quad=m.quad, text="ERICSON" if m.text == "ERIKSSON" else m.text) for m in PAGE]
    other = against_mrz(read_visual_zone(photographed(forged, page=PASSPORT), today=TODAY), MRZ)
    assert [finding.field for finding in other.disagreements] == [ComparedField.NAME]


def test_an_unread_given_name_is_not_a_disagreement() -> None:
    without = [made for made in PAGE if made.text not in {"ANNA MARIA", "Given names/Prénoms"}]
    zone = read_visual_zone(photographed(without, page=PASSPORT), today=TODAY)
    assert zone.statement.name is None
    name = next(f for f in against_mrz(zone, MRZ).findings if f.field is ComparedField.NAME)
    assert (name.agreement, name.code) == (Agreement.NOT_COMPARED, FindingCode.MISSING)
    single = parse_mrz(
        SPECIMENS["9303-4, passport"][1].replace("ERIKSSON<<ANNA<MARIA", "ERIKSSON<<<<<<<<<<<<"), today=TODAY
    )
    one_name = next(f for f in against_mrz(zone, single).findings if f.field is ComparedField.NAME)
    assert one_name.agreement is Agreement.AGREE


GERMAN = (
    line("BUNDESREPUBLIK DEUTSCHLAND", 4, 3, 3),
    line("PERSONALAUSWEIS", 4, 6.5, 2.5),
    line("T22000129", 66, 4, 3),
    line("[a] Name/Surname/Nom", 30, 10, 1.5),
    line("MUSTERMANN", 30, 12, 2.4),
    line("[b] GEB. GABLER", 30, 14.8, 2.4),
    line("Vornamen/Given names/Prénoms", 30, 18, 1.5),
    line("ERIKA", 30, 20, 2.4),
    line("Geburtstag/Date of birth/Date de naissance", 30, 23.5, 1.5),
    line("12.08.1983", 30, 25.5, 2.4),
    line("Staatsangehörigkeit/Nationality/Nationalité", 56, 23.5, 1.2),
    line("DEUTSCH", 56, 25.5, 2.4),
    line("Geburtsort/Place of birth/Lieu de naissance", 30, 29, 1.5),
    line("BERLIN", 30, 31, 2.4),
    line("Gültig bis/Date of expiry/Date d'expiration", 30, 35, 1.5),
    line("01.08.2031", 30, 37, 2.4),
)
SPANISH = (
    line("APELLIDOS", 32, 10, 1.6),
    line("ESPAÑOLA ESPAÑOLA", 32, 12.2, 2.6),
    line("NOMBRE", 32, 16, 1.6),
    line("CARMEN", 32, 18.2, 2.6),
    line("SEXO", 32, 22, 1.6),
    line("NACIONALIDAD", 44, 22, 1.6),
    line("FECHA DE NACIMIENTO", 62, 22, 1.6),
    line("F", 32, 24.2, 2.6),
    line("ESP", 44, 24.2, 2.6),
    line("01 01 1980", 62, 24.2, 2.6),
    line("NUM SOPORTE", 32, 28, 1.6),
    line("VALIDEZ", 62, 28, 1.6),
    line("CAA000000", 32, 30.2, 2.6),
    line("01 01 2031", 62, 30.2, 2.6),
)
ITALIAN = (
    line("COGNOME / SURNAME", 30, 10, 1.6),
    line("ROSSI", 30, 12.2, 2.6),
    line("NOME / NAME", 30, 16, 1.6),
    line("BIANCA", 30, 18.2, 2.6),
    line("SESSO", 30, 22, 1.6),
    line("SEX", 30, 23.8, 1.6),
    line("F", 44, 22.5, 2.6),
    line("CITTADINANZA / NATIONALITY", 50, 22, 1.3),
    line("ITA", 50, 24.2, 2.6),
    line("DATA DI NASCITA / DATE OF BIRTH", 30, 28, 1.4),
    line("30.12.1964", 30, 30.2, 2.6),
    line("SCADENZA / EXPIRY", 60, 28, 1.4),
    line("30.12.2032", 60, 30.2, 2.6),
)
PORTUGUESE = (
    line("Apelidos / Surname", 30, 10, 1.6),
    line("SILVA MATEUS", 30, 12.2, 2.6),
    line("Nome(s) próprio(s) / Given name(s)", 30, 16, 1.6),
    line("MARIANA", 30, 18.2, 2.6),
    line("Data de nascimento / Date of birth", 30, 22, 1.6),
    line("31 01 1985", 30, 24.2, 2.6),
    line("Data de validade / Expiry date", 60, 22, 1.6),
    line("15 06 2031", 60, 24.2, 2.6),
    line("Nacionalidade / Nationality", 30, 28, 1.6),
    line("PRT", 30, 30.2, 2.6),
)


@pytest.mark.parametrize(
    ("lines", "name", "birth", "expiry", "nationality", "language"),
    [
        (GERMAN, ("MUSTERMANN", "ERIKA"), (1983, 8, 12), (2031, 8, 1), "DEU", "de"),
        (SPANISH, ("ESPAÑOLA ESPAÑOLA", "CARMEN"), (1980, 1, 1), (2031, 1, 1), "ESP", "es"),
        (ITALIAN, ("ROSSI", "BIANCA"), (1964, 12, 30), (2032, 12, 30), "ITA", "it"),
        (PORTUGUESE, ("SILVA MATEUS", "MARIANA"), (1985, 1, 31), (2031, 6, 15), "PRT", "pt"),
    ],
    ids=["german", "spanish", "italian", "portuguese"],
)
@pytest.mark.parametrize("corners", [FLAT_CARD, TILTED_CARD], ids=["flat", "tilted"])
def test_cards_in_their_languages(
    lines: tuple[MadeLine, ...], name: tuple[str, str], birth: tuple[int, int, int], expiry: tuple[int, int, int],
    nationality: str, language: str, corners: np.ndarray,
) -> None:  # fmt: skip
    zone = read_visual_zone(photographed(lines, corners=corners, jitter=0.5), today=TODAY)
    said = zone.statement
    assert said.name == PrintedName(primary=name[0], secondary=name[1])
    assert said.birth_date == PartialDate.of(date(*birth))
    assert said.expiry_date == PartialDate.of(date(*expiry))
    assert said.nationality == nationality
    assert language in zone.languages


def test_values_beside_their_labels_and_in_their_lines() -> None:
    beside = (
        line("Surname:", 10, 10, 2.5), line("ERIKSSON", 40, 10, 2.5),
        line("Given names: ANNA MARIA", 10, 15, 2.5),
        line("Sex F", 10, 20, 2.5), line("DateofBirth 12.08.1974", 40, 20, 2.5),
        line("Document No. L898902C3", 10, 25, 2.5),
        line("Date of expiry", 10, 30, 2.5), line("15 04 2012", 40, 30, 2.5),
        line("Nationality UTO", 10, 35, 2.5),
    )  # fmt: skip
    assert_eriksson(read_visual_zone(photographed(beside, jitter=1, corners=TILTED_CARD), today=TODAY))


def test_columns_that_were_taken_for_one_line() -> None:
    merged = (
        line("Surname/Nom", 30, 10, 1.8),
        line("ERIKSSON", 30, 12.2, 2.6),
        line("Given names/Prénoms", 30, 16, 1.8),
        line("ANNA MARIA", 30, 18.2, 2.6),
        line("Sex/Sexe  Nationality/Nationalité  Date of birth/Date de naissance", 30, 22, 1.4),
        MadeLine(quad=line("F UTO 12 08 1974", 30, 24.2, 2.6).quad, text="F UTO 12 08 1974"),
        line("Document No./N° du document", 30, 30, 1.4),
        line("L898902C3", 30, 32, 2.6),
        line("Date of expiry/Date d'expiration", 62, 30, 1.4),
        line("15 APR/AVR 2012", 62, 32, 2.6),
    )
    # under their labels, as printed: F at 30, UTO at 41, the date at 60 mm
    widths = {"F": 30.0, "UTO": 39.5, "12 08 1974": 58.5}
    one_row = [made for made in merged if made.text != "F UTO 12 08 1974"]
    one_row += [line(text, x, 24.2, 2.2) for text, x in widths.items()]
    assert_eriksson(read_visual_zone(photographed(one_row), today=TODAY))


def test_a_name_over_two_rows() -> None:
    names = (
        line("Surname", 10, 10, 1.8), line("FERNANDEZ DE LA", 10, 12.4, 2.8), line("TORRE", 10, 16, 2.8),
        line("Given names", 10, 21, 1.8), line("MARIA", 10, 23.4, 2.8),
        line("SPECIMEN", 60, 40, 2.8),
    )  # fmt: skip
    zone = read_visual_zone(photographed(names, jitter=0.5), today=TODAY)
    assert zone.statement.name == PrintedName(primary="FERNANDEZ DE LA TORRE", secondary="MARIA")


def test_a_box_that_caught_the_end_of_its_neighbour() -> None:
    lines = (
        line("Nationality", 10, 10, 1.8), line("Sex", 40, 10, 1.8),
        line("UTOPIAN", 10, 12.6, 2.8), line("NX", 37.8, 12.6, 2.8),
    )  # fmt: skip
    zone = read_visual_zone(photographed(lines), today=TODAY)
    assert (zone.statement.nationality, zone.statement.sex) == ("UTO", Sex.UNSPECIFIED)


def test_labels_without_values_are_told() -> None:
    kept = [made for made in PAGE if made.text not in {"12 AUG/AOÛT 74", "F"}]
    zone = read_visual_zone(photographed(kept, page=PASSPORT), today=TODAY)
    assert set(zone.unread) == {VisualField.BIRTH_DATE, VisualField.SEX}
    assert zone.statement.birth_date is None
    assert zone.statement.sex is None


def test_text_of_the_table_and_the_zone_itself_say_nothing() -> None:
    clutter = (line("Date of birth", 130, 30, 3), line("01.01.2001", 130, 34, 3))
    no_birth = [made for made in PAGE if "naissance" not in made.text and "74" not in made.text]
    lines = photographed([*no_birth, *clutter, *MRZ_LINES], corners=CORNERS, page=PASSPORT)
    assert read_visual_zone(lines, today=TODAY, page_quad=CORNERS).statement.birth_date is None
    assert all(like_mrz(made.text) for made in MRZ_LINES)
    assert not any(like_mrz(made.text) for made in PAGE)
    assert like_mrz("L898902C36UT07408122F1204159ZE184226B10")
    assert not like_mrz("OLGA DMITRI ELISABETH YUSUF")


def test_the_number_printed_once_more_confirms_it_unless_it_is_the_zone_itself() -> None:
    lines = photographed([line("L898902C3", 100, 4), *MRZ_LINES], page=PASSPORT)
    found = printed_number(lines, "L898902C3", mrz_quads=[])
    assert found is not None
    assert found[0, 1] == pytest.approx(40, abs=1)
    torn = [line("L898902C3", 4, 76.35, 3, advance=2.54), line("6UTO7408122", 27, 76.35, 3, advance=2.54)]
    zone = [MRZ_LINES[1].quad]
    assert printed_number(torn, "L898902C3", mrz_quads=zone) is None
    assert printed_number(lines, "L898902C4", mrz_quads=[]) is None
    assert printed_number(photographed([line("No L898902C3 UTO", 5, 5)]), "L898902C3", mrz_quads=zone) is not None
    assert printed_number(photographed([line("123", 5, 5)]), "123", mrz_quads=[]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 JAN/JAN 85", (1985, 1, 12)),
        ("12 JAN 1985", (1985, 1, 12)),
        ("12JAN1985", (1985, 1, 12)),
        ("12 août/aug 1974", (1974, 8, 12)),
        ("12.01.1985", (1985, 1, 12)),
        ("12. 01. 85", (1985, 1, 12)),
        ("01 12 1985", (1985, 12, 1)),
        ("1/2/1985", (1985, 2, 1)),
        ("01-12-1985", (1985, 12, 1)),
        ("01/25/1985", (1985, 1, 25)),
        ("1985-01-12", (1985, 1, 12)),
        ("1985.01.12", (1985, 1, 12)),
        ("1985年1月12日", (1985, 1, 12)),
        ("12011985", (1985, 1, 12)),
        ("19850112", (1985, 1, 12)),
        ("12.O1.l985", (1985, 1, 12)),
        ("12 STY/JAN 1985", (1985, 1, 12)),
        ("12 de enero de 1985", None),
        ("12 janvier 1985", (1985, 1, 12)),
        ("3 Mär 1985", (1985, 3, 3)),
        ("XX XX 1985", (1985, None, None)),
        ("00.01.1985", (1985, 1, None)),
        ("JAN 1985", (1985, 1, None)),
        ("1985", (1985, None, None)),
        ("12 JAN/FEB 85", None),
        ("31.02.1985", None),
        ("32.01.1985", None),
        ("12.13.14.1985", None),
        ("ANNA 12", None),
        ("L898902C3", None),
        ("12.01.3985", None),
        ("1" * 50, None),
        ("", None),
    ],
)
def test_dates_as_documents_print_them(text: str, expected: tuple[int, int | None, int | None] | None) -> None:
    found = read_printed_date(text, birth=True, today=TODAY)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.date.year, found.date.month, found.date.day) == expected
        assert found.short is (text[-4:].strip(" .") in {"85", "JAN 85", "N 85", "1. 85"} or text.endswith(" 85"))


def test_years_of_two_digits_follow_the_rule_of_the_zone() -> None:
    birth = read_printed_date("12 JAN 30", birth=True, today=TODAY)
    expiry = read_printed_date("12 JAN 30", birth=False, today=TODAY)
    assert birth is not None
    assert expiry is not None
    assert (birth.date.year, expiry.date.year, birth.short) == (1930, 2030, True)
    assert read_value(VisualField.BIRTH_DATE, "12 JAN 2030", today=TODAY) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UTO", "UTO"), ("UTOPIAN/UTOPIENNE", "UTO"), ("Deutsch", "DEU"), ("D", "D"), ("BRITISH CITIZEN", "GBR"),
        ("FRANÇAISE", "FRA"), ("中国/CHINESE", "CHN"), ("AUSTRALlAN", "AUS"), ("ZENITH", None), ("AUT/DEU", None),
        ("", None), ("x" * 200, None),
    ],
)  # fmt: skip
def test_states(text: str, code: str | None) -> None:
    assert state_code(text) == code


@pytest.mark.parametrize(
    ("text", "sex"),
    [("F", Sex.FEMALE), ("M", Sex.MALE), ("V/F", Sex.FEMALE), ("W / F", Sex.FEMALE), ("男/M", Sex.MALE),
     ("X", Sex.UNSPECIFIED), ("Female", Sex.FEMALE), ("F M", None), ("E", None), ("", None)],
)  # fmt: skip
def test_sexes(text: str, sex: Sex | None) -> None:
    assert read_value(VisualField.SEX, text, today=TODAY) is sex


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("L898902C3", "L898902C3"), ("L 898 902 C3", "L898902C3"), ("AB-1234567", "AB1234567"),
        ("x0000000o", "X0000000O"),
        ("DID5SS1YK", "DID5SS1YK"), ("2208-113 Page 1 of 3", None), ("AB CDEF 1", None),
        ("12 JAN 1985", None), ("12.01.1985", None), ("SPECIMEN 123", None),
        ("1234", None), ("ABCDEFG", None), ("1 2 3 4 5 6", None),
    ],
)  # fmt: skip
def test_numbers(text: str, number: str | None) -> None:
    assert read_value(VisualField.DOCUMENT_NUMBER, text, today=TODAY) == number


@pytest.mark.parametrize(
    ("text", "field", "rest"),
    [
        ("3. Prénoms/Given names (2)", VisualField.GIVEN_NAMES, ()),
        ("Surname / Prezime", VisualField.SURNAME, ()),
        ("Prezime / Surname", VisualField.SURNAME, ()),
        ("Sex/Sexe F", VisualField.SEX, ("F",)),
        ("DATEOFBIRTH12.08.1974", VisualField.BIRTH_DATE, ("12.08.1974",)),
        ("Date cf birth", VisualField.BIRTH_DATE, ()),
        ("Natlonality/Nationalite", VisualField.NATIONALITY, ()),
        ("姓名/Name", VisualField.NAME, ()),
        ("Passport No", VisualField.DOCUMENT_NUMBER, ()),
        ("Nº documento / Document no.", VisualField.DOCUMENT_NUMBER, ()),
    ],
)
def test_labels(text: str, field: VisualField, rest: tuple[str, ...]) -> None:
    segments = segments_of(text)
    assert [segment.fields[0] for segment in segments if segment.fields] == [field]
    assert tuple(text[s.start : s.end] for s in segments if not s.fields) == rest


@pytest.mark.parametrize("text", ["NOMURA", "SEXTON", "NAMEDI", "ERIKSSON", "12.08.1974", "CODERRE", "Nora Bornemann"])
def test_names_that_begin_like_labels_are_values(text: str) -> None:
    (segment,) = segments_of(text)
    assert segment.fields == ()
    assert text[segment.start : segment.end] == text


@pytest.mark.parametrize(
    ("read", "zone", "restored"),
    [
        (("JORG", "MULLER"), (("JOERG",), ("MUELLER",)), ("JÖRG", "MÜLLER")),
        (("JORG-UWE", "ANA"), (("JOERG", "UWE"), ("ANA",)), ("JÖRG-UWE", "ANA")),
        (("SORENSEN", "AGE"), (("SOERENSEN",), ("AAGE",)), ("SÖRENSEN", "ÅGE")),
        (("MUNOZ", "ANA"), (("MUNXXOZ",), ("ANA",)), ("MUÑOZ", "ANA")),
        (("GROBMANN", "EVA"), (("GROSSMANN",), ("EVA",)), ("GROßMANN", "EVA")),
        (("MÜLLER", "EVA"), (("MUELLER",), ("EVA",)), ("MÜLLER", "EVA")),
        (("MULLER", "EVA"), (("MOELLER",), ("EVA",)), ("MULLER", "EVA")),
        (("JORG", "EVA"), (("JOERG",), ("ADA",)), ("JORG", "EVA")),
        (("ERIKSSON", "ANNA"), (("ERIKSEN",), ("ANNA",)), ("ERIKSSON", "ANNA")),
        (("李", "ANNA"), (("LI",), ("ANNA",)), ("李", "ANNA")),
    ],
)
def test_marks_that_the_recogniser_lost(
    read: tuple[str, str], zone: tuple[tuple[str, ...], tuple[str, ...]], restored: tuple[str, str]
) -> None:
    printed = PrintedName(primary=read[0], secondary=read[1])
    expected = PrintedName(primary=restored[0], secondary=restored[1])
    assert with_marks(printed, MrzName(primary=zone[0], secondary=zone[1])) == expected


def test_marks_are_put_back_in_a_name_that_is_cut_and_never_for_long() -> None:
    cut = MrzName(primary=("MUELLER",), secondary=("JOE",), perhaps_truncated=True)
    printed = PrintedName(primary="MULLER", secondary="JORG")
    assert with_marks(printed, cut) == PrintedName(primary="MÜLLER", secondary="JÖRG")
    long = PrintedName(primary="O" * 250, secondary="U" * 250)
    assert with_marks(long, MrzName(primary=("OE" * 250,), secondary=("UE" * 250,))) == long


def test_a_flood_of_text_is_bounded() -> None:
    flood = [line("Date of birt" * 30, x, y, 1) for x in range(0, 80, 2) for y in range(0, 50, 2)]
    zone = read_visual_zone(flood, today=TODAY)
    assert zone.statement.birth_date is None
    assert read_visual_zone([], today=TODAY).values == ()
