"""Many trees as beginnings of one, in one file: it proves each of them and nothing else, and years of them fit."""
from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.beginnings import MAX_BEGINNINGS, Beginnings, beginnings_text, read_beginnings
from evidence.checkpoint import Checkpoint
from evidence.errors import BadProof
from evidence.logproof import hash_lines
from evidence.merkle import EMPTY_ROOT, Growing, consistency_proof, nodes_over, root_hash
from tests.evidence.test_golden import load
from tests.evidence.test_merkle import SIZES, Tree, leaves, nodes

YEARS = 3 * 366 * 24 * 6
"""So many checkpoints a box that is always on notes in three years, one in ten minutes."""


def newest_of(tree: Tree) -> Checkpoint:
    return Checkpoint("zaitang/x/centre", len(tree), root_hash(nodes(tree), len(tree)))


def file_of(tree: Tree, sizes: set[int]) -> bytes:
    return beginnings_text(lambda: nodes(tree), sizes, len(tree))


def root_at(tree: Tree, size: int) -> bytes:
    return root_hash(nodes(tree), size)


@given(st.integers(0, 70), st.integers(0, 70))
def test_the_nodes_over_a_piece_lie_side_by_side_and_are_no_more_than_must_be(start: int, end: int) -> None:
    places = list(nodes_over(start, end))
    covered = [leaf for level, index in places for leaf in range(index << level, (index + 1) << level)]
    assert covered == list(range(start, end))
    assert len(places) <= 2 * max(1, (end - start).bit_length())


@given(SIZES)
def test_a_growing_tree_has_the_root_of_each_size(size: int) -> None:
    tree, growing = leaves(size), Growing()
    assert growing.root() == EMPTY_ROOT
    for count, leaf in enumerate(tree, 1):
        growing.add(0, leaf)
        assert growing.root() == root_at(tree, count)


@given(SIZES, st.data())
def test_each_tree_that_is_named_is_shown_and_no_other_root_of_its_size(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    sizes = data.draw(st.sets(st.integers(1, size)))
    shown = read_beginnings(file_of(tree, sizes), newest_of(tree))
    assert {one for one in range(1, size + 1) if shown.tells(one)} == sizes | {size}
    for one in sizes:
        assert shown.begins(one, root_at(tree, one)) and not shown.begins(one, root_at(leaves(one, b"other"), one))
    assert shown.begins(0, EMPTY_ROOT) and not shown.begins(0, bytes(32))
    assert not shown.begins(size + 1, root_at(leaves(size + 1), size + 1)), "of a larger one nothing is shown"


@given(SIZES, st.data())
def test_what_was_changed_anywhere_shows_nothing(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    text = bytearray(file_of(tree, data.draw(st.sets(st.integers(1, size)))))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadProof):
        read_beginnings(bytes(text), newest_of(tree))


@given(SIZES, st.data())
def test_a_file_of_an_export_of_before_is_read(size: int, data: st.DataObject) -> None:
    tree = leaves(size)
    olds = data.draw(st.sets(st.integers(1, size), min_size=1))
    text = "".join(f"old {old}\n{hash_lines(consistency_proof(nodes(tree), old, size))}\n" for old in sorted(olds))
    shown = read_beginnings(text.encode(), newest_of(tree))
    assert {one for one in range(1, size + 1) if shown.tells(one)} == olds
    for one in olds:
        assert shown.begins(one, root_at(tree, one))
        assert one == size or not shown.begins(one, root_at(leaves(one, b"other"), one))


@pytest.mark.parametrize("form", ["file", "before"])
def test_the_golden_file_is_read_for_ever(form: str) -> None:
    golden = load("beginnings")
    roots = {int(size): bytes.fromhex(root) for size, root in golden["roots"].items()}
    newest = Checkpoint("zaitang/x/centre", golden["newest"]["size"], bytes.fromhex(golden["newest"]["root"]))
    shown = read_beginnings(golden[form].encode(), newest)
    for size, root in roots.items():
        assert shown.begins(size, root) and not shown.begins(size, bytes(32))
    assert [size for size in range(1, 8) if shown.tells(size)] == [1, 3, 6]


@pytest.mark.parametrize("leaves_between", [1, 700, 3000])
def test_three_years_of_a_box_fit_with_room(leaves_between: int) -> None:
    """What a tree takes does not depend on the size of the newest: measured over some of them, far behind in the tree.
    700 leaves in ten minutes are a hundred boxes of which each records seven times a minute, day and night."""
    rnd, some, first = random.Random(1), 2000, 100_000_000
    gaps = [rnd.randint(1, 2 * leaves_between - 1) for _ in range(some)]
    ends = [first, *(first + sum_ for sum_ in itertools.accumulate(gaps))]
    whole = len(beginnings_text(lambda: lambda _level, _index: bytes(32), ends, ends[-1]))
    alone = len(beginnings_text(lambda: lambda _level, _index: bytes(32), [], first))
    assert (whole - alone) / some * YEARS < 0.75 * MAX_BEGINNINGS


def test_without_a_file_only_the_newest_itself_is_known() -> None:
    tree = leaves(5)
    shown = Beginnings(newest_of(tree))
    assert shown.begins(5, root_at(tree, 5)) and not shown.tells(3) and not shown.begins(3, root_at(tree, 3))
