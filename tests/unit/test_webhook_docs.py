"""What docs/reference/webhooks.md tells a receiver to do is right, and its lists are whole."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from visavis.clock import SystemClock
from visavis.domain.events import EventKind
from visavis.service.webhook_records import DeliveryResult
from visavis.service.webhook_signing import new_secret, signed_headers

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "webhooks.md").read_text(encoding="utf-8")


def verified() -> Callable[[str, dict[str, str], bytes], bool]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own code is what is tested
    found: Callable[[str, dict[str, str], bytes], bool] = names["verified"]
    return found


def test_the_receiver_of_the_page_takes_what_is_signed_and_nothing_else() -> None:
    check, now = verified(), SystemClock().now()
    secret, older, body = new_secret(), new_secret(), b'{"type":"verification.decided"}'
    headers = signed_headers("evt_1", body, at=now, secrets_in_force=[secret, older])
    for one in (secret, older):
        assert check(one, headers, body)
        assert Webhook(one).verify(body, headers) == {"type": "verification.decided"}
    late = signed_headers("evt_1", body, at=now - timedelta(minutes=6), secrets_in_force=[secret])
    early = signed_headers("evt_1", body, at=now + timedelta(minutes=6), secrets_in_force=[secret])
    assert not check(new_secret(), headers, body)
    assert not check(secret, headers, body + b" ")
    assert not check(secret, {**headers, "webhook-id": "evt_2"}, body)
    assert not check(secret, late, body)
    assert not check(secret, early, body)
    assert not check(secret, {}, body)


def test_the_page_names_every_type_and_every_result() -> None:
    for kind in EventKind:
        subject, what = str(kind).split(".")
        assert f"`{kind}`" in PAGE or (f"`{subject}." in PAGE and f"`.{what}`" in PAGE), kind
    for result in DeliveryResult:
        assert f"`{result}`" in PAGE, result
