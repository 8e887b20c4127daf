"""The log: one JSON object a line, on standard error. Paths, queries, addresses and texts of errors stay out of it."""

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger

__all__ = ["Log", "fault", "open_log", "quiet_libraries"]

Log = FilteringBoundLogger

_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_FRAMES: Final = 12


def open_log(level: str = "info", form: str = "json", *, stream: TextIO | None = None) -> Log:
    """``level``: debug, info, warning or error; ``form``: json, or text for people's eyes."""
    render = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    return log


def fault(error: BaseException) -> dict[str, object]:
    """Where a fault lies, for the log: its class and the places it came through. Its text may hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in frames]
    cause = error.__cause__ or error.__context__
    return {
        "fault": type(error).__name__,
        "at": places,
        **({"cause": type(cause).__name__} if cause is not None else {}),
    }


class _Library(logging.Handler):
    """What libraries say, without the values that they fill in: those may be anything."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.WARNING)
        self._log = open_log("warning", stream=stream)

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg[:200] if isinstance(record.msg, str) else type(record.msg).__name__
        told: dict[str, object] = {"logger": record.name, "said": said}
        if record.exc_info and record.exc_info[1] is not None:
            told |= fault(record.exc_info[1])
        self._log.log(record.levelno, "library", **told)


def quiet_libraries(stream: TextIO | None = None) -> None:
    """Warnings of libraries go into the log, and nothing else of them. For a process of the service's own."""
    root = logging.getLogger()
    root.handlers[:] = [_Library(stream or sys.stderr)]
    root.setLevel(logging.WARNING)
