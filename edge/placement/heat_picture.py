"""Draws a walk over the picture's area: the median face width in each part of it, and the stops. No picture of anybody.

A cell is filled where faces are wide enough to be identified, and only hatched where they are not.
"""
from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from common.texts import N_, translate
from edge.drawing import figure_files
from edge.placement.report import VERDICT_WORDS
from edge.placement.stops import COLUMNS, ROWS, Stops

GREEN, AMBER = "#1b7f4b", "#8a5a00"
TITLE = N_("faces measured in the room, {pack}: identified from {named} px on")
NUMBER = N_("number: median width of the faces in px")
STOP = N_("stop: filled identifiable, open not")
WIDE_IN = 8.0
FILLED: dict[str, Any] = {"facecolor": GREEN, "alpha": 0.25, "edgecolor": GREEN}
HATCHED: dict[str, Any] = {"facecolor": "white", "edgecolor": AMBER, "hatch": "////"}


def heat_picture(stops: Stops, pack: str, lang: str, ending: str) -> bytes:
    """An SVG or PNG, as `ending` says."""
    width, height = stops.size
    figure = Figure((WIDE_IN, WIDE_IN * min(2.0, height / width) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(translate(TITLE, lang, pack=pack, named=f"{stops.named_px:.0f}"), fontsize=10, parse_math=False)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    axes.set_xticks([index * width / COLUMNS for index in range(COLUMNS + 1)], [""] * (COLUMNS + 1))
    axes.set_yticks([index * height / ROWS for index in range(ROWS + 1)], [""] * (ROWS + 1))
    axes.tick_params(length=0)
    axes.grid(True, color="#d5d8dc", linewidth=0.5, zorder=0)
    side, tall = width / COLUMNS, height / ROWS
    for cell in stops.cells():
        good = cell.face_px >= stops.named_px
        look = FILLED if good else HATCHED
        axes.add_patch(Rectangle((cell.column * side, cell.row * tall), side, tall, linewidth=0.4, zorder=1, **look))
        axes.text((cell.column + 0.04) * side, (cell.row + 0.06) * tall, str(int(cell.face_px)), ha="left", va="top",
                  fontsize=8, zorder=6, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    for stop in stops.stops():
        good = stop.verdict == "identified"
        colour = GREEN if good else AMBER
        axes.plot([stop.x], [stop.y], marker="o" if good else "s", markersize=13, markeredgecolor=colour,
                  markerfacecolor=colour if good else "white", linestyle="none", zorder=7)
        axes.text(stop.x, stop.y, stop.name, ha="center", va="center_baseline", fontsize=7, zorder=8,
                  color="white" if good else colour, parse_math=False)
    figure.legend(handles=_legend(lang), loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure_files(figure, (ending,))[ending]


def _legend(lang: str) -> list[Patch | Line2D]:
    wide, narrow = VERDICT_WORDS["identified"], VERDICT_WORDS["counted"]
    return [
        Patch(**FILLED, label=translate(wide, lang)),
        Patch(**HATCHED, label=translate(narrow, lang)),
        Line2D([], [], marker="o", color=GREEN, linestyle="none", label=translate(STOP, lang)),
        Line2D([], [], linestyle="none", label=translate(NUMBER, lang)),
    ]
