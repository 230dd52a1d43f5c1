"""From two tables to a signed order, and on: drafts, versions, roster events, leave, refusals, acceptance."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from central.classes.orders import order_messages, order_of
from central.plans.draft import DraftHour, add_hours, change_class, move_hour, remove_hour
from central.plans.errors import (
    BadText,
    BoxTaken,
    DraftChanged,
    HourPast,
    LeaveLate,
    NoDraft,
    NothingToPublish,
    OffRoster,
    PersonElsewhere,
    PlanError,
    PlanRefused,
    PolicyBegun,
    Retroactive,
    RosterPublished,
    TeacherElsewhere,
    UnknownBoxHere,
    UnknownInstitution,
)
from central.plans.ids import IdNumber
from central.plans.overlaps import Earlier
from central.plans.plans import Plans
from central.plans.roster_changes import Why, add_leave
from central.plans.table_errors import FileRefused
from central.plans.views import File
from central.web.plan_view import plan_view
from central.wiring import Centre
from common.texts import words
from evidence.bodies import ClassOrder, Leave, OrderAccepted, Place, RosterEvent, body_of
from evidence.times import HOUR, MINUTE, utc_text
from tests.central.helpers import MORNING, FixedClock
from tests.central.plans.making import BEFORE, PEOPLE, boxes, drafted, roster, same, schedule, spec, taught
from tests.central.plans.tables import number

DAY = 24 * HOUR
WHY = Why("搬到外地", "王主任")


def bodies(centre: Centre, type_: str) -> list[object]:
    with centre.store.read() as tx:
        return [body_of(one.record) for one in tx.of_type(type_)]


def refused(plans: Plans, class_id: str) -> set[type[PlanError]]:
    with pytest.raises(PlanRefused) as error:
        plans.publish(class_id, None)
    assert {type(one) for one in plans.show(class_id).refusals} == {type(one) for one in error.value.problems}
    return {type(one) for one in error.value.problems}  # type: ignore[misc]


def person(plans: Plans, name: str, class_id: str = "welder-1") -> str:
    return plans.person(class_id, name)


def test_two_tables_become_a_draft_and_the_draft_a_signed_order(centre: Centre, plans: Plans) -> None:
    shown = drafted(plans)
    assert (shown.version, shown.refusals) == (1, ())
    assert [one.code for one in shown.changes] == ["new", "box_added", *["hour_added"] * 3, *["listed"] * 5]
    assert bodies(centre, "order.class") == []
    done = plans.publish("welder-1", shown.version)
    assert (done.order, done.fresh, done.events, done.leaves) == (1, True, 0, 0)
    (order,) = bodies(centre, "order.class")
    assert isinstance(order, ClassOrder)
    assert [(hour.hour, hour.kind, hour.start) for hour in order.hours] == [
        ("h1", "theory", "2026-03-02T00:30:00.000000Z"), ("h2", "theory", "2026-03-02T01:25:00.000000Z"),
        ("h3", "practical", "2026-03-02T06:00:00.000000Z")]
    names = plans.show("welder-1").names
    assert [(names[one.person], one.role) for one in order.roster] == [
        ("张伟", "trainee"), ("王芳", "trainee"), ("李娜", "trainee"), ("陈老师", "instructor"),
        ("刘老师", "instructor")]
    with pytest.raises(NothingToPublish):
        plans.publish("welder-1", None)


def test_a_box_gets_the_order_with_its_names_and_its_acceptance_is_seen(
    centre: Centre, plans: Plans, clock: FixedClock
) -> None:
    box = boxes(centre, "box-3")[0]
    plans.take(spec(boxes=("box-3",)), schedule(), roster(*PEOPLE))
    plans.publish("welder-1", None)
    assert [(one.device, one.accepted, one.since_us, one.introduced) for one in plans.state("welder-1")[1]] == [
        ("box-3", False, BEFORE, False)]
    box.genesis()
    with centre.store.read() as tx:
        sealed, _ = order_of(tx, "welder-1")
    box.append(OrderAccepted("welder-1", sealed.hash), MORNING)
    centre.collector().take(box.messages())
    number_, (state,) = plans.state("welder-1")
    assert (number_, state.accepted, state.since_us, state.introduced) == (1, True, MORNING, True)
    with centre.store.read() as tx:
        (message,) = order_messages(tx, centre.names, "pem", ()).values()
    assert message.topic == "zaitang/v1/box-3/orders/welder-1"


def test_no_id_number_leaves_the_two_columns_that_hold_it(centre: Centre, plans: Plans) -> None:
    taught(plans, FixedClock(BEFORE))
    with centre.store.read() as tx:
        kept, (draft,) = tx.numbers("welder-1"), tx.drafts()
        envelopes = b"".join(one.envelope for one in tx.of_type("order.class"))
    assert len(kept) == len(PEOPLE)
    centre.store.close()
    secrets = [number(order) for order in PEOPLE.values()]
    everything = b"".join(file.read_bytes() for file in centre.folder.glob("zaitang.db*")) + envelopes
    assert not any(one.encode() in everything or one in draft.body for one in secrets)
    assert "张伟" not in draft.body and "张伟".encode() not in everything
    assert (centre.folder / "keys/people.key").stat().st_mode & 0o777 == 0o600


def test_a_dry_run_keeps_nothing(centre: Centre, plans: Plans) -> None:
    shown = plans.take(spec(), schedule(), roster(*PEOPLE), keep=False)
    assert len(shown.draft.people) == len(PEOPLE) and shown.names
    with pytest.raises(NoDraft):
        plans.show("welder-1")
    with centre.store.read() as tx:
        assert (tx.drafts(), tx.sealed_names("welder-1"), tx.numbers("welder-1")) == ([], {}, {})


def test_mistakes_of_both_tables_are_told_together_and_nothing_is_kept(plans: Plans) -> None:
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), schedule("2026-03-02,x,09:15,理论"), File("名单.csv", "姓名,身份证号\n张伟,1".encode()))
    assert [str(one.params["sheet"]) for one in error.value.problems] == ["名单.csv", "课程表.csv"]
    headers = "日期,开始时间,结束时间,课程类型,地点,教师,补课学员"
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), schedule("2026-02-02,08:30,09:15,理论,201 教室,张伟,谁", headers=headers), roster(*PEOPLE))
    assert sorted(words(one, "en") for one in error.value.problems) == [
        "课程表.csv, row 2, 地点: 201 教室 is none of the rooms of the class: 101 教室",
        "课程表.csv, row 2, 教师: no instructor of the class is called 张伟",
        "课程表.csv, row 2, 日期: this class-hour has begun already: only class-hours to come can be planned",
        "课程表.csv, row 2, 补课学员: nobody in the class is called 谁",
    ]
    with pytest.raises(NoDraft):
        plans.show("welder-1")


def told_of(error: FileRefused) -> list[str]:
    return [words(one, "en") for one in error.problems]


def test_mistakes_do_not_come_in_rounds(plans: Plans) -> None:
    """Of each cell that can be read all is told at once, whatever is wrong beside it."""
    headers = "日期,开始时间,结束时间,课程类型,地点,教师,补课学员"
    rows = ("2026-02-02,x,09:15,理论,201 教室,张伟,谁", "2026-03-02,08:30,09:15,啥,301 教室,陈老师,",
            "2026-02-03,08:30,09:15,理论,101 教室,无名,")
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), schedule(*rows, headers=headers), roster(*PEOPLE))
    assert [one.partition(", row ")[2].partition(": ")[0] for one in told_of(error.value)] == [
        "2, 开始时间", "2, 补课学员", "2, 教师", "2, 地点", "3, 课程类型", "4, 教师", "4, 日期"]
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), schedule(*rows, headers=headers), File("名单.csv", "姓名,身份证号\n张伟,1".encode()))
    assert [one.partition(", row ")[2].partition(": ")[0] for one in told_of(error.value)] == [
        "2, 身份证号", "2, 开始时间", "2, 地点", "3, 课程类型", "4, 日期"], "nobody knows who is in the class"
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), schedule(*rows), File("名单.csv", b"a,b\n1,2"))
    assert len(told_of(error.value)) > 3 and "名单.csv" in told_of(error.value)[0]
    with pytest.raises(NoDraft):
        plans.show("welder-1")


def test_a_class_that_is_refused_is_told_with_what_is_wrong_in_its_tables(plans: Plans) -> None:
    wrong = dataclasses.replace(spec(), title=" ")
    with pytest.raises(BadText):
        plans.take(wrong, schedule(), roster(*PEOPLE))
    with pytest.raises(FileRefused) as error:
        plans.take(wrong, schedule("2026-03-02,x,09:15,理论"), File("名单.csv", "姓名\n张伟".encode()))
    assert isinstance(error.value.problems[0], BadText) and len(error.value.problems) >= 3


def test_all_columns_that_lack_are_named(plans: Plans) -> None:
    with pytest.raises(FileRefused) as error:
        plans.take(spec(), File("课程表.csv", "日期,地点\n2026-03-02,101 教室".encode()), roster(*PEOPLE))
    assert [one.params["column"] for one in error.value.problems] == ["开始时间", "结束时间", "课程类型"]


def test_an_import_again_keeps_pseudonyms_by_number_and_forgets_who_is_gone(centre: Centre, plans: Plans) -> None:
    before = drafted(plans).names
    again = plans.take(spec(), None, roster("王芳", "陈老师", 张炜=1, 赵敏=4))
    pseudonyms = {name: person for person, name in before.items()}
    assert again.names[pseudonyms["张伟"]] == "张炜" and again.names[pseudonyms["王芳"]] == "王芳"
    assert set(again.names.values()) == {"王芳", "陈老师", "张炜", "赵敏"}
    with centre.store.read() as tx:
        assert set(tx.numbers("welder-1")) == set(tx.sealed_names("welder-1")) == set(again.names)


def test_namesakes_get_names_of_their_own_and_keep_them(plans: Plans) -> None:
    def called(*rows: str) -> dict[str, str]:
        shown = plans.take(spec(), None, File("a.csv", "\n".join(["姓名,身份证号", *rows]).encode()))
        return {shown.names[one.person]: one.person for one in shown.draft.people}

    drafted(plans)
    first = called(f"张伟,{number(5)}", f"张伟,{number(6)}")
    assert set(first) == {"张伟（1）", "张伟（2）"}
    second = called(f"张伟,{number(6)}", f"张伟,{number(7)}", f"张伟,{number(5)}")
    assert {name: second[name] for name in first} == first and set(second) - set(first) == {"张伟"}


def test_who_was_slower_changes_nothing(plans: Plans) -> None:
    seen = drafted(plans)
    plans.edit("welder-1", seen.version, lambda draft, _, __: change_class(draft, title="新标题"))
    with pytest.raises(DraftChanged):
        plans.edit("welder-1", seen.version, lambda draft, _, __: change_class(draft, title="另一个"))
    with pytest.raises(DraftChanged):
        plans.publish("welder-1", seen.version)
    assert plans.show("welder-1").draft.title == "新标题"


def test_class_hours_to_come_are_moved_added_and_removed_and_past_ones_stay(
    centre: Centre, plans: Plans, clock: FixedClock
) -> None:
    taught(plans, clock)
    clock.utc_us = BEFORE + DAY + 45 * MINUTE  # 08:45 on the first day
    for change in (lambda draft, _, now: remove_hour(draft, "h1", now),
                   lambda draft, _, now: move_hour(draft, "h1", utc_text(now + HOUR), utc_text(now + 2 * HOUR), now),
                   lambda draft, _, now: move_hour(draft, "h3", utc_text(now - MINUTE), utc_text(now + HOUR), now)):
        with pytest.raises(HourPast):
            plans.edit("welder-1", None, change)
    later = utc_text(BEFORE + 2 * DAY), utc_text(BEFORE + 2 * DAY + HOUR)
    plans.edit("welder-1", None, lambda draft, _, now: move_hour(draft, "h3", *later, now))
    plans.edit("welder-1", None, lambda draft, _, now: remove_hour(draft, "h2", now))
    fresh = DraftHour("", "practical", utc_text(BEFORE + 3 * DAY), utc_text(BEFORE + 3 * DAY + HOUR))
    shown = plans.edit("welder-1", None, lambda draft, _, now: add_hours(draft, [fresh], now))
    assert [one.code for one in shown.changes] == ["hour_removed", "hour_moved", "hour_added"]
    assert plans.publish("welder-1", shown.version).order == 2
    last = bodies(centre, "order.class")[-1]
    assert isinstance(last, ClassOrder) and [one.hour for one in last.hours] == ["h1", "h3", "h4"]


def test_a_schedule_again_keeps_ids_and_what_was_taught(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    clock.utc_us = BEFORE + DAY + 45 * MINUTE
    rows = ("2026-03-02,08:30,09:15,理论", "2026-03-02,14:00,14:45,实操", "2026-03-03,08:30,09:15,实操")
    shown = plans.take(same(), schedule(*rows), None)
    assert [(one.code, one.params["hour"]) for one in shown.changes] == [("hour_removed", "h2"), ("hour_added", "h4")]
    for wrong in (rows[1:], (rows[0].replace("理论", "实操"), *rows[1:])):
        with pytest.raises(HourPast):
            plans.take(same(), schedule(*wrong), None)


def test_roster_events_go_on_record_with_the_plan_that_follows(
    centre: Centre, plans: Plans, clock: FixedClock
) -> None:
    taught(plans, clock)
    clock.utc_us = BEFORE + DAY + 5 * HOUR  # after the morning
    plans.event("welder-1", None, "withdrawal", "张伟", None, BEFORE + 2 * DAY, WHY)
    new = ("赵敏", IdNumber("id_card", number(7)))
    shown = plans.event("welder-1", None, "substitution", "王芳", new, clock.utc_us, WHY)
    assert [(one.code, one.params.get("moment")) for one in shown.changes] == [
        ("unlisted", None), ("listed", None), ("withdrawal", "2026-03-03 08:00"), ("substitution", "2026-03-02 13:00")]
    done = plans.publish("welder-1", shown.version)
    assert (done.order, done.events) == (2, 2)
    events, order = bodies(centre, "roster.event"), bodies(centre, "order.class")[-1]
    assert [(one.kind, one.approver) for one in events if isinstance(one, RosterEvent)] == [
        ("withdrawal", "王主任"), ("substitution", "王主任")]
    assert isinstance(order, ClassOrder)
    # 张伟 is due this afternoon; 王芳 is not any more.
    assert {shown.names[one.person] for one in order.roster} == {"张伟", "李娜", "赵敏", "陈老师", "刘老师"}
    with centre.store.read() as tx:
        after = {one.seq for one in [record.record for record in tx.of_type("roster.event")]}
        assert max(after) < max(record.record.seq for record in tx.of_type("order.class"))
    for who in ("张伟", "王芳"):
        with pytest.raises(OffRoster, match=who):
            plans.event("welder-1", None, "withdrawal", who, None, clock.utc_us, WHY)


def test_nothing_holds_backwards(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    with pytest.raises(Retroactive):
        plans.event("welder-1", None, "withdrawal", "张伟", None, clock.utc_us - 1, WHY)
    plans.event("welder-1", None, "withdrawal", "张伟", None, clock.utc_us, WHY)
    clock.utc_us += 1
    assert refused(plans, "welder-1") == {Retroactive}


def test_an_import_does_not_change_the_trainees_of_a_published_class(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    with pytest.raises(RosterPublished, match="赵敏 would join and 王芳 would leave"):
        plans.take(spec(), None, roster("张伟", "李娜", "陈老师", 赵敏=4))
    shown = plans.take(spec(), None, roster("张伟", "李娜", "王芳", "陈老师", 孙老师=93))
    assert {one.code for one in shown.changes} == {"listed", "unlisted"}
    assert plans.publish("welder-1", None).order == 2


def test_leave_goes_on_record(centre: Centre, plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    who = person(plans, "李娜")
    plans.edit("welder-1", None, lambda draft, published, now: add_leave(
        draft, published, who, BEFORE + DAY, BEFORE + 2 * DAY, Why("生病", "王主任"), now))
    done = plans.publish("welder-1", None)
    assert (done.order, done.fresh, done.leaves) == (1, False, 1)
    (leave,) = bodies(centre, "leave")
    assert isinstance(leave, Leave) and (leave.person, leave.approver) == (who, "王主任")


def test_one_box_records_one_class_at_a_time(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    plans.take(spec("other", ("box-1",)), schedule("2026-03-02,09:00,09:45,理论"), roster(赵敏=4, 孙老师=95))
    assert refused(plans, "other") == {BoxTaken}
    plans.take(spec("other", ("box-1",)), schedule("2026-03-02,10:10,10:55,理论"), None)
    assert plans.publish("other", None).order == 1


def test_one_person_is_in_one_class_at_a_time_and_a_teacher_too(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    headers = "日期,开始时间,结束时间,课程类型,教师"
    plans.take(spec("other", ("box-2",)), schedule("2026-03-02,09:00,09:45,理论,陈老师", headers=headers),
               roster("陈老师", "孙老师", 张大伟=1, 孙老师=95))
    with pytest.raises(PlanRefused, match="张大伟 is due in class welder-1"):
        plans.publish("other", None)
    # Who of two teachers teaches welder-1 is not said; now it is.
    assert refused(plans, "other") == {PersonElsewhere}
    plans.edit("welder-1", None, lambda draft, _, now: dataclasses.replace(draft, hours=tuple(
        dataclasses.replace(one, teachers=(person(plans, "陈老师"),)) for one in draft.hours)))
    assert refused(plans, "other") == {PersonElsewhere, TeacherElsewhere}
    plans.take(spec("other", ("box-2",)), schedule("2026-03-03,09:00,09:45,理论", headers=headers), None)
    assert plans.publish("other", None).order == 1


def test_who_withdrew_is_free(plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    plans.event("welder-1", None, "withdrawal", "张伟", None, clock.utc_us, WHY)
    plans.publish("welder-1", None)
    plans.take(spec("other", ("box-2",)), schedule(), roster("张伟", 孙老师=95))
    assert plans.publish("other", None).order == 1


def test_an_erased_number_finds_nobody(centre: Centre, plans: Plans, clock: FixedClock) -> None:
    taught(plans, clock)
    plans.forget_number("welder-1", "张伟")
    with centre.store.read() as tx:
        assert len(tx.numbers("welder-1")) == len(PEOPLE) - 1
    plans.take(spec("other", ("box-2",)), schedule(), roster("张伟", 孙老师=95))
    assert plans.publish("other", None).order == 1


def test_a_training_before_this_one_is_told(centre: Centre, plans: Plans, clock: FixedClock) -> None:
    from central.classes.statements import state_assessment

    taught(plans, clock)
    name = plans.show("welder-1").draft.title
    rows = ("2026-04-10,08:30,09:15,理论", "2026-04-10,09:25,10:10,实操")

    def told() -> tuple[Earlier, ...]:
        later = spec("other", ("box-2",), policy="sanmenxia-2023")
        shown = plans.take(later, schedule(*rows), roster("王芳", 孙老师=95, 赵敏=4))
        assert shown.refusals == ()
        return shown.earlier

    (one,) = told()
    assert (one.class_id, one.title, one.over, len(one.people)) == ("welder-1", name, None, 1)
    clock.utc_us += 14 * DAY
    state_assessment(centre.store, "welder-1", "2026-03-11", clock.utc_us)
    (one,) = told()
    assert str(one.over) == "2026-03-11"
    rows = ("2026-04-11,08:30,09:15,理论",)
    assert told() == ()


def test_what_the_rules_have_against_a_plan_is_foreseen_by_the_rules_themselves(plans: Plans) -> None:
    shown = plans.take(spec(policy="sanmenxia-2023"), schedule(), roster("张伟", "陈老师"))
    assert "O2" in {one.rule for one in shown.foreseen}
    assert shown.refusals == ()


@pytest.mark.parametrize(("policy", "people", "few"), [
    ("sanmenxia-2023", 9, 9), ("sanmenxia-2023", 10, None), ("sanmenxia-2023", 2, 2), ("demo", 9, None)])
def test_a_class_too_small_for_faces_is_told_so_before_it_is_published(
    plans: Plans, policy: str, people: int, few: int | None,
) -> None:
    """Instructors are counted, as on the box."""
    more = {f"学员{at}": at for at in range(60, 60 + people - 1)}
    shown = plans.take(spec(policy=policy), schedule(), roster("陈老师", **more))
    assert len(shown.draft.people) == people and shown.few == few
    for lang, said in (("zh", "请用密码签到"), ("en", "Sign in by PIN")):
        assert (said in plan_view(shown, lang, BEFORE, lambda _: False).few) == (few is not None)


def test_boxes_and_institutions_are_known_here(plans: Plans) -> None:
    plans.take(spec(boxes=("box-9",), institution="school-1"), schedule(), roster(*PEOPLE))
    assert refused(plans, "welder-1") == {UnknownBoxHere, UnknownInstitution}


def test_what_was_planned_for_yesterday_is_not_published_today(plans: Plans, clock: FixedClock) -> None:
    drafted(plans)
    clock.utc_us = BEFORE + 3 * DAY
    assert refused(plans, "welder-1") == {HourPast}


def test_no_leave_excuses_a_class_hour_that_is_over(plans: Plans, clock: FixedClock) -> None:
    """Neither by an end that is still to come, nor by waiting in a draft until the hour is over."""
    taught(plans, clock)
    person = plans.person("welder-1", "张伟")
    clock.utc_us = BEFORE + DAY + 80 * MINUTE  # 09:20 on the first day: the first class-hour is over, two are to come

    def leave(start_us: int, end_us: int) -> None:
        plans.edit("welder-1", None, lambda draft, known, now: add_leave(
            draft, known, person, start_us, end_us, WHY, now))

    leave(BEFORE + DAY, BEFORE + 2 * DAY)
    assert refused(plans, "welder-1") == {LeaveLate}
    plans.discard("welder-1")
    leave(clock.utc_us + MINUTE, BEFORE + 2 * DAY)
    assert plans.publish("welder-1", None).leaves == 1
    clock.utc_us = BEFORE + DAY + 3 * HOUR
    leave(BEFORE + DAY + 2 * HOUR, BEFORE + 3 * DAY)  # it goes on: what was over then was excused then
    assert plans.publish("welder-1", None).leaves == 1
    leave(BEFORE + DAY, BEFORE + 3 * DAY)
    assert refused(plans, "welder-1") == {LeaveLate}


def test_a_class_that_has_begun_keeps_its_policy(centre: Centre, plans: Plans, clock: FixedClock) -> None:
    """Else whoever plans takes a flag away by another policy, under which nothing is wrong."""
    plans.take(spec(policy="sanmenxia-2023"), schedule(), roster(*PEOPLE))
    plans.take(spec(policy="zhengzhou-2022"), None, None)
    plans.publish("welder-1", None)
    clock.utc_us = BEFORE + 9 * DAY  # all of it was taught
    for policy in ("demo", "sanmenxia-2023"):
        plans.take(spec(policy=policy), None, None)
        assert refused(plans, "welder-1") == {PolicyBegun}
    plans.take(spec(title="新标题", policy="zhengzhou-2022"), None, None)
    assert plans.publish("welder-1", None).order == 2
    with centre.store.read() as tx:
        assert order_of(tx, "welder-1")[1].policy.id == "zhengzhou-2022"


def test_a_discarded_draft_takes_its_people_with_it(centre: Centre, plans: Plans, clock: FixedClock) -> None:
    drafted(plans)
    plans.discard("welder-1")
    with centre.store.read() as tx:
        assert (tx.draft("welder-1"), tx.sealed_names("welder-1"), tx.numbers("welder-1")) == (None, {}, {})
    taught(plans, clock)
    plans.event("welder-1", None, "enrolment", None, ("赵敏", IdNumber("id_card", number(7))), clock.utc_us, WHY)
    plans.discard("welder-1")
    with centre.store.read() as tx:
        assert len(tx.numbers("welder-1")) == len(tx.sealed_names("welder-1")) == len(PEOPLE)
    assert plans.show("welder-1").version == 0


def test_a_class_that_was_added_by_a_file_is_changed_like_any_other(
    centre: Centre, plans: Plans, tmp_path: Path, clock: FixedClock
) -> None:
    from tests.central.test_classes import add

    add(centre, tmp_path)
    shown = plans.show("welder-1")
    assert (shown.version, shown.changes) == (0, ())
    # The numbers of people who are known by name come with a list.
    people = roster("张伟", "王芳", "李娜", "陈老师")
    assert plans.take(same(), None, people).changes == ()
    plans.take(spec("other", ("box-2",)), schedule(), roster("张伟", 孙老师=95))
    assert refused(plans, "other") == {PersonElsewhere}


def test_rooms_are_those_of_one_institution(plans: Plans) -> None:
    """Two schools may both have a room 101."""
    for class_id, box, people in (("a", "box-1", ("张伟", "陈老师")), ("b", "box-2", ("王芳", "刘老师"))):
        plans.take(dataclasses.replace(spec(class_id), boxes=(Place(box, "101"),)), schedule(), roster(*people))
        assert plans.publish(class_id, None).order == 1
