"""The operator's register of lines. A number travels in bodies alone."""

from dataclasses import dataclass

from visavis.client.call import Call, Page, get, path, post
from visavis.client.models import Dispute, Line, LineEvent, LineOrder, LinePurpose

__all__ = [
    "close_dispute",
    "dispute",
    "disputes",
    "find",
    "history",
    "in_my_name",
    "page",
    "prepare",
    "prepare_register",
    "prepare_replace",
    "purposes",
    "read",
    "register",
    "release",
    "replace_sim",
    "transfer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines of whoever verified themselves."""

    items: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purposes:
    """By their names."""

    items: tuple[LinePurpose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Newest first."""

    items: tuple[LineEvent, ...]


_ONE = "/v1/lines/{id}"


def prepare_register(*, msisdn: str, iccid: str, nonce: str | None = None) -> Call[LineOrder]:
    """The order of a new line; its binding is what the verification is opened with."""
    body = {"act": "register", "msisdn": msisdn, "iccid": iccid, "nonce": nonce}
    return post("/v1/line-orders", LineOrder, body, once=False)


def prepare_replace(line: str, *, iccid: str, nonce: str | None = None) -> Call[LineOrder]:
    """The order of another SIM card for a line."""
    body = {"act": "replace_sim", "line": line, "iccid": iccid, "nonce": nonce}
    return post("/v1/line-orders", LineOrder, body, once=False)


def prepare(line: str, *, act: str, nonce: str | None = None) -> Call[LineOrder]:
    """The order of a transfer, a release or a dispute: ``act``."""
    return post("/v1/line-orders", LineOrder, {"act": act, "line": line, "nonce": nonce}, once=False)


def register(*, msisdn: str, iccid: str, nonce: str, verification: str, key: str | None = None) -> Call[Line]:
    """In the name of whoever verified themselves for this order."""
    body = {"msisdn": msisdn, "iccid": iccid, "nonce": nonce, "verification": verification}
    return post("/v1/lines", Line, body, key=key)


def transfer(line: str, *, nonce: str, giver: str, receiver: str, key: str | None = None) -> Call[Line]:
    """``giver`` and ``receiver``: a verification of each, for this order."""
    body = {"nonce": nonce, "giver": giver, "receiver": receiver}
    return post(path(_ONE + "/transfer", id=line), Line, body, key=key)


def replace_sim(line: str, *, iccid: str, nonce: str, verification: str, key: str | None = None) -> Call[Line]:
    """For the registered holder alone."""
    body = {"iccid": iccid, "nonce": nonce, "verification": verification}
    return post(path(_ONE + "/replace-sim", id=line), Line, body, key=key)


def release(line: str, *, nonce: str, verification: str, key: str | None = None) -> Call[Line]:
    """The line ends, and its digits are erased."""
    return post(path(_ONE + "/release", id=line), Line, {"nonce": nonce, "verification": verification}, key=key)


def dispute(line: str, *, nonce: str, verification: str, key: str | None = None) -> Call[Dispute]:
    """The registered holder says that it should not be in their name."""
    return post(path(_ONE + "/dispute", id=line), Dispute, {"nonce": nonce, "verification": verification}, key=key)


def read(line: str) -> Call[Line]:
    return get(path(_ONE, id=line), Line)


def page(*, limit: int | None = None, cursor: str | None = None) -> Call[Page[Line]]:
    """Newest first, without their digits."""
    return get("/v1/lines", Page[Line], query={"limit": limit, "cursor": cursor})


def find(*, msisdn: str) -> Call[Line]:
    """The active line of a number."""
    return post("/v1/line-search", Line, {"msisdn": msisdn}, once=False)


def history(line: str) -> Call[History]:
    """What was done with it, newest first."""
    return get(path(_ONE + "/history", id=line), History)


def in_my_name(verification: str) -> Call[Lines]:
    """The active lines of whoever verified themselves."""
    return get(path("/v1/verifications/{id}/lines", id=verification), Lines)


def disputes(*, limit: int | None = None, cursor: str | None = None) -> Call[Page[Dispute]]:
    """Open ones, newest first."""
    return get("/v1/line-disputes", Page[Dispute], query={"limit": limit, "cursor": cursor})


def close_dispute(dispute: str, *, end: str, key: str | None = None) -> Call[Line]:
    """``end``: upheld, which releases the line, or dismissed."""
    return post(path("/v1/line-disputes/{id}/close", id=dispute), Line, {"end": end}, key=key)


def purposes() -> Call[Purposes]:
    """The policies in force that are good for acts on lines."""
    return get("/v1/line-purposes", Purposes)
