"""Lines of an operator's register. A number travels in bodies alone, never in an address, which logs keep."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from visavis.domain.identifiers import Kind
from visavis.domain.lines import Dispute as DisputeRow
from visavis.domain.lines import DisputeEnd, LineAct, LineEntry, LineStatus
from visavis.domain.lines import Line as LineRow
from visavis.lines.orders import Order
from visavis.lines.views import ShownLine
from visavis.web.schemas.common import Digest, Moment, PageOf, Strict, identifier, known_id

__all__ = [
    "CloseDispute",
    "Dispute",
    "DisputePage",
    "FindLine",
    "HolderAct",
    "Line",
    "LineHistory",
    "LineOrder",
    "LinePage",
    "LinesInMyName",
    "PrepareOrder",
    "RegisterLine",
    "ReplaceSim",
    "TransferLine",
]

_NONCE: Final = "mF5yWkq3T1uXb7Zr0aVdHg"
_LINE: Final[dict[str, JsonValue]] = {
    "id": known_id("lin"),
    "status": "active",
    "registered_at": "2027-03-01T09:03:00Z",
    "changed_at": "2027-03-01T09:03:00Z",
    "disputed": False,
}
_DIGITS: Final[dict[str, JsonValue]] = {"msisdn": "+46700000001", "iccid": "8946000000000000014"}

MsisdnText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40),
    Field(description="E.164: a plus, the country code, at most 15 digits.", examples=["+46700000001"]),
]
IccidText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40),
    Field(description="As printed on the SIM card, with its check digit.", examples=["8946000000000000014"]),
]
Nonce = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,64}$"),
    Field(description="The order's: at least 128 random bits, base64url.", examples=[_NONCE]),
]
VerificationId = Annotated[
    str,
    StringConstraints(max_length=100),
    identifier(Kind.VERIFICATION),
    Field(description="An accepted verification, bound to this very order.", examples=[known_id("ver")]),
]
LineId = Annotated[str, StringConstraints(max_length=100), identifier(Kind.LINE), Field(examples=[known_id("lin")])]


class OrderedAct(StrEnum):
    """What can be ordered."""

    REGISTER = LineAct.REGISTER.value
    TRANSFER = LineAct.TRANSFER.value
    REPLACE_SIM = LineAct.REPLACE_SIM.value
    RELEASE = LineAct.RELEASE.value
    DISPUTE = LineAct.DISPUTE.value


class _Prepare(Strict):
    nonce: Nonce | None = Field(default=None, description="Missing: the service makes one.")


class PrepareRegister(_Prepare):
    """A new line."""

    act: Literal["register"]
    msisdn: MsisdnText
    iccid: IccidText


class PrepareReplace(_Prepare):
    """Another SIM card for a line."""

    act: Literal["replace_sim"]
    line: LineId
    iccid: IccidText


class PrepareOther(_Prepare):
    """What needs nothing but the line: its transfer, its release, a dispute about it."""

    act: Literal["transfer", "release", "dispute"]
    line: LineId


PrepareOrder = Annotated[
    PrepareRegister | PrepareReplace | PrepareOther,
    Field(
        discriminator="act",
        examples=[{"act": "register", "msisdn": "+46700000001", "iccid": "8946000000000000014"}],
    ),
]


class LineOrder(Strict):
    """What is to be done, as a digest. Nothing of it is kept here: keep the nonce until the order is carried out."""

    act: OrderedAct
    nonce: Nonce
    binding: Digest = Field(description="Take it as the `binding` of the verification: for a transfer, of both.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "act": "register",
                    "nonce": _NONCE,
                    "binding": "4d1ab1b4bd1c1c9c9c6e6c7b0f6d7c7a3b7f0d7d2c5e1f4a8b9c0d1e2f3a4b5c",
                }
            ]
        }
    )

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls(act=OrderedAct(order.act), nonce=order.nonce, binding=order.digest)


class RegisterLine(Strict):
    """Put a new line in the name of whoever verified themselves."""

    msisdn: MsisdnText
    iccid: IccidText
    nonce: Nonce
    verification: VerificationId


class TransferLine(Strict):
    """Give a line to somebody else: both verified themselves for this very order."""

    nonce: Nonce
    giver: VerificationId
    receiver: VerificationId


class ReplaceSim(Strict):
    """Another SIM card, for the registered holder alone."""

    iccid: IccidText
    nonce: Nonce
    verification: VerificationId


class HolderAct(Strict):
    """What the registered holder does with nothing more than a verification: release, dispute."""

    nonce: Nonce
    verification: VerificationId


class FindLine(Strict):
    """The active line of a number."""

    msisdn: MsisdnText


class Line(Strict):
    """A line. `msisdn` and `iccid` are missing in lists, and once it is released: they are erased then."""

    id: str = Field(examples=[known_id("lin")])
    status: LineStatus
    registered_at: Moment
    changed_at: Moment
    disputed: bool = Field(description="A case is open: nothing is done with the line until it is closed.")
    msisdn: str | None = Field(default=None, examples=["+46700000001"])
    iccid: str | None = Field(default=None, examples=["8946000000000000014"])

    model_config = ConfigDict(json_schema_extra={"examples": [{**_LINE, **_DIGITS}]})

    @classmethod
    def of(cls, row: LineRow) -> Self:
        return cls(**_line(row))

    @classmethod
    def shown(cls, shown: ShownLine) -> Self:
        return cls(**_line(shown.line), msisdn=shown.msisdn, iccid=shown.iccid)


class LinePage(PageOf[Line]):
    """Lines, newest first, without their digits."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LINE]}]})


class LinesInMyName(Strict):
    """The active lines of whoever verified themselves, with their digits."""

    items: tuple[Line, ...]


class LineEvent(Strict):
    """One act of a line's history."""

    sequence: int = Field(ge=1, description="Counts from 1 without a gap.", examples=[1])
    act: LineAct
    at: datetime
    verifications: tuple[str, ...] = Field(description="Those it rests on.", examples=[[known_id("ver")]])

    @classmethod
    def of(cls, entry: LineEntry) -> Self:
        return cls(sequence=entry.sequence, act=entry.act, at=entry.at, verifications=entry.verifications)


class LineHistory(Strict):
    """Newest first, at most 200."""

    items: tuple[LineEvent, ...]


class Dispute(Strict):
    """Somebody in whose name a line is says that it should not be."""

    id: str = Field(examples=[known_id("dsp")])
    line: str = Field(examples=[known_id("lin")])
    verification: str = Field(description="By which they showed who they are.", examples=[known_id("ver")])
    opened_at: Moment
    closed_at: Moment | None = None
    end: DisputeEnd | None = None

    @classmethod
    def of(cls, row: DisputeRow) -> Self:
        return cls(
            id=row.id,
            line=row.line,
            verification=row.verification,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            end=row.end,
        )


class DisputePage(PageOf[Dispute]):
    """Open cases, newest first."""


class CloseDispute(Strict):
    """Your decision. `upheld`: the line is released at once; `dismissed`: it stays as it is."""

    end: DisputeEnd


def _line(row: LineRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "registered_at": row.registered_at,
        "changed_at": row.changed_at,
        "disputed": row.disputed,
    }
