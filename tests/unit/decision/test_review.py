"""What follows from what reviewers say, and what a person may settle at all."""

import itertools

import pytest

from visavis.decision.decide import Consequence, Decision, DecisionOutcome, RuleOutcome, RuleResult
from visavis.decision.policy_file import parse_policy
from visavis.decision.review import ReviewVerdict, left_to_a_person, settle
from visavis.decision.vocabulary import OnDisagreement, Review
from visavis.errors import PolicyError

A, R, C = ReviewVerdict.ACCEPT, ReviewVerdict.REJECT, ReviewVerdict.CANNOT_TELL
ONE = Review()
STRICTER = Review(persons=2)
THIRD = Review(persons=2, on_disagreement=OnDisagreement.THIRD_PERSON)

POLICY = """
id = "some_policy"
version = 1
alternative = "in_person"
attempts = 1
ttl = "15m"
{review}

[[requires]]
rule = "document_authentic"
{refer}
"""


@pytest.mark.parametrize("verdict", list(ReviewVerdict))
def test_one_person_settles_it(verdict: ReviewVerdict) -> None:
    assert settle(ONE, []) is None
    assert settle(ONE, [verdict]) is verdict


@pytest.mark.parametrize("first", list(ReviewVerdict))
@pytest.mark.parametrize("review", [STRICTER, THIRD])
def test_a_second_person_is_asked_whatever_the_first_says(review: Review, first: ReviewVerdict) -> None:
    assert settle(review, [first]) is None
    assert settle(review, [first, first]) is first


@pytest.mark.parametrize(("two", "expected"), [((A, R), R), ((A, C), C), ((R, C), R)])
def test_the_stricter_of_two_holds(two: tuple[ReviewVerdict, ReviewVerdict], expected: ReviewVerdict) -> None:
    assert settle(STRICTER, two) is expected
    assert settle(STRICTER, two[::-1]) is expected


def test_a_third_person_makes_two_of_three() -> None:
    for two in itertools.permutations(ReviewVerdict, 2):
        assert settle(THIRD, two) is None
        for third in ReviewVerdict:
            assert settle(THIRD, (*two, third)) is (third if third in two else C)


def test_nobody_is_accepted_by_fewer_than_all_or_two() -> None:
    for length in range(4):
        for verdicts in itertools.product(ReviewVerdict, repeat=length):
            for review in (STRICTER, THIRD):
                if settle(review, verdicts) is A:
                    assert verdicts.count(A) >= 2


def decision(*results: RuleResult, outcome: DecisionOutcome = DecisionOutcome.REFERRED) -> Decision:
    return Decision(
        outcome=outcome, reasons=(), results=results, policy_id="p", policy_version=1, policy_digest="0" * 64
    )


def test_a_person_settles_only_what_was_left_to_a_person() -> None:
    met = RuleResult(rule="consent_in_force", outcome=RuleOutcome.MET)
    refer = RuleResult(rule="single_face", outcome=RuleOutcome.FAILED, consequences=(Consequence.REFER,))
    retry = RuleResult(rule="sample_quality", outcome=RuleOutcome.INCONCLUSIVE, consequences=(Consequence.RETRY,))
    both = RuleResult(
        rule="single_face", outcome=RuleOutcome.FAILED, consequences=(Consequence.REFER, Consequence.RETRY)
    )
    assert left_to_a_person(decision(met, refer))
    assert not left_to_a_person(decision(met, refer, retry))
    assert not left_to_a_person(decision(met, both))
    assert not left_to_a_person(decision(met))
    assert not left_to_a_person(decision())
    assert not left_to_a_person(decision(refer, outcome=DecisionOutcome.REJECTED))


def test_how_a_policy_asks_for_two_persons() -> None:
    def review(text: str, refer: str = 'on_fail = "refer"') -> Review:
        return parse_policy(POLICY.format(review=text, refer=refer)).review

    assert review("") == review("review = {}") == review("review = { persons = 1 }", "") == ONE
    assert review("review = { persons = 2 }") == STRICTER
    assert review('review = { persons = 2, on_disagreement = "third_person" }') == THIRD
    with pytest.raises(PolicyError, match="review_needless"):
        review("review = { persons = 2 }", "")


def test_the_rule_of_review_is_part_of_the_digest() -> None:
    texts = ("", "review = { persons = 2 }", 'review = { persons = 2, on_disagreement = "third_person" }')
    digests = {parse_policy(POLICY.format(review=text, refer='on_fail = "refer"')).digest for text in texts}
    assert len(digests) == 3
