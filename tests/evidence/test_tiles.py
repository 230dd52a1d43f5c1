"""Tiles: whatever way a tree grew, its tiles and its root are the same; paths have one spelling."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import BadTile
from evidence.merkle import HASH_BYTES, consistency_proof, inclusion_proof, root_hash
from evidence.tiles import (
    TILE_BYTES,
    WIDTH,
    Place,
    all_places,
    edge_places,
    grow,
    node_of,
    read_tile_path,
    root_of,
    tile_path,
)
from tests.evidence.test_merkle import leaves, nodes

LEAVES = leaves(700)
BIG = 66_000
"""More than 256 × 256, so that there are three levels of tiles."""


class Kept:
    """The tiles of a tree as a store keeps them: a partial one is replaced by the longer one."""

    def __init__(self) -> None:
        self.size, self.tiles = 0, dict[Place, bytes]()

    def grow(self, more: list[bytes]) -> None:
        edge = {level: self.tiles[level, number] for level, number, _ in edge_places(self.size)}
        self.size, changed = grow(self.size, edge, more)
        self.tiles |= changed

    def read(self, level: int, number: int, width: int) -> bytes:
        return self.tiles.get((level, number), b"")


@given(st.lists(st.integers(0, 300), max_size=6))
def test_it_does_not_matter_in_which_steps_a_tree_grew(steps: list[int]) -> None:
    kept, whole = Kept(), Kept()
    for step in steps:
        kept.grow(LEAVES[kept.size:kept.size + step])
    whole.grow(LEAVES[:kept.size])
    assert kept.tiles == whole.tiles
    assert root_of(kept.read, kept.size) == root_hash(nodes(LEAVES), kept.size)
    places = {(level, number): width for level, number, width in all_places(kept.size)}
    assert {place: len(tile) // HASH_BYTES for place, tile in kept.tiles.items()} == places


@given(st.integers(1, 700), st.integers(1, 700))
def test_an_older_tree_is_read_from_the_tiles_of_a_newer_one(one: int, two: int) -> None:
    old, size = sorted((one, two))
    kept = Kept()
    kept.grow(LEAVES)
    node = node_of(kept.read, size)
    assert root_of(kept.read, size) == root_hash(nodes(LEAVES), size)
    assert inclusion_proof(node, old - 1, size) == inclusion_proof(nodes(LEAVES), old - 1, size)
    assert consistency_proof(node, old, size) == consistency_proof(nodes(LEAVES), old, size)


def test_three_levels_of_tiles() -> None:
    kept, more = Kept(), leaves(BIG)
    for start in range(0, BIG, 7_000):
        kept.grow(more[start:start + 7_000])
    assert {level for level, _ in kept.tiles} == {0, 1, 2}
    node = node_of(kept.read, BIG)
    assert root_of(kept.read, BIG) == root_hash(nodes(more), BIG)
    assert inclusion_proof(node, 65_537, BIG) == inclusion_proof(nodes(more), 65_537, BIG)


def test_tiles_that_do_not_fit_are_refused() -> None:
    kept = Kept()
    kept.grow(LEAVES[:300])
    for edge in ({}, {0: bytes(HASH_BYTES)}, {0: bytes(45 * HASH_BYTES), 1: bytes(HASH_BYTES)}):
        with pytest.raises(BadTile):
            grow(300, edge, LEAVES[300:301])
    for tile in (b"", bytes(TILE_BYTES + HASH_BYTES), bytes(44 * HASH_BYTES - 1)):
        with pytest.raises(BadTile):
            root_of(lambda *_: tile, 300)  # noqa: B023
    with pytest.raises(BadTile):
        node_of(kept.read, 300)(0, 512)


@given(st.integers(0, 63), st.integers(0, 10**18 - 1), st.integers(1, WIDTH))
def test_a_path_is_read_back(level: int, number: int, width: int) -> None:
    assert read_tile_path(tile_path(level, number, width)) == (level, number, width)


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "0/x001/x234/067"
    assert tile_path(1, 0, 17) == "1/000.p/17"
    sizes = [(level, number, width) for level, number, width in edge_places(70_000)]
    assert sizes == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(edge_places(256)) == [(1, 0, 1)]


@given(st.text("0123456789x./p\u0661", max_size=30), st.sampled_from(["", "0/", "0/000", "1/x001/000.p/", "64/000"]))
def test_no_other_path_is_a_tile(end: str, start: str) -> None:
    path = start + end
    try:
        place = read_tile_path(path)
    except BadTile:
        return
    assert tile_path(*place) == path
