"""Members of a relying party, as their administrator sees them."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from visavis.service.member_records import Role
from visavis.service.members import LONGEST_NAME, KnownMember, NewCode
from visavis.web.schemas.common import Moment, PageOf, Strict, known_id

__all__ = ["AddMember", "ChangeRole", "Member", "MemberCode", "MemberPage"]

_MEMBER: Final[dict[str, JsonValue]] = {
    "id": known_id("mbr"),
    "name": "Desk 4",
    "role": "clerk",
    "created_at": "2027-03-01T09:00:00Z",
    "passkeys": 1,
}


def _printable(name: str) -> str:
    if not name.strip() or not " ".join(name.split()).isprintable():
        raise ValueError("no name")
    return name


class AddMember(Strict):
    """Somebody who will work here."""

    name: Annotated[str, AfterValidator(_printable)] = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="What colleagues call them: a first name, or the number of a desk, is enough. It is kept sealed.",
        examples=["Desk 4"],
    )
    role: Role = Field(description="What they are there for.", examples=["clerk"])

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Desk 4", "role": "clerk"}]})


class ChangeRole(Strict):
    """What somebody is there for from now on."""

    role: Role = Field(examples=["supervisor"])

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "supervisor"}]})


class Member(Strict):
    """A member. Who has no passkey never signed in."""

    id: str = Field(description="Stands in the audit log.", examples=[known_id("mbr")])
    name: str = Field(examples=["Desk 4"])
    role: Role = Field(examples=["clerk"])
    created_at: Moment
    passkeys: int = Field(ge=0, description="How many they have.", examples=[1])
    last_signed_in_at: Moment | None = None
    code_until: Moment | None = Field(default=None, description="While a code of theirs waits to be used.")
    disabled_at: Moment | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [_MEMBER]})

    @classmethod
    def of(cls, known: KnownMember) -> Self:
        row = known.member
        return cls(
            id=row.id,
            name=known.name,
            role=row.role,
            created_at=row.created_at,
            passkeys=known.passkeys,
            last_signed_in_at=row.last_signed_in_at,
            code_until=known.code_until,
            disabled_at=row.disabled_at,
        )


class MemberCode(Strict):
    """A code to begin with, once: nobody can show it again."""

    member: Member
    code: str = Field(
        description="For them to type on the sign-in page, within 24 hours, once.", examples=["7K3Q-M2XH-0RTV-9WNB"]
    )

    @classmethod
    def made(cls, new: NewCode) -> Self:
        return cls(member=Member.of(new.known), code=new.code)


class MemberPage(PageOf[Member]):
    """Members, newest first, disabled ones among them."""
