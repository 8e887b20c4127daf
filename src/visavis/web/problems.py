"""Every error as a problem (RFC 9457): a stable code, what is wrong, what to do, and never what was sent.

The type of a problem is a URN, since visavis has no host of its own to publish pages at; the codes stand in
`docs/reference/codes.md`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from visavis.errors import (
    AccessError,
    CalibrationError,
    InputError,
    InstallationError,
    LimitError,
    LineError,
    PolicyError,
    RefusedError,
    StateError,
    TokenError,
    UnknownError,
    UsageError,
    VisavisError,
)

__all__ = ["PROBLEM_TYPE", "FieldProblem", "Problem", "problem_of", "problem_response", "status_of"]

PROBLEM_TYPE: Final = "application/problem+json"

_CLASSES: Final[Sequence[tuple[type[VisavisError], HTTPStatus]]] = (
    (AccessError, HTTPStatus.FORBIDDEN),
    (UnknownError, HTTPStatus.NOT_FOUND),
    (StateError, HTTPStatus.CONFLICT),
    (LimitError, HTTPStatus.TOO_MANY_REQUESTS),
    (LineError, HTTPStatus.CONFLICT),
    (RefusedError, HTTPStatus.CONFLICT),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (PolicyError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TokenError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CalibrationError, HTTPStatus.SERVICE_UNAVAILABLE),
    (InstallationError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first that fits; what is not here is a fault of visavis."""
_CODES: Final[Mapping[str, HTTPStatus]] = {
    # who asks is not known at all
    "api_key_unknown": HTTPStatus.UNAUTHORIZED,
    "api_key_missing": HTTPStatus.UNAUTHORIZED,
    "holder_session_missing": HTTPStatus.UNAUTHORIZED,
    "holder_session_unknown": HTTPStatus.UNAUTHORIZED,
    "holder_link_unknown": HTTPStatus.UNAUTHORIZED,
    "staff_session_unknown": HTTPStatus.UNAUTHORIZED,
    "sign_in_code_unknown": HTTPStatus.UNAUTHORIZED,
    "sign_in_failed": HTTPStatus.UNAUTHORIZED,
    # what cannot be read, or is no thing of its kind
    "body_not_json": HTTPStatus.BAD_REQUEST,
    "body_incomplete": HTTPStatus.BAD_REQUEST,
    "body_too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "media_type_unknown": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    # was there, and is not any more
    "attestation_fetched": HTTPStatus.GONE,
    "attestation_gone": HTTPStatus.GONE,
    # a number that the register holds a person to is no rate that time makes good
    "lines_used_up": HTTPStatus.CONFLICT,
}
"""Codes that say more than their class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One thing wrong with a request. ``pointer``: where, as a JSON pointer of names that the interface knows."""

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    status: int
    code: str
    detail: str
    what_to_do: str = ""
    retry_after: int | None = None
    """Seconds."""
    errors: tuple[FieldProblem, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def status_of(error: VisavisError) -> int:
    """The HTTP status of an error of visavis; 500 for a class that no request should meet."""
    if error.code in _CODES:
        return int(_CODES[error.code])
    return int(next((status for kind, status in _CLASSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR))


def problem_of(error: VisavisError) -> Problem:
    """What is told of an error. Of the installation's own troubles a caller is told that there are some."""
    status = status_of(error)
    headers = [("WWW-Authenticate", 'Bearer realm="visavis"')] if error.code.startswith("api_key_") else []
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(
            status=status,
            code=error.code if status == HTTPStatus.SERVICE_UNAVAILABLE else "internal_error",
            detail="The service cannot do this at the moment.",
            what_to_do="Try again; if it stays so, tell the operator the instance below.",
            retry_after=1 if status == HTTPStatus.SERVICE_UNAVAILABLE else None,
        )
    return Problem(
        status=status,
        code=error.code,
        detail=error.message,
        what_to_do=error.advice,
        retry_after=error.retry_after if isinstance(error, LimitError) else None,
        headers=tuple(headers) if status == HTTPStatus.UNAUTHORIZED else (),
    )


INTERNAL: Final = Problem(
    status=500,
    code="internal_error",
    detail="This is a fault of the service.",
    what_to_do="Try again; if it stays so, tell the operator the instance below.",
)


def problem_response(problem: Problem, *, instance: str) -> Response:
    """``instance``: the id of the request, by which the operator finds it in the log."""
    body: dict[str, object] = {
        "type": f"urn:visavis:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "what_to_do": problem.what_to_do,
        "instance": f"urn:visavis:request:{instance}",
    }
    if problem.errors:
        body["errors"] = [
            {"pointer": item.pointer, "code": item.code, "message": item.message} for item in problem.errors
        ]
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        status_code=problem.status,
        headers=headers,
        media_type=PROBLEM_TYPE,
    )
