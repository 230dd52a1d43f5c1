"""How it stands with a file that its box was asked for and that is not here yet: how much has come and how fast, since
when nothing comes, when the box was last heard."""
from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict, deque
from collections.abc import Collection, Mapping
from typing import Literal

from central.contact import contact
from central.objects import Objects
from central.orders.asked import Asked, asked_of
from central.orders.boxes import chains_of
from central.store.tables import Tx
from central.web.links import percent
from central.web.localtime import LocalTime
from common.texts import N_, translate
from evidence.times import MINUTE, SECOND

ORDERED = N_("asked of the box; it has not answered yet")
NEXT = N_("the box has taken the order and sends it next")
SILENT = N_("asked of the box, which was last heard {since}: it comes when the box is back")
COMING = N_("the box sends it: {share}% is here")
SLOWLY = N_("the box sends it: {share}% is here ({here} of {whole} MB). The line is slow: some {left} more")
STOPPED = N_("{share}% is here ({here} of {whole} MB), and nothing has come since {since}: it goes on by itself as soon"
             " as the box reaches the centre")
HEARD = N_("{how}; the box was last heard {since}")
LEFT_S, LEFT_MIN = N_("{count} s"), N_("{count} min")
STOPPED_US = 10 * SECOND
"""A file of which nothing came for so long does not come now."""
LATE_US = 15 * SECOND
"""An order that brought nothing for so long makes its reader ask when the box was last heard."""
SLOW_S = 20
"""What takes longer than so many seconds more is told how long."""
WINDOW_US, APART_US, KNOWN_US = 20 * SECOND, SECOND // 2, 3 * SECOND
"""How fast a file comes is told from the looks at it of so long; they are so far apart; and span at least so much."""
MOST_FILES = 256


@dataclasses.dataclass(frozen=True)
class Come:
    """What has come of a file. `here`: bytes; `still_us`: for how long no byte came; `pace`: bytes a second of late, 0
    where it is not known."""

    here: int
    still_us: int
    pace: float = 0.0


@dataclasses.dataclass(frozen=True)
class BoxNow:
    """What is known of a box now. `chains`: those that it has; `asked`: what orders ask of it, by hash;
    `heard_us`: when it was last heard (UTC); `quiet`: too long ago for a box that is there; `come`: by hash, what has
    come of a file that is not whole."""

    chains: Collection[str]
    asked: Mapping[str, Asked]
    heard_us: int | None
    quiet: bool
    come: Mapping[str, Come]

    def awaited(self, sha256: str, now_us: int) -> Asked | None:
        """The order by which a file may still come. One that its box took holds until that had its time to send: while
        nothing is heard of it that does not run."""
        asked, come = self.asked.get(sha256), self.come.get(sha256)
        if asked is None or asked.over:
            return None
        moved_us = now_us - come.still_us if come is not None else None
        return asked if self.quiet or asked.under_way(now_us, moved_us) else None


class Paces:
    """How fast files come, by what those who look at them saw; of a few hundred files, in memory."""

    def __init__(self) -> None:
        self._looks: OrderedDict[str, deque[tuple[int, int]]] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, name: str, here: int, now_us: int) -> float:
        """So many bytes of a file are here now: how many came a second of late; 0 where that is not known."""
        with self._lock:
            looks = self._looks.setdefault(name, deque())
            self._looks.move_to_end(name)
            while len(self._looks) > MOST_FILES:
                self._looks.popitem(last=False)
            if looks and (here < looks[-1][1] or now_us < looks[-1][0]):
                looks.clear()  # it began anew, or the clock did
            if not looks or now_us - looks[-1][0] >= APART_US:
                looks.append((now_us, here))
            while now_us - looks[0][0] > WINDOW_US:
                looks.popleft()
            span_us = now_us - looks[0][0]
            return (here - looks[0][1]) * SECOND / span_us if span_us >= KNOWN_US else 0.0


def box_now(
    tx: Tx, objects: Objects, paces: Paces, device: str, hashes: list[str], now_us: int
) -> BoxNow:
    """What is known of a box and of these files of it."""
    heads = [one for one in tx.heads(device) if one.certificate is not None and one.sealing_key is not None]
    heard = max(tx.heard_of(device), key=lambda one: one.last_us, default=None)
    asked, come = asked_of(tx, device, now_us), {}
    for sha256 in hashes:
        moved = objects.parts.moved(sha256, device) if sha256 in asked else None
        if moved is not None and moved[1]:
            still_us, here = moved
            come[sha256] = Come(here, still_us, paces.look(f"{sha256} {device}", here, now_us))
    quiet = heard is not None and contact(heard.last_us, now_us) == "away"
    return BoxNow(chains_of(tx, device) if heads else (), asked, heard.last_us if heard else None, quiet, come)


def how_it_comes(
    sha256: str, size: int, asked: Asked, box: BoxNow, now_us: int, local: LocalTime
) -> tuple[Literal["asked", "coming"], str]:
    """Of a file of `size` bytes that may still come: whether it does now, and how it stands with it, in words."""
    come, lang = box.come.get(sha256), local.lang
    if come is None:
        return "asked", _not_begun(asked, box, now_us, local)
    share, (here, whole) = percent(come.here, size), _megabytes(come.here, size)
    if come.still_us >= STOPPED_US:
        since = local.seconds(now_us - come.still_us)
        how = translate(STOPPED, lang, share=share, here=here, whole=whole, since=since)
        return "asked", _heard(how, box, local)
    left_s = (size - come.here) / come.pace if come.pace else 0
    if left_s > SLOW_S:
        return "coming", translate(SLOWLY, lang, share=share, here=here, whole=whole, left=_span(left_s, lang))
    return "coming", translate(COMING, lang, share=share)


def _not_begun(asked: Asked, box: BoxNow, now_us: int, local: LocalTime) -> str:
    if box.quiet and box.heard_us is not None:
        return translate(SILENT, local.lang, since=local.full(box.heard_us))
    how = translate(NEXT if asked.accepted else ORDERED, local.lang)
    return how if now_us < asked.at_us + LATE_US else _heard(how, box, local)


def _heard(how: str, box: BoxNow, local: LocalTime) -> str:
    if box.heard_us is None:
        return how
    return translate(HEARD, local.lang, how=how, since=local.full(box.heard_us))


def _megabytes(*sizes: int) -> tuple[str, ...]:
    """Rounded down to a tenth, so that all of it is not said before it is here."""
    return tuple(f"{size // 100_000 / 10:.1f}" for size in sizes)


def _span(seconds: float, lang: str) -> str:
    """To the next ten seconds, or minute: who listens to it is not told of each second."""
    if seconds <= MINUTE / SECOND:
        return translate(LEFT_S, lang, count=-int(-seconds // 10) * 10)
    return translate(LEFT_MIN, lang, count=-int(-seconds // 60))
