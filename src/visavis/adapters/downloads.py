"""A file from a direct address: https only, bounded, and taken up again where it was broken off."""

import http.client
import ipaddress
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import IO, Final

from visavis.adapters.progress import PullProgress

__all__ = ["DownloadError", "allowed_address", "download"]

SILENCE: Final = 60.0
"""Seconds without a byte after which a server counts as gone."""
TOTAL: Final = 3600.0
CHUNK: Final = 1 << 16


class DownloadError(Exception):
    """The address could not deliver, in a few words. Mapped by the caller."""


def allowed_address(url: str) -> bool:
    """Https to anywhere, or plain http to this machine's own loopback (a mirror, a tunnel)."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme != "http":
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def download(url: str, part: Path, size: int, progress: PullProgress) -> None:
    """Fills ``part`` with the ``size`` bytes at ``url``; what ``part`` already holds is not fetched again.

    Where the server does not honour a range it starts over. The system's proxy settings and certificates hold. The
    bytes are not trusted: the caller checks their digest. Raises DownloadError.
    """
    held = part.stat().st_size if part.is_file() else 0
    if held > size:
        held = 0
    if held == size:
        return
    try:
        _transfer(url, part, held, size, progress)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        raise DownloadError(f"the server answered {error.code}") from error
    except TimeoutError as error:
        raise DownloadError("the server fell silent") from error
    except urllib.error.URLError as error:
        raise DownloadError(_reason(error.reason)) from error
    except (http.client.HTTPException, ConnectionError, ssl.SSLError) as error:
        raise DownloadError("the connection broke") from error


def _transfer(url: str, part: Path, held: int, size: int, progress: PullProgress) -> None:
    headers = {"User-Agent": "visavis", "Accept-Encoding": "identity"}
    if held:
        headers["Range"] = f"bytes={held}-"
    with _open(url, headers) as response:
        if response.status == HTTPStatus.PARTIAL_CONTENT and _starts_at(response.headers, held):
            mode = "ab"
        elif response.status == HTTPStatus.OK:
            mode, held = "wb", 0
        else:
            raise DownloadError(f"the server answered {response.status}")
        with part.open(mode) as file:
            _copy(response, file, held, size, progress)


def _copy(response: IO[bytes], file: IO[bytes], held: int, size: int, progress: PullProgress) -> None:
    end = time.monotonic() + TOTAL
    while chunk := response.read(CHUNK):
        held += len(chunk)
        if held > size:
            raise DownloadError("it sends more than the manifest declares")
        file.write(chunk)
        progress.advance(held)
        if time.monotonic() > end:
            raise DownloadError("it took too long")
    if held < size:
        raise DownloadError(f"it broke off after {held} of {size} bytes")


def _open(url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    if not allowed_address(url):
        raise DownloadError("the address is not https")
    opener = urllib.request.build_opener(_Redirects)
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - the scheme was checked
    response: http.client.HTTPResponse = opener.open(request, timeout=SILENCE)
    return response


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A redirection does not lead from https to plain http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not allowed_address(newurl):
            fp.close()
            raise DownloadError("it leads to an address that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _starts_at(headers: http.client.HTTPMessage, held: int) -> bool:
    return str(headers.get("Content-Range", "")).startswith(f"bytes {held}-")


def _reason(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "the server did not answer in time"
    if isinstance(reason, ssl.SSLError):
        return "its certificate was refused"
    if isinstance(reason, OSError) and reason.strerror:
        return f"the server cannot be reached ({reason.strerror.lower()})"
    return "the server cannot be reached"
