"""Draws what was measured, as SVG and PNG: the DET curve of a gallery, the bars of a liveness test. No faces, no names.

The measures have the standards' own names in both languages; the names of species are the user's.
"""
from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullFormatter

from common.texts import N_, translate
from edge.acceptance.attacks import Attacks
from edge.acceptance.identify import Identification
from edge.acceptance.shares import Share
from edge.drawing import figure_files, has_chinese

BLUE, RED, GREY = "#1f5f99", "#b3261e", "#8a8f98"
DET = N_("Who is found, and who is taken for somebody else")
CURVE = N_("every threshold")
POINT = N_("threshold {value}, 95 % intervals")
FPIR = N_("FPIR: strangers taken for somebody (n = {n})")
FNIR = N_("FNIR: enrolled people not found (n = {n})")
ATTACKS = N_("APCER: attacks taken for living people. BPCER: living people refused")
SHARE = N_("share that went wrong: further left is better")
MEASURED, INTERVAL, OF = N_("measured"), N_("95 % interval"), N_("{hits} of {n}")
SIZE_IN = (6.0, 4.5)
LONGEST_NAME = 24


def det_curve(found: Identification, title: str, lang: str = "en") -> dict[str, bytes] | None:
    """FNIR against FPIR on logarithmic axes, the operating point with its intervals; by file ending. None where one of
    the two was not measured. A measured 0 has no place on such an axis: it stands on the edge, which says 0."""
    fpir, fnir = found.fpir, found.fnir
    return None if fpir is None or fnir is None else figure_files(_det(found, fpir, fnir, title, _lang(lang)))


def _det(found: Identification, fpir: Share, fnir: Share, title: str, lang: str) -> Figure:
    edges = 0.5 / fpir.of, 0.5 / fnir.of
    figure, axes = _figure(f"{translate(DET, lang)}\n{title}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    xs = [max(point.fpir or 0.0, edges[0]) for point in found.det]
    ys = [max(point.fnir or 0.0, edges[1]) for point in found.det]
    axes.plot(xs, ys, color=BLUE, drawstyle="steps-post", linewidth=1.8, label=translate(CURVE, lang))
    axes.errorbar(
        [max(fpir.value, edges[0])], [max(fnir.value, edges[1])],
        xerr=_error(fpir, edges[0]), yerr=_error(fnir, edges[1]), fmt="o", color=RED, capsize=3,
        clip_on=False, label=translate(POINT, lang, value=f"{found.threshold.ppm / 1e6:.3f}"))
    axes.set_xlabel(translate(FPIR, lang, n=fpir.of))
    axes.set_ylabel(translate(FNIR, lang, n=fnir.of))
    for axis, edge in zip((axes.xaxis, axes.yaxis), edges, strict=True):
        ticks = [edge, *(10.0**power for power in range(-6, 1) if 10.0**power > 1.5 * edge)]
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FixedFormatter(["0", *(f"{tick * 100:g} %" for tick in ticks[1:])]))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlim(edges[0], 1)
    axes.set_ylim(edges[1], 1)
    axes.grid(True, which="both", color=GREY, alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return figure


def attack_bars(found: Attacks, title: str, lang: str = "en") -> dict[str, bytes]:
    """APCER of each species and BPCER: a point at each value, a line over its interval of 95 %; by file ending. A bar
    would have no length at 0, where all is well, and its interval would be read as one."""
    return figure_files(_attacks(found, title, _lang(lang)))


def _attacks(found: Attacks, title: str, lang: str) -> Figure:
    rows: list[tuple[str, Share, str]] = [(f"APCER {_short(name)}", one, RED) for name, one in found.apcer.items()]
    if found.bpcer is not None:
        rows.append(("BPCER", found.bpcer, BLUE))
    figure, axes = _figure(f"{translate(ATTACKS, lang)}\n{title}", height_in=2.4 + 0.45 * len(rows))
    places = range(len(rows) - 1, -1, -1)
    for place, (_, one, colour) in zip(places, rows, strict=True):
        axes.errorbar([one.value], [place], xerr=_error(one, 0.0), fmt="none", ecolor=GREY, elinewidth=2.5, capsize=4)
        axes.plot([one.value], [place], "o", color=colour, markersize=8, clip_on=False, zorder=5)
        axes.annotate(translate(OF, lang, hits=one.hits, n=one.of), (1.0, place), xytext=(6, 0),
                      textcoords="offset points", va="center")
    axes.plot([], [], "o", color="black", label=translate(MEASURED, lang))
    axes.plot([], [], "-", color=GREY, linewidth=2.5, label=translate(INTERVAL, lang))
    axes.set_yticks(list(places), [label for label, *_ in rows])
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel(translate(SHARE, lang))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    axes.grid(True, axis="x", color=GREY, alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def _lang(lang: str) -> str:
    """Chinese where a font here can show it."""
    return lang if lang != "zh" or has_chinese() else "en"


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
