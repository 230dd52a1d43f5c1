"""Tables of figures that are no ratio of two times: how right the product is, on the real test data."""
from __future__ import annotations

from bench.figures import identify
from bench.harness import Figures

FIGURES: dict[str, Figures] = {one.name: one for one in (identify.FIGURES,)}
