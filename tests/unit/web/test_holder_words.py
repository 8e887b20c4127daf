"""What holders read: whole in both languages, for every reason and every policy, and nothing in it is legalese."""

import re
import string
from datetime import timedelta

import pytest

from store_material import POLICY
from visavis.decision.library import PolicyLibrary
from visavis.decision.policy import Policy
from visavis.decision.policy_file import parse_policy
from visavis.decision.vocabulary import Disclosure
from visavis.domain.consent import Controller
from visavis.domain.reasons import REASONS
from visavis.domain.states import STATES, Conclusion
from visavis.errors import StateError
from visavis.service.notices import Notice, make_notice
from visavis.web.words import LANGUAGES, Words, load_words, nearest_language

PARTY = Controller(id="p", name="An {operator}", contact="privacy@operator.example")
POLICIES = [PolicyLibrary().load(name, allow_unsafe=True) for name in PolicyLibrary().names()]
ADDRESSED_TO_OTHERS = re.compile(
    r"\b(certificate|clip|file|policy|holder|operating point|challenge)s?\b", re.IGNORECASE
)
FILES_ALONE = {
    "challenge_not_given",
    "recorded_file",
    "challenge_age_unknown",
    "challenge_reuse_unknown",
    "answer_to_another",
    "answer_not_bound",
    "frames_before_challenge",
}
"""Of a recording that somebody hands in as a file; a capture of the service has none of them but by a mistake."""


@pytest.fixture(params=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Words:
    return load_words(request.param)


def test_both_languages_say_the_same_things(words: Words) -> None:
    english = load_words("en")
    assert words.sentences.keys() == english.sentences.keys()
    for key, text in words.sentences.items():
        assert text.strip() == text or key.startswith("list.")
        assert text
        assert set(marks(text)) <= set(marks(english.sentences[key])), key


def test_every_reason_has_words_in_every_language(words: Words) -> None:
    """A new code needs its line in each `reasons.*.json`, or holders read English."""
    assert words.reasons.keys() == REASONS.keys()
    for code, reason in words.reasons.items():
        assert reason.code == code
        assert reason.text
        if words.language.startswith("zh"):
            assert chinese(reason.text), code
            assert not reason.advice or chinese(reason.advice), code
            assert bool(reason.advice) >= bool(REASONS[code].advice), code


def test_reasons_speak_to_holders(words: Words) -> None:
    """None sends them to the keeper of certificates, and none talks of them as of somebody else."""
    if words.language != "en":
        return
    met = {code: reason for code, reason in words.reasons.items() if code not in FILES_ALONE}
    found = {code for code, reason in met.items() if ADDRESSED_TO_OTHERS.search(f"{reason.text} {reason.advice}")}
    assert found <= ALLOWED


ALLOWED = frozenset(
    {
        # what the signature on a chip rests on has no plainer word
        "chip_signer_expired",
        "chip_signer_not_yet_valid",
    }
)


def test_states_and_ends_have_words(words: Words) -> None:
    for name in {*STATES, *Conclusion} - {"decided"}:
        assert words.say(f"state.{name}", party="P")
    for name in Disclosure:
        assert words.say(f"field.{name}")


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_policy_that_ships_has_a_whole_notice(words: Words, policy: Policy) -> None:
    notice = make_notice(policy, PARTY, words, fetch_within=timedelta(days=1))
    # a name that looks like a mark stays as it is: what is filled in is never filled in again
    assert "An {operator}" in notice.text
    assert marks(notice.text.replace("{operator}", "")) == []
    assert words.say(f"alternative.{policy.alternative}") in notice.text
    for name in policy.disclose:
        assert words.say(f"field.{name}") in notice.section("told").paragraphs[0]
    assert all(len(paragraph) < 400 for section in notice.sections for paragraph in section.paragraphs)
    if words.language.startswith("zh"):
        assert all(chinese(paragraph) for section in notice.sections for paragraph in section.paragraphs)


def test_the_notice_says_what_the_policy_does(words: Words) -> None:
    policy = parse_policy(POLICY)
    usual = make_notice(policy, PARTY, words, fetch_within=timedelta(days=1))
    keeps_none = parse_policy(POLICY.replace('retention = { referred = "72h" }\n', ""))
    assert len(usual.section("kept").paragraphs) == len(fresh(keeps_none, words).section("kept").paragraphs) + 1
    tells_none = parse_policy(POLICY.replace('disclose = ["family_name", "document_number"]\n', ""))
    assert fresh(tells_none, words).section("told").paragraphs == (words.say("notice.told.nothing"),)
    aged = parse_policy(POLICY + '\n[[requires]]\nrule = "holder_at_least_years"\nyears = 21\n')
    assert any("21" in line for line in fresh(aged, words).section("told").paragraphs)
    assert len({usual.digest, fresh(keeps_none, words).digest, fresh(tells_none, words).digest}) == 3


def test_a_purpose_and_a_way_of_the_sites_own_are_said_by_their_names(words: Words) -> None:
    text = POLICY.replace('alternative = "in_person"', 'alternative = "video_call"')
    notice = fresh(parse_policy(text.replace("version = 1", 'version = 1\ntitle = "Change of line."')), words)
    assert notice.purpose == "Change of line"
    assert "video call" in notice.alternative
    assert fresh(parse_policy(text), words).purpose == "change of line"


def test_the_digest_holds_for_the_very_text(words: Words) -> None:
    notice = fresh(parse_policy(POLICY), words)
    notice.check(notice.digest)
    for other in ("", "0" * 64, notice.digest.upper()):
        with pytest.raises(StateError) as caught:
            notice.check(other)
        assert caught.value.code == "notice_changed"


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("en-GB",), "en"),
        (("zh-Hans-CN",), "zh-CN"),
        (("zh",), "zh-CN"),
        (("zh-Hant", "zh-CN"), "zh-CN"),
        (("zh-TW",), "en"),
        (("fr", "zh"), "zh-CN"),
        ((None, "", "*"), "en"),
    ],
)
def test_the_nearest_language(wanted: tuple[str | None, ...], language: str) -> None:
    assert nearest_language(*wanted) == language


def test_spans_are_said_in_the_largest_unit(words: Words) -> None:
    spans = {timedelta(hours=72): "3", timedelta(hours=25): "25", timedelta(minutes=15): "15", timedelta(days=1): "1"}
    for span, number in spans.items():
        assert words.span(span).startswith(number)
    assert words.span(timedelta(seconds=5)) == words.say("span.minute")


def fresh(policy: Policy, words: Words) -> Notice:
    return make_notice(policy, PARTY, words, fetch_within=timedelta(days=1))


def marks(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
