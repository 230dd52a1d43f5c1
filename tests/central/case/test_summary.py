"""The page of a class: what it says of attendance, inspections and what is to be done equals the records."""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from central.classes.decisions import case_of
from central.classes.stories import tell
from central.web.case import decision as decision_page
from central.web.case.summary import _needs, summary
from central.web.localtime import LocalTime
from central.web.render import Say, environment
from central.wiring import Centre
from evidence.policy import Policy
from evidence.rates import rates
from evidence.times import HOUR
from tests.central.case.test_inspections import GOOD
from tests.central.case_pages import BASE, PRACTICE, belongs, school, shown, supervisor, text
from tests.central.console import send
from tests.central.course import AWAY
from tests.central.test_reviews import CLASS, NOW


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


def test_the_figures_are_those_of_the_records(owned: Centre) -> None:
    with owned.store.read() as tx:
        told = tell(owned.store, tx, CLASS, NOW)
        named = owned.names.open_all(CLASS, tx.sealed_names(CLASS))
    found = rates(told.story, told.as_of.us)
    said = text(supervisor(owned, "li").get(f"{BASE}?lang=en"))
    assert found.present_ppm is not None
    assert f"On average {found.present_ppm / 1e6:.1f} trainees attended, over {found.hours} class-hours" in said
    for one in found.people:
        assert one.ppm is not None
        row = rf"{named[one.person].name} {one.ppm // 10_000}\.{one.ppm // 1000 % 10} % {one.due} {one.attended}"
        assert re.search(row, said), row
    away = next(one for one in found.people if named[one.person].name == AWAY)
    assert (away.due, away.attended, away.missed) == (5, 2, 3)
    order = [match[1] for match in re.finditer(r'id="finding-([RO]\d+)"', supervisor(owned, "li").get(BASE).text)]
    assert order == [one.rule for one in told.findings if re.fullmatch(r"[RO]\d+", one.rule)]


def test_before_the_first_class_hour_is_over_there_is_nothing_to_tell(owned: Centre) -> None:
    with owned.store.read() as tx:
        told = tell(owned.store, tx, CLASS, NOW)
    before = dataclasses.replace(told.as_of, us=min(hour.span.start_us for hour in told.story.hours))
    more = summary(dataclasses.replace(told, as_of=before), {}, LocalTime(480, "en"), owned.papers())
    page = environment().get_template("class_attendance.html").render(
        _=Say("en", owned.store.device), lang="en", more=more)
    assert "No class-hour is over yet." in page and "can anybody tell" not in page


def test_the_head_says_what_needs_whom_and_where(owned: Centre) -> None:
    li, wang, mine = supervisor(owned, "li"), supervisor(owned, "wang"), school(owned)
    page = li.get(f"{BASE}?lang=en")
    needs = text(page).split("What needs somebody now")[1].split("Class-hours and recording")[0]
    assert "A flag: a first person decides. supervisors" in needs and "No inspection is on record" in needs
    assert f'href="{BASE}/decision#decide"' in page.text and f'href="{BASE}/blocks/{PRACTICE}"' in page.text
    said = "No decision holds now: who disagrees with what is found may object already. the institution"
    assert said in needs and f'href="{BASE}/objections#raise">No decision' not in page.text
    assert f'href="{BASE}/objections#raise">No decision' in mine.get(f"{BASE}?lang=en").text
    assert "Your institution may object." in text(mine.get(f"{BASE}/decision?lang=en"))
    assert "may object" not in text(li.get(f"{BASE}/decision?lang=en"))
    send(li, f"{BASE}/inspections", **GOOD)
    basis = shown(wang.get(f"{BASE}/decision"), "findings")
    send(wang, f"{BASE}/decision", stage="first", answer="withdraw", reason="x", findings=basis)
    send(mine, f"{BASE}/objections", source="school", text="名册有误")
    page = mine.get(f"{BASE}?lang=en")
    needs = text(page).split("What needs somebody now")[1].split("Class-hours and recording")[0]
    assert "Objection o-1 waits for its end." in needs and "The second decision waits" in needs
    assert "No inspection is on record" not in needs
    assert f'href="{BASE}/decision#decide"' not in page.text, "a school decides nothing"
    assert "inspections at the place: 1; trainees there on average: 6.0" in text(page)
    assert "孙检查员" in text(page) and "名册有误" in text(page)


def test_only_what_can_be_done_now_is_asked_for(owned: Centre) -> None:
    """Before a class begins nobody inspects it, and nobody knows how its online lessons were kept."""
    with owned.store.read() as tx:
        told = tell(owned.store, tx, CLASS, NOW)
    first_us = min(hour.span.start_us for hour in told.story.hours)

    def needs(as_of_us: int) -> list[str]:
        now = dataclasses.replace(told, as_of=dataclasses.replace(told.as_of, us=as_of_us))
        local = LocalTime(told.order.utc_offset_min, "en")
        return [one.text for one in _needs(case_of(now), local) if one.act == "inspect"]

    assert needs(first_us - 8 * 24 * HOUR) == []
    (soon,) = needs(first_us - HOUR)
    assert soon.startswith("Before it begins") and "O8" in soon and "O10" in soon and "O11" not in soon
    assert len(needs(first_us + HOUR)) == 2 and needs(first_us + HOUR)[0].startswith("No inspection")


def test_a_school_is_told_until_when_it_may_object(owned: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    for who, stage in (("wang", "first"), ("zhao", "second")):
        page = f"{BASE}/decision"
        basis = shown(supervisor(owned, who).get(page), "findings")
        sent = send(supervisor(owned, who), page, stage=stage, answer="withdraw", reason="x", findings=basis)
        assert sent.status_code == 303
    mine = school(owned)
    assert "may object already" not in text(mine.get(f"{BASE}?lang=en")), "decided, and final: the demo has no notice"
    with owned.store.read() as tx:
        told = tell(owned.store, tx, CLASS, NOW)
    monkeypatch.setattr(Policy, "notice_us", 7 * 24 * HOUR)
    case, local = case_of(told), LocalTime(told.order.utc_offset_min, "en")
    assert case.standing.final_us is not None
    until = local.full(case.standing.final_us)
    assert decision_page._notice_ends(case, local) == until
    assert f"A decision that is final from {until} on: whoever disagrees objects before that." in [
        one.text for one in _needs(case, local)]
    monkeypatch.setattr(decision_page, "_notice_ends", lambda *_: until)
    said = text(mine.get(f"{BASE}/decision?lang=en"))
    assert f"Your institution may object until {until}: then the decision is final." in said
