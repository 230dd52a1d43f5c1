"""The letters with which the box draws: Latin ones, and Chinese ones where the machine has them."""
from __future__ import annotations

from pathlib import Path

from matplotlib import font_manager

LATIN = "DejaVu Sans"
CHINESE = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei")
FILES = ("notosanscjk", "notosanssc", "wqy-zenhei", "wqy-microhei", "simhei")


def families() -> list[str]:
    """Font families in the order in which each is asked for a letter; those that are here."""
    known = font_manager.get_font_names()
    return [name for name in (LATIN, *CHINESE) if name in known] or ["sans-serif"]


def has_chinese() -> bool:
    """Whether Chinese letters can be drawn. Fonts that were installed since matplotlib made its list are looked for."""
    if not set(CHINESE) & set(font_manager.get_font_names()):
        for path in font_manager.findSystemFonts():
            if Path(path).name.lower().startswith(FILES):
                font_manager.fontManager.addfont(path)
    return bool(set(CHINESE) & set(font_manager.get_font_names()))
