"""Headers of every answer that a browser must take as they are (OWASP ASVS 5.0, 3.4). A handler's own are kept."""

from typing import Final

__all__ = ["with_defaults"]

_DEFAULTS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in (
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), display-capture=(), usb=()"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    )
)
_SECURE: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


def with_defaults(headers: list[tuple[bytes, bytes]], *, secure: bool) -> list[tuple[bytes, bytes]]:
    """``secure``: the service is reached over TLS, and only so."""
    there = {name.lower() for name, _ in headers}
    wanted = (*_DEFAULTS, _SECURE) if secure else _DEFAULTS
    return headers + [(name, value) for name, value in wanted if name not in there]
