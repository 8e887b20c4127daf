"""A witness' word: always with a reason where it is not a pass."""

import pytest

from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured


def test_the_six_witnesses() -> None:
    assert [witness.value for witness in Witness] == [
        "active",
        "structure",
        "light",
        "passive",
        "continuity",
        "injection",
    ]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_MEASURED])
def test_every_outcome_but_a_pass_says_why(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="gives no reason"):
        WitnessEvidence(witness=Witness.LIGHT, outcome=outcome)


def test_what_was_not_measured_is_no_pass() -> None:
    evidence = not_measured(Witness.STRUCTURE)
    assert evidence.outcome is Outcome.NOT_MEASURED
    assert set(evidence.reasons) <= set(REASONS)
    assert not_measured(Witness.LIGHT, "check_inconclusive").reasons == ("check_inconclusive",)
