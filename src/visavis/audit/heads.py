"""Signed tree heads: the operator's word, at a moment, for every row until then."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec

from visavis.attestation.public_keys import KeySet
from visavis.attestation.strict_json import JsonObject, base64url_bytes, json_object, moment_of
from visavis.attestation.tokens import SigningKey, TokenType, read_token, sign_token
from visavis.audit.merkle import HASH_BYTES
from visavis.errors import AuditError, TokenError

__all__ = ["TreeHead", "head_as_written", "head_digest", "read_head", "sign_head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """``log`` names the log. ``number`` counts the heads from 0 on, ``previous`` is the SHA-256 of the one before (of
    its token), so that no head can go missing between two others. ``size`` and ``root`` are of the tree.
    """

    log: str
    number: int
    previous: str | None
    at: datetime
    size: int
    root: bytes


def sign_head(head: TreeHead, key: SigningKey) -> str:
    payload: dict[str, object] = {
        "iss": head.log,
        "iat": int(head.at.timestamp()),
        "head": head.number,
        "tree_size": head.size,
        "root": head.root.hex(),
    }
    if head.previous is not None:
        payload["previous"] = head.previous
    return sign_token(payload, typ=TokenType.TREE_HEAD, key=key)


def head_digest(token: str) -> str:
    """As the next head names this one: SHA-256 of its token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_head(token: str, *, keys: KeySet, log: str) -> TreeHead:
    """The head, if one of ``keys`` signed it for that log.

    Raises `visavis.errors.AuditError`: ``audit_head_invalid``, ``audit_head_of_another_log``.
    """
    try:
        payload = read_token(token, typ=[TokenType.TREE_HEAD], keys=keys).payload
    except TokenError as error:
        raise _invalid(f" {error.message}") from error
    head = _head_of(payload)
    if head.log != log:
        raise AuditError("audit_head_of_another_log", "A head belongs to another log.")
    return head


def head_as_written(token: str) -> TreeHead:
    """What a head says, its signature not looked at: for whoever keeps the heads and goes on from the last. Who wants
    to believe one takes `read_head`. Raises AuditError, ``audit_head_invalid``.
    """
    try:
        payload = json_object(base64url_bytes(token.split(".")[1]))
    except (ValueError, IndexError) as error:
        raise _invalid() from error
    return _head_of(payload)


def _head_of(payload: JsonObject) -> TreeHead:
    try:
        told = msgspec.convert(payload, _Payload)
        head = TreeHead(
            log=told.iss,
            number=told.head,
            previous=told.previous,
            at=moment_of(told.iat),
            size=told.tree_size,
            root=bytes.fromhex(told.root),
        )
    except ValueError as error:  # msgspec's own is one
        raise _invalid() from error
    if head.size < 0 or head.number < 0 or len(head.root) != HASH_BYTES:
        raise _invalid()
    return head


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payload:
    iss: str
    iat: int
    head: int
    tree_size: int
    root: str
    previous: str | None = None


def _invalid(why: str = "") -> AuditError:
    return AuditError("audit_head_invalid", f"A head of the log is not to be believed.{why}")
