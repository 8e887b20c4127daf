"""The WebSocket ``/h/v1/capture``: who may open it, and how it ends."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from visavis.errors import AccessError, VisavisError
from visavis.live.line import Line, LineLimits, Stopped, open_line
from visavis.service.capture_desk import CaptureDesk
from visavis.service.live_capture import MOST_FRAME_BYTES, CaptureEnd, LiveCaptures
from visavis.web.capture.hub import CaptureHub, going_down
from visavis.web.capture.messages import close_code, error_fields, read_message
from visavis.web.capture.session import CaptureLimits, CaptureSession
from visavis.web.holder.guard import check_page, holder_of
from visavis.web.logs import fault
from visavis.web.setup import ServiceSetup

__all__ = ["PATH", "routes"]

PATH: Final = "/h/v1/capture"
_LINE: Final = LineLimits(messages_a_second=25, most_frame_bytes=MOST_FRAME_BYTES, most_bytes=150_000_000)


def routes(setup: ServiceSetup) -> APIRouter:
    """Without models nothing is served here."""
    router = APIRouter()
    if setup.live is None or setup.desk is None:
        return router
    door = _Door(setup=setup, live=setup.live, desk=setup.desk, hub=CaptureHub(), limits=setup.capture_limits)
    setup.shutdown.register(door.hub.close)
    router.add_api_websocket_route(PATH, door.visit)
    return router


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    setup: ServiceSetup
    live: LiveCaptures
    desk: CaptureDesk
    hub: CaptureHub
    limits: CaptureLimits

    async def visit(self, socket: WebSocket) -> None:
        """One connection. A page of another origin is not even let in (RFC 6455, 10.2)."""
        try:
            check_page(self.setup, socket)
        except AccessError:
            await socket.close()
            return
        await socket.accept()
        error: Exception | None = None
        async with open_line(socket, _LINE, self.setup.monotonic, read_message) as line:
            with self.hub.entered(line):
                try:
                    self._ended(await self._serve(line, socket))
                except Stopped:
                    self.setup.telemetry.capture_ended("stopped")
                except Exception as caught:  # noqa: BLE001  # whatever it is, the page is told, and the next one served
                    error = caught
                    await self._tell(line, caught)
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(close_code(error))

    async def _serve(self, line: Line, socket: WebSocket) -> CaptureEnd:
        if self.setup.shutdown.begun:
            raise going_down()
        holder = await run_in_threadpool(holder_of, self.setup, socket)
        if not holder.may_act:
            raise AccessError(
                "holder_only_watches",
                "This device handed the verification on, and can only watch it.",
                advice="Go on with the other device.",
            )
        session = CaptureSession(
            line,
            holder,
            live=self.live,
            desk=self.desk,
            telemetry=self.setup.telemetry,
            monotonic=self.setup.monotonic,
            limits=self.limits,
        )
        return await session.run()

    def _ended(self, end: CaptureEnd) -> None:
        self.setup.telemetry.capture_ended("decided")
        self.setup.telemetry.decided(end.policy, end.outcome.value, end.reasons)

    async def _tell(self, line: Line, error: Exception) -> None:
        fields = error_fields(error)
        known = isinstance(error, VisavisError)
        self.setup.telemetry.capture_ended(error.code if isinstance(error, VisavisError) else "internal_error")
        if not known or fields["code"] == "internal_error":
            self.setup.log.error("capture_failed", **fault(error))
        with suppress(Stopped):
            await line.send("error", **fields)
