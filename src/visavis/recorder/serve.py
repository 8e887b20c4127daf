"""Serves the recorder on 127.0.0.1, until its captures are done or the operator stops it."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import uvicorn

from visavis.errors import ConfigurationError
from visavis.live.messages import FRAME_HEADER
from visavis.recorder.app import make_app
from visavis.recorder.setup import RecorderSetup

__all__ = ["serve"]

ADDRESS = "127.0.0.1"


def serve(setup: RecorderSetup, *, port: int = 0, ready: Callable[[uvicorn.Server], None] | None = None) -> None:
    """``setup.announce`` is called with the whole link. ``port``: 0 for a free one.

    ``ready`` is given the server, which another thread may then stop. Raises ConfigurationError ``port_in_use``, and
    the fault that ended it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        try:
            listener.bind((ADDRESS, port))
            listener.listen(8)
        except OSError as error:
            raise ConfigurationError(
                "port_in_use",
                f"Port {port} of this machine cannot be used.",
                advice="Leave --port away, or name another.",
            ) from error
        taken = int(listener.getsockname()[1])
        announce = setup.announce
        linked = replace(setup, announce=lambda token: announce(f"http://{ADDRESS}:{taken}/#{token}"))
        with ThreadPoolExecutor(1, thread_name_prefix="visavis-recorder") as worker:
            servers: list[uvicorn.Server] = []
            faults: list[Exception] = []

            def stop(fault: Exception | None) -> None:
                faults.extend(() if fault is None else (fault,))
                for server in servers:
                    server.should_exit = True

            app = make_app(linked, port=taken, worker=worker, done=stop)
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    http="h11",
                    ws="websockets-sansio",
                    ws_max_size=setup.limits.recording.most_frame_bytes + FRAME_HEADER.size,
                    ws_per_message_deflate=False,
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    proxy_headers=False,
                    server_header=False,
                    limit_concurrency=32,
                    timeout_graceful_shutdown=5,
                )
            )
            servers.append(server)
            if ready is not None:
                ready(server)
            server.run(sockets=[listener])
    if faults:
        raise faults[0]
