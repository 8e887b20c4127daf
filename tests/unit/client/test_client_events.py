"""What a receiver of webhooks believes: held against the reference library, which signs here."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from visavis.client import read_event
from visavis.errors import TokenError

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
ID = "evt_01hzy6v9fqk3m8w2x4c7d5t0ab"
BODY = json.dumps(
    {
        "type": "verification.decided",
        "timestamp": "2027-03-01T08:59:58Z",
        "data": {"id": "ver_1", "status": "decided", "outcome": "accepted", "new": 1},
    }
).encode()


def headers(*secrets: str, body: bytes = BODY, at: datetime = NOW, name: str = ID) -> dict[str, str]:
    signatures = [Webhook(secret).sign(name, at, body.decode()) for secret in secrets]
    return {
        "Webhook-Id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def refusal(body: bytes, sent: dict[str, str], *, secrets: tuple[str, ...] = (SECRET,)) -> str:
    with pytest.raises(TokenError) as caught:
        read_event(body, sent, secrets=secrets, now=NOW)
    return caught.value.code


def test_an_event_that_the_service_signed_is_read() -> None:
    event = read_event(BODY, headers(SECRET), secrets=[SECRET], now=NOW)
    assert (event.id, event.type) == (ID, "verification.decided")
    assert (event.data.id, event.data.status, event.data.outcome) == ("ver_1", "decided", "accepted")
    assert event.happened_at == datetime(2027, 3, 1, 8, 59, 58, tzinfo=UTC)


def test_one_of_two_secrets_is_enough_on_either_side() -> None:
    read_event(BODY, headers(OTHER, SECRET), secrets=[SECRET], now=NOW)
    read_event(BODY, headers(SECRET), secrets=[OTHER, SECRET], now=NOW)


def test_what_is_not_signed_so_is_refused() -> None:
    assert refusal(BODY, headers(OTHER)) == "webhook_signature_wrong"
    assert refusal(BODY + b" ", headers(SECRET)) == "webhook_signature_wrong"
    assert refusal(BODY, {**headers(SECRET), "Webhook-Id": "evt_other"}) == "webhook_signature_wrong"
    assert refusal(BODY, headers(SECRET), secrets=()) == "webhook_signature_wrong"
    old_version = headers(SECRET)["webhook-signature"].replace("v1,", "v0,")
    assert refusal(BODY, {**headers(SECRET), "webhook-signature": old_version}) == "webhook_signature_wrong"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_not_sent_just_now_is_refused(minutes: int) -> None:
    assert refusal(BODY, headers(SECRET, at=NOW + timedelta(minutes=minutes))) == "webhook_too_old"


@pytest.mark.parametrize("missing", ["Webhook-Id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(missing: str) -> None:
    sent = {name: value for name, value in headers(SECRET).items() if name != missing}
    assert refusal(BODY, sent) == "webhook_headers_missing"
    assert refusal(BODY, {**headers(SECRET), missing: ""}) == "webhook_headers_missing"


@pytest.mark.parametrize("seconds", ["soon", "-5", "1e9", "9" * 13, "١٢٣"])
def test_a_moment_is_seconds(seconds: str) -> None:
    assert refusal(BODY, {**headers(SECRET), "webhook-timestamp": seconds}) == "webhook_headers_missing"


@pytest.mark.parametrize("body", [b"{}", b"no json", b'{"type":"a"}'])
def test_what_is_signed_and_still_no_event(body: bytes) -> None:
    assert refusal(body, headers(SECRET, body=body)) == "webhook_body_invalid"


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + base64.b64encode(bytes(8)).decode(), ""])
def test_what_is_no_secret_is_a_mistake_of_the_callers(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        read_event(BODY, headers(SECRET), secrets=[secret], now=NOW)
