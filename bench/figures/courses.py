"""Figures `courses`: which share of honest classes is flagged, of guilty ones cleared, and what is left to people."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scipy.stats import beta

from bench.figures import rates
from bench.figures.courses_plot import plot
from bench.figures.drawn import (
    BLOCKS,
    VERDICTS,
    Chances,
    Judge,
    Kind,
    Outcome,
    Rates,
    chances,
    outcome,
)
from bench.harness import Figures, Skipped
from common.policies import load_policy
from evidence.policy import Policy

COURSES, SEED = 2000, 20260302
POLICY = "sanmenxia-2023"
OUT = Path(__file__).parents[2] / "build" / "courses.svg"
RECALLS = (0.80, 0.90, 0.95, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1.0)
SHORT = (0.0, 0.1, 1.0)
FALSE = (0.0, 0.001, 0.003, 0.01)
GOAL = 0.01
"""At most this share of honest classes flagged without a review, and of guilty ones cleared."""


def kinds(limit: int) -> tuple[Kind, ...]:
    """Honest: everybody comes to every block; or the most misses that cost nothing. Guilty: as few as cost the subsidy,
    in the ways in which it is done; and somebody who was invented."""
    return (
        Kind("all there", True, 0),
        Kind(f"{limit - 1} misses", True, limit - 1),
        Kind(f"{limit} misses", False, limit),
        Kind(f"{limit} times signed in and gone", False, limit, signed=True, same=True),
        Kind(f"{limit} times a stranger in the seat", False, limit, signed=True, same=True, seat=True),
        Kind("invented, signed in by PIN", False, BLOCKS, signed=True, same=True),
    )


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that is not as in the base, and what it is."""

    what: str
    rates: Rates
    video: tuple[tuple[str, int], ...] = ()
    words: bool = False
    gear: bool = False


BASE = Rates()
CHANGES = (
    Change("the base", BASE),
    Change("headcount short in every block", dataclasses.replace(BASE, short=1.0)),
    Change("as POLICY's words alone say: also while somebody unnamed is in view", BASE, words=True),
    Change("the same, headcount short in every block", dataclasses.replace(BASE, short=1.0), words=True),
    Change("nobody is hidden", dataclasses.replace(BASE, hidden=0.0)),
    Change("30 % are hidden where they are missed", dataclasses.replace(BASE, hidden=0.3)),
    Change("70 % are like nobody where they are missed", dataclasses.replace(BASE, unlike=0.7)),
    Change("misses very much alike by person (0.6)", dataclasses.replace(BASE, by_person=0.6)),
    Change("three times the looks", dataclasses.replace(BASE, looks=3.0)),
    Change("a third of the looks", dataclasses.replace(BASE, looks=1 / 3)),
    Change("5 % of the blocks with holes or dark", dataclasses.replace(BASE, trouble=0.05)),
    Change("the same, good_cover_pct 60, bad_picture_pct 60, usable_pct 20", dataclasses.replace(BASE, trouble=0.05),
           (("good_cover_pct", 60), ("bad_picture_pct", 60), ("usable_pct", 20))),
    Change("in protective gear, with two bare-face roll calls (recall: of their minutes)", BASE, gear=True),
    Change("the same, headcount short in every block", dataclasses.replace(BASE, short=1.0), gear=True),
)


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines to print and what bench.json holds; the plot is written to build/courses.svg."""
    policy = load_policy(POLICY)
    assert policy.r3 is not None
    judge = Judge(policy)
    lots = {kind: chances(kind, COURSES, SEED) for kind in kinds(policy.r3.limit.value)}
    measured, told = _measured(folder)
    grid = {(kind, recall, short, false): outcome(
        kind, lots[kind], dataclasses.replace(BASE, recall=recall, short=short, false_name=false), judge)
        for kind in lots for recall in RECALLS for short, false in _cells(kind)}
    changes = [(change, _changed(lots, change, policy, judge)) for change in CHANGES]
    plot(grid, RECALLS, BASE, OUT)
    lines = [
        *told, "", *_honest(grid), "", *_guilty(grid), "", *_sensitive(changes), "", f"plot: {OUT}"]
    return lines, {
        "measured": [dataclasses.asdict(one) for one in measured],
        "base": dataclasses.asdict(BASE),
        "grid": _plain(grid),
        "changes": [{"what": change.what, "kind": kind.name, **dataclasses.asdict(one)}
                    for change, found in changes for kind, one in found.items()],
    }


def _plain(grid: dict[Any, Outcome]) -> list[dict[str, Any]]:
    return [{"kind": kind.name, "recall": recall, "short": short, "false_name": false, **dataclasses.asdict(found)}
            for (kind, recall, short, false), found in grid.items()]


def _cells(kind: Kind) -> Sequence[tuple[float, float]]:
    """(headcount short, false names): one is varied at a time; without anybody away no name is false."""
    shorts = [(short, BASE.false_name) for short in SHORT]
    return shorts if kind.away == 0 else [*shorts, *((BASE.short, one) for one in FALSE if one != BASE.false_name)]


def _changed(lots: dict[Kind, Chances], change: Change, policy: Policy, judge: Judge) -> dict[Kind, Outcome]:
    if change.video or change.gear:
        video = {name: dataclasses.replace(getattr(policy.video, name), value=value) for name, value in change.video}
        judge = Judge(dataclasses.replace(policy, video=dataclasses.replace(policy.video, **video)), change.gear)
    return {kind: outcome(kind, own, change.rates, judge, change.words) for kind, own in lots.items()}


def share(part: int, whole: int) -> tuple[float, float, float]:
    """A share, and where it lies with 95 % (Clopper, Pearson 1934)."""
    low = beta.ppf(0.025, part, whole - part + 1) if part else 0.0
    high = beta.ppf(0.975, part + 1, whole - part) if part < whole else 1.0
    return part / whole, float(low), float(high)


def percent(part: int, whole: int) -> str:
    """A share in percent with its interval."""
    value, low, high = share(part, whole)
    return f"{value:.1%} ({low:.1%}–{high:.1%})".replace("%", "")


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _head(cells: Sequence[str]) -> list[str]:
    return [_row(cells), _row(["---"] * len(cells))]


def _honest(grid: dict[Any, Outcome]) -> list[str]:
    honest = list(dict.fromkeys(kind for kind, *_ in grid if kind.honest))
    titles = [f"{kind.name}: {end}" for kind in honest for end in VERDICTS]
    lines = [f"Honest classes, % of {COURSES} (95 %), policy {POLICY}; false names {BASE.false_name:.1%}",
             *_head(["recall", "headcount short", *titles])]
    for recall in RECALLS:
        for short in SHORT:
            ends = [percent(getattr(grid[kind, recall, short, BASE.false_name], end), COURSES)
                    for kind in honest for end in VERDICTS]
            lines.append(_row([f"{recall:.4g}", f"{short:.0%}", *ends]))
    return lines


def _guilty(grid: dict[Any, Outcome]) -> list[str]:
    guilty = list(dict.fromkeys(kind for kind, *_ in grid if not kind.honest))
    titles = [f"{kind.name}: {end}" for kind in guilty for end in ("clear", "flag")]
    lines = [f"Guilty classes, % of {COURSES} (95 %); headcount short in {BASE.short:.0%} of the blocks",
             *_head(["recall", "false names", *titles])]
    for recall in RECALLS:
        for false in FALSE:
            ends = [percent(getattr(grid[kind, recall, BASE.short, false], end), COURSES)
                    for kind in guilty for end in ("clear", "flag")]
            lines.append(_row([f"{recall:.4g}", f"{false:.1%}", *ends]))
    return lines


def _sensitive(changes: Sequence[tuple[Change, dict[Kind, Outcome]]]) -> list[str]:
    kinds_ = list(changes[0][1])
    ends = [("flag" if kind.honest else "clear", kind) for kind in kinds_]
    lines = [f"What decides: one thing changed at a time; base: recall {BASE.recall:.4g}, false names "
             f"{BASE.false_name:.1%}, headcount short in {BASE.short:.0%}; % (95 %)",
             *_head(["changed", *(f"{kind.name}: {end}" for end, kind in ends), f"{kinds_[0].name}: review"])]
    for change, found in changes:
        cells = [percent(getattr(found[kind], end), COURSES) for end, kind in ends]
        lines.append(_row([change.what, *cells, percent(found[kinds_[0]].review, COURSES)]))
    return lines


def _measured(folder: Path) -> tuple[list[rates.Measured], list[str]]:
    """What the pack does in the class videos of the test data; without these the courses are drawn all the same."""
    try:
        found = rates.measure(folder)
    except Skipped as why:
        return [], [f"rates not measured: {why}"]
    lines = [f"What `{rates.PACK}` does in 40 s of class video (95 %)",
             *_head(["clip", "face px", "strangers let through", "there, named", "of the missed told absent",
                     "named among others", "not there, named", "of strangers in view",
                     "headcount less most in view"])]
    for one in found:
        lines.append(_row([
            one.clip, one.face_px, f"{one.fpir_ppm / 1e6:.0%}",
            f"{one.named} of {one.there}", f"{one.absent} of {one.there - one.named}",
            f"{one.again_named} of {one.again}: {percent(one.again_named, one.again)}",
            f"{one.wrong} of {one.away}: {percent(one.wrong, one.away)}",
            f"{one.strangers}: {percent(min(one.wrong, one.strangers), one.strangers)}",
            f"{one.heads:+} of {one.in_view}"]))
    return found, lines


FIGURES = Figures("courses", "what the roll call's errors mean for a class: courses by lot under R3", measure)
