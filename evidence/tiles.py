"""Tiles: how a growing Merkle tree is cut into pieces of 256 hashes, kept and published (C2SP tlog-tiles).

Tile `number` of `level` holds 256 hashes of nodes at level 8 · `level` of the tree, fewer at its right edge. The
partial tiles at the edge are all that growth needs: they are the tree's frontier.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from evidence.errors import BadTile
from evidence.merkle import HASH_BYTES, MAX_SIZE, Node, node_hash, root_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
LEVELS = 7
"""A tree of MAX_SIZE leaves has no more levels of tiles."""

Place: TypeAlias = tuple[int, int]
"""Level and number of a tile."""
Read = Callable[[int, int, int], bytes]
"""Gives the first `width` hashes, or more, of a tile: level, number, width. Raises BadTile if they are not there."""

_PATH = re.compile(r"([0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


def grow(size: int, edge: Mapping[int, bytes], leaves: Iterable[bytes]) -> tuple[int, dict[Place, bytes]]:
    """A tree of `size` leaves with new ones at its end: the new size, and every tile that changed, whole.

    `edge`: the partial tile at the right edge by level; a level without one is left out. `leaves`: hashes of leaves."""
    changed: dict[Place, bytearray] = {}
    for leaf in leaves:
        size += 1
        if size > MAX_SIZE:
            raise BadTile(why="no tree is so large")
        level, index, hash_ = 0, size - 1, leaf
        while True:
            number, at = divmod(index, WIDTH)
            tile = changed.get((level, number))
            if tile is None:
                tile = changed[level, number] = bytearray(edge.get(level, b"") if at else b"")
            if len(tile) != at * HASH_BYTES:
                raise BadTile(why=f"tile {number} of level {level} does not fit a tree of {size - 1} leaves")
            tile += hash_
            if at < WIDTH - 1:
                break
            level, index, hash_ = level + 1, number, _whole(tile)
    return size, {place: bytes(tile) for place, tile in changed.items()}


def edge_places(size: int) -> Iterator[tuple[int, int, int]]:
    """Level, number and width of the partial tile at the right edge of each level that has one."""
    for level in range(LEVELS):
        number, width = divmod(size >> (HEIGHT * level), WIDTH)
        if width:
            yield level, number, width


def all_places(size: int) -> Iterator[tuple[int, int, int]]:
    """Level, number and width of every tile of a tree of `size` leaves."""
    for level in range(LEVELS):
        yield from ((level, number, WIDTH) for number in range(size >> (HEIGHT * level) >> HEIGHT))
    yield from edge_places(size)


def node_of(read: Read, size: int) -> Node:
    """The nodes of a tree of `size` leaves out of its tiles. A tile is read once."""
    tiles: dict[Place, bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        number, at = divmod(index << height, WIDTH)
        if (tile_level, number) not in tiles:
            tiles[tile_level, number] = _read(read, size, tile_level, number)
        tile = tiles[tile_level, number]
        return _whole(tile[at * HASH_BYTES:(at + (1 << height)) * HASH_BYTES])

    return node


def root_of(read: Read, size: int) -> bytes:
    """The root hash of a tree of `size` leaves out of its tiles. Raises BadTile."""
    return root_hash(node_of(read, size), size)


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Where C2SP tlog-tiles puts a tile, below `tile/`."""
    return f"{level}/{number_path(number, width)}"


def number_path(number: int, width: int = WIDTH) -> str:
    """The number of a tile as a path, with the width of a partial one."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts) + ("" if width == WIDTH else f".p/{width}")


def read_tile_path(path: str) -> tuple[int, int, int]:
    """Level, number and width of the tile at a path. Raises BadTile unless it is spelt as `tile_path` does."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise BadTile(why="it has no such path")
    level, number = int(match[1]), int(match[2].replace("x", "").replace("/", ""))
    width = WIDTH if match[3] is None else int(match[3])
    if tile_path(level, number, width) != path or width > WIDTH:
        raise BadTile(why="it has no such path")
    return level, number, width


def _read(read: Read, size: int, level: int, number: int) -> bytes:
    width = min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH)
    if width <= 0:
        raise BadTile(why=f"a tree of {size} leaves has no tile {number} at level {level}")
    tile = read(level, number, width)
    if len(tile) < width * HASH_BYTES or len(tile) > TILE_BYTES or len(tile) % HASH_BYTES:
        raise BadTile(why=f"tile {number} of level {level} is not {width} hashes")
    return tile[:width * HASH_BYTES]


def _whole(hashes: bytes | bytearray) -> bytes:
    """The hash of the complete node above so many hashes, a power of two."""
    level = [bytes(hashes[at:at + HASH_BYTES]) for at in range(0, len(hashes), HASH_BYTES)]
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]
