"""What was read of a document, on its way from the upload to the capture: sealed, and in the holder's own hands.

The capture may run in another process than the upload, and nothing biometric is to be in the store; so the page holds a
text that it cannot read, and hands it in with its capture. It is AES-256-GCM under a key derived from the master key,
with the verification, the holder's session, the policy's digest and the expiry as associated data (RFC 5116, section
2.1): it opens for that one capture alone, and not after its time. It dies with the page.

    version (1) | expiry, seconds since 1970, big-endian (8) | nonce (12) | sealed MessagePack and tag    in base64url
"""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.comparison.templates import Template
from visavis.decision.vocabulary import ReferenceSource
from visavis.domain.evidence import Evidence
from visavis.errors import InputError, VisavisError
from visavis.perception.quality import SampleQuality
from visavis.perception.session import ModelIdentity
from visavis.service.samples import Role, Sample

__all__ = ["LABEL", "MOST_LETTERS", "MOST_PORTRAIT_BYTES", "AsRead", "Reading", "ReadingPlace", "ReadingSeal"]

LABEL: Final = "sealed reading"
"""Of the keys, as they are derived from the master keys."""
MOST_LETTERS: Final = 512 * 1024
"""Of the text, as it travels."""
MOST_PORTRAIT_BYTES: Final = 200_000
_KEY_BYTES: Final = 32
_NONCE: Final = 12
_TIME: Final = 8
_VERSION: Final = b"\x01"
_HEAD: Final = len(_VERSION) + _TIME
_PLACE: Final = b"visavis sealed reading\x00"


class AsRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that its holder may mend: the value that was read, whatever it was mended to since. ``zone``: from the
    machine-readable zone, which has the letters A to Z alone.
    """

    value: str
    zone: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reading:
    """What a capture needs of a document, and what a referred case keeps of it.

    ``reference``: its portrait as a sample. ``source``: where that came from. ``checks``: what was found of the
    document beside its portrait, a check each. ``person``: the holder's pseudonym at the relying party, None where no
    number was read. ``fields``: what was read, by the names of `visavis.decision.vocabulary.Disclosure`, as the holder
    mended it; ``as_read``: those that may be mended, as they were read. ``portrait``: a JPEG of at most
    `MOST_PORTRAIT_BYTES`, and empty where the policy keeps nothing for a reviewer.
    """

    reference: Sample
    source: ReferenceSource
    checks: tuple[Evidence, ...] = ()
    person: str | None = field(default=None, repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    as_read: Mapping[str, AsRead] = field(default_factory=dict, repr=False)
    portrait: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlace:
    """Where a sealed reading belongs. ``session``: the holder's, by any name that is its alone."""

    verification: str
    session: str = field(repr=False)
    policy_digest: str

    def as_bytes(self) -> bytes:
        """Parts keep their borders."""
        parts = (part.encode() for part in (self.verification, self.session, self.policy_digest))
        return _PLACE + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class ReadingSeal:
    """Seals and opens. ``keys``: the present one, then older ones that still open, each of 32 bytes."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise ValueError(f"a key has {_KEY_BYTES} bytes, and one is needed")
        self._ciphers = [AESGCM(key) for key in keys]

    def seal(self, reading: Reading, place: ReadingPlace, *, expires_at: datetime) -> str:
        """For the page, at most `MOST_LETTERS` long. ``expires_at``: an aware moment, kept in whole seconds.

        Raises InputError ``reading_too_large``.
        """
        if len(reading.portrait) > MOST_PORTRAIT_BYTES:
            raise _too_large()
        head = _VERSION + max(0, int(expires_at.timestamp())).to_bytes(_TIME, "big")
        nonce = secrets.token_bytes(_NONCE)
        content = msgspec.msgpack.encode(_Content.of(reading))
        sealed = self._ciphers[0].encrypt(nonce, content, place.as_bytes() + head)
        text = base64.urlsafe_b64encode(head + nonce + sealed).rstrip(b"=").decode()
        if len(text) > MOST_LETTERS:
            raise _too_large()
        return text

    def open(self, text: str, place: ReadingPlace, *, now: datetime) -> Reading:
        """The reading, where it was sealed for this very place.

        Raises InputError ``reading_invalid``, one answer to every fault but time and size; ``reading_expired``,
        ``reading_too_large``.
        """
        if len(text) > MOST_LETTERS:
            raise _too_large()
        try:
            data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _invalid() from error
        head, nonce, sealed = data[:_HEAD], data[_HEAD : _HEAD + _NONCE], data[_HEAD + _NONCE :]
        if head[:1] != _VERSION:
            raise _invalid()
        content = self._content(nonce, sealed, place.as_bytes() + head)
        # only now is it known that the time is the one that was sealed
        if now.timestamp() >= int.from_bytes(head[1:], "big"):
            raise InputError(
                "reading_expired",
                "The time of this document's reading is over.",
                advice="Show the document again, or ask for a new verification.",
            )
        try:
            return msgspec.msgpack.decode(content, type=_Content).reading()
        except (msgspec.MsgspecError, VisavisError, ValueError) as error:
            raise _invalid() from error

    def _content(self, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, sealed, place)
            except (InvalidTag, ValueError):
                continue
        raise _invalid()


class _Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``vector``: float32, little-endian."""

    vector: bytes
    model: ModelIdentity
    quality: float

    @classmethod
    def of(cls, template: Template) -> "_Template":
        return cls(template.vector.astype("<f4").tobytes(), template.model, template.quality)

    def template(self) -> Template:
        vector = np.frombuffer(self.vector, "<f4").astype(np.float32)
        return Template(vector=vector, model=self.model, quality=self.quality)


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str | None
    quality: SampleQuality | None
    template: _Template | None
    notes: tuple[str, ...]
    frames: int
    frames_used: int
    source: ReferenceSource
    checks: tuple[Evidence, ...]
    person: str | None
    fields: dict[str, str]
    as_read: dict[str, AsRead]
    portrait: bytes

    @classmethod
    def of(cls, reading: Reading) -> "_Content":
        sample = reading.reference
        return cls(
            reason=sample.reason,
            quality=sample.quality,
            template=None if sample.template is None else _Template.of(sample.template),
            notes=sample.notes,
            frames=sample.frames,
            frames_used=sample.frames_used,
            source=reading.source,
            checks=reading.checks,
            person=reading.person,
            fields=dict(reading.fields),
            as_read=dict(reading.as_read),
            portrait=reading.portrait,
        )

    def reading(self) -> Reading:
        sample = Sample(
            role=Role.REFERENCE,
            reason=self.reason,
            quality=self.quality,
            template=None if self.template is None else self.template.template(),
            notes=self.notes,
            frames=self.frames,
            frames_used=self.frames_used,
        )
        return Reading(
            reference=sample,
            source=self.source,
            checks=self.checks,
            person=self.person,
            fields=self.fields,
            as_read=self.as_read,
            portrait=self.portrait,
        )


def _invalid() -> InputError:
    return InputError(
        "reading_invalid",
        "This is no reading of a document for this verification and session.",
        advice="Show the document again.",
    )


def _too_large() -> InputError:
    return InputError(
        "reading_too_large", "The reading of this document is too large.", advice="Take its picture again, closer."
    )
