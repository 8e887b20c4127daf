"""A chip's signer against the state that is said to have issued the document: one state may not sign for another."""

from dataclasses import replace

import pytest

from chip_pki import MRZ, NOW, Chip, Pki, certificate, name, revocation_list, tlv
from visavis.document.chip.files import sort_files
from visavis.document.chip.issuing_state import same_state
from visavis.document.chip.passive import ChipFindings, authenticity, verify_chip
from visavis.document.chip.trust_files import trust_store
from visavis.document.mrz.states import STATES
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def look(chip: Chip) -> ChipFindings:
    files = sort_files([chip.sod, chip.com, *chip.groups.values()])
    findings = verify_chip(files, trust=trust_store(chip.trust, now=NOW), now=NOW)
    assert all(code in REASONS for code in findings.reasons)
    return findings


def issued_by(pki: Pki, state: str) -> dict[int, bytes]:
    text = MRZ.replace("P<UTO", f"P<{state:<<3}")
    assert len(text) == len(MRZ)
    return {**pki.groups, 1: tlv(0x61, tlv(0x5F1F, text.encode()))}


@pytest.mark.parametrize(
    ("state", "country", "same"),
    [
        ("D", "DE", True),
        ("DEU", "DE", True),
        ("UTO", "UT", True),
        ("AUT", "AT", True),
        ("CHE", "CH", True),
        ("CHN", "CN", True),
        ("CHN", "HK", True),
        ("CHL", "CN", False),
        ("GBD", "GB", True),
        ("BMU", "GB", True),
        ("FRA", "GB", False),
        ("UNO", "UN", True),
        ("RKS", "KS", True),
        ("IRL", "IE", True),
        ("IRL", "IR", False),
        ("FRA", "FRA", True),
        ("D", "", None),
        ("", "DE", None),
        ("QQQ", "QQ", None),
        ("XPO", "XP", None),
    ],
)
def test_states_and_countries(state: str, country: str, same: bool | None) -> None:
    assert same_state(state, country) is same


def test_no_two_states_but_those_named_share_a_country() -> None:
    letters = [chr(a) + chr(b) for a in range(65, 91) for b in range(65, 91)]
    countries = {state: {pair for pair in letters if same_state(state, pair)} for state in STATES}
    shared = {pair: sorted(s for s, known in countries.items() if pair in known) for pair in letters}
    several = {pair: states for pair, states in shared.items() if len(states) > 1}
    assert set(several) == {"DE", "GB", "UN", "HK", "MO"}
    assert several["HK"] == ["CHN", "HKG"]
    assert all(known for state, known in countries.items() if not state.startswith("X"))


def test_the_same_state_passes(pki: Pki) -> None:
    findings = look(pki.chip())
    assert findings.reasons == ("chip_authentic",)
    assert findings.signers[0].country_agrees is True
    assert authenticity(findings).details["signer_country_agrees"] is True


@pytest.mark.parametrize("state", ["FRA", "D", "USA"])
def test_a_trusted_state_may_not_sign_for_another(pki: Pki, state: str) -> None:
    findings = look(pki.chip(groups=issued_by(pki, state)))
    assert findings.outcome is Outcome.FAIL
    assert findings.reasons == ("chip_signer_country_differs",)
    assert findings.signers[0].country_agrees is False


def test_an_authority_of_another_state_above_the_signer_is_seen(pki: Pki) -> None:
    """The signer says UT as the document does; what is trusted is its authority, of another state."""
    foreign = Pki(authority=pki.authority)
    foreign.name = name("CSCA UTO", country="FR")
    foreign.root = replace(foreign.root, subject=foreign.name, issuer=foreign.name)
    foreign.root_certificate = certificate(foreign.root, foreign.authority)
    foreign.current = revocation_list(foreign.name, foreign.authority, [])
    findings = look(foreign.chip())
    assert findings.signers[0].country == "UT"
    assert findings.reasons == ("chip_signer_country_differs",)


@pytest.mark.parametrize("state", ["QQQ", "XPO"])
def test_a_state_that_is_not_known_gives_no_answer(pki: Pki, state: str) -> None:
    findings = look(pki.chip(groups=issued_by(pki, state)))
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_signer_country_unknown",)


def test_a_signed_zone_that_cannot_be_read_gives_no_answer(pki: Pki) -> None:
    groups = {**pki.groups, 1: tlv(0x61, tlv(0x5F1F, MRZ.encode() + b"<"))}
    assert look(pki.chip(groups=groups)).reasons == ("chip_signer_country_unknown",)


def test_a_changed_zone_is_told_as_changed_alone(pki: Pki) -> None:
    findings = look(pki.chip(listed=pki.groups, groups=issued_by(pki, "FRA")))
    assert findings.reasons == ("chip_hash_mismatch",)
    assert findings.signers[0].country_agrees is None


def test_without_a_trusted_chain_a_foreign_signer_is_told_all_the_same(pki: Pki) -> None:
    findings = look(pki.chip(groups=issued_by(pki, "FRA"), trust=()))
    assert findings.reasons == ("chip_signer_country_differs", "chip_signer_untrusted")
    unknown = look(pki.chip(groups=issued_by(pki, "QQQ"), trust=()))
    assert unknown.reasons == ("chip_signer_untrusted",)
