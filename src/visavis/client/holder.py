"""A holder's device, for tests and demonstrations: what the page in the browser does, without a browser.

A relying party has no use for it: a holder acts with their own device, which shows them what they agree to.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from visavis.client.base import TIMEOUT, BaseSettings
from visavis.client.call import Call, changing, get
from visavis.client.capture import CaptureOptions, CaptureResult, Scene, play_capture
from visavis.client.sync import carry_out

__all__ = [
    "DocumentRead",
    "Entry",
    "HandOff",
    "HolderClient",
    "HolderReason",
    "HolderStatus",
    "Kept",
    "KeptItem",
    "Notice",
    "NoticeSection",
    "ReadField",
    "Result",
]

T = TypeVar("T")

_COOKIES: Final = ("__Host-visavis", "visavis")
_PAGE: Final = "/p/verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``code``: for a device that took over; the other one shows the same."""

    verification: str
    may_act: bool
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """``url`` opens the verification on another device, once; ``qr_svg`` is the same as a picture."""

    url: str = field(repr=False)
    qr_svg: str = field(repr=False)
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSection:
    name: str
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a holder must be shown, word by word."""

    language: str
    title: str
    sections: tuple[NoticeSection, ...]
    consent: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderReason:
    code: str
    text: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    conclusion: str
    reasons: tuple[HolderReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderStatus:
    """``next``: consent, document, capture, wait, alternative or done. ``agreed``: there is a receipt; ``party`` asks,
    and is reached by ``contact``; ``other_way``: what to do in place of showing the face.
    """

    verification: str
    state: str
    text: str
    next: str
    may_act: bool
    expires_at: datetime
    attempts_left: int
    language: str
    agreed: bool = False
    party: str = ""
    contact: str = ""
    purpose: str = ""
    other_way: str = ""
    return_url: str | None = None
    result: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField:
    name: str
    label: str
    value: str = field(repr=False)
    place: str
    doubtful: bool
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRead:
    """``reading``: all of it, sealed, for the capture; None where a capture could come to nothing."""

    text: str
    fields: tuple[ReadField, ...]
    problems: tuple[HolderReason, ...]
    portrait_found: bool
    uploads_left: int
    kind: str | None = None
    chip_proven: bool | None = None
    reading: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptItem:
    name: str
    text: str
    until_text: str
    sealed: bool
    count: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    language: str
    items: tuple[KeptItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageSettings(BaseSettings):
    """As a page of the service: with its Origin, and the header that no form can set."""

    def headers(self) -> dict[str, str]:
        return {"Origin": self.base, "X-Visavis": "1"}


class HolderClient:
    """One device with a holder's link. Raises ValueError for a link that is none.

    Nothing it does is repeated by itself, but looks: an act of a holder is theirs.
    """

    def __init__(
        self,
        holder_url: str,
        *,
        timeout: httpx.Timeout | float = TIMEOUT,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        link = urlsplit(holder_url)
        if not link.path.endswith(_PAGE) or not link.fragment:
            raise ValueError("this is no holder's link")
        self._token = link.fragment
        self.settings = _PageSettings(url=f"{link.scheme}://{link.netloc}{link.path.removesuffix(_PAGE)}")
        self._own = http is None
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._own:
            self._http.close()

    # ---- the device

    def exchange(self) -> Entry:
        """The link's token for a session. Once; the cookie stays with this client."""
        return self._post("/h/v1/exchange", Entry, {"token": self._token})

    def session(self) -> Entry:
        return self._get("/h/v1/session", Entry)

    def hand_on(self) -> HandOff:
        return self._post("/h/v1/handoff", HandOff)

    def leave(self) -> None:
        self._post("/h/v1/leave", type(None))

    # ---- what the holder is told, and agrees to

    def notice(self, language: str | None = None) -> Notice:
        return self._get("/h/v1/notice", Notice, language=language)

    def consent(self, notice: Notice) -> HolderStatus:
        body = {"notice_digest": notice.digest, "language": notice.language}
        return self._post("/h/v1/consent", HolderStatus, body)

    def receipt(self) -> Mapping[str, Any]:
        """ISO/IEC TS 27560."""
        return self._get("/h/v1/receipt", dict[str, Any])

    def status(self, language: str | None = None) -> HolderStatus:
        return self._get("/h/v1/status", HolderStatus, language=language)

    def take_alternative(self) -> HolderStatus:
        return self._post("/h/v1/alternative", HolderStatus)

    def withdraw(self) -> HolderStatus:
        return self._post("/h/v1/withdraw", HolderStatus)

    # ---- what the holder shows

    def show_document(self, *, photos: Sequence[bytes] = (), chip: Sequence[bytes] = ()) -> DocumentRead:
        """Pictures of one document, or the files of its chip, or both."""
        files = [("photo", (f"{place}.jpg", content)) for place, content in enumerate(photos)]
        files += [("chip", (f"{place}.bin", content)) for place, content in enumerate(chip)]
        form = httpx.Request("POST", self.settings.base, files=files)
        return self._send(
            Call(
                method="POST",
                where="/h/v1/document",
                read=get("/", DocumentRead).read,
                headers={"Content-Type": form.headers["content-type"]},
                body=form.read(),
                safe=False,
            )
        )

    def capture(self, reading: str, scene: Scene, options: CaptureOptions | None = None) -> CaptureResult:
        """Stand before the camera. Raises as `visavis.client.capture.play_capture`."""
        jar = self._http.cookies.jar
        cookie = next((f"{item.name}={item.value}" for item in jar if item.name in _COOKIES), "")
        return play_capture(self.settings.base, cookie, reading, scene, options or CaptureOptions())

    # ---- what is kept about them

    def kept(self, language: str | None = None) -> Kept:
        return self._get("/h/v1/kept", Kept, language=language)

    def export(self) -> Mapping[str, Any]:
        return self._get("/h/v1/export", dict[str, Any])

    def erase(self) -> HolderStatus:
        return self._post("/h/v1/erase", HolderStatus)

    # ---- requests

    def _get(self, where: str, kind: type[T], **query: object | None) -> T:
        return self._send(get(where, kind, query=query))

    def _post(self, where: str, kind: type[T], body: Mapping[str, Any] | None = None) -> T:
        return self._send(changing("POST", where, kind, body))

    def _send(self, call: Call[T]) -> T:
        return carry_out(call, http=self._http, settings=self.settings, sleep=self._sleep)
