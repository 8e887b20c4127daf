"""The tree of RFC 6962: the roots of the known eight leaves, proofs for every pair, and proofs that are none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.audit.merkle import (
    Frontier,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# the leaves and roots that the reference implementation of Certificate Transparency tests itself with
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Tree:
    def __init__(self, leaves: list[bytes]) -> None:
        self.table: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        for leaf in leaves:
            self.frontier, made = self.frontier.append(leaf)
            self.table.update({(node.level, node.index): node.hash for node in made})

    def nodes(self, level: int, index: int) -> bytes:
        return self.table[level, index]


def tree(size: int) -> Tree:
    return Tree([leaf_hash(number.to_bytes(4, "big")) for number in range(size)])


def plainly(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plainly(leaves[:split]), plainly(leaves[split:]))


def test_the_roots_that_everybody_knows() -> None:
    made = Tree([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES])
    assert [tree_root(made.nodes, size).hex() for size in range(9)] == ROOTS
    assert made.frontier.root().hex() == ROOTS[8]
    assert Frontier().root().hex() == ROOTS[0]


@settings(max_examples=20)
@given(st.integers(1, 100))
def test_a_frontier_gives_the_root_of_the_definition(size: int) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    made = Tree(leaves)
    assert made.frontier.root() == plainly(leaves)
    assert frontier_of(made.nodes, size) == made.frontier
    assert len(made.frontier.tops) <= 7


def test_every_leaf_of_every_tree_is_proven() -> None:
    made = tree(20)
    for size in range(1, 21):
        root = tree_root(made.nodes, size)
        for index in range(size):
            proof = inclusion_proof(made.nodes, index=index, size=size)
            leaf = made.nodes(0, index)
            assert len(proof) <= (size - 1).bit_length()
            assert verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)
            assert not verify_inclusion(leaf=leaf_hash(b"other"), index=index, size=size, proof=proof, root=root)


def test_every_tree_begins_with_every_smaller_one() -> None:
    made = tree(20)
    for second in range(21):
        for first in range(second + 1):
            roots = {"first_root": tree_root(made.nodes, first), "second_root": tree_root(made.nodes, second)}
            proof = consistency_proof(made.nodes, first=first, second=second)
            assert verify_consistency(first=first, second=second, proof=proof, **roots)
            if first > 0:
                swapped = {**roots, "first_root": leaf_hash(b"other")}
                assert not verify_consistency(first=first, second=second, proof=proof, **swapped)


@settings(max_examples=60)
@given(size=st.integers(2, 40), data=st.data())
def test_a_changed_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    made = tree(size)
    root = made.frontier.root()
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(made.nodes, index=index, size=size))
    first = data.draw(st.integers(1, size - 1))
    link = list(consistency_proof(made.nodes, first=first, second=size))
    for path in (proof, link):
        kind = data.draw(st.sampled_from(["change", "drop", "add", "swap"]))
        place = data.draw(st.integers(0, len(path) - 1))
        before = list(path)
        if kind == "change":
            path[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        elif kind == "drop":
            del path[place]
        elif kind == "add":
            path.insert(place, bytes(32))
        else:
            path.reverse()
        if path == before:
            return
    leaf = made.nodes(0, index)
    assert not verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)
    first_root = tree_root(made.nodes, first)
    assert not verify_consistency(first=first, first_root=first_root, second=size, second_root=root, proof=link)


@settings(max_examples=40)
@given(size=st.integers(2, 40), index=st.integers(0, 69), other=st.integers(-2, 80))
def test_a_proof_is_for_one_place(size: int, index: int, other: int) -> None:
    made = tree(size)
    index %= size
    proof = inclusion_proof(made.nodes, index=index, size=size)
    if other != index:
        leaf = made.nodes(0, index)
        assert not verify_inclusion(leaf=leaf, index=other, size=size, proof=proof, root=made.frontier.root())


def test_a_node_is_no_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_what_is_not_there_is_not_proven() -> None:
    made = tree(5)
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(IndexError):
            inclusion_proof(made.nodes, index=index, size=size)
    with pytest.raises(IndexError):
        consistency_proof(made.nodes, first=6, second=5)
    with pytest.raises(ValueError, match="each bit"):
        Frontier(3, (bytes(32),))
