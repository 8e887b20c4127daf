"""A capture from the page's side (docs/reference/capture-protocol.md, version 1), for whoever stands in for a camera.

Steps
    1. The hello goes out with the sealed reading; the service says how many frames may be under way.
    2. Ten times a second a frame is taken and sent, while there is credit; else it is left out.
    3. What is asked for is handed to the scene. Colours are shown one after the other, each for its time, held where
       the service says so; when all were shown it is told when each was on the screen.
    4. The result, or why there is none.
"""

import contextlib
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from visavis.client.errors import AnswerUnusableError, ClientError, ServiceUnreachableError

__all__ = ["CaptureEndedError", "CaptureOptions", "CaptureResult", "Prompt", "Scene", "play_capture"]

_HEADER: Final = struct.Struct(">BxxxId")
_VERSION: Final = 1
_PATH: Final = "/h/v1/capture"
_LONGEST: Final = 64 * 1024
_GLANCE_S: Final = 0.01


class CaptureEndedError(ClientError):
    """The service ended it without a result: ``code`` and ``retry_after`` are its own, ``close_code`` that of the
    WebSocket.
    """

    def __init__(
        self, code: str, message: str, *, advice: str = "", close_code: int | None, retry_after: float | None
    ) -> None:
        super().__init__(code, message, advice=advice)
        self.close_code = close_code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """``ask``: turn_left, turn_right, look_up, look_down, close_eyes or light. The rest as the protocol has it."""

    nonce: str
    step: int
    ask: str
    within_s: float | None = None
    eyes: str | None = None
    for_s: float | None = None
    colours: tuple[str, ...] = ()
    step_s: float = 0.0


class Scene(Protocol):
    """What the camera sees, and who is in front of it. Times are seconds by the clock of `CaptureOptions`."""

    def frame(self, at: float) -> bytes:
        """A JPEG of this moment, at most 500,000 bytes."""
        ...

    def asked(self, prompt: Prompt | None, at: float) -> None:
        """From now on this is asked for; None: look ahead."""
        ...

    def lit(self, colour: str | None, at: float) -> None:
        """From now on the screen is ``#rrggbb``; None: as usual."""
        ...

    def guided(self, guidance: tuple[str, ...], at: float) -> None:
        """What could be done better: codes, often none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOptions:
    """``camera``: its label. ``light``, ``eyes``, ``replaced``: what the holder can do, and wishes; as in the protocol.
    ``patience_s``: for a word of the service. ``clock`` never goes back.
    """

    camera: str = ""
    light: bool = True
    eyes: str = "both"
    replaced: Mapping[str, str] = field(default_factory=dict)
    frames_a_second: float = 10.0
    patience_s: float = 30.0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureResult:
    """``outcome``: accepted, rejected, referred or inconclusive. ``advice``: codes, where there is another attempt.
    ``prompts``: what was asked for, in order; ``frames``: how many were sent.
    """

    outcome: str
    state: str
    attempts_left: int
    advice: tuple[str, ...]
    prompts: tuple[str, ...]
    frames: int


def play_capture(base: str, cookie: str, reading: str, scene: Scene, options: CaptureOptions) -> CaptureResult:
    """``base``: the service's public address.

    Raises `CaptureEndedError`; ServiceUnreachableError ``service_unreachable``; AnswerUnusableError.
    """
    where = "ws" + base.removeprefix("http") + _PATH
    headers = {"Origin": base, **({"Cookie": cookie} if cookie else {})}
    try:
        with connect(
            where,
            additional_headers=headers,
            compression=None,
            max_size=_LONGEST,
            proxy=None,
            open_timeout=options.patience_s,
        ) as socket:
            return _Capture(socket, scene, options).run(reading)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise _unusable() from error
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd is not None else None
        raise _lost("The connection was lost.", code) from error
    except (OSError, InvalidHandshake) as error:
        raise ServiceUnreachableError(
            "service_unreachable", "The service does not take this connection.", advice="See whether it runs."
        ) from error


class _Capture:
    def __init__(self, socket: ClientConnection, scene: Scene, options: CaptureOptions) -> None:
        self._socket = socket
        self._scene = scene
        self._options = options
        self._now = options.clock
        self._credits = 0
        self._sent = 0
        self._seen = 0
        self._sending = True
        self._prompts: list[str] = []
        self._light: _Light | None = None

    def run(self, reading: str) -> CaptureResult:
        options = self._options
        self._say(
            "hello",
            protocol=_VERSION,
            reading=reading,
            opened_s=self._now(),
            camera=options.camera,
            light=options.light,
            eyes=options.eyes,
            replaced=dict(options.replaced),
        )
        due = self._now()
        while True:
            self._show(self._now())
            if self._sending and self._now() >= due and self._sent - self._seen < self._credits:
                self._send_frame()
                due = max(due + 1 / options.frames_a_second, self._now())
            result = self._hear(due)
            if result is not None:
                return result

    def _hear(self, due: float) -> CaptureResult | None:
        """One message, if one comes before the next frame is due."""
        full = not self._sending or self._sent - self._seen >= self._credits
        if self._light is not None:
            wait = _GLANCE_S  # colours do not wait for messages
        else:
            wait = self._options.patience_s if full else max(0.0, due - self._now())
        try:
            text = self._socket.recv(timeout=wait)
        except TimeoutError:
            if wait >= self._options.patience_s:
                raise _lost("The service says nothing.", None) from None
            return None
        return self._take(_decoded(text))

    def _take(self, message: dict[str, Any]) -> CaptureResult | None:
        now = self._now()
        match message["type"]:
            case "begun":
                self._credits = message["credits"]
            case "view":
                self._credits = message["credits"]
                self._seen += 1
                self._scene.guided(tuple(message["guidance"]), now)
            case "prompt":
                self._ask(msgspec.convert(message["prompt"], Prompt), now)
            case "rest":
                self._scene.asked(None, now)
            case "hold" if self._light is not None:
                self._light.hold(held=message["held"], now=now)
            case "finishing":
                self._sending = False
            case "result":
                return self._result(message)
            case "error":
                raise self._ended(message)
        return None

    def _ask(self, prompt: Prompt, now: float) -> None:
        self._prompts.append(prompt.ask)
        self._scene.asked(prompt, now)
        if prompt.colours:
            self._light = _Light(prompt)

    def _show(self, now: float) -> None:
        """The colour of this moment, and the word that all were shown."""
        if self._light is None:
            return
        changed, colour = self._light.at(now)
        if changed:
            self._scene.lit(colour, now)
        if colour is None:
            self._say("shown", nonce=self._light.nonce, colours=self._light.shown)
            self._light = None

    def _send_frame(self) -> None:
        at = self._now()
        self._send(_HEADER.pack(_VERSION, self._sent, at) + self._scene.frame(at))
        self._sent += 1

    def _send(self, message: str | bytes) -> None:
        # where it ended already, why was perhaps said before: that is heard first, and then the end itself
        with contextlib.suppress(ConnectionClosed):
            self._socket.send(message)

    def _say(self, kind: str, **fields: object) -> None:
        self._send(msgspec.json.encode({"type": kind, **fields}).decode())

    def _result(self, message: dict[str, Any]) -> CaptureResult:
        told = {name: message[name] for name in ("outcome", "state", "attempts_left")}
        return CaptureResult(**told, advice=tuple(message["advice"]), prompts=tuple(self._prompts), frames=self._sent)

    def _ended(self, message: dict[str, Any]) -> CaptureEndedError:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            self._socket.recv(timeout=1)  # the close code comes behind the error
        return CaptureEndedError(
            message["code"],
            "The service ended the capture.",
            advice=message.get("what_to_do", ""),
            close_code=self._socket.close_code,
            retry_after=message.get("retry_after"),
        )


class _Light:
    """Colours on a screen: which one at a moment, and when each came."""

    def __init__(self, prompt: Prompt) -> None:
        self.nonce = prompt.nonce
        self.shown: list[tuple[float, str]] = []
        self._colours = prompt.colours
        self._step_s = prompt.step_s
        self._until: float | None = None
        self._held_since: float | None = None

    def hold(self, *, held: bool, now: float) -> None:
        if held and self._held_since is None:
            self._held_since = now
        elif not held and self._held_since is not None:
            if self._until is not None:
                self._until += now - self._held_since
            self._held_since = None

    def at(self, now: float) -> tuple[bool, str | None]:
        """Whether it is another one than at the last call, and which; None once all were shown."""
        if self._held_since is not None or (self._until is not None and now < self._until):
            return False, self.shown[-1][1] if self.shown else self._colours[0]
        if len(self.shown) == len(self._colours):
            return True, None
        colour = self._colours[len(self.shown)]
        self.shown.append((now, colour))
        self._until = now + self._step_s
        return True, colour


def _lost(message: str, close_code: int | None) -> CaptureEndedError:
    return CaptureEndedError("capture_lost", message, advice="Begin again.", close_code=close_code, retry_after=None)


def _decoded(text: str | bytes) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(text, type=dict[str, Any])
        if isinstance(message.get("type"), str):
            return message
    except msgspec.DecodeError:
        pass
    raise _unusable()


def _unusable() -> AnswerUnusableError:
    return AnswerUnusableError("answer_unusable", "The service said something that is none of the protocol.")
