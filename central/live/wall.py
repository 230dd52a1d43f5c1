"""The rooms of a wall: which come first, which of them are shown at once, which are recorded. Pure but for reading."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal

from central.live.rooms import Room
from central.overview.overview import EARLY_US, FILMED_US
from central.store.live import Live

AT_ONCE = 24
"""Rooms on a page: each of their boxes sends a picture every few seconds."""
Rank = Literal[0, 1, 2, 3]


@dataclasses.dataclass(frozen=True)
class Tile:
    """A room on the wall. `due`: a class-hour runs there; `recording`: files of it come, None where nothing is due;
    `heard`: its box was, of late."""

    room: Room
    due: bool
    recording: bool | None
    heard: bool

    @property
    def rank(self) -> Rank:
        """What stands out comes first: a class that nobody records, a box that is away, what goes on, what is idle."""
        if self.due:
            return 0 if not self.recording else 1 if not self.heard else 2
        return 3 if self.heard else 1


@dataclasses.dataclass(frozen=True)
class WallPage:
    """A part of the wall. `page`, `pages`: from 1."""

    tiles: tuple[Tile, ...]
    page: int
    pages: int
    all: int


def tile(room: Room, live: Mapping[str, Mapping[str, Live]], heard: bool, now_us: int) -> Tile:
    """How a room stands by its newest records, as the overview tells it. `live`: class → device → what they say."""
    begun_us = room.begun_us(now_us)
    if begun_us is None:
        return Tile(room, False, None, heard)
    said = live.get(room.class_id, {}).get(room.device, Live())
    open_ = said.started_us >= begun_us - EARLY_US and said.started_us > said.ended_us
    return Tile(room, True, open_ and max(said.filmed_us, said.started_us) >= now_us - FILMED_US, heard)


def page_of(tiles: Sequence[Tile], page: int) -> WallPage:
    """A page of them, in their order; the last one for a number that is too high."""
    pages = max(1, -(-len(tiles) // AT_ONCE))
    page = min(max(1, page), pages)
    ordered = sorted(tiles, key=lambda one: (one.rank, one.room.room, one.room.device, one.room.class_id))
    return WallPage(tuple(ordered[(page - 1) * AT_ONCE : page * AT_ONCE]), page, pages, len(tiles))
