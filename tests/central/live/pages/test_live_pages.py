"""Pages of live pictures without a browser: who is asked why, what is said then, who may put an inspection on record,
and which pages lead there."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.accounts.door import form_token
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import Stories
from central.ingest.collector import Message
from central.live import desk
from central.live.orders import newest_order
from central.web import live_words
from central.web.reasons import why_words
from central.wiring import Centre, init_centre
from evidence.bodies import Alarm, CentreLook, Inspection, LiveEnded, body_of
from evidence.times import HOUR, MINUTE, SECOND, utc_text
from tests.central.case_pages import kept, shown, text
from tests.central.console import COOKIE, HERE, become, send, session_of, signed_in
from tests.central.helpers import MORNING, PLAN, FixedClock, segment_of, write_plan
from tests.central.live.pages.conftest import BOXES
from tests.central.live.pushing import Camera, answer, jpeg, wanted
from tests.central.live_box import begin_class

WHY = "日常巡查"


def sees(centre: Centre, client: TestClient, *seconds: int) -> Camera:
    """Somebody presses the button; their player gets one piece more after each of so many seconds."""
    send(client, "/live/box-1", reason="other", why=WHY)
    order, clock, box = wanted(centre)[-1], centre.clock, BOXES[centre.folder]
    assert isinstance(clock, FixedClock)
    answer(centre, box, order, clock.utc_us)
    camera = Camera(box, order[0], clock.utc_us)
    assert camera.play(client, len(seconds)) == [204] * (len(seconds) + 1)
    for number, wait_s in enumerate(seconds, 1):
        clock.utc_us += wait_s * SECOND
        assert client.get(f"/live/box-1/{order[0].hash}/0/{number}.m4s", follow_redirects=False).status_code == 200
    return camera


def looks(centre: Centre) -> list[tuple[str, str | None, str]]:
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("look.centre")]
    return [(one.what, one.device, one.why) for one in bodies
            if isinstance(one, CentreLook) and one.what in ("live", "wall")]


def inspect(client: TestClient, **fields: str) -> tuple[int, dict[str, str]]:
    """Send the form beside the picture as its script does."""
    said = {"kind": "remote", "look": "box-1", "sure": "", "place": "101 教室", "headcount": "3", "teachers": "1",
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
        refused = send(wang, path, follow=True, **nothing)
        assert refused.history[0].status_code == 303 and "请选择查看理由" in text(refused), nothing
        assert "why=" not in str(refused.url) and ("checked" in refused.text) == (nothing.get("reason") == "other")
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
    for lang in ("zh", "en"):  # whichever language it was said in
        page = wang.get(f"/live/box-1?lang={lang}").text
        assert f'value="{reason}" checked' in page and page.count("checked") == 1 and f">{why}</textarea>" in page


def test_a_choice_is_told_in_the_language_of_whoever_reads_it(taught: Centre, wang: TestClient) -> None:
    send(wang, "/live/box-1?lang=en", reason="flag", why="as told")
    assert looks(taught)[-1][2] == "check of a flag: as told"
    admin = signed_in(taught, "administrator")
    wang.get("/live/box-1")
    for client, path in ((wang, "/live/box-1"), (admin, "/looks"), (admin, "/audit")):
        assert "核查预警: as told" in text(client.get(f"{path}?lang=zh")), path
    assert why_words("上级: 抽查", "en") == "上级: 抽查", "what a person typed stays"


def test_times_are_those_of_the_clock_in_the_room(tmp_path: Path, clock: FixedClock) -> None:
    """A class at UTC+5:45, and a picture of ten minutes after its first class-hour began."""
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    box = begin_class(centre, tmp_path, "utc_offset_min = 345\n" + re.sub(r"(T\d\d:\d\d:00)", r"\1+08:00", PLAN))
    wang = signed_in(centre, "supervisor", "410000", "wang")
    send(wang, "/live/box-1", reason="routine")
    page = text(wang.get("/live/box-1"))
    assert "06:15–07:00" in page and "08:30" not in page
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


def test_a_remote_inspection_is_of_what_was_seen_in_the_look(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    began = clock.utc_us
    sees(taught, wang, 10, 30, 5)
    send(wang, "/live/box-1/end")
    clock.utc_us += 5 * MINUTE
    assert inspect(wang) == (200, {"inspection": "i-1"})
    (said,) = kept(taught, "inspection")
    assert isinstance(said, Inspection)
    assert (said.start, said.end) == (utc_text(began + 10 * SECOND), utc_text(began + 45 * SECOND))
    assert (said.kind, said.by, said.workplaces) == ("remote", "wang", None) and said.signature is not None


def test_a_room_that_nobody_saw_is_not_inspected_and_counts_for_no_rule(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    def counted() -> int:
        return len(Stories(taught.store, taught.clock, taught.kept_files).tell("welder-1").story.looks)

    send(wang, "/live/box-1", reason="other", why=WHY)
    wang.get("/live/box-1/state")
    status, said = inspect(wang)
    assert status == 422 and "没有收到" in said["error"] and kept(taught, "inspection") == [] and counted() == 0
    other = TestClient(wang.app, base_url=HERE)
    become(other, session_of(taught, "supervisor", "410000", "li"))
    sees(taught, wang, 1)
    assert counted() == 1 and inspect(wang)[0] == 200
    status, _ = inspect(other)
    assert status == 422, "what reached somebody else"
    send(wang, "/live/box-1/end")
    clock.utc_us += 30 * SECOND
    send(wang, "/live/box-1/again")
    assert inspect(wang)[0] == 422, "what was seen in the look before"


def test_more_people_than_the_class_has_are_taken_once_somebody_says_so(taught: Centre, wang: TestClient) -> None:
    sees(taught, wang, 1)
    status, said = inspect(wang, headcount="45")
    assert (status, said["sure"]) == (422, "45") and "45 人" in said["error"] and kept(taught, "inspection") == []
    assert inspect(wang, headcount="46", sure="45")[0] == 422, "another number"
    assert inspect(wang, headcount="45", sure="45")[0] == 200
    page = send(wang, "/classes/welder-1/inspections", kind="field", start="2026-03-02T08:30", end="2026-03-02T08:35",
                place="101 教室", headcount="45", teachers="1", inspector="王建国")
    assert page.status_code == 422 and shown(page, "sure") == "45"


def test_nobodys_account_stands_for_a_name(taught: Centre, wang: TestClient) -> None:
    send(wang, "/live/box-1", reason="other", why=WHY)
    for page in ("/live/box-1", "/classes/welder-1/inspections"):
        assert re.search(r'name="inspector" [^>]*value="."', wang.get(page).text) is None
        assert 'autocomplete="name"' in wang.get(page).text or page == "/live/box-1"


@pytest.mark.parametrize(("fields", "words"), [
    ({"headcount": ""}, "人数"), ({"teachers": "x"}, "教师"), ({"inspector": " "}, "检查人员"),
    ({"look": "", "start": "soon", "end": ""}, "时间"), ({"drawn": "data:image/png;base64,AAAA", "typed": ""}, "")])
def test_what_is_missing_in_an_inspection_is_said(
    taught: Centre, wang: TestClient, fields: dict[str, str], words: str,
) -> None:
    sees(taught, wang, 1)
    status, said = inspect(wang, **fields)
    assert status == 422 and said["error"] and words in said["error"]
    assert kept(taught, "inspection") == []


def words(client: TestClient) -> str:
    """How the room stands."""
    return str(client.get("/live/box-1/state?lang=en").json()["words"])


def test_an_order_without_an_answer_is_said_and_when_the_box_was_heard(wang: TestClient) -> None:
    send(wang, "/live/box-1", reason="routine")
    assert words(wang).endswith("the box has not answered it yet. The box was last heard Mar 2, 2026 08:40:00.")


def test_a_camera_that_sends_nothing_is_said_and_no_address_is_blamed(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    send(wang, "/live/box-1", reason="routine")
    box = BOXES[taught.folder]
    answer(taught, box, wanted(taught)[-1], clock.utc_us)
    broken = box.append(Alarm("camera.broken", {"camera": "room"}, "welder-1"), clock.utc_us)
    taught.collector().take([Message("box-1", broken.envelope)])
    clock.utc_us += 20 * SECOND
    assert "The camera in the room sends nothing since 08:40:00: its box says so" in words(wang)


def test_a_room_whose_camera_sends_nothing_stands_out_at_the_wall(
    taught: Centre, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "ORDER_S", 0.0)
    box, wang = BOXES[taught.folder], signed_in(taught, "supervisor", "410000", "wang")
    told = [box.append(segment_of(b"film", clock.utc_us - 30 * SECOND, 20), clock.utc_us),
            box.append(Alarm("camera.broken", {"camera": "room"}, "welder-1"), clock.utc_us)]
    taught.collector().take([Message("box-1", one.envelope) for one in told])
    send(wang, "/wall", reason="routine")
    wang.get("/wall")
    answer(taught, box, wanted(taught)[-1], clock.utc_us)
    (one,) = wang.get("/wall/state").json()["rooms"]
    assert (one["state"], one["recording"], one["bad"]) == ("dark", False, True)


def test_pictures_that_are_old_are_grey_at_the_wall() -> None:
    css = (Path(live_words.__file__).parent / "static" / "zaitang.css").read_text()
    (grey,) = re.findall(r"\.room:is\(([^)]*)\) \.shot img \{ filter: grayscale", css)
    assert {one.strip(" .") for one in grey.split(",")} == set(live_words.STATES) - {"waiting", "running", "slow"}


def test_each_look_takes_a_press_and_is_on_record(taught: Centre, wang: TestClient, clock: FixedClock) -> None:
    """Also within the hour: by the button *back*, in another window, by an account that was shut out meanwhile."""
    sees(taught, wang, 1)
    assert "<video" in wang.get("/live/box-1").text, "it was pressed just now"
    page = wang.get("/live/box-1")
    assert "<video" not in page.text and WHY in text(page) and "按此理由查看" in text(page)
    before = len(looks(taught))
    send(wang, "/live/box-1/again")
    assert len(looks(taught)) == before, "pressed twice: the look goes on"
    send(wang, "/live/box-1/end")
    for path in ("", "/stream.m3u8", "/state"):
        answer = wang.get(f"/live/box-1{path}", follow_redirects=False)
        assert answer.status_code in (200, 303) and "<video" not in answer.text, path
    assert wang.get("/live/box-1/state").json()["asks"] is True
    for count in (1, 2):
        send(wang, "/live/box-1/again")
        assert "<video" in wang.get("/live/box-1").text
        assert looks(taught)[before:] == [("live", "box-1", WHY)] * count
        clock.utc_us += MINUTE
        if count == 1:
            send(wang, "/live/box-1/end")
    send(wang, "/live/box-1", reason="routine", why="另一个理由")
    assert looks(taught)[-1][2] == f"{WHY}: 另一个理由"


def test_the_number_of_an_order_leads_to_everybody_who_looked_by_it(
    taught: Centre, wang: TestClient, clock: FixedClock,
) -> None:
    taught.account_desk().put_institution("school-b", "学校乙", "411202", None)
    sees(taught, wang, 1)
    number = wanted(taught)[-1][1].number
    clock.utc_us += MINUTE
    li = TestClient(wang.app, base_url=HERE)
    become(li, session_of(taught, "supervisor", "410000", "li"))
    send(li, "/live/box-1", reason="complaint")
    assert wanted(taught)[-1][1].number == number, "who joins needs no other order"
    admin = signed_in(taught, "administrator")
    for address in ("/looks", f"/looks?number={number}", "/looks?box=box-1&day=2026-03-02"):
        said = text(admin.get(address))
        assert "wang" in said and WHY in said and "li · 监管人员" in said and "投诉" in said, address
        assert said.count("welder-1") == 1, "of which a picture arrived"
    for address in (f"/looks?number={number + 1}", "/looks?box=box-9", "/looks?day=2026-03-01"):
        assert "li · " not in text(admin.get(address)), address


def test_whoever_opens_the_wall_again_within_the_hour_stands_there_again_with_the_reason(
    taught: Centre, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "ORDER_S", 0.0)
    box, wang = BOXES[taught.folder], signed_in(taught, "supervisor", "410000", "wang")
    send(wang, "/wall", reason="other", why=WHY)
    wang.get("/wall")
    order = wanted(taught)[-1]
    answer(taught, box, order, clock.utc_us)
    clock.utc_us += 20 * MINUTE
    ended = LiveEnded(order[0].hash, "room", "pictures", None, 0, 0, "nobody")
    taught.collector().take([Message("box-1", box.append(ended, clock.utc_us).envelope)])
    clock.utc_us += MINUTE
    wang.get("/wall")
    said = text(wang.get("/looks"))
    assert "08:40:00–09:00:00" in said and "09:01:00 起，尚未结束" in said, "what is not over is not told as over"
    assert f"09:01:00 · wang · 监管人员 · 教室实况图片 {WHY}" in " ".join(said.split())


def test_an_institution_sees_the_looks_at_its_own_rooms(tmp_path: Path, clock: FixedClock) -> None:
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    for name in ("school-a", "school-b"):
        centre.account_desk().put_institution(name, name, "411202", None)
    begin_class(centre, tmp_path, 'institution = "school-a"\n' + PLAN)
    send(signed_in(centre, "supervisor", "411200", "wang"), "/live/box-1", reason="flag")
    for role, scope, sees_it in (("institution", "school-a", True), ("institution", "school-b", False),
                                 ("auditor", "411200", True), ("auditor", "411300", False)):
        said = text(signed_in(centre, role, scope, f"{role}-{scope}").get("/looks"))
        assert ("wang" in said and "101 教室" in said) == sees_it, (role, scope)
    centre.store.close()


def test_whose_class_is_still_to_come_is_told_when_and_not_who_is_there(
    taught: Centre, clock: FixedClock, tmp_path: Path,
) -> None:
    """The box is with another school's class of which the last class-hour was yesterday, or is still with it today."""
    taught.account_desk().put_institution("school-b", "学校乙", "411202", None)
    plan = re.sub("2026-03-0[0-9]", "2026-03-09", PLAN.replace("welder-1", "cook-1"))
    (tmp_path / "b").mkdir()
    paths = write_plan(tmp_path / "b", 'institution = "school-b"\n' + plan)
    add_class(taught.store, taught.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    client = signed_in(taught, "institution", "school-b", "school")
    for later in (0, 24 * HOUR):
        clock.utc_us += later
        client = signed_in(taught, "institution", "school-b", "school")
        page = client.get("/live/box-1")
        assert page.status_code == 403 and "下一节课于 2026-03-09 08:30 开始" in text(page)
        assert "权限范围内没有" not in text(page)
    assert "教室不在其中" in text(send(client, "/wall", reason="routine") and client.get("/wall"))
    taught.account_desk().put_institution("school-c", "学校丙", "411202", None)
    other = signed_in(taught, "institution", "school-c", "school-c")
    assert other.get("/live/box-1").status_code == 404


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


def test_a_room_is_found_half_an_hour_before_its_first_class_hour_and_no_sooner(
    taught: Centre, clock: FixedClock,
) -> None:
    for minutes, found in ((-31, False), (-29, True)):
        clock.utc_us = MORNING + minutes * MINUTE
        wang = signed_in(taught, "supervisor", "410000", f"wang{-minutes}")
        send(wang, "/wall", reason="routine")
        for path in ("/wall", "/boxes", "/classes/welder-1"):
            assert ("/live/box-1" in wang.get(path).text) == found, (path, minutes)


def test_a_class_that_does_not_go_on_leads_nowhere(taught: Centre, clock: FixedClock) -> None:
    clock.utc_us = MORNING + 3 * HOUR
    page = signed_in(taught, "supervisor", "410000", "wang").get("/classes/welder-1")
    assert "焊工（初级）第 1 期" in page.text and "/live/" not in page.text
