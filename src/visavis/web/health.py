"""For the machines of the operator: is it alive, may it be sent requests, how is it doing.

`/metrics` lies on the same listener, behind a token of its own: with several workers every one of them answers for all,
and no second port has to be guarded. Without the token there is nothing there.
"""

import hmac
import threading
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from visavis.errors import UnknownError, VisavisError
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

_AGAIN_S: Final = 1.0
"""The store is looked at no more often, however often it is asked."""
METRICS: Final = HTTPBearer(auto_error=False, scheme_name="metrics_token", description="The operator's own.")


class Alive(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """``checks``: ``ok``, or the code of what is wrong, for each part."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"status": "ready", "checks": {"store": "ok", "models": "ok", "running": "ok"}}]
        },
    )

    status: Literal["ready", "not_ready"]
    checks: dict[Literal["store", "models", "running"], str]


class _Store:
    """Whether the store is there and of this version, asked at most once a second."""

    def __init__(self, setup: ServiceSetup) -> None:
        self._setup = setup
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._found = "ok"

    def state(self) -> str:
        with self._lock:
            now = self._setup.monotonic()
            if now >= self._until:
                try:
                    self._setup.check_store()
                    self._found = "ok"
                except VisavisError as error:
                    self._found = error.code
                self._until = now + _AGAIN_S
            return self._found


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(tags=["Operation"])
    store = _Store(setup)

    @router.get("/healthz", operation_id="read_health", summary="Whether the process answers")
    async def alive() -> Alive:
        return Alive()

    @router.get(
        "/readyz",
        operation_id="read_readiness",
        summary="Whether requests may be sent here",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not now."}},
    )
    def ready() -> Response:
        checks: dict[Literal["store", "models", "running"], str] = {
            "store": store.state(),
            "models": "ok" if setup.models is not None or not setup.captures else "not_loaded",
            "running": "shutting_down" if setup.shutdown.begun else "ok",
        }
        fine = all(state == "ok" for state in checks.values())
        found = Readiness(status="ready" if fine else "not_ready", checks=checks)
        return JSONResponse(found.model_dump(), status_code=200 if fine else 503)

    @router.get(
        "/metrics",
        operation_id="read_metrics",
        summary="Numbers for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, 404: {"description": "Without the token of the operator."}},
    )
    def metrics(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(METRICS)]) -> Response:
        given = credentials.credentials if credentials is not None else ""
        token = setup.metrics_token
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            raise UnknownError("not_found", "There is nothing here.", advice="Check the address; see /openapi.json.")
        return Response(setup.telemetry.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
