"""Draws a contact sheet on A4 pages, as one PDF or as one PNG for each page."""
from __future__ import annotations

import dataclasses
import functools
import io
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from edge.drawing import fonts, has_chinese
from edge.rollcall.contact import Cell, Page, Section
from edge.rollcall.errors import NoChineseLetters

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 12.0
"""Millimetres of a page."""
FOOT = 8.0
INCH, POINTS = 25.4, 72
DPI = 150
INK, QUIET, LINE, RED = "#1a1a1a", "#5b6068", "#c4c8ce", "#b3261e"
PICTURE = {2: (21.0, 27.0), 1: (23.0, 27.0)}
"""Width and height of a picture where a cell has two or one."""
HEAD, LINE_STEP, ROW_STEP, BLANK_STEP, ABOVE_HEAD = 4.2, 3.3, 2.5, 3.0, 0.7
HEAD_SIZE, LINE_SIZE, BLANK_SIZE = 9.0, 6.5, 7.0
"""Points of the letters of a name, of a line below it, and of what stands in a blank."""
GAP, INSIDE = 1.5, 1.0
"""Millimetres between the texts of two cells, and between a blank's text and its frame."""
MOST_LINES, MOST_BLANK_LINES = 3, 8
"""Lines of one text of a cell; what is longer is cut."""
CHINESE_FILES = ("notosanscjk", "wqy-zenhei", "simhei")
MARK, HEAD_BYTES = "zaitang sheet", 512
"""What a PNG says of itself, and within how many bytes."""


def draw(page: Page, ending: str) -> list[bytes]:
    """The bytes of the files: one PDF for `.pdf`, else a PNG for each page. Raises NoChineseLetters."""
    if any(_chinese(text) for text in _texts(page)) and not (has_chinese() or _found_later()):
        raise NoChineseLetters()
    # Hinted, small letters are wider than `_letter` measures them.
    with matplotlib.rc_context({"font.family": fonts(font_manager.get_font_names()), "text.hinting": "none"}):
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
        yield from (section.heading, section.again, section.note)
        for cell in section.cells:
            yield from (cell.head, cell.mark, *cell.blanks, *cell.lines)


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
            self._lines(f"{self._page.title} · {self._page.subtitle}", 8, QUIET, 4.2)
            self._y += 1.8

    def _header(self) -> None:
        self._lines(self._page.title, 15, INK, 7, bold=True)
        self._lines(self._page.subtitle, 11, INK, 5.5)
        self._y += 1
        for number, text in enumerate(self._page.lines):
            self._lines(text, 8, INK, 4.2, bold=number == 1)
        self._y += 2

    def _section(self, section: Section) -> None:
        width = (WIDTH - 2 * MARGIN) / section.columns
        cells = [_fitted(cell, width - GAP) for cell in section.cells]
        rows = [cells[at : at + section.columns] for at in range(0, len(cells), section.columns)]
        self._room(11 + (_height(rows[0]) if rows else 0))
        self._pages[-1].plot([MARGIN, WIDTH - MARGIN], [self._y, self._y], color=LINE, linewidth=0.8)
        self._y += 1.5
        _text(self._pages[-1], WIDTH - MARGIN, self._y + 0.8, section.note, 7.5, QUIET, "right")
        self._line(section.heading, 11, INK, 7, bold=True)
        for row in rows:
            if self._room(_height(row)):
                self._line(section.again, 11, INK, 7, bold=True)
            for column, one in enumerate(row):
                _cell(self._pages[-1], MARGIN + column * width, self._y, one)
            self._y += _height(row)
        self._y += 2

    def _room(self, height: float) -> bool:
        """Whether a new page was begun for it."""
        full = self._y + height > HEIGHT - MARGIN - FOOT + 6
        if full:
            self._new()
        return full

    def _lines(self, text: str, size: float, colour: str, height: float, bold: bool = False) -> None:
        for part in wrapped(text, WIDTH - 2 * MARGIN, size, bold):
            self._line(part, size, colour, height, bold)

    def _line(self, text: str, size: float, colour: str, height: float, bold: bool = False) -> None:
        _text(self._pages[-1], MARGIN, self._y, text, size, colour, bold=bold)
        self._y += height


@dataclasses.dataclass(frozen=True, eq=False)
class _Fitted:
    """A cell, and its texts in lines that fit."""

    cell: Cell
    head: list[str]
    mark: list[str]
    lines: list[str]
    blanks: list[list[str]]


def _fitted(cell: Cell, width: float) -> _Fitted:
    inside = PICTURE[len(cell.pictures)][0] - 2 * INSIDE
    lines = [line for text in cell.lines for line in _few(wrapped(text, width, LINE_SIZE), MOST_LINES)]
    blanks = [_few(wrapped(text, inside, BLANK_SIZE), MOST_BLANK_LINES) for text in cell.blanks]
    mark = _few(wrapped(cell.mark, width, LINE_SIZE), MOST_LINES)
    return _Fitted(cell, _few(wrapped(cell.head, width, HEAD_SIZE, bold=True), MOST_LINES), mark, lines, blanks)


def _few(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][:-1] + "…"]


def _height(row: Sequence[_Fitted]) -> float:
    """Of a row of cells, with the room below it."""
    return max(PICTURE[len(one.cell.pictures)][1] + ABOVE_HEAD + len(one.head) * HEAD
               + (len(one.mark) + len(one.lines)) * LINE_STEP for one in row) + ROW_STEP


def _cell(axes: Axes, x: float, y: float, one: _Fitted) -> None:
    width, height = PICTURE[len(one.cell.pictures)]
    for number, (picture, blank) in enumerate(zip(one.cell.pictures, one.blanks, strict=True)):
        left = x + number * (width + 1)
        if picture is None:
            axes.add_patch(Rectangle((left, y), width, height, fill=False, edgecolor=LINE, linewidth=0.8))
            top = y + (height - len(blank) * BLANK_STEP) / 2
            for line, part in enumerate(blank):
                _text(axes, left + width / 2, top + BLANK_STEP * line, part, BLANK_SIZE, QUIET, "center")
        else:
            _picture(axes, left, y, width, height, picture)
            if one.mark and number == len(one.cell.pictures) - 1:
                axes.add_patch(Rectangle((left, y), width, height, fill=False, edgecolor=RED, linewidth=1.6, zorder=3))
    below = y + height + ABOVE_HEAD
    for line, text in enumerate(one.head):
        _text(axes, x, below + line * HEAD, text, HEAD_SIZE, INK, bold=True)
    told = [*((text, RED) for text in one.mark), *((text, QUIET) for text in one.lines)]
    for line, (text, colour) in enumerate(told):
        _text(axes, x, below + len(one.head) * HEAD + line * LINE_STEP, text, LINE_SIZE, colour)


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


def wrapped(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines of at most so many mm, broken at spaces where it has any, in Chinese anywhere, and within a
    word only where that alone is too long. `size`: in points."""
    lines, line, used = [], "", 0.0
    for word in _words(text):
        pieces = [word] if _wide(word, size, bold) <= width else list(word)
        for piece in pieces:
            wide = _wide(piece, size, bold)
            if used + _wide(piece.rstrip(), size, bold) > width and line:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line, used = line + piece, used + wide
    return [*lines, line.rstrip()] if line else lines


def _wide(text: str, size: float, bold: bool) -> float:
    """Millimetres that a text takes."""
    family = tuple(matplotlib.rcParams["font.family"])
    return sum(_letter(letter, bold, family) for letter in text) * size / POINTS * INCH


@functools.lru_cache(8192)
def _letter(letter: str, bold: bool, family: tuple[str, ...]) -> float:
    """How far a letter takes a line, in sizes of the type."""
    font = FontProperties(family=list(family), weight="bold" if bold else "normal", size=100)
    # Between two others: the width of a letter alone is that of its ink, and a space has none.
    widths: list[float] = [
        RendererAgg(1, 1, POINTS).get_text_width_height_descent(text, font, False)[0]  # type: ignore[no-untyped-call]
        for text in ("xx", f"x{letter}x")]
    return (widths[1] - widths[0]) / 100


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
