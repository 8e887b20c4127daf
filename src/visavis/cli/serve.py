"""`visavis serve`: the service, in one process or several."""

import contextlib
import functools
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus, VisavisError

if TYPE_CHECKING:
    from visavis.service_models import LoadedModels
    from visavis.service_start import FirstStart
    from visavis.settings import Settings
    from visavis.web.logs import Log

__all__ = ["command"]

_NUMBERS: Final = "PROMETHEUS_MULTIPROC_DIR"


@click.command(name="serve")
@click.option("--host", help="The address to serve at. Default: 127.0.0.1, this machine alone.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Default: 8000; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes. Default: 1.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="The folder of keys and of the SQLite store."
)
def command(*, host: str | None, port: int | None, workers: int | None, data: Path | None) -> None:
    """Serve verifications over HTTP, until Ctrl-C or SIGTERM.

    Settings are environment variables, VISAVIS_...; the options go before them. The first start makes the keys and the
    SQLite store in the data folder, and prints an API key for development, once. The log goes to standard error.
    """
    from visavis.settings import load_settings

    settings = load_settings(host=host, port=port, workers=workers, data=data)
    with contextlib.ExitStack() as stack:
        models = stack.enter_context(_loading(settings)) if settings.workers == 1 else None
        # what follows takes a second to import, in which the models load
        from visavis.service_start import prepare
        from visavis.web.server import open_socket

        listener = stack.enter_context(contextlib.closing(open_socket(settings.host, settings.port)))
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        first = prepare(settings)
        if first is not None:
            _show(first)
        if settings.workers == 1:
            _serve(settings, listener, models, _announced(settings), threading.Event())
        else:
            _serve_several(settings, listener)


def serve_process(
    settings: "Settings", listener: socket.socket, ready: Callable[[], None], stop: threading.Event
) -> None:
    """One process of several; ``stop`` ends it, as SIGTERM does. What stands in its way is said in the log."""
    from visavis.web.logs import fault, open_log

    log = open_log(settings.log_level, settings.log_format)
    try:
        with _loading(settings) as models:
            _serve(settings, listener, models, ready, stop)
    except VisavisError as error:
        _tell(log, code=error.code, said=error.message)
        raise SystemExit(int(error.exit_status)) from error
    except Exception as error:
        _tell(log, **fault(error))
        raise SystemExit(int(ExitStatus.UNFINISHED)) from error


def _tell(log: "Log", **what: object) -> None:
    log.error("worker_failed", process=os.getpid(), **what)


@contextlib.contextmanager
def _loading(settings: "Settings") -> "Iterator[Callable[[], LoadedModels] | None]":
    if not settings.captures:
        yield None
        return
    from visavis.service_models import loading

    with loading() as models:
        yield models


def _serve(
    settings: "Settings",
    listener: socket.socket,
    models: "Callable[[], LoadedModels] | None",
    ready: Callable[[], None],
    stop: threading.Event,
) -> None:
    from visavis.service_wiring import open_service
    from visavis.web.app import make_service
    from visavis.web.logs import open_log, quiet_libraries
    from visavis.web.server import Server

    quiet_libraries()
    log = open_log(settings.log_level, settings.log_format)
    with open_service(settings, log=log, models=models) as setup:
        server = Server(
            make_service(setup),
            setup,
            seconds=settings.shutdown_seconds,
            trusted_proxies=settings.trusted_proxies,
            ready=ready,
        )

        def leave() -> None:
            stop.wait()
            server.should_exit = True

        threading.Thread(target=leave, daemon=True).start()
        log.info("starting", process=os.getpid())
        server.run(sockets=[listener])
        log.info("stopped", process=os.getpid())


def _serve_several(settings: "Settings", listener: socket.socket) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    from visavis.web.logs import open_log
    from visavis.web.workers import run_workers

    with _numbers() as folder:
        run_workers(
            functools.partial(serve_process, settings, listener),
            settings.workers,
            seconds=settings.shutdown_seconds + 5,
            log=open_log(settings.log_level, settings.log_format),
            ready=_announced(settings),
            gone=lambda process: mark_process_dead(process, folder),  # type: ignore[no-untyped-call]  # it has no types
        )


@contextlib.contextmanager
def _numbers() -> Iterator[str]:
    """A folder in which the processes add up their numbers; gone afterwards."""
    folder = tempfile.mkdtemp(prefix="visavis-numbers-")
    os.environ[_NUMBERS] = folder
    try:
        yield folder
    finally:
        del os.environ[_NUMBERS]
        shutil.rmtree(folder, ignore_errors=True)


def _announced(settings: "Settings") -> Callable[[], None]:
    return functools.partial(click.echo, f"visavis serves at {settings.base_url}. Ctrl-C stops.")


def _show(first: "FirstStart") -> None:
    click.echo(
        f"First start. For development, this relying party was made: {first.relying_party}\n"
        f"Its API key, shown this once:\n\n  {first.api_key}\n\n"
        "Others are made with `visavis party add` and `visavis key create`."
    )
