"""Keys behind PKCS #11, with a device made of software where the machine has one (Debian: softhsm2)."""

from datetime import timedelta
from pathlib import Path

import pytest

from attestation_material import ISSUER, NOW, SHOP, issue
from soft_device import MODULE, PIN, SoftDevice
from visavis.adapters.signing_keys import FileSigningKeyRing
from visavis.attestation.keys import SoftwareKey, key_set
from visavis.attestation.public_keys import Algorithm
from visavis.attestation.verifier import verify
from visavis.errors import KeyRingError

pkcs11_keys = pytest.importorskip("visavis.adapters.pkcs11_keys", reason="the extra pkcs11 is not installed")


@pytest.fixture(scope="module")
def device(soft_device: SoftDevice) -> str:
    """The label of a token that is empty."""
    return soft_device.label


def test_a_ring_on_a_device(device: str, tmp_path: Path) -> None:
    """Made, used, rotated and read again; the folder holds nothing secret, and another ring's keys are left alone."""
    opened = pkcs11_keys.Device(MODULE, token=device, pin=PIN)
    keys = pkcs11_keys.DeviceKeys(opened, label="attestations")
    other = pkcs11_keys.DeviceKeys(opened, label="audit")
    neighbour = other.make(Algorithm.ES256)
    folder = tmp_path / "ring"
    ring = FileSigningKeyRing(folder, now=NOW, secrets=keys)
    assert {path.name for path in folder.iterdir()} == {"ring.json", ".lock"}
    first = ring.signing_key()
    token = str(issue(first))
    ring.rotate(now=NOW, overlap=timedelta(days=2))
    again = FileSigningKeyRing(folder, now=NOW, secrets=keys)
    assert again.signing_key().kid == ring.signing_key().kid != first.kid
    found = verify(token, issuer=ISSUER, keys=key_set(again.published(NOW)), now=NOW, audience=SHOP)
    assert found.kid == first.kid
    assert keys.find(first.kid) is None, "a retired key is destroyed"
    assert other.find(neighbour.kid) is not None
    newer = str(issue(again.signing_key()))
    found = verify(newer, issuer=ISSUER, keys=key_set(again.published(NOW)), now=NOW, audience=SHOP)
    assert found.kid == again.signing_key().kid
    with pytest.raises(KeyRingError, match="key_device_takes_none"):
        ring.bring(SoftwareKey.generate(), now=NOW)
    with pytest.raises(KeyRingError, match="key_ring_broken"):
        FileSigningKeyRing(tmp_path / "another", now=NOW, secrets=keys)
    with pytest.raises(KeyRingError, match="key_device_algorithm"):
        keys.make(Algorithm.ED25519)
    opened.close()


def test_a_device_that_is_not_there_is_told(device: str, tmp_path: Path) -> None:
    for module, token, pin in ((MODULE, "none", PIN), (MODULE, device, "0000"), (tmp_path / "none.so", device, PIN)):
        with pytest.raises(KeyRingError, match="key_device_unavailable"):
            pkcs11_keys.Device(module, token=token, pin=pin)
