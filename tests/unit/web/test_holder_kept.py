"""What is kept about a holder: told by the store, taken along, and gone from the very files once it is erased."""

import base64
import dataclasses
from pathlib import Path

import pytest

from holder_material import Device, open_link
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.upgrade import upgrade
from visavis.decision.decide import DecisionOutcome
from visavis.service.case_material import CaseMaterial
from visavis.service.holder_rights import reasons_for_holders
from visavis.service.vault import seal_fields
from visavis.web.words import load_words
from web_material import Web, make_web

PERSONAL = ("ERIKSSON", "DOC4711X")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    upgrade(f"sqlite:///{tmp_path / 'store.db'}")
    return tmp_path


@pytest.fixture(scope="module")
def web() -> Web:
    return make_web()


def accepted(web: Web) -> tuple[Device, str]:
    return ended(web, DecisionOutcome.ACCEPTED)


def ended(web: Web, outcome: DecisionOutcome, kept: CaseMaterial | None = None) -> tuple[Device, str]:
    verification, token = open_link(web, labels={"shop": "s3"}, return_url="https://shop.operator.example/")
    device = Device(web).open(token)
    assert device.consent().status_code == 200
    verifications, policy = web.world.verifications, web.world.policy
    verifications.begin_capture(web.party.id, verification, policy)
    verifications.submit(web.party.id, verification)
    found = dataclasses.replace(web.world.findings(outcome, document="DOC4711X"), kept=kept)
    verifications.conclude(web.party.id, verification, found, policy)
    return device, verification


def names(device: Device) -> dict[str, dict[str, object]]:
    return {item["name"]: item for item in device.get("/h/v1/kept").json()["items"]}


def test_what_is_kept_grows_with_the_verification_and_goes_with_its_erasure(web: Web) -> None:
    device = Device(web).open(open_link(web)[1])
    assert list(names(device)) == ["verification", "order", "devices", "log"]
    device.consent()
    assert "receipt" in names(device)
    device, _ = accepted(web)
    kept = names(device)
    assert {"person", "decision", "sealed.disclosed"} <= set(kept)
    sealed = kept["sealed.disclosed"]
    assert sealed["sealed"] is True
    assert sealed["until"] == "2027-03-02T09:00:00Z"
    assert "An operator" in str(sealed["text"])
    device.post("/h/v1/erase")
    assert list(names(device)) == ["verification", "decision", "receipt", "devices", "log"]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_kind_of_thing_has_words(web: Web, language: str) -> None:
    words = load_words(language)
    for name in ("verification", "order", "person", "lines", "decision", "receipt", "review", "attestation", "devices"):
        assert words.say(f"kept.{name}", party="P", n="2")
    for label in ("disclosed", "portrait", "probe", "reading", "evidence"):
        assert words.say(f"kept.sealed.{label}", party="P")
    device, verification = accepted(web)
    with web.setup.storage.writing() as unit:
        seal_fields(unit, web.setup.sealer, verification, "of_tomorrow", {"a": "b"})
    (item,) = [i for i in device.get(f"/h/v1/kept?language={language}").json()["items"] if "tomorrow" in i["name"]]
    assert "of_tomorrow" in item["text"]


def test_the_export_holds_it_all_in_plain(web: Web) -> None:
    device, verification = accepted(web)
    answer = device.get("/h/v1/export")
    content = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert content["sealed"] == {"disclosed": {"family_name": "ERIKSSON", "document_number": "DOC4711X"}}
    assert content["verification"]["labels"] == {"shop": "s3"}
    assert content["verification"]["id"] == verification
    assert content["decision"]["conclusion"] == "accepted"
    assert content["consent_receipt"]["pii_principal_id"] == verification
    assert sorted(item["kind"] for item in content["devices"]) == ["session", "used"]
    with web.setup.storage.reading() as unit:
        acts = [act.act for _, act in unit.audit.waiting(limit=10_000) if act.subject == verification]
    assert acts[-1] == "verification.exported"
    assert {"holder.link_opened", "verification.consented"} <= set(acts)


def test_lines_in_the_holders_name_are_among_it(web: Web) -> None:
    line = web.world.line("DOC4711X")
    device, _ = accepted(web)
    assert names(device)["lines"]["count"] == 1
    (exported,) = device.get("/h/v1/export").json()["lines"]
    assert exported["id"] == line.id
    assert exported["msisdn"].startswith("+46")
    device.post("/h/v1/erase")
    assert "lines" not in names(device)  # nothing leads from here to the line any more


def test_the_export_of_a_referred_case_holds_its_pictures(web: Web) -> None:
    material = CaseMaterial(portrait=b"\xff\xd8\xffportrait", probe=b"\xff\xd8\xffprobe", reading={"family_name": "X"})
    device, _ = ended(web, DecisionOutcome.REFERRED, kept=material)
    assert device.status()["next"] == "wait"
    kept = names(device)
    assert {"review", "sealed.portrait", "sealed.probe", "sealed.reading"} <= set(kept)
    assert kept["sealed.portrait"]["until"] == "2027-03-04T09:00:00Z"
    content = device.get("/h/v1/export").json()
    assert content["review"]["verdicts"] == []
    assert base64.b64decode(content["sealed"]["portrait"]["base64"]) == material.portrait
    assert content["sealed"]["reading"] == {"fields": {"family_name": "X"}, "as_read": {}}
    device.post("/h/v1/withdraw")
    assert not [name for name in names(device) if name.startswith("sealed")]


def test_who_was_not_free_is_not_given_away() -> None:
    assert reasons_for_holders(("no_face", "reviewed_not_free", "reviewed_unclear")) == ("no_face", "reviewed_unclear")


@pytest.mark.parametrize("act", ["withdraw", "erase"])
def test_erasing_leaves_nothing_in_the_files(files: Path, act: str) -> None:
    storage = open_storage(f"sqlite:///{files / 'store.db'}")
    web = make_web(storage)
    device, verification = accepted(web)
    with storage.reading() as unit:
        key = unit.sealed.key(verification)
        row = unit.verifications.find(web.party.id, verification)
    assert key is not None
    assert row is not None
    assert row.person is not None
    before = content_of(files)
    assert key.wrapped in before  # so that the search below is one
    assert row.person.encode() in before
    assert b"shop.operator.example" in before
    for personal in PERSONAL:
        assert personal.encode() not in before  # sealed, and never in plain
    assert device.cookie.encode() not in before
    assert device.post(f"/h/v1/{act}").json()["state"] == "erased"
    storage.scrub()
    after = content_of(files)
    for gone in (key.wrapped, row.person.encode(), b"shop.operator.example"):
        assert gone not in after
    assert device.get("/h/v1/export").json().keys() == {
        "made_at",
        "verification",
        "consent_receipt",
        "decision",
        "devices",
    }
    storage.close()


def content_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file())
