"""Names of national scripts against A to Z (ICAO 9303-3, 6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.document.mrz.names import MrzName, read_name, write_name
from visavis.document.names import Agreement, NameCode, PrintedName, names_agree
from visavis.document.transliteration.arabic import ARABIC
from visavis.document.transliteration.cyrillic import CYRILLIC
from visavis.document.transliteration.latin import LATIN
from visavis.document.transliteration.match import reaches, to_mrz_name, transliterate
from visavis.document.transliteration.words import LONGEST_NAME, ways
from visavis.errors import DocumentError


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Müller-Lüdenscheidt", ("MUELLER", "LUEDENSCHEIDT")),
        ("Straße", ("STRASSE",)),
        ("Łódź", ("LODZ",)),
        ("Çağlar Işık", ("CAGLAR", "ISIK")),
        ("O’Connor", ("OCONNOR",)),  # 9303-3, 4.6: the apostrophe is left out
        ("Nguyễn Văn", ("NGUYEN", "VAN")),
        ("Þórunn", ("THORUNN",)),
        ("Юлия Щукина", ("IULIIA", "SHCHUKINA")),
        ("فضّة", ("FXDZXDZXAH",)),  # 9303-3, 6, C: shadda doubles, teh marbuta ends
        ("عبّاس", ("EBBAS",)),
        ("ابو بكر محمد بن زكريا الرازي", ("ABW", "BKR", "MXHMD", "BN", "ZKRYA", "ALRAZY")),  # the example there
    ],
)
def test_the_recommended_letters(name: str, letters: tuple[str, ...]) -> None:
    assert transliterate(name) == letters


@pytest.mark.parametrize("spelled", ["MUELLER", "MUXXLLER", "MULLER"])
def test_every_permitted_way_is_reached(spelled: str) -> None:
    assert reaches(ways("Müller"), spelled)


@pytest.mark.parametrize("spelled", ["MUELLR", "MLLER", "MUEELLER", "MUXLLER", "MUELLERS", ""])
def test_no_other_is(spelled: str) -> None:
    assert not reaches(ways("Müller"), spelled)


def test_tables_lead_to_a_to_z_alone() -> None:
    for table in (LATIN, CYRILLIC, ARABIC):
        for letter, options in table.items():
            assert len(letter) == 1
            assert len(set(options)) == len(options)
            assert all(not way or (way.isascii() and way.isalpha() and way.isupper()) for way in options)


@pytest.mark.parametrize("name", ["王小明", "Ελένη", "A" * (LONGEST_NAME + 1), "\u0651", "5"])
def test_a_name_beyond_the_tables_is_refused(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        transliterate(name)
    assert caught.value.code == "not_transliterable"


@pytest.mark.parametrize(
    ("primary", "secondary", "zone", "code"),
    [
        ("Müller", "Jörg", "MUELLER<<JOERG<<<", NameCode.SAME),
        ("Müller", "Jörg", "MULLER<<JORG<<<", NameCode.SAME),
        ("Ñuñoz", "", "NXXUNXXOZ<<<<", NameCode.SAME),
        ("ERIKSSON", "Anna Maria", "ERIKSSON<<ANNA<MARIA<<", NameCode.SAME),
        ("Eriksson", "Anna-Maria", "ERIKSSON<<ANNAMARIA<<", NameCode.SAME_OTHER_SPACES),
        ("van der Müllen", "Jan", "VANDER<MUELLEN<<JAN<<", NameCode.SAME_OTHER_SPACES),
        ("D'Artagnan", "Charles", "D<ARTAGNAN<<CHARLES<", NameCode.SAME_OTHER_SPACES),
        (
            "Nilavadhanananda",
            "Chayapa Dejthamrong Krasuang",
            "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K",
            NameCode.SAME_AS_FAR_AS_IT_GOES,
        ),
        (
            "Nilavadhanananda",
            "Chayapa Dejthamrong Krasuang",
            "NILAVADHANANANDA<<CHAYAPA<DEJTH<KRASUAN",
            NameCode.SAME_AS_FAR_AS_IT_GOES,
        ),
        ("Йовович", "Юлия", "IOVOVICH<<IULIIA<", NameCode.SAME),
        ("Шевченко", "Юлія", "SHEVCHENKO<<YULIIA<", NameCode.SAME),
    ],
)
def test_names_that_agree(primary: str, secondary: str, zone: str, code: NameCode) -> None:
    finding = names_agree(PrintedName(primary=primary, secondary=secondary), read_name(zone)[0])
    assert (finding.agreement, finding.code) == (Agreement.AGREE, code)


@pytest.mark.parametrize(
    ("primary", "secondary", "zone", "code"),
    [
        ("Eriksson", "Anna", "ERIKSEN<<ANNA<<", NameCode.PRIMARY_DIFFERS),
        ("Eriksson", "Anna", "ERIKSSON<<ANNE<<", NameCode.SECONDARY_DIFFERS),
        ("Eriksson", "Anna Maria", "ERIKSSON<<ANNA<<", NameCode.SECONDARY_DIFFERS),  # not cut: a name is missing
        ("Eriksson", "Anna", "SMITH<<JOHN<<", NameCode.BOTH_DIFFER),
        ("Anna", "Eriksson", "ERIKSSON<<ANNA<<", NameCode.PARTS_SWAPPED),
        ("Eriksson", "", "ERIKSSON<<ANNA<<", NameCode.SECONDARY_DIFFERS),
        ("Eriksson", "Maria Anna", "ERIKSSON<<ANNA<MA", NameCode.SECONDARY_DIFFERS),  # cut, and in another order
    ],
)
def test_names_that_do_not(primary: str, secondary: str, zone: str, code: NameCode) -> None:
    finding = names_agree(PrintedName(primary=primary, secondary=secondary), read_name(zone)[0])
    assert (finding.agreement, finding.code) == (Agreement.DISAGREE, code)


@pytest.mark.parametrize(
    ("primary", "zone"), [("王小明", "WANG<<XIAOMING<"), ("", "ERIKSSON<<ANNA<<"), ("Eriksson", "<<<<")]
)
def test_names_that_are_not_compared(primary: str, zone: str) -> None:
    finding = names_agree(PrintedName(primary=primary), read_name(zone)[0])
    assert (finding.agreement, finding.code) == (Agreement.NOT_COMPARED, NameCode.NOT_COMPARABLE)


NAME_LETTERS = "ABCÄÖÜÑßøéЮЯЖщفح" + "xyz"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(NAME_LETTERS, min_size=1, max_size=12), min_size=1, max_size=3),
    st.lists(st.text(NAME_LETTERS, min_size=1, max_size=12), max_size=3),
    st.sampled_from((30, 31, 39)),
)
def test_a_name_agrees_with_what_is_written_from_it_even_when_cut(
    primary: list[str], secondary: list[str], room: int
) -> None:
    printed = PrintedName(primary=" ".join(primary), secondary="-".join(secondary))
    name = to_mrz_name(primary=printed.primary, secondary=printed.secondary)
    assert names_agree(printed, read_name(write_name(name, room))[0]).agreement is Agreement.AGREE


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text("ABX<", max_size=39))
def test_arbitrary_names_are_compared_or_not_and_raise_nothing(primary: str, secondary: str, zone: str) -> None:
    assert names_agree(PrintedName(primary=primary, secondary=secondary), read_name(zone)[0]).code in set(NameCode)


def test_a_name_of_many_ways_is_matched_at_once() -> None:
    umlauts = "Ü" * 200
    assert reaches(ways(umlauts), "U" * 100 + "UE" * 50 + "UXX" * 50)
    assert not reaches(ways(umlauts), "U" * 199 + "E")
    assert MrzName(primary=("A",)) == to_mrz_name(primary="a")
