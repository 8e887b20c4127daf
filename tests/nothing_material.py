"""Whole verifications over a real socket and a database's files, with every secret of theirs written down, so that a
test can look for them afterwards.
"""

import io
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np
import pytest
from PIL import Image

import traces
from capture_material import CALIBRATION, MODEL, ScriptedAnalyser, ScriptedAnalysis
from capture_socket_material import CALM, HEADER, Page
from holder_material import Paper
from store_material import POLICY, World, iccid, make_world
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.upgrade import upgrade
from visavis.capture.challenge import Challenge
from visavis.capture.picture import Picture
from visavis.comparison.templates import Template
from visavis.decision.policy_file import parse_policy
from visavis.domain.evidence import Outcome
from visavis.pad.evidence import Witness
from visavis.perception.quality import SampleQuality
from visavis.service.capture_desk import CaptureDesk
from visavis.service.examination import Examiner
from visavis.service.live_capture import LiveCaptures
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.ports import Storage
from visavis.service.records import KEY_SCOPES
from visavis.service.samples import Role, Sample, Sampler
from visavis.service.sealed_reading import LABEL, ReadingSeal
from visavis.web.app import make_service
from visavis.web.logs import open_log
from visavis.web.server import Server, open_socket
from visavis.web.setup import Models, ServiceSetup
from visavis.wiring import Engine
from web_material import make_setup

DIMENSIONS = 128
REFERRING = POLICY.replace("fmr = 1e-4", 'fmr = 1e-4\non_fail = "refer"')
"""Somebody else's face is looked at by a person; what attack detection refuses is rejected."""


def noise(rng: np.random.Generator, side: int, kind: str = "JPEG") -> bytes:
    """A picture that is like no other."""
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (side, side, 3), np.uint8)).save(file, kind)
    return file.getvalue()


@dataclass
class Secrets:
    """What no file may hold, by what it is."""

    needles: dict[str, set[bytes]] = field(default_factory=dict)

    def picture(self, what: str, data: bytes) -> bytes:
        self.needles.setdefault(what, set()).update(traces.of_bytes(data))
        return data

    def text(self, what: str, text: str) -> str:
        self.needles.setdefault(what, set()).update(traces.of_text(text))
        return text

    def template(self, what: str, vector: np.ndarray[Any, Any]) -> None:
        """In either order of bytes, single and half."""
        for form in ("<f4", ">f4", "<f2", "<f8"):
            self.picture(what, vector.astype(form).tobytes())


class Faces:
    """In place of the models: templates of chance, alike for the holder, and unlike for anybody else."""

    def __init__(self, secrets: Secrets, rng: np.random.Generator) -> None:
        self.same = True
        self._secrets, self._rng = secrets, rng
        self._holder = self._unit(rng.normal(size=DIMENSIONS))

    @staticmethod
    def _unit(vector: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        unit: np.ndarray[Any, Any] = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit

    def reference(self, _: Picture) -> Sample:
        return self._sample(Role.REFERENCE, self._unit(self._holder + 0.01 * self._rng.normal(size=DIMENSIONS)))

    def film(self) -> "Faces":
        return self

    def refuse(self, reason: str) -> None:
        raise AssertionError(reason)

    def look(self, picture: Picture, face: object, *, time_s: float) -> float:
        return 50.0 + time_s / 1000

    def sample(self) -> Sample:
        other = self._rng.normal(size=DIMENSIONS)
        near = self._holder + 0.02 * other if self.same else other
        return self._sample(Role.PROBE, self._unit(near))

    def _sample(self, role: Role, vector: np.ndarray[Any, Any]) -> Sample:
        self._secrets.template(f"the template of the {role.value}", vector)
        return Sample(
            role=role,
            reason=None,
            quality=SampleQuality(components=(), unified=90),
            template=Template(vector=vector, model=MODEL, quality=90),
            frames_used=1,
        )


@dataclass(kw_only=True)
class Running:
    """``folder``: of all that the service may write into: database, log, temporary files. ``spoofs``: whether the next
    capture is an attack. ``stack`` ends with the service.
    """

    folder: Path
    world: World
    setup: ServiceSetup
    storage: Storage
    address: str
    key: str
    secrets: Secrets
    faces: Faces
    rng: np.random.Generator
    spoofs: list[bool]
    stack: ExitStack

    def traces(self) -> list[str]:
        """Secrets that lie about: none, if all is well."""
        return traces.found(self.secrets.needles, [*traces.files(self.folder), *traces.open_files()])

    def files(self) -> bytes:
        return b"".join(content for _, content in traces.files(self.folder))

    def ask(self, method: str, path: str, **body: object) -> dict[str, Any]:
        """As the relying party."""
        answer = httpx.request(
            method,
            f"http://{self.address}{path}",
            headers={"Authorization": f"Bearer {self.key}"},
            json=body or None,
            trust_env=False,
            timeout=60,
        )
        assert answer.is_success, answer.text
        return cast("dict[str, Any]", answer.json() if answer.content else {})

    def holder(self, order: str) -> "Holder":
        made = self.ask("POST", "/v1/verifications", purpose=self.world.policy.id, binding=order)
        token = self.secrets.text("the token of a link", made["holder_url"].partition("#")[2])
        return Holder(running=self, verification=made["id"]).open(token)

    def sealed(self, verification: str) -> list[bytes]:
        """How the wrapped key, and each thing that lies sealed under it, begins: a database spreads what is long."""
        with self.storage.reading() as unit:
            key = unit.sealed.key(verification)
            rows = [unit.sealed.get(verification, label) for label in unit.sealed.labels(verification)]
        return [] if key is None else [item[:40] for item in (key.wrapped, *rows) if item is not None]

    def labels(self, verification: str) -> set[str]:
        with self.storage.reading() as unit:
            return set(unit.sealed.labels(verification))


@dataclass(kw_only=True)
class Holder:
    """A holder's device."""

    running: Running
    verification: str
    browser: httpx.Client = field(init=False)
    reading: str = ""

    def __post_init__(self) -> None:
        client = httpx.Client(base_url=f"http://{self.running.address}", trust_env=False, timeout=60)
        self.browser = self.running.stack.enter_context(client)

    def post(self, path: str, **more: Any) -> dict[str, Any]:
        page = {"Origin": f"http://{self.running.address}", "X-Visavis": "1"}
        answer = self.browser.post(path, headers=page, **more)
        assert answer.is_success, answer.text
        return cast("dict[str, Any]", answer.json() if answer.content else {})

    def open(self, token: str) -> "Holder":
        self.post("/h/v1/exchange", json={"token": token})
        self.running.secrets.text("the cookie of a session", self.browser.cookies["visavis"])
        notice = self.browser.get("/h/v1/notice").json()
        self.post("/h/v1/consent", json={"notice_digest": notice["digest"], "language": notice["language"]})
        return self

    def show_document(self, *, kind: str = "JPEG", side: int = 400) -> "Holder":
        return self.show(noise(self.running.rng, side, kind))

    def show(self, photo: bytes) -> "Holder":
        secrets = self.running.secrets
        secrets.picture("the photograph of a document", photo)
        answer = self.post("/h/v1/document", files={"photo": ("card", photo, "application/octet-stream")})
        for item in answer["fields"]:
            if item["name"] in PERSONAL and item["value"]:
                secrets.text(f"the {item['name']}", str(item["value"]))
        self.reading = answer["reading"]
        secrets.picture("the sealed reading", self.reading.encode())
        return self

    def page(self) -> Page:
        place = cast("Any", SimpleNamespace(address=self.running.address))
        return Page(place, f"visavis={self.browser.cookies['visavis']}")

    def capture(self) -> str:
        """How it came out."""
        with self.page() as page:
            send = page.socket.send

            def frame(*_: object, **__: object) -> None:
                data = self.running.secrets.picture("a frame", noise(self.running.rng, 160))
                send(HEADER.pack(1, page.sent, 100 + page.sent / 10) + data)
                page.sent += 1

            page.frame = frame  # type: ignore[method-assign]  # frames of its own, each like no other
            begun = page.hello(self.reading)
            assert begun["type"] == "begun", begun
            result, _ = page.answer()
            assert result["type"] == "result", result
            return str(result["outcome"])


PERSONAL = frozenset({"family_name", "given_names", "document_number", "date_of_birth", "name"})


class Watched:
    """The real sampler, and what it makes written down."""

    def __init__(self, sampler: Sampler, secrets: Secrets) -> None:
        self._sampler, self._secrets = sampler, secrets

    def reference(self, picture: Picture) -> Sample:
        return self._noted(self._sampler.reference(picture))

    def film(self) -> Any:
        film = self._sampler.film()
        return SimpleNamespace(refuse=film.refuse, look=film.look, sample=lambda: self._noted(film.sample()))

    def _noted(self, sample: Sample) -> Sample:
        assert sample.template is not None
        self._secrets.template(f"the template of the {sample.role.value}", sample.template.vector)
        return sample


@contextmanager
def running(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    engine: Engine | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Running]:
    """A service that keeps everything in ``folder``. Captures go by a script, or are looked at by ``engine``."""
    for name in ("temp", "data"):
        (folder / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temp"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "temp"))
    url = f"sqlite:///{folder / 'data' / 'store.db'}"
    upgrade(url)
    with ExitStack() as stack:
        storage = open_storage(url)
        stack.callback(storage.close)
        log = stack.enter_context((folder / "service.log").open("w", buffering=1))
        world = make_world(storage)
        world.policy = parse_policy(REFERRING)
        in_force = [PolicySource(policy=world.policy, text=REFERRING)]
        shelf = PolicyShelf(storage=storage, clock=world.clock, in_force=in_force).noted()
        secrets, rng = Secrets(), np.random.default_rng(20270301)
        faces, spoofs = Faces(secrets, rng), [False]

        def script(challenge: Challenge) -> ScriptedAnalysis:
            said = {Witness.ACTIVE: (Outcome.FAIL, "wrong_gesture")} if spoofs[0] else {}
            return ScriptedAnalysis(challenge, said=said)

        looking: Any = faces if engine is None else Watched(engine.sampler, secrets)
        listener = open_socket("127.0.0.1", 0)
        stack.callback(listener.close)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        desk = CaptureDesk(CALM, timer=monotonic)
        stack.callback(desk.close)
        models = cast("Models", SimpleNamespace(documents=Paper(), sampler=looking))
        setup = make_setup(world, log=open_log("debug", stream=log), models=models, desk=desk, policies=shelf)
        live = LiveCaptures(
            issuer="http://127.0.0.1:8000",
            storage=storage,
            verifications=world.verifications,
            readings=ReadingSeal(setup.derive_each(LABEL)),
            policies=shelf.of_digest,
            analyser=ScriptedAnalyser(script) if engine is None or engine.analyser is None else engine.analyser,
            film=looking.film,
            examiner=Examiner(calibration=CALIBRATION) if engine is None else engine.examiner(),
            clock=world.clock,
            rng=random.Random(5),
        )
        setup = replace(setup, public_url=f"http://{address}", monotonic=monotonic, live=live)
        server = Server(make_service(setup), setup, seconds=5)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join(60)

        stack.callback(end)
        key = setup.api_keys.create(world.party.id, name="a test's", scopes=tuple(KEY_SCOPES)).text
        secrets.text("the secret of an API key", key.rpartition(".")[2])
        yield Running(
            folder=folder,
            world=world,
            setup=setup,
            storage=storage,
            address=address,
            key=key,
            secrets=secrets,
            faces=faces,
            rng=rng,
            spoofs=spoofs,
            stack=stack,
        )


def digits(secrets: Secrets, number: int) -> Mapping[str, str]:
    """A telephone number and a card, written down."""
    card, msisdn = iccid(number).text, f"+46{700000000 + number}"
    secrets.text("a telephone number", msisdn.removeprefix("+"))
    secrets.text("the number of a card", card)
    return {"msisdn": msisdn, "iccid": card}
