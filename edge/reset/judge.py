"""Whether a box may be emptied: evidence is destroyed before its time by nobody's word but the centre's. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from evidence.box_orders import WantedRelease

HARMLESS = frozenset({
    "order.answered", "order.accepted", "checkpoint.seen", "live.ended", "alarm broker.refused", "alarm camera.broken",
    "alarm camera.silent", "alarm centre.dates", "alarm certificate.not_renewed", "alarm clock.apart",
    "alarm storage.days_left", "alarm update.rolled_back", "alarm update.stays",
})
"""What a box states by itself, of nobody: after the centre's word it may. Of alarms only those by which no evidence is
in question, here or at the centre."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """`release`: the newest word of the centre that was accepted; `over`: its time is, as far as the box knows;
    `since`: types of the records after the one that it names, `alarm CODE` of an alarm; `waiting`: records without a
    receipt; `past`: those of chains before; `held`: files that were to go and that a dispute or a hold keeps; `faces`:
    classes of which it keeps the faces; `open`: a class is; `unsealed`: recordings that were not finished; `aside`:
    files that were put aside; `unknown`: files beside the segments that no record names; `chain`: the present one."""

    chain: str
    release: WantedRelease | None
    over: bool
    since: Sequence[str]
    waiting: int
    past: int
    held: int
    faces: int
    open: bool
    unsealed: int
    aside: int
    unknown: int


def refusals(facts: Facts) -> Iterator[tuple[str, dict[str, object]]]:
    """Why it may not, each as the key of a sentence and its parameters; nothing where it may."""
    if facts.release is None:
        yield "no_word", {}
        return
    if facts.release.chain != facts.chain:
        yield "other_chain", {}
        return
    if facts.over:
        yield "over", {}
    made = [kind for kind in facts.since if kind not in HARMLESS]
    if made:
        yield "since", {"count": len(made), "kinds": ", ".join(sorted(set(made)))}
    if facts.open:
        yield "open", {}
    for code in ("waiting", "past", "held", "faces", "unsealed", "aside", "unknown"):
        if count := getattr(facts, code):
            yield code, {"count": count}
