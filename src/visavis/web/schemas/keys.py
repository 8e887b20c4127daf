"""API keys, as a relying party makes and revokes them."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from visavis.service.records import KEY_SCOPES, Scope
from visavis.service.records import ApiKey as Row
from visavis.web.schemas.common import Moment, PageOf, Strict, known_id

__all__ = ["ApiKey", "ApiKeyPage", "CreateApiKey", "NewApiKey"]

_KEY: Final[dict[str, JsonValue]] = {
    "id": known_id("key"),
    "name": "shop in Stockholm",
    "scopes": ["lines", "verifications"],
    "created_at": "2027-03-01T09:00:00Z",
}


def _for_keys(scope: Scope) -> Scope:
    if scope not in KEY_SCOPES:
        raise ValueError("no scope of a key")
    return scope


KeyScope = Annotated[Scope, AfterValidator(_for_keys), WithJsonSchema({"type": "string", "enum": sorted(KEY_SCOPES)})]
"""A scope that a key can have."""


class CreateApiKey(Strict):
    """A key for a part of your systems; give it no more than it needs."""

    name: str = Field(
        min_length=1, max_length=100, description="For your own list: of a system, not of a person.", examples=["shop"]
    )
    scopes: frozenset[KeyScope] = Field(
        min_length=1,
        max_length=len(KEY_SCOPES),
        description="None that the key you ask with has not itself.",
        examples=[["lines", "verifications"]],
    )

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "shop in Stockholm", "scopes": ["lines", "verifications"]}]}
    )


class ApiKey(Strict):
    """A key as it is known here: its secret part is not."""

    id: str = Field(examples=[known_id("key")])
    name: str = Field(examples=["shop in Stockholm"])
    scopes: tuple[KeyScope, ...] = Field(examples=[["lines", "verifications"]])
    created_at: Moment
    last_used_at: Moment | None = Field(default=None, description="To the minute.")
    revoked_at: Moment | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            scopes=tuple(sorted(row.scopes)),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )


class NewApiKey(Strict):
    """The key, once: nobody can show it again."""

    key: ApiKey
    secret: str = Field(
        description="What goes into `Authorization: Bearer`.",
        examples=[f"vv1.{known_id('key')}.ZxYQ1s1mXk0m9b0c2d3e4f5g6h7i8j9k0l1m2n3o4p5"],
    )


class ApiKeyPage(PageOf[ApiKey]):
    """Keys, newest first, revoked ones among them."""
