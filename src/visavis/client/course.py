"""How a call is carried out: tried, waited for, tried again where that is safe. Without input or output of its own.

A course is a generator: it yields what is to be done, is sent what came of it, and returns the result. The client of
threads and the client of an event loop drive the same one.

Steps
    1. A call is sent; with it the idempotency key, the same at each try.
    2. Where no answer came, or one that says *not now* (429, 502, 503, 504), it is tried again if the call is safe: a
       look, or a POST with its idempotency key. What the service did not even receive is tried again in any case.
    3. Between tries it waits: as long as Retry-After says, else twice as long each time, with jitter so that many
       clients do not come back at once. What would have to wait longer than `Patience.longest` is told instead.
"""

import email.utils
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

import httpx

from visavis.client.call import Call
from visavis.client.errors import AnswerUnusableError, ServiceUnreachableError, problem_error

__all__ = ["Answer", "Course", "Outcome", "Patience", "Send", "Wait", "course_of", "retry_after_of"]

T = TypeVar("T")

_NOT_NOW: Final = frozenset({429, 502, 503, 504})
_NEVER_ARRIVED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """``tries`` in all; ``first`` and ``longest``: seconds to wait before the second try, and at most."""

    tries: int = 4
    first: float = 0.25
    longest: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    call: Call[object]
    key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


Outcome = Answer | httpx.TransportError | None
"""Of `Send`: an answer, or why there is none; of `Wait`: None."""
Course = Generator[Send | Wait, Outcome, T]


def course_of(
    call: Call[T],
    *,
    new_key: Callable[[], str],
    jitter: Callable[[], float],
    now: Callable[[], datetime],
    patience: Patience,
) -> Course[T]:
    """``jitter``: numbers from 0 to 1. Raises `visavis.client.errors.ClientError`."""
    key = (call.key or new_key()) if call.once else None
    tried = 0
    while True:
        tried += 1
        came = yield Send(call=call, key=key)  # type: ignore[arg-type]  # only what is sent of it matters to who sends
        if isinstance(came, Answer):
            if 200 <= came.status < 300:
                return call.read(came.body)
            asked = retry_after_of(came.headers.get("retry-after"), now())
            again = came.status in _NOT_NOW and (call.safe or came.status == 429)
            pause = asked if asked is not None else _pause(tried, patience, jitter())
            if not again or tried >= patience.tries or pause > patience.longest:
                raise _told(came, asked)
        else:
            again = call.safe or isinstance(came, _NEVER_ARRIVED)
            if not again or tried >= patience.tries:
                raise ServiceUnreachableError(
                    "service_unreachable",
                    "No answer came from the service.",
                    advice="Try again later; whether it was done is not known."
                    if not again
                    else "See whether it runs, and whether its address is right.",
                ) from came
            pause = _pause(tried, patience, jitter())
        yield Wait(pause)


def _pause(tried: int, patience: Patience, jitter: float) -> float:
    """Between half and the whole of what doubles each time."""
    return float(min(patience.longest, patience.first * 2 ** (tried - 1)) * (0.5 + 0.5 * jitter))


def _told(answer: Answer, retry_after: float | None) -> Exception:
    if answer.status < 400:
        return AnswerUnusableError(
            "answer_unusable",
            f"The service answered with the status {answer.status}, which it never gives.",
            advice="See that the address is the service's own: redirections are not followed with a key.",
        )
    return problem_error(answer.status, answer.body, retry_after=retry_after)


def retry_after_of(text: str | None, now: datetime) -> float | None:
    """Seconds from now (RFC 9110, section 10.2.3), 0 at least; None where it is missing or unreadable."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
