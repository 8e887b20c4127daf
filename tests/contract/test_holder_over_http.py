"""The holder's way over HTTP holds for every store."""

from holder_material import Device, code_of, open_link
from visavis.decision.decide import DecisionOutcome
from visavis.service.ports import Storage
from web_material import make_web


def test_from_the_link_to_the_erasure(storage: Storage) -> None:
    web = make_web(storage)
    verification, token = open_link(web, labels={"shop": "s3"})
    desk, telephone = Device(web).open(token), Device(web)
    assert code_of(Device(web).exchange(token)) == (403, "holder_link_used")
    telephone.open(desk.post("/h/v1/handoff").json()["url"].split("#")[1])
    assert code_of(desk.post("/h/v1/alternative")) == (403, "holder_only_watches")
    assert telephone.consent("zh-CN").json()["state"] == "consented"
    assert telephone.get("/h/v1/receipt").json()["language"] == "zh-CN"
    verifications, policy = web.world.verifications, web.world.policy
    verifications.begin_capture(web.party.id, verification, policy)
    verifications.submit(web.party.id, verification)
    found = web.world.findings(DecisionOutcome.ACCEPTED, document="DOC4711X")
    verifications.conclude(web.party.id, verification, found, policy)
    assert desk.status()["result"]["conclusion"] == "accepted"
    names = [item["name"] for item in telephone.get("/h/v1/kept").json()["items"]]
    assert names == ["verification", "order", "person", "sealed.disclosed", "decision", "receipt", "devices", "log"]
    sealed = telephone.get("/h/v1/export").json()["sealed"]
    assert sealed == {"disclosed": {"family_name": "ERIKSSON", "document_number": "DOC4711X"}}
    assert telephone.post("/h/v1/withdraw").json()["state"] == "erased"
    names = [item["name"] for item in telephone.get("/h/v1/kept").json()["items"]]
    assert names == ["verification", "decision", "receipt", "devices", "log"]
    with storage.reading() as unit:
        acts = [act.act for _, act in unit.audit.waiting(limit=100) if act.subject == verification]
    assert acts == [
        "verification.opened",
        "holder.link_opened",
        "holder.handed_on",
        "holder.took_over",
        "verification.consented",
        "verification.capture_begun",
        "verification.submitted",
        "verification.decided",
        "verification.exported",
        "verification.erased",
    ]
