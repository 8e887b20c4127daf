"""A chip of the imaginary state for a holder of one's choice, laid out as a reader app does."""

from datetime import date
from pathlib import Path

from chip_pki import Chip, Pki, tlv
from visavis.document.dates import PartialDate
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.zone import MrzFields, Sex

BORN = date(1985, 6, 15)
NUMBER = "L898902C3"
SURNAME = "SPECIMENOVA"


def fields(*, expires: date, born: date = BORN, number: str = NUMBER, state: str = "UTO") -> MrzFields:
    return MrzFields(
        document_code="P",
        issuing_state=state,
        name=MrzName(primary=(SURNAME,), secondary=("ANNA", "MARIA")),
        document_number=number,
        nationality="UTO",
        birth_date=PartialDate.of(born),
        sex=Sex.FEMALE,
        expiry_date=PartialDate.of(expires),
    )


def zone_group(zone: MrzFields) -> bytes:
    """DG1."""
    return tlv(0x61, tlv(0x5F1F, "".join(generate_mrz(zone, Format.TD3)).encode()))


def personal_group(born_on: str) -> bytes:
    """DG11 with a full birth date, and nothing else."""
    return tlv(0x6B, tlv(0x5C, b"\x5f\x2b"), tlv(0x5F2B, born_on.encode()))


def files_of(chip: Chip) -> list[bytes]:
    return [chip.sod, chip.com, *chip.groups.values()]


def with_zone(pki: Pki, zone: MrzFields, **more: bytes) -> dict[int, bytes]:
    """The data groups with another DG1; ``DG11=...`` adds or replaces one."""
    return {**pki.groups, 1: zone_group(zone), **{int(name.removeprefix("DG")): data for name, data in more.items()}}


def lay_out(place: Path, chip: Chip) -> tuple[Path, Path]:
    """A folder with the chip's files, and one with what it is held against."""
    folder, trust = place / "chip", place / "trust"
    folder.mkdir(parents=True)
    trust.mkdir()
    for number, data in enumerate(files_of(chip)):
        (folder / f"file{number}.bin").write_bytes(data)
    for number, data in enumerate(chip.trust):
        (trust / f"{number}.der").write_bytes(data)
    return folder, trust
