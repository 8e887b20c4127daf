"""What all schemas share: how strict they are, identifiers, digests, moments and pages."""

from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from visavis.domain.identifiers import Kind, is_identifier
from visavis.domain.states import STATES
from visavis.service.records import MOST_PER_PAGE

__all__ = [
    "Cursor",
    "Digest",
    "Moment",
    "PageOf",
    "PageSize",
    "StateName",
    "Strict",
    "VerificationInPath",
    "identifier",
    "identifier_in_path",
    "known_id",
]

T = TypeVar("T", bound=BaseModel)

_DIGITS: Final = "01hzy6v9fqk3m8w2x4c7d5t0ab"
_LONGEST: Final = 100


class Strict(BaseModel):
    """Nothing beyond its fields is taken, and nothing is changed once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def known_id(kind: str) -> str:
    """An identifier for examples."""
    return f"{kind}_{_DIGITS}"


def identifier(kind: Kind) -> AfterValidator:
    """Whatever is no such identifier becomes one that never was, and is answered so."""
    never = f"{kind}_{'0' * len(_DIGITS)}"
    return AfterValidator(lambda text: text if is_identifier(text, kind) else never)


def identifier_in_path(kind: Kind, what: str) -> Any:  # noqa: ANN401 - what FastAPI calls a Path is of any type
    """A parameter of a path, beside `identifier`."""
    return Path(description=f"The id of {what}.", max_length=_LONGEST, examples=[known_id(kind)])


VerificationInPath = Annotated[
    str, identifier(Kind.VERIFICATION), identifier_in_path(Kind.VERIFICATION, "a verification")
]


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment has its distance from UTC")
    return moment


Moment = Annotated[datetime, AfterValidator(_aware), Field(examples=["2027-03-01T09:00:00Z"])]
"""RFC 3339, in UTC."""

Digest = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]),
]
"""SHA-256, in lower-case hexadecimal."""

PageSize = Annotated[int, Query(ge=1, le=MOST_PER_PAGE, description="At most so many items.", examples=[50])]
Cursor = Annotated[
    str | SkipJsonSchema[None],
    Query(
        max_length=200,
        description="`next_cursor` of the page before. It stays good; what is new comes before the first page.",
    ),
]


class PageOf(Strict, Generic[T]):
    """Part of a list, newest first."""

    items: tuple[T, ...]
    next_cursor: str | None = Field(default=None, description="Goes on behind this page; missing at the end.")


def _state(name: str) -> str:
    if name not in STATES:
        raise ValueError("no state")
    return name


StateName = Annotated[str, AfterValidator(_state), WithJsonSchema({"type": "string", "enum": list(STATES)})]
"""A state of a verification, by its public name."""
