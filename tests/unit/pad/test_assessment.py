"""What six witnesses say together: the rules of both operating points, as cases and as properties."""

import ast
import dataclasses
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.domain.evidence import Check, Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.domain.reasons import REASONS
from visavis.pad import assessment
from visavis.pad.assessment import (
    CUT_SHORT,
    LIGHT_ALONE,
    LOOKED_FOR,
    NOT_ASKED,
    NOTES,
    NOTHING_SEEN,
    PadEvidence,
    assess,
    pad_check,
)
from visavis.pad.evidence import STRAYED, Witness, WitnessEvidence, not_measured
from visavis.pad.guidance import Guidance
from visavis.pad.instruments import FINDINGS, AttackInstrument

STANDARD, STRICT = PadOperatingPoint.STANDARD, PadOperatingPoint.STRICT
DECIDING = [which for which in Witness if which is not Witness.PASSIVE]
FAILS = {
    Witness.ACTIVE: "wrong_gesture",
    Witness.STRUCTURE: "moves_like_a_sheet",
    Witness.LIGHT: "light_in_other_order",
    Witness.CONTINUITY: "second_person",
    Witness.INJECTION: "frozen_or_looped",
}
DOUBTS = {
    Witness.ACTIVE: "gesture_missing",
    Witness.STRUCTURE: "relief_unclear",
    Witness.LIGHT: "light_too_weak",
    Witness.PASSIVE: "texture_of_a_copy",
    Witness.CONTINUITY: "templates_disagree",
    Witness.INJECTION: "clocks_disagree",
}


def word(which: Witness, outcome: Outcome, *reasons: str, score: float | None = 0.5) -> WitnessEvidence:
    usual = {Outcome.FAIL: FAILS, Outcome.INCONCLUSIVE: DOUBTS}.get(outcome, {}).get(which)
    if outcome is Outcome.NOT_MEASURED:
        return not_measured(which, *reasons)
    return WitnessEvidence(
        witness=which, outcome=outcome, score=score, reasons=reasons or ((usual,) if usual else ()), details={}
    )


def but(*changed: WitnessEvidence) -> list[WitnessEvidence]:
    """Every witness passes but these."""
    said = {item.witness: item for item in changed}
    return [said.get(which, word(which, Outcome.PASS)) for which in Witness]


def at(point: PadOperatingPoint, *changed: WitnessEvidence) -> PadEvidence:
    return assess(but(*changed), operating_point=point)


@pytest.mark.parametrize("point", PadOperatingPoint)
def test_six_passes_pass(point: PadOperatingPoint) -> None:
    pad = at(point)
    assert (pad.outcome, pad.score, pad.operating_point) == (Outcome.PASS, 1.0, point)
    assert pad.reasons == ("no_attack_found",)
    assert pad.advice == ()
    assert pad.instrument is None
    assert [item.witness for item in pad.witnesses] == list(Witness)


@pytest.mark.parametrize("point", PadOperatingPoint)
@pytest.mark.parametrize("which", FAILS)
def test_a_fail_of_any_of_the_five_fails(point: PadOperatingPoint, which: Witness) -> None:
    pad = at(point, word(which, Outcome.FAIL))
    assert (pad.outcome, pad.score, pad.reasons) == (Outcome.FAIL, 0.0, (FAILS[which],))
    assert pad.instrument is FINDINGS[FAILS[which]] or which is Witness.STRUCTURE


@pytest.mark.parametrize("point", PadOperatingPoint)
@pytest.mark.parametrize("outcome", Outcome)
def test_the_passive_witness_is_advice_only(point: PadOperatingPoint, outcome: Outcome) -> None:
    passive = word(Witness.PASSIVE, outcome, *(["texture_of_a_copy"] if outcome is Outcome.FAIL else []))
    pad = at(point, passive)
    assert pad.outcome is Outcome.PASS
    assert "texture_of_a_copy" not in (*pad.reasons, *pad.advice)
    assert pad.instrument is None
    assert pad.witness(Witness.PASSIVE) is passive


@pytest.mark.parametrize("point", PadOperatingPoint)
@pytest.mark.parametrize("which", [which for which in DECIDING if which is not Witness.LIGHT])
@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED])
def test_four_witnesses_must_pass(point: PadOperatingPoint, which: Witness, outcome: Outcome) -> None:
    pad = at(point, word(which, outcome))
    assert pad.outcome is Outcome.INCONCLUSIVE
    assert pad.reasons == ((DOUBTS[which],) if outcome is Outcome.INCONCLUSIVE else ("not_measured",))
    assert LIGHT_ALONE not in pad.reasons
    assert pad.instrument is None


def test_a_bright_room_is_excused_at_standard() -> None:
    standard = at(STANDARD, word(Witness.LIGHT, Outcome.INCONCLUSIVE, "light_too_weak"))
    assert standard.outcome is Outcome.PASS
    assert standard.reasons == ("no_attack_found", "light_too_weak")
    assert standard.score == 0.8


@pytest.mark.parametrize("reason", sorted(LOOKED_FOR - NOTHING_SEEN))
def test_colours_that_come_back_but_not_plainly_as_from_a_face_are_no_bright_room(reason: str) -> None:
    standard = at(STANDARD, word(Witness.LIGHT, Outcome.INCONCLUSIVE, reason))
    assert standard.outcome is Outcome.INCONCLUSIVE
    assert standard.reasons == (LIGHT_ALONE, reason)


@pytest.mark.parametrize("code", sorted(NOTHING_SEEN))
def test_who_makes_other_gestures_too_is_not_excused(code: str) -> None:
    """A recording comes upon the right ones in the end; one that answers the colours as well is none."""
    light = not_measured(Witness.LIGHT, code) if code == NOT_ASKED else word(Witness.LIGHT, Outcome.INCONCLUSIVE, code)
    strayed = word(Witness.ACTIVE, Outcome.PASS, "gestures_made", STRAYED)
    standard = at(STANDARD, light, strayed)
    assert standard.outcome is Outcome.INCONCLUSIVE
    assert standard.reasons == (LIGHT_ALONE, code, STRAYED)
    assert STRAYED in standard.advice
    assert at(STANDARD, strayed).outcome is Outcome.PASS


@pytest.mark.parametrize("reason", sorted(LOOKED_FOR))
def test_a_light_that_could_not_tell_needs_a_second_channel_at_strict(reason: str) -> None:
    strict = at(STRICT, word(Witness.LIGHT, Outcome.INCONCLUSIVE, reason))
    assert strict.outcome is Outcome.INCONCLUSIVE
    assert strict.reasons == (LIGHT_ALONE, reason)
    assert set(strict.advice) == {LIGHT_ALONE, reason}


def test_a_challenge_that_asked_for_no_light_is_not_held_to_it() -> None:
    light = not_measured(Witness.LIGHT, NOT_ASKED)
    assert at(STANDARD, light).outcome is Outcome.PASS
    strict = at(STRICT, light)
    assert strict.outcome is Outcome.INCONCLUSIVE
    assert strict.reasons == (LIGHT_ALONE, NOT_ASKED)


@pytest.mark.parametrize("point", PadOperatingPoint)
@pytest.mark.parametrize(
    "light",
    [
        not_measured(Witness.LIGHT),
        not_measured(Witness.LIGHT, "light_not_shown"),
        not_measured(Witness.LIGHT, "light_too_weak"),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, "light_not_seen"),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, "light_not_shown"),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, NOT_ASKED),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, "light_not_seen", "light_too_weak"),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, "something_new"),
    ],
    ids=lambda item: f"{item.outcome.value}:{'+'.join(item.reasons)}",
)
def test_a_light_that_was_asked_for_and_not_looked_for_cannot_be_left_out(
    point: PadOperatingPoint, light: WitnessEvidence
) -> None:
    if light.reasons == ("something_new",):  # a reason that the assessment was never told of does not pass either
        light = dataclasses.replace(light, reasons=("low_contrast",))
    pad = at(point, light)
    assert pad.outcome is Outcome.INCONCLUSIVE
    assert LIGHT_ALONE not in pad.reasons


@pytest.mark.parametrize("other", [which for which in DECIDING if which is not Witness.LIGHT])
@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED, Outcome.FAIL])
def test_a_second_channel_is_asked_for_only_where_the_light_alone_cannot_tell(other: Witness, outcome: Outcome) -> None:
    pad = at(STRICT, word(Witness.LIGHT, Outcome.INCONCLUSIVE), word(other, outcome))
    assert pad.outcome is (Outcome.FAIL if outcome is Outcome.FAIL else Outcome.INCONCLUSIVE)
    assert LIGHT_ALONE not in (*pad.reasons, *pad.advice)


def test_nothing_measured_is_not_measured() -> None:
    for said in ([], [word(Witness.PASSIVE, Outcome.PASS)]):
        pad = assess(said, operating_point=STANDARD)
        assert (pad.outcome, pad.score, pad.instrument) == (Outcome.NOT_MEASURED, None, None)
        assert pad.reasons == ("not_measured",)
        assert len(pad.witnesses) == 6


def test_a_witness_does_not_speak_twice() -> None:
    with pytest.raises(ValueError, match="active"):
        assess([*but(), word(Witness.ACTIVE, Outcome.PASS)], operating_point=STANDARD)


# --- what the holder is told ------------------------------------------------------------------------------------------


def test_after_a_fail_nothing_is_told_that_the_finding_does_not_say() -> None:
    pad = at(
        STRICT,
        word(Witness.STRUCTURE, Outcome.FAIL),
        word(Witness.LIGHT, Outcome.INCONCLUSIVE, "light_too_weak"),
        word(Witness.CONTINUITY, Outcome.INCONCLUSIVE, "templates_disagree"),
    )
    assert pad.reasons == ("moves_like_a_sheet",)
    assert pad.advice == ()


def test_of_a_failed_witness_only_what_it_failed_for_is_told() -> None:
    continuity = word(Witness.CONTINUITY, Outcome.FAIL, "second_face", "too_few_templates", "face_jumped")
    injection = word(Witness.INJECTION, Outcome.FAIL, "frozen_or_looped", "virtual_camera_named")
    pad = at(STANDARD, continuity, injection)
    assert pad.reasons == ("second_face", "frozen_or_looped")
    assert pad.advice == ("second_face", "frozen_or_looped")


def test_a_mistake_is_told_as_one() -> None:
    assert at(STANDARD, word(Witness.ACTIVE, Outcome.FAIL)).advice == ("wrong_gesture",)


def test_what_only_follows_from_an_answer_that_ended_early_is_left_out() -> None:
    pad = at(
        STRICT,
        word(Witness.ACTIVE, Outcome.INCONCLUSIVE, "face_lost"),
        word(Witness.STRUCTURE, Outcome.INCONCLUSIVE, "turn_too_small"),
        word(Witness.LIGHT, Outcome.NOT_MEASURED),
        word(Witness.CONTINUITY, Outcome.INCONCLUSIVE, "track_broken", "too_few_templates"),
    )
    assert pad.reasons == ("face_lost", "track_broken")
    assert pad.advice == ("face_lost", "track_broken")
    # with the gestures made, the same are things to do
    made = at(STRICT, word(Witness.STRUCTURE, Outcome.INCONCLUSIVE, "turn_too_small"))
    assert made.reasons == made.advice == ("turn_too_small",)


def test_light_and_distance_that_were_wrong_for_long_come_first() -> None:
    shown = {Guidance.CLOSER: 2.0, Guidance.MORE_LIGHT: 5.0, Guidance.CENTRE: 0.2, Guidance.TURN_FURTHER: 9.0}
    said = but(word(Witness.STRUCTURE, Outcome.INCONCLUSIVE, "texture_not_followed"))
    pad = assess(said, operating_point=STANDARD, guidance=shown)
    assert pad.advice == ("more_light", "closer", "texture_not_followed")
    assert pad.reasons == ("texture_not_followed",)
    for changed in ([], [word(Witness.STRUCTURE, Outcome.FAIL)]):
        assert assess(but(*changed), operating_point=STANDARD, guidance=shown).advice == ()


def test_notes_are_for_a_reviewer() -> None:
    injection = word(Witness.INJECTION, Outcome.INCONCLUSIVE, "clocks_disagree", "virtual_camera_named")
    pad = at(STANDARD, injection)
    assert pad.reasons == ("clocks_disagree",)
    assert pad.witness(Witness.INJECTION).reasons == injection.reasons


def test_that_a_file_was_judged_is_never_left_unsaid() -> None:
    pad = at(STANDARD, word(Witness.INJECTION, Outcome.PASS, "recorded_file", "encoder_changed"))
    assert (pad.outcome, pad.reasons) == (Outcome.PASS, ("no_attack_found", "recorded_file"))


# --- the instrument ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "instrument"),
    [
        ([word(Witness.STRUCTURE, Outcome.FAIL)], AttackInstrument.PUPPET),
        (
            [word(Witness.STRUCTURE, Outcome.FAIL), word(Witness.ACTIVE, Outcome.INCONCLUSIVE)],
            AttackInstrument.PRINT,
        ),
        (
            [word(Witness.STRUCTURE, Outcome.FAIL), word(Witness.LIGHT, Outcome.FAIL, "light_in_other_order")],
            AttackInstrument.SCREEN,
        ),
        ([word(Witness.LIGHT, Outcome.FAIL, "light_without_shape")], AttackInstrument.SCREEN),
        ([word(Witness.LIGHT, Outcome.FAIL, "light_on_everything")], AttackInstrument.INJECTED),
        ([word(Witness.LIGHT, Outcome.FAIL, "light_in_other_order")], AttackInstrument.RECORDING),
        ([word(Witness.ACTIVE, Outcome.FAIL)], AttackInstrument.RECORDING),
        ([word(Witness.ACTIVE, Outcome.FAIL), word(Witness.INJECTION, Outcome.FAIL)], AttackInstrument.LOOP),
        ([word(Witness.CONTINUITY, Outcome.FAIL, "second_face")], AttackInstrument.SECOND_PERSON),
        ([word(Witness.CONTINUITY, Outcome.FAIL, "compared_face_differs")], AttackInstrument.SWAP),
        ([word(Witness.ACTIVE, Outcome.FAIL, "check_failed")], None),
        ([word(Witness.INJECTION, Outcome.PASS, "virtual_camera_named")], None),
        ([word(Witness.STRUCTURE, Outcome.INCONCLUSIVE, "relief_unclear")], None),
    ],
)
def test_the_likely_instrument(changed: list[WitnessEvidence], instrument: AttackInstrument | None) -> None:
    assert at(STANDARD, *changed).instrument is instrument


# --- the evidence for a decision --------------------------------------------------------------------------------------


def test_the_evidence_keeps_every_witness() -> None:
    pad = at(
        STRICT,
        word(Witness.LIGHT, Outcome.FAIL, score=0.1234567),
        word(Witness.CONTINUITY, Outcome.PASS, "background_face"),
        word(Witness.PASSIVE, Outcome.NOT_MEASURED, "no_face"),
    )
    item = pad_check(pad)
    assert (item.check, item.outcome, item.score) == (Check.ATTACK_DETECTION, Outcome.FAIL, 0.0)
    assert item.operating_point == "strict"
    assert item.reasons == ("light_in_other_order",)
    assert item.details["light"] == "fail"
    assert item.details["light_score"] == 0.1235
    assert item.details["continuity_reasons"] == "background_face"
    assert item.details["passive"] == "not_measured"
    assert item.details["passive_reasons"] == "no_face"
    assert item.details["likely_instrument"] == "recording"
    assert "likely_instrument" not in pad_check(at(STRICT)).details


def test_every_code_that_the_assessment_knows_has_a_text() -> None:
    assert {LIGHT_ALONE, NOT_ASKED, "no_attack_found", *LOOKED_FOR, *CUT_SHORT, *NOTES, *FINDINGS} <= set(REASONS)


def test_every_answer_of_the_light_witness_has_its_place() -> None:
    """A new reason of the light witness is to be thought about; until then it would count as not looked for."""
    folder = Path(assessment.__file__).parent
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (folder / "light.py", folder / "presentation.py")]
    constants = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    codes = {code for code in REASONS if code in constants and code.startswith(("light_", "background_"))}
    assert codes >= {*LOOKED_FOR, NOT_ASKED}
    assert codes - LOOKED_FOR - set(FINDINGS) <= {NOT_ASKED, "light_not_shown", "light_not_seen", "light_not_as_asked"}


# --- properties -------------------------------------------------------------------------------------------------------

CODES = sorted(REASONS)
LIGHT_CODES = (*sorted(LOOKED_FOR), NOT_ASKED, "light_not_seen", "light_not_shown", LIGHT_ALONE)


def pool(which: Witness) -> list[WitnessEvidence]:
    """What a witness may say: each outcome, for its usual reasons, for odd ones, and for two at once."""
    usual = [DOUBTS[which], FAILS.get(which, "check_failed"), "not_measured"]
    codes = [*usual, "recorded_file", *(LIGHT_CODES if which is Witness.LIGHT else (LIGHT_ALONE, NOT_ASKED))]
    lists = [(code,) for code in codes] + [(codes[0], code) for code in codes[1:]] + [(codes[-1], codes[0])]
    said = [
        WitnessEvidence(witness=which, outcome=outcome, score=0.5, reasons=reasons)
        for outcome in Outcome
        for reasons in lists
    ]
    # a pass as often as all the rest, or hardly any six would
    return [WitnessEvidence(witness=which, outcome=Outcome.PASS, score=0.9)] * len(said) + said


def words() -> st.SearchStrategy[list[WitnessEvidence]]:
    return st.tuples(*(st.sampled_from(pool(which)) for which in Witness)).map(list)


def outcome_of(said: list[WitnessEvidence], point: PadOperatingPoint) -> Outcome:
    return assess(said, operating_point=point).outcome


@given(words())
def test_a_pass_at_strict_is_a_pass_at_standard(said: list[WitnessEvidence]) -> None:
    if outcome_of(said, STRICT) is Outcome.PASS:
        assert outcome_of(said, STANDARD) is Outcome.PASS


@given(words(), st.sampled_from(PadOperatingPoint))
def test_a_fail_of_one_of_the_five_is_a_fail_and_there_is_no_other_way_to_one(
    said: list[WitnessEvidence], point: PadOperatingPoint
) -> None:
    failed = any(item.outcome is Outcome.FAIL for item in said if item.witness is not Witness.PASSIVE)
    assert (outcome_of(said, point) is Outcome.FAIL) is failed


@given(words(), st.sampled_from(PadOperatingPoint))
def test_a_pass_means_that_every_witness_asked_for_passed(
    said: list[WitnessEvidence], point: PadOperatingPoint
) -> None:
    if outcome_of(said, point) is Outcome.PASS:
        for item in said:
            if item.witness not in {Witness.PASSIVE, Witness.LIGHT}:
                assert item.outcome is Outcome.PASS
            if item.witness is Witness.LIGHT:
                assert item.outcome is not Outcome.FAIL
                assert item.outcome is Outcome.PASS or point is STANDARD


@given(words(), st.sampled_from(PadOperatingPoint), st.sampled_from(Witness), st.sampled_from(CODES))
def test_taking_a_measurement_away_never_makes_a_pass(
    said: list[WitnessEvidence], point: PadOperatingPoint, gone: Witness, why: str
) -> None:
    # that no light was asked for is said by the challenge, which the server issued: nobody else can say it
    if gone is Witness.PASSIVE or why == NOT_ASKED:
        return
    less = [not_measured(gone, why) if item.witness is gone else item for item in said]
    assert outcome_of(less, point) is not Outcome.PASS
    missing = [item for item in said if item.witness is not gone]
    assert outcome_of(missing, point) is not Outcome.PASS


@given(words(), st.sampled_from(PadOperatingPoint), st.sampled_from(Outcome), st.sampled_from(CODES))
def test_the_passive_witness_changes_nothing_but_its_own_word(
    said: list[WitnessEvidence], point: PadOperatingPoint, outcome: Outcome, why: str
) -> None:
    other = WitnessEvidence(witness=Witness.PASSIVE, outcome=outcome, reasons=(why,))
    changed = [other if item.witness is Witness.PASSIVE else item for item in said]
    one, two = (assess(items, operating_point=point) for items in (said, changed))
    assert dataclasses.replace(one, witnesses=()) == dataclasses.replace(two, witnesses=())


@given(words(), st.sampled_from(PadOperatingPoint))
def test_every_answer_can_be_read_and_acted_on(said: list[WitnessEvidence], point: PadOperatingPoint) -> None:
    pad = assess(said, operating_point=point)
    assert pad.reasons
    assert {*pad.reasons, *pad.advice} <= set(REASONS)
    assert all(REASONS[code].advice for code in pad.advice)
    assert pad.score is None or 0 <= pad.score <= 1
    if pad.outcome is Outcome.FAIL:
        assert set(pad.advice) <= set(pad.reasons)
    if pad.outcome is Outcome.PASS:
        assert pad.advice == ()
    if point is STANDARD and pad.outcome is not Outcome.FAIL:
        assert LIGHT_ALONE not in pad.reasons
    assert assess(reversed(said), operating_point=point) == pad


@given(words())
def test_a_second_channel_is_asked_for_exactly_where_standard_would_pass_or_ask_for_it(
    said: list[WitnessEvidence],
) -> None:
    def asks(pad: PadEvidence) -> bool:
        return pad.outcome is Outcome.INCONCLUSIVE and pad.reasons[0] == LIGHT_ALONE

    strict = assess(said, operating_point=STRICT)
    standard = assess(said, operating_point=STANDARD)
    assert asks(strict) is (strict.outcome is not Outcome.PASS and (standard.outcome is Outcome.PASS or asks(standard)))


def test_every_combination_of_outcomes() -> None:
    rank: dict[PadOperatingPoint, dict[tuple[Outcome, ...], Outcome]] = {point: {} for point in PadOperatingPoint}
    for outcomes in product(Outcome, repeat=len(DECIDING)):
        said = [word(which, outcome) for which, outcome in zip(DECIDING, outcomes, strict=True)]
        for point in PadOperatingPoint:
            rank[point][outcomes] = outcome_of(said, point)
    for outcomes, strict in rank[STRICT].items():
        standard = rank[STANDARD][outcomes]
        assert (strict is Outcome.FAIL) is (standard is Outcome.FAIL) is (Outcome.FAIL in outcomes)
        assert (strict is Outcome.PASS) is (set(outcomes) == {Outcome.PASS})
        if standard is Outcome.PASS:
            assert outcomes.count(Outcome.PASS) >= 4
    for point, found in rank.items():
        for outcomes, outcome in found.items():
            for place in range(len(outcomes)):
                less = (*outcomes[:place], Outcome.NOT_MEASURED, *outcomes[place + 1 :])
                assert found[less] is not Outcome.PASS, (point, outcome)
