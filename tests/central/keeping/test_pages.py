"""The pages of keeping and of erasing a face: who sees what, and what a form comes to."""
from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from central.classes.holds import lift_hold, place_hold
from central.keeping.apply import Remover
from central.keeping.arithmetic import Share, reckon
from central.keeping.asking import order_due
from central.keeping.erasing import erasures
from central.keeping.plan import KeepPlan
from evidence.bodies import OrderAccepted
from evidence.times import MINUTE, utc_us
from tests.central.case_pages import text
from tests.central.console import become, send, session_of, signed_in
from tests.central.keeping.conftest import CLASS, DAY, Keeping

SHARE = Share(100, 300, 1, 3, 2, utc_us("2029-12-31T18:00:00.000000Z"), 480)


def test_the_page_tells_until_when_and_why_and_what_may_go(keeping: Keeping) -> None:
    admin = signed_in(keeping.centre)
    said = text(admin.get("/keeping?lang=en"))
    assert "焊工（初级）第 1 期" in said and "Mar 2, 2029" in said and "Nothing may go now." in said
    assert "No box and no witness has said what time it is" in said
    assert "Nothing is removed unless somebody gives the command." in said
    place_hold(keeping.centre.store, CLASS, "case 114")
    keeping.over()
    become(admin, session_of(keeping.centre))
    said = text(admin.get("/keeping?lang=en"))
    assert "held: the centre placed a hold" in said and "Nothing may go now." in said
    assert "录像保存" in text(admin.get("/keeping?lang=zh"))


def test_a_plan_of_ten_minutes_ago_is_made_anew(keeping: Keeping) -> None:
    keeping.over()
    admin = signed_in(keeping.centre)
    assert "3 files" in text(admin.get("/keeping?lang=en"))
    place_hold(keeping.centre.store, CLASS, "case 114")
    assert "it had to be kept until" in text(admin.get("/keeping?lang=en")), "it is told again for a while"
    keeping.clock.utc_us += 11 * MINUTE
    assert "Nothing may go now." in text(admin.get("/keeping?lang=en"))


def test_while_a_plan_is_made_nobody_waits_for_long(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a few who look again and again keep the console from everybody."""
    going, go_on = threading.Event(), threading.Event()

    def slow(self: Remover) -> KeepPlan:
        going.set()
        assert go_on.wait(60)
        return plan(self)

    admin, plan = signed_in(keeping.centre), Remover.plan
    monkeypatch.setattr("central.web.keeping.WAIT_S", 0.1)
    monkeypatch.setattr(Remover, "plan", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(admin.get, "/keeping?lang=en")
        assert going.wait(60)
        busy = admin.get("/keeping?lang=en")
        assert busy.status_code == 503 and "look again in a minute" in busy.text
        go_on.set()
        assert first.result().status_code == 200
        keeping.clock.utc_us += 11 * MINUTE
        going.clear()
        go_on.clear()
        second = pool.submit(admin.get, "/keeping?lang=en")
        assert going.wait(60)
        assert admin.get("/keeping?lang=en").status_code == 200, "the one of before"
        go_on.set()
        assert second.result().status_code == 200


def test_only_auditors_and_administrators_see_it_and_auditors_what_is_theirs(keeping: Keeping) -> None:
    keeping.film(b"nobody's", 9, class_id=None)  # type: ignore[arg-type]
    assert signed_in(keeping.centre, "supervisor", "410000").get("/keeping").status_code == 403
    whole, city = (signed_in(keeping.centre, "auditor", scope) for scope in ("410000", "411200"))
    assert CLASS in whole.get("/keeping").text and CLASS not in city.get("/keeping").text
    assert "（无班次）" in signed_in(keeping.centre).get("/keeping").text
    assert "（无班次）" not in whole.get("/keeping").text


def test_room_is_reckoned_by_class_hours_and_copies() -> None:
    none = dataclasses.replace(SHARE, here=0, recorded=0, over=0, ahead=10, copies=2, until_us=None)
    told = reckon([SHARE, none])
    assert (told.here, told.recorded, told.wanted, told.an_hour, told.ahead) == (100, 300, 300, 100.0, 12)
    assert told.comes == 100 * (2 + 10 * 2) and told.frees == ((2030, 100),), "by the calendar of the class"
    assert (told.twice, told.lacking) == (0, 0)
    two = reckon([dataclasses.replace(SHARE, twice=40, lacking=60), dataclasses.replace(SHARE, lacking=1)])
    assert (two.twice, two.lacking) == (40, 61)
    nobody = dataclasses.replace(SHARE, until_us=None, over=0)
    assert reckon([nobody]).frees == ((0, 100),) and reckon([nobody]).an_hour is None and reckon([]).comes == 0


def test_a_supervisor_has_a_face_erased_and_follows_it_box_by_box(keeping: Keeping) -> None:
    page = f"/classes/{CLASS}/faces"
    li = signed_in(keeping.centre, "supervisor", "410000", "li")
    assert "无人要求删除人脸数据" in text(li.get(page))
    keeping.box.append(OrderAccepted(CLASS, "ab" * 32), keeping.clock.utc_us)
    keeping.take()
    assert send(li, page, person="").status_code == 422
    answer = send(li, page, person="张伟")
    with keeping.centre.store.read() as tx:
        (one,) = erasures(keeping.centre.store, tx, keeping.clock.utc_us)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}#{one.person}")
    assert "the box has not answered yet" in text(li.get(f"{page}?lang=en"))
    keeping.clock.utc_us += DAY
    assert signed_in(keeping.centre, "auditor", "410000").get(page).status_code == 403


def test_a_face_that_waits_is_told_on_both_pages_with_both_moments(keeping: Keeping) -> None:
    page, waits = f"/classes/{CLASS}/faces", "waits until the hold on the class is lifted"
    li = signed_in(keeping.centre, "supervisor", "410000", "li")
    place_hold(keeping.centre.store, CLASS, "case 114")
    assert send(li, page, person="张伟").status_code == 303
    said = text(li.get(f"{page}?lang=en"))
    assert waits in said and "under the account li" in said and "Ordered of the boxes" not in said
    auditor = signed_in(keeping.centre, "auditor", "410000")
    assert waits in text(auditor.get("/keeping?lang=en"))
    assert "等待该班次的封存解除" in text(auditor.get("/keeping?lang=zh"))
    assert waits not in text(signed_in(keeping.centre, "auditor", "411200", "zhou").get("/keeping?lang=en"))
    lift_hold(keeping.centre.store, CLASS, "judged", None)
    assert order_due(keeping.centre) == 1
    said = text(li.get(f"{page}?lang=en"))
    assert "Ordered of the boxes" in said and "the box has not answered yet" in said
