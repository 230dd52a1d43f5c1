"""A centre with boxes whose clock stands before the first lesson, and the tables of classes that are to be taught."""
from __future__ import annotations

from collections.abc import Sequence

from central.plans.plans import Plans
from central.plans.views import ClassSpec, File, Shown
from central.wiring import Centre
from evidence.bodies import Place
from evidence.times import utc_us
from tests.central.helpers import Box, FixedClock
from tests.central.plans.tables import number

BEFORE = utc_us("2026-03-01T00:00:00.000000Z")
"""08:00 in China, the day before the first lesson."""
HEADERS = "姓名,身份证号,角色"
PEOPLE = {"张伟": 1, "王芳": 2, "李娜": 3, "陈老师": 91, "刘老师": 92}
"""Name → which ID number."""
MORNING = ("2026-03-02,08:30,09:15,理论", "2026-03-02,09:25,10:10,理论", "2026-03-02,14:00,14:45,实操")


def roster(*names: str, **others: int) -> File:
    """A list of people. `others`: of people with a number of their own."""
    known = PEOPLE | others
    rows = [f"{name},{number(known[name])},{'教师' if known[name] > 90 else '学员'}"
            for name in dict.fromkeys((*names, *others))]
    return File("名单.csv", "\n".join([HEADERS, *rows]).encode())


def schedule(*rows: str, headers: str = "日期,开始时间,结束时间,课程类型") -> File:
    """A schedule of one row each."""
    return File("课程表.csv", "\n".join([headers, *(rows or MORNING)]).encode())


def spec(class_id: str = "welder-1", boxes: Sequence[str] = ("box-1",), **changes: object) -> ClassSpec:
    """What no table says."""
    places = tuple(Place(box, f"{box[-1]}01 教室") for box in boxes)
    told = {"title": f"班次 {class_id}", "policy": "demo", "boxes": places} | changes
    return ClassSpec(class_id, **told)  # type: ignore[arg-type]


def same(class_id: str = "welder-1") -> ClassSpec:
    """A class of which only the tables change."""
    return ClassSpec(class_id)


def boxes(centre: Centre, *names: str) -> list[Box]:
    """Boxes that the centre knows."""
    return [Box(centre, name) for name in names]


def drafted(plans: Plans, class_id: str = "welder-1", box: str = "box-1", *rows: str) -> Shown:
    """A class of three trainees and two teachers, drafted."""
    return plans.take(spec(class_id, (box,)), schedule(*rows), roster(*PEOPLE))


def taught(plans: Plans, clock: FixedClock, class_id: str = "welder-1", box: str = "box-1") -> None:
    """A class that is published."""
    drafted(plans, class_id, box)
    plans.publish(class_id, None)
