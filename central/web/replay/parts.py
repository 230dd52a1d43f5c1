"""What there is of each file that a camera recorded of a block: here, on its way, at its box, changed, removed; or it
is here, and only a copy of it plays."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from central.derived.errors import DerivedAwaited
from central.errors import SegmentFileChanged
from central.orders.asked import GONE
from central.orders.cli import WHY
from central.web.errors import SegmentFileMissing
from central.web.localtime import LocalTime
from central.web.reels import Piece, Reel, facts_of
from central.web.replay.coming import BoxNow, how_it_comes
from common.texts import N_, translate, words
from evidence.story import Block, SegmentFact, Story

Kind = Literal["here", "copy", "changed", "spoilt", "away", "asked", "coming", "gone", "removed", "earlier"]
WORDS: Mapping[str, str] = {
    "here": N_("here; its hash is the recorded one"),
    "away": N_("at the box"),
    "gone": N_("asked for; the box has not got it any more"),
    "removed": N_("removed: a record says so"),
    "earlier": N_("of an earlier database of the box: it cannot be asked for"),
}
DERIVED = N_("here; what plays is a copy in H.264, which is not evidence")
TO_COPY = N_("here in H.265, which your browser does not play: a copy in H.264 has to be made")
COPYING = N_("here in H.265, which your browser does not play: a copy in H.264 is being made")
REFUSED = N_("at the box, which refused to send it: {why}")


@dataclasses.dataclass(frozen=True)
class PartView:
    """A file. `at_s`, `length_s`: where it stands in the reel, seconds, of one that plays; `words`: how it stands with
    it; `may_ask`: an order could bring it; `derived`: what plays is a copy; `problem`: why what is here does not play,
    also while it comes again."""

    fact: SegmentFact
    kind: Kind
    words: str
    may_ask: bool = False
    at_s: float = 0.0
    length_s: float = 0.0
    derived: bool = False
    problem: str = ""


def parts_of(story: Story, block: Block, reel: Reel, box: BoxNow, now_us: int, local: LocalTime) -> list[PartView]:
    """The files of one camera, in order of time."""
    pieces = {piece.fact.ref: piece for piece in reel.pieces}
    own = (reel.device, reel.camera)
    facts = [fact for fact in facts_of(story, block) if (fact.ref[0], fact.segment.camera) == own]
    return [_part(fact, pieces.get(fact.ref), box, now_us, local) for fact in facts]


def _part(fact: SegmentFact, piece: Piece | None, box: BoxNow, now_us: int, local: LocalTime) -> PartView:
    if piece is None:
        return _plain(fact, "removed", local)
    if piece.media is not None:
        copy = piece.derived is True
        told = PartView(fact, "here", translate(DERIVED if copy else WORDS["here"], local.lang), derived=copy)
        return dataclasses.replace(told, at_s=piece.at_s, length_s=piece.media.seconds)
    if isinstance(piece.error, DerivedAwaited):
        return PartView(fact, "copy", translate(COPYING if piece.derived else TO_COPY, local.lang))
    changed = isinstance(piece.error, SegmentFileChanged)
    if not changed and not isinstance(piece.error, SegmentFileMissing):
        problem = words(piece.error, local.lang) if piece.error else ""
        return PartView(fact, "spoilt", problem, problem=problem)
    sha256, size = fact.segment.sha256, fact.segment.size
    problem = words(piece.error, local.lang) if changed and piece.error else ""
    awaited, asked = box.awaited(sha256, now_us), box.asked.get(sha256)
    if awaited is not None:
        return PartView(fact, *how_it_comes(sha256, size, awaited, box, now_us, local), problem=problem)
    ours = fact.ref[1] == box.chain
    if changed:
        return PartView(fact, "changed", problem, ours, problem=problem)
    if not ours:
        return _plain(fact, "earlier", local)
    if asked is not None and asked.why == GONE:
        return _plain(fact, "gone", local, True)
    if asked is not None and asked.why:
        why = translate(WHY.get(asked.why, asked.why), local.lang)
        return PartView(fact, "away", translate(REFUSED, local.lang, why=why), True)
    return _plain(fact, "away", local, True)


def _plain(fact: SegmentFact, kind: Kind, local: LocalTime, may_ask: bool = False) -> PartView:
    return PartView(fact, kind, translate(WORDS[kind], local.lang), may_ask)
