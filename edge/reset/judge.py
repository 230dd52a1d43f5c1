"""Whether a box may be emptied: evidence is destroyed before its time by nobody's word but the centre's. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from evidence.box_orders import WantedRelease

HARMLESS = frozenset({"order.answered", "order.accepted", "alarm", "checkpoint.seen", "live.ended"})
"""What a box states by itself, of nobody: after the centre's word it may."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """`release`: the newest word of the centre that was accepted; `over`: its time is, as far as the box knows;
    `since`: types of the records after the one that it names; `waiting`: records without a receipt; `chain`: the
    present one."""

    chain: str
    release: WantedRelease | None
    over: bool
    since: Sequence[str]
    waiting: int


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
    if facts.waiting:
        yield "waiting", {"count": facts.waiting}
