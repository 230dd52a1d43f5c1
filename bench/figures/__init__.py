"""Tables of figures that are no ratio of two times: how right the product is, how long it takes, on real test data."""
from __future__ import annotations

from bench.figures import (
    checkin,
    console,
    courses,
    cover,
    day,
    facesize,
    headcount,
    identify,
    live,
    packs,
    pulls,
    still,
    strangers,
    terminal,
    watch,
)
from bench.harness import Figures

FIGURES: dict[str, Figures] = {
    one.name: one for one in (
        identify.FIGURES, checkin.FIGURES, packs.FIGURES, facesize.FIGURES, cover.FIGURES, headcount.FIGURES,
        strangers.FIGURES, still.FIGURES, courses.FIGURES, console.FIGURES, live.FIGURES, watch.FIGURES,
        pulls.FIGURES, day.FIGURES, terminal.FIGURES)}
