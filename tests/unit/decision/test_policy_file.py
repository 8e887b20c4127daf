"""Policy files: what is read, and every refusal by its code."""

import contextlib
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.comparison.calibration import Calibration
from visavis.decision.policy import Policy
from visavis.decision.policy_file import MAX_POLICY_BYTES, parse_policy
from visavis.decision.requirements import (
    BonaFidePresentation,
    ComparisonAtMostFmr,
    ConsentInForce,
    PadOperatingPoint,
    SampleQuality,
    Side,
    SingleFace,
)
from visavis.decision.vocabulary import (
    Disclosure,
    Lockout,
    OnFail,
    OnInconclusive,
    Protection,
    ReferenceSource,
    Requirement,
    TryLimit,
    Unsafe,
)
from visavis.domain.evidence import Check
from visavis.errors import PolicyError

WHOLE = """
id = "some_policy"
version = 2
title = "Prove something"
reference_source = ["chip", "document_portrait"]
binding = "order_digest"
grants = ["line.register", "line.receive"]
alternative = "in_person"
attempts = 3
ttl = "15m"
retention = { accepted = "0s", rejected = "0s", referred = "72h" }
disclose = ["family_name", "given_names"]

[[requires]]
rule = "consent_in_force"
[[requires]]
rule = "sample_quality"
minimum = 40
on = ["probe"]
on_inconclusive = "refer"
[[requires]]
rule = "bona_fide_presentation"
operating_point = "strict"
on_fail = "refer"
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""

UNSAFE = """
id = "some_trial"
version = 1
reference_source = ["document_portrait"]
alternative = "in_person"
attempts = 3
ttl = "15m"

[unsafe]
without = ["attack_detection", "consent"]
because = "It serves a test of the loader, and nothing else."

[[requires]]
rule = "single_face"
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""


def codes(error: PolicyError) -> list[str]:
    """The code of each line."""
    return re.findall(r"^  - .* \[([a-z_]+)\]$", error.message, flags=re.MULTILINE)


def refused(text: str, **more: object) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, **more)  # type: ignore[arg-type]  # options by name
    return caught.value


def test_every_key_is_read() -> None:
    policy = parse_policy(WHOLE)
    assert policy == Policy(
        id="some_policy",
        version=2,
        title="Prove something",
        reference_source=(ReferenceSource.CHIP, ReferenceSource.DOCUMENT_PORTRAIT),
        binding="order_digest",
        grants=("line.register", "line.receive"),
        alternative="in_person",
        attempts=3,
        ttl=timedelta(minutes=15),
        retention=policy.retention,
        disclose=(Disclosure.FAMILY_NAME, Disclosure.GIVEN_NAMES),
        requires=(
            Requirement(rule=ConsentInForce()),
            Requirement(rule=SampleQuality(minimum=40.0, on=(Side.PROBE,)), on_inconclusive=OnInconclusive.REFER),
            Requirement(rule=BonaFidePresentation(operating_point=PadOperatingPoint.STRICT), on_fail=OnFail.REFER),
            Requirement(rule=ComparisonAtMostFmr(fmr=1e-4)),
        ),
    )
    assert policy.retention.referred == timedelta(hours=72)
    assert policy.checks == {
        Check.CONSENT,
        Check.SAMPLE_QUALITY_PROBE,
        Check.ATTACK_DETECTION,
        Check.COMPARISON,
    }
    assert policy.rule(ComparisonAtMostFmr) == ComparisonAtMostFmr(fmr=1e-4)
    assert policy.rule(SingleFace) is None
    assert policy.warnings == ()


def test_nothing_is_kept_and_nothing_disclosed_unless_it_says_so() -> None:
    lean = re.sub(r"^(retention|disclose|grants|binding|title).*\n", "", WHOLE, flags=re.MULTILINE)
    policy = parse_policy(lean)
    assert policy.retention.accepted == policy.retention.rejected == policy.retention.referred == timedelta()
    assert (policy.disclose, policy.grants, policy.binding, policy.title) == ((), (), None, "")


@pytest.mark.parametrize(
    ("text", "span"),
    [("60s", timedelta(minutes=1)), ("15m", timedelta(minutes=15)), ("24h", timedelta(days=1)), ("1d", timedelta(1))],
)
def test_durations(text: str, span: timedelta) -> None:
    assert parse_policy(WHOLE.replace('ttl = "15m"', f'ttl = "{text}"')).ttl == span


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # keys
        ("attempts = 3", "atempts = 3", ["unknown_key", "key_missing"]),
        ("attempts = 3", "attempts = 3\nthreshold = 0.4", ["unknown_key"]),
        ('id = "some_policy"', "", ["key_missing"]),
        ("version = 2", "", ["key_missing"]),
        ('ttl = "15m"', "", ["key_missing"]),
        ('alternative = "in_person"', "", ["alternative_missing"]),
        ('alternative = "in_person"', 'alternative = ""', ["alternative_missing"]),
        ('alternative = "in_person"', 'alternative = "none"', ["alternative_missing"]),
        ('alternative = "in_person"', 'alternative = "In person"', ["alternative_invalid"]),
        # types and ranges
        ('id = "some_policy"', "id = 3", ["wrong_type"]),
        ('id = "some_policy"', 'id = "Some-Policy"', ["id_invalid"]),
        ('id = "some_policy"', 'id = "../up"', ["id_invalid"]),
        ('id = "some_policy"', f'id = "{"a" * 65}"', ["id_invalid"]),
        ("version = 2", "version = 0", ["version_invalid"]),
        ("version = 2", "version = 1.0", ["wrong_type"]),
        ("version = 2", "version = true", ["wrong_type"]),
        ('title = "Prove something"', 'title = "two\\nlines"', ["title_invalid"]),
        ("attempts = 3", "attempts = 0", ["attempts_out_of_range"]),
        ("attempts = 3", "attempts = -1", ["attempts_out_of_range"]),
        ("attempts = 3", "attempts = 11", ["attempts_out_of_range"]),
        ('ttl = "15m"', 'ttl = "59s"', ["ttl_out_of_range"]),
        ('ttl = "15m"', 'ttl = "25h"', ["ttl_out_of_range"]),
        ('ttl = "15m"', "ttl = 900", ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "15 m"', ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "15min"', ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "-15m"', ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "1.5h"', ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "15m\\n"', ["duration_invalid"]),
        ('ttl = "15m"', 'ttl = "99999999d"', ["duration_invalid"]),
        ('referred = "72h"', 'refered = "72h"', ["unknown_key"]),
        ('referred = "72h"', 'inconclusive = "1h"', ["unknown_key"]),
        ('referred = "72h"', 'referred = "91d"', ["retention_out_of_range"]),
        ('referred = "72h"', 'referred = "3"', ["duration_invalid"]),
        ('retention = { accepted = "0s", rejected = "0s", referred = "72h" }', 'retention = "0s"', ["wrong_type"]),
        # review
        ("attempts = 3", "attempts = 3\nreview = 2", ["wrong_type"]),
        ("attempts = 3", "attempts = 3\nreview = { person = 2 }", ["unknown_key"]),
        ("attempts = 3", 'attempts = 3\nreview = { persons = "2" }', ["wrong_type"]),
        ("attempts = 3", "attempts = 3\nreview = { persons = 0 }", ["review_persons_out_of_range"]),
        ("attempts = 3", "attempts = 3\nreview = { persons = 3 }", ["review_persons_out_of_range"]),
        ("attempts = 3", 'attempts = 3\nreview = { persons = 2, on_disagreement = "accept" }', ["unknown_word"]),
        ("attempts = 3", 'attempts = 3\nreview = { on_disagreement = "third_person" }', ["review_third_needless"]),
        # corrections
        ("attempts = 3", "attempts = 3\ncorrections = false", ["unknown_word"]),
        ("attempts = 3", 'attempts = 3\ncorrections = "all"', ["unknown_word"]),
        # distance
        ("attempts = 3", "attempts = 3\ndistance = 40", ["unknown_word"]),
        ("attempts = 3", 'attempts = 3\ndistance = "handheld"', ["unknown_word"]),
        # lockout
        ("attempts = 3", "attempts = 3\nlockout = 3", ["wrong_type"]),
        ("attempts = 3", "attempts = 3\nlockout = { documents = {} }", ["unknown_key"]),
        ("attempts = 3", "attempts = 3\nlockout = { document = 3 }", ["wrong_type"]),
        ("attempts = 3", "attempts = 3\nlockout = { document = { tries = 3, window = '1h' } }", ["key_missing"]),
        (
            "attempts = 3",
            "attempts = 3\nlockout = { document = { tries = 3, window = '1h', wait = 1, after = 2 } }",
            ["unknown_key", "duration_invalid"],
        ),
        (
            "attempts = 3",
            "attempts = 3\nlockout = { relying_party = { tries = 0, window = '8d', wait = '59s' } }",
            ["lockout_out_of_range"] * 3,
        ),
        # words
        ('"chip", ', '"Chip", ', ["unknown_word"]),
        ('"chip", ', '"chip", "chip", ', ["list_repeats"]),
        ('["chip", "document_portrait"]', "[]", ["reference_source_missing"]),
        ('["chip", "document_portrait"]', '"chip"', ["wrong_type"]),
        ('["chip", "document_portrait"]', '["chip", 1]', ["wrong_type"]),
        ('"family_name"', '"portrait"', ["unknown_word"]),
        ('"family_name"', '"given_names"', ["list_repeats"]),
        ('"order_digest"', '"order digest"', ["binding_invalid"]),
        ('"line.register"', '"line"', ["grant_invalid"]),
        ('"line.register"', '"Line.Register"', ["grant_invalid"]),
        ('"line.register"', '"line.*"', ["grant_invalid"]),
        ('"line.register"', '"line.receive"', ["list_repeats"]),
        # rules
        ('rule = "consent_in_force"', 'rule = "consent_in_forse"', ["unknown_rule", "consent_required"]),
        ('rule = "consent_in_force"', "rule = 3", ["unknown_rule", "consent_required"]),
        ('rule = "consent_in_force"', "", ["key_missing", "consent_required"]),
        ('rule = "consent_in_force"', 'rule = "single_face"', ["consent_required"]),
        ('rule = "consent_in_force"', 'rule = "consent_in_force"\non_fail = "refer"', ["rule_not_referable"]),
        ('rule = "consent_in_force"', 'rule = "consent_in_force"\non_inconclusive = "refer"', ["rule_not_referable"]),
        (
            'rule = "bona_fide_presentation"\noperating_point = "strict"',
            'rule = "single_face"',
            ["attack_detection_required"],
        ),
        (
            'rule = "sample_quality"',
            'rule = "comparison_at_most_fmr"\nfmr = 1e-3',
            ["unknown_parameter", "unknown_parameter"],
        ),
        (
            '[[requires]]\nrule = "consent_in_force"',
            '[[requires]]\nrule = "consent_in_force"\n[[requires]]\nrule = "consent_in_force"',
            ["rule_duplicate"],
        ),
        ('on_fail = "refer"', 'on_fail = "accept"', ["unknown_word", "attack_detection_required"]),
        ('on_inconclusive = "refer"', 'on_inconclusive = "accept"', ["unknown_word"]),
        ("fmr = 1e-4", "fnmr = 1e-4", ["unknown_parameter", "parameter_missing"]),
        ("fmr = 1e-4", "", ["parameter_missing"]),
        ("fmr = 1e-4", "fmr = 0.0", ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = 0.02", ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = -1e-4", ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = nan", ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = inf", ["parameter_invalid"]),
        ("fmr = 1e-4", 'fmr = "1e-4"', ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = true", ["parameter_invalid"]),
        ("fmr = 1e-4", "fmr = 1e-4\nthreshold = 0.4", ["unknown_parameter"]),
        (
            'operating_point = "strict"',
            'operating_point = "lenient"',
            ["parameter_invalid", "attack_detection_required"],
        ),
        ("minimum = 40", "minimum = 0", ["parameter_invalid"]),
        ("minimum = 40", "minimum = 101", ["parameter_invalid"]),
        ('on = ["probe"]', "on = []", ["parameter_invalid"]),
        ('on = ["probe"]', 'on = ["probe", "probe"]', ["parameter_invalid"]),
        ('on = ["probe"]', 'on = "probe"', ["parameter_invalid"]),
        ('on = ["probe"]', 'on = ["prob"]', ["parameter_invalid"]),
    ],
)
def test_every_problem_has_its_code(old: str, new: str, expected: list[str]) -> None:
    assert WHOLE.count(old) >= 1
    error = refused(WHOLE.replace(old, new, 1))
    assert error.code == "policy_invalid"
    assert codes(error) == expected


@pytest.mark.parametrize("rules", ["requires = []", ""])
def test_a_policy_that_asks_nothing_is_refused(rules: str) -> None:
    head = WHOLE[: WHOLE.index("[[requires]]")]
    assert codes(refused(head + rules)) == ["requires_empty"]


def test_rules_that_are_no_list_of_tables_are_refused() -> None:
    head = WHOLE[: WHOLE.index("[[requires]]")]
    assert "wrong_type" in codes(refused(head + 'requires = ["consent_in_force"]'))
    assert codes(refused(head + 'requires = "consent_in_force"')) == ["wrong_type"]
    assert codes(refused(head + '[requires]\nrule = "consent_in_force"')) == ["wrong_type"]


def test_all_problems_are_told_at_once_each_with_a_line_and_its_place() -> None:
    text = WHOLE.replace("attempts = 3", "attempts = 0").replace("fmr = 1e-4", "fnr = 1e-4").replace('"15m"', '"soon"')
    error = refused(text, subject="mine.toml")
    assert codes(error) == ["duration_invalid", "unknown_parameter", "parameter_missing", "attempts_out_of_range"]
    assert error.message.startswith("mine.toml cannot be used:")
    assert "requires[4].fnr: " in error.message
    assert "did you mean 'fmr'?" in error.message


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("attempts = 3", "atempts = 3", "attempts"),
        ("consent_in_force", "consent_in_forse", "consent_in_force"),
        ("family_name", "familyname", "family_name"),
        ('on = ["probe"]', 'on = ["prob"]', "probe"),
        ('"strict"', '"strickt"', "strict"),
        ("document_portrait", "document-portrait", "document_portrait"),
    ],
)
def test_a_typo_is_told_what_it_was_meant_to_be(old: str, new: str, meant: str) -> None:
    assert f"did you mean {meant!r}?" in refused(WHOLE.replace(old, new, 1)).message


def test_a_syntax_error_names_its_line() -> None:
    error = refused(WHOLE.replace("version = 2", "version = = 2"), subject="mine.toml")
    assert error.code == "policy_syntax"
    assert "line 3" in error.message
    assert "mine.toml" in error.message


@pytest.mark.parametrize("text", ["x = " + "[" * 5_000, "a" * 10, "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_refused(text: str) -> None:
    assert refused(text).code == "policy_syntax"


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(b"id = '\xff'")
    assert caught.value.code == "policy_syntax"


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    assert refused("#" * (MAX_POLICY_BYTES + 1)).code == "policy_too_large"


def test_no_policy_asks_more_rules_than_there_could_be() -> None:
    error = refused(WHOLE + '[[requires]]\nrule = "single_face"\n' * 40)
    assert "list_too_long" in codes(error)


def test_a_message_stays_short_whatever_the_file_holds() -> None:
    error = refused(WHOLE + f'[[requires]]\nrule = "{"x" * 5_000}"\n')
    assert len(error.message) < 1_000


# --- unsafe -----------------------------------------------------------------------------------------------------------


def test_an_unsafe_policy_is_refused_unless_it_is_asked_for_by_name() -> None:
    error = refused(UNSAFE)
    assert error.code == "policy_unsafe"
    assert "attack detection and consent" in error.message


def test_an_unsafe_policy_warns() -> None:
    policy = parse_policy(UNSAFE, allow_unsafe=True)
    assert policy.unsafe == Unsafe(
        without=(Protection.ATTACK_DETECTION, Protection.CONSENT),
        because="It serves a test of the loader, and nothing else.",
    )
    assert len(policy.warnings) == 1
    assert "unsafe" in policy.warnings[0]
    assert "nothing else" in policy.warnings[0]


def test_only_what_it_names_may_be_missing() -> None:
    text = UNSAFE.replace('"attack_detection", "consent"', '"attack_detection"')
    assert codes(refused(text, allow_unsafe=True)) == ["consent_required"]
    text = UNSAFE.replace('"attack_detection", "consent"', '"consent"')
    assert codes(refused(text, allow_unsafe=True)) == ["attack_detection_required"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("attempts = 3", 'attempts = 3\ngrants = ["line.register"]', ["unsafe_grants"]),
        ("attempts = 3", 'attempts = 3\ndisclose = ["family_name"]', ["unsafe_discloses"]),
        ('rule = "single_face"', 'rule = "consent_in_force"', ["unsafe_contradiction"]),
        (
            '"attack_detection", "consent"',
            "",
            ["unsafe_without_empty", "consent_required", "attack_detection_required"],
        ),
        ('"consent"]', '"consent", "document"]', ["unknown_word", "consent_required", "attack_detection_required"]),
        ("It serves a test of the loader, and nothing else.", "because", ["unsafe_because_invalid"]),
        ("It serves a test of the loader, and nothing else.", " " * 40, ["unsafe_because_invalid"]),
        (
            "It serves a test of the loader, and nothing else.",
            "two lines of reason\\nare too many",
            ["unsafe_because_invalid"],
        ),
        ("because = ", "why = ", ["unknown_key", "key_missing", "consent_required", "attack_detection_required"]),
        ('alternative = "in_person"', "", ["alternative_missing"]),
    ],
)
def test_an_unsafe_policy_can_do_no_harm(old: str, new: str, expected: list[str]) -> None:
    assert codes(refused(UNSAFE.replace(old, new, 1), allow_unsafe=True)) == expected


def test_a_policy_that_looks_at_no_face_has_nothing_to_bypass() -> None:
    head = UNSAFE[: UNSAFE.index("[[requires]]")]
    error = refused(head + '[[requires]]\nrule = "document_authentic"\n', allow_unsafe=True)
    assert codes(error) == ["unsafe_needless"]


def test_a_policy_that_looks_at_no_face_needs_no_consent_to_one() -> None:
    head = WHOLE[: WHOLE.index("[[requires]]")]
    assert parse_policy(head + '[[requires]]\nrule = "document_authentic"\n').requires


# --- made in Python ---------------------------------------------------------------------------------------------------


def test_a_policy_made_in_python_is_held_to_the_same() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(id="X", version=0, alternative="none", attempts=0, ttl=timedelta(), requires=())
    assert caught.value.code == "policy_invalid"
    assert codes(caught.value) == [
        "id_invalid",
        "version_invalid",
        "alternative_missing",
        "attempts_out_of_range",
        "ttl_out_of_range",
        "requires_empty",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        ComparisonAtMostFmr(fmr=0.5),
        ComparisonAtMostFmr(fmr=float("nan")),
        ComparisonAtMostFmr(fmr=float("inf")),
        SampleQuality(minimum=0.0),
        SampleQuality(minimum=50.0, on=()),
        SampleQuality(minimum=50.0, on=(Side.PROBE, Side.PROBE)),
    ],
)
def test_a_rule_made_in_python_is_held_to_its_ranges(rule: ComparisonAtMostFmr | SampleQuality) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(
            id="some_policy",
            version=1,
            reference_source=(ReferenceSource.CHIP,),
            alternative="in_person",
            attempts=1,
            ttl=timedelta(minutes=5),
            requires=(
                Requirement(rule=ConsentInForce()),
                Requirement(rule=BonaFidePresentation(operating_point=PadOperatingPoint.STRICT)),
                Requirement(rule=rule),
            ),
        )
    assert codes(caught.value) == ["parameter_invalid"]


# --- calibration ------------------------------------------------------------------------------------------------------

SMALL = Calibration.from_toml(
    f"""
    format = 1
    curve = [[0.1, 300, 1], [0.5, 0, 10]]
    [model]
    name = "some_model"
    version = "1"
    digest = "{"ab" * 32}"
    [data]
    name = "made-up set"
    description = "Numbers made up for a test."
    date = 2026-01-02
    images = 200
    identities = 100
    genuine_trials = 100
    impostor_trials = 3000
    dependence = "None."
    """
)


def test_a_rate_that_the_calibration_cannot_support_is_refused_at_load() -> None:
    error = refused(WHOLE, calibration=SMALL)
    assert codes(error) == ["fmr_not_supported"]
    assert "requires[4].fmr: " in error.message
    assert "30,000" in error.message
    assert parse_policy(WHOLE.replace("1e-4", "1e-3"), calibration=SMALL).id == "some_policy"


def test_the_operating_point_is_that_of_the_calibration() -> None:
    point = parse_policy(WHOLE.replace("1e-4", "1e-3")).comparison_point(SMALL)
    assert point is not None
    assert point.threshold == 0.5
    assert point.fmr_asked == 1e-3


def test_no_calibration_no_operating_point() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(WHOLE).comparison_point(None)
    assert caught.value.code == "calibration_missing"
    with pytest.raises(PolicyError) as caught:
        parse_policy(WHOLE).comparison_point(SMALL)
    assert caught.value.code == "fmr_not_supported"


def test_a_policy_without_a_comparison_needs_no_calibration() -> None:
    head = WHOLE[: WHOLE.index("[[requires]]")]
    assert parse_policy(head + '[[requires]]\nrule = "document_authentic"\n').comparison_point(None) is None


# --- digest -----------------------------------------------------------------------------------------------------------


def test_the_digest_is_stable() -> None:
    # moving it means that every policy in use gets another digest: only with a new form, and a word in the changelog
    assert parse_policy(WHOLE).digest == "a7096402e9328fdb0e44ba718cb8c56f3610533fb94fe3cbbaa2d21f90a9ccf5"


TEN_A_DAY = 'lockout = { document = { tries = 10, window = "1d", wait = "60m" } }'


def test_a_younger_key_moves_the_digest_only_where_it_says_something_new() -> None:
    def digest(*lines: str) -> str:
        return parse_policy(WHOLE.replace("attempts = 3", "\n".join(["attempts = 3", *lines]))).digest

    plain = digest()
    assert digest("review = { persons = 1 }") == plain
    assert digest(TEN_A_DAY) == digest("lockout = {}") == plain
    stricter = digest(TEN_A_DAY.replace("10", "9"))
    party = digest('lockout = { relying_party = { tries = 10, window = "1d", wait = "60m" } }')
    assert digest('distance = "hand_held"') == plain
    kiosk, counter = digest('distance = "kiosk"'), digest('distance = "counter"')
    assert len({plain, stricter, party, kiosk, counter, digest("review = { persons = 2 }")}) == 6


def test_the_numbers_of_a_lockout_are_read() -> None:
    text = 'attempts = 3\nlockout = { relying_party = { tries = 50, window = "1h", wait = "7d" } }'
    lockout = parse_policy(WHOLE.replace("attempts = 3", text)).lockout
    assert lockout.relying_party == TryLimit(tries=50, window=timedelta(hours=1), wait=timedelta(days=7))
    assert lockout.document == Lockout().document


def test_the_digest_does_not_move_with_what_means_nothing() -> None:
    digest = parse_policy(WHOLE).digest
    for old, new in (
        ("attempts = 3", "# a comment\nattempts   =   3"),
        ('ttl = "15m"', 'ttl = "900s"'),
        ('"line.register", "line.receive"', '"line.receive", "line.register"'),
        ('rule = "consent_in_force"', 'rule = "consent_in_force"\non_fail = "reject"'),
        ("minimum = 40", "minimum = 40.0"),
        ("fmr = 1e-4", "fmr = 0.0001"),
        ('accepted = "0s", ', ""),
    ):
        assert parse_policy(WHOLE.replace(old, new, 1)).digest == digest, new


def test_the_digest_moves_with_everything_that_means_something() -> None:
    digests = {parse_policy(WHOLE).digest}
    changes = [
        ("some_policy", "another_policy"),
        ("version = 2", "version = 3"),
        ("Prove something", "Prove another thing"),
        ('"chip", "document_portrait"', '"document_portrait", "chip"'),
        ("order_digest", "payment_digest"),
        ('"line.register", ', ""),
        ("in_person", "by_post"),
        ("attempts = 3", "attempts = 4"),
        ('"15m"', '"16m"'),
        ('"72h"', '"71h"'),
        ('"family_name", ', ""),
        ("minimum = 40", "minimum = 41"),
        ('on = ["probe"]', 'on = ["probe", "reference"]'),
        ('on_inconclusive = "refer"', 'on_inconclusive = "retry"'),
        ('on_fail = "refer"', 'on_fail = "reject"'),
        ('"strict"', '"standard"'),
        ("1e-4", "1e-5"),
    ]
    for old, new in changes:
        assert old in WHOLE
        digests.add(parse_policy(WHOLE.replace(old, new, 1)).digest)
    assert len(digests) == len(changes) + 1


# --- anything at all --------------------------------------------------------------------------------------------------


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_text_is_a_policy_or_a_coded_refusal(text: str | bytes) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text, allow_unsafe=True)


VALUES = ["true", "0", "-1", "1e400", "nan", '""', '"x"', "[]", "[[]]", "{}", "1979-05-27", '["a", 1]', "{ a = {} }"]


@given(st.data())
def test_any_key_may_hold_any_value_and_gets_a_coded_refusal_or_is_read(data: st.DataObject) -> None:
    lines = WHOLE.splitlines()
    place = data.draw(st.sampled_from([i for i, line in enumerate(lines) if "=" in line]))
    key = lines[place].split("=")[0]
    lines[place] = f"{key}= {data.draw(st.sampled_from(VALUES))}"
    with contextlib.suppress(PolicyError):
        policy = parse_policy("\n".join(lines), allow_unsafe=True)
        assert policy.alternative
        assert policy.rule(ConsentInForce) is not None
        assert policy.rule(BonaFidePresentation) is not None
