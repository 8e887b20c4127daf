"""Posting webhooks: one request over one connection to an address that was checked.

1. The address is read strictly (`visavis.adapters.http.targets`).
2. Its name is looked up once. If any of its addresses is not public, nothing is connected to.
3. The connection goes to one of these very addresses, with the certificate checked against the name.
4. One POST; no redirection is followed, no proxy of the environment is used, no cookie is kept; headers and some of the
   body of the answer are read, within one limit of time and one of size.

Against server-side request forgery: OWASP ASVS 5.0, 1.3.6; Standard Webhooks 1.0.0, "Server side request forgery".
"""

import contextlib
import email.utils
import functools
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import httpcore

from visavis.adapters.http.addresses import is_public
from visavis.adapters.http.dialling import CheckedBackend, Limits
from visavis.adapters.http.targets import Target, TargetRules, read_target
from visavis.clock import Clock
from visavis.errors import InputError
from visavis.service.webhook_records import DeliveryResult, Posted

__all__ = ["HttpPoster", "look_up"]

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a name. Raises OSError where it has none."""

_SECONDS: Final = 15.0
_MOST_BYTES: Final = 64 * 1024
_MOST_ADDRESSES: Final = 32
_LONGEST_WAIT: Final = timedelta(hours=24)
_FIXED: Final = (
    (b"content-type", b"application/json"),
    (b"user-agent", b"visavis-webhooks"),
    (b"connection", b"close"),
)
_log: Final = logging.getLogger("visavis.webhooks")


class HttpPoster:
    """A `visavis.service.webhook_ports.Poster`. Safe from several threads.

    ``tls``: whom to trust; by default the certificates of the system (``SSL_CERT_FILE`` names others). ``seconds`` is
    for the whole exchange, after the name was looked up.
    """

    def __init__(
        self,
        rules: TargetRules,
        *,
        clock: Clock,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
        timer: Callable[[], float] = time.monotonic,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._resolver = resolver or look_up
        self._given = tls
        self._seconds = seconds
        self._timer = timer
        self._network = network or httpcore.SyncBackend()
        if rules.unsafe_origins:
            _log.warning("webhooks go to the unsafe origins of the settings without any check: for development alone")

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is needed first: the system's certificates take a tenth of a second to read."""
        context = self._given or ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def check(self, url: str) -> None:
        read_target(url, self._rules)

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Posted:
        try:
            target = read_target(url, self._rules)
        except InputError:  # the rules were others when it was added
            return Posted(result=DeliveryResult.ADDRESS_FORBIDDEN)
        try:
            addresses = tuple(dict.fromkeys(self._resolver(target.host, target.port)))
        except OSError:
            return Posted(result=DeliveryResult.NAME_UNKNOWN)
        if not addresses:
            return Posted(result=DeliveryResult.NAME_UNKNOWN)
        if not target.unsafe and not self._all_public(addresses):
            return Posted(result=DeliveryResult.ADDRESS_FORBIDDEN)
        return self._exchange(target, addresses, headers, body)

    def _all_public(self, addresses: Sequence[str]) -> bool:
        """One that is not is enough to refuse them all: a public one beside it would only hide it."""
        forbidden = self._rules.forbidden
        return len(addresses) <= _MOST_ADDRESSES and all(is_public(address, forbidden) for address in addresses)

    def _exchange(self, target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes) -> Posted:
        limits = Limits(seconds=self._seconds, most_bytes=_MOST_BYTES, timer=self._timer)
        backend = CheckedBackend(
            addresses=addresses,
            limits=limits,
            tls=self._tls if target.scheme == "https" else None,
            server_name=target.host,
            network=self._network,
        )
        # the connection is encrypted by the time httpcore has it, so that one context, made once, serves all threads
        url = httpcore.URL(scheme=b"http", host=target.host, port=target.port, target=target.resource)
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        host = (b"host", target.authority.encode())
        length = (b"content-length", str(len(body)).encode())
        request = httpcore.Request("POST", url, headers=[host, length, *_FIXED, *given], content=body)
        connection = httpcore.HTTPConnection(url.origin, network_backend=backend)
        try:
            response = connection.handle_request(request)
            posted = self._posted(response)
            # the rest is read so that the receiver can write it, and is looked at by nobody
            with contextlib.suppress(*_NETWORK):
                for _ in response.iter_stream():
                    pass
        except httpcore.TimeoutException:
            return Posted(result=DeliveryResult.TIMED_OUT)
        except httpcore.ProtocolError:
            return Posted(result=DeliveryResult.ANSWER_INVALID)
        except httpcore.NetworkError as error:
            bad = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            return Posted(result=DeliveryResult.CERTIFICATE_INVALID if bad else DeliveryResult.UNREACHABLE)
        else:
            return posted
        finally:
            with contextlib.suppress(*_NETWORK):
                connection.close()

    def _posted(self, response: httpcore.Response) -> Posted:
        status = response.status
        if 200 <= status <= 299:
            return Posted(result=DeliveryResult.ACCEPTED, http_status=status)
        result = DeliveryResult.GONE if status == 410 else DeliveryResult.REFUSED
        return Posted(result=result, http_status=status, retry_after=self._retry_after(response))

    def _retry_after(self, response: httpcore.Response) -> timedelta | None:
        """RFC 9110 section 10.2.3: seconds, or a date."""
        given = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        text = given[:60].decode("latin-1").strip()
        if text.isascii() and text.isdigit():
            return min(timedelta(seconds=min(int(text), 10**6)), _LONGEST_WAIT)
        try:
            wait = email.utils.parsedate_to_datetime(text) - self._clock.now()
        except (ValueError, TypeError):  # no date, or one without its zone
            return None
        return min(max(wait, timedelta()), _LONGEST_WAIT)


_NETWORK: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


def look_up(host: str, port: int) -> Sequence[str]:
    """By the system's resolver, which has its own limit of time. The dot at the end keeps it from trying the domains
    that the machine itself is in.
    """
    name = f"{host}." if "." in host and not host[-1].isdigit() and ":" not in host else host
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
