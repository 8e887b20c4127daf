"""Policies over HTTP: what a purpose asks of a holder, in every version that was ever in force."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from visavis.service.records import Scope
from visavis.web.auth import Caller, caller_with
from visavis.web.relying.calling import shown
from visavis.web.schemas.policies import PolicyList, PolicySummary, ShownPolicyDocument
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup

__all__ = ["routes"]

_NEVER: Final = "0" * 64
DigestInPath = Annotated[
    str,
    AfterValidator(lambda text: text if re.fullmatch(r"[0-9a-f]{64}", text) else _NEVER),
    Path(max_length=100, description="The version's, as a verification names it."),
]
_TAG: Final = "Policies"


def routes(setup: ServiceSetup) -> APIRouter:
    router = APIRouter(prefix="/v1/policies", tags=[_TAG])
    Known = Annotated[Caller, Depends(caller_with(setup, Scope.POLICIES_READ))]

    @router.get(
        "",
        operation_id="list_policies",
        summary="List policies",
        response_model=PolicyList,
        responses=answers(),
    )
    def list_policies(
        _: Known,
        policy: Annotated[
            str | SkipJsonSchema[None],
            Query(
                max_length=64,
                pattern=r"^[a-z][a-z0-9_]*$",
                description="Only the versions of this policy.",
                examples=["change_of_line"],
            ),
        ] = None,
    ) -> Response:
        """Every version that was ever in force here, at most 500: by name, the newest first."""
        return shown(PolicyList(items=tuple(PolicySummary.of(item) for item in setup.policies.versions(policy))))

    @router.get(
        "/{digest}",
        operation_id="read_policy",
        summary="Read a version of a policy",
        response_model=ShownPolicyDocument,
        responses=answers("policy_version_unknown"),
    )
    def read_policy(_: Known, digest: DigestInPath) -> Response:
        """In full, by the digest that decisions and attestations carry."""
        return shown(ShownPolicyDocument.shown(setup.policies.shown(digest)))

    return router
