"""The files of a chip: what they say, and what is refused."""

from datetime import date
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from chip_pki import MRZ, bits, common, curve_key, face_block, face_record, integer, oid, portrait_group, seq, tlv
from visavis.document.chip.files import ChipFiles, sort_files
from visavis.document.chip.keys import PublicKey
from visavis.document.chip.lds import (
    SecurityInfo,
    read_active_key,
    read_common,
    read_document_details,
    read_mrz,
    read_personal_details,
    read_security_infos,
)
from visavis.document.chip.portrait import decode_portrait, read_portraits
from visavis.errors import ChipError, PictureError

WIDTH, HEIGHT = 64, 80


def picture(kind: str) -> bytes:
    ramp = np.linspace(0, 255, WIDTH * HEIGHT * 3).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)
    out = BytesIO()
    options = {"no_jp2": True} if kind == "codestream" else {}
    Image.fromarray(ramp).save(out, "JPEG" if kind == "jpeg" else "JPEG2000", **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "jp2", "codestream"])
@pytest.mark.parametrize("tagged", [False, True])
def test_a_portrait_is_read_in_both_encodings(kind: str, tagged: bool) -> None:
    data = picture(kind)
    block = face_block(data) if tagged else face_record(data)
    (found,) = read_portraits(portrait_group(block, tagged=tagged))
    assert (found.data, found.width, found.height) == (data, WIDTH, HEIGHT)
    assert found.media_type == ("image/jpeg" if kind == "jpeg" else "image/jp2")
    assert found.encoding == ("ISO/IEC 39794-5" if tagged else "ISO/IEC 19794-5")
    assert decode_portrait(found).pixels.shape == (HEIGHT, WIDTH, 3)


def test_a_wrapped_face_block_and_several_portraits_are_read() -> None:
    data = picture("jpeg")
    assert read_portraits(portrait_group(tlv(0xA1, face_block(data)), tagged=True))[0].data == data
    assert len(read_portraits(portrait_group(face_record(data, data)))) == 2


def test_a_false_size_is_refused_before_decoding() -> None:
    data = picture("jp2")
    at = data.index(b"\xff\x51") + 6
    false = data[:at] + (20_000).to_bytes(4, "big") * 2 + data[at + 8 :]
    at = data.index(b"ihdr") + 4
    false = false[:at] + (20_000).to_bytes(4, "big") * 2 + false[at + 8 :]
    (found,) = read_portraits(portrait_group(face_record(false)))
    assert (found.width, found.height) == (20_000, 20_000)
    with pytest.raises(PictureError) as caught:
        decode_portrait(found)
    assert caught.value.code == "picture_too_large"


RECORD = face_record(picture("jpeg"))


@pytest.mark.parametrize(
    "block",
    [
        b"FAC\0",
        b"FIR" + RECORD[3:],
        RECORD[:4] + b"030\0" + RECORD[8:],
        RECORD[:8] + (len(RECORD) + 1).to_bytes(4, "big") + RECORD[12:],
        RECORD[:12] + b"\0\2" + RECORD[14:],
        RECORD[:12] + b"\0\0" + RECORD[14:],
        RECORD[:14] + b"\xff\xff\xff\xff" + RECORD[18:],
        RECORD[:18] + b"\xff\xff" + RECORD[20:],
        face_record(b"GIF89a"),
    ],
)
def test_a_face_record_that_does_not_add_up_is_refused(block: bytes) -> None:
    with pytest.raises(ChipError) as caught:
        read_portraits(portrait_group(block))
    assert caught.value.code == "chip_content_broken"


def test_the_zone_is_given_in_lines() -> None:
    assert read_mrz(tlv(0x61, tlv(0x5F1F, MRZ.encode()))) == (MRZ[:44], MRZ[44:])
    assert [len(line) for line in read_mrz(tlv(0x61, tlv(0x5F1F, b"<" * 90)))] == [30, 30, 30]
    assert [len(line) for line in read_mrz(tlv(0x61, tlv(0x5F1F, b"<" * 72)))] == [36, 36]
    for text in (b"<" * 89, b"a" * 88, b"\xff" * 88):
        with pytest.raises(ChipError):
            read_mrz(tlv(0x61, tlv(0x5F1F, text)))


def test_the_table_of_contents() -> None:
    read = read_common(common([1, 2, 15]))
    assert (read.lds_version, read.unicode_version, read.groups) == ("0107", "040000", (1, 2, 15))
    with pytest.raises(ChipError):
        read_common(common([1, 1]))


def test_details_of_the_person() -> None:
    data = tlv(
        0x6B,
        tlv(0x5C, b"\x5f\x0e"),
        tlv(0x5F0E, "ERIKSSON<<ANNA<MÄRTA".encode()),
        tlv(0xA0, tlv(0x02, b"\2"), tlv(0x5F0F, b"ANNIE"), tlv(0x5F0F, b"MIA")),
        tlv(0x5F2B, b"\x19\x74\x08\x12"),
        tlv(0x5F11, b"ZENITH<UTOPIA"),
        tlv(0x5F10, "Nº 7".encode("latin-1")),
    )
    read = read_personal_details(data)
    assert read.full_name == "ERIKSSON<<ANNA<MÄRTA"
    assert read.other_names == ("ANNIE", "MIA")
    assert read.born_on == "19740812"
    assert read.place_of_birth == ("ZENITH", "UTOPIA")
    assert read.personal_number == "Nº 7"


def test_details_of_the_document() -> None:
    data = tlv(0x6C, tlv(0x5C), tlv(0x5F19, b"UTOPIA"), tlv(0x5F26, b"20240131"), tlv(0x5F55, b"20240131120000"))
    read = read_document_details(data)
    assert (read.authority, read.issued_on, read.personalised_at) == ("UTOPIA", date(2024, 1, 31), "20240131120000")
    for day in (b"20240231", b"2024013", b"2024013X"):
        with pytest.raises(ChipError):
            read_document_details(tlv(0x6C, tlv(0x5C), tlv(0x5F26, day)))


def test_security_infos_and_the_active_key() -> None:
    infos = tlv(
        0x31, seq(oid("0.4.0.127.0.7.2.2.3.2.2"), integer(1)), seq(oid("2.23.136.1.1.5"), integer(1), oid("1.2.3"))
    )
    assert read_security_infos(tlv(0x6E, infos)) == (
        SecurityInfo("0.4.0.127.0.7.2.2.3.2.2", 1),
        SecurityInfo("2.23.136.1.1.5", 1),
    )
    key = read_active_key(tlv(0x6F, curve_key("secp256r1").public()))
    assert isinstance(key, PublicKey)
    assert key.bits == 256
    with pytest.raises(ChipError):
        read_active_key(tlv(0x6F, seq(seq(oid("1.2.840.10045.2.1")), bits(b"", 3))))


def test_files_are_told_apart_by_their_content() -> None:
    sod, first = tlv(0x77, seq()), tlv(0x61, tlv(0x5F1F, b""))
    assert sort_files([b"{}", b"from a reader app", first, b"", sod]) == ChipFiles(sod=sod, com=None, groups={1: first})
    for files, code in (
        ([sod, first, first], "chip_file_twice"),
        ([first], "chip_sod_missing"),
        ([sod, b"\x63" + bytes(1_048_576)], "chip_file_too_large"),
    ):
        with pytest.raises(ChipError) as caught:
            sort_files(files)
        assert caught.value.code == code
