"""Assessments and disputes: what is refused in words, what is sealed, and which message brings it to which box."""
from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from central.classes.errors import BadDay, DayAhead, DayBefore, NoDispute, NoHold, SeveralDisputes, SeveralHolds
from central.classes.holds import holds_of, lift_hold, place_hold
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import close_dispute, open_dispute, state_assessment, statement_messages
from central.cli import main
from central.errors import BadReason, UnknownClass
from central.wiring import Centre
from evidence.bodies import Assessment, Dispute, Hold, body_of
from evidence.seal import read_sealed
from evidence.times import MINUTE
from tests.central.helpers import MORNING, PLAN, Box, write_plan

NOW = MORNING + 40 * 24 * 60 * MINUTE
CLASS = "welder-1"


@pytest.fixture
def centre_with_class(centre: Centre, tmp_path: Path) -> Centre:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    return centre


def stated(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [body_of(one.record) for kind in ("assessment", "dispute") for one in tx.of_type(kind)]


def test_an_assessment_is_over_at_the_end_of_its_day_in_china(centre_with_class: Centre) -> None:
    state_assessment(centre_with_class.store, CLASS, "2026-04-02", NOW)
    assert stated(centre_with_class) == [Assessment(CLASS, "2026-04-02T16:00:00.000000Z")]


@pytest.mark.parametrize(("day", "error"), [
    ("tomorrow", BadDay), ("2026-02-30", BadDay), ("2026-04-12", DayAhead), ("2062-04-02", DayAhead),
    ("2026-03-01", DayBefore),
])
def test_a_day_that_cannot_be_is_refused(centre_with_class: Centre, day: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        state_assessment(centre_with_class.store, CLASS, day, NOW)
    assert stated(centre_with_class) == []


def test_disputes_are_counted_and_closed_one_by_one(centre_with_class: Centre) -> None:
    store = centre_with_class.store
    assert open_dispute(store, CLASS, " 对 旗标有异议 ") == Dispute(CLASS, "d-1", "opened", "对 旗标有异议")
    assert close_dispute(store, CLASS, "异议不成立", None).dispute == "d-1"
    with pytest.raises(NoDispute):
        close_dispute(store, CLASS, "again", None)
    assert [open_dispute(store, CLASS, "x").dispute for _ in range(2)] == ["d-2", "d-3"]
    with pytest.raises(SeveralDisputes, match="d-2, d-3"):
        close_dispute(store, CLASS, "which", None)
    with pytest.raises(NoDispute):
        close_dispute(store, CLASS, "this", "d-1")
    assert close_dispute(store, CLASS, "this", "d-3") == Dispute(CLASS, "d-3", "closed", "this")


def test_holds_are_counted_and_lifted_one_by_one(centre_with_class: Centre) -> None:
    store = centre_with_class.store
    assert place_hold(store, CLASS, " 民初 114 号 ", "wang") == Hold(CLASS, "h-1", "placed", "民初 114 号", "wang")
    assert lift_hold(store, CLASS, "已判决", None, "wang") == Hold(CLASS, "h-1", "lifted", "已判决", "wang")
    with pytest.raises(NoHold):
        lift_hold(store, CLASS, "again", "h-1")
    assert [place_hold(store, CLASS, "x").hold for _ in range(2)] == ["h-2", "h-3"]
    with pytest.raises(SeveralHolds, match="h-2, h-3"):
        lift_hold(store, CLASS, "which", None)
    assert lift_hold(store, CLASS, "this", "h-3").hold == "h-3"
    with store.read() as tx:
        assert [(one.hold, one.until_us is None) for one in holds_of(tx, CLASS)] == [
            ("h-1", False), ("h-2", True), ("h-3", False)]
    with pytest.raises(BadReason):
        place_hold(store, CLASS, " ")
    with pytest.raises(UnknownClass):
        place_hold(store, "no", "x")


@pytest.mark.parametrize("reason", ["", "  ", "a\u202eb", "长" * 501])
def test_a_dispute_says_why(centre_with_class: Centre, reason: str) -> None:
    with pytest.raises(BadReason):
        open_dispute(centre_with_class.store, CLASS, reason)
    assert stated(centre_with_class) == []


def test_of_a_class_that_nobody_planned_nothing_is_stated(centre: Centre) -> None:
    for state in (lambda: state_assessment(centre.store, "no", "2026-04-02", NOW),
                  lambda: open_dispute(centre.store, "no", "x"), lambda: close_dispute(centre.store, "no", "x", None)):
        with pytest.raises(UnknownClass):
            state()


def test_every_box_that_a_plan_named_hears_all_that_was_stated(centre_with_class: Centre, tmp_path: Path) -> None:
    centre, box = centre_with_class, Box(centre_with_class)
    box.genesis()
    centre.collector().take(box.messages())
    plan, names = write_plan(tmp_path, PLAN.replace("box-1", "box-2"))
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    state_assessment(centre.store, CLASS, "2026-04-02", NOW)
    open_dispute(centre.store, CLASS, "x")
    with centre.store.read() as tx:
        ((key, message),) = statement_messages(tx, "pem", ()).items()
        assert statement_messages(tx, "pem", {key}) == {}
    assert key == ("box-1", box.chain, f"stated/{CLASS}", 2)
    assert message.topic == f"zaitang/v1/box-1/stated/{CLASS}"
    sealed = [read_sealed(base64.b64decode(one)) for one in json.loads(message.payload)["stated"]]
    assert [one.record.type for one in sealed] == ["assessment", "dispute"]
    open_dispute(centre.store, CLASS, "y")
    place_hold(centre.store, CLASS, "z")
    with centre.store.read() as tx:
        assert [name[3] for name in statement_messages(tx, "pem", {key})] == [4]


def test_attack_no_command_speaks_for_who_may_not(
    centre_with_class: Centre, capsys: pytest.CaptureFixture[str],
) -> None:
    """A name that nobody has, of the wrong role, switched off, of elsewhere; nor for a class that is not there."""
    centre = centre_with_class
    desk = centre.account_desk()
    desk.add("admin", "administrator", None, None)
    desk.add("looks", "auditor", "410000", None)
    desk.add("gone", "supervisor", "410000", None)
    desk.disable("gone", None)
    desk.add("far", "supervisor", "420100", None)
    desk.add("wang", "supervisor", "410000", None)
    desk.put_institution("elsewhere", "学校", "411202", None)
    desk.add("school", "institution", "elsewhere", None)
    with centre.store.read() as tx:
        before = tx.leaves()
    answer = ("--text", "x", "--as")
    schools = [("objection", "raise", CLASS, "--from", "school", "--text", "x"),
               ("objection", "answer", CLASS, "o-1", *answer, "withdrawn")]
    refused = [("wang", CLASS, command) for command in schools]
    for class_id, name in ((CLASS, "nobody"), (CLASS, "admin"), (CLASS, "looks"), (CLASS, "gone"), (CLASS, "far"),
                           (CLASS, "school"), ("no", "wang")):
        refused += [(name, class_id, (*command[:2], class_id, *command[3:])) for command in schools]
        refused += [(name, class_id, command) for command in (
            ("hold", class_id, "place", "--reason", "x"), ("hold", class_id, "lift", "--reason", "x"),
            ("erase", class_id, "张伟"), ("objection", "answer", class_id, "o-1", *answer, "rejected"),
            ("review", class_id, "x", "--answer", "complete", "--reason", "x"),
            ("point", class_id, "张伟", "--segment", "0" * 64, "--at", "1"))]
    for name, class_id, command in refused:
        assert main(["--lang", "en", *command, "--by", name, "--centre", str(centre.folder)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{name} is no account that may do this for class {class_id}"), command
    with centre.store.read() as tx:
        assert tx.leaves() == before


def test_the_commands_say_what_they_did_or_what_to_do(
    centre_with_class: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = centre_with_class.folder

    def run(*args: str) -> tuple[int, str]:
        rc = main(["--lang", "en", *args, "--centre", str(folder)])
        said = capsys.readouterr()
        return rc, said.out + said.err

    assert run("assessed", CLASS, "--on", "2026-03-02") == (
        0, "It is stated that class welder-1 was assessed on 2026-03-02; its boxes keep the video from then.\n")
    assert run("assessed", CLASS, "--on", "x") == (2, "x is not a day like 2026-04-02\n")
    assert run("dispute", CLASS, "open", "--reason", "unfair")[0] == 0
    rc, said = run("dispute", CLASS, "close", "--reason", "settled")
    assert (rc, said[:40]) == (0, "Dispute d-1 about class welder-1 is over")
    assert run("dispute", CLASS, "close", "--reason", "settled") == (
        2, "no such dispute about class welder-1 is open\n")
    with pytest.raises(SystemExit):
        run("hold", CLASS, "place", "--reason", "case 114")
    assert "--by" in capsys.readouterr().err
    assert run("hold", CLASS, "place", "--reason", "x", "--by", "Wang San")[0] == 2
    desk = centre_with_class.account_desk()
    for name in ("wang", "li"):
        desk.add(name, "supervisor", "410000", None)
    assert run("hold", CLASS, "place", "--reason", "case 114", "--by", "wang") == (
        0, "Hold h-1 is placed: no video of class welder-1 is removed, whatever its time.\n")
    assert run("hold", CLASS, "lift", "--reason", "judged", "--hold", "h-1", "--by", "li")[0] == 0
    with centre_with_class.store.read() as tx:
        said = [one.record.body["by"] for one in tx.of_type("hold", CLASS)]
    assert said == ["wang", "li"]
    assert run("hold", CLASS, "lift", "--reason", "judged", "--by", "li") == (
        2, "no such hold of the video of class welder-1 is placed\n")
