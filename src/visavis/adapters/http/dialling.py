"""Connections to addresses that were checked, with an end in time and in size.

Who asked for the name is given no second answer: the name was looked up once, its addresses were checked, and only to
them is connected. A name that means another address a moment later (DNS rebinding) changes nothing.
"""

import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import httpcore

__all__ = ["CheckedBackend", "Limits"]

_MOST_ADDRESSES: Final = 4


class Limits:
    """What a whole exchange may take: seconds since now by ``timer``, and bytes read."""

    def __init__(self, *, seconds: float, most_bytes: int, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._end = timer() + seconds
        self._left = most_bytes

    def seconds(self) -> float:
        """Raises `httpcore.ReadTimeout` where there are none left: a receiver that sends a byte now and then holds
        nobody up.
        """
        left = self._end - self._timer()
        if left <= 0:
            raise httpcore.ReadTimeout("the time of this exchange is over")
        return left

    def read(self, count: int) -> None:
        """Raises `httpcore.ReadError` where it was too much."""
        self._left -= count
        if self._left < 0:
            raise httpcore.ReadError("the answer is longer than it may be")


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to one of ``addresses``, whatever name it is asked for.

    With ``tls`` the connection is encrypted before it is handed out, and the certificate is checked against
    ``server_name``, which is sent as SNI too. ``network`` opens the sockets.
    """

    def __init__(
        self,
        *,
        addresses: Sequence[str],
        limits: Limits,
        tls: ssl.SSLContext | None,
        server_name: str,
        network: httpcore.NetworkBackend,
    ) -> None:
        self._addresses = addresses[:_MOST_ADDRESSES]
        self._limits = limits
        self._tls = tls
        self._server_name = server_name
        self._network = network

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - what was checked counts, not what it was called
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the limits are
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = self._network.connect_tcp(
                    address,
                    port,
                    timeout=self._limits.seconds(),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            if self._tls is not None:
                stream = stream.start_tls(self._tls, self._server_name, self._limits.seconds())
            return _LimitedStream(stream, self._limits)
        raise failed


class _LimitedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the limits are
        data = self._stream.read(max_bytes, self._limits.seconds())
        self._limits.read(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the limits are
        self._stream.write(buffer, self._limits.seconds())

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._stream.get_extra_info(info)
