"""What can go wrong between a relying party and the service.

    ClientError
    ├── ServiceUnreachableError   no answer came
    ├── AnswerUnusableError       what came is no answer of the service
    └── ProblemError              the service says no, and why (RFC 9457); its code is the service's own
        ├── RequestInvalidError   400, 408, 413, 415, 422: the request itself
        ├── NotAllowedError       401, 403: the key
        ├── NotFoundError         404: no such thing, or another relying party's
        ├── ConflictError         409: a step that the present state does not take
        ├── GoneError             410: was there, and is not any more
        ├── TooManyRequestsError  429: wait
        └── ServiceFaultError     5xx: not your doing

Match on ``code``: it is stable (docs/reference/codes.md); the texts may change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from visavis.errors import ExitStatus, VisavisError

__all__ = [
    "AnswerUnusableError",
    "ClientError",
    "ConflictError",
    "FieldFault",
    "GoneError",
    "NotAllowedError",
    "NotFoundError",
    "ProblemError",
    "RequestInvalidError",
    "ServiceFaultError",
    "ServiceUnreachableError",
    "TooManyRequestsError",
    "problem_error",
]


class ClientError(VisavisError):
    """Base of the tree."""


class ServiceUnreachableError(ClientError):
    """``service_unreachable``: no answer came, after as many tries as are safe."""

    exit_status = ExitStatus.INSTALLATION


class AnswerUnusableError(ClientError):
    """``answer_unusable``: something else than the service answered, or one that this client is too old for."""

    exit_status = ExitStatus.INSTALLATION


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One thing wrong with a request; ``pointer`` says where (RFC 6901)."""

    pointer: str = ""
    code: str = ""
    message: str = ""


class ProblemError(ClientError):
    """``status``: of HTTP; ``request_id``: by which the operator finds it; ``faults``: of `request_invalid`;
    ``retry_after``: seconds to wait, where the service said so.
    """

    exit_status = ExitStatus.NOT_SAME

    def __init__(
        self,
        code: str,
        message: str,
        *,
        advice: str = "",
        status: int = 0,
        request_id: str = "",
        faults: Sequence[FieldFault] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message, advice=advice)
        self.status = status
        self.request_id = request_id
        self.faults = tuple(faults)
        self.retry_after = retry_after


class RequestInvalidError(ProblemError):
    """The request itself is wrong: 400, 408, 413, 415, 422."""

    exit_status = ExitStatus.USAGE


class NotAllowedError(ProblemError):
    """401, 403: the key is not known, or not for this."""


class NotFoundError(ProblemError):
    """404: there is no such thing, or it is another relying party's."""


class ConflictError(ProblemError):
    """409: a step that the present state does not take."""


class GoneError(ProblemError):
    """410: it was there, and is not any more."""


class TooManyRequestsError(ProblemError):
    """429: wait as long as ``retry_after`` says."""


class ServiceFaultError(ProblemError):
    """5xx: the service cannot do it, now or at all."""

    exit_status = ExitStatus.INSTALLATION


_BY_STATUS: Final[Mapping[int, type[ProblemError]]] = {
    401: NotAllowedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    429: TooManyRequestsError,
}
_URN: Final = "urn:visavis:request:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    code: str
    detail: str = ""
    what_to_do: str = ""
    instance: str = ""
    errors: tuple[FieldFault, ...] = ()


def problem_error(status: int, body: bytes, *, retry_after: float | None) -> ClientError:
    """The error for an answer of 400 and above: a `ProblemError`, or `AnswerUnusableError` for what is no problem+json
    of the service, which may be the word of a proxy in between.
    """
    try:
        document = msgspec.json.decode(body, type=_Document)
    except msgspec.DecodeError:
        return AnswerUnusableError(
            "answer_unusable",
            f"An answer of status {status} is none of the service's.",
            advice="See what is in between.",
        )
    kind = _BY_STATUS.get(status, ServiceFaultError if status >= 500 else RequestInvalidError)
    return kind(
        document.code,
        document.detail,
        advice=document.what_to_do,
        status=status,
        request_id=document.instance.removeprefix(_URN),
        faults=document.errors,
        retry_after=retry_after,
    )
