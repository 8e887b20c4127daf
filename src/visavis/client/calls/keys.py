"""API keys, and policies to read."""

from collections.abc import Iterable
from dataclasses import dataclass

from visavis.client.call import Call, Page, get, path, post
from visavis.client.models import ApiKey, NewApiKey, PolicyDocument, PolicySummary

__all__ = ["create", "page", "policies", "policy", "read", "revoke"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """By name, the newest version first."""

    items: tuple[PolicySummary, ...]


def create(*, name: str, scopes: Iterable[str], key: str | None = None) -> Call[NewApiKey]:
    """``scopes``: of verifications, lines, review, keys, policies:read; none that your own key has not."""
    return post("/v1/api-keys", NewApiKey, {"name": name, "scopes": sorted(scopes)}, key=key)


def page(*, limit: int | None = None, cursor: str | None = None) -> Call[Page[ApiKey]]:
    """Newest first, revoked ones among them."""
    return get("/v1/api-keys", Page[ApiKey], query={"limit": limit, "cursor": cursor})


def read(api_key: str) -> Call[ApiKey]:
    return get(path("/v1/api-keys/{id}", id=api_key), ApiKey)


def revoke(api_key: str, *, key: str | None = None) -> Call[ApiKey]:
    """For good, and at once."""
    return post(path("/v1/api-keys/{id}/revoke", id=api_key), ApiKey, key=key)


def policies(*, policy: str | None = None) -> Call[Policies]:
    """Every version that was ever in force, of one policy or of all."""
    return get("/v1/policies", Policies, query={"policy": policy})


def policy(digest: str) -> Call[PolicyDocument]:
    """A version in full."""
    return get(path("/v1/policies/{digest}", digest=digest), PolicyDocument)
