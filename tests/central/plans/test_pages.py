"""The pages of class management: what they show to whom, what forms do, and what is told when they may not."""
from __future__ import annotations

import dataclasses
import io
import re
import tempfile
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from central.accounts.door import form_token
from central.classes.orders import order_of
from central.keys import sealing_key
from central.plans.overlaps import published_of
from central.plans.plans import Plans
from central.plans.table import MAX_BYTES
from central.web import plan_list
from central.wiring import Centre
from common.sheets import Listed as SealedPerson
from common.sheets import seal_roster
from evidence.bodies import Alarm, CentreLook, ClassOrder, Leave, OrderAccepted, RosterEvent, body_of
from tests.central.console import COOKIE, become, send, session_of, signed_in
from tests.central.helpers import MORNING, FixedClock
from tests.central.plans.making import HEADERS, PEOPLE, boxes, roster, schedule, spec
from tests.central.plans.tables import number

pytestmark = pytest.mark.long

CLASS = "/plans/welder-1"


@pytest.fixture
def school(centre: Centre, plans: Plans) -> TestClient:
    """Somebody of school-a, which has drafted welder-1 with box-1."""
    for institution, region in {"school-a": "411202", "school-b": "411302"}.items():
        centre.account_desk().put_institution(institution, f"学校 {institution}", region, None)
    plans.take(spec(institution="school-a"), schedule(), roster(*PEOPLE))
    return signed_in(centre, "institution", "school-a")


def text_of(answer: Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def alert(answer: Response) -> str:
    """What a page says is wrong."""
    found = re.search(r'role="alert">(.*?)</section>', answer.text, re.DOTALL)
    return "" if found is None else found[1]


def version(client: TestClient, path: str = f"{CLASS}/add") -> str:
    found = re.search(r'name="version" value="([0-9]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def post(client: TestClient, path: str, **fields: Any) -> Response:
    """Send a form of a page as it is now. A list stands for a field that is there several times."""
    return client.post(path, data={"token": form_token(client.cookies[COOKIE]), "version": version(client), **fields},
                       follow_redirects=False)


def upload(client: TestClient, path: str, files: dict[str, tuple[str, bytes]], **fields: Any) -> Response:
    return client.post(path, data={"token": form_token(client.cookies[COOKIE]), **fields}, files=files,
                       follow_redirects=False)


def tables(**others: bytes) -> dict[str, tuple[str, bytes]]:
    known = {"schedule": schedule().data, "roster": roster(*PEOPLE).data, **others}
    return {name: (f"{name}.csv", data) for name, data in known.items()}


def bodies(centre: Centre, type_: str) -> list[Any]:
    with centre.store.read() as tx:
        return [body_of(one.record) for one in tx.of_type(type_)]


# --- a new class


def test_two_tables_become_a_draft(centre: Centre, school: TestClient) -> None:
    person = {"title": "焊工第 2 期", "policy": "demo", "box": ["box-1", ""], "room": ["101 教室", ""]}
    answer = upload(school, "/plans/new", tables(), class_id="welder-2", **person)
    assert answer.status_code == 303 and answer.headers["location"] == "/plans/welder-2"
    draft = centre.plans().show("welder-2").draft
    assert (draft.institution, len(draft.people), len(draft.hours)) == ("school-a", 5, 3)
    page = text_of(school.get("/plans/welder-2"))
    assert "焊工第 2 期" in page and "张伟" in page and "草稿，从未下达" in page


def test_all_mistakes_stand_in_a_table_and_nothing_is_kept(centre: Centre, school: TestClient) -> None:
    wrong = tables(schedule=schedule("2026-03-02,x,09:15,理论", "2026-03-02,09:25,10:10,啥").data,
                   roster=f"{HEADERS}\n张伟,1,学员\n".encode())
    answer = upload(school, "/plans/new?lang=en", wrong, class_id="bad-1", title="名称 <b>", policy="demo", box="box-1")
    assert answer.status_code == 422
    cell = r'<td(?: class="num")? data-says="[^"]*">(.*?)</td>'
    rows = re.findall(f"<tr>{5 * cell}</tr>", answer.text)
    assert [row[:3] for row in rows] == [("roster.csv", "2", "身份证号"), ("schedule.csv", "2", "开始时间"),
                                         ("schedule.csv", "3", "课程类型")]
    assert rows[1][3:] == ("x is not a time like 08:30", "Write it like 08:30.")
    assert all(row[3] and row[4] != "—" for row in rows)
    assert 'value="名称 &lt;b&gt;"' in answer.text and 'value="bad-1"' in answer.text, "what was typed is still there"
    assert centre.plans().kept() and all(one.class_id != "bad-1" for one, _ in centre.plans().kept())


def test_a_class_id_that_is_taken_says_so_whosever_it_is(centre: Centre, school: TestClient) -> None:
    other = signed_in(centre, "institution", "school-b")
    before = centre.plans().show("welder-1")
    for client, class_id in ((school, "welder-1"), (other, "welder-1"), (school, "new")):
        answer = upload(client, "/plans/new", tables(), class_id=class_id, title="x", policy="demo")
        assert answer.status_code == 422 and "已被占用" in answer.text
    assert centre.plans().show("welder-1") == before


def test_what_cannot_be_is_refused_with_a_sentence(school: TestClient) -> None:
    for fields, said in (
        ({"class_id": "Ä"}, "Ä"), ({"title": " "}, "名称"), ({"policy": "../../keys/x.toml"}, "../../keys/x.toml"),
        ({"policy": "x.toml.toml"}, "x.toml.toml"), ({"box": "box-2", "room": "x"}, "box-2"),
        ({"box": "box-9", "room": "x"}, "box-9"),
    ):
        answer = upload(school, "/plans/new", {}, **{"class_id": "w-2", "title": "x", "policy": "demo", **fields})
        assert answer.status_code == 422 and said in alert(answer)


def test_a_policy_for_demonstrations_is_none_of_a_centre_with_real_keys(centre: Centre, school: TestClient) -> None:
    """It takes photographs for people and a clock that is made up."""
    real = dataclasses.replace(centre, keys=dataclasses.replace(centre.keys, test=False))
    client = signed_in(real, "institution", "school-a")
    page = client.get("/plans/new").text
    assert 'value="sanmenxia-2023"' in page and 'value="demo"' not in page
    answer = upload(client, "/plans/new", tables(), class_id="w-2", title="x", policy="demo")
    assert answer.status_code == 422 and "demo" in alert(answer)
    assert all(one.class_id != "w-2" for one, _ in centre.plans().kept())


def test_an_administrator_gives_a_class_its_institution_and_its_first_box(centre: Centre, school: TestClient) -> None:
    made = upload(school, "/plans/new", tables(), class_id="welder-2", title="x", policy="demo")
    assert made.status_code == 303 and "box-2" not in school.get("/plans/welder-2/class").text
    master = signed_in(centre)
    facts = {"title": "x", "policy": "demo", "box": "box-2", "room": "201 教室"}
    answer = post(master, "/plans/welder-2/class", **facts, institution="school-q", version="1")
    assert answer.status_code == 422 and "school-q" in alert(answer)
    assert post(master, "/plans/welder-2/class", **facts, institution="school-a", version="1").status_code == 303
    assert "box-2" in school.get("/plans/welder-2/class").text
    assert "box-2" in school.get("/plans/new").text, "the box is the school's from now on"
    assert "box-2" not in signed_in(centre, "institution", "school-b").get("/plans/new").text


def test_a_file_is_read_in_memory_and_only_so_far(
    centre: Centre, school: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled: list[object] = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda self: rolled.append(self))
    padded = schedule().data + b"\n" * (2 << 20)
    taken = upload(school, f"{CLASS}/tables", {"schedule": ("s.csv", padded)}, version=version(school))
    assert taken.status_code == 303
    large = upload(school, f"{CLASS}/tables", {"schedule": ("s.csv", b"x" * (MAX_BYTES + 1))}, version=version(school))
    assert large.status_code == 422 and "4 MB" in alert(large)
    assert rolled == []
    far = upload(school, f"{CLASS}/tables", {"schedule": ("s.csv", b"x" * (3 * MAX_BYTES))}, version="1")
    assert far.status_code == 413


def test_the_name_of_a_file_cannot_harm(school: TestClient) -> None:
    answer = upload(school, f"{CLASS}/tables", {"schedule": ("../<b>\x01.csv", b"x")}, version=version(school))
    assert answer.status_code == 422 and "&lt;b&gt;" in alert(answer)
    assert "<b>" not in alert(answer) and ".." not in alert(answer)


def test_a_list_that_a_box_sealed_is_taken(centre: Centre, school: TestClient) -> None:
    key = sealing_key(centre.folder / "keys").public_key().public_bytes_raw().hex()
    people = [SealedPerson("赵敏", number(4), "trainee"), SealedPerson("陈老师", number(91), "instructor")]
    for class_id, status in (("welder-1", 303), ("welder-9", 422)):
        sealed = seal_roster(people, key, class_id)
        answer = upload(school, f"{CLASS}/tables", {"roster": ("x.sealed", sealed)}, version=version(school))
        assert answer.status_code == status
    assert "赵敏" in school.get(CLASS).text


@pytest.mark.parametrize(("which", "lang", "first"), [("schedule", "zh", "日期"), ("roster", "en", "Name")])
def test_templates_come_in_the_language_of_the_page(school: TestClient, which: str, lang: str, first: str) -> None:
    answer = school.get(f"/plans/template/{which}?lang={lang}")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.worksheets[0].cell(1, 1).value == first
    assert "attachment" in answer.headers["content-disposition"]
    assert school.get("/plans/template/other").status_code == 404


def test_what_is_planned_comes_as_a_table_to_be_changed(school: TestClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(school.get(f"{CLASS}/schedule.xlsx").content))
    assert len(list(book.worksheets[0].iter_rows(min_row=2))) == 3


# --- class-hours


HOUR = {"date": "2026-03-04", "start": "08:30", "end": "09:15", "kind": "practical", "room": "101 教室", "whom": "all"}


def test_class_hours_are_added_moved_changed_and_left_out(centre: Centre, plans: Plans, school: TestClient) -> None:
    teacher, trainee = plans.person("welder-1", "陈老师"), plans.person("welder-1", "张伟")
    added = post(school, f"{CLASS}/add", **HOUR, gear="yes", teacher=teacher)
    assert added.headers["location"] == f"{CLASS}#weeks"
    hour = plans.show("welder-1").draft.hour("h4")
    assert (hour.kind, hour.gear, hour.room, hour.teachers) == ("practical", True, "101 教室", (teacher,))
    form = school.get(f"{CLASS}/hours/h4").text
    assert 'value="2026-03-04"' in form and 'value="08:30"' in form and f'value="{teacher}" checked' in form
    changed = {**HOUR, "start": "19:00", "end": "19:45", "kind": "theory", "whom": "make_up", "make_up": [trainee]}
    assert post(school, f"{CLASS}/hours/h4", **changed).status_code == 303
    hour = plans.show("welder-1").draft.hour("h4")
    assert (hour.start, hour.kind, hour.make_up) == ("2026-03-04T11:00:00.000000Z", "theory", (trainee,))
    assert "补课： 张伟" in text_of(school.get(CLASS))
    assert post(school, f"{CLASS}/hours/h4", do="remove").status_code == 303
    assert school.get(f"{CLASS}/hours/h4").status_code == 404
    assert post(school, f"{CLASS}/hours/h4", do="remove").status_code == 404


def test_a_class_hour_that_cannot_be_comes_back_with_what_was_typed(plans: Plans, school: TestClient) -> None:
    before = plans.show("welder-1")
    for fields, said in (
        ({"start": ""}, "不是"), ({"date": "x"}, "不是"), ({"end": "08:00"}, "h4"), ({"date": "2026-03-02"}, "重叠"),
        ({"date": "2026-02-02"}, "已开始"), ({"whom": "make_up"}, "补课"),
        ({"whom": "make_up", "make_up": "p-0"}, "p-0"), ({"teacher": "p-0"}, "p-0"), ({"end": "12:00"}, "120"),
    ):
        answer = post(school, f"{CLASS}/add", **{**HOUR, **fields})
        assert answer.status_code == 422 and said in alert(answer)
        assert f'name="date" required value="{fields.get("date", "2026-03-04")}"' in answer.text
    assert plans.show("welder-1") == before


PATTERN = {"on": ["0", "2"], "first": "2026-03-09", "last": "2026-03-20", "begin": "08:30", "end": "11:50",
           "count": "4", "minutes": "45", "pause": "5", "most": "", "kind": "theory",
           "without": "2026-03-11、2026-03-16"}


def test_a_pattern_gives_its_class_hours(plans: Plans, school: TestClient) -> None:
    assert post(school, f"{CLASS}/pattern", **PATTERN).status_code == 303
    starts = [one.start[:10] for one in plans.show("welder-1").draft.hours[3:]]
    assert starts == ["2026-03-09"] * 4 + ["2026-03-18"] * 4
    for wrong in ({"on": "7"}, {"on": "x"}, {"count": "x"}, {"first": ""}, {"without": "tomorrow"}, {"end": "09:00"},
                  {"count": "9" * 5000}):
        assert post(school, f"{CLASS}/pattern", **{**PATTERN, **wrong}).status_code == 422
    assert len(plans.show("welder-1").draft.hours) == 11


def test_whoever_is_slower_is_told_and_loses_nothing(plans: Plans, school: TestClient) -> None:
    seen = version(school)
    assert post(school, f"{CLASS}/add", **HOUR).status_code == 303
    late = {**HOUR, "start": "10:00", "end": "10:45"}
    answer = post(school, f"{CLASS}/add", **late, version=seen)
    assert answer.status_code == 422 and "再" in answer.text and 'value="10:00"' in answer.text
    assert len(plans.show("welder-1").draft.hours) == 4
    now = re.search(r'name="version" value="([0-9]+)"', answer.text)
    assert now is not None and post(school, f"{CLASS}/add", **late, version=now[1]).status_code == 303
    for bad in ("", "x", "-1", "9" * 30, "²"):
        assert post(school, f"{CLASS}/add", **HOUR, version=bad).status_code == 422
    assert post(school, f"{CLASS}/discard", version=seen).status_code == 422


# --- published


def publish(client: TestClient) -> None:
    answer = post(client, f"{CLASS}/publish")
    assert answer.headers.get("location") == f"{CLASS}#boxes", answer.text


def test_publishing_is_asked_first_and_then_each_box_answers(
    centre: Centre, plans: Plans, clock: FixedClock, school: TestClient
) -> None:
    box = boxes(centre, "box-3")[0]
    master = signed_in(centre)
    post(master, f"{CLASS}/class", title="焊工", policy="demo", institution="school-a", box=["box-1", "box-3"],
         room=["101 教室", "301 教室"])
    asked = text_of(school.get(f"{CLASS}/publish"))
    assert "学员 3 人、教师 2 人" in asked and "box-3 · 301 教室" in asked and "新增学时 h1" in asked
    assert bodies(centre, "order.class") == []
    publish(school)
    (order,) = bodies(centre, "order.class")
    assert isinstance(order, ClassOrder) and order.institution == "school-a"
    page = text_of(school.get(CLASS))
    assert page.count("等待中") == 2 and "从未向本中心报告" in page
    with centre.store.read() as tx:
        sealed, _ = order_of(tx, "welder-1")
    box.genesis()
    box.append(Alarm("order.refused", {"order": "0" * 64, "code": "not_newer"}), MORNING)
    box.append(Alarm("order.refused", {"order": sealed.hash, "code": "unknown_policy"}), MORNING)
    centre.collector().take(box.messages())
    page = text_of(school.get(CLASS))
    assert "拒绝 终端盒没有该版本的政策" in page and "终端盒已有" not in page
    box.append(OrderAccepted("welder-1", sealed.hash), MORNING + 1)
    centre.collector().take(box.messages()[-1:])
    page = text_of(school.get(CLASS))
    assert "已接受" in page and "拒绝" not in page
    assert "已接受的终端盒：1/2" in text_of(school.get("/plans"))
    assert "没有变更" in text_of(school.get(f"{CLASS}/publish"))
    assert post(school, f"{CLASS}/publish").status_code == 422


def test_who_joins_and_leaves_has_reason_approver_and_time(
    centre: Centre, plans: Plans, clock: FixedClock, school: TestClient
) -> None:
    why = {"reason": "搬到外地", "approver": "王主任"}
    assert "尚未下达" in post(school, f"{CLASS}/events/leaves", person="张伟", effective="2026-03-05T08:00", **why).text
    publish(school)
    leaving = {"person": plans.person("welder-1", "张伟"), "effective": "2026-03-05T08:00", **why}
    for wrong in ({"effective": "2026-02-01T08:00"}, {"effective": ""}, {"reason": ""}, {"person": ""}):
        answer = post(school, f"{CLASS}/events/leaves", **{**leaving, **wrong})
        assert answer.status_code == 422 and ("搬到外地" in answer.text or "reason" in wrong)
    assert post(school, f"{CLASS}/events/leaves", **leaving).headers["location"] == f"{CLASS}#changes"
    newcomer = {"name": "赵敏", "document": "身份证", "number": number(4), "effective": "2026-03-01T12:00", **why}
    answer = post(school, f"{CLASS}/events/joins", **{**newcomer, "number": number(4)[:-1]})
    assert answer.status_code == 422 and "证件号码" in answer.text and number(4)[:-1] not in answer.text
    assert post(school, f"{CLASS}/events/joins", **newcomer).status_code == 303
    late = {**newcomer, "name": "Maria", "document": "护照", "number": "C01X00T47", "effective": "2026-03-03T08:00"}
    assert post(school, f"{CLASS}/events/joins", **late).status_code == 303
    swap = {**late, "person": plans.person("welder-1", "王芳"), "number": "C01X00T48", "name": "孙丽"}
    assert post(school, f"{CLASS}/events/instead", **swap).status_code == 303
    assert [one.kind for one in plans.show("welder-1").draft.events] == [
        "withdrawal", "enrolment", "late_entry", "substitution"]
    assert post(school, f"{CLASS}/undo", number="3").status_code == 303
    for bad in ("9", "x", "", "²"):
        assert post(school, f"{CLASS}/undo", number=bad).status_code == 422
    leave = {"person": plans.person("welder-1", "李娜"), "start": "2026-03-02T08:00", "end": "2026-03-02T18:00", **why}
    assert post(school, f"{CLASS}/leave", **{**leave, "end": "2026-03-01T18:00"}).status_code == 422
    assert post(school, f"{CLASS}/leave", **leave).status_code == 303
    page = text_of(school.get(CLASS))
    assert "张伟 退班" in page and "请假 2026年3月2日 08:00 – 2026年3月2日 18:00 · 尚未下达" in page
    publish(school)
    assert [type(one) for one in (*bodies(centre, "roster.event"), *bodies(centre, "leave"))] == [
        RosterEvent, RosterEvent, RosterEvent, Leave]
    assert "尚未下达" not in text_of(school.get(CLASS))


def test_what_has_begun_is_shown_and_not_changed(centre: Centre, clock: FixedClock, school: TestClient) -> None:
    publish(school)
    clock.utc_us = MORNING + 60_000_000
    become(school, session_of(centre, "institution", "school-a"))
    page = school.get(CLASS).text
    assert f'href="{CLASS}/hours/h1"' not in page and f'href="{CLASS}/hours/h2"' in page and "08:30–09:15" in page
    answer = post(school, f"{CLASS}/hours/h1", do="remove")
    assert answer.status_code == 422 and "已开始" in alert(answer)


def test_a_refused_plan_says_why_everywhere_and_has_no_button(
    centre: Centre, clock: FixedClock, school: TestClient
) -> None:
    clock.utc_us = MORNING + 60_000_000
    become(school, session_of(centre, "institution", "school-a"))
    for path in (CLASS, f"{CLASS}/publish"):
        page = school.get(path).text
        assert "目前不能下达" in page and "h1" in page
        assert "签发第" not in page and f'href="{CLASS}/publish"' not in page
    answer = post(school, f"{CLASS}/publish")
    assert answer.status_code == 422 and "未予接收" in alert(answer)


def test_what_the_rules_would_say_is_shown(plans: Plans, school: TestClient) -> None:
    plans.take(spec("welder-2", ("box-2",), institution="school-a", policy="sanmenxia-2023"),
               schedule("2026-04-02,08:30,09:15,理论"), roster("张伟", "陈老师"))
    publish(school)
    page = text_of(school.get("/plans/welder-2"))
    assert "O4" in page and "不得重叠参加培训 O8 参加过班次 welder-1（班次 welder-1），尚未考核：张伟" in page


def test_of_a_class_of_others_only_that_there_is_one(centre: Centre, plans: Plans, school: TestClient) -> None:
    plans.take(spec("secret-9", ("box-1",), institution="school-b", title="别人的班", policy="sanmenxia-2023"),
               schedule(), roster("张伟", "陈老师"))
    plans.publish("secret-9", None)
    plans.take(spec(policy="sanmenxia-2023"), None, None)
    for answer in (school.get(CLASS), school.get(f"{CLASS}/publish"), post(school, f"{CLASS}/publish")):
        assert "secret-9" not in answer.text and "别人的班" not in answer.text
        assert "其他机构的班次" in answer.text
    page = text_of(school.get(CLASS))
    assert "终端盒 box-1 在 h1（2026年3月2日 08:30）期间录制其他机构的班次" in page
    assert "O8 参加过其他机构的班次，尚未考核：张伟" in page
    assert "secret-9" in signed_in(centre).get(CLASS).text


# --- people


def test_of_an_id_number_the_end_is_shown_to_those_who_manage(centre: Centre, plans: Plans, school: TestClient) -> None:
    ends = {name: number(order)[-4:] for name, order in PEOPLE.items()}
    mine, office = school.get(CLASS).text, signed_in(centre, "supervisor", "411200").get(CLASS).text
    assert all(f"<code>{end}</code>" in mine for end in ends.values()) and number(1) not in mine
    assert "张伟" in office and not any(end in office for end in ends.values())
    assert f"{CLASS}/publish" not in office and "<form" not in office.split("<main")[1]
    person = plans.person("welder-1", "张伟")
    assert f"…{ends['张伟']}" in school.get(f"{CLASS}/forget?person={person}").text
    assert post(school, f"{CLASS}/forget", person=person).headers["location"] == f"{CLASS}#people"
    assert ends["张伟"] not in school.get(CLASS).text and "未保存" in school.get(CLASS).text
    assert post(school, f"{CLASS}/forget", person="p-0").status_code == 422


def test_a_centre_that_lost_the_key_of_the_numbers_still_plans(centre: Centre, school: TestClient) -> None:
    (centre.folder / "keys/people.key").write_bytes(b"k" * 32)
    page = school.get(CLASS)
    assert page.status_code == 200 and page.text.count("<code>?</code>") == len(PEOPLE)
    assert post(school, f"{CLASS}/add", **HOUR).status_code == 303


def test_a_look_at_a_plan_is_on_record(centre: Centre, school: TestClient) -> None:
    before = bodies(centre, "look.centre")
    school.get(CLASS)
    school.get(f"{CLASS}/add")
    (look,) = [one for one in bodies(centre, "look.centre") if one not in before]
    assert isinstance(look, CentreLook)
    assert (look.account, look.what, look.class_id) == ("institution-school-a", "plan", "welder-1")
    assert "班次计划及人员" in signed_in(centre).get("/audit").text


def test_discarding_forgets_a_draft_and_leaves_what_is_published(plans: Plans, school: TestClient) -> None:
    publish(school)
    post(school, f"{CLASS}/add", **HOUR)
    assert "从未下达" not in school.get(f"{CLASS}/discard").text
    assert post(school, f"{CLASS}/discard").headers["location"] == CLASS
    assert len(plans.show("welder-1").draft.hours) == 3
    upload(school, "/plans/new", tables(), class_id="welder-2", title="x", policy="demo")
    assert send(school, "/plans/welder-2/discard", version="1").headers["location"] == "/plans"
    assert school.get("/plans/welder-2").status_code == 404
    assert send(school, "/plans/welder-2/discard", version="1").status_code == 404


# --- scope


def test_a_draft_of_somebody_else_is_not_there(centre: Centre, plans: Plans, school: TestClient) -> None:
    other, absent = signed_in(centre, "institution", "school-b"), CLASS.replace("welder-1", "welder-7")
    for path in ("", "/add", "/hours/h1", "/publish", "/schedule.xlsx", "/forget", "/events/joins"):
        one, none = other.get(CLASS + path), other.get(absent + path)
        assert one.status_code == none.status_code == 404
        assert one.text.replace("welder-1", "welder-7") == none.text
    for path in ("/publish", "/discard", "/forget", "/tables", "/undo"):
        assert send(other, CLASS + path, version="1", person="张伟").status_code == 404
    assert "welder-1" not in other.get("/plans").text and "welder-1" in school.get("/plans").text
    for role, scope, there in (
        ("supervisor", "411200", True), ("supervisor", "411300", False), ("administrator", None, True),
    ):
        client = signed_in(centre, role, scope)
        assert client.get(CLASS).status_code == (200 if there else 404)
        assert ("welder-1" in client.get("/plans").text) == there
    assert signed_in(centre, "auditor", "411200").get("/plans").status_code == 403
    assert signed_in(centre, "supervisor", "411200").get(f"{CLASS}/publish").status_code == 403


def test_a_draft_cannot_take_a_class_over(centre: Centre, plans: Plans, school: TestClient) -> None:
    """The plan in force says whose a class is, whatever somebody drafts."""
    publish(school)
    plans.take(spec(institution="school-b"), None, None)
    assert signed_in(centre, "institution", "school-b").get(CLASS).status_code == 404
    assert school.get(CLASS).status_code == 200


def test_the_list_is_found_through_and_turned(
    plans: Plans, clock: FixedClock, school: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_list, "AT_ONCE", 9)
    for at in range(10):
        clock.utc_us += 1_000_000
        plans.take(spec(f"class-{at:02}", title=f"叉车 {at:02}", institution="school-a"), None, None)
    first = school.get("/plans?lang=en").text
    assert first.index("class-09") < first.index("class-08") and "welder-1" not in first and "after=9" in first
    assert "welder-1" in school.get("/plans?after=9").text
    found = school.get("/plans", params={"q": "叉车 07"}).text
    assert "class-07" in found and "class-08" not in found
    assert "No class within" in school.get("/plans", params={"q": "<none>"}).text
    assert school.get("/plans?after=-1").status_code == 404


def test_a_draft_that_was_overtaken_says_so(centre: Centre, plans: Plans, school: TestClient) -> None:
    publish(school)
    post(school, f"{CLASS}/add", **HOUR)
    with centre.store.write() as tx:
        order = published_of(tx, "welder-1").order
        assert order is not None
        centre.store.append(tx, dataclasses.replace(order, number=order.number + 1, title="另一个名称"))
    page = school.get(CLASS).text
    assert "又有新的下达" in page and "放弃草稿" in page
    answer = post(school, f"{CLASS}/hours/h4", do="remove")
    assert answer.status_code == 422
    assert post(school, f"{CLASS}/discard").status_code == 303 and "另一个名称" in school.get(CLASS).text
