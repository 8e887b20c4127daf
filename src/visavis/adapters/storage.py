"""A disk that does not take what is written: one error, with the advice that fits the cause."""

import errno
import shutil
from pathlib import Path
from typing import Final

from visavis.errors import ConfigurationError

__all__ = ["NO_ROOM", "free_bytes", "megabytes", "not_writable"]

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BLOCKED: Final = frozenset({errno.EEXIST, errno.ENOTDIR, errno.ELOOP})
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def not_writable(message: str, number: int | None) -> ConfigurationError:
    """ConfigurationError ``store_not_writable``; ``number`` is the system's errno, which chooses the advice."""
    if number in NO_ROOM:
        advice = "Free some space there and in the caches of pip and npm, or name another folder in VISAVIS_MODELS."
    elif number == errno.EFBIG:
        advice = (
            "Raise the limit on the size of a file (ulimit -f), or name a folder of another disk in VISAVIS_MODELS."
        )
    elif number in _BLOCKED:
        advice = "Name a folder in VISAVIS_MODELS, or move the file away."
    elif number in _REFUSED:
        advice = "Check that you may write there, or name another folder in VISAVIS_MODELS."
    else:
        advice = "Check the disk, or name another folder in VISAVIS_MODELS."
    return ConfigurationError("store_not_writable", message, advice=advice)


def free_bytes(folder: Path) -> int | None:
    """What may still be written to the disk of a folder that exists; None where the file system does not say."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free if usage.total > 0 else None


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
