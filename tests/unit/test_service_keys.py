"""The keys of an installation: made once, for their owner alone, and never put in the place of others."""

import base64
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from soft_device import SoftDevice
from visavis.adapters.recording_keys import make_key
from visavis.adapters.service_keys import open_service_keys
from visavis.clock import FixedClock
from visavis.errors import ConfigurationError, StorageError
from visavis.service_start import open_keys
from visavis.settings import load_settings

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    first, again = open_service_keys(folder, now=NOW), open_service_keys(folder, now=NOW)
    assert (first.made, again.made) == (True, False)
    assert first.master == again.master
    assert first.pseudonym_root == again.pseudonym_root
    assert first.metrics_token == again.metrics_token
    assert len({first.master.secret, first.pseudonym_root, bytes.fromhex(first.metrics_token)}) == 3
    kids = [key.kid for ring in (first.attestations, first.audit) for key in ring.published(NOW)]
    assert len(set(kids)) == 4
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    for secret in (first.master.secret, first.pseudonym_root):
        assert secret.hex() not in repr(first)
    assert first.metrics_token not in repr(first)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    open_service_keys(tmp_path, now=NOW)
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(ConfigurationError) as caught:
        open_service_keys(tmp_path, now=NOW)
    assert caught.value.code == "service_key_unusable"


def test_a_key_that_was_cut_short_is_refused_and_not_replaced(tmp_path: Path) -> None:
    open_service_keys(tmp_path, now=NOW)
    (tmp_path / "pseudonyms.key").write_bytes(b"short")
    with pytest.raises(ConfigurationError) as caught:
        open_service_keys(tmp_path, now=NOW)
    assert caught.value.code == "service_key_unusable"
    assert (tmp_path / "pseudonyms.key").read_bytes() == b"short"


def test_the_master_key_may_come_from_elsewhere(tmp_path: Path) -> None:
    secret = secrets.token_bytes(32)
    keys = open_service_keys(tmp_path, now=NOW, master=base64.b64encode(secret).decode())
    assert keys.master.secret == secret
    assert not (tmp_path / "master.key").exists()
    for text in ("", "x", base64.b64encode(secret[:31]).decode()):
        with pytest.raises(ConfigurationError) as caught:
            open_service_keys(tmp_path, now=NOW, master=text)
        assert caught.value.code == "master_key_invalid"
        assert text == "" or text not in str(caught.value).replace("visavis", "")


def test_an_older_master_key_opens_and_the_present_one_seals(tmp_path: Path) -> None:
    before = open_service_keys(tmp_path, now=NOW)
    wrapped = before.sealer().new_key("ver_1")
    sealed = before.sealer().seal(wrapped, "label", b"content")
    old = tmp_path / "old.key"
    (tmp_path / "master.key").rename(old)
    after = open_service_keys(tmp_path, now=NOW, older=[old])
    assert after.sealer().open(wrapped, "label", sealed) == b"content"
    assert after.sealer().rewrap(wrapped).master == after.sealer().master != wrapped.master
    assert after.derive_each("x")[1] == before.derive_each("x")[0]
    alone = open_service_keys(tmp_path, now=NOW)
    assert not alone.sealer().knows(wrapped)
    with pytest.raises(StorageError):
        alone.sealer().open(wrapped, "label", sealed)


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    make_key(tmp_path / "file")
    with pytest.raises(ConfigurationError) as caught:
        open_service_keys(tmp_path / "file" / "keys", now=NOW)
    assert caught.value.code == "data_folder_not_writable"


def test_derived_keys_differ_by_label_and_from_what_they_come_from(tmp_path: Path) -> None:
    keys = open_service_keys(tmp_path, now=NOW)
    (one,), (two,) = keys.derive_each("one"), keys.derive_each("two")
    assert len({one, two, keys.master.secret}) == 3
    assert len(one) == 32


def test_signing_keys_may_be_on_a_device_that_is_let_go_of(tmp_path: Path, soft_device: SoftDevice) -> None:
    device = {
        "pkcs11_module": soft_device.module,
        "pkcs11_token": soft_device.other_label,
        "pkcs11_pin": soft_device.pin,
    }
    settings = load_settings(data=tmp_path / "data", **device)
    kids = []
    for _ in range(2):  # as a start does: once to prepare, once to serve
        with open_keys(settings, FixedClock(NOW)) as keys:
            kids.append((keys.attestations.signing_key().kid, keys.audit.signing_key().kid))
            keys.attestations.signing_key().sign(b"x")
    assert kids[0] == kids[1]
    assert not list((tmp_path / "data").rglob("*.pem"))
