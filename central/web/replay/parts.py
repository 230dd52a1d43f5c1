"""What there is of each file that a camera recorded of a block: here, on its way, at its box, changed, removed; or it
is here, and only a copy of it plays."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Literal

from central.bucket.errors import FromBucket, OfBucket
from central.derived.errors import DerivedAwaited
from central.errors import SegmentFileChanged
from central.objects import Objects
from central.orders.asked import GONE, Asked, asked_of
from central.orders.boxes import chains_of
from central.orders.cli import WHY
from central.store.tables import Tx
from central.web.errors import SegmentFileMissing
from central.web.links import percent
from central.web.localtime import LocalTime
from central.web.reels import Piece, Reel, facts_of
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
ORDERED = N_("asked of the box; it has not answered yet")
SILENT = N_("asked of the box, which was last heard {since}: it comes when the box is back")
NEXT = N_("the box has taken the order and sends it next")
COMING = N_("the box sends it: {share}% is here")
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


@dataclasses.dataclass(frozen=True)
class BoxNow:
    """What is known of a box now. `chains`: those that it has; `asked`: what orders ask of it, by hash;
    `silent_us`: when it was last heard (UTC), where it is silent; `moved`: by hash, when the last byte of a file came,
    and how many are here."""

    chains: Collection[str]
    asked: Mapping[str, Asked]
    silent_us: int | None
    moved: Mapping[str, tuple[int, int]]


def box_now(tx: Tx, objects: Objects, device: str, hashes: list[str], now_us: int) -> BoxNow:
    """What is known of a box and of these files of it."""
    heads = [one for one in tx.heads(device) if one.certificate is not None and one.sealing_key is not None]
    heard = max(tx.heard_of(device), key=lambda one: one.last_us, default=None)
    asked = asked_of(tx, device, now_us)
    moved = {sha: found for sha in hashes if sha in asked and (found := objects.parts.moved(sha, device)) is not None}
    return BoxNow(chains_of(tx, device) if heads else (), asked,
                  heard.last_us if heard is not None and heard.silent else None, moved)


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
    if isinstance(piece.error, OfBucket):
        comes = isinstance(piece.error, FromBucket)
        return PartView(fact, "coming" if comes else "away", words(piece.error, local.lang), not comes)
    changed = isinstance(piece.error, SegmentFileChanged)
    if not changed and not isinstance(piece.error, SegmentFileMissing):
        problem = words(piece.error, local.lang) if piece.error else ""
        return PartView(fact, "spoilt", problem, problem=problem)
    asked = box.asked.get(fact.segment.sha256)
    moved = box.moved.get(fact.segment.sha256)
    problem = words(piece.error, local.lang) if changed and piece.error else ""
    if asked is not None and asked.under_way(now_us, moved[0] if moved else None):
        return dataclasses.replace(_on_its_way(fact, asked, moved, box, local), problem=problem)
    ours = fact.ref[1] in box.chains
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


def _on_its_way(
    fact: SegmentFact, asked: Asked, moved: tuple[int, int] | None, box: BoxNow, local: LocalTime
) -> PartView:
    if moved is not None and moved[1]:
        share = percent(moved[1], fact.segment.size)
        return PartView(fact, "coming", translate(COMING, local.lang, share=share))
    if box.silent_us is not None:
        return PartView(fact, "asked", translate(SILENT, local.lang, since=local.full(box.silent_us)))
    return PartView(fact, "asked", translate(NEXT if asked.accepted else ORDERED, local.lang))
