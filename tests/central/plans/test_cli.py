"""`zaitang-central plan` as people type it: from an empty template to a class that changes while it runs."""
from __future__ import annotations

from pathlib import Path

import pytest

import central.wiring
from central.cli import main
from central.keys import sealing_key
from central.plans.ids import IdNumber
from central.plans.roster import Listed
from central.plans.template import workbook
from central.wiring import Centre
from common import sheets
from tests.central.helpers import FixedClock
from tests.central.plans.making import PEOPLE, boxes, roster, schedule
from tests.central.plans.tables import number


@pytest.fixture
def folder(centre: Centre, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a centre whose commands read the clock of the test."""
    boxes(centre, "box-1", "box-2")
    monkeypatch.setattr(central.wiring, "SystemClock", lambda: clock)
    return centre.folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """Run `plan …` on that centre: exit status and what was said."""
    def plan(*args: object, lang: str = "en") -> tuple[int, str]:
        status = main(["--lang", lang, "plan", *map(str, args), "--centre", str(folder)])
        told = capsys.readouterr()
        return status, told.out + told.err

    return plan


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder.parent / name
    path.write_bytes(data)
    return path


def imported(run: object, folder: Path, *more: object) -> tuple[int, str]:
    assert callable(run)
    files = (written(folder, "课程表.csv", schedule().data), written(folder, "名单.csv", roster(*PEOPLE).data))
    return run("import", "--class", "welder-1", "--title", "焊工", "--policy", "demo", "--box", "box-1=101 教室",
               "--schedule", files[0], "--roster", files[1], *more)  # type: ignore[no-any-return]


def test_templates_are_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for which in ("roster", "schedule"):
        path = tmp_path / f"{which}.xlsx"
        assert main(["--lang", "zh", "plan", "template", which, "--to", str(path)]) == 0
        before = path.read_bytes()
        assert before.startswith(b"PK") and "已写入" in capsys.readouterr().out
        assert main(["--lang", "zh", "plan", "template", which, "--to", str(path)]) == 2
        assert path.read_bytes() == before
        capsys.readouterr()


@pytest.mark.parametrize("name", ["名单.csv", "名单", "名单.xls"])
def test_a_template_under_another_name_than_of_an_excel_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str,
) -> None:
    assert main(["--lang", "zh", "plan", "template", "roster", "--to", str(tmp_path / name)]) == 2
    assert ".xlsx 结尾" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_from_tables_to_an_order_and_on(run: object, folder: Path, clock: FixedClock) -> None:
    assert callable(run)
    status, said = imported(run, folder, "--dry-run")
    assert (status, "Nothing was kept" in said, "a new class: 焊工" in said) == (0, True, True)
    assert run("show", "welder-1")[0] == 2
    status, said = imported(run, folder)
    assert (status, "is kept as version 1: 5 people, 3 class-hours" in said) == (0, True)
    assert "h1\ttheory\t2026-03-02 08:30–09:15" in run("show", "welder-1")[1]
    assert "welder-1" in run("list")[1]
    assert "Order 1 of class welder-1 is signed" in run("publish", "welder-1")[1]
    assert run("publish", "welder-1") == (2, "class welder-1: the draft is what is published already\n")
    assert "box-1\t101 教室\tawaited since 2026-03-01T00:00" in run("status", "welder-1")[1]
    said = run("repeat", "welder-1", "--on", "tue,thu", "--first", "2026-03-03", "--last", "2026-03-31", "--begin",
               "08:30", "--end", "12:00", "--count", 4, "--kind", "practical", "--most", 10, "--teacher", "陈老师",
               "--without", "2026-03-05")[1]
    assert "h13 is new: Mar 12, 2026 09:25" in said and "Mar 5, 2026" not in said
    assert "h3 moves from Mar 2, 2026 14:00 to Mar 2, 2026 15:00, 45 min" in run(
        "move", "welder-1", "h3", "--at", "2026-03-02T15:00")[1]
    assert "h2 is left out" in run("remove", "welder-1", "h2")[1]
    assert "h14 is new: Mar 20, 2026 19:00" in run(
        "add", "welder-1", "--at", "2026-03-20T19:00", "--kind", "theory", "--make-up", "张伟", "--room", "101 教室")[1]
    assert "Order 2 of class welder-1 is signed" in run("publish", "welder-1")[1]


def test_a_schedule_is_written_changed_and_imported_again(run: object, folder: Path) -> None:
    assert callable(run)
    imported(run, folder)
    path = folder.parent / "now.xlsx"
    assert run("template", "schedule", "--class", "welder-1", "--to", path, lang="zh")[0] == 0
    before = run("show", "welder-1")[1]
    assert run("import", "--class", "welder-1", "--schedule", path)[0] == 0
    assert run("show", "welder-1")[1] == before
    assert run("template", "roster", "--class", "welder-1", "--to", folder.parent / "x.xlsx")[0] == 2


def test_a_list_that_a_box_sealed_is_opened_and_checked(run: object, folder: Path) -> None:
    assert callable(run)
    key = sealing_key(folder / "keys").public_key().public_bytes_raw().hex()

    def take(class_id: str, wrong: str = "") -> tuple[int, str]:
        people = [sheets.Listed("张伟", number(1), "trainee"), sheets.Listed("陈老师", number(2) + wrong, "instructor")]
        path = written(folder, "welder-1.sealed", sheets.seal_roster(people, key, "welder-1"))
        return run("import", "--class", class_id, "--title", "焊工", "--policy", "demo", "--box",  # type: ignore[no-any-return]
                   "box-1=101", "--roster", path)

    assert "not of other" in take("other")[1]
    assert "has not 18 characters" in take("welder-1", "0")[1]
    assert take("welder-1")[0] == 0 and "trainee\t张伟" in run("show", "welder-1")[1]


def test_people_come_and_go_with_reason_and_approver(run: object, folder: Path) -> None:
    assert callable(run)
    imported(run, folder)
    run("publish", "welder-1")
    why = ("--reason", "搬家", "--approver", "王主任")
    newcomer = written(folder, "新学员.xlsx", workbook("roster", "zh", [
        Listed(2, "赵敏", IdNumber("id_card", number(7)), "trainee")]))
    status, said = run("event", "welder-1", "substitution", "--person", "张伟", "--newcomer", newcomer, "--effective",
                       "2026-03-02T12:00", *why)
    assert (status, "1\t赵敏 comes instead of 张伟, from Mar 2, 2026 12:00 on" in said) == (0, True)
    assert "2\t李娜 is on leave from Mar 2, 2026 08:00 to Mar 2, 2026 18:00" in run(
        "leave", "welder-1", "李娜", "--from", "2026-03-02T08:00", "--to", "2026-03-02T18:00", *why)[1]
    assert "李娜 请假，2026年3月2日 08:00" in run("diff", "welder-1", lang="zh")[1]
    assert "is on leave" not in run("undo", "welder-1", 2)[1]
    assert "with 1 roster events and 0 leaves" in run("publish", "welder-1")[1]
    assert "is erased" in run("forget-number", "welder-1", "王芳")[1]
    assert "forgotten" in run("discard", "welder-1")[1]
    everything = run("show", "welder-1")[1] + said
    assert not any(number(order) in everything for order in (*PEOPLE.values(), 7))


REFUSALS: list[tuple[tuple[object, ...], str]] = [
    (("show", "nobody"), "class nobody has neither a draft nor a plan"),
    (("add", "welder-1", "--at", "tomorrow", "--kind", "theory"), "tomorrow is not a local time"),
    (("add", "welder-1", "--at", "2026-02-01T08:30", "--kind", "theory"), "has begun already"),
    (("repeat", "welder-1", "--on", "someday", "--first", "2026-03-03", "--last", "2026-03-31", "--begin", "08:30",
      "--end", "11:30", "--count", "4", "--kind", "theory"), "a pattern has weekdays"),
    (("move", "welder-1", "h9", "--at", "2026-03-03T08:30"), "has no class-hour h9"),
    (("undo", "welder-1", "1"), "no pending change number 1"),
    (("leave", "welder-1", "谁", "--from", "2026-03-03T08:30", "--to", "2026-03-03T09:30", "--reason", "x",
      "--approver", "y"), "谁 is not on the roster"),
    (("event", "welder-1", "withdrawal", "--person", "张伟", "--effective", "2026-03-03T08:30", "--reason", "x",
      "--approver", "y"), "is not published yet"),
    (("import", "--class", "Welder", "--title", "a"), "Welder is not a class id"),
    (("import", "--class", "a", "--policy", "demo"), "the title is missing"),
    (("import", "--class", "a", "--title", "a", "--policy", "nowhere"), "there is no policy nowhere"),
    (("import", "--class", "a", "--title", "a", "--policy", "demo", "--box", "BOX=1"), "draft: boxes.0.device"),
    (("import", "--class", "a", "--title", "a", "--policy", "demo", "--box", "box-1"), "the room is missing"),
    (("import", "--class", "a", "--title", "a", "--policy", "demo", "--roster", "/nowhere.csv"),
     "nowhere.csv cannot be"),
]


def test_what_cannot_be_done_is_one_sentence(run: object, folder: Path) -> None:
    assert callable(run)
    imported(run, folder)
    for args, said in REFUSALS:
        status, told = run(*args)
        assert (status, said in told) == (2, True), told
    assert "a new class" in run("diff", "welder-1")[1]
