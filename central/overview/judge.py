"""What is remembered of judging a class, and from what it was judged: equal inputs, equal judgement."""
from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.metadata import version

from central.classes.stories import Told
from central.store.inputs import Inputs
from central.store.summaries import Judgement
from evidence.canonical import sha256_hex
from evidence.rules import R3Finding

Decided = Callable[[Told], Collection[str]]
"""The rules of a class whose flag two persons have decided."""
RULES = f"zaitang {version('zaitang')}"
"""Whose rules judged: what another version judged is judged again."""


def nothing_decided(_told: Told) -> Collection[str]:
    """Every flag waits for somebody."""
    return ()


def inputs_hash(inputs: Inputs) -> str:
    """Of what a class is judged from, and by which rules. The order, which is among the inputs, names the policy."""
    return sha256_hex(repr((RULES, inputs)).encode())


def verdict_of(told: Told) -> str:
    """flag where any finding is one; else that of R3, but noted where other findings are violated; none without R3."""
    r3 = next((one for one in told.findings if isinstance(one, R3Finding)), None)
    if any(one.flag for one in told.findings):
        return "flag"
    if r3 is None:
        return "none"
    return "noted" if r3.verdict == "clear" and _violated(told) else r3.verdict


def judgement(told: Told, now_us: int, decided: Decided = nothing_decided) -> Judgement:
    """What the overview remembers of a class that was judged at that moment."""
    r3 = next((one for one in told.findings if isinstance(one, R3Finding)), None)
    flags = {one.rule for one in told.findings if one.flag}
    return Judgement(
        class_id=told.order.class_id, leaves=told.leaves, judged_us=now_us, due_us=told.until_us,
        inputs=inputs_hash(told.inputs), verdict=verdict_of(told), undecided=len(flags - set(decided(told))),
        violated=_violated(told), missing=len(r3.recordings) if r3 else 0, open=len(r3.open_recordings) if r3 else 0)


def _violated(told: Told) -> int:
    return sum(one.result == "violated" for one in told.findings)
