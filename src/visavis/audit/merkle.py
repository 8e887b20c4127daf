"""The Merkle tree of an append-only log (RFC 6962 section 2.1; verification as in RFC 9162 section 2.1).

A tree of n leaves is made of complete subtrees, one for each bit of n. Their tops, the `Frontier`, are all that a root
and an append need: at most log2 n hashes, however long the log. Proofs need other subtrees as well; these are kept by
level and index: the subtree over the leaves from ``index * 2**level`` on.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = [
    "HASH_BYTES",
    "Frontier",
    "Node",
    "Nodes",
    "consistency_proof",
    "frontier_of",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES: Final = 32
Nodes = Callable[[int, int], bytes]
"""The hash of the complete subtree at (level, index). Raises LookupError where there is none."""


def leaf_hash(row: bytes) -> bytes:
    """SHA-256 of 0x00 and the row: no leaf can be taken for a node."""
    return hashlib.sha256(b"\0" + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """The top of a complete subtree that a new leaf finished."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The tops of the complete subtrees of a tree of ``size`` leaves, the largest first."""

    size: int = 0
    tops: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.tops) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each bit of its size")

    def append(self, leaf: bytes) -> "tuple[Frontier, tuple[Node, ...]]":
        """The frontier with one leaf more, and the subtrees that it finished: the leaf itself, and one on average."""
        tops, made, index = list(self.tops), [Node(0, self.size, leaf)], self.size
        while index & 1:
            index >>= 1
            made.append(Node(made[-1].level + 1, index, node_hash(tops.pop(), made[-1].hash)))
        return Frontier(self.size + 1, (*tops, made[-1].hash)), tuple(made)

    def root(self) -> bytes:
        """The root; of a tree without leaves, the hash of nothing."""
        return _fold(self.tops)


def frontier_of(nodes: Nodes, size: int) -> Frontier:
    return Frontier(size, tuple(_tops(nodes, 0, size)))


def tree_root(nodes: Nodes, size: int) -> bytes:
    """The root as it was when the tree had ``size`` leaves."""
    return _fold(tuple(_tops(nodes, 0, size)))


def inclusion_proof(nodes: Nodes, *, index: int, size: int) -> tuple[bytes, ...]:
    """That leaf ``index`` is in the tree of the first ``size`` leaves (RFC 6962 section 2.1.1).

    Raises IndexError where it is not.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} among {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(nodes, middle, end))
            end = middle
        else:
            path.append(_range(nodes, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(nodes: Nodes, *, first: int, second: int) -> tuple[bytes, ...]:
    """That the tree of ``second`` leaves begins with that of ``first`` (RFC 6962 section 2.1.2).

    Raises IndexError unless 0 <= first <= second.
    """
    if not 0 <= first <= second:
        raise IndexError(f"a log of {second} does not begin with {first}")
    if first in (0, second):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range(nodes, middle, end))
            end = middle
        else:
            path.append(_range(nodes, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_range(nodes, start, end))
    return tuple(reversed(path))


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``leaf``, a leaf's hash, is leaf ``index`` of the tree with that root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(item, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, item)
        here, last = here >> 1, last >> 1
    return last == 0 and hmac.compare_digest(found, root)


def verify_consistency(
    *, first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree with the second root begins with the one with the first (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and hmac.compare_digest(first_root, second_root)
    if first == 0:
        return not proof and hmac.compare_digest(first_root, _fold(()))
    path = [first_root, *proof] if first & first - 1 == 0 else list(proof)
    if not path:
        return False
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(item, old), node_hash(item, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, item)
        here, last = here >> 1, last >> 1
    return last == 0 and hmac.compare_digest(old, first_root) and hmac.compare_digest(new, second_root)


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _tops(nodes: Nodes, start: int, end: int) -> Iterator[bytes]:
    """The complete subtrees of a range that begins where a subtree of its size could begin, the largest first."""
    for level in reversed(range((end - start).bit_length())):
        if end - start >> level & 1:
            yield nodes(level, start >> level)
            start += 1 << level


def _range(nodes: Nodes, start: int, end: int) -> bytes:
    return _fold(tuple(_tops(nodes, start, end)))


def _fold(tops: Sequence[bytes]) -> bytes:
    if not tops:
        return hashlib.sha256(b"").digest()
    found = tops[-1]
    for top in reversed(tops[:-1]):
        found = node_hash(top, found)
    return found
