"""Bodies of requests: no longer than allowed, and there in time, also where their length is not said before."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from visavis.web.problems import Problem
from visavis.web.setup import WebLimits

__all__ = ["BodyError", "announced_too_large", "bounded"]

_TOO_LARGE: Final = 413
_TOO_SLOW: Final = 408


class BodyError(HTTPException):
    """Its ``problem`` is what is answered; a child of the framework's own, which lets it through while it reads."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status)
        self.problem = problem


def limit_of(path: str, limits: WebLimits) -> int:
    """Bytes that a body may have."""
    for own, most in limits.own:
        if path == own:
            return most
    return limits.upload if path.startswith(limits.upload_paths) else limits.body


def announced_too_large(scope: Scope, limits: WebLimits) -> Problem | None:
    """By its Content-Length, before a byte of it is read."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            most = limit_of(scope["path"], limits)
            if not value.isdigit() or len(value) > 15 or int(value) > most:
                return _too_large(most)
    return None


def bounded(receive: Receive, scope: Scope, limits: WebLimits, monotonic: Callable[[], float]) -> Receive:
    """As ``receive``, raising `BodyError` where the body grows too long, or is not there in time."""
    most = limit_of(scope["path"], limits)
    seconds = limits.upload_seconds if most == limits.upload else limits.body_seconds
    got = 0
    whole = False
    deadline: float | None = None

    async def next_message() -> Message:
        nonlocal got, whole, deadline
        if whole:
            return await receive()
        if deadline is None:
            deadline = monotonic() + seconds
        try:
            async with asyncio.timeout(max(0.0, deadline - monotonic())):
                message = await receive()
        except TimeoutError as error:
            raise BodyError(
                Problem(
                    status=_TOO_SLOW,
                    code="body_too_slow",
                    detail=f"The body did not arrive within {seconds:g} seconds.",
                    what_to_do="Send it again over a faster line, or send smaller pictures.",
                )
            ) from error
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if got > most:
                raise BodyError(_too_large(most))
        else:
            whole = True
        return message

    return next_message


def _too_large(most: int) -> Problem:
    return Problem(
        status=_TOO_LARGE,
        code="body_too_large",
        detail=f"The body is larger than {most} bytes.",
        what_to_do="Send less, or smaller pictures.",
    )
