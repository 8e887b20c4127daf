"""Belief in a zone, and whether it is accepted: what check digits see, and what they cannot."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from visavis.document.consistency import Place
from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import ALPHABET
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import LAYOUTS, Field, Format
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.vote import MrzReading
from visavis.document.mrz.zone import MrzFields, Sex
from visavis.document.mrz_picture.belief import believe
from visavis.document.mrz_picture.decode import DecodedZone
from visavis.document.mrz_picture.evidence import fused, read_off, weighed
from visavis.document.mrz_picture.find import MrzFound
from visavis.document.mrz_picture.measures import StripMeasures
from visavis.document.mrz_picture.verdict import MOST_UNEVEN, MrzOutcome, confirm_number, read_mrz, strip_advice

TODAY = date(2026, 6, 1)
CLEAR = StripMeasures(contrast=0.5, evenness=0.9, slope=3.0, pitch_px=20.0, cut_off=False)


def zone(number: str = "L898902C3", kind: Format = Format.TD3) -> str:
    fields = MrzFields(
        document_code="P" if kind is Format.TD3 else "I",
        issuing_state="UTO",
        name=MrzName(primary=("ERIKSSON",), secondary=("ANNA", "MARIA")),
        document_number=number,
        nationality="UTO",
        birth_date=PartialDate(year=1974, month=8, day=12),
        sex=Sex.FEMALE,
        expiry_date=PartialDate(year=2032, month=4, day=15),
        optional_data=("", "") if kind is Format.TD1 else ("",),
    )
    return "".join(generate_mrz(fields, kind))


def chances_of(text: str, **doubts: dict[str, float]) -> np.ndarray:
    """Certainty, but for ``doubts``: place (as p12) to characters and their chances."""
    chances = np.zeros((len(text), len(ALPHABET)))
    chances[np.arange(len(text)), [ALPHABET.index(c) for c in text]] = 1.0
    for place, told in doubts.items():
        chances[int(place[1:])] = 0.0
        for character, chance in told.items():
            chances[int(place[1:]), ALPHABET.index(character)] = chance
    return chances


def found(chances: np.ndarray, *, picture: str = "a", kind: Format = Format.TD3) -> MrzFound:
    text, confidence = read_off(chances)
    length = LAYOUTS[kind].length
    lines = [text[at : at + length] for at in range(0, len(text), length)]
    return MrzFound(
        reading=MrzReading(text="\n".join(lines), picture=picture, confidence=confidence),
        format=kind,
        chances=chances,
        lines_quads=(),
        page_quad=None,
        upright=0,
        weakest=min(confidence),
        fit=-0.01,
        unevenness=0.2,
        measures=CLEAR,
    )


@pytest.mark.parametrize("kind", [Format.TD1, Format.TD2, Format.TD3])
def test_a_clear_zone_is_believed_and_accepted(kind: Format) -> None:
    text = zone(kind=kind)
    belief = believe(chances_of(text), kind)
    assert belief is not None
    assert (belief.text, belief.changes) == (text, ())
    assert belief.whole == pytest.approx(1.0)
    verdict = read_mrz([found(chances_of(text), kind=kind)], today=TODAY)
    assert verdict.outcome is MrzOutcome.ACCEPTED
    assert verdict.mrz is not None
    assert verdict.mrz.text == text
    assert not verdict.number_confirmed  # one picture confirms nothing


def test_a_single_misread_digit_is_found_by_the_check_digits_and_said() -> None:
    text = zone()
    at = 44 + 13  # the birth date's first digit
    chances = chances_of(text, p57={"1": 0.9, "7": 0.1})
    belief = believe(chances, Format.TD3)
    assert belief is not None
    assert belief.text == text
    assert belief.changes == (at,)
    verdict = read_mrz([found(chances)], today=TODAY)
    assert verdict.repair is not None
    assert (verdict.repair.read, verdict.repair.taken, verdict.repair.field) == ("1", "7", Field.BIRTH_DATE)


def test_a_mended_number_waits_for_somebody_independent() -> None:
    text = zone("L898902C3")
    verdict = read_mrz([found(chances_of(text, p50={"Z": 0.8, "2": 0.2}))], today=TODAY)
    assert verdict.outcome is MrzOutcome.NUMBER_UNCONFIRMED
    assert verdict.advice == ("document_number_unclear",)
    assert confirm_number(verdict, "L898902Z3", by=Place.VISUAL_ZONE).outcome is MrzOutcome.NUMBER_UNCONFIRMED
    confirmed = confirm_number(verdict, "L898902C3", by=Place.VISUAL_ZONE)
    assert confirmed.outcome is MrzOutcome.ACCEPTED
    assert confirmed.confirmed_by == (Place.VISUAL_ZONE,)


def test_a_six_that_could_be_a_g_is_a_doubt_that_no_check_digit_settles() -> None:
    text = zone("L898906C3")
    doubtful = chances_of(text, p50={"6": 0.99, "G": 0.01})
    belief = believe(doubtful, Format.TD3)
    assert belief is not None
    assert belief.number == pytest.approx(0.99, abs=0.001)
    one = read_mrz([found(doubtful)], today=TODAY)
    assert one.outcome is MrzOutcome.NUMBER_UNCONFIRMED
    two = read_mrz([found(doubtful), found(doubtful, picture="b")], today=TODAY)
    assert two.number_confirmed
    assert two.outcome is MrzOutcome.ACCEPTED


def test_readings_of_one_picture_confirm_nothing() -> None:
    doubtful = chances_of(zone("L898906C3"), p50={"6": 0.8, "G": 0.2})
    verdict = read_mrz([found(doubtful), found(doubtful)], today=TODAY)
    assert not verdict.number_confirmed
    assert verdict.outcome is MrzOutcome.NUMBER_UNCONFIRMED


def test_two_changes_that_cancel_are_a_doubt_too() -> None:
    # B for 8 at weights 7 and 3: 7 * 3 + 3 * 3 = 30
    text = zone("88ABCDEF1")
    belief = believe(chances_of(text, p44={"8": 0.6, "B": 0.4}, p45={"8": 0.6, "B": 0.4}), Format.TD3)
    assert belief is not None
    assert belief.number == pytest.approx(0.36 / (0.36 + 0.16), abs=0.01)


def test_a_name_that_could_be_another_is_not_accepted() -> None:
    verdict = read_mrz([found(chances_of(zone(), p6={"R": 0.6, "B": 0.4}))], today=TODAY)
    assert verdict.outcome is MrzOutcome.ANOTHER_PICTURE
    assert verdict.advice == ("document_unreadable",)


def test_two_misread_places_ask_for_another_picture() -> None:
    text = zone()
    chances = chances_of(text, p57={"1": 0.7, "7": 0.3}, p65={"8": 0.7, "3": 0.3})
    verdict = read_mrz([found(chances)], today=TODAY)
    assert verdict.outcome is MrzOutcome.ANOTHER_PICTURE
    assert verdict.mrz is None


def test_a_zone_without_any_that_holds_nearby_is_none() -> None:
    text = zone()
    wrong = text[:57] + ("1" if text[57] != "1" else "2") + text[58:]
    assert believe(chances_of(wrong), Format.TD3) is None


def test_another_picture_settles_what_one_leaves_open() -> None:
    text = zone()
    unclear = found(chances_of(text, p6={"R": 0.6, "B": 0.4}))
    clear = found(chances_of(text), picture="b")
    assert read_mrz([unclear], today=TODAY).outcome is MrzOutcome.ANOTHER_PICTURE
    assert read_mrz([unclear, clear], today=TODAY).outcome is MrzOutcome.ACCEPTED


def test_a_state_is_one_of_those_there_are() -> None:
    text = zone().replace("UTO", "UT0")  # as recognisers read it
    told = weighed(chances_of(text), Format.TD3, odds=np.zeros((len(text), len(ALPHABET))))
    assert read_off(told)[0].count("UTO") == 2


def test_height_tells_o_from_0_in_a_number() -> None:
    text = zone("L8989O2C3").replace("O2C", "02C")
    odds = np.zeros((len(text), len(ALPHABET)))
    at = text.index("02C")
    assert read_off(weighed(chances_of(text), Format.TD3, odds=odds))[0][at] == "0"
    odds[at, [ALPHABET.index(digit) for digit in "0123456789"]] = -8.0
    assert read_off(weighed(chances_of(text), Format.TD3, odds=odds))[0][at] == "O"


def test_pictures_that_share_their_faults_count_as_fewer() -> None:
    one = chances_of(zone(), p6={"R": 0.6, "B": 0.4})
    alone = fused([one, one], independence=0.0)[6]
    apart = fused([one, one], independence=1.0)[6]
    assert alone.max() == pytest.approx(0.6)
    assert apart.max() == pytest.approx(0.36 / (0.36 + 0.16))


def test_what_no_check_digit_tells_apart_is_told_as_by_one_picture() -> None:
    # what pictures of one scene share would make them wrong together
    one = chances_of(zone("L898906C3"), p50={"6": 0.8, "G": 0.2})
    other = chances_of(zone("L898906C3"), p50={"6": 0.6, "G": 0.35, "5": 0.05})
    together = fused([one, other], independence=1.0)[50]
    six, g = (together[ALPHABET.index(character)] for character in "6G")
    assert six / g == pytest.approx(np.sqrt(0.8 / 0.2 * 0.6 / 0.35))
    assert together.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sure", "pictures", "accepted"), [(0.994, 1, False), (0.999, 1, True), (0.97, 2, False), (0.99, 2, True)]
)
def test_a_six_that_may_be_a_g_needs_more_than_other_doubts(sure: float, pictures: int, accepted: bool) -> None:
    doubtful = chances_of(zone("L898906C3"), p50={"6": sure, "G": 1 - sure})
    verdict = read_mrz([found(doubtful, picture=name) for name in "ab"[:pictures]], today=TODAY)
    assert verdict.accepted is accepted


def test_the_code_of_a_card_is_one_that_cards_bear() -> None:
    text = "IDUTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    told = weighed(chances_of(text, p1={"O": 0.9, "D": 0.1}), Format.TD1, odds=np.zeros((90, len(ALPHABET))))
    assert read_off(told)[0][1] == "D"


def test_advice_names_the_likeliest_cause() -> None:
    blurred = replace(CLEAR, slope=1.0)
    assert strip_advice(blurred) == ("document_blurred",)
    assert strip_advice(replace(CLEAR, evenness=0.2)) == ("glare_mrz",)
    assert strip_advice(CLEAR) == ("document_unreadable",)


def test_a_line_whose_characters_are_out_of_place_is_not_trusted() -> None:
    steps = (np.arange(44) + 0.5) / 44
    chances = chances_of(zone())
    even = DecodedZone(format=Format.TD3, chances=chances, steps=(steps, steps), fit=-0.01)
    assert even.unevenness < 0.01
    # the letter in the ninth place was overlooked, and a filler read twice behind the thirtieth
    shifted = np.concatenate([steps[:8], steps[9:31], [steps[30] + 0.004], steps[31:]])
    uneven = DecodedZone(format=Format.TD3, chances=chances, steps=(steps, shifted), fit=-0.01)
    assert uneven.unevenness > MOST_UNEVEN
    verdict = read_mrz([replace(found(chances), unevenness=uneven.unevenness)], today=TODAY)
    assert verdict.outcome is MrzOutcome.ANOTHER_PICTURE


def test_a_zone_that_fits_badly_is_not_trusted() -> None:
    assert read_mrz([replace(found(chances_of(zone())), fit=-0.9)], today=TODAY).outcome is MrzOutcome.ANOTHER_PICTURE
