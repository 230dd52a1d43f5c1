"""Watching MP4 boxes go by: where a fragment (moof + mdat) ends, and how many samples it holds."""
from __future__ import annotations

import struct
from collections.abc import Iterator

HEADER = 8


class Scanner:
    """Fed with the bytes of a fragmented MP4 file in order, in pieces of any size."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0
        self._kind = b""
        self._moof = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int | None]]:
        """Cut `data` into pieces. With each: the samples of the fragment that ends with it, else None."""
        while data:
            piece, data = data[: self._wanted()], data[self._wanted():]
            self._take(piece)
            if self._left == 0 and self._kind == b"mdat":
                yield piece, _samples(bytes(self._moof))
                self._moof.clear()
            else:
                yield piece, None
            if self._left == 0:
                self._kind = b""

    def _wanted(self) -> int:
        return self._left if self._kind else HEADER - len(self._head)

    def _take(self, piece: bytes) -> None:
        if not self._kind:
            self._head += piece
            if len(self._head) == HEADER:
                size, self._kind = struct.unpack(">I4s", self._head)
                self._left = size - HEADER
                self._head.clear()
            return
        self._left -= len(piece)
        if self._kind == b"moof":
            self._moof += piece


def _samples(moof: bytes) -> int:
    """The samples of all `trun` boxes inside a moof box's content."""
    return sum(
        struct.unpack_from(">I", run, 4)[0]
        for kind, content in _children(moof) if kind == b"traf"
        for inner, run in _children(content) if inner == b"trun"
    )


def _children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + HEADER <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + HEADER: at + size]
        at += max(size, HEADER)
