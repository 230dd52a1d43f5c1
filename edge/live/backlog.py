"""What waits for the line: bounded, in order, and dropped up to the newest keyframe when the line is too slow. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

MOST_PIECES, MOST_BYTES = 8, 8 << 20
"""About eight seconds: what is older, nobody wants to see live."""
What = Literal["init", "video", "picture"]


@dataclasses.dataclass(frozen=True)
class Piece:
    """One piece in its place. `at_us`: wall clock of the box when its first picture came; `key`: a decoder can begin
    with it, and after it nothing before is needed; `skipped`: something before it was left out."""

    epoch: int
    number: int
    what: What
    at_us: int
    data: bytes
    key: bool
    skipped: bool = False


class Backlog:
    """`begin` a stream, `put` its pieces; `head` is what to send next, `done` when it is there.

    `above`: gives a number above the one that it is given (-1 at first), and above all that a process before used: for
    a stream that begins, or for the first of single pictures, which have none."""

    def __init__(self, above: Callable[[int], int]) -> None:
        self._above, self._epoch = above, -1
        self._pieces: list[Piece] = []
        self._number = 0
        self._last = (-1, 0)
        self._header: Piece | None = None
        self._waits_for_key = True

    def begin(self, header: bytes, at_us: int) -> None:
        """A stream with this header begins."""
        self._epoch, self._number = self._above(self._epoch), 0
        self._header = Piece(self._epoch, 0, "init", at_us, header, False)
        self._pieces.append(self._header)
        self._waits_for_key = True
        self._bound()

    def put(self, what: What, data: bytes, at_us: int, key: bool, hole: bool = False) -> None:
        """One more piece of this stream. `hole`: something before it is missing. Single pictures need no stream."""
        if self._epoch < 0:
            self._epoch, self._number = 0, self._above(-1)
            self._last = (0, self._number)
        self._number += 2 if hole else 1
        if self._waits_for_key and not key:
            return
        self._waits_for_key = False
        self._pieces.append(Piece(self._epoch, self._number, what, at_us, data, key))
        self._bound()

    def head(self) -> Piece | None:
        """What is to be sent next."""
        if not self._pieces:
            return None
        first = self._pieces[0]
        follows = first.what == "init" or (first.epoch, first.number - 1) == self._last
        return dataclasses.replace(first, skipped=not follows)

    def done(self, piece: Piece) -> None:
        """A piece that was the head has been taken."""
        self._last = (piece.epoch, piece.number)
        if self._is_head(piece):
            del self._pieces[0]

    def leave_out(self, piece: Piece) -> None:
        """A piece that was the head will never be taken: what follows waits for a keyframe."""
        if not self._is_head(piece):
            return
        rest = self._pieces[1:]
        begins = next((at for at, one in enumerate(rest) if one.key or one.what == "init"), None)
        self._waits_for_key |= begins is None
        self._pieces = [] if begins is None else rest[begins:]

    def catch_up(self) -> None:
        """Leave out what is older than the newest keyframe that waits, if one does."""
        key = self._newest_key()
        if key is not None:
            self._pieces = [*self._unsent_header(), *self._pieces[key:]]

    def again(self) -> None:
        """Send what is newest as a stream that begins, with the header of this one: the other end knows it no more."""
        self._begin_again(self._epoch)

    def anew(self) -> None:
        """Send what is newest as the first stream for another order: its epochs are counted from its beginning."""
        self._begin_again(-1)

    def _begin_again(self, above: int) -> None:
        header = self._header
        if header is None:
            return
        key = self._newest_key()
        kept = [] if key is None else self._pieces[key:]
        self._epoch, self._number = self._above(above), len(kept)
        self._header = dataclasses.replace(header, epoch=self._epoch)
        self._pieces = [self._header, *(
            dataclasses.replace(piece, epoch=self._epoch, number=number) for number, piece in enumerate(kept, 1))]
        self._waits_for_key = not kept

    def _is_head(self, piece: Piece) -> bool:
        return bool(self._pieces) and (self._pieces[0].epoch, self._pieces[0].number) == (piece.epoch, piece.number)

    def _bound(self) -> None:
        if self._fits():
            return
        self.catch_up()
        if not self._fits():
            # One GOP alone is too much: the next one, then.
            self._pieces, self._waits_for_key = self._unsent_header(), True

    def _fits(self) -> bool:
        return len(self._pieces) <= MOST_PIECES and sum(len(piece.data) for piece in self._pieces) <= MOST_BYTES

    def _newest_key(self) -> int | None:
        found = [at for at, piece in enumerate(self._pieces) if piece.key and piece.epoch == self._epoch]
        return found[-1] if found else None

    def _unsent_header(self) -> list[Piece]:
        return [piece for piece in self._pieces if piece is self._header]
