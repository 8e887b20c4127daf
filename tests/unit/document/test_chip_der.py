"""The scan before any parser: what it refuses, how fast, and in how little memory."""

import time
import tracemalloc
from dataclasses import replace

import pytest

from chip_pki import (
    LDS_SECURITY_OBJECT,
    Pki,
    Signature,
    bits,
    certificate,
    integer,
    name,
    oid,
    security_object,
    seq,
    signed_data,
    tlv,
)
from visavis.document.chip.certificates import read_certificate
from visavis.document.chip.der import Limits, read, scan
from visavis.document.chip.security_object import read_security_object
from visavis.errors import ChipError

LIMITS = Limits()
DEEP = 2_000
BUDGET_S = 0.05
BUDGET_BYTES = 32_000_000


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = seq(data)
    return data


def long_arc(octets: int) -> bytes:
    return tlv(0x06, b"\x2a" + b"\xff" * (octets - 2) + b"\x01")


EXCESSIVE = "chip_encoding_excessive"
BROKEN = "chip_encoding_broken"
REFUSED = [
    ("one_megabyte_arc", tlv(0x30, long_arc(1_000_000)), "chip_file_too_large"),
    ("arc_as_large_as_the_file", tlv(0x30, long_arc(60_000)), EXCESSIVE),
    ("many_arcs", tlv(0x30, tlv(0x06, b"\x2a" * 65)), EXCESSIVE),
    ("arc_of_twenty_octets", tlv(0x30, tlv(0x06, b"\x2a" + b"\x81" * 19 + b"\x01")), EXCESSIVE),
    ("arc_without_end", tlv(0x30, tlv(0x06, b"\x2a\x81")), BROKEN),
    ("identifier_without_content", tlv(0x30, tlv(0x06)), BROKEN),
    ("nested_two_thousand_times", nested(DEEP), EXCESSIVE),
    ("nested_once_too_deep", nested(LIMITS.depth + 2), EXCESSIVE),
    ("integer_too_long", tlv(0x30, tlv(0x02, bytes(LIMITS.integer + 1))), EXCESSIVE),
    ("integer_without_content", tlv(0x30, tlv(0x02)), BROKEN),
    ("text_too_long", tlv(0x30, tlv(0x0C, bytes(LIMITS.text + 1))), EXCESSIVE),
    ("time_too_long", tlv(0x30, tlv(0x17, bytes(LIMITS.short + 1))), EXCESSIVE),
    ("too_many_elements", tlv(0x30, b"\x05\x00" * 30_000), EXCESSIVE),
    ("indefinite_length", b"\x30\x80\x05\x00\x00\x00", BROKEN),
    ("length_not_the_shortest", b"\x30\x81\x02\x05\x00", BROKEN),
    ("length_with_leading_zero", b"\x30\x82\x00\x80" + bytes(0x80), BROKEN),
    ("length_beyond_the_end", b"\x30\x84\x7f\xff\xff\xff\x05\x00", BROKEN),
    ("length_of_nine_octets", b"\x30\x89" + b"\xff" * 9, BROKEN),
    ("inner_beyond_the_outer", b"\x30\x02\x05\x01\x00", BROKEN),
    ("bytes_after_the_end", tlv(0x30, integer(1)) + b"\x00", BROKEN),
    ("tag_without_end", b"\x3f\xff\xff\xff\xff\x00", BROKEN),
    ("tag_alone", b"\x30", BROKEN),
    ("nothing", b"", BROKEN),
]


@pytest.mark.parametrize(("data", "code"), [item[1:] for item in REFUSED], ids=[item[0] for item in REFUSED])
def test_what_is_too_much_is_refused_soon_and_in_little_memory(data: bytes, code: str) -> None:
    begun = time.process_time()
    with pytest.raises(ChipError) as caught:
        scan(data, "A file", limits=LIMITS)
    spent = time.process_time() - begun
    assert caught.value.code == code
    assert spent < BUDGET_S
    tracemalloc.start()
    with pytest.raises(ChipError):
        scan(data, "A file", limits=LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUDGET_BYTES


@pytest.mark.parametrize("data", [item[1] for item in REFUSED], ids=[item[0] for item in REFUSED])
def test_the_same_inside_an_eds_signed_file(data: bytes) -> None:
    """As a whole EF.SOD, and inside the octets of a certificate's extension, where a scan of the file does not look."""
    for whole in (data, tlv(0x77, data)):
        with pytest.raises(ChipError):
            read_security_object(whole)
    hidden = seq(oid("2.5.29.35"), tlv(0x04, data))
    someone = seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0C, b"X"))))
    moment = tlv(0x17, b"240101000000Z")
    algorithm = seq(oid("1.2.840.10045.4.3.2"))
    spki = seq(seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), bits(bytes(65)))
    body = seq(
        tlv(0xA0, integer(2)),
        integer(1),
        algorithm,
        someone,
        seq(moment, moment),
        someone,
        spki,
        tlv(0xA3, seq(hidden)),
    )
    with pytest.raises(ChipError):
        read_certificate(seq(body, algorithm, bits(b"")))


def test_what_is_right_is_read() -> None:
    data = tlv(0x30, integer(5), tlv(0x5F1F, b"TEXT"), tlv(0xA0, tlv(0x04, bytes(300))))
    whole = read(data, 0x30, "A file", limits=LIMITS)
    assert [element.tag for element in whole] == [0x02, 0x5F1F, 0xA0]
    assert whole.get(0x5F1F, "A file").content == b"TEXT"
    assert whole.whole == data
    assert whole.find(0x31) is None
    scan(nested(LIMITS.depth), "A file", limits=LIMITS)
    scan(b"\x30\x81\x02\x05\x00", "A file", limits=Limits(minimal=False))
    scan(tlv(0x30, tlv(0x06, b"\x69" + b"\x83" + b"\xff" * 17 + b"\x7f")), "A file", limits=LIMITS)  # a UUID


def test_another_tag_is_another_file() -> None:
    with pytest.raises(ChipError) as caught:
        read(tlv(0x30, integer(5)), 0x77, "EF.SOD", limits=LIMITS)
    assert caught.value.code == "chip_content_broken"
    assert "EF.SOD" in caught.value.message


def test_long_names_cost_little() -> None:
    """A letter that unfolds into eighteen, in as many certificates as a file may hold."""
    pki = Pki()
    profile = replace(pki.signer(), subject=name("ﷺ" * 320), issuer=name("ﷺ" * 320))
    held = [certificate(profile, pki.authority)] * 13
    content = security_object(pki.groups)
    sod = signed_data(content, [Signature(profile.key, profile)], held, content_type=LDS_SECURITY_OBJECT)
    begun = time.process_time()
    read_security_object(tlv(0x77, sod))
    assert time.process_time() - begun < 2 * BUDGET_S
