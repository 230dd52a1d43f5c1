"""The Merkle tree against vectors of Certificate Transparency; its proofs by properties: they alone hold."""
from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import BadProof
from evidence.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Node,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
)
from tests.evidence.test_golden import load

Tree = list[bytes]
SIZES = st.integers(1, 70)


def leaves(count: int, salt: bytes = b"") -> Tree:
    return [leaf_hash(salt + index.to_bytes(4, "big")) for index in range(count)]


def nodes(tree: Tree) -> Node:
    def node(level: int, index: int) -> bytes:
        return tree[index] if level == 0 else node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def by_definition(tree: Tree) -> bytes:
    """MTH of RFC 6962, section 2.1, word by word."""
    if len(tree) < 2:
        return tree[0] if tree else hashlib.sha256().digest()
    half = 1
    while half * 2 < len(tree):
        half *= 2
    return hashlib.sha256(b"\x01" + by_definition(tree[:half]) + by_definition(tree[half:])).digest()


def test_the_vectors_of_certificate_transparency() -> None:
    vectors = load("tree")["merkle"]
    tree = [leaf_hash(bytes.fromhex(one)) for one in vectors["leaves"]]
    assert [root_hash(nodes(tree), size).hex() for size in range(len(tree) + 1)] == vectors["roots"]
    roots = [bytes.fromhex(one) for one in vectors["roots"]]
    for case in vectors["inclusion"]:
        proof = inclusion_proof(nodes(tree), case["index"], case["size"])
        assert [one.hex() for one in proof] == case["proof"]
        check_inclusion(tree[case["index"]], case["index"], case["size"], roots[case["size"]], proof)
    for case in vectors["consistency"]:
        proof = consistency_proof(nodes(tree), case["old"], case["size"])
        assert [one.hex() for one in proof] == case["proof"]
        check_consistency(case["old"], roots[case["old"]], case["size"], roots[case["size"]], proof)


@given(st.integers(0, 70))
def test_a_root_is_what_the_definition_says(size: int) -> None:
    tree = leaves(size)
    assert root_hash(nodes(tree), size) == by_definition(tree)


@given(SIZES, st.data())
def test_every_leaf_has_a_proof_which_holds_for_it_alone(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size + 3))
    root, proof = root_hash(nodes(tree), size), inclusion_proof(nodes(tree), index, size)
    check_inclusion(tree[index], index, size, root, proof)
    if other != index:
        with pytest.raises(BadProof):
            check_inclusion(tree[index], other, size, root, proof)
        with pytest.raises(BadProof):
            check_inclusion(leaves(size + 4)[other], index, size, root, proof)
    for wrong in (proof[:-1], (*proof, EMPTY_ROOT), (bytes(32), *proof[1:])):
        if wrong != proof:
            with pytest.raises(BadProof):
                check_inclusion(tree[index], index, size, root, wrong)


@given(SIZES, st.data())
def test_a_tree_is_the_beginning_of_every_larger_one_and_of_no_other(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    tree = leaves(size)
    older, root = root_hash(nodes(tree), old), root_hash(nodes(tree), size)
    proof = consistency_proof(nodes(tree), old, size)
    check_consistency(old, older, size, root, proof)
    changed = data.draw(st.integers(0, size - 1))
    tree[changed] = leaf_hash(b"changed")
    forged, forged_proof = root_hash(nodes(tree), size), consistency_proof(nodes(tree), old, size)
    with pytest.raises(BadProof):
        check_consistency(old, older, size, forged, proof if old else (EMPTY_ROOT,))
    if changed < old:
        with pytest.raises(BadProof):
            check_consistency(old, older, size, forged, forged_proof)
    if old < size:
        with pytest.raises(BadProof):
            check_consistency(size, root, old, older, proof)


@given(st.integers(-2, 2 * MAX_SIZE), st.integers(-2, 2 * MAX_SIZE),
       st.lists(st.binary(max_size=40) | st.binary(min_size=32, max_size=32), max_size=120), st.binary(max_size=40))
def test_nothing_that_is_no_proof_is_more_than_refused(one: int, two: int, proof: list[bytes], root: bytes) -> None:
    with pytest.raises(BadProof):
        check_inclusion(bytes(32), one, two, root, proof)
    with pytest.raises(BadProof):
        check_consistency(one, bytes(31), two, root, proof)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    tree = nodes(leaves(3))
    for index in (-1, 3):
        with pytest.raises(BadProof):
            inclusion_proof(tree, index, 3)
    with pytest.raises(BadProof):
        consistency_proof(tree, 4, 3)
