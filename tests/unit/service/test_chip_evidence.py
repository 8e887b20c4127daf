"""A chip's files as evidence: what counts, what is left alone, and what is refused for its size."""

import dataclasses
import io
import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from PIL import Image

from chip_holder import BORN, NUMBER, SURNAME, fields, files_of, personal_group, with_zone
from chip_pki import NOW, Chip, Pki, curve_key, face_record, name, portrait_group, revocation_list
from visavis.document.chip.trust_files import trust_store
from visavis.document.consistency import Place, said_by
from visavis.document.dates import PartialDate
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz.parse import parse_mrz
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.domain.reasons import REASONS
from visavis.errors import ChipError
from visavis.service.chip_evidence import MAX_CHIP_FILES, ChipExamination, examine_chip
from visavis.service.document_evidence import document_checks

TODAY = date(2026, 6, 1)
LATER = date(2031, 5, 4)


def jpeg(size: tuple[int, int] = (90, 120)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "grey").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(picture=jpeg())


def look(chip: Chip, **options: object) -> ChipExamination:
    store = trust_store(chip.trust, now=NOW)
    return examine_chip(files_of(chip), trust=store, now=NOW, today=TODAY, **options)  # type: ignore[arg-type]  # by name


def checks(chip: ChipExamination, *, years: int | None = None) -> dict[Check, Evidence]:
    found = {item.check: item for item in document_checks(chip=chip, years=years, today=TODAY)}
    assert all(code in REASONS for item in found.values() for code in item.reasons)
    return found


def test_a_whole_chip_proves_its_dates_and_gives_its_portrait(pki: Pki) -> None:
    chip = look(pki.chip(groups=with_zone(pki, fields(expires=LATER))))
    assert chip.proven
    assert chip.portrait is not None
    assert (chip.portrait.width, chip.portrait.height) == (90, 120)
    assert chip.portrait_reason is None
    found = checks(chip, years=18)
    assert {check: item.outcome for check, item in found.items()} == {
        Check.DOCUMENT_AUTHENTIC: Outcome.PASS,
        Check.DOCUMENT_VALIDITY: Outcome.PASS,
        Check.HOLDER_AGE: Outcome.PASS,
    }
    for check in (Check.DOCUMENT_VALIDITY, Check.HOLDER_AGE):
        assert found[check].details["proven"] is True
        assert found[check].details["source"] == "chip"


def test_nothing_of_the_holder_is_in_the_evidence(pki: Pki) -> None:
    found = checks(look(pki.chip(groups=with_zone(pki, fields(expires=LATER)))), years=41)
    for secret in (SURNAME, NUMBER, "1985", "850615", "2031", "310504"):
        assert secret not in repr(found)


def test_an_expired_document_and_a_young_holder(pki: Pki) -> None:
    zone = fields(expires=date(2026, 5, 31), born=date(2010, 1, 2))
    found = checks(look(pki.chip(groups=with_zone(pki, zone))), years=18)
    assert found[Check.DOCUMENT_AUTHENTIC].outcome is Outcome.PASS
    assert found[Check.DOCUMENT_VALIDITY].reasons == ("document_expired",)
    assert found[Check.HOLDER_AGE].reasons == ("holder_below_age",)


def one_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


Groups = dict[int, bytes]
FAULTS: dict[str, Callable[[Pki, Groups], Chip]] = {
    "chip_hash_mismatch": lambda pki, groups: pki.chip(listed=groups, groups={**groups, 2: one_bit(groups[2])}),
    "chip_signature_invalid": lambda pki, groups: pki.chip(
        groups=groups, signing=lambda signature: dataclasses.replace(signature, spoil=True)
    ),
    "chip_signer_untrusted": lambda pki, groups: pki.chip(groups=groups, trust=()),
    "chip_signer_expired": lambda pki, groups: pki.chip(
        groups=groups, profile=pki.signer(until=datetime(2023, 1, 1, tzinfo=UTC))
    ),
    "chip_signer_revoked": lambda pki, groups: pki.chip(
        groups=groups, trust=(pki.root_certificate, revocation_list(pki.name, pki.authority, [77]))
    ),
    "chip_signer_country_differs": lambda pki, groups: pki.chip(
        groups=groups, profile=pki.signer(subject=name("DS 1", country="FR"))
    ),
    "chip_algorithm_weak": lambda pki, groups: pki.chip(groups=groups, digest="sha1"),
    "chip_group_missing": lambda pki, groups: pki.chip(listed=groups, groups={1: groups[1]}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_reason_and_proves_nothing(pki: Pki, fault: str) -> None:
    chip = look(FAULTS[fault](pki, with_zone(pki, fields(expires=LATER))))
    found = checks(chip, years=18)
    assert found[Check.DOCUMENT_AUTHENTIC].reasons == (fault,)
    assert not chip.proven
    assert chip.portrait is None
    assert chip.portrait_reason == "not_proven"
    for check in (Check.DOCUMENT_VALIDITY, Check.HOLDER_AGE):
        assert found[check].details["proven"] is False


def test_a_changed_zone_says_nothing(pki: Pki) -> None:
    listed = with_zone(pki, fields(expires=date(2020, 1, 1), born=date(2015, 1, 1)))
    chip = look(pki.chip(listed=listed, groups=with_zone(pki, fields(expires=LATER))))
    assert chip.statement is None
    assert set(checks(chip, years=18)) == {Check.DOCUMENT_AUTHENTIC}


def test_a_whole_chip_with_a_portrait_that_cannot_be_read(pki: Pki) -> None:
    for record in (b"no face record", face_record(b"\xff\xd8\xff\xd9"), face_record(jpeg((6_000, 40)))):
        groups = {**with_zone(pki, fields(expires=LATER)), 2: portrait_group(record)}
        chip = look(pki.chip(groups=groups))
        assert chip.proven
        assert (chip.portrait, chip.portrait_reason) == (None, "chip_portrait_unreadable")


def test_the_chip_against_what_is_printed(pki: Pki) -> None:
    zone = fields(expires=LATER)
    chip = look(pki.chip(groups=with_zone(pki, zone)))
    printed = said_by(parse_mrz("\n".join(generate_mrz(zone, Format.TD3)), today=TODAY))
    found = {item.check: item for item in document_checks(chip=chip, printed=[printed], today=TODAY)}
    assert found[Check.DOCUMENT_CONSISTENT].outcome is Outcome.PASS
    forged = dataclasses.replace(printed, birth_date=PartialDate.of(date(1984, 6, 15)))
    found = {item.check: item for item in document_checks(chip=chip, printed=[forged], today=TODAY)}
    assert found[Check.DOCUMENT_CONSISTENT].reasons == ("birth_date_disagrees",)
    other = dataclasses.replace(printed, document_number="X123456Y7")
    found = {item.check: item for item in document_checks(chip=chip, printed=[other], today=TODAY)}
    assert found[Check.DOCUMENT_CONSISTENT].outcome is Outcome.FAIL


def test_a_full_year_in_dg11_settles_the_century(pki: Pki) -> None:
    zone = fields(expires=LATER, born=date(1920, 3, 1))
    short = look(pki.chip(groups=with_zone(pki, zone)))
    assert checks(short, years=18)[Check.HOLDER_AGE].outcome is Outcome.FAIL
    # EF.COM of the test's state knows DG11, and the list covers it
    whole = look(pki.chip(groups=with_zone(pki, zone, DG11=personal_group("19200301"))))
    assert checks(whole, years=100)[Check.HOLDER_AGE].outcome is Outcome.PASS
    for odd in ("19200302", "19210301", "19200300"):
        other = look(pki.chip(groups=with_zone(pki, zone, DG11=personal_group(odd))))
        assert checks(other, years=18)[Check.HOLDER_AGE].outcome is Outcome.FAIL
    listed = with_zone(pki, zone, DG11=personal_group("20200301"))
    changed = look(pki.chip(listed=listed, groups=with_zone(pki, zone, DG11=personal_group("19200301"))))
    assert checks(changed, years=18)[Check.HOLDER_AGE].outcome is Outcome.FAIL


def test_revocation_lists_can_be_required(pki: Pki) -> None:
    groups = with_zone(pki, fields(expires=LATER))
    chip = pki.chip(groups=groups, trust=(pki.root_certificate,))
    assert look(chip).proven
    assert "chip_revocation_unknown" in look(chip).authentic.reasons
    assert not look(chip, revocation_required=True).proven


def test_the_statement_is_of_the_chip(pki: Pki) -> None:
    chip = look(pki.chip(groups=with_zone(pki, fields(expires=LATER))))
    assert chip.statement is not None
    assert chip.statement.place is Place.CHIP
    assert chip.statement.birth_date == PartialDate.of(BORN)


def test_too_much_is_refused_before_anything_is_read(pki: Pki) -> None:
    store = trust_store((), now=NOW)
    with pytest.raises(ChipError) as caught:
        examine_chip((bytes([1]) for _ in range(10**9)), trust=store, now=NOW, today=TODAY)
    assert caught.value.code == "chip_files_too_many"
    with pytest.raises(ChipError) as caught:
        examine_chip([bytes(1_000_000)] * (MAX_CHIP_FILES - 1), trust=store, now=NOW, today=TODAY)
    assert caught.value.code == "chip_file_too_large"
    with pytest.raises(ChipError) as caught:
        examine_chip([], trust=store, now=NOW, today=TODAY)
    assert caught.value.code == "chip_sod_missing"


def test_no_damaged_chip_proves_anything_or_crashes() -> None:
    rng = random.Random(4)
    pki = Pki(authority=curve_key("secp256r1"), picture=jpeg())
    chip = pki.chip(
        profile=pki.signer(curve_key("secp256r1")),
        groups=with_zone(pki, fields(expires=LATER), DG11=personal_group("19850615")),
    )
    store = trust_store(chip.trust, now=NOW)
    assert examine_chip(files_of(chip), trust=store, now=NOW, today=TODAY).proven
    refused = proven = 0
    for _ in range(400):
        files = [bytearray(data) for data in (chip.sod, *chip.groups.values())]
        data = rng.choice(files[:3])  # DG11 may as well not have been read
        kind = rng.randrange(3)
        at = rng.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        try:
            found = examine_chip([bytes(item) for item in files], trust=store, now=NOW, today=TODAY)
        except ChipError:
            refused += 1
            continue
        proven += found.proven or found.portrait is not None
        document_checks(chip=found, years=18, today=TODAY)
    assert proven == 0
    assert refused > 20
