"""`visavis chip verify`: the answer, its exit status, and no personal data unless asked."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chip_pki import Chip, Pki, revocation_list
from visavis.cli import main
from visavis.errors import ExitStatus

SURNAME = "ERIKSSON"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["chip", "verify", *arguments])
    said = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, said.out, said.err


def lay_out(place: Path, chip: Chip) -> tuple[str, str]:
    folder, trust = place / "chip", place / "trust"
    folder.mkdir()
    trust.mkdir()
    (folder / "EF_SOD.bin").write_bytes(chip.sod)
    (folder / "EF_COM.bin").write_bytes(chip.com)
    (folder / "readme.txt").write_text("from a reader app")
    for number, data in chip.groups.items():
        (folder / f"Datagroup{number}.bin").write_bytes(data)
    for index, data in enumerate(chip.trust):
        (trust / f"{index}.der").write_bytes(data)
    return str(folder), str(trust)


@pytest.fixture
def pki() -> Pki:
    pki = Pki()
    # current by the machine's own clock, which the command asks
    pki.current = revocation_list(pki.name, pki.authority, [4711], until=datetime(2049, 1, 1, tzinfo=UTC))
    return pki


def test_an_authentic_chip(pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, trust = lay_out(tmp_path, pki.chip())
    status, out, _ = run(capsys, folder, "--trust", trust)
    assert status == ExitStatus.SAME
    assert "The chip is authentic." in out
    assert "as the state signed it" in out
    assert SURNAME not in out
    status, out, _ = run(capsys, folder, "--trust", trust, "--require-crl", "--json")
    answer = json.loads(out)
    assert status == ExitStatus.SAME
    assert answer["outcome"] == "pass"
    assert answer["groups"] == {"DG1": "matches", "DG2": "matches"}
    assert answer["signers"][0]["chain"]["state"] == "trusted"
    assert SURNAME not in out


def test_fields_are_printed_when_asked(pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = lay_out(tmp_path, pki.chip())
    _, out, _ = run(capsys, folder, "--show-fields")
    assert SURNAME in out


def test_a_changed_chip(pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, trust = lay_out(tmp_path, pki.chip())
    group = Path(folder) / "Datagroup1.bin"
    group.write_bytes(group.read_bytes().replace(b"UTO7408122", b"UTO8408122"))
    status, out, _ = run(capsys, folder, "--trust", trust)
    assert status == ExitStatus.NOT_SAME
    assert "changed since it was signed" in out


def test_nobody_to_trust(pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = lay_out(tmp_path, pki.chip())
    status, out, _ = run(capsys, folder)
    assert status == ExitStatus.INCONCLUSIVE
    assert "--trust" in out


def test_what_cannot_be_used(pki: Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, trust = lay_out(tmp_path, pki.chip())
    status, _, err = run(capsys, str(tmp_path / "nowhere"))
    assert (status, "[file_missing]" in err) == (ExitStatus.USAGE, True)
    status, _, err = run(capsys, str(Path(folder) / "EF_SOD.bin"))
    assert (status, "[not_a_folder]" in err) == (ExitStatus.USAGE, True)
    status, _, err = run(capsys, folder, "--trust", str(Path(folder) / "readme.txt"))
    assert (status, "[chip_encoding_broken]" in err) == (ExitStatus.USAGE, True)
    status, _, err = run(capsys, trust)
    assert (status, "[chip_sod_missing]" in err) == (ExitStatus.USAGE, True)
    (Path(folder) / "EF_SOD.bin").write_bytes(b"\x77\x80\x00\x00")
    status, _, err = run(capsys, folder)
    assert (status, "[chip_encoding_broken]" in err) == (ExitStatus.USAGE, True)
