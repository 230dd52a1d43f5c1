"""Pages of a contact sheet: nothing beyond the paper, several pages for a large class, Chinese letters or why not."""
from __future__ import annotations

import dataclasses
import io
import re

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from edge.drawing import fonts
from edge.rollcall import draw as drawing
from edge.rollcall.contact import Cell, Page, Section
from edge.rollcall.draw import DPI, HEIGHT, INCH, MARGIN, RED, WIDTH, _Paper, draw, wrapped
from edge.rollcall.errors import NoChineseLetters

FAMILY = fonts(font_manager.get_font_names())
GREEN = (40, 160, 70)


def page_of(pairs: int, faces: int, name: str = "王秀英") -> Page:
    """A sheet with so many people and faces, each with green pictures."""
    picture = np.full((160, 120, 3), GREEN[::-1], np.uint8)
    pair = Cell((picture, None), ("", "absent"), name, ("p-0123456789ab", "did not check in", "line 3"))
    face = Cell((picture,), ("",), "09:00:00", ("like somebody", "40 px"))
    sections = (Section("People", "People again", "a note", (pair,) * pairs, 4),
                Section("Faces", "Faces again", "", (face,) * faces, 7))
    return Page("A title $x", "焊工初级 (weld-1)", ("one", "two " * 60, "证据" * 80),
                tuple(one for one in sections if one.cells), "the foot", "{number} / {count}")


def figures(page: Page) -> list[Figure]:
    return _Paper(page).figures()


def test_eighty_people_take_a_few_pages_and_nothing_leaves_the_paper() -> None:
    with matplotlib.rc_context({"font.family": FAMILY}):
        made = figures(page_of(80, 14))
        assert len(made) == 5
        words = []
        for figure in made:
            renderer = FigureCanvasAgg(figure).get_renderer()
            (axes,) = figure.axes
            assert (axes.get_xlim(), axes.get_ylim()) == ((0, WIDTH), (HEIGHT, 0))
            for text in axes.texts:
                words.append(text.get_text())
                box = text.get_window_extent(renderer).transformed(axes.transData.inverted())
                assert box.x0 >= MARGIN - 1 and box.x1 <= WIDTH - MARGIN + 1, text.get_text()
                assert min(box.y0, box.y1) >= MARGIN - 2 and max(box.y0, box.y1) <= HEIGHT - 3, text.get_text()
            for image in axes.images:
                left, right, bottom, top = image.get_extent()
                assert MARGIN <= left < right <= WIDTH - MARGIN and MARGIN <= top < bottom <= HEIGHT - MARGIN
        assert words.count("王秀英") == 80 and words.count("09:00:00") == 14
        assert [f"{number} / 5" in words for number in range(1, 6)] == [True] * 5
        assert (words.count("People"), words.count("People again"), words.count("Faces")) == (1, 4, 1)


LONG = ("阿卜杜热西提·买买提江·吐尔逊", "Alexandria Montgomery-Featherstonehaugh", "W" * 90)


@pytest.mark.parametrize("name", LONG)
def test_long_texts_take_several_lines_and_none_reaches_the_next_cell(name: str) -> None:
    blank = "not identifiable: faces too small, never from the front, too dark, protective gear, in two rooms at once"
    pair = Cell((None, None), ("no photo", blank), name, ("p-0123456789ab", "nearest 0.390 of 0.400, 09:00:03 " * 2),
                "does not count: named 09:00:02 (0.520) " * 2)
    face = Cell((None,), ("no picture",), "09:00:00", (f"like {name} 0.390", "too small to compare"))
    page = Page("A title", f"{name} " * 6, (), (Section("People", "", "", (pair,) * 4, 4),
                                               Section("Faces", "", "", (face,) * 7, 7)), "the foot", "{number}")
    with matplotlib.rc_context({"font.family": FAMILY}):
        (figure,) = figures(page)
        renderer = FigureCanvasAgg(figure).get_renderer()
        (axes,) = figure.axes
        boxes = [(text.get_text(), text.get_window_extent(renderer).transformed(axes.transData.inverted()))
                 for text in axes.texts if text.get_text()]
    assert max(box.x1 for _, box in boxes) <= WIDTH - MARGIN + 1
    for at, (text, box) in enumerate(boxes):
        for other, its in boxes[at + 1 :]:
            over = min(box.x1, its.x1) - max(box.x0, its.x0)
            down = min(max(box.y0, box.y1), max(its.y0, its.y1)) - max(min(box.y0, box.y1), min(its.y0, its.y1))
            assert over <= 0.3 or down <= 0.6, (text, other)
    if len(name) < 50:
        words = "".join(text for text, _ in boxes).replace(" ", "")
        assert words.count(name.replace(" ", "")) >= 4 + 7, "the whole name stands there"


@given(text=st.text("aé王（ 𠮷…W", max_size=60), width=st.integers(8, 60))
def test_wrapped_lines_fit_and_hold_every_letter(text: str, width: int) -> None:
    with matplotlib.rc_context({"font.family": FAMILY}):
        lines = wrapped(text, width, 9)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(drawing._wide(line, 9, False) <= width + 1e-6 for line in lines)


def test_a_png_is_a_page_of_a4_and_shows_the_picture() -> None:
    (data,) = draw(page_of(1, 1), ".png")
    image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert image.shape[1] == pytest.approx(WIDTH / INCH * DPI, abs=2)
    assert image.shape[0] == pytest.approx(HEIGHT / INCH * DPI, abs=2)
    green = (np.abs(image - GREEN).max(axis=2) < 12).sum()
    area = (20.25 * 27 + 20.25 * 27) * (DPI / INCH) ** 2
    assert green == pytest.approx(area, rel=0.05)


def test_a_picture_that_does_not_count_is_framed_in_red_and_says_so() -> None:
    page = page_of(1, 1)
    marked = [dataclasses.replace(one, cells=tuple(dataclasses.replace(
        cell, pictures=(*cell.pictures[:-1], cell.pictures[0]), mark="does not count") for cell in one.cells))
        for one in page.sections]
    with matplotlib.rc_context({"font.family": FAMILY}):
        for sections, times in ((page.sections, 0), (tuple(marked), 2)):
            (figure,) = figures(dataclasses.replace(page, sections=sections))
            (axes,) = figure.axes
            frames = [one for one in axes.patches if to_hex(one.get_edgecolor()) == RED]
            words = [one for one in axes.texts if one.get_text() == "does not count" and one.get_color() == RED]
            assert [len(frames), len(words)] == [times, times]


def test_a_pdf_has_every_page_and_no_date() -> None:
    made = [draw(page_of(30, 0), ".pdf") for _ in range(2)]
    assert made[0] == made[1] and len(made[0]) == 1
    assert made[0][0].startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b", made[0][0])) == 2


def test_a_machine_without_chinese_letters_says_so_and_needs_none_for_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "has_chinese", lambda: False)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(NoChineseLetters, match="fonts-noto-cjk"):
        draw(page_of(1, 0), ".png")
    plain = Page("Title", "weld-1", ("one",), (), "foot", "{number} / {count}")
    assert len(draw(plain, ".png")) == 1


def test_letters_that_were_installed_later_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[str] = []
    monkeypatch.setattr(drawing, "has_chinese", lambda: bool(added))
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: ["/f/NotoSansCJK-Regular.ttc", "/f/Other.ttf"])
    monkeypatch.setattr(font_manager.fontManager, "addfont", added.append)
    for _ in range(2):
        assert len(draw(page_of(1, 0), ".png")) == 1
    assert added == ["/f/NotoSansCJK-Regular.ttc"]
