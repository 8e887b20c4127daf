"""Who asks: a relying party, by the API key in its Authorization header (RFC 6750 section 2.1). Scopes are checked
here and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from visavis.errors import AccessError
from visavis.service.records import ApiKey, Scope
from visavis.web.scope import facts_of
from visavis.web.setup import ServiceSetup

__all__ = ["Caller", "caller_with"]

BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="api_key",
    bearerFormat="vv1.<id>.<secret>",
    description="An API key of a relying party. What it may be used for is said by its scopes.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as far as it is known: an API key, and with it a relying party."""

    key: ApiKey

    @property
    def relying_party(self) -> str:
        return self.key.relying_party


def caller_with(setup: ServiceSetup, scope: Scope | None) -> Callable[..., Caller]:
    """A dependency: the caller, whose key has ``scope`` (None: any key will do).

    Raises AccessError ``api_key_missing``, ``api_key_unknown`` (401), ``scope_missing`` (403); LimitError
    ``rate_limited`` (429).
    """

    def caller(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
    ) -> Caller:
        facts = facts_of(request.scope)
        try:
            key = _known(setup, credentials)
        except AccessError:
            # whoever has a right key is let in also beside somebody who tries keys from the same address
            setup.rates.take(setup.limits.per_address, facts.address).check()
            raise
        facts.actor = key.id
        admission = setup.rates.take(setup.limits.per_key, key.id)
        facts.headers.extend(admission.headers())
        admission.check()
        if scope is not None and scope not in key.scopes:
            raise AccessError(
                "scope_missing", f"This key has not the scope {scope}.", advice="Use a key that was made with it."
            )
        return Caller(key=key)

    return caller


def _known(setup: ServiceSetup, credentials: HTTPAuthorizationCredentials | None) -> ApiKey:
    if credentials is None:
        raise AccessError(
            "api_key_missing", "This needs an API key.", advice="Send it as `Authorization: Bearer <key>`."
        )
    return setup.api_keys.authenticate(credentials.credentials)
