"""The picture of the figures `courses`: how the verdicts depend on recall. Drawn numbers only."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from bench.figures.drawn import VERDICTS, Kind, Outcome, Rates

COLOURS = {"flag": "#c0392b", "review": "#7f8c8d", "clear": "#27863a"}
STYLES = {"-": (0.1, "headcount short in 10 % of blocks"), "--": (1.0, "in all")}
Grid = Mapping[tuple[Kind, float, float, float], Outcome]
"""By kind of class, recall, share of blocks with a short headcount, and rate of false names."""
PERFECT = 3e-5
"""Where no miss at all stands on the axis of misses."""


def plot(grid: Grid, recalls: Sequence[float], base: Rates, out: Path) -> None:
    """Write one panel for each kind of class as SVG, the same bytes for the same numbers."""
    kinds = list(dict.fromkeys(kind for kind, *_ in grid))
    with pyplot.rc_context({"svg.hashsalt": "courses", "svg.fonttype": "none", "font.size": 8}):
        figure, panels = pyplot.subplots(2, (len(kinds) + 1) // 2, figsize=(10, 5.6), sharex=True, sharey=True)
        for panel, kind in zip(panels.flat, kinds, strict=False):
            _panel(panel, kind, grid, recalls, base)
        for panel in panels[-1]:
            panel.set_xlabel("trainees there and not shown in a block")
        for panel in panels[:, 0]:
            panel.set_ylabel("% of the classes")
        figure.legend(handles=_legend(), loc="lower center", ncol=5, frameon=False)
        figure.tight_layout(rect=(0, 0.06, 1, 1))
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out, format="svg", metadata={"Date": None})
        pyplot.close(figure)


def _panel(panel: Axes, kind: Kind, grid: Grid, recalls: Sequence[float], base: Rates) -> None:
    misses = [max(PERFECT, 1 - recall) for recall in recalls]
    for style, (short, _) in STYLES.items():
        found = [grid[kind, recall, short, base.false_name] for recall in recalls]
        for end in VERDICTS:
            panel.plot(misses, [100 * getattr(one, end) / one.count for one in found], style, color=COLOURS[end])
    panel.set_xscale("log")
    panel.set_xticks([0.1, 0.01, 0.001, 0.0001, PERFECT], ["10 %", "1 %", "0.1 %", "0.01 %", "0"])
    panel.minorticks_off()
    panel.set_title(f"{'honest' if kind.honest else 'guilty'}: {kind.name}", fontsize=8)
    panel.grid(alpha=0.3)


def _legend() -> list[Any]:
    lines = [pyplot.Line2D([], [], color=colour, label=end) for end, colour in COLOURS.items()]
    return lines + [pyplot.Line2D([], [], color="black", linestyle=style, label=label)
                    for style, (_, label) in STYLES.items()]
