"""The page of objections: an institution objects, a supervisor handles it, the second decision waits meanwhile."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.classes.decisions import look_at
from central.classes.objections import raise_own_objection
from central.wiring import Centre
from evidence.bodies import Hold, Objection
from tests.central.case_pages import BASE, belongs, kept, school, shown, supervisor, text
from tests.central.console import send
from tests.central.test_reviews import CLASS, NOW

pytestmark = pytest.mark.long

PAGE = f"{BASE}/objections"


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


def test_an_objection_stops_the_second_decision_until_it_ends(owned: Centre) -> None:
    wang, zhao, mine = supervisor(owned, "wang"), supervisor(owned, "zhao"), school(owned)
    decision = f"{BASE}/decision"
    first = {"stage": "first", "answer": "withdraw", "reason": "x", "findings": shown(wang.get(decision), "findings")}
    assert send(wang, decision, **first).status_code == 303
    answer = send(mine, PAGE, source="school", text="名册有误：该学员已转班", person="")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#o-1")
    (body,) = kept(owned, "objection")
    assert isinstance(body, Objection) and (body.source, body.person, body.by) == ("school", None, "school")
    page = zhao.get(f"{decision}?lang=en")
    assert "objection o-1 of class welder-1 is open" in text(page) and 'name="findings"' not in page.text
    basis = look_at(owned.store, CLASS, NOW).basis
    second = {"stage": "second", "answer": "withdraw", "reason": "x", "findings": basis}
    assert send(zhao, decision, **second).status_code == 422
    held = text(mine.get(f"{PAGE}?lang=en"))
    assert "It holds the video of the class" in held and "d-1" not in held, "one number for one thing"
    assert send(zhao, f"{PAGE}/o-1", how="answered", text="正在核实").status_code == 303
    assert send(zhao, decision, **second).status_code == 422, "answered is not ended"
    assert send(zhao, f"{PAGE}/o-1", how="rejected", text="名册无误").status_code == 303
    said = text(mine.get(f"{PAGE}?lang=en"))
    for word in ("zhao answers, and it stays open", "正在核实", "zhao rejects it", "名册无误"):
        assert word in said, "no answer is lost"
    assert "It does not hold the video of the class any more." in said
    assert send(zhao, decision, **second).status_code == 409, "the dispute is over: R7 says something else"
    second["findings"] = shown(zhao.get(decision), "findings")
    assert send(zhao, decision, **second).status_code == 303


def test_a_trainee_objects_through_the_school_and_it_may_be_withdrawn(owned: Centre) -> None:
    mine, person = school(owned), look_at(owned.store, CLASS, NOW).told.order.roster[0].person
    assert send(mine, PAGE, source="trainee", person=person, text="当日本人在场").status_code == 303
    assert send(mine, f"{PAGE}/o-1/withdrawal", text="已说明").status_code == 303
    raised, ended = kept(owned, "objection")
    assert isinstance(raised, Objection) and isinstance(ended, Objection)
    assert (raised.person, ended.state, ended.handled_by) == (person, "withdrawn", "school")


def test_a_school_is_offered_no_withdrawal_of_what_a_trainee_raised_alone(owned: Centre) -> None:
    mine, person = school(owned), look_at(owned.store, CLASS, NOW).told.order.roster[0].person
    raise_own_objection(owned.store, CLASS, person, "当日本人在场", NOW)
    assert "/withdrawal" not in mine.get(PAGE).text
    answer = send(mine, f"{PAGE}/o-1/withdrawal?lang=en", text="已说明")
    assert answer.status_code == 422 and "no institution withdraws it" in text(answer)
    assert len(kept(owned, "objection")) == 1


def test_attack_an_objection_that_went_on_is_not_ended_unread(owned: Centre) -> None:
    mine, li, zhao = school(owned), supervisor(owned, "li"), supervisor(owned, "zhao")
    send(mine, PAGE, source="school", text="名册有误")
    old = shown(li.get(PAGE), "records")
    assert send(zhao, f"{PAGE}/o-1", how="answered", text="在查", records=old).status_code == 303
    refused = send(li, f"{PAGE}/o-1?lang=en", how="rejected", text="名册无误", records=old)
    assert refused.status_code == 409 and "read that first" in text(refused) and "名册无误" in refused.text
    assert len(kept(owned, "objection")) == 2
    fresh = shown(refused, "records")
    assert send(li, f"{PAGE}/o-1", how="rejected", text="名册无误", records=fresh).status_code == 303


def test_what_is_no_objection_or_no_answer_is_refused_with_what_was_typed(owned: Centre) -> None:
    mine, li = school(owned), supervisor(owned, "li")
    for fields in ({"source": "school", "text": " "}, {"source": "", "text": "名册有误"},
                   {"source": "trainee", "person": "", "text": "名册有误"},
                   {"source": "trainee", "person": "x", "text": "有误"}):
        answer = send(mine, f"{PAGE}?lang=en", **fields)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
        assert fields["text"].strip() in answer.text
    assert kept(owned, "objection") == []
    assert send(li, PAGE, source="school", text="x").status_code == 403
    assert send(li, f"{PAGE}/o-9", how="rejected", text="x").status_code == 404
    send(mine, PAGE, source="school", text="名册有误")
    for fields in ({"how": "withdrawn", "text": "x"}, {"how": "", "text": "想过"}, {"how": "upheld", "text": ""}):
        answer = send(li, f"{PAGE}/o-1?lang=en", **fields)
        assert answer.status_code == 422 and 'role="alert"' in answer.text and fields["text"] in answer.text
    assert send(mine, f"{PAGE}/o-1", how="rejected", text="x").status_code == 403
    send(li, f"{PAGE}/o-1", how="upheld", text="x")
    assert send(li, f"{PAGE}/o-1", how="rejected", text="x").status_code == 422, "it has ended"
    assert len(kept(owned, "objection")) == 2


def test_a_supervisor_holds_the_video_and_lifts_that_and_a_school_does_not(owned: Centre) -> None:
    wang, mine = supervisor(owned, "wang"), school(owned)
    place = f"{BASE}/holds"
    assert send(mine, place, text="民初 114 号").status_code == 403 and place not in mine.get(PAGE).text
    assert send(wang, place, text=" ").status_code == 422
    answer = send(wang, place, text="民初 114 号")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#h-1")
    assert "placed since" in text(mine.get(f"{PAGE}?lang=en"))
    assert send(wang, f"{place}/h-2", text="x").status_code == 422
    assert send(wang, f"{place}/h-1", text="已判决").status_code == 303
    assert kept(owned, "hold") == [Hold(CLASS, "h-1", "placed", "民初 114 号", "wang"),
                                   Hold(CLASS, "h-1", "lifted", "已判决", "wang")]
    assert "民初 114 号" in text(mine.get(PAGE)) and f"{place}/h-1" not in wang.get(PAGE).text
