"""Put what is disclosed back into its place (RFC 9901 section 7.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visavis.attestation.sd_jwt import RESERVED_NAMES, Disclosure
from visavis.attestation.strict_json import MAX_DEPTH, JsonObject
from visavis.errors import TokenError

__all__ = ["Unveiled", "unveil"]

_DIGESTS: Final = "_sd"
_ELEMENT: Final = "..."
_ALGORITHM: Final = "_sd_alg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unveiled:
    """``claims``: everything that is visible, without digests. ``disclosed``: the names at the top that were withheld
    by the issuer and shown by the holder.
    """

    claims: dict[str, object]
    disclosed: frozenset[str]


def unveil(payload: JsonObject, disclosures: Sequence[str]) -> Unveiled:
    """The claims of a payload whose signature is right, with those of ``disclosures`` among them.

    Raises `visavis.errors.TokenError`: ``digest_algorithm_refused``, ``digest_malformed``, ``digest_repeated``,
    ``disclosure_malformed``, ``disclosure_unknown`` for one that no digest is of, ``claim_repeated``.
    """
    if payload.get(_ALGORITHM, "sha-256") != "sha-256":
        raise TokenError("digest_algorithm_refused", "The digests are not made by SHA-256.")
    read = [Disclosure.read(encoded) for encoded in disclosures]
    walk = _Walk({item.digest: item for item in read})
    if len(walk.waiting) != len(read):
        raise TokenError("digest_repeated", "A disclosure is there twice.")
    claims = walk.object_of({name: value for name, value in payload.items() if name != _ALGORITHM}, depth=0)
    if walk.waiting:
        raise TokenError("disclosure_unknown", "A disclosure belongs to no digest that the issuer signed.")
    plain = payload.keys()
    return Unveiled(claims=claims, disclosed=frozenset(name for name in claims if name not in plain))


class _Walk:
    """One pass over a payload. ``waiting``: the disclosures whose digest was not met yet, by digest."""

    def __init__(self, waiting: dict[str, Disclosure]) -> None:
        self.waiting = waiting
        self._met: set[str] = set()

    def object_of(self, table: JsonObject, *, depth: int) -> dict[str, object]:
        if (RESERVED_NAMES - {_DIGESTS}).intersection(table):
            raise _malformed()
        found = {name: self._value(value, depth=depth + 1) for name, value in table.items() if name != _DIGESTS}
        digests = table.get(_DIGESTS, [])
        if not isinstance(digests, list):
            raise _malformed()
        for digest in digests:
            item = self._take(digest)
            if item is None:
                continue
            if item.name is None:
                raise TokenError("disclosure_malformed", "A disclosure of a list stands in an object.")
            if item.name in table:
                raise TokenError("claim_repeated", "A disclosure names a claim that is there already.")
            if item.name in found:
                raise TokenError("claim_repeated", "Two disclosures name one claim.")
            found[item.name] = self._value(item.value, depth=depth + 1)
        return found

    def _value(self, value: object, *, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise TokenError("digest_malformed", "Disclosures lie too deep in one another.")
        if isinstance(value, dict):
            return self.object_of(value, depth=depth)
        if isinstance(value, list):
            return self._list(value, depth=depth)
        return value

    def _list(self, items: list[object], *, depth: int) -> list[object]:
        found = []
        for element in items:
            if not isinstance(element, dict) or _ELEMENT not in element:
                found.append(self._value(element, depth=depth + 1))
                continue
            if len(element) != 1:
                raise _malformed()
            item = self._take(element[_ELEMENT])
            if item is None:
                continue
            if item.name is not None:
                raise TokenError("disclosure_malformed", "A disclosure of an object stands in a list.")
            found.append(self._value(item.value, depth=depth + 1))
        return found

    def _take(self, digest: object) -> Disclosure | None:
        if not isinstance(digest, str):
            raise _malformed()
        if digest in self._met:
            raise TokenError("digest_repeated", "A digest is there twice.")
        self._met.add(digest)
        return self.waiting.pop(digest, None)


def _malformed() -> TokenError:
    return TokenError("digest_malformed", "What the token says of its withheld claims has not the form of RFC 9901.")
