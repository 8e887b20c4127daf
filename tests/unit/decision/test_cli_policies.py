"""`visavis policies`, as a shell sees it."""

import json
from pathlib import Path

import pytest

from visavis.cli import main
from visavis.decision.library import PACKAGED_POLICIES, PolicyLibrary

NAMES = PolicyLibrary().names()

GOOD = """
id = "of_the_site"
version = 1
title = "Something of the site"
alternative = "in_person"
attempts = 1
ttl = "90s"
[[requires]]
rule = "document_authentic"
on_fail = "refer"
"""

CALIBRATION = f"""
format = 1
curve = [[0.1, 30, 1], [0.5, 1, 10]]
[model]
name = "some_model"
version = "1"
digest = "{"ab" * 32}"
[data]
name = "made-up set"
description = "Numbers made up for a test."
date = 2026-01-02
images = 200
identities = 100
genuine_trials = 100
impostor_trials = 3000
dependence = "None."
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["policies", *arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "of_the_site.toml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_lists_every_policy(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--folder", str(site)) == 0
    shown = capsys.readouterr().out
    for name in (*NAMES, "of_the_site", "unsafe", "sound"):
        assert name in shown


def test_lists_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json", "--folder", str(site)) == 0
    rows = json.loads(capsys.readouterr().out)["policies"]
    assert [row["id"] for row in rows] == sorted([*NAMES, "of_the_site"])
    assert all(len(row["digest"]) == 64 for row in rows)


def test_a_list_with_a_broken_policy_still_shows_the_others_and_fails(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "broken.toml").write_text('id = "broken"', encoding="utf-8")
    assert run("list", "--folder", str(site)) == 2
    told = capsys.readouterr()
    assert "cannot be used" in told.out
    assert "of_the_site" in told.out
    assert "[policy_invalid]" in told.err
    assert run("list", "--json", "--folder", str(site)) == 2
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["policies"]}
    assert rows["broken"]["error"]["code"] == "policy_invalid"


@pytest.mark.parametrize("name", NAMES)
def test_shows_what_a_policy_asks(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", name) == 0
    shown = capsys.readouterr().out
    policy = PolicyLibrary().load(name, allow_unsafe=True)
    assert policy.digest in shown
    assert policy.alternative in shown
    for item in policy.requires:
        assert item.rule.name in shown
    assert ("Warning: " in shown) is bool(policy.unsafe)


def test_shows_a_file_with_where_a_person_decides(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", str(site / "of_the_site.toml")) == 0
    shown = capsys.readouterr().out
    assert "A person decides where it fails." in shown
    assert "all within 90s" in shown


def test_shows_the_form_that_the_digest_is_made_over(capsys: pytest.CaptureFixture[str]) -> None:
    import hashlib

    from visavis.decision.canonical import canonical_json

    assert run("show", NAMES[0], "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert hashlib.sha256(canonical_json(shown["policy"])).hexdigest() == shown["digest"]


def test_a_policy_that_nobody_knows_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "no_such_policy") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "[policy_unknown]" in told.err
    assert "Traceback" not in told.err


def test_checks_files_and_tells_of_each(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = site / "of_the_site.toml", site / "bad.toml"
    bad.write_text(GOOD.replace("attempts", "atempts").replace("authentic", "authentik"), encoding="utf-8")
    assert run("check", str(good)) == 0
    assert "of_the_site version 1: right, digest " in capsys.readouterr().out
    assert run("check", str(bad), str(good), str(site / "absent.toml")) == 2
    told = capsys.readouterr()
    assert "of_the_site version 1: right" in told.out
    for words in ("bad.toml cannot be used:", "did you mean 'attempts'?", "[unknown_rule]", "[file_missing]"):
        assert words in told.err


def test_checks_against_a_calibration(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibration = site / "some_model.toml"
    calibration.write_text(CALIBRATION, encoding="utf-8")
    policy = str(PACKAGED_POLICIES / f"{NAMES[0]}.toml")
    assert run("check", policy, "--calibration", str(calibration)) == 2
    assert "[fmr_not_supported]" in capsys.readouterr().err
    assert run("check", policy, "--calibration", str(site / "absent.toml")) == 4
    assert "[calibration_missing]" in capsys.readouterr().err


def test_an_unsafe_policy_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    library = PolicyLibrary()
    name = library.default("files")
    assert run("check", str(PACKAGED_POLICIES / f"{name}.toml")) == 0
    assert "is unsafe" in capsys.readouterr().out


def test_check_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 2
    assert "Traceback" not in capsys.readouterr().err
