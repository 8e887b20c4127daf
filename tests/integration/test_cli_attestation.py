"""`visavis attestation verify` and `visavis audit verify`: answers, exit statuses, and nothing personal unasked."""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attestation_material import ISSUER, SHOP, issue
from visavis.adapters.audit_file import FileAuditStore
from visavis.attestation.keys import MemorySigningKeyRing, SoftwareKey, jwk_set, key_set
from visavis.attestation.sd_jwt import present
from visavis.attestation.status_list import Status, StatusList, StatusReference, sign_status_list
from visavis.audit.entry import Act, Actor, ActorKind
from visavis.audit.log import AuditLog
from visavis.cli import main
from visavis.errors import ExitStatus

NOW = datetime.now(UTC)  # the commands ask the machine's own clock
HOUR = timedelta(hours=1)
NAME = "Möbius"
PLACE = StatusReference(uri=f"{ISSUER}/status/1", index=5)
HOLDER = SoftwareKey.generate()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    said = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, said.out, said.err


@pytest.fixture
def keys(tmp_path: Path) -> tuple[SoftwareKey, str]:
    ring = MemorySigningKeyRing(now=NOW)
    (tmp_path / "jwks.json").write_text(json.dumps(jwk_set(ring.published(NOW))))
    key = ring.signing_key()
    assert isinstance(key, SoftwareKey)
    return key, str(tmp_path / "jwks.json")


@pytest.fixture
def verify(keys: tuple[SoftwareKey, str], capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        return run(capsys, "attestation", "verify", "--issuer", ISSUER, "--keys", keys[1], *arguments)

    return call


def saved(path: Path, text: object) -> str:
    path.write_text(f"{text}\n")
    return str(path)


def test_an_attestation_that_may_be_believed(
    keys: tuple[SoftwareKey, str], verify: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    file = saved(tmp_path / "token", issue(keys[0], now=NOW))
    status, out, _ = verify(file, "--audience", SHOP)
    assert status == ExitStatus.SAME
    assert "may be believed" in out
    assert "sim_registration" in out
    assert "at most 1 in 10,000" in out
    assert NAME not in out
    status, out, _ = verify(file, "--audience", SHOP, "--show-fields")
    assert NAME in out
    status, out, _ = verify(file, "--audience", SHOP, "--json")
    answer = json.loads(out)
    assert status == ExitStatus.SAME
    assert answer["believed"] is True
    assert answer["verification"]["attack_detection"] == {"operating_point": "strict"}
    assert "family_name" in answer["disclosed"]
    assert NAME not in out
    status, out, _ = verify(file, "--audience", SHOP, "--json", "--show-fields")
    assert json.loads(out)["fields"]["family_name"] == NAME


def test_it_is_read_from_standard_input(
    keys: tuple[SoftwareKey, str],
    verify: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = f"{issue(keys[0], now=NOW)}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert verify("-", "--audience", SHOP)[0] == ExitStatus.SAME


def test_the_holder_answers(
    keys: tuple[SoftwareKey, str], verify: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    whole = issue(keys[0], now=NOW, holder=HOLDER.public_jwk, audience=None)
    # what a holder presents is good for minutes, and this file was imported long ago
    shown = present(whole, disclose=[], holder=HOLDER, audience=SHOP, nonce="n-1", now=datetime.now(UTC))
    file = saved(tmp_path / "token", shown)
    status, out, _ = verify(file, "--audience", SHOP, "--nonce", "n-1")
    assert status == ExitStatus.SAME
    assert "the holder of the confirmed key" in out
    status, _, err = verify(file, "--audience", SHOP, "--nonce", "n-2")
    assert (status, "key_binding_nonce" in err) == (ExitStatus.NOT_SAME, True)
    assert verify(file, "--nonce", "n-1")[0] == ExitStatus.USAGE


def test_a_refusal_has_its_status_and_code(
    keys: tuple[SoftwareKey, str], verify: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    token = str(issue(keys[0], now=NOW))
    for text, arguments, code in (
        (token, ("--audience", "rlp_other"), "audience_unexpected"),
        (token[:-1], ("--audience", SHOP), "key_binding_unexpected"),
        ("nothing", (), "token_malformed"),
        (issue(SoftwareKey.generate(), now=NOW), ("--audience", SHOP), "token_key_unknown"),
        (issue(keys[0], now=NOW - 48 * HOUR), ("--audience", SHOP), "attestation_expired"),
    ):
        file = saved(tmp_path / "token", text)
        status, out, err = verify(file, *arguments)
        assert (status, f"[{code}]" in err, out) == (ExitStatus.NOT_SAME, True, "")
        status, out, _ = verify(file, *arguments, "--json")
        assert (status, json.loads(out)["code"]) == (ExitStatus.NOT_SAME, code)
        assert NAME not in out + err


@pytest.mark.parametrize(
    ("state", "expected"),
    [(Status.VALID, ExitStatus.SAME), (Status.INVALID, ExitStatus.NOT_SAME), (Status.SUSPENDED, ExitStatus.NOT_SAME)],
)
def test_the_status_is_asked_for(
    keys: tuple[SoftwareKey, str],
    verify: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    state: Status,
    expected: ExitStatus,
) -> None:
    file = saved(tmp_path / "token", issue(keys[0], now=NOW, status=PLACE))
    statuses = StatusList(64)
    statuses[PLACE.index] = state
    listed = sign_status_list(statuses, uri=PLACE.uri, now=NOW, valid_for=HOUR, fresh_for=HOUR, key=keys[0])
    lists = saved(tmp_path / "list", listed)
    assert verify(file, "--audience", SHOP, "--status-list", lists)[0] == expected
    assert verify(file, "--audience", SHOP)[0] == ExitStatus.INCONCLUSIVE
    status, out, _ = verify(file, "--audience", SHOP, "--unsafe-without-status")
    assert (status, "not looked at" in out) == (ExitStatus.SAME, True)


def test_files_that_cannot_be_used(verify: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "large").write_bytes(b"x" * 300_000)
    for name in ("picture", "large", "none", "."):
        assert verify(str(tmp_path / name))[0] == ExitStatus.USAGE
    (tmp_path / "jwks.json").write_text('{"keys": [{"kty": "oct", "k": "AA"}]}')
    status, _, err = verify(str(tmp_path / "picture"))
    assert (status, "key_set_private" in err) == (ExitStatus.USAGE, True)


# the audit log


def act(number: int) -> Act:
    return Act(at=NOW, actor=Actor(kind=ActorKind.SYSTEM), act="verification.expired", subject=f"ver_{number}")


def test_an_audit_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring = MemorySigningKeyRing(now=NOW)
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(jwk_set(ring.published(NOW))))
    path = tmp_path / "audit.jsonl"
    store = FileAuditStore(path, name="visavis", keys=key_set(ring.published(NOW)))
    log = AuditLog(store, name="visavis")
    log.record(*(act(number) for number in range(5)))
    head = log.sign_head(now=NOW, key=ring.signing_key())
    (tmp_path / "head").write_text(f"{head.token}\n")

    def verify(*arguments: str) -> tuple[int, str, str]:
        return run(capsys, "audit", "verify", str(path), "--keys", str(jwks), *arguments)

    status, out, _ = verify()
    assert status == ExitStatus.SAME
    assert "Rows: 5, signed heads: 1." in out
    status, out, _ = verify("--known-head", str(tmp_path / "head"), "--json")
    assert (status, json.loads(out)["whole"], json.loads(out)["known_heads"]) == (ExitStatus.SAME, True, 1)
    log.record(act(6))
    status, out, _ = verify()
    assert status == ExitStatus.INCONCLUSIVE
    assert "Not under a signed head yet: 1 after" in out
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"ver_3", b"ver_9"))
    status, out, err = verify()
    assert (status, "audit_chain_broken" in err) == (ExitStatus.NOT_SAME, True)
    status, out, _ = verify("--json")
    assert (status, json.loads(out)["code"]) == (ExitStatus.NOT_SAME, "audit_chain_broken")
    path.write_bytes(b"")
    status, _, err = verify("--known-head", str(tmp_path / "head"))
    assert (status, "audit_log_cut_off" in err) == (ExitStatus.NOT_SAME, True)
    path.unlink()
    assert verify()[0] == ExitStatus.USAGE
