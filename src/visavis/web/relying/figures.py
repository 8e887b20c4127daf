"""Figures over HTTP: what became of the verifications of a period, counted."""

import re
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from visavis.service.figures import MOST_DAYS, USUAL_DAYS, Figures, Stride
from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.relying.calling import shown
from visavis.web.schemas.figures import FiguresDocument
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_as_a_day(value: object) -> object:
    """Numbers are no days here, though pydantic takes them for seconds since 1970."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written as 2027-03-01")
    return value


Day = Annotated[date, BeforeValidator(_written_as_a_day)]
_From = Query(
    alias="from", description=f"The first day, in UTC; {USUAL_DAYS} days with the last one, where it is missing."
)
_To = Query(alias="to", description="The last day, in UTC; today, where it is missing.")
_Policy = Query(
    max_length=64, pattern=r"^[a-z][a-z0-9_]*$", description="Of this policy alone.", examples=["change_of_line"]
)


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/figures", tags=["Figures"])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.FIGURES))]
    figures = Figures(storage=setup.storage, clock=setup.clock)

    @router.get(
        "",
        operation_id="read_figures",
        summary="Read figures",
        description=f"Of at most {MOST_DAYS} days. There is no person in them, and no verification.",
        response_model=FiguresDocument,
        responses=answers("period_invalid"),
    )
    def read_figures(
        caller: Known,
        first: Annotated[Day | SkipJsonSchema[None], _From] = None,
        last: Annotated[Day | SkipJsonSchema[None], _To] = None,
        policy: Annotated[str | SkipJsonSchema[None], _Policy] = None,
        by: Annotated[Stride, Query(description="How long the spans of `series` are.")] = Stride.DAY,
    ) -> Response:
        report = figures.report(caller.relying_party, first=first, last=last, policy=policy, stride=by)
        return shown(FiguresDocument.of(report))

    return router
