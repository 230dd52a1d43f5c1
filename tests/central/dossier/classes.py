"""Classes made of records alone, and their dossiers: with a flag, in two rooms, and one of which nothing is known."""
from __future__ import annotations

import base64
import functools
from collections.abc import Mapping

from central.classes.as_of import AsOf
from central.classes.stories import Told
from central.dossier.facts import facts_of
from central.dossier.shape import Facts, Proof
from evidence.rules import findings
from tests.evidence.course import Course, at, sha

AS_OF = "2026-04-01 08:00"
NAMES = {"t-1": "张伟", "t-2": "王芳", "t-3": "李娜", "t-4": "欧阳明月", "teacher": "陈老师"}
PROOF = Proof(f"zaitang/{sha('root')}/centre", 4711, base64.b64encode(bytes.fromhex(sha("tree"))).decode(), at(AS_OF),
              "zaitang/centre+00000000+key", sha("root"), "http://127.0.0.1:8470/log/checkpoint?size=4711")


def told_of(course: Course, as_of: str = AS_OF) -> Told:
    story = course.story()
    found = findings(story, course.policy, at(as_of))
    return Told(story.order, course.policy, story, AsOf(at(as_of), False), found, 0)


def dossier(course: Course, names: Mapping[str, str] = NAMES, as_of: str = AS_OF) -> Facts:
    return facts_of(told_of(course, as_of), names, sha("order"), None, PROOF, lambda sha256: True)


def signs_in(course: Course, day: str, hour: int, people: tuple[str, ...], box: str = "box-1") -> None:
    for number, person in enumerate(people):
        course.check_in(person, f"{day} {hour - 1:02}:{50 + number}", box=box)


def flagged_course() -> Course:
    """Four half-days; `t-4` comes to the first one only. One leave, one make-up lesson, one PIN, one gap."""
    course = Course()
    days = [("2026-03-02", 8), ("2026-03-02", 14), ("2026-03-03", 8), ("2026-03-03", 14)]
    for day, hour in days:
        course.half_day(day, "am" if hour == 8 else "pm", "theory" if hour == 8 else "practical")
    course.hour("2026-03-05 08:00", "08:45", make_up=("t-4",))
    course.hour("2026-03-06 08:00", "08:45", "online")
    course.order()
    for number, (day, hour) in enumerate(days):
        people = course.trainees if number == 0 else course.trainees[:3]
        signs_in(course, day, hour, (*people, "teacher"))
        if number == 2:
            course.film(f"{day} {hour - 1:02}:58", f"{hour:02}:20", people)
            course.film(f"{day} {hour:02}:30", f"{hour + 1:02}:42", people)
        else:
            course.film(f"{day} {hour - 1:02}:58", f"{hour + 1:02}:42", people)
    course.leave("t-4", "2026-03-02 13:00", "2026-03-02 18:00")
    course.pin("t-4", "2026-03-05 07:55")
    course.film("2026-03-05 07:58", "08:47", ("t-4",))
    return course


def two_rooms() -> Course:
    """Theory in one room, practice in another, both boxes of one class."""
    course = Course(boxes=("box-1", "box-2"), rooms={"box-1": "101 教室", "box-2": "实训车间"})
    course.half_day("2026-03-02", "am", "theory")
    course.half_day("2026-03-02", "pm")
    course.order()
    for hour, box in ((8, "box-1"), (14, "box-2")):
        signs_in(course, "2026-03-02", hour, course.trainees, box)
        course.film(f"2026-03-02 {hour - 1:02}:58", f"{hour + 1:02}:42", box=box)
    return course


def nothing() -> Course:
    """A plan, and no record of any box that says anything."""
    course = Course()
    course.half_day("2026-03-02")
    course.order()
    return course


@functools.cache
def flagged() -> Facts:
    return dossier(flagged_course())
