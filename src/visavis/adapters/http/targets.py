"""Where a webhook may go, as far as the text of its address tells.

An address is taken apart here, once and strictly, and the request is made from the parts: no second parser can read it
otherwise (the way in of many a forged request).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visavis.adapters.http.addresses import Network, is_public
from visavis.errors import ConfigurationError, InputError

__all__ = ["Target", "TargetRules", "read_target"]

_LONGEST: Final = 2_000
_LONGEST_NAME: Final = 253
_CHARACTER: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}"
_ADDRESS: Final = re.compile(
    rf"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?"
    rf"(?P<path>/(?:{_CHARACTER})*)?(?P<query>\?(?:{_CHARACTER}|[?])*)?",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_A_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label by which a name is read as an IPv4 address (WHATWG URL, "ends in a number checker")."""
_NEVER_PUBLIC: Final = (".localhost", ".local", ".internal", ".home.arpa", ".invalid", ".onion", ".test")
"""RFC 6761, 6762, 7686, 8375; `internal` is reserved by ICANN."""
_USUAL_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``host`` is a name in small letters or an address without brackets; ``resource`` is path and query.

    ``unsafe``: the site allowed this very origin, so that nothing is asked of its address.
    """

    scheme: str
    host: str
    port: int
    resource: str
    unsafe: bool

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRules:
    """What a site allows. ``unsafe_origins``, as ``http://127.0.0.1:9000``, go past every rule: for development and
    tests. ``forbidden``: public networks of the site's own that nobody else shall reach through it.
    """

    ports: frozenset[int] = frozenset({443, 8443})
    unsafe_origins: frozenset[str] = frozenset()
    forbidden: Sequence[Network] = ()

    @classmethod
    def of(
        cls, *, ports: Sequence[int], unsafe_origins: Sequence[str] = (), forbidden: Sequence[str] = ()
    ) -> "TargetRules":
        """From a site's settings. Raises ConfigurationError ``webhook_rules_invalid``."""
        try:
            networks = tuple(ipaddress.ip_network(text) for text in forbidden)
            origins = frozenset(_parts(text, cls()).origin for text in unsafe_origins)
        except (ValueError, InputError) as error:
            raise ConfigurationError(
                "webhook_rules_invalid",
                "A network, or an origin that webhooks may go to for development, cannot be read.",
                advice="Write them as 198.51.100.0/24 and http://127.0.0.1:9000.",
            ) from error
        return cls(ports=frozenset(ports), unsafe_origins=origins, forbidden=networks)


def read_target(url: str, rules: TargetRules) -> Target:
    """Raises InputError ``webhook_url_invalid`` for what is no such address, ``webhook_url_forbidden`` for one that is
    never posted to. Neither repeats it.
    """
    target = _parts(url, rules)
    if target.unsafe:
        return target
    if target.scheme != "https":
        raise _forbidden("A webhook's address begins with https://.")
    if target.port not in rules.ports:
        ports = ", ".join(str(port) for port in sorted(rules.ports))
        raise _forbidden(f"Webhooks go to these ports alone: {ports}.")
    literal = _literal(target.host)
    if literal is not None:
        if not is_public(target.host, rules.forbidden):
            raise _forbidden("This is not a public address.")
    elif "." not in target.host or f".{target.host}".endswith(_NEVER_PUBLIC):
        raise _forbidden("This is not a public name.")
    return target


def _parts(url: str, rules: TargetRules) -> Target:
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST and url.isascii() else None
    if found is None:
        raise _invalid()
    scheme, host = found["scheme"].lower(), found["host"].lower().strip("[]")
    port = int(found["port"] or _USUAL_PORTS[scheme])
    if not 1 <= port <= 65_535 or not _well_formed(host):
        raise _invalid()
    resource = (found["path"] or "/") + (found["query"] or "")
    target = Target(scheme=scheme, host=host, port=port, resource=resource, unsafe=False)
    if target.origin in rules.unsafe_origins:
        return Target(scheme=scheme, host=host, port=port, resource=resource, unsafe=True)
    return target


def _well_formed(host: str) -> bool:
    if _literal(host) is not None:
        return True
    labels = host.split(".")
    # 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some, and names to others
    if _A_NUMBER.fullmatch(labels[-1]):
        return False
    return len(host) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Only as it is usually written: `ipaddress` takes no zeros in front, no short and no hexadecimal forms."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _invalid() -> InputError:
    return InputError(
        "webhook_url_invalid",
        "This is no address that webhooks can be sent to.",
        advice="Write https://NAME/PATH, in ASCII, without a user, a password or a fragment; addresses in their usual "
        f"form alone; at most {_LONGEST} letters.",
    )


def _forbidden(text: str) -> InputError:
    return InputError("webhook_url_forbidden", text, advice="Use a public https address of your receiver.")
