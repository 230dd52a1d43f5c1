"""A supervising office in its daily work, with something on every page of the console: invented people, drawn video."""
from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

from fastapi.testclient import TestClient

from central.accounts.people import Actor
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import tell
from central.classes.survey import close_survey, draw_ticket, open_survey, take_answer
from central.devices.introductions import Named, code_of
from central.ingest.collector import Message
from central.plans.roster_changes import Why
from central.store.letters import Asked
from central.web.app import create_app
from central.wiring import Centre, init_centre
from evidence.bodies import SessionStart
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.own_links import HOLDS_US, OwnLink, link_text, seal_own_link
from evidence.records import Stamp
from evidence.times import HOUR, MINUTE, SECOND, utc_text, utc_us
from tests.central.case_pages import BASE, CLASS, PRACTICE, SCHOOL, belongs, send_files, shown
from tests.central.console import HERE, become, send, session_of
from tests.central.course import AWAY, Course
from tests.central.helpers import Box, FixedClock, put, segment_of, write_plan
from tests.central.new_machines import key_of, machine
from tests.central.plans.making import PEOPLE as LISTED
from tests.central.plans.making import roster, schedule, spec

NOW = utc_us("2026-03-04T01:55:00.000000Z")
"""09:55 in China, the day after the course of the welders."""
PASSWORD = "correct horse battery"
NEW_BOX, CLAIMED_BOX = machine(101, "100000003d1d1c36"), machine(102, "100000007ac04e51")
COOK = """\
class = "cook-1"
title = "中式面点师 2026 年第 1 期"
institution = "school-a"
policy = "demo"
boxes = [{ device = "box-2", room = "烹饪实训室" }]
hours = [
  { kind = "practical", start = 2026-03-04T09:30:00, end = 2026-03-04T10:15:00 },
  { kind = "practical", start = 2026-03-05T09:30:00, end = 2026-03-05T10:15:00 },
]
"""
COOKS = 'people = [{ name = "孙丽" }, { name = "周强" }, { name = "吴敏" }, { name = "郑老师", role = "instructor" }]'
DAYS = ("2026-03-09,08:30,09:15,理论", "2026-03-09,09:25,10:10,理论", "2026-03-10,14:00,14:45,实操",
        "2026-03-11,14:00,14:45,线上")
WRONG = ("2026-03-09,x,09:15,理论", "2026-03-09,09:25,10:10,啥")
EARLIER = """\
rule = "O8"
source = "省技能人才管理服务信息系统"
[o8]
earlier = [{ person = "王芳", training = "中式面点师 2025-11", assessed = 2026-02-20 }]
"""
FREE, HARDLY = 200 << 30, 2 << 30


@dataclasses.dataclass
class Office:
    """The centre, and what browsers need to get at all of its pages. `open_link`: of a trainee's record, not
    opened; `ticket`: of a survey; `welcome`: of a new account."""

    centre: Centre
    clock: FixedClock
    course: Course
    open_link: str
    ticket: str
    welcome: str
    code: str
    """The cookie of somebody who is asked for a code."""
    taught: Box
    """The box in the room of the class that is taught now."""

    def new_link(self) -> str:
        """A link of a trainee's own record that nobody has opened."""
        link = OwnLink(1, "box-1", CLASS, self.course.persons[AWAY], utc_text(self.clock.utc_us + HOLDS_US),
                       secrets.token_hex(16))
        return link_text(seal_own_link(link, self.course.box.signer))


def open_office(folder: Path) -> Office:
    """Everything that there is to see."""
    clock = FixedClock(NOW - HOUR)
    centre = init_centre(folder / "centre", test_keys=True, clock=clock, lang="zh")
    course = Course(centre, folder)
    course.play()
    belongs(centre, folder)
    desk = centre.account_desk()
    desk.put_institution("school-b", "灵宝市现代技工学校", "411282", None)
    for name, role, scope in (("wang", "supervisor", "411200"), ("zhao", "supervisor", "411200"),
                              ("school", "institution", SCHOOL), ("province", "auditor", "410000"),
                              ("admin", "administrator", None), ("former", "supervisor", "411202")):
        desk.add(name, role, scope, None, PASSWORD)
    desk.disable("former", "admin")
    taught = _running(course, folder, clock)
    _plans(centre)
    _said(centre)
    desk.make_token("wang", "省级平台", "wang")
    _new_boxes(centre)
    with centre.store.write() as tx:
        tx.put_asked(Asked("zhao", "zhao@office.example", "zh", "urgent", "417203", NOW, 5))
    desk.add("new", "supervisor", "411202", "admin")
    office = Office(centre, clock, course, "", _survey(centre, clock), desk.link("new", "admin"), _codes(centre),
                    taught)
    office.open_link = office.new_link()
    return office


def _new_boxes(centre: Centre) -> None:
    """A machine that shows its code, and one that the school has claimed."""
    welcome = centre.welcome()
    for one in (NEW_BOX, CLAIMED_BOX):
        welcome.introduce(one, "10.12.3.57")
    named = Named("box-204", "实训楼 204", SCHOOL, "sanmenxia-2023", "zh")
    welcome.claim(code_of(CLAIMED_BOX), key_of(CLAIMED_BOX), named, "school", False)


def client(centre: Centre, name: str) -> TestClient:
    """Somebody who has an account here, logged in."""
    made = TestClient(create_app(centre), base_url=HERE)
    become(made, session_of(centre, name=name))
    return made


def _running(course: Course, folder: Path, clock: FixedClock) -> Box:
    """A class that is taught now; its box is nearly full. A box that nobody hears. A message that nobody signed."""
    centre = course.centre
    paths = write_plan(folder, COOK, COOKS)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    box, start = Box(centre, "box-2", chain="cd" * 16), NOW - 26 * MINUTE
    box.genesis(NOW - 2 * HOUR)
    box.append(SessionStart("cook-1", "s-1", "button"), start)
    film = course.film(30)
    put(centre, film)
    box.append(segment_of(film, NOW - 16 * MINUTE, 900, class_id="cook-1"), NOW - MINUTE)
    spare = Box(centre, "box-3", chain="ef" * 16)
    spare.genesis(NOW - 3 * HOUR)
    collector, clock.utc_us = centre.collector(), NOW - 50 * MINUTE
    collector.pulse.listen()
    collector.take([*spare.messages(), _beat(spare, FREE), Message("box-3", b"{}")])
    clock.utc_us = NOW - SECOND
    collector.take([*box.messages(), _beat(box, HARDLY), _beat(course.box, FREE)])
    collector.pulse.tell_silent(10)
    clock.utc_us = NOW
    return box


def _beat(box: Box, free: int) -> Message:
    head = box.sealed[-1]
    made = heartbeat_of(head, Stamp("b0", head.record.mono_us, head.record.utc_us, box.clock), 0, {"recordings": free})
    return Message(box.device, seal_heartbeat(made, box.signer), "heartbeats")


def _plans(centre: Centre) -> None:
    """A published class with changes that are not, a draft, a draft that cannot be published."""
    plans = centre.plans()
    told = spec("welder-2", ("box-3",), title="焊工（初级）2026 年第 4 期", institution=SCHOOL, policy="sanmenxia-2023")
    plans.take(told, schedule(*DAYS), roster(*LISTED))
    plans.publish("welder-2", None)
    plans.event("welder-2", None, "withdrawal", "张伟", None, NOW + HOUR, Why("搬到外地", "王主任"))
    told = dataclasses.replace(told, class_id="welder-3", title="焊工（初级）2026 年第 5 期")
    plans.take(told, schedule(*DAYS), roster(*LISTED))


def _said(centre: Centre) -> None:
    """A review, a first decision, an objection with its answer and one without, inspections, a fact from elsewhere."""
    wang, zhao, school = (client(centre, name) for name in ("wang", "zhao", "school"))
    send(zhao, f"{BASE}/blocks/{PRACTICE}/review", answer="missing", reason="整段看过，未见该学员")
    inspection = {"start": "2026-03-02T14:10", "end": "2026-03-02T14:20", "place": "101 教室", "teachers": "1",
                  "headcount": "5", "inspector": "王建国", "typed": "王建国", "kind": "field"}
    morning = {"start": "2026-03-02T08:40", "end": "2026-03-02T09:00", "headcount": "6", "kind": "opening"}
    facts = {"facts": ("o8.toml", EARLIER.encode())}
    answers = [
        send(wang, f"{BASE}/inspections", **inspection),
        send(wang, f"{BASE}/inspections", **inspection | morning, workplaces="12", remark="设备齐全", numbers="1107"),
        send_files(wang, f"{BASE}/facts", facts),
        send(school, f"{BASE}/objections", source="school", person="", text="学员实操时戴防护面罩，请据此核对。"),
        send(zhao, f"{BASE}/objections/o-1", how="rejected", text="已逐段核对，该时段内没有此人。"),
    ]
    answers += [
        send(wang, f"{BASE}/decision", stage="first", answer="withdraw", reason="三次录像均未显示全员",
             findings=shown(wang.get(f"{BASE}/decision"), "findings")),
        send(school, f"{BASE}/objections", source="school", person="", text="3 月 2 日下午该学员在隔壁工位，请再看。"),
    ]
    assert [one.status_code for one in answers] == [303] * len(answers)


def _codes(centre: Centre) -> str:
    """A session of somebody whose app is asked for a code, the password being right."""
    desk, door = centre.account_desk(), centre.door()
    desk.add("chen", "supervisor", "411200", None, PASSWORD)
    actor = Actor("chen", "supervisor", "411200")
    desk.totp_on("chen", door.offer_codes(actor)[1], 0, "chen")
    return door.enter("chen", PASSWORD, "127.0.0.1").token


def _survey(centre: Centre, clock: FixedClock) -> str:
    """One that is closed, with answers, and one that runs; a ticket of that."""
    with centre.store.read() as tx:
        told = tell(centre.store, tx, CLASS, clock.utc_us)
    wang = Actor("wang", "supervisor", "411200")
    people = sorted(one.person for one in told.order.roster)
    open_survey(centre.store, told, "page", "", False, wang, clock.utc_us)
    for number, person in enumerate(people):
        ticket = draw_ticket(centre.store, told, person, clock.utc_us)
        marks = list("45545" if number else "33242")
        take_answer(centre.store, ticket, marks, "实操时间可以再多一些" if number == 1 else "", clock.utc_us)
    close_survey(centre.store, CLASS, "wang", clock.utc_us)
    open_survey(centre.store, told, "page", "", False, wang, clock.utc_us)
    return draw_ticket(centre.store, told, people[0], clock.utc_us)

