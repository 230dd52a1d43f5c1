"""How well a pack tells attacks from living people, in the terms of ISO/IEC 30107-3. Pure.

APCER: attack presentations of one species that got *live*, over all their frames or in any visit. BPCER: living
people's that got *fake* or *unsure*: they were turned away. Non-response: presentations that got no answer about life:
no face in them, none that could be scored, or gestures that were asked and not made. All are shares of all
presentations of their kind.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edge.acceptance.clips import Clip
from edge.acceptance.identify import counts
from edge.acceptance.shares import Share, share
from edge.acceptance.watch import Watched
from evidence.liveness import Liveness, Passive

ERRORS = {"attack": ("live",), "live": ("fake", "unsure")}
SILENT = ("no_response", "bad_input", "not_checked")


@dataclasses.dataclass(frozen=True)
class Attacks:
    """Shares of presentations. `apcer`, `attack_silent`, `answers`: by species; `silent`: of all presentations.

    `apcer_windows`, `bpcer_windows`: of visits, as long as the terminal makes them, cut out of clips (passive only).
    `answers`: how many presentations got which answer; those of living people stand under "" there."""

    apcer: Mapping[str, Share]
    bpcer: Share | None
    attack_silent: Mapping[str, Share]
    live_silent: Share | None
    silent: Share | None
    apcer_windows: Mapping[str, Share]
    bpcer_windows: Share | None
    answers: Mapping[str, Mapping[str, int]]

    @property
    def worst(self) -> str | None:
        """The species that gets through most; of equal ones that of which the least is known."""
        return max(self.apcer, key=lambda name: (self.apcer[name].value, self.apcer[name].high, name), default=None)


def attacks(watched: Sequence[tuple[Clip, Watched]]) -> Attacks:
    """Count what presentations got."""
    species = sorted({clip.species for clip, _ in watched if clip.species is not None})
    by = {name: [_as_attack(seen) for clip, seen in watched if clip.species == name] for name in species}
    live = [seen for clip, seen in watched if clip.species is None]
    return Attacks(
        apcer=_each({name: _answered(seen, ERRORS["attack"]) for name, seen in by.items()}),
        bpcer=_answered(live, ERRORS["live"]),
        attack_silent=_each({name: _answered(seen, SILENT) for name, seen in by.items()}),
        live_silent=_answered(live, SILENT),
        silent=_answered([*live, *(one for seen in by.values() for one in seen)], SILENT),
        apcer_windows=_each({name: _in_windows(seen, ERRORS["attack"]) for name, seen in by.items()}),
        bpcer_windows=_in_windows(live, ERRORS["live"]),
        answers={name: _tally(seen) for name, seen in (("", live), *by.items())},
    )


def document(found: Attacks, pack: str, policy: str, gestures: Sequence[str]) -> dict[str, Any]:
    """What `--json` holds: shares between 0 and 1, each with its interval and counts."""
    worst = found.worst
    return {
        "apcer": {name: one.value for name, one in found.apcer.items()},
        "apcer_worst": None if worst is None else found.apcer[worst].value,
        "bpcer": found.bpcer and found.bpcer.value,
        "non_response": found.silent and found.silent.value,
        "worst_species": worst,
        "pack": pack,
        "policy": policy,
        "challenge": list(gestures),
        "non_response_live": found.live_silent and found.live_silent.value,
        "non_response_attack": {name: one.value for name, one in found.attack_silent.items()},
        "counts": {
            "apcer": {name: counts(one) for name, one in found.apcer.items()},
            "bpcer": found.bpcer and counts(found.bpcer),
        },
        "visits": {
            "apcer": {name: counts(one) for name, one in found.apcer_windows.items()},
            "bpcer": found.bpcer_windows and counts(found.bpcer_windows),
        },
        "answers": {"live": dict(found.answers[""]), "attack": {
            name: dict(each) for name, each in found.answers.items() if name}},
    }


def _as_attack(seen: Watched) -> Watched:
    """Who got in once got in, whatever the rest of the clip looks like."""
    return dataclasses.replace(seen, answer="live") if seen.got_in else seen


def _answered(seen: Sequence[Watched], answers: Sequence[str]) -> Share | None:
    return share((one.answer in answers, 1) for one in seen)


def _in_windows(seen: Sequence[Watched], answers: Sequence[str]) -> Share | None:
    return share((sum(part in answers for part in one.windows), len(one.windows)) for one in seen)


def _each(shares: Mapping[str, Share | None]) -> dict[str, Share]:
    return {name: one for name, one in shares.items() if one is not None}


def _tally(seen: Iterable[Watched]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in seen:
        answer: Liveness | Passive = one.answer
        found[answer] = found.get(answer, 0) + 1
    return dict(sorted(found.items()))
