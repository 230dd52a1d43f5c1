"""Pages of live pictures without a browser: who is asked why, what is said then, who may put an inspection on record,
and which pages lead there."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.accounts.door import form_token
from central.live.orders import newest_order
from central.wiring import Centre, init_centre
from evidence.bodies import CentreLook, Inspection, body_of
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.central.case_pages import kept, shown, text
from tests.central.console import COOKIE, send, signed_in
from tests.central.helpers import MORNING, PLAN, FixedClock
from tests.central.live.pushing import Camera, answer, jpeg, wanted
from tests.central.live_box import begin_class

WHY = "日常巡查"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING + 10 * MINUTE)


@pytest.fixture
def taught(tmp_path: Path, clock: FixedClock) -> Iterator[Centre]:
    """A class that goes on in room 101, with box-1."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    begin_class(centre, tmp_path)
    yield centre
    centre.store.close()


@pytest.fixture
def wang(taught: Centre) -> TestClient:
    return signed_in(taught, "supervisor", "410000", "wang")


def looks(centre: Centre) -> list[tuple[str, str | None, str]]:
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("look.centre")]
    return [(one.what, one.device, one.why) for one in bodies
            if isinstance(one, CentreLook) and one.what in ("live", "wall")]


def inspect(client: TestClient, began: str, **fields: str) -> tuple[int, dict[str, str]]:
    """Send the form beside the picture as its script does."""
    said = {"kind": "remote", "start": began, "end": "now", "place": "101 教室", "headcount": "3", "teachers": "1",
            "workplaces": "", "remark": "", "inspector": "王建国", "typed": "王建国", "drawn": "", **fields}
    answer = client.post("/classes/welder-1/inspections", headers={"accept": "application/json"},
                         data={"token": form_token(client.cookies.get(COOKIE) or ""), **said})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/live/box-1", "/wall"])
def test_nothing_is_shown_and_nothing_ordered_before_a_reason(taught: Centre, wang: TestClient, path: str) -> None:
    page = wang.get(path)
    assert "查看理由" in text(page) and "您的账号 wang" in text(page) and "签到终端会显示" in text(page)
    assert "<video" not in page.text and 'class="rooms"' not in page.text
    for nothing in ({}, {"why": "  "}, {"reason": "other", "why": "  "}, {"reason": "other", "why": "x" * 201},
                    {"reason": "日常巡查", "why": "x"}):
        refused = send(wang, path, **nothing)
        assert refused.status_code == 422 and "请选择查看理由" in text(refused), nothing
    with taught.store.read() as tx:
        assert newest_order(tx, "box-1", "video", taught.clock.stamp().utc_us) is None
    assert looks(taught) == []


@pytest.mark.parametrize(("fields", "why"), [
    ({"reason": "routine"}, WHY), ({"why": "上级要求抽查"}, "上级要求抽查"),
    ({"reason": "other", "why": "上级要求抽查"}, "上级要求抽查"),
    ({"reason": "routine", "why": " 第  3 次 "}, f"{WHY}: 第 3 次")])
def test_a_choice_or_other_words_go_on_record(
    taught: Centre, wang: TestClient, fields: dict[str, str], why: str,
) -> None:
    assert send(wang, "/live/box-1", **fields).status_code == 303
    assert looks(taught) == [("live", "box-1", why)]
    page = wang.get("/live/box-1")
    assert "<video" in page.text and "08:30–09:15" in text(page)


@pytest.mark.parametrize(("reason", "why"), [("complaint", ""), ("complaint", "第: 3 次"), ("other", "上级: 抽查")])
def test_what_was_said_at_the_wall_is_chosen_already(wang: TestClient, reason: str, why: str) -> None:
    assert "checked" not in wang.get("/live/box-1").text
    send(wang, "/wall", reason=reason, why=why)
    assert "101 教室" in text(wang.get("/wall"))
    page = wang.get("/live/box-1").text
    assert f'value="{reason}" checked' in page and page.count("checked") == 1 and f">{why}</textarea>" in page


def test_times_are_those_of_the_clock_in_the_room(tmp_path: Path, clock: FixedClock) -> None:
    """A class at UTC+5:45, and a picture of ten minutes after its first class-hour began."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    box = begin_class(centre, tmp_path, "utc_offset_min = 345\n" + re.sub(r"(T\d\d:\d\d:00)", r"\1+08:00", PLAN))
    wang = signed_in(centre, "supervisor", "410000", "wang")
    send(wang, "/live/box-1", reason="routine")
    page = text(wang.get("/live/box-1"))
    assert "06:15–07:00" in page and "08:30" not in page and "（06:25:00）" in page
    send(wang, "/wall", reason="routine")
    wang.get("/wall/state")
    camera = Camera(box, wanted(centre)[-1][0], clock.utc_us)
    answer(centre, box, wanted(centre)[-1], clock.utc_us)
    assert camera.put(wang, jpeg(), 1, "picture").status_code == 204
    (room,) = wang.get("/wall/state").json()["rooms"]
    assert room["picture_at"].startswith("06:2")
    centre.store.close()


def test_a_class_that_nobody_records_stands_out_in_words(wang: TestClient, clock: FixedClock) -> None:
    wang.get("/")  # the overview looks at records of boxes
    send(wang, "/wall", reason="other", why=WHY)
    (room,) = wang.get("/wall/state").json()["rooms"]
    assert (room["bad"], room["recording"], room["name"]) == (False, True, "101 教室")
    clock.utc_us += 6 * MINUTE
    (room,) = wang.get("/wall/state").json()["rooms"]
    assert (room["bad"], room["recording"]) == (True, False)
    page = wang.get("/wall").text
    assert 'class="room bad' in page and 'unrecorded">此处应在上课，但没有录像' in page


def test_a_remote_inspection_is_from_the_beginning_of_the_look_to_now(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    send(wang, "/live/box-1", reason="other", why=WHY)
    start = shown(wang.get("/live/box-1"), "start")
    assert start == utc_text(clock.utc_us)
    clock.utc_us += 90 * SECOND
    assert inspect(wang, start) == (200, {"inspection": "i-1"})
    (said,) = kept(taught, "inspection")
    assert isinstance(said, Inspection) and (said.start, said.end) == (start, utc_text(clock.utc_us))
    assert (said.kind, said.by, said.workplaces) == ("remote", "wang", None) and said.signature is not None


@pytest.mark.parametrize(("fields", "words"), [
    ({"headcount": ""}, "人数"), ({"teachers": "x"}, "教师"), ({"inspector": " "}, "检查人员"),
    ({"start": "soon"}, "时间"), ({"drawn": "data:image/png;base64,AAAA", "typed": ""}, "")])
def test_what_is_missing_in_an_inspection_is_said(
    taught: Centre, wang: TestClient, fields: dict[str, str], words: str,
) -> None:
    status, said = inspect(wang, utc_text(MORNING + 9 * MINUTE), **fields)
    assert status == 422 and said["error"] and words in said["error"]
    assert kept(taught, "inspection") == []


def test_only_who_inspects_gets_the_form_and_only_while_a_class_goes_on(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    administrator = signed_in(taught, "administrator")
    assert administrator.get("/live/box-1").status_code == 403
    send(wang, "/live/box-1", reason="other", why=WHY)
    assert "记录一次远程检查" in wang.get("/live/box-1").text
    clock.utc_us = MORNING + 5 * HOUR + 15 * MINUTE
    wang = signed_in(taught, "supervisor", "410000", "wang")
    send(wang, "/live/box-1", reason="other", why=WHY)
    page = wang.get("/live/box-1")
    assert "当前没有课" in text(page) and "记录一次远程检查" not in page.text


@pytest.mark.parametrize("path", ["/", "/boxes", "/classes/welder-1"])
def test_pages_lead_to_the_room_for_whom_may_look(taught: Centre, wang: TestClient, path: str) -> None:
    assert 'href="/live/box-1"' in wang.get(path).text and 'href="/wall"' in wang.get(path).text
    for other in (signed_in(taught, "administrator"), signed_in(taught, "auditor", "410000")):
        assert "/live/" not in other.get(path).text and "/wall" not in other.get(path).text


def test_a_class_that_does_not_go_on_leads_nowhere(taught: Centre, clock: FixedClock) -> None:
    clock.utc_us = MORNING + 3 * HOUR
    page = signed_in(taught, "supervisor", "410000", "wang").get("/classes/welder-1")
    assert "焊工（初级）第 1 期" in page.text and "/live/" not in page.text
