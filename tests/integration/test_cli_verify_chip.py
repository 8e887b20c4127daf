"""`visavis verify --chip`: the chip's signature, dates and portrait in one verification, and every way it can fail."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from chip_holder import NUMBER, SURNAME, fields, lay_out, with_zone
from chip_pki import Chip, Pki, revocation_list
from visavis.adapters.model_store import ModelStore
from visavis.cli import main

Run = Callable[..., tuple[int, str, str]]
FAR = date(2049, 1, 1)
POLICY = """
id = "holder_of_the_chip"
version = 1
reference_source = ["chip", "document_portrait"]
alternative = "in_person"
attempts = 3
ttl = "15m"
[unsafe]
without = ["attack_detection", "consent"]
because = "It judges files, and serves a test of the command alone."
[[requires]]
rule = "document_authentic"
[[requires]]
rule = "document_not_expired"
proven = true
[[requires]]
rule = "holder_at_least_years"
years = 18
proven = true
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""


@dataclass(frozen=True)
class Site:
    pki: Pki
    folder: Path

    def chip(self, name: str, chip: Chip) -> tuple[Path, Path]:
        return lay_out(self.folder / name, chip)

    @property
    def policy(self) -> Path:
        return self.folder / "policy.toml"


@pytest.fixture(scope="module")
def site(portraits: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    pki = Pki(picture=(portraits / "obama.jpg").read_bytes())
    # current by the machine's own clock, which the command asks
    pki.current = revocation_list(pki.name, pki.authority, [4711], until=datetime(2049, 1, 1, tzinfo=UTC))
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    return Site(pki, folder)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["verify", *[str(item) for item in arguments]])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {item["check"]: item["outcome"] for item in answer["evidence"]}


def source(answer: dict[str, Any]) -> object:
    comparison = next(item for item in answer["evidence"] if item["check"] == "comparison")
    return comparison["details"]["reference_source"]


@pytest.mark.models
def test_the_chips_portrait_serves_without_a_picture_of_the_document(
    run: Run, site: Site, portraits: Path, model_store: ModelStore
) -> None:
    chip, trust = site.chip("whole", site.pki.chip(groups=with_zone(site.pki, fields(expires=FAR))))
    status, out, _ = run(
        "--chip", chip, "--trust", trust, "--probe", portraits / "obama2.jpg", "--policy", site.policy, "--json"
    )
    answer = json.loads(out)
    assert (status, answer["decision"]) == (0, "accepted")
    found = outcomes(answer)
    assert {found[check] for check in ("document_authentic", "document_validity", "holder_age", "comparison")} == {
        "pass"
    }
    assert source(answer) == "chip"
    assert answer["document"]["file"] == "DG2"
    assert answer["chip"]["outcome"] == "pass"
    for secret in (SURNAME, NUMBER, "1985", "850615"):
        assert secret not in out
    # somebody else with that chip is refused
    status, out, _ = run("--chip", chip, "--trust", trust, "--probe", portraits / "biden.jpg", "--policy", site.policy)
    assert status == 1
    assert out.startswith("Rejected.")
    assert SURNAME not in out
    assert "as the state signed it" in out


@pytest.mark.models
def test_a_chip_that_nobody_vouches_for_gives_no_portrait(
    run: Run, site: Site, portraits: Path, model_store: ModelStore
) -> None:
    chip, _ = site.chip("untrusted", site.pki.chip(groups=with_zone(site.pki, fields(expires=FAR))))
    probe = ("--probe", portraits / "obama2.jpg", "--policy", site.policy, "--json")
    status, out, _ = run("--chip", chip, *probe)
    answer = json.loads(out)
    assert (status, answer["decision"]) == (3, "inconclusive")
    assert outcomes(answer)["comparison"] == "not_measured"
    assert [item["code"] for item in answer["document"]["reasons"]] == ["not_proven"]
    codes = [item["code"] for item in answer["reasons"]]
    assert codes[:2] == ["chip_signer_untrusted", "not_proven"]
    # with a picture of the document that one is compared, and the chip is still not proven
    status, out, _ = run("--chip", chip, "--document", portraits / "obama.jpg", *probe)
    answer = json.loads(out)
    assert status == 3
    assert (outcomes(answer)["comparison"], source(answer)) == ("pass", "document_portrait")


@pytest.mark.models
def test_an_expired_document_of_a_child_is_refused_for_both(
    run: Run, site: Site, portraits: Path, model_store: ModelStore
) -> None:
    zone = fields(expires=date(2025, 1, 1), born=date(2015, 1, 1))
    chip, trust = site.chip("child", site.pki.chip(groups=with_zone(site.pki, zone)))
    status, out, _ = run(
        "--chip", chip, "--trust", trust, "--probe", portraits / "obama2.jpg", "--policy", site.policy, "--json"
    )
    answer = json.loads(out)
    assert (status, answer["decision"]) == (1, "rejected")
    assert [item["code"] for item in answer["reasons"]] == ["document_expired", "holder_below_age"]
    assert "2015" not in out


@pytest.mark.models
def test_the_default_policy_takes_a_proven_chip(run: Run, site: Site, portraits: Path, model_store: ModelStore) -> None:
    chip, trust = site.chip("default", site.pki.chip())
    status, out, err = run("--chip", chip, "--trust", trust, "--probe", portraits / "obama2.jpg", "--json")
    answer = json.loads(out)
    assert (status, source(answer)) == (0, "chip")
    assert "unsafe" in err
    # the specimen's own zone expired in 2012; that policy does not ask
    assert outcomes(answer)["document_validity"] == "fail"
    assert outcomes(answer)["holder_age"] == "not_measured"


def test_what_cannot_be_used_is_said_before_a_model_loads(run: Run, site: Site, portraits: Path) -> None:
    probe = ("--probe", portraits / "obama2.jpg")
    chip, trust = site.chip("usage", site.pki.chip())
    status, _, err = run(*probe)
    assert (status, "[usage_error]" in err) == (2, True)
    status, _, err = run("--document", portraits / "obama.jpg", "--trust", trust, *probe)
    assert (status, "[usage_error]" in err) == (2, True)
    printed = site.folder / "printed.toml"
    printed.write_text(POLICY.replace('"chip", ', ""), encoding="utf-8")
    status, _, err = run("--chip", chip, "--trust", trust, *probe, "--policy", printed)
    assert (status, "[reference_missing]" in err) == (2, True)
    status, _, err = run("--chip", site.folder / "nowhere", *probe)
    assert (status, "[file_missing]" in err) == (2, True)
    status, _, err = run("--chip", trust, *probe)
    assert (status, "[chip_sod_missing]" in err) == (2, True)
    (chip / "file0.bin").write_bytes(b"\x77\x80\x00\x00")
    status, _, err = run("--chip", chip, *probe)
    assert (status, "[chip_encoding_broken]" in err) == (2, True)
