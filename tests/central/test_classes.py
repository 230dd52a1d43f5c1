"""Plans and names in: what is refused in words, what becomes a signed order."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.classes.as_of import AsOf, as_of
from central.classes.orders import add_class, latest_orders, order_messages, order_of
from central.classes.plan import read_names, read_plan
from central.classes.plan_errors import DuplicateName, HoursOverlap, MissingName, NoTrainees
from central.errors import BadPlan, UnknownClass
from central.plans.errors import PlanRefused
from central.wiring import Centre
from common.policies import NoSuchPolicy, policy_bytes
from evidence.bodies import ClassOrder
from evidence.errors import BadInput, BadShape
from evidence.policy import parse_policy
from tests.central.helpers import MORNING, NAMES, PLAN, SIMULATED, Box, write_plan


def add(centre: Centre, folder: Path, plan: str = PLAN, names: str = NAMES) -> ClassOrder:
    plan_path, names_path = write_plan(folder, plan, names)
    return add_class(centre.store, centre.names, read_plan(plan_path), read_names(names_path), plan_path)


def test_local_times_become_utc_and_people_pseudonyms(centre: Centre, tmp_path: Path) -> None:
    order = add(centre, tmp_path)
    assert [(hour.hour, hour.start) for hour in order.hours] == [
        ("h1", "2026-03-02T00:30:00.000000Z"), ("h2", "2026-03-02T01:25:00.000000Z"),
        ("h3", "2026-03-02T06:00:00.000000Z"),
    ]
    with centre.store.read() as tx:
        names = centre.names.open_all("welder-1", tx.sealed_names("welder-1"))
        sealed, found = order_of(tx, "welder-1")
    assert found == order
    assert "张伟" not in sealed.payload.decode()
    assert {names[one.person].name: one.role for one in order.roster} == {
        "张伟": "trainee", "王芳": "trainee", "李娜": "trainee", "陈老师": "instructor",
    }
    assert all(one.commitment == names[one.person].commitment for one in order.roster)


def test_names_lie_encrypted_in_the_database(centre: Centre, tmp_path: Path) -> None:
    add(centre, tmp_path)
    centre.store.close()
    for file in centre.folder.glob("zaitang.db*"):
        assert "张伟".encode() not in file.read_bytes()


def test_a_second_order_keeps_pseudonyms(centre: Centre, tmp_path: Path) -> None:
    first = add(centre, tmp_path)
    second = add(centre, tmp_path, names=NAMES.replace("李娜", "赵敏"))
    assert (first.number, second.number) == (1, 2)
    old, new = ({one.person for one in order.roster} for order in (first, second))
    assert len(old & new) == 3
    with centre.store.read() as tx:
        assert latest_orders(tx)["welder-1"][1] == second


def test_an_order_waits_until_its_box_has_introduced_itself(centre: Centre, tmp_path: Path) -> None:
    add(centre, tmp_path)
    box = Box(centre)
    with centre.store.read() as tx:
        assert order_messages(tx, centre.names, "pem", ()) == {}
    box.genesis()
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        (key,) = order_messages(tx, centre.names, "pem", ())
        assert key == ("box-1", box.chain, "welder-1", 1)
        assert order_messages(tx, centre.names, "pem", {key}) == {}


@pytest.mark.parametrize("plan, names, error, words", [
    (PLAN, 'people = [{ name = "张伟" }, { name = " 张伟 " }]', DuplicateName, "张伟 stands in the list twice"),
    (PLAN, 'people = [{ name = "张伟" }, { name = "" }]', MissingName, "person number 2 has no name"),
    (PLAN, 'people = [{ role = "trainee" }]', MissingName, "person number 1 has no name"),
    (PLAN, 'people = [{ name = "陈", role = "instructor" }]', NoTrainees, "no trainee"),
    (PLAN, 'people = [{ name = "张\\u202e伟" }]', BadPlan, "cannot be seen"),
    (PLAN.replace("101 教室", "101\\u0000"), NAMES, BadPlan, "cannot be seen"),
    (PLAN, 'people = [{ name = "陈", age = 3 }]', BadShape, "names.toml: people.0.age: is not a known key"),
    (PLAN, "people = 3", BadShape, "names.toml: people: expected a list"),
    (PLAN, "people = [", BadShape, "names.toml"),
    (PLAN.replace("09:25", "09:05"), NAMES, HoursOverlap, "class-hour h2"),
    (PLAN.replace("T09:15", "T08:15"), NAMES, BadPlan, "class-hour h1 ends before it begins"),
    (PLAN.replace('"demo"', '"nowhere"'), NAMES, NoSuchPolicy, "there is no policy nowhere"),
    (PLAN.replace("boxes", "boxen"), NAMES, BadInput, "plan.toml: boxes"),
    (PLAN.replace("2026-03-02T08:30:00", '"tomorrow"'), NAMES, BadPlan, "class-hour h1: tomorrow is not a time"),
    (PLAN.replace("2026-03-02T08:30:00", "0001-01-01T00:00:00"), NAMES, BadPlan, "class-hour h1: 0001"),
    (PLAN.replace('"theory", start', '"theory", make_up = ["谁"], start', 1), NAMES, BadPlan, "谁"),
])
def test_a_bad_plan_is_one_sentence_and_nothing_is_kept(
    centre: Centre, tmp_path: Path, plan: str, names: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace(".", r"\.")):
        add(centre, tmp_path, plan, names)
    with centre.store.read() as tx:
        assert latest_orders(tx) == {}
        with pytest.raises(UnknownClass):
            order_of(tx, "welder-1")


def test_two_classes_do_not_share_a_box_at_one_time(centre: Centre, tmp_path: Path) -> None:
    add(centre, tmp_path)
    other = PLAN.replace("welder-1", "welder-2")
    with pytest.raises(PlanRefused, match="box box-1 records class welder-1"):
        add(centre, tmp_path, other)
    add(centre, tmp_path, other.replace("2026-03-02", "2026-03-03"))
    # The same class once more is no second one.
    assert add(centre, tmp_path).number == 2


def test_a_simulated_class_is_judged_as_of_its_latest_box_record(centre: Centre) -> None:
    box = Box(centre, clock=SIMULATED)
    records = [box.genesis(MORNING).record]
    with centre.store.read() as tx:
        own = tx.record(centre.store.device, centre.store.chain, 0)
    assert own is not None
    demo, strict = (parse_policy(policy_bytes(name), name) for name in ("demo", "sanmenxia-2023"))
    assert as_of([*records, own.record], demo, "centre", MORNING + 10**15) == AsOf(MORNING, True)
    assert as_of([own.record], demo, "centre", MORNING + 10**15) == AsOf(MORNING + 10**15, False)
    # A box that says so under another policy, maybe of a year to come, neither ends a notice nor makes hours over.
    assert as_of(records, strict, "centre", MORNING - 1) == AsOf(MORNING - 1, False)
