"""Handlers of everything that goes wrong in a request: each becomes a problem."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from visavis.errors import VisavisError
from visavis.web.bodies import BodyError
from visavis.web.problems import INTERNAL, FieldProblem, Problem, problem_of, problem_response
from visavis.web.scope import facts_of

__all__ = ["answer_problem", "install_error_handlers"]

_MOST_ERRORS: Final = 20
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")
_WORDS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("request_invalid", "This is no request that the service understands.", "See the reference of the interface."),
    404: ("not_found", "There is nothing here.", "Check the address; see /openapi.json."),
    405: ("method_not_allowed", "This is not done with this method.", "See the header Allow."),
}


def install_error_handlers(app: FastAPI) -> None:
    names: dict[str, frozenset[str]] = {}

    def known_names(route: APIRoute) -> frozenset[str]:
        if route.unique_id not in names:
            names[route.unique_id] = _known_names(route)
        return names[route.unique_id]

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, VisavisError)  # noqa: S101 - what it is registered for
        return answer_problem(request, problem_of(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return answer_problem(request, _invalid(error, known_names(request.scope["route"])))

    async def other(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        if isinstance(error, BodyError):
            return answer_problem(request, error.problem)
        return answer_problem(request, _plain(error))

    app.add_exception_handler(VisavisError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, other)


def answer_problem(request: Request, problem: Problem) -> Response:
    facts = facts_of(request.scope)
    facts.code = problem.code
    return problem_response(problem, instance=facts.id)


def _plain(error: HTTPException) -> Problem:
    """An error of the framework, whose own text is left out: it may hold what was sent."""
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return INTERNAL
    code, detail, advice = _WORDS.get(status, ("request_invalid", HTTPStatus(status).phrase + ".", ""))
    allow = (error.headers or {}).get("Allow")
    headers = (("Allow", allow),) if allow else ()
    return Problem(status=status, code=code, detail=detail, what_to_do=advice, headers=headers)


def _invalid(error: RequestValidationError, known: frozenset[str]) -> Problem:
    rows = error.errors()
    if any(row.get("type") == "json_invalid" for row in rows):
        return Problem(
            status=400, code="body_not_json", detail="The body is no JSON.", what_to_do="Send JSON (RFC 8259) in UTF-8."
        )
    return Problem(
        status=422,
        code="request_invalid",
        detail="The request does not have the form that is asked for.",
        what_to_do="Correct what `errors` names; see /openapi.json.",
        errors=tuple(_field(row, known) for row in rows[:_MOST_ERRORS]),
    )


def _field(row: Mapping[str, Any], known: frozenset[str]) -> FieldProblem:
    kind = str(row.get("type", ""))
    code = kind if _TYPE.fullmatch(kind) else "invalid"
    where = row.get("loc", ())
    message = "There is no such field." if kind == "extra_forbidden" else str(row.get("msg", ""))
    if kind.startswith(("value_error", "assertion_error")) or "parsing" in kind:
        message = "This is no value that may stand here."  # the text of a parser may repeat what it read
    return FieldProblem(pointer=_pointer(where, known), code=code, message=message)


def _pointer(where: Sequence[object], known: frozenset[str]) -> str:
    """Names that the interface knows, and places in lists; a name that only the sender knows is a star."""
    return "".join(f"/{part if isinstance(part, int) or part in known else '*'}" for part in where)


def _known_names(route: APIRoute) -> frozenset[str]:
    """Every name that an operation gives to a parameter, or to a property of its body."""
    names = {"body", "query", "path", "header", "cookie"}
    names.update(field.alias for field in get_flat_params(route.dependant))
    if route.body_field is not None:
        body: Any = route.body_field.field_info.annotation
        names.update(_names(TypeAdapter(body).json_schema()))
    return frozenset(names)


def _names(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        properties = part.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in part.values():
            yield from _names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _names(value)
