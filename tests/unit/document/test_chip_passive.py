"""Passive authentication: each algorithm passes, and each single fault yields exactly its own outcome."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chip_pki import (
    LDS_SECURITY_OBJECT,
    MASTER_LIST,
    MASTER_LIST_SIGNER,
    MRZ,
    NOW,
    SIGNED_AT,
    Chip,
    Key,
    Pki,
    Profile,
    Signature,
    certificate,
    common,
    curve_key,
    explicit,
    integer,
    name,
    oid,
    revocation_list,
    rsa_key,
    security_object,
    seq,
    signed_data,
    tlv,
)
from visavis.document.chip.curves import CURVES
from visavis.document.chip.der import Element
from visavis.document.chip.files import ChipFiles, sort_files
from visavis.document.chip.passive import (
    ChipFindings,
    GroupState,
    SignatureState,
    authenticity,
    verify_chip,
)
from visavis.document.chip.trust import ChainState, Revocation, TrustStore
from visavis.document.chip.trust_files import read_master_list, trust_store
from visavis.domain.evidence import Check, Outcome
from visavis.domain.reasons import REASONS
from visavis.errors import ChipError

NUMBERS = {curve.name: {key: getattr(curve, key) for key in "pabxyn"} for curve in CURVES}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def look(chip: Chip, **options: object) -> ChipFindings:
    files = sort_files([chip.sod, chip.com, *chip.groups.values()])
    store = trust_store(chip.trust, now=NOW)
    findings = verify_chip(files, trust=store, now=NOW, **options)  # type: ignore[arg-type]  # passed on by name
    assert all(code in REASONS for code in findings.reasons)
    return findings


def test_a_whole_chip_passes(pki: Pki) -> None:
    findings = look(pki.chip())
    assert findings.outcome is Outcome.PASS
    assert findings.reasons == ("chip_authentic",)
    assert findings.groups == {1: GroupState.MATCHES, 2: GroupState.MATCHES}
    signer = findings.signers[0]
    assert (signer.signature, signer.signed_at, signer.signed_at_rule) == (
        SignatureState.VALID,
        SIGNED_AT,
        "signing_time",
    )
    assert signer.chain is not None
    assert (signer.chain.state, signer.chain.revocation) == (ChainState.TRUSTED, Revocation.CLEAR)
    assert (findings.index_agrees, signer.country) == (True, "UT")


def test_the_evidence_is_of_its_check_and_names_nobody(pki: Pki) -> None:
    evidence = authenticity(look(pki.chip()))
    assert (evidence.check, evidence.outcome) == (Check.DOCUMENT_AUTHENTIC, Outcome.PASS)
    assert "ERIKSSON" not in repr(evidence)
    assert "L898902C3" in MRZ
    assert "L898902C3" not in repr(evidence)


STRONG = [
    *(("rsa", digest) for digest in ("sha224", "sha256", "sha384", "sha512")),
    *(("pss", digest) for digest in ("sha224", "sha256", "sha384", "sha512")),
    *(
        (curve, "sha256")
        for curve in ("secp224r1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1")
    ),
    *(("brainpoolP512r1", digest) for digest in ("sha224", "sha384", "sha512")),
]


def make_key(kind: str, digest: str) -> Key:
    return Key(rsa_key(2_048), kind, digest) if kind in ("rsa", "pss") else curve_key(kind, digest)


@pytest.mark.parametrize(("kind", "digest"), STRONG)
def test_every_algorithm_passes(pki: Pki, kind: str, digest: str) -> None:
    key = make_key(kind, digest)
    assert look(pki.chip(profile=pki.signer(key), digest=digest)).reasons == ("chip_authentic",)


@pytest.mark.parametrize("kind", ["rsa", "pss", "secp256r1", "brainpoolP512r1"])
def test_every_family_signs_certificates(kind: str) -> None:
    assert look(Pki(authority=make_key(kind, "sha256")).chip()).reasons == ("chip_authentic",)


@pytest.mark.parametrize(
    "curve",
    ["secp224r1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"],
)
def test_an_explicit_curve_that_is_known_passes(pki: Pki, curve: str) -> None:
    key = explicit(curve_key(curve), NUMBERS[curve])
    findings = look(pki.chip(profile=pki.signer(key)))
    assert findings.reasons == ("chip_authentic",)
    assert curve in findings.signers[0].key


@pytest.mark.parametrize("number", list("pabxyn"))
def test_an_explicit_curve_with_one_number_bent_is_unknown(pki: Pki, number: str) -> None:
    key = explicit(curve_key("brainpoolP256r1"), NUMBERS["brainpoolP256r1"], bent=number)
    findings = look(pki.chip(profile=pki.signer(key)))
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_algorithm_unsupported",)
    assert findings.signers[0].unsupported == ("an unknown curve",)


@pytest.mark.parametrize("curve", ["brainpoolP192r1", "brainpoolP224r1", "brainpoolP320r1"])
def test_curves_that_cannot_be_loaded_are_named(pki: Pki, curve: str) -> None:
    by_name = {item.name: item for item in CURVES}[curve]
    spki = seq(seq(oid("1.2.840.10045.2.1"), oid(by_name.oid)), tlv(0x03, b"\0\4", bytes(2 * by_name.bits // 8)))
    key = replace(curve_key("brainpoolP256r1"), spki=spki)
    findings = look(pki.chip(profile=pki.signer(key)))
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_algorithm_unsupported",)
    assert findings.signers[0].unsupported == (f"the curve {curve}",)


def weak_digest(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(curve_key("secp256r1", "sha1")))


def weak_list(pki: Pki) -> Chip:
    return pki.chip(digest="sha1")


def weak_rsa(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(Key(rsa_key(1_024), "rsa")))


def weak_curve(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(curve_key("secp192r1")))


def weak_certificate(pki: Pki) -> Chip:
    return pki.chip(issued_by=replace(pki.authority, digest="sha1"))


@pytest.mark.parametrize("make", [weak_digest, weak_list, weak_rsa, weak_curve, weak_certificate])
def test_weak_algorithms_are_verified_and_do_not_pass(pki: Pki, make: Callable[[Pki], Chip]) -> None:
    findings = look(make(pki))
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_algorithm_weak",)
    assert findings.signers[0].signature is SignatureState.VALID


def changed_group(pki: Pki) -> Chip:
    chip = pki.chip()
    return replace(chip, groups={**chip.groups, 1: chip.groups[1].replace(b"L898902C3", b"L898902C4")})


def added_group(pki: Pki) -> Chip:
    chip = pki.chip()
    return replace(chip, groups={**chip.groups, 11: tlv(0x6B, tlv(0x5C))})


def signing(**changes: object) -> Callable[[Pki], Chip]:
    return lambda pki: pki.chip(signing=lambda item: replace(item, **changes))  # type: ignore[arg-type]


def changed_list(pki: Pki) -> Chip:
    """The signature stays right: only the digest attribute tells that the list is another one."""
    digest = hashlib.sha256(security_object(pki.groups)).digest()
    forged = {**pki.groups, 1: pki.groups[1].replace(b"L898902C3", b"L898902C4")}
    return pki.chip(groups=forged, signing=lambda item: replace(item, message_digest=digest))


def another_key(pki: Pki) -> Chip:
    """Another one signs, under the certificate of the state's signer."""
    return pki.chip(signing=lambda item: replace(item, key=curve_key("brainpoolP256r1")))


def forged_signer(pki: Pki) -> Chip:
    """A certificate that names the authority's key, and says something else than that key signed."""
    chip = pki.chip()
    forged = chip.sod.replace(b"DS UTO 1", b"DS UTO 2")
    assert forged != chip.sod
    return replace(chip, sod=forged)


def self_made(pki: Pki) -> Chip:
    own = curve_key("brainpoolP384r1", "sha384")
    return pki.chip(issued_by=own)


def span(since: datetime, until: datetime) -> Callable[[Pki], Chip]:
    return lambda pki: pki.chip(profile=pki.signer(since=since, until=until))


def expired_authority(pki: Pki) -> Chip:
    root = replace(pki.root, until=SIGNED_AT - timedelta(days=1))
    return pki.chip(trust=(certificate(root, pki.authority), pki.current))


def revoked(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(serial=4711))


def revoked_on_an_old_list(pki: Pki) -> Chip:
    old = revocation_list(
        pki.name, pki.authority, [4711], since=datetime(2025, 1, 1, tzinfo=UTC), until=datetime(2025, 2, 1, tzinfo=UTC)
    )
    return pki.chip(profile=pki.signer(serial=4711), trust=(pki.root_certificate, old))


FAULTS: list[tuple[str, Callable[[Pki], Chip], str]] = [
    ("group_changed", changed_group, "chip_hash_mismatch"),
    ("group_added", added_group, "chip_group_unlisted"),
    ("list_changed", changed_list, "chip_signature_invalid"),
    ("signature_bit", signing(spoil=True), "chip_signature_invalid"),
    ("content_type_attribute", signing(content_type="1.2.840.113549.1.7.1"), "chip_signature_invalid"),
    ("message_digest", signing(message_digest=bytes(32)), "chip_signature_invalid"),
    ("no_attributes", signing(attributes=False), "chip_signature_invalid"),
    ("another_key", another_key, "chip_signature_invalid"),
    ("content_type", lambda pki: pki.chip(content_type="1.2.840.113549.1.7.1"), "chip_signature_invalid"),
    ("signer_certificate_bit", forged_signer, "chip_signer_forged"),
    ("signer_revoked", revoked, "chip_signer_revoked"),
    ("signer_revoked_on_an_old_list", revoked_on_an_old_list, "chip_signer_revoked"),
    (
        "signer_expired",
        span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)),
        "chip_signer_expired",
    ),
    (
        "signer_not_yet",
        span(datetime(2024, 7, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)),
        "chip_signer_not_yet_valid",
    ),
    ("signed_in_future", signing(signed_at=NOW + timedelta(days=3)), "chip_signer_not_yet_valid"),
    ("authority_expired", expired_authority, "chip_signer_expired"),
]


@pytest.mark.parametrize(("make", "code"), [item[1:] for item in FAULTS], ids=[item[0] for item in FAULTS])
def test_a_single_fault_fails_with_its_own_code(pki: Pki, make: Callable[[Pki], Chip], code: str) -> None:
    findings = look(make(pki))
    assert findings.outcome is Outcome.FAIL
    assert findings.reasons == (code,)


def untrusted_store(pki: Pki) -> Chip:
    other = Pki()
    return pki.chip(trust=(other.root_certificate, other.current))


def without_basic_constraints(pki: Pki) -> Chip:
    return pki.chip(trust=(certificate(replace(pki.root, ca=None), pki.authority), pki.current))


def not_for_certificates(pki: Pki) -> Chip:
    return pki.chip(trust=(certificate(replace(pki.root, usage=0x02), pki.authority), pki.current))


def another_name(pki: Pki) -> Chip:
    elsewhere = name("CSCA ELSEWHERE")
    root = replace(pki.root, subject=elsewhere, issuer=elsewhere)
    return pki.chip(trust=(certificate(root, pki.authority), pki.current))


def authority_as_signer(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(ca=True, usage=0x86))


def signer_not_for_signatures(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(usage=0x20))


def unknown_critical(pki: Pki) -> Chip:
    return pki.chip(profile=pki.signer(critical="1.3.6.1.4.1.99999.1"))


UNTRUSTED = [
    self_made,
    untrusted_store,
    without_basic_constraints,
    not_for_certificates,
    another_name,
    authority_as_signer,
    signer_not_for_signatures,
    unknown_critical,
]


@pytest.mark.parametrize("make", UNTRUSTED)
def test_who_is_not_vouched_for_is_untrusted(pki: Pki, make: Callable[[Pki], Chip]) -> None:
    findings = look(make(pki))
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_signer_untrusted",)
    assert findings.signers[0].chain is not None
    assert findings.signers[0].chain.notes


def test_an_empty_store_trusts_nobody(pki: Pki) -> None:
    findings = look(pki.chip(trust=()))
    assert (findings.outcome, findings.store_empty) == (Outcome.INCONCLUSIVE, True)
    assert findings.reasons == ("chip_signer_untrusted",)


def test_attributes_in_another_order_are_signed_in_theirs(pki: Pki) -> None:
    assert look(pki.chip(signing=lambda item: replace(item, reverse=True))).outcome is Outcome.PASS


def test_a_signer_may_be_named_by_key_id(pki: Pki) -> None:
    assert look(pki.chip(signing=lambda item: replace(item, by_key_id=True))).outcome is Outcome.PASS


def test_names_match_whatever_their_case_and_spaces(pki: Pki) -> None:
    issued = replace(pki.signer(), issuer=name("csca  uto", "ut"))
    assert look(pki.chip(profile=issued)).outcome is Outcome.PASS


def test_a_signer_may_be_named_in_another_spelling(pki: Pki) -> None:
    """Issuers write one name as PrintableString here and as UTF8String there."""
    spelt = name("CSCA UTO").replace(b"\x0c\x08CSCA", b"\x13\x08CSCA")
    assert spelt != name("CSCA UTO")
    other = replace(pki.signer(), issuer=spelt)
    assert look(pki.chip(signing=lambda item: replace(item, profile=other))).outcome is Outcome.PASS


def test_without_key_ids_the_name_alone_leads_up() -> None:
    pki = Pki()
    root = certificate(replace(pki.root, key_ids=False), pki.authority)
    chip = pki.chip(profile=pki.signer(key_ids=False), trust=(root, pki.current))
    assert look(chip).outcome is Outcome.PASS


def test_critical_extensions_of_travel_documents_are_taken(pki: Pki) -> None:
    assert look(pki.chip(profile=pki.signer(critical="2.5.29.16"))).outcome is Outcome.PASS
    assert look(pki.chip(profile=pki.signer(critical="2.23.136.1.1.6.2"))).outcome is Outcome.PASS


@pytest.mark.parametrize("with_link", [True, False])
def test_a_link_certificate_carries_trust_to_a_new_key(pki: Pki, with_link: bool) -> None:
    new = curve_key("brainpoolP512r1", "sha512")
    link = certificate(Profile(pki.name, pki.name, 9, new, ca=True, usage=0x06), pki.authority)
    trust = (pki.root_certificate, *([link] if with_link else []))
    findings = look(pki.chip(issued_by=new, trust=trust))
    chain = findings.signers[0].chain
    assert chain is not None
    if with_link:
        assert findings.reasons == ("chip_authentic", "chip_revocation_unknown")
        assert len(chain.path) == 2
    else:
        assert findings.reasons == ("chip_signer_untrusted",)


def test_a_link_without_an_anchor_is_no_trust(pki: Pki) -> None:
    new = curve_key("brainpoolP512r1", "sha512")
    link = certificate(Profile(pki.name, pki.name, 9, new, ca=True, usage=0x06), pki.authority)
    assert look(pki.chip(issued_by=new, trust=(link,))).reasons == ("chip_signer_untrusted",)


def test_a_list_signed_with_the_states_newer_key_counts(pki: Pki) -> None:
    new = curve_key("brainpoolP512r1", "sha512")
    link = certificate(Profile(pki.name, pki.name, 9, new, ca=True, usage=0x06), pki.authority)
    crl = revocation_list(pki.name, new, [77])
    assert look(pki.chip(trust=(pki.root_certificate, link, crl))).reasons == ("chip_signer_revoked",)
    stranger = revocation_list(pki.name, curve_key("secp256r1"), [77])
    assert look(pki.chip(trust=(pki.root_certificate, stranger))).reasons == (
        "chip_authentic",
        "chip_revocation_unknown",
    )


def test_an_unknown_revocation_is_told_and_stops_where_it_is_required(pki: Pki) -> None:
    chip = pki.chip(trust=(pki.root_certificate,))
    assert look(chip).reasons == ("chip_authentic", "chip_revocation_unknown")
    strict = look(chip, revocation_required=True)
    assert (strict.outcome, strict.reasons) == (Outcome.INCONCLUSIVE, ("chip_revocation_unknown",))
    old = revocation_list(
        pki.name, pki.authority, [], since=datetime(2025, 1, 1, tzinfo=UTC), until=datetime(2025, 2, 1, tzinfo=UTC)
    )
    stale = look(pki.chip(trust=(pki.root_certificate, old)))
    assert stale.signers[0].chain is not None
    assert stale.signers[0].chain.revocation is Revocation.STALE


def details_group(day: bytes) -> bytes:
    return tlv(0x6C, tlv(0x5C, b"\x5f\x26"), tlv(0x5F26, day))


def test_the_time_of_signing_and_its_rules(pki: Pki) -> None:
    groups = {**pki.groups, 12: details_group(b"20230203")}
    none = look(pki.chip(signing=lambda item: replace(item, signed_at=None)))
    given = look(pki.chip(signing=lambda item: replace(item, signed_at=None)), issued_on=date(2023, 5, 5))
    issued = look(pki.chip(groups=groups, signing=lambda item: replace(item, signed_at=None)))
    assert [item.signers[0].signed_at_rule for item in (none, given, issued)] == [
        "now",
        "date_of_issue_given",
        "date_of_issue",
    ]
    assert issued.signers[0].signed_at == datetime(2023, 2, 3, 12, tzinfo=UTC)
    # a certificate that has expired since did its work while it was valid
    late = pki.signer(until=datetime(2025, 1, 1, tzinfo=UTC))
    assert look(pki.chip(profile=late)).outcome is Outcome.PASS
    without = look(pki.chip(profile=late, signing=lambda item: replace(item, signed_at=None)))
    assert without.reasons == ("chip_signer_expired",)


def two_signers(pki: Pki, second: Key, **changes: object) -> Chip:
    first, other = pki.signer(), pki.signer(second, serial=78)
    content = security_object(pki.groups)
    infos = [Signature(first.key, first), replace(Signature(second, other), **changes)]  # type: ignore[arg-type]
    held = [certificate(profile, pki.authority) for profile in (first, other)]
    sod = tlv(0x77, signed_data(content, infos, held, content_type=LDS_SECURITY_OBJECT))
    return replace(pki.chip(), sod=sod)


def test_of_several_signers_one_whole_one_is_enough_unless_one_is_forged(pki: Pki) -> None:
    strong, weak = curve_key("secp384r1", "sha384"), curve_key("secp256r1", "sha1")
    assert look(two_signers(pki, strong)).reasons == ("chip_authentic",)
    assert look(two_signers(pki, weak)).reasons == ("chip_authentic",)
    assert look(two_signers(pki, strong, spoil=True)).reasons == ("chip_signature_invalid",)


def test_a_chip_without_its_portrait_is_not_whole(pki: Pki) -> None:
    chip = pki.chip()
    partial = replace(chip, groups={1: chip.groups[1]})
    findings = look(partial)
    assert (findings.outcome, findings.reasons) == (Outcome.INCONCLUSIVE, ("chip_group_missing",))
    assert findings.groups[2] is GroupState.NOT_READ


def test_a_table_of_contents_that_disagrees_is_a_note(pki: Pki) -> None:
    findings = look(replace(pki.chip(), com=common([1])))
    assert findings.reasons == ("chip_authentic", "chip_index_disagrees")


def test_md5_is_no_digest_here(pki: Pki) -> None:
    chip = pki.chip(signing=lambda item: replace(item, digest_oid="1.2.840.113549.2.5"))
    with pytest.raises(ChipError):  # announced is another one
        look(chip)
    sha256 = tlv(0x31, seq(oid("2.16.840.1.101.3.4.2.1")))
    md5 = tlv(0x31, seq(oid("1.2.840.113549.2.5")))
    announced = replace(chip, sod=rewrap(chip.sod, sha256, md5))
    assert look(announced).reasons == ("chip_algorithm_unsupported",)


def rewrap(sod: bytes, old: bytes, new: bytes) -> bytes:
    """One part of the CMS structure exchanged, and the lengths around it mended."""
    inner = Element(sod, 0x77, 0, 4, len(sod)).only(0x30, "")
    kind, wrapped = list(inner)
    body = wrapped.only(0x30, "").content.replace(old, new, 1)
    return tlv(0x77, seq(kind.whole, tlv(0xA0, seq(body))))


def test_now_needs_a_zone(pki: Pki) -> None:
    with pytest.raises(ValueError, match="zone"):
        verify_chip(ChipFiles(sod=pki.chip().sod), trust=TrustStore(), now=datetime(2026, 1, 1))  # noqa: DTZ001


# --- master lists -----------------------------------------------------------------------------------------------


def master_list(
    pki: Pki, *, extended: str = MASTER_LIST_SIGNER, content_type: str = MASTER_LIST, spoil: bool = False
) -> bytes:
    key = curve_key("secp256r1")
    profile = Profile(name("ML SIGNER"), pki.name, 5, key, extended=extended)
    content = seq(integer(0), tlv(0x31, pki.root_certificate, Pki().root_certificate, seq(integer(1))))
    return signed_data(
        content,
        [Signature(key, profile, spoil=spoil)],
        [certificate(profile, pki.authority)],
        content_type=content_type,
    )


def test_a_master_list_is_a_trust_store(pki: Pki) -> None:
    read = read_master_list(master_list(pki), now=NOW)
    assert (len(read.authorities), read.skipped, read.signer_chain.state) == (2, 1, ChainState.TRUSTED)
    assert look(pki.chip(trust=(master_list(pki), pki.current))).reasons == ("chip_authentic",)


@pytest.mark.parametrize("fault", [{"extended": ""}, {"content_type": LDS_SECURITY_OBJECT}, {"spoil": True}])
def test_a_master_list_that_is_not_signed_for_is_refused(pki: Pki, fault: dict[str, object]) -> None:
    with pytest.raises(ChipError) as caught:
        trust_store([master_list(pki, **fault)], now=NOW)  # type: ignore[arg-type]
    assert caught.value.code == "master_list_invalid"


def test_pem_with_several_parts_is_read(pki: Pki) -> None:
    import base64

    def pem(label: str, data: bytes) -> bytes:
        return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n".encode()

    both = pem("CERTIFICATE", pki.root_certificate) + pem("X509 CRL", pki.current)
    assert look(pki.chip(trust=(both,))).reasons == ("chip_authentic",)
    with pytest.raises(ChipError) as caught:
        trust_store([seq(integer(1))], now=NOW)
    assert caught.value.code == "trust_file_unknown"


def test_a_real_chip_of_2008(test_data: Path) -> None:
    """A specimen that the German BSI published: brainpoolP224r1 spelt out, SHA-1, and nobody to vouch for it."""
    folder = test_data / "vectors" / "emrtd" / "bsi2008"
    if not folder.is_dir():
        pytest.skip("the published specimen of 2008 is not here")
    files = sort_files(file.read_bytes() for file in sorted(folder.iterdir()))
    findings = verify_chip(files, trust=TrustStore(), now=NOW)
    assert findings.outcome is Outcome.INCONCLUSIVE
    assert findings.reasons == ("chip_algorithm_unsupported", "chip_algorithm_weak", "chip_signer_untrusted")
    assert {number for number, state in findings.groups.items() if state is GroupState.MATCHES} == {1, 2}
    assert findings.signers[0].unsupported == ("the curve brainpoolP224r1",)
    assert findings.signers[0].signature is SignatureState.UNSUPPORTED
