"""Thousands of damaged chips: each is refused by a code or told to be not whole; none passes, none crashes."""

import random
from collections import Counter
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from chip_pki import MRZ, NOW, Pki, curve_key, face_block, face_record, integer, oid, portrait_group, seq, tlv
from visavis.document.chip.files import sort_files
from visavis.document.chip.lds import (
    read_active_key,
    read_common,
    read_document_details,
    read_mrz,
    read_personal_details,
    read_security_infos,
)
from visavis.document.chip.passive import verify_chip
from visavis.document.chip.portrait import read_portraits
from visavis.document.chip.trust_files import trust_store
from visavis.domain.evidence import Outcome
from visavis.errors import ChipError, PictureError

DAMAGED = {"sod": 3_000, "group": 500}
PARSED = 2_400
TRUST = 400
Mutation = Callable[[bytearray, random.Random], None]


def turn_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_bytes(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 2, 4))):
        data[rng.randrange(len(data))] = rng.choice((0x00, 0x02, 0x06, 0x30, 0x31, 0x7F, 0x80, 0x84, 0xA0, 0xFF))


def cut(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randrange(1, 40)]


def double(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randrange(1, 40)]


def end_early(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def go_on(data: bytearray, rng: random.Random) -> None:
    data += rng.randbytes(rng.randrange(1, 40))


def swap(data: bytearray, rng: random.Random) -> None:
    size = rng.randrange(1, 30)
    one, two = (rng.randrange(max(1, len(data) - size)) for _ in range(2))
    data[one : one + size], data[two : two + size] = data[two : two + size], data[one : one + size]


MUTATIONS: tuple[Mutation, ...] = (turn_bits, turn_bits, set_bytes, cut, double, end_early, go_on, swap)


def mutated(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    rng.choice(MUTATIONS)(out, rng)
    return bytes(out)


@pytest.mark.parametrize("which", ["sod", "group"])
def test_no_damaged_chip_passes_or_crashes(which: str) -> None:
    pki = Pki(authority=curve_key("secp256r1"))
    chip = pki.chip(profile=pki.signer(curve_key("secp256r1")))
    store = trust_store(chip.trust, now=NOW)
    rng = random.Random(20_260_601)
    ends: Counter[str] = Counter()
    for _ in range(DAMAGED[which]):
        sod, groups = chip.sod, dict(chip.groups)
        if which == "sod":
            sod = mutated(sod, rng)
            if sod == chip.sod:
                continue
        else:
            number = rng.choice(list(groups))
            damaged = mutated(groups[number], rng)
            if damaged == groups[number]:
                continue
            groups[number] = damaged
        try:
            findings = verify_chip(sort_files([sod, chip.com, *groups.values()]), trust=store, now=NOW)
        except ChipError as error:
            ends[error.code] += 1
            continue
        ends[findings.outcome.value] += 1
        assert findings.outcome is not Outcome.PASS
    assert sum(ends.values()) > 0.95 * DAMAGED[which]
    assert ends[Outcome.FAIL.value] > 100 or which == "sod"


def test_no_damaged_group_crashes_its_reader() -> None:
    out = BytesIO()
    Image.new("RGB", (64, 64), (90, 120, 150)).save(out, "JPEG2000")
    picture = out.getvalue()
    readers: list[tuple[Callable[[bytes], object], bytes]] = [
        (read_common, tlv(0x60, tlv(0x5F01, b"0107"), tlv(0x5F36, b"040000"), tlv(0x5C, b"\x61\x75"))),
        (read_mrz, tlv(0x61, tlv(0x5F1F, MRZ.encode()))),
        (read_portraits, portrait_group(face_record(picture))),
        (read_portraits, portrait_group(face_block(picture), tagged=True)),
        (read_personal_details, tlv(0x6B, tlv(0x5C), tlv(0x5F0E, b"A<<B"), tlv(0xA0, tlv(0x5F0F, b"C")))),
        (read_document_details, tlv(0x6C, tlv(0x5C), tlv(0x5F26, b"20240131"), tlv(0x5F55, bytes(7)))),
        (read_security_infos, tlv(0x6E, tlv(0x31, seq(oid("0.4.0.127.0.7.2.2.4.2.4"), integer(2), integer(13))))),
        (read_active_key, tlv(0x6F, curve_key("brainpoolP256r1").public())),
    ]
    rng = random.Random(7)
    for _ in range(PARSED // len(readers)):
        for reader, data in readers:
            try:
                reader(mutated(data, rng))
            except (ChipError, PictureError):
                continue


def test_no_damaged_trust_file_crashes() -> None:
    pki = Pki(authority=curve_key("secp256r1"))
    rng = random.Random(8)
    refused = 0
    for _ in range(TRUST // 2):
        for data in (pki.root_certificate, pki.current):
            try:
                trust_store([mutated(data, rng)], now=NOW)
            except ChipError:
                refused += 1
    assert refused > TRUST // 4
