"""Draws what was measured, as SVG and PNG: the DET curve of a gallery, the bars of a liveness test. No faces, no names.

Words are the standards' own and stand in both languages; only the names of species are the user's.
"""
from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from edge.acceptance.attacks import Attacks
from edge.acceptance.identify import Identification
from edge.acceptance.shares import Share

BLUE, RED, GREY = "#1f5f99", "#b3261e", "#8a8f98"
FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "SimHei")
SIZE_IN = (6.0, 4.5)
DPI = 144
LONGEST_NAME = 24


def det_curve(found: Identification, title: str) -> dict[str, bytes] | None:
    """FNIR against FPIR on logarithmic axes, the operating point with its intervals; by file ending. None where one of
    the two was not measured. A share of 0 stands on the edge, at half of what one failure would be."""
    if found.fnir is None or found.fpir is None:
        return None
    floor_x, floor_y = 0.5 / found.fpir.of, 0.5 / found.fnir.of
    figure, axes = _figure(title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    xs = [max(point.fpir or 0.0, floor_x) for point in found.det]
    ys = [max(point.fnir or 0.0, floor_y) for point in found.det]
    axes.plot(xs, ys, color=BLUE, drawstyle="steps-post", linewidth=1.8, label="DET")
    axes.errorbar(
        [max(found.fpir.value, floor_x)], [max(found.fnir.value, floor_y)],
        xerr=_error(found.fpir, floor_x), yerr=_error(found.fnir, floor_y), fmt="o", color=RED, capsize=3,
        label=f"T = {found.threshold.ppm / 1e6:.3f} (95 %)")
    axes.set_xlabel(f"FPIR (n = {found.fpir.of})")
    axes.set_ylabel(f"FNIR (n = {found.fnir.of})")
    axes.set_xlim(floor_x * 0.8, 1)
    axes.set_ylim(floor_y * 0.8, 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(True, which="both", color=GREY, alpha=0.25)
    axes.legend(frameon=False)
    return _files(figure)


def attack_bars(found: Attacks, title: str) -> dict[str, bytes]:
    """APCER of each species and BPCER with their intervals of 95 %; by file ending."""
    bars: list[tuple[str, Share, str]] = [(f"APCER {_short(name)}", one, RED) for name, one in found.apcer.items()]
    if found.bpcer is not None:
        bars.append(("BPCER", found.bpcer, BLUE))
    figure, axes = _figure(title, height_in=1.6 + 0.45 * len(bars))
    places = range(len(bars) - 1, -1, -1)
    axes.barh(list(places), [one.value for _, one, _ in bars], color=[colour for *_, colour in bars], height=0.55)
    for place, (_, one, _) in zip(places, bars, strict=True):
        axes.errorbar([one.value], [place], xerr=_error(one, 0.0), fmt="none", ecolor="black", capsize=3)
        axes.annotate(f"{one.hits}/{one.of}", (1.0, place), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(list(places), [label for label, *_ in bars])
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    axes.grid(True, axis="x", color=GREY, alpha=0.25)
    return _files(figure)


def _figure(title: str, height_in: float = SIZE_IN[1]) -> tuple[Figure, Axes]:
    figure = Figure((SIZE_IN[0], height_in), layout="constrained")
    axes = figure.add_subplot()
    # A name with a dollar sign is no formula.
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _error(one: Share, floor: float) -> list[list[float]]:
    at = max(one.value, floor)
    return [[max(0.0, at - max(one.low, floor))], [max(0.0, one.high - at)]]


def _short(name: str) -> str:
    name = name.replace("$", r"\$")
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _files(figure: Figure) -> dict[str, bytes]:
    """The same figure twice. The SVG keeps its text as text and names no date: equal figures are equal files."""
    settings: Mapping[str, object] = {
        "svg.fonttype": "none", "svg.hashsalt": "zaitang", "font.family": _fonts(font_manager.get_font_names())}
    made: dict[str, bytes] = {}
    with matplotlib.rc_context(dict(settings)):
        for ending, about in ((".svg", {"Date": None}), (".png", {})):
            out = io.BytesIO()
            figure.savefig(out, format=ending[1:], dpi=DPI, metadata=about)
            made[ending] = out.getvalue()
    return made


def _fonts(known: Sequence[str]) -> list[str]:
    """Those of FONTS that are here: where one has no Chinese the next is asked."""
    return [name for name in FONTS if name in known] or ["sans-serif"]
