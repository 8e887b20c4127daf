"""The rules about the document: what is read, what is proven, and an age without a birth date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.decision.library import PolicyLibrary
from visavis.decision.policy_file import parse_policy
from visavis.decision.requirements import (
    DocumentAuthentic,
    DocumentNotExpired,
    Failure,
    HolderAtLeastYears,
    Rule,
    Success,
    Verdict,
)
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.domain.reasons import REASONS
from visavis.errors import PolicyError

POLICY = """
id = "some_policy"
version = 1
alternative = "in_person"
attempts = 1
ttl = "5m"
[[requires]]
rule = "{rule}"
{parameter}
"""


def found(check: Check, outcome: Outcome, *reasons: str, **details: Detail) -> Evidence:
    return Evidence(check=check, outcome=outcome, reasons=reasons, details=details)


def told(rule: Rule, item: Evidence) -> Verdict:
    return rule.evaluate(EvidenceSet((item,)))


def reasons(rule: Rule, item: Evidence) -> tuple[str, ...]:
    verdict = told(rule, item)
    assert isinstance(verdict, Failure)
    assert set(verdict.reasons) <= set(REASONS)
    return verdict.reasons


def authentic(outcome: Outcome, *codes: str) -> Evidence:
    return found(Check.DOCUMENT_AUTHENTIC, outcome, *codes)


def test_a_whole_chain_needs_no_revocation_list_unless_the_policy_asks_for_one() -> None:
    noted = authentic(Outcome.PASS, "chip_authentic", "chip_revocation_unknown")
    assert told(DocumentAuthentic(), noted) == Success()
    verdict = told(DocumentAuthentic(revocation_known=True), noted)
    assert isinstance(verdict, Failure)
    assert not verdict.failed
    assert verdict.reasons == ("chip_revocation_unknown",)
    assert told(DocumentAuthentic(revocation_known=True), authentic(Outcome.PASS, "chip_authentic")) == Success()


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED])
@pytest.mark.parametrize("known", [True, False])
def test_nothing_but_a_pass_is_authentic_and_the_findings_keep_their_reasons(outcome: Outcome, known: bool) -> None:
    rule = DocumentAuthentic(revocation_known=known)
    assert reasons(rule, authentic(outcome, "chip_signer_untrusted", "chip_revocation_unknown")) == (
        "chip_signer_untrusted",
        "chip_revocation_unknown",
    )


def dated(check: Check, outcome: Outcome, proven: Detail = None, **details: Detail) -> Evidence:
    more = details if proven is None else {"proven": proven, **details}
    return found(check, outcome, **more)


VALID: list[tuple[type[DocumentNotExpired] | type[HolderAtLeastYears], dict[str, int], Check, dict[str, Detail]]] = [
    (DocumentNotExpired, {}, Check.DOCUMENT_VALIDITY, {}),
    (HolderAtLeastYears, {"years": 18}, Check.HOLDER_AGE, {"years_asked": 18}),
]


@pytest.mark.parametrize(("kind", "values", "check", "details"), VALID)
def test_what_is_only_read_is_taken_unless_the_policy_wants_it_proven(
    kind: type[DocumentNotExpired], values: dict[str, bool], check: Check, details: dict[str, Detail]
) -> None:
    for proven in (None, False, True, "true", 1):
        item = dated(check, Outcome.PASS, proven, **details)
        assert told(kind(**values), item) == Success()
        strict = kind(**values, proven=True)
        if proven is True:
            assert told(strict, item) == Success()
        else:
            verdict = told(strict, item)
            assert isinstance(verdict, Failure)
            assert not verdict.failed
            assert verdict.reasons == ("not_proven",)


@pytest.mark.parametrize(("kind", "values", "check", "details"), VALID)
@pytest.mark.parametrize("proven", [True, False])
def test_a_fail_counts_wherever_it_was_read(
    kind: type[DocumentNotExpired],
    values: dict[str, bool],
    check: Check,
    details: dict[str, Detail],
    proven: bool,
) -> None:
    verdict = told(kind(**values, proven=True), dated(check, Outcome.FAIL, proven, **details))
    assert isinstance(verdict, Failure)
    assert verdict.failed
    assert verdict.reasons == ("check_failed",)


@given(asked=st.integers(1, 120), measured=st.integers(1, 120), outcome=st.sampled_from([Outcome.PASS, Outcome.FAIL]))
def test_an_age_counts_at_the_years_asked_for(asked: int, measured: int, outcome: Outcome) -> None:
    verdict = told(HolderAtLeastYears(years=asked), found(Check.HOLDER_AGE, outcome, years_asked=measured))
    if outcome is Outcome.PASS:
        assert (verdict == Success()) is (measured >= asked)
        assert not isinstance(verdict, Failure) or not verdict.failed
    else:
        assert isinstance(verdict, Failure)
        assert verdict.failed is (measured <= asked)


@pytest.mark.parametrize("years", [None, True, "18", 18.0, 0, -1])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_an_age_that_nobody_states_tells_nothing(years: Detail, outcome: Outcome) -> None:
    item = found(Check.HOLDER_AGE, outcome, years_asked=years)
    assert reasons(HolderAtLeastYears(years=18), item) == ("operating_point_unknown",)


@pytest.mark.parametrize(
    ("rule", "parameter", "code"),
    [
        ("holder_at_least_years", "", "parameter_missing"),
        ("holder_at_least_years", "years = 0", "parameter_invalid"),
        ("holder_at_least_years", "years = 121", "parameter_invalid"),
        ("holder_at_least_years", "years = 17.5", "parameter_invalid"),
        ("holder_at_least_years", "years = true", "parameter_invalid"),
        ("holder_at_least_years", "years = 18\nbirth_date = true", "unknown_parameter"),
        ("document_not_expired", 'proven = "yes"', "parameter_invalid"),
        ("document_not_expired", "proven = 1", "parameter_invalid"),
        ("document_authentic", 'revocation_known = "no"', "parameter_invalid"),
        ("document_consistent", "proven = true", "unknown_parameter"),
    ],
)
def test_parameters_that_are_none_are_refused(rule: str, parameter: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(POLICY.format(rule=rule, parameter=parameter))
    assert f"[{code}]" in caught.value.message


def test_the_parameters_are_read_and_move_the_digest() -> None:
    plain = parse_policy(POLICY.format(rule="document_authentic", parameter=""))
    strict = parse_policy(POLICY.format(rule="document_authentic", parameter="revocation_known = true"))
    assert strict.requires[0].rule == DocumentAuthentic(revocation_known=True)
    assert plain.digest != strict.digest
    aged = parse_policy(POLICY.format(rule="holder_at_least_years", parameter="years = 21\nproven = true"))
    assert aged.requires[0].rule == HolderAtLeastYears(years=21, proven=True)
    assert aged.checks == {Check.HOLDER_AGE}


def test_a_policy_that_ships_asks_an_age_and_discloses_nothing() -> None:
    library = PolicyLibrary()
    policies = [library.load(name, allow_unsafe=True) for name in library.names()]
    asking = [policy for policy in policies if policy.rule(HolderAtLeastYears) is not None]
    assert asking
    for policy in asking:
        assert policy.disclose == ()
        rule = policy.rule(HolderAtLeastYears)
        assert rule is not None
        assert rule.proven
        assert policy.rule(DocumentAuthentic) is not None


def test_what_grants_a_line_or_a_gate_asks_for_a_document_that_is_whole() -> None:
    library = PolicyLibrary()
    for name in library.names():
        policy = library.load(name, allow_unsafe=True)
        if any(grant.startswith(("line.", "gate.")) for grant in policy.grants):
            assert {Check.DOCUMENT_AUTHENTIC, Check.DOCUMENT_CONSISTENT, Check.DOCUMENT_VALIDITY} <= policy.checks
