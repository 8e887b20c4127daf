"""The rules against what a camera cannot see, and the one case in which a second channel stands in for the light."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.decision.policy_file import parse_policy
from visavis.decision.requirements import (
    AttestedCapture,
    BonaFidePresentation,
    Channel,
    Failure,
    PadOperatingPoint,
    ReviewedByPerson,
    Rule,
    SecondChannel,
    Success,
    Verdict,
)
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.domain.operating_points import LIGHT_ALONE
from visavis.domain.reasons import REASONS
from visavis.errors import PolicyError
from visavis.pad.assessment import assess, pad_check
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured

STANDARD, STRICT = PadOperatingPoint.STANDARD, PadOperatingPoint.STRICT
STRICTLY = BonaFidePresentation(operating_point=STRICT, in_place_of_light=tuple(Channel))


def attack(
    outcome: Outcome = Outcome.INCONCLUSIVE,
    *reasons: str,
    point: str | None = "strict",
) -> Evidence:
    usual = (LIGHT_ALONE, "light_too_weak")
    return Evidence(
        check=Check.ATTACK_DETECTION, outcome=outcome, operating_point=point, reasons=reasons or usual, score=0.8
    )


def channel(outcome: Outcome = Outcome.PASS, word: Detail = "chip") -> Evidence:
    return Evidence(check=Check.SECOND_CHANNEL, outcome=outcome, details={"channel": word})


def told(rule: Rule, *items: Evidence) -> Verdict:
    return rule.evaluate(EvidenceSet(items))


def failure(rule: Rule, *items: Evidence) -> Failure:
    verdict = told(rule, *items)
    assert isinstance(verdict, Failure)
    assert set(verdict.reasons) <= set(REASONS)
    return verdict


@pytest.mark.parametrize("word", Channel)
def test_a_second_channel_stands_in_for_a_light_that_could_not_tell(word: Channel) -> None:
    assert told(STRICTLY, attack(), channel(word=word.value)) == Success()
    assert failure(STRICTLY, attack()).reasons == (LIGHT_ALONE, "light_too_weak")


def test_a_chip_stands_in_only_where_a_policy_names_it() -> None:
    """It proves the document, which a thief has as well."""
    unnamed = BonaFidePresentation(operating_point=STRICT)
    assert failure(unnamed, attack(), channel(word="chip")).reasons == (LIGHT_ALONE, "light_too_weak")
    for word in ("one_time_code", "passkey"):
        assert told(unnamed, attack(), channel(word=word)) == Success()


@pytest.mark.parametrize(
    "second",
    [
        channel(Outcome.FAIL),
        channel(Outcome.INCONCLUSIVE),
        channel(Outcome.NOT_MEASURED),
        channel(word="telephone"),
        channel(word="Chip"),
        channel(word=None),
        channel(word=True),
        Evidence(check=Check.SECOND_CHANNEL, outcome=Outcome.PASS),
        Evidence(check=Check.HUMAN_REVIEW, outcome=Outcome.PASS, details={"channel": "chip"}),
    ],
    ids=lambda item: f"{item.check.value}:{item.outcome.value}:{item.details.get('channel')}",
)
def test_only_a_known_channel_that_passed_does(second: Evidence) -> None:
    verdict = failure(STRICTLY, attack(), second)
    assert not verdict.failed
    assert verdict.reasons[0] == LIGHT_ALONE


@pytest.mark.parametrize("point", ["strict", "standard", None])
@pytest.mark.parametrize("asked", PadOperatingPoint)
def test_a_fail_is_never_rescued(point: str | None, asked: PadOperatingPoint) -> None:
    rule = BonaFidePresentation(operating_point=asked)
    for item in (
        attack(Outcome.FAIL, point=point),
        attack(Outcome.FAIL, "moves_like_a_sheet", LIGHT_ALONE, point=point),
    ):
        for word in Channel:
            assert isinstance(told(rule, item, channel(word=word.value)), Failure)


@pytest.mark.parametrize(
    "item",
    [
        attack(Outcome.NOT_MEASURED),
        attack(Outcome.INCONCLUSIVE, "relief_unclear"),
        attack(Outcome.INCONCLUSIVE, "relief_unclear", LIGHT_ALONE),
        attack(Outcome.INCONCLUSIVE, "light_not_seen"),
        attack(point="standard"),
        attack(point=None),
        attack(point="STRICT"),
    ],
    ids=lambda item: f"{item.outcome.value}:{'+'.join(item.reasons)}:{item.operating_point}",
)
def test_nothing_else_that_could_not_be_told_is_rescued(item: Evidence) -> None:
    assert isinstance(told(STRICTLY, item, channel()), Failure)


def test_a_policy_may_take_fewer_channels_or_none() -> None:
    chip = BonaFidePresentation(operating_point=STRICT, in_place_of_light=(Channel.CHIP,))
    assert told(chip, attack(), channel()) == Success()
    assert isinstance(told(chip, attack(), channel(word="passkey")), Failure)
    nothing = BonaFidePresentation(operating_point=STRICT, in_place_of_light=())
    assert isinstance(told(nothing, attack(), channel()), Failure)
    assert told(nothing, attack(Outcome.PASS)) == Success()


outcomes = st.sampled_from(Outcome)
codes = st.sampled_from([LIGHT_ALONE, "light_too_weak", "moves_like_a_sheet", "no_attack_found", "not_measured"])
points = st.sampled_from(["strict", "standard", None])


@given(
    st.builds(attack, outcomes, codes, codes, point=points),
    st.builds(channel, outcomes, st.sampled_from([*Channel, "telephone", None])),
    st.sampled_from(PadOperatingPoint),
)
def test_a_second_channel_changes_that_one_case_alone(
    item: Evidence, second: Evidence, asked: PadOperatingPoint
) -> None:
    rule = BonaFidePresentation(operating_point=asked)
    alone, both = told(rule, item), told(rule, item, second)
    if alone != both:
        assert both == Success()
        assert (item.operating_point, item.outcome) == (asked.value, Outcome.INCONCLUSIVE)
        assert item.reasons[0] == LIGHT_ALONE
        assert second.outcome is Outcome.PASS
        assert second.details["channel"] in list(Channel)


def test_from_the_witnesses_to_the_rule() -> None:
    """Whatever five witnesses say: with a second channel strict is met where standard would be, and nowhere else."""
    deciding = [which for which in Witness if which is not Witness.PASSIVE]
    lights = [
        WitnessEvidence(witness=Witness.LIGHT, outcome=Outcome.PASS),
        WitnessEvidence(witness=Witness.LIGHT, outcome=Outcome.FAIL, reasons=("light_in_other_order",)),
        WitnessEvidence(witness=Witness.LIGHT, outcome=Outcome.INCONCLUSIVE, reasons=("light_too_weak",)),
        WitnessEvidence(witness=Witness.LIGHT, outcome=Outcome.INCONCLUSIVE, reasons=("light_not_seen",)),
        not_measured(Witness.LIGHT),
        not_measured(Witness.LIGHT, "light_not_asked"),
    ]
    others = [which for which in deciding if which is not Witness.LIGHT]
    for said in itertools.product(Outcome, repeat=len(others)):
        words = [
            WitnessEvidence(witness=which, outcome=outcome, reasons=("check_inconclusive",))
            for which, outcome in zip(others, said, strict=True)
        ]
        for light in lights:
            strict, standard = (assess([*words, light], operating_point=point) for point in (STRICT, STANDARD))
            met = told(STRICTLY, pad_check(strict), channel()) == Success()
            assert met is (standard.outcome is Outcome.PASS), (said, light)
            assert (told(STRICTLY, pad_check(strict)) == Success()) is (strict.outcome is Outcome.PASS)


@pytest.mark.parametrize("word", Channel)
def test_a_second_channel_of_its_own(word: Channel) -> None:
    assert told(SecondChannel(), channel(word=word.value)) == Success()
    others = tuple(item for item in Channel if item is not word)
    verdict = failure(SecondChannel(channels=others), channel(word=word.value))
    assert verdict.reasons == ("channel_not_taken",)
    assert not verdict.failed


@pytest.mark.parametrize("word", ["telephone", "CHIP", "", None, 1, True])
def test_a_channel_that_nobody_knows_counts_as_not_made(word: Detail) -> None:
    verdict = failure(SecondChannel(), channel(word=word))
    assert (verdict.failed, verdict.inconclusive, verdict.reasons) == (False, True, ("channel_not_taken",))


def test_a_second_channel_that_failed_failed_whatever_it_was() -> None:
    for word in (*Channel, "telephone", None):
        assert failure(SecondChannel(), channel(Outcome.FAIL, word)).failed


@pytest.mark.parametrize(
    ("rule", "check"), [(AttestedCapture(), "capture_device"), (ReviewedByPerson(), "human_review")]
)
@pytest.mark.parametrize("outcome", Outcome)
def test_an_attested_device_and_a_person(rule: Rule, check: str, outcome: Outcome) -> None:
    verdict = told(rule, Evidence(check=Check(check), outcome=outcome, details={"channel": "chip"}))
    assert (verdict == Success()) is (outcome is Outcome.PASS)
    assert (isinstance(verdict, Failure) and verdict.failed) is (outcome is Outcome.FAIL)


POLICY = """
id = "some_policy"
version = 1
alternative = "in_person"
attempts = 3
ttl = "15m"
[[requires]]
rule = "attested_capture"
[[requires]]
rule = "second_channel"
channels = ["chip", "passkey"]
[[requires]]
rule = "reviewed_by_person"
on_inconclusive = "refer"
"""


def test_a_policy_asks_for_them() -> None:
    policy = parse_policy(POLICY.encode())
    assert policy.checks == {Check.CAPTURE_DEVICE, Check.SECOND_CHANNEL, Check.HUMAN_REVIEW}
    assert policy.rule(SecondChannel) == SecondChannel(channels=(Channel.CHIP, Channel.PASSKEY))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('["chip", "passkey"]', '["telephone"]', "parameter_invalid"),
        ('["chip", "passkey"]', "[]", "parameter_invalid"),
        ('on_inconclusive = "refer"', "", "review_not_referred"),
        ('on_inconclusive = "refer"', 'on_inconclusive = "retry"', "review_not_referred"),
    ],
)
def test_a_policy_that_could_not_work_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(PolicyError, match=code):
        parse_policy(POLICY.replace(old, new).encode())
