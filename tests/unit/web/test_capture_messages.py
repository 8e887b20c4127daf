"""How a capture is closed is as the protocol's page says, and what a page may say is read strictly."""

import json
import re
from pathlib import Path

import pytest

from visavis import errors
from visavis.errors import (
    InputError,
    LimitError,
    ModelInvalidError,
    StorageError,
    VisavisError,
)
from visavis.service.sealed_reading import MOST_LETTERS
from visavis.web.capture.messages import Hello, close_code, error_fields, read_message

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
ROW = re.compile(r"^\| (\d{4}) \| [^|]+ \| (`[^|]+) \|", re.MULTILINE)
KINDS = dict(
    re.findall(r"^\| `([a-z_0-9]+)` \| `([A-Za-z]+)` \|", (REFERENCE / "codes.md").read_text("utf-8"), re.MULTILINE)
)
HERE: dict[str, type[VisavisError]] = {"capture_running": LimitError, "capture_stalled": InputError}
"""One is a matter of state to a hand-off, and of time to another capture; the other is named where it is waited for."""
OF_THE_HOLDER = re.compile(r"challenge_")
"""Elsewhere a policy's fault; here what this one holder can do is an input."""


def documented() -> list[tuple[int, str]]:
    text = (REFERENCE / "capture-protocol.md").read_text("utf-8").split("## Close codes")[1]
    rows = [(int(close), code) for close, codes in ROW.findall(text) for code in re.findall(r"`([a-z_]+)`", codes)]
    assert len(rows) > 20
    return rows


def error_of(code: str) -> Exception:
    if code == "internal_error":
        return RuntimeError("anything")
    kind: type[VisavisError] = HERE.get(code) or (
        InputError if OF_THE_HOLDER.match(code) else getattr(errors, KINDS[code])
    )
    return kind(code, "What it says.", advice="What to do.")


@pytest.mark.parametrize(("close", "code"), documented())
def test_each_code_closes_as_the_page_says(close: int, code: str) -> None:
    assert close_code(error_of(code)) == close
    assert error_fields(error_of(code))["code"] == code


def test_an_end_without_an_error_is_ordinary() -> None:
    assert close_code(None) == 1000


@pytest.mark.parametrize(
    "error", [ModelInvalidError("model_invalid", "/secret/path"), StorageError("storage_busy", "x"), ValueError("name")]
)
def test_of_the_services_own_troubles_nothing_is_told(error: Exception) -> None:
    assert error_fields(error) == {"code": "internal_error", "what_to_do": "Try again in a while."}
    assert close_code(error) == 4500


def test_when_to_come_again_is_told_where_it_is_known() -> None:
    assert error_fields(LimitError("capture_busy", "Full.", retry_after=7)) == {
        "code": "capture_busy",
        "retry_after": 7,
    }


def hello(**changes: object) -> str:
    return json.dumps({"type": "hello", "protocol": 1, "reading": "AQ", "opened_s": 1.5, **changes})


def test_a_hello_says_what_the_holder_can_do() -> None:
    told = read_message(hello(eyes="left", light=False, replaced={"look_up": "look_down"}, camera="x"))
    assert isinstance(told, Hello)
    assert (told.eyes, told.light, told.replaced, told.camera) == ("left", False, {"look_up": "look_down"}, "x")
    assert isinstance(read_message(hello(reading="A" * MOST_LETTERS)), Hello)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"type":"bye"}',
        hello(protocol=2),
        hello(more=1),
        hello(eyes="third"),
        hello(replaced={"wave": "look_up"}),
        hello(camera="x" * 201),
        hello(opened_s="now"),
        hello(reading="A" * (MOST_LETTERS + 1)),
        json.dumps({"type": "shown", "nonce": "x" * 9000, "colours": []}),
        json.dumps({"type": "shown", "nonce": "x", "colours": [[0.1, "red"]]}),
        json.dumps({"type": "shown", "nonce": "x", "colours": [[0.1, "#ffffff"]] * 40}),
        json.dumps({"type": "stop"}) + " " * 9000,
        "[" * 5000,
    ],
)
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_message(text)
    assert caught.value.code == "capture_message_invalid"
