"""Draws a contact sheet on A4 pages, as one PDF or as one PNG for each page."""
from __future__ import annotations

import io
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from edge.drawing import fonts, has_chinese
from edge.rollcall.contact import Cell, Page, Section
from edge.rollcall.errors import NoChineseLetters

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 12.0
"""Millimetres of a page."""
FOOT = 8.0
INCH = 25.4
DPI = 150
INK, QUIET, LINE, RED = "#1a1a1a", "#5b6068", "#c4c8ce", "#b3261e"
PICTURE = {2: (21.0, 27.0), 1: (23.0, 27.0)}
"""Width and height of a picture where a cell has two or one."""
HEAD, LINE_STEP, ROW_STEP = 4.8, 3.3, 2.5
CHINESE_FILES = ("notosanscjk", "wqy-zenhei", "simhei")
MARK, HEAD_BYTES = "zaitang sheet", 512
"""What a PNG says of itself, and within how many bytes."""
HEADER_COLUMNS = 104
"""Columns of a line at the top; a Chinese letter takes two."""


def draw(page: Page, ending: str) -> list[bytes]:
    """The bytes of the files: one PDF for `.pdf`, else a PNG for each page. Raises NoChineseLetters."""
    if any(_chinese(text) for text in _texts(page)) and not (has_chinese() or _found_later()):
        raise NoChineseLetters()
    with matplotlib.rc_context({"font.family": fonts(font_manager.get_font_names())}):
        figures = _Paper(page).figures()
        if ending == ".pdf":
            out = io.BytesIO()
            with PdfPages(out, metadata={"Title": page.title, "Creator": "zaitang", "CreationDate": None}) as pdf:
                for figure in figures:
                    pdf.savefig(figure, dpi=DPI)
            return [out.getvalue()]
        return [_png(figure) for figure in figures]


def _found_later() -> bool:
    """Whether there are Chinese letters that were installed since matplotlib made its list."""
    for path in font_manager.findSystemFonts():
        if Path(path).name.lower().startswith(CHINESE_FILES):
            font_manager.fontManager.addfont(path)
    return has_chinese()


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Creator": MARK})
    return out.getvalue()


def is_page(path: Path) -> bool:
    """Whether a file is a PNG that `draw` made. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return head.startswith(b"\x89PNG") and b"tEXtCreator\0" + MARK.encode() in head


def _texts(page: Page) -> Iterator[str]:
    yield from (page.title, page.subtitle, page.foot, *page.lines)
    for section in page.sections:
        yield from (section.heading, section.note)
        for cell in section.cells:
            yield from (cell.head, *cell.blanks, *cell.lines)


def _chinese(text: str) -> bool:
    return any(unicodedata.east_asian_width(letter) in "WF" for letter in text)


class _Paper:
    """Puts one thing below the other, and begins a new page where one is full. Lengths in mm from the top left."""

    def __init__(self, page: Page) -> None:
        self._page, self._pages = page, list[Axes]()
        self._y = 0.0
        self._new()
        self._header()
        for section in page.sections:
            self._section(section)

    def figures(self) -> list[Figure]:
        """The pages, with their feet."""
        count = len(self._pages)
        found = []
        for number, axes in enumerate(self._pages, 1):
            below = HEIGHT - MARGIN + 1
            _text(axes, MARGIN, below, self._page.foot, 7.5, RED)
            _text(axes, WIDTH - MARGIN, below, self._page.page.format(number=number, count=count), 7.5, QUIET, "right")
            # Every picture set the limits to its own.
            axes.set_xlim(0, WIDTH)
            axes.set_ylim(HEIGHT, 0)
            assert isinstance(axes.figure, Figure)
            found.append(axes.figure)
        return found

    def _new(self) -> None:
        figure = Figure((WIDTH / INCH, HEIGHT / INCH))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        self._pages.append(axes)
        self._y = MARGIN
        if len(self._pages) > 1:
            self._line(f"{self._page.title} · {self._page.subtitle}", 8, QUIET, 6)

    def _header(self) -> None:
        self._line(self._page.title, 15, INK, 8, bold=True)
        self._line(self._page.subtitle, 11, INK, 6.5)
        for number, text in enumerate(self._page.lines):
            for part in _wrapped(text):
                self._line(part, 8, INK, 4.2, bold=number == 1)
        self._y += 2

    def _section(self, section: Section) -> None:
        rows = [section.cells[at : at + section.columns] for at in range(0, len(section.cells), section.columns)]
        self._room(11 + _height(rows[0]))
        self._pages[-1].plot([MARGIN, WIDTH - MARGIN], [self._y, self._y], color=LINE, linewidth=0.8)
        self._y += 1.5
        _text(self._pages[-1], WIDTH - MARGIN, self._y + 0.8, section.note, 7.5, QUIET, "right")
        self._line(section.heading, 11, INK, 7, bold=True)
        width = (WIDTH - 2 * MARGIN) / section.columns
        for row in rows:
            self._room(_height(row))
            for column, cell in enumerate(row):
                _cell(self._pages[-1], MARGIN + column * width, self._y, cell)
            self._y += _height(row)
        self._y += 2

    def _room(self, height: float) -> None:
        if self._y + height > HEIGHT - MARGIN - FOOT + 6:
            self._new()

    def _line(self, text: str, size: float, colour: str, height: float, bold: bool = False) -> None:
        _text(self._pages[-1], MARGIN, self._y, text, size, colour, bold=bold)
        self._y += height


def _height(row: Sequence[Cell]) -> float:
    """Of a row of cells, with the room below it."""
    return max(PICTURE[len(cell.pictures)][1] + HEAD + len(cell.lines) * LINE_STEP for cell in row) + ROW_STEP


def _cell(axes: Axes, x: float, y: float, cell: Cell) -> None:
    width, height = PICTURE[len(cell.pictures)]
    for number, (picture, blank) in enumerate(zip(cell.pictures, cell.blanks, strict=True)):
        left = x + number * (width + 1)
        if picture is None:
            axes.add_patch(Rectangle((left, y), width, height, fill=False, edgecolor=LINE, linewidth=0.8))
            for line, part in enumerate(textwrap.wrap(blank, 14) or [""]):
                _text(axes, left + width / 2, y + height / 2 - 2 + 3.6 * line, part, 7.5, QUIET, "center")
        else:
            _picture(axes, left, y, width, height, picture)
    _text(axes, x, y + height + 0.8, cell.head, 9, INK, bold=True)
    for line, text in enumerate(cell.lines):
        _text(axes, x, y + height + HEAD + line * LINE_STEP, text, 6.5, QUIET)


def _picture(axes: Axes, x: float, y: float, width: float, height: float, bgr: np.ndarray) -> None:
    """As large as fits, in its own shape."""
    scale = min(width / bgr.shape[1], height / bgr.shape[0])
    wide, high = bgr.shape[1] * scale, bgr.shape[0] * scale
    left, top = x + (width - wide) / 2, y + (height - high) / 2
    axes.imshow(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), extent=(left, left + wide, top + high, top), aspect="auto",
                interpolation="lanczos")


def _text(
    axes: Axes, x: float, y: float, text: str, size: float, colour: str, align: str = "left", bold: bool = False,
) -> None:
    # A name with a dollar sign is no formula.
    axes.text(x, y, text, fontsize=size, color=colour, ha=align, va="top", parse_math=False,
              fontweight="bold" if bold else "normal")


def _wrapped(text: str) -> list[str]:
    """The text in lines of at most `HEADER_COLUMNS`, broken at spaces where it has any, in Chinese anywhere."""
    lines, line, used = [], "", 0
    for word in _words(text):
        columns = sum(2 if _chinese(letter) else 1 for letter in word)
        if used + columns > HEADER_COLUMNS and line:
            lines.append(line.rstrip())
            line, used, word = "", 0, word.lstrip()
        line, used = line + word, used + columns
    return [*lines, line] if line else lines


def _words(text: str) -> Iterator[str]:
    """Pieces that stay together: words with the space behind them, Chinese letters one by one."""
    word = ""
    for letter in text:
        if _chinese(letter):
            yield from ([word] if word else [])
            yield letter
            word = ""
        elif letter == " ":
            yield word + letter
            word = ""
        else:
            word += letter
    if word:
        yield word
