"""The video of an archive that is still at boxes: asked for in batches, by the orders with which files are asked."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from central.archive.plan import Wanted
from central.orders.asked import GONE, Asked, asked_of, order_awaited
from central.orders.boxes import head_of
from central.orders.errors import NoSuchBox
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import Missing
from evidence.box_orders import MOST_WANTED
from evidence.times import utc_text, utc_us

AHEAD_S = 600
"""So much video is asked of a box in advance as may be sent on in this time, where there is a limit."""
OTHER_CHAIN = "other_chain"
Lacks = Literal["away", "gone", "earlier", "refused"]
"""As in `Missing`."""


@dataclasses.dataclass(frozen=True)
class Away:
    """What is still at a box. `heard_us`: when it was last heard (UTC); None: never. `refused`: how many of the files
    it will not bring, `why`: the first reason: GONE, or of an answer to an order."""

    device: str
    count: int
    heard_us: int | None
    refused: int = 0
    why: str = ""


class Boxes:
    """Asks for one pull. `rate`: bytes a second that are let through."""

    def __init__(self, centre: Centre, rate: int | None) -> None:
        self._centre, self._rate = centre, rate
        self._begun_us, self._moved_us = self._now_us(), dict[str, int]()
        self._seen, self._moved = dict[str, tuple[int, int]](), False

    def ask(self, left: Iterable[Wanted]) -> tuple[list[Away], bool]:
        """Ask for what is not under way, as much at a time as a box should have to bring; how it stands with each box
        now, and whether anything moved since the last time. Raises DatabaseUnusable."""
        self._moved = False
        return [self._ask_box(device, files) for device, files in sorted(_by_box(left).items())], self._moved

    def missing(self, left: Iterable[Wanted]) -> tuple[Missing, ...]:
        """Why it cannot be had now, of each chain, for an archive that lacks it. Raises DatabaseUnusable."""
        causes: dict[tuple[str, str, Lacks, int | None], list[int]] = {}
        for device, files in sorted(_by_box(left).items()):
            heard_us, known, asked = self._stands(device, files)
            ours = {one.path for one in known}
            for one in files:
                said = asked.get(one.sha256)
                why: Lacks = "earlier" if one.path not in ours else "away"
                if why == "away" and said is not None and self._refused(said):
                    why = "gone" if said.why == GONE else "refused"
                causes.setdefault((device, one.chain, why, heard_us), []).append(one.seq)
        return tuple(Missing(device, chain, tuple(sorted(seqs)), why, None if heard_us is None else utc_text(heard_us))
                     for (device, chain, why, heard_us), seqs in causes.items())

    def _stands(self, device: str, left: Sequence[Wanted]) -> tuple[int | None, list[Wanted], dict[str, Asked]]:
        """When the box was heard last, UTC; what of these it can be asked for; what it was asked for."""
        with self._centre.store.read() as tx:
            return (tx.heard_at([device]).get(device), _of_chain(tx, device, left),
                    asked_of(tx, device, self._now_us()))

    def _ask_box(self, device: str, left: Sequence[Wanted]) -> Away:
        now_us = self._now_us()
        self._note_moved(device, left, now_us)
        heard_us, known, asked = self._stands(device, left)
        refused = [asked[one.sha256].why for one in known if one.sha256 in asked and self._refused(asked[one.sha256])]
        refused += [OTHER_CHAIN] * (len(left) - len(known))
        wanted = [one for one in known if one.sha256 not in asked or not self._refused(asked[one.sha256])]
        batch = self._batch(wanted)
        moved_us = self._moved_us.get(device)
        lacking = [one.sha256 for one in batch
                   if one.sha256 not in asked or not asked[one.sha256].under_way(now_us, moved_us)]
        if 2 * len(lacking) >= len(batch) > 0 and lacking:
            order_awaited(self._centre.store, device, lacking, now_us)
        return Away(device, len(left), heard_us, len(refused), next(iter(refused), ""))

    def _refused(self, asked: Asked) -> bool:
        """Whether the box will not bring it: it said so since this pull began."""
        return bool(asked.why) and asked.at_us >= self._begun_us

    def _batch(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        room = MOST_WANTED if self._rate is None else self._rate * AHEAD_S
        batch: list[Wanted] = []
        for one in wanted[:MOST_WANTED]:
            room -= 1 if self._rate is None else one.size
            if room < 0 and batch:
                break
            batch.append(one)
        return batch

    def _note_moved(self, device: str, left: Sequence[Wanted], now_us: int) -> None:
        """Whether a byte came from this box since the last look."""
        parts = self._centre.objects.parts
        came = sum(parts.received(one.sha256, device) for one in left[:MOST_WANTED])
        stands = len(left), came
        if self._seen.setdefault(device, stands) != stands:
            self._moved_us[device], self._moved = now_us, True
        self._seen[device] = stands

    def _now_us(self) -> int:
        return self._centre.clock.stamp().utc_us


def away_of(missing: Iterable[Missing]) -> list[Away]:
    """The same words for what an archive lacks."""
    return [Away(one.device, len(one.seqs), None if one.heard is None else utc_us(one.heard),
                 0 if one.why == "away" else len(one.seqs),
                 {"gone": GONE, "earlier": OTHER_CHAIN}.get(one.why, one.why))
            for one in missing]


def _by_box(left: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    of_box: dict[str, list[Wanted]] = {}
    for one in left:
        of_box.setdefault(one.device, []).append(one)
    return of_box


def _of_chain(tx: Tx, device: str, left: Sequence[Wanted]) -> list[Wanted]:
    """What a box can be asked for: of the chain that it has now."""
    try:
        chain = head_of(tx, device).chain
    except NoSuchBox:
        return []
    return [one for one in left if one.chain == chain]
