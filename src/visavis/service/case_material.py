"""What a referred case keeps for the people who review it, sealed under the verification's own key.

It is there only while the case waits, and only where the policy keeps something of referred cases. Ending it destroys
the key; what the relying party is still to be told is sealed again under a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import msgspec

from visavis.domain.evidence import Evidence, EvidenceSet
from visavis.service.capture_course import CaptureCourse
from visavis.service.ports import Sealer, UnitOfWork
from visavis.service.review_records import Kept
from visavis.service.vault import open_fields, seal_fields

__all__ = [
    "DISCLOSED",
    "HOLDER_KEY",
    "MOST_PICTURE_BYTES",
    "CaseMaterial",
    "KeptEvidence",
    "keep_material",
    "open_material",
    "reseal_fields_alone",
]

DISCLOSED: Final = "disclosed"
"""The label of what the policy discloses."""
HOLDER_KEY: Final = "holder_key"
"""Among these fields: the public key, as JSON, that the holder wants the attestation bound to."""
MOST_PICTURE_BYTES: Final = 1024 * 1024
_JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMaterial:
    """``portrait``: of the document, ``probe``: the best frame of the capture, both as JPEG. ``reading``: what was read
    of the document, by field, as the holder mended it; ``as_read``: what they mended, as it was read. ``evidence``:
    what each check found, with its score; ``course``: how the capture went.

    Raises ValueError for what is no JPEG of at most `MOST_PICTURE_BYTES`, which is a mistake in the program.
    """

    portrait: bytes | None = field(default=None, repr=False)
    probe: bytes | None = field(default=None, repr=False)
    reading: Mapping[str, str] = field(default_factory=dict, repr=False)
    as_read: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: EvidenceSet = field(default_factory=EvidenceSet)
    course: CaptureCourse | None = None

    def __post_init__(self) -> None:
        for picture in (self.portrait, self.probe):
            if picture is not None and not (picture.startswith(_JPEG) and len(picture) <= MOST_PICTURE_BYTES):
                raise ValueError(f"a case keeps pictures as JPEG of at most {MOST_PICTURE_BYTES} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReading:
    """What is kept under `Kept.READING`: JSON of this."""

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    as_read: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Of what `open_material` gave. Raises `msgspec.ValidationError` for anything else."""
        return msgspec.json.decode(content, type=cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvidence:
    """What is kept under `Kept.EVIDENCE`: JSON of this."""

    checks: tuple[Evidence, ...] = ()
    course: CaptureCourse | None = None

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Of what `open_material` gave. Raises `msgspec.ValidationError` for anything else."""
        return msgspec.json.decode(content, type=cls)


def keep_material(unit: UnitOfWork, sealer: Sealer, verification: str, material: CaseMaterial) -> tuple[Kept, ...]:
    """Seal what there is; returns under which labels."""
    checks = material.evidence.items
    reading = KeptReading(fields=material.reading, as_read=material.as_read)
    evidence = KeptEvidence(checks=checks, course=material.course) if checks else None
    contents: dict[Kept, bytes | None] = {
        Kept.PORTRAIT: material.portrait,
        Kept.PROBE: material.probe,
        Kept.READING: msgspec.json.encode(reading) if material.reading else None,
        Kept.EVIDENCE: None if evidence is None else msgspec.json.encode(evidence),
    }
    there = {label: content for label, content in contents.items() if content is not None}
    if not there:
        return ()
    key = unit.sealed.key(verification)
    if key is None:
        key = sealer.new_key(verification)
        unit.sealed.put_key(key)
    for label, content in there.items():
        unit.sealed.put(verification, label, sealer.seal(key, label, content))
    return tuple(there)


def open_material(unit: UnitOfWork, sealer: Sealer, verification: str, label: Kept) -> bytes | None:
    """JPEG for a picture, else JSON: `KeptReading` or `KeptEvidence`. None where it is gone. Raises as
    `visavis.service.ports.Sealer.open`.
    """
    key = unit.sealed.key(verification)
    sealed = unit.sealed.get(verification, label)
    return None if key is None or sealed is None else sealer.open(key, label, sealed)


def reseal_fields_alone(unit: UnitOfWork, sealer: Sealer, verification: str, label: str) -> None:
    """Destroy the key, and with it everything sealed under it but the fields of that label."""
    fields = open_fields(unit, sealer, verification, label)
    unit.sealed.destroy(verification)
    if fields:
        seal_fields(unit, sealer, verification, label, fields)
