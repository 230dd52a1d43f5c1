"""A live playlist (RFC 8216) of the pieces of a room that are here. Pure."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence

from common.hls import TARGET_S

WINDOW_S = 15.0
"""So much of it is listed, and up to a GOP more; what is older is here a while longer, for whoever is slow."""
BEHIND_S = 2
"""So far behind the newest picture a player begins."""
JUMP_S = 0.1
"""Pieces that are so far apart are of two timelines for a player."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """A piece that came. `order`, `epoch`, `number`: as its box names it; `at_us`: when its first picture was made, UTC
    µs of the box; `came_us`: µs of CLOCK_BOOTTIME; `start_s`, `seconds`: in its stream; `place`: in the list, `part`:
    of which timeline, both from a number on that rises with each start of the centre."""

    order: str
    epoch: int
    number: int
    at_us: int
    came_us: int
    start_s: float
    seconds: float
    key: bool
    skipped: bool
    place: int
    part: int
    data: bytes = dataclasses.field(repr=False)


def goes_on(before: Piece, order: str, epoch: int, start_s: float) -> bool:
    """Whether a piece is of the same timeline as the one before."""
    same = (before.order, before.epoch) == (order, epoch)
    return same and abs(before.start_s + before.seconds - start_s) < JUMP_S


def listed(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """The newest of them, from a keyframe on where there is one: with long GOPs, too, whoever plays a little behind
    finds what comes next."""
    length, first = 0.0, len(pieces)
    while first > 0 and length < WINDOW_S:
        first -= 1
        length += pieces[first].seconds
    before = next((at for at in range(first, -1, -1) if at < len(pieces) and pieces[at].key), None)
    after = next((at for at in range(first, len(pieces)) if pieces[at].key), first)
    return pieces[after if before is None else before :]


def stream(base: str, pieces: Sequence[Piece]) -> str:
    """The playlist; empty of nothing. `base`: what the addresses of pieces begin with."""
    shown = listed(pieces)
    if not shown:
        return ""
    behind = min(sum(piece.seconds for piece in shown), float(BEHIND_S))
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{TARGET_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{shown[0].place}", f"#EXT-X-DISCONTINUITY-SEQUENCE:{shown[0].part}",
        f"#EXT-X-START:TIME-OFFSET=-{behind:.3f},PRECISE=YES"]
    if all(piece.key for piece in shown):
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    before: Piece | None = None
    for piece in shown:
        folder = f"{base}/{piece.order}/{piece.epoch}"
        if before is not None and before.part != piece.part:
            lines.append("#EXT-X-DISCONTINUITY")
        if before is None or before.part != piece.part:
            lines += [f'#EXT-X-MAP:URI="{folder}/init.mp4"']
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{_instant(piece.at_us)}", f"#EXTINF:{piece.seconds:.6f},",
                  f"{folder}/{piece.number}.m4s"]
        before = piece
    return "\n".join([*lines, ""])


def _instant(us: int) -> str:
    at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(microseconds=us)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
