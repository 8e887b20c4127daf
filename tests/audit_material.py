"""A service's audit log to test with: its key, and acts to note."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from store_material import BEGIN, MovableClock
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import KeySet
from visavis.audit.entry import Act, Actor, ActorKind
from visavis.service.audit_trail import AuditTrail
from visavis.service.ports import Storage, UnitOfWork
from visavis.service.transactions import committed

LOG = "visavis:test"
KEY = SoftwareKey.read(
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
)
"""The same in every process. A test's own: never a key that is used."""
KEYS = KeySet.of({"keys": [{**KEY.public_jwk, "kid": KEY.kid}]})


def act(number: int = 0, **changes: Any) -> Act:
    options: dict[str, Any] = {
        "at": BEGIN + timedelta(seconds=number),
        "actor": Actor(kind=ActorKind.RELYING_PARTY, id="key_1"),
        "act": "thing.done",
        "subject": f"thing_{number}",
    }
    return Act(**{**options, **changes})


def trail(storage: Storage, clock: MovableClock | None = None) -> AuditTrail:
    return AuditTrail(storage=storage, clock=clock or MovableClock(), name=LOG, key=lambda: KEY)


def note(storage: Storage, *numbers: int) -> None:
    """Each in a unit of work of its own."""

    def noting(number: int) -> Callable[[UnitOfWork], None]:
        return lambda unit: unit.audit.note(act(number))

    for number in numbers:
        committed(storage, noting(number))


def written(storage: Storage, *, rows: int, heads: tuple[int, ...]) -> AuditTrail:
    """A log of so many rows, with a head after each of those numbers."""
    log = trail(storage)
    for number in range(rows):
        note(storage, number)
        log.sequence()
        if number + 1 in heads:
            log.sign_head()
    return log
