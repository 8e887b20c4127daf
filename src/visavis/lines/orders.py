"""Orders: what is to be done with which line, and the digest that binds a verification to exactly that.

The relying party takes the order's digest as ``binding`` when it opens the verification, so the holder verifies for
this order and no other: a verification for one SIM card cannot be used for the next.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final

from visavis.decision.canonical import canonical_json
from visavis.domain.lines import Iccid, LineAct, Msisdn
from visavis.errors import InputError

__all__ = ["DisputeLine", "Order", "RegisterLine", "ReleaseLine", "ReplaceSim", "TransferLine"]

_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
_DIGEST_OF: Final = "visavis line order 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(ABC):
    """``nonce``: at least 128 random bits in base64url, new for each order. Without it, the digest in the store could
    be tried out for all telephone numbers.

    Raises `visavis.errors.InputError` ``order_nonce_invalid``.
    """

    act: ClassVar[LineAct]
    relying_party: str
    nonce: str

    def __post_init__(self) -> None:
        if not _NONCE.fullmatch(self.nonce):
            raise InputError(
                "order_nonce_invalid",
                "The nonce of an order is 22 to 64 letters of base64url: at least 128 random bits.",
                advice="Make a new one for each order.",
            )

    @property
    def digest(self) -> str:
        """SHA-256, lower-case hexadecimal, over RFC 8785 canonical JSON: the ``binding``."""
        content = {"order": _DIGEST_OF, "act": str(self.act), "relying_party": self.relying_party, "nonce": self.nonce}
        return hashlib.sha256(canonical_json(content | self._content())).hexdigest()

    @abstractmethod
    def _content(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine(Order):
    act = LineAct.REGISTER
    msisdn: Msisdn
    iccid: Iccid

    def _content(self) -> dict[str, str]:
        return {"msisdn": self.msisdn.text, "iccid": self.iccid.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine(Order):
    """From the registered holder to somebody else: both verify, each bound to this order."""

    act = LineAct.TRANSFER
    line: str

    def _content(self) -> dict[str, str]:
        return {"line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSim(Order):
    act = LineAct.REPLACE_SIM
    line: str
    iccid: Iccid

    def _content(self) -> dict[str, str]:
        return {"line": self.line, "iccid": self.iccid.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLine(Order):
    act = LineAct.RELEASE
    line: str

    def _content(self) -> dict[str, str]:
        return {"line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine(Order):
    """The registered holder says that this line should not be in their name."""

    act = LineAct.DISPUTE
    line: str

    def _content(self) -> dict[str, str]:
        return {"line": self.line}
