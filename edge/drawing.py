"""A matplotlib figure as files: the same bytes for the same figure, in fonts that are here, Chinese ones among them."""
from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

CHINESE = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "SimHei")
FONTS = ("DejaVu Sans", *CHINESE)
DPI = 144


def figure_files(figure: Figure, endings: Sequence[str] = (".svg", ".png")) -> dict[str, bytes]:
    """The figure by file ending. The SVG keeps its text as text and names no date: equal figures are equal files."""
    family = fonts(font_manager.get_font_names())
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "zaitang", "font.family": family}
    # A text has the fonts of the moment in which it was made; the ticks are made while the figure is drawn.
    for text in figure.findobj(Text):
        text.set_fontfamily(family)
    about: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".png": {}}
    made: dict[str, bytes] = {}
    with matplotlib.rc_context(settings):
        for ending in endings:
            out = io.BytesIO()
            figure.savefig(out, format=ending[1:], dpi=DPI, metadata=about[ending])
            made[ending] = out.getvalue()
    return made


def fonts(known: Sequence[str]) -> list[str]:
    """Those of FONTS that are here: where one has no Chinese the next is asked."""
    return [name for name in FONTS if name in known] or ["sans-serif"]


def has_chinese(known: Sequence[str] | None = None) -> bool:
    """Whether a font with Chinese is here: without one a PNG would show boxes. `known`: None asks matplotlib."""
    return not set(CHINESE).isdisjoint(font_manager.get_font_names() if known is None else known)
