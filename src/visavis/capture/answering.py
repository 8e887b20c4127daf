"""A challenge on its way: sealed for one verification, answered once, shown a step at a time, kept as JSON."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

import msgspec

from visavis.capture.challenge import Challenge, GestureStep
from visavis.errors import ChallengeError

__all__ = [
    "AnsweredChallenge",
    "OpenChallenge",
    "challenge_json",
    "check_seal",
    "prompt_json",
    "read_challenge",
    "seal_challenge",
]

MOST_BYTES: Final = 64_000
FORMAT: Final = 1
_LEAST_KEY: Final = 16


def challenge_json(challenge: Challenge) -> bytes:
    """The whole challenge, for the store and for `visavis challenge`: never for the holder's page."""
    return msgspec.json.encode({"format": FORMAT, "challenge": challenge}, order="deterministic")


def read_challenge(data: bytes) -> Challenge:
    """What `challenge_json` wrote. Raises ChallengeError ``challenge_invalid``, or PolicyError for an unsafe light."""
    if len(data) > MOST_BYTES:
        raise _invalid(f"it has {len(data)} bytes, and {MOST_BYTES} are the most")
    try:
        return msgspec.json.decode(data, type=_File, strict=True).challenge
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid("a field is missing or out of range") from error


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    challenge: Challenge
    format: int

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError("another format")


def prompt_json(challenge: Challenge, index: int) -> bytes:
    """What the holder's page needs for step ``index``, and nothing of a later one, not even whether there is one.

    A light step gives all of its colours, since only the page itself can change them on time. The caller sends it when
    the step's time has come: `visavis.pad.active` says when. Raises IndexError for a step that is none.
    """
    if index < 0:
        raise IndexError(index)
    step = challenge.steps[index]
    body: dict[str, Any] = {"nonce": challenge.nonce, "step": index}
    if isinstance(step, GestureStep):
        body |= {"ask": step.gesture.value, "within_s": challenge.window_s}
        if step.gesture.value == "close_eyes":
            body |= {"eyes": challenge.eyes.value, "for_s": challenge.closure_s}
    else:
        body |= {
            "ask": "light",
            "colours": ["#{:02x}{:02x}{:02x}".format(*colour) for colour in step.schedule.colours],
            "step_s": step.schedule.step_s,
        }
    return msgspec.json.encode(body)


def seal_challenge(challenge: Challenge, *, verification: str, key: bytes) -> str:
    """A seal over every field and over the one verification it is for: HMAC-SHA-256, hexadecimal (RFC 2104).

    For an API process that keeps no state of its own. Raises ValueError for a key under 16 bytes.
    """
    if len(key) < _LEAST_KEY:
        raise ValueError(f"a key has at least {_LEAST_KEY} bytes")
    name = verification.encode()
    message = b"visavis challenge\x00" + len(name).to_bytes(8, "big") + name + challenge_json(challenge)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def check_seal(challenge: Challenge, seal: str, *, verification: str, key: bytes) -> None:
    """Raises ChallengeError ``challenge_seal_broken``, in constant time, where any bit is not as it was sealed."""
    expected = seal_challenge(challenge, verification=verification, key=key)
    if not hmac.compare_digest(expected.encode(), seal.encode()):
        raise ChallengeError(
            "challenge_seal_broken",
            "This challenge was changed, or is for another verification.",
            advice="Start the capture again.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChallenge:
    """Issued for one verification, and not answered. The store swaps it for the `AnsweredChallenge` in one step."""

    challenge: Challenge
    verification: str

    def answer(self, *, nonce: str, verification: str, now: datetime) -> "AnsweredChallenge":
        """Take an answer that names this nonce.

        Raises ChallengeError: ``challenge_of_another`` (verification or nonce), ``challenge_expired``.
        """
        same_nonce = hmac.compare_digest(nonce.encode(), self.challenge.nonce.encode())
        if verification != self.verification or not same_nonce:
            raise ChallengeError(
                "challenge_of_another",
                "This answer is to another challenge.",
                advice="Start the capture again.",
            )
        if not self.challenge.issued_at <= now <= self.challenge.expires_at:
            raise ChallengeError(
                "challenge_expired",
                "The time for this challenge is over.",
                advice="Start the capture again: a new challenge will be given.",
            )
        return AnsweredChallenge(challenge=self.challenge, verification=self.verification, answered_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredChallenge:
    """Spent: the same answer again, or another one, is refused."""

    challenge: Challenge
    verification: str
    answered_at: datetime

    def answer(self, *, nonce: str, verification: str, now: datetime) -> NoReturn:
        """Raises ChallengeError ``challenge_answered``, whatever it is given."""
        del nonce, verification, now
        raise ChallengeError(
            "challenge_answered",
            "This challenge was answered before.",
            advice="Start the capture again: a new challenge will be given.",
        )


def _invalid(why: str) -> ChallengeError:
    return ChallengeError(
        "challenge_invalid",
        f"This is no challenge: {why}.",
        advice="Print one with `visavis challenge`.",
    )
