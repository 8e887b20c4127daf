"""A holder's devices, as tests drive them: each a browser with a cookie of its own, on pages of the service.

web = make_web(storage)
device = Device(web).open(open_link(web))       # exchanged for a session
device.post("/h/v1/consent", json=...)          # with the header and the Origin of a page
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self, cast

import httpx
import numpy as np

from reading_material import TODAY, found, page, printed
from visavis.capture.picture import Picture
from visavis.comparison.templates import Template
from visavis.document.reading import DocumentReading
from visavis.document.reading_summary import PageText, summed_up
from visavis.perception.session import ModelIdentity
from visavis.service.samples import Role, Sample
from visavis.web.setup import Models
from web_material import TestClient, Web

ORDER = "ab" * 32


def open_link(web: Web, **more: object) -> tuple[str, str]:
    """A new verification through the relying party's API: its id, and the token of its link."""
    body = {"purpose": web.world.policy.id, "binding": ORDER, **more}
    answer = web.post("/v1/verifications", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    address, token = made["holder_url"].split("#")
    assert address == f"{web.setup.public_url}/p/verify"
    return made["id"], token


@dataclass
class Device:
    """``origin``: of the page that it shows; ``header``: of X-Visavis, None for none."""

    web: Web
    origin: str | None = None
    header: str | None = "1"

    def __post_init__(self) -> None:
        self.origin = self.origin or self.web.setup.public_url
        self.browser = TestClient(
            self.web.app, base_url=self.web.setup.public_url, follow_redirects=False, raise_server_exceptions=False
        )

    def get(self, path: str, **more: Any) -> httpx.Response:
        return cast("httpx.Response", self.browser.get(path, **more))

    def post(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        sent = {"Origin": self.origin, "X-Visavis": self.header, **(headers or {})}
        given = {name: value for name, value in sent.items() if value is not None}
        return cast("httpx.Response", self.browser.post(path, headers=given, **more))

    def exchange(self, token: str) -> httpx.Response:
        return self.post("/h/v1/exchange", json={"token": token})

    def open(self, token: str) -> Self:
        answer = self.exchange(token)
        assert answer.status_code == 200, answer.text
        return self

    def consent(self, language: str = "en") -> httpx.Response:
        """As a page does it: read the notice, send its digest back."""
        notice = self.get(f"/h/v1/notice?language={language}").json()
        return self.post("/h/v1/consent", json={"notice_digest": notice["digest"], "language": notice["language"]})

    def status(self) -> dict[str, Any]:
        answer = self.get("/h/v1/status")
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json())

    @property
    def cookie(self) -> str:
        return str(self.browser.cookies["visavis"])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class Paper:
    """In place of a reader: a passport's page, read surely; of every picture the same."""

    def __init__(self) -> None:
        self.pictures: list[int] = []

    def read(self, pictures: list[Picture], *, today: object) -> DocumentReading:
        self.pictures.append(len(pictures))
        return summed_up([page(found(), printed())], [PageText()], today=TODAY)


class Sampling:
    """In place of a sampler: any picture that is not black shows a face."""

    def reference(self, picture: Picture) -> Sample:
        if picture.pixels.max() < 10:
            return Sample(role=Role.REFERENCE, reason="no_face")
        vector = np.full(16, 0.25, np.float32)
        template = Template(vector=vector, model=ModelIdentity("test", "1", "0" * 64), quality=80.0)
        return Sample(role=Role.REFERENCE, reason=None, template=template, frames_used=1)


def paper_models(paper: Paper | None = None) -> Models:
    parts = SimpleNamespace(documents=paper or Paper(), sampler=Sampling(), acquirer=None, examiner=None, analyser=None)
    return cast("Models", parts)
