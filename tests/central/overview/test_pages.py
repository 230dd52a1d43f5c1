"""The overview, the search and the charts as pages: both languages, every text escaped, a table beside each chart."""
from __future__ import annotations

import functools
import re
import threading
from html import unescape as html_text
from xml.etree import ElementTree

import pytest

from central.accounts.people import Actor
from central.accounts.scope import scope_of, sees_class
from central.classes.decisions import Stage, decide, look_at
from central.classes.objections import handle_objection, raise_objection
from central.classes.reviews import state_review
from central.classes.stories import Stories, Told
from central.ingest.collector import Message
from central.overview import glance
from central.overview.name_keys import NameKeys
from central.overview.overview import classes
from central.web import front
from central.web.charts import KINDS, LETTERS, coverage, heat_map
from central.web.front import wanted_of
from central.web.localtime import LocalTime
from central.web.matrix import PersonRow, people_rows
from central.web.render import environment
from central.wiring import Centre
from common.texts import translate
from evidence.bodies import Alarm, CentreLook, body_of
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.standing import r3_of
from evidence.times import MINUTE
from tests.central.console import signed_in
from tests.central.helpers import MORNING
from tests.central.overview.conftest import BELONGS, City
from tests.central.test_reviews import CLASS, FIRST, NOW, PRACTICE

CHARTS = '{% from "charts.html" import heat, covered %}{{ heat(h, _) }}{{ covered(k, _) }}'


def plain(html: str) -> str:
    """What is left of a page without markup and without what people wrote."""
    return re.sub(r"<[^>]+>|焊工[^<]*|101 教室|在堂[^<]*|中文|张伟|王[^<]*|李[^<]*", "", html)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_overview_shows_what_needs_somebody(city: City, lang: str) -> None:
    order = city.add("welder-1", title="<i>焊工")
    city.teach(city.box(), "welder-1", [one.person for one in order.roster[:2]])
    city.add("welder-2", "box-2")
    city.clock.utc_us = MORNING + 10 * MINUTE
    client = signed_in(city.centre, "supervisor", "410000")
    html = client.get(f"/?lang={lang}").text
    assert "&lt;i&gt;焊工" in html and "<i>焊工" not in html and 'style="' not in html and html.count("<h2") == 5
    assert html.count("/classes/welder-1") >= 2 and "school-b" in html
    assert {"zh": "正在上课", "en": "Running now"}[lang] in html
    assert not re.search(r"[一-鿿]", plain(html)) or lang == "zh"
    filtered = client.get("/?institution=school-b&region=411281&sort=title&descending=0").text
    assert "/classes/welder-2" in filtered.partition('id="classes"')[2]
    assert "/classes/welder-1" not in filtered.partition('id="classes"')[2]
    for wrong in ("region=4112", "since=2026-02-30", "after=x"):
        answer = client.get(f"/?{wrong}&lang={lang}")
        assert answer.status_code == 422 and 'role="alert"' in answer.text and "/classes/welder-1" in answer.text


@pytest.mark.parametrize(("lang", "sentence"), [
    ("zh", "R3 已计入的录像，其学时在本表中仍可能“无法确定”"),
    ("en", "may be undecided here although R3 counts its recording")])
def test_where_a_rate_is_open_the_page_says_why_it_may_differ_from_r3(city: City, lang: str, sentence: str) -> None:
    order = city.add("welder-1")
    city.clock.utc_us = MORNING - MINUTE
    before = signed_in(city.centre, "supervisor", "410000").get(f"/classes/welder-1?lang={lang}").text
    assert 'id="rates"' in before and sentence not in before
    city.teach(city.box(), "welder-1", [one.person for one in order.roster[:2]])
    city.clock.utc_us = MORNING + 100 * 60 * MINUTE
    after = signed_in(city.centre, "supervisor", "410000", "later").get(f"/classes/welder-1?lang={lang}").text
    assert sentence in after


def test_pages_of_the_list_follow_each_other(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "classes", functools.partial(classes, most=1))
    city.add("welder-1")
    city.add("welder-2", "box-2")
    client, path, seen = signed_in(city.centre), "/?sort=class&descending=0", []
    while path:
        part = client.get(path).text.partition('id="classes"')[2]
        seen += re.findall(r'<a href="/classes/([^"]+)"><b>', part)
        found = re.search(r'rel="next" href="([^"#]+)', part)
        path = "/" + html_text(found[1]) if found else ""
    assert seen == ["welder-1", "welder-2"]


def test_an_empty_centre_says_what_comes_next(centre: Centre) -> None:
    page = signed_in(centre).get("/?lang=en").text
    assert "No class within your reach" in page and "zaitang-central" not in page and "No flag waits" not in page
    for path in ("/", "/boxes"):
        shown = signed_in(centre).get(f"{path}?lang=en").text
        assert "No box is connected yet" in shown and "docs/first-boot.md" in shown and 'href="/boxes/new"' in shown
        assert "docs/first-boot.zh-CN.md" in signed_in(centre).get(f"{path}?lang=zh").text
    auditor = signed_in(centre, "auditor", "410000")
    assert "No box is known yet" in auditor.get("/boxes?lang=en").text
    assert "/boxes/new" not in auditor.get("/?lang=en").text


def test_a_worker_that_stumbles_takes_no_page_with_it(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise KeyError("nobody foresaw this")

    city.add("welder-1")
    city.follow()
    monkeypatch.setattr(glance.Worker, "catch_up", stumble)
    for path in ("/", "/boxes", "/search?q=welder"):
        assert signed_in(city.centre).get(path).status_code == 200


def test_a_search_for_people_is_on_record_and_only_of_who_may(city: City) -> None:
    order = city.add("welder-1")
    person = order.roster[0].person
    city.add("cook-1", "box-3")
    school, admin = signed_in(city.centre, "institution", "school-a"), signed_in(city.centre)
    page = school.get("/search?q=张").text
    assert page.count("张伟") == 1 and '<a href="/classes/welder-1">' in page and "cook-1" not in page
    assert "welder-1" in school.get(f"/search?q={person}").text
    assert "张伟" not in admin.get("/search?q=张").text and "cook-1" in admin.get("/search?q=cook").text
    assert admin.get("/search?q= ", follow_redirects=False).status_code == 303
    with city.centre.store.read() as tx:
        looks = [body_of(one.record) for one in tx.of_type("look.centre")]
    asked = NameKeys(city.centre.keys.names_key).asked
    assert [(one.account, one.what, one.why) for one in looks if isinstance(one, CentreLook)] == [
        ("institution-school-a", "names", asked("张")), ("institution-school-a", "names", person)]


def test_no_name_that_somebody_searched_for_is_in_a_record(city: City) -> None:
    """Records are public, below /log, and for ever."""
    city.add("welder-1")
    school = signed_in(city.centre, "institution", "school-a")
    for text in ("张伟", "王芳", " 张 伟", "张伟"):
        assert school.get("/search", params={"q": text}).status_code == 200
    with city.centre.store.read() as tx:
        found = tx.of_type("look.centre")
    whys = [body.why for one in found if isinstance(body := body_of(one.record), CentreLook)]
    assert len(whys) == 2 and len({*whys}) == 2, "each name once within the hour"
    assert not any(name in one.payload.decode() for one in found for name in ("张", "伟", "王芳"))


def test_newest_records_of_boxes_are_links_for_who_may_see_them(city: City) -> None:
    order = city.add("welder-1")
    box = city.box()
    city.teach(box, "welder-1", [one.person for one in order.roster[:2]])
    city.box("box-2")
    href = f'href="/records/box-1/{box.chain}/{box.sealed[-1].record.seq}"'
    for role, scope, links, two in (("administrator", None, True, True), ("institution", "school-a", True, False),
                                    ("institution", "school-b", False, False)):
        page = signed_in(city.centre, role, scope).get("/boxes").text
        assert (href in page, "box-2" in page) == (links, two), (role, scope)


@pytest.mark.parametrize(("role", "scope"), [
    ("administrator", None), ("supervisor", "410000"), ("supervisor", "411200"), ("supervisor", "420000"),
    ("auditor", "411281"), ("institution", "school-a"), ("institution", "x0000"), ("institution", "gone")])
def test_the_list_holds_what_the_scope_holds(city: City, role: str, scope: str | None) -> None:
    for number, class_id in enumerate((*BELONGS, "nobodys")):
        city.add(class_id, f"box-{number}")
    city.follow()
    actor = Actor("a", role, scope, "")  # type: ignore[arg-type]
    with city.centre.store.read() as tx:
        whose = scope_of(tx, actor)
        held = {one for one in (*BELONGS, "nobodys") if sees_class(tx, actor, one)}
        assert set(tx.class_ids(wanted_of(whose))) == held
    city.centre.account_desk().put_institution("school-a", "moved", "420101", None)
    city.follow()
    with city.centre.store.read() as tx:
        held = {one for one in (*BELONGS, "nobodys") if sees_class(tx, actor, one)}
        assert set(tx.class_ids(wanted_of(scope_of(tx, actor)))) == held
        moved = tx.summary("welder-1")
    assert moved is not None and moved.region == "420101"


def test_what_takes_long_is_said_to_be_judged(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.add("welder-1")
    city.follow()
    box = city.box()
    box.append(Alarm("camera.silent", {"camera": "room"}), MORNING)
    go_on, real = threading.Event(), Stories.tell

    def slow(self: Stories, class_id: str) -> Told:
        assert go_on.wait(60)
        return real(self, class_id)

    monkeypatch.setattr(Stories, "tell", slow)
    monkeypatch.setattr(glance, "WAIT_S", 0.0)
    city.send(box)
    client = signed_in(city.centre)
    assert "stale" in client.get("/").text
    go_on.set()
    monkeypatch.setattr(glance, "WAIT_S", 60.0)
    assert "stale" not in client.get("/").text


def section(page: str, name: str) -> str:
    return page.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]


def test_an_objection_stands_under_what_needs_somebody_until_its_end(played: Centre) -> None:
    """Whatever was decided, and where no flag is left, too."""
    client = signed_in(played, "supervisor", "410000")
    waits = "an objection waits for an answer"
    assert waits not in client.get("/?lang=en").text
    decide_twice(played)
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    for lang, says in (("en", waits), ("zh", "异议待答复")):
        assert says in section(client.get(f"/?lang={lang}").text, "flags")
    for block in (FIRST, PRACTICE):
        state_review(played.store, CLASS, block, "complete", "看过", "王", NOW)
    page = client.get("/?lang=en").text
    assert waits in section(page, "flags") and '<span class="chip flag">' not in section(page, "flags")
    assert "/classes/welder-1" in client.get("/?waiting=1").text.partition('id="classes"')[2]
    handle_objection(played.store, CLASS, "o-1", "answered", "再看", "li")
    assert waits in section(client.get("/?lang=en").text, "flags"), "an answer does not end it"
    handle_objection(played.store, CLASS, "o-1", "rejected", "名册无误", "li")
    assert waits not in (page := client.get("/?lang=en").text) and "/classes/welder-1" not in section(page, "flags")
    assert "/classes/welder-1" not in client.get("/?waiting=1").text.partition('id="classes"')[2]


def test_a_decision_that_fell_is_told_where_no_flag_is_left(played: Centre) -> None:
    client = signed_in(played, "supervisor", "410000")
    decide_twice(played)
    assert "Decisions that do not hold any more" not in client.get("/?lang=en").text
    state_review(played.store, CLASS, PRACTICE, "complete", "看过", "王", NOW)
    page = client.get("/?lang=en").text
    assert "two persons had decided, and it does not hold any more" in section(page, "fallen")
    assert "/classes/welder-1" not in section(page, "flags")
    assert "两人原已作出决定，现已失效" in section(client.get("/?lang=zh").text, "fallen")
    assert "/classes/welder-1" in client.get("/?fallen=1").text.partition('id="classes"')[2]
    state_review(played.store, CLASS, PRACTICE, "missing", "又看", "王", NOW)
    page = client.get("/?lang=en").text
    assert "two persons have decided: the consequence of the clause" in page
    assert not section(page, "fallen"), "it holds again"


def test_one_persons_decision_that_is_stale_is_none_that_fell(played: Centre) -> None:
    decide_once(played, "first", "wang")
    state_review(played.store, CLASS, PRACTICE, "complete", "看过", "王", NOW)
    page = signed_in(played).get("/?lang=en").text
    assert "decided on what is not so any more" in page and not section(page, "fallen")


def decide_twice(centre: Centre) -> None:
    decide_once(centre, "first", "wang")
    decide_once(centre, "second", "zhao")


def decide_once(centre: Centre, stage: Stage, by: str) -> None:
    shown = look_at(centre.store, CLASS, NOW).findings
    decide(centre.store, CLASS, stage, "withdraw", "未显示全员", by, by, shown, NOW)


@pytest.fixture
def told(played: Centre) -> Told:
    return Stories(played.store, played.clock).tell("welder-1")


def rows_of(told: Told, lang: str) -> list[PersonRow]:
    return people_rows(told, {}, r3_of(told.findings), LocalTime(told.order.utc_offset_min, lang))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chart_says_in_a_letter_and_a_table_what_it_says_in_a_colour(told: Told, lang: str) -> None:
    h, k = heat_map(told, rows_of(told, lang), lang), coverage(told, lang)
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
    rows = heat_map(told, rows_of(told, "en"), "en").rows
    shown = {one.person: 0 for one in told.order.roster}
    for block in told.story.blocks:
        for presence in block.presences:
            shown[presence.person] += presence.answer == "shown"
    assert {row.name: row.shown for row in rows} == shown and "missing" in {c.kind for row in rows for c in row.cells}


def test_the_page_of_boxes_and_the_overview_say_the_same_of_a_box(city: City) -> None:
    order = city.add("welder-1")
    box = city.box()
    city.teach(box, "welder-1", [one.person for one in order.roster[:2]])
    beat = heartbeat_of(box.sealed[-1], city.clock.stamp(), 0, {"recordings": 1 << 30})
    city.centre.collector().take([Message(box.device, seal_heartbeat(beat, box.signer), "heartbeats")])
    client = signed_in(city.centre)
    for path in ("/", "/boxes"):
        assert "空间将满：剩余 1.0 GB" in client.get(path).text, path


def test_a_class_that_needs_somebody_names_its_institution(city: City) -> None:
    city.add("welder-1")
    city.centre.account_desk().put_institution("school-a", "三门峡职业培训学校", "411202", None)
    client = signed_in(city.centre, "supervisor", "411200")
    for path in ("/", "/search?q=welder"):
        page = client.get(path).text.partition('<ul class="listing">')[2]
        assert "三门峡职业培训学校" in page and "school-a" not in page, path
