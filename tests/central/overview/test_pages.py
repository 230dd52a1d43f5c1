"""The overview, the search and the charts as pages: both languages, every text escaped, a table beside each chart."""
from __future__ import annotations

import functools
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from central.classes.stories import Stories, Told
from central.overview.name_keys import NameKeys
from central.overview.overview import classes, overview
from central.overview.search import search
from central.store.summaries import Wanted
from central.web.charts import KINDS, LETTERS, coverage, heat_map
from central.web.kept_views import RUNNING_US, KeptViews
from central.web.localtime import LocalTime
from central.web.overview import VERDICTS, Asked, line_view, list_view, overview_view
from central.web.render import environment
from central.web.view import class_view
from central.wiring import Centre
from common.texts import translate
from evidence.times import MINUTE
from tests.central.helpers import MORNING
from tests.central.overview.conftest import City

CHARTS = '{% from "charts.html" import heat, covered %}{{ heat(h, _) }}{{ covered(k, _) }}'


def render(template: str, lang: str, **content: Any) -> str:
    return environment().get_template(template).render(
        _=functools.partial(translate, lang=lang), lang=lang, centre="c", test_keys=False,
        switch={"zh": "?lang=zh", "en": "?lang=en"}, me=None, nav=[], **content)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_overview_shows_what_needs_somebody(city: City, lang: str) -> None:
    order = city.add("welder-1", title="<i>焊工")
    city.teach(city.box(), "welder-1", [one.person for one in order.roster[:2]])
    city.add("welder-2", "box-2")
    city.clock.utc_us = MORNING + 3 * 60 * MINUTE
    city.follow()
    with city.centre.store.read() as tx:
        found = overview(tx, Wanted(), city.centre.store.device, MORNING + 10 * MINUTE)
        page = classes(tx, Wanted(), city.centre.store.device, city.clock.utc_us, most=1)
    words = [(name, translate(said, lang)) for name, said in VERDICTS.items()]
    html = render("overview.html", lang, o=overview_view(found, lang), l=list_view(page, Asked(), lang), verdicts=words)
    assert "&lt;i&gt;焊工" in html and "<i>焊工" not in html and 'style="' not in html
    assert 'rel="next"' in html and "after=" in html and html.count("<h2") == 5
    assert {"zh": "正在上课", "en": "Running now"}[lang] in html
    assert not re.search(r"[一-鿿]", re.sub(r"<[^>]+>|焊工[^<]*|101 教室|在堂|中文", "", html)) or lang == "zh"


def test_the_search_says_who_was_found(city: City) -> None:
    city.add("welder-1")
    city.follow()
    with city.centre.store.read() as tx:
        found = search(tx, Wanted(), "张", "centre", city.clock.utc_us, city.centre.names,
                       NameKeys(city.centre.keys.names_key))
    lines = [line_view(one, LocalTime(480, "zh")) for one in found.classes]
    html = render("search.html", "zh", found=found, lines=lines)
    assert "张伟" in html and '<a href="/classes/welder-1">' in html


@pytest.fixture
def told(played: Centre) -> Told:
    return Stories(played.store, played.clock).tell("welder-1")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chart_says_in_a_letter_and_a_table_what_it_says_in_a_colour(told: Told, lang: str) -> None:
    h, k = heat_map(told, {}, lang), coverage(told, lang)
    html = environment().from_string(CHARTS).render(_=functools.partial(translate, lang=lang), h=h, k=k)
    ElementTree.fromstring(f"<x>{html}</x>")
    assert 'style="' not in html and html.count("<table") == 2
    cells = [cell for row in h.rows for cell in row.cells]
    assert {cell.letter for cell in cells} == {LETTERS[cell.kind] for cell in cells}
    assert {kind for kind, _, _ in h.legend} == {cell.kind for cell in cells} <= KINDS.keys()
    assert len({LETTERS[kind] for kind in KINDS}) == len(KINDS)
    for cell in cells:
        assert cell.words in html and 0 <= cell.x < h.width and 0 <= cell.y < h.height
    assert [bar.share for bar in k.bars] == [hour.covered_us * 100 // hour.span.length_us for hour in told.story.hours]
    assert all(f"<td class=\"num\">{bar.words}</td>" in html for bar in k.bars)


def test_the_chart_counts_as_the_story_does(told: Told) -> None:
    rows = heat_map(told, {}, "en").rows
    shown = {one.person: 0 for one in told.order.roster}
    for block in told.story.blocks:
        for presence in block.presences:
            shown[presence.person] += presence.answer == "shown"
    assert {row.name: row.shown for row in rows} == shown and "missing" in {c.kind for row in rows for c in row.cells}


def test_a_kept_page_is_the_page_that_would_be_made_now(city: City) -> None:
    """At any moment; but while a class-hour runs it may be of up to RUNNING_US ago, and says so."""
    order = city.add("welder-1")
    city.teach(city.box(), "welder-1", [one.person for one in order.roster[:2]])
    stories, views = Stories(city.centre.store, city.clock), KeptViews()
    names: dict[str, str] = {}
    for minutes in (-90, -89, 0, 1, 44, 45, 50, 60, 101, 102, 200, 330, 340, 400, 500, 5000):
        city.clock.utc_us = MORNING + minutes * MINUTE
        told = stories.tell("welder-1")
        assert views.of(told, names, "zh", city.centre.objects.has) == class_view(
            told, names, "zh", city.centre.objects.has)
    city.clock.utc_us = MORNING + MINUTE
    first = views.of(stories.tell("welder-1"), names, "zh", city.centre.objects.has)
    city.clock.utc_us += RUNNING_US
    assert views.of(stories.tell("welder-1"), names, "zh", city.centre.objects.has) == first
    renamed = {one.person: "张" for one in order.roster}
    assert views.of(stories.tell("welder-1"), renamed, "zh", city.centre.objects.has) != first
