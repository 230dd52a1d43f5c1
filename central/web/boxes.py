"""A box's chain in the list of all: up to where it is here, when its box was last heard, and what is wrong with it."""
from __future__ import annotations

import dataclasses

from central.store.heard import Heard
from central.store.tables import ChainHead
from common.reasons import moment_words
from common.texts import N_, translate

STATES = {"chain.cut": N_("its records end earlier than they did"), "chain.fork": N_("two copies of it run")}
SILENT, WAITING, FINE = N_("silent"), N_("{count} records wait there"), N_("in order")
CHINA_MIN = 480
"""The offset of what is no class's."""


@dataclasses.dataclass(frozen=True)
class BoxView:
    """One line. `trouble`: whether its state needs somebody."""

    device: str
    chain: str
    up_to: int
    heard: str
    state: str
    trouble: bool


def box_view(head: ChainHead, heard: Heard | None, lang: str) -> BoxView:
    """The line of a chain. `heard`: what is known of its box."""
    if heard is None:
        return BoxView(head.device, head.chain, head.up_to, "—", "", False)
    troubles = [translate(STATES[heard.against], lang)] if heard.against else []
    troubles += [translate(SILENT, lang)] if heard.silent else []
    last = heard.last_heartbeat
    fine = translate(WAITING, lang, count=last.waiting) if last and last.waiting else translate(FINE, lang)
    return BoxView(head.device, head.chain, head.up_to, moment_words(heard.last_us, CHINA_MIN, lang),
                   ("；" if lang == "zh" else "; ").join(troubles) or fine, bool(troubles))
