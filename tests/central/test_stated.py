"""Inspections, surveys and facts of other systems at the centre: what is refused in words, what is sealed, what the
commands say, and that an export tells the same."""
from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from central.classes.errors import (
    BadDay,
    BadWhen,
    EndsBefore,
    MoreThan,
    NoClassHours,
    NoInspection,
    NoSuchMakeUp,
    NoTrainee,
    NotYet,
    OnlyAtOpening,
    OnlyThePart,
    RuleOff,
    UnknownCap,
    UnknownPerson,
)
from central.classes.imports import (
    ComparedSaid,
    ConsentedSaid,
    EarlierSaid,
    ImportSaid,
    LearntSaid,
    OnlineSaid,
    state_import,
)
from central.classes.inspections import InspectionSaid, SurveySaid, state_inspection, state_survey
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import tell
from central.cli import main
from central.errors import BadText, UnknownClass
from central.export import export_class
from central.wiring import Centre
from common.policies import policy_bytes
from evidence.bodies import Admitted, Apprentices, Certificate, Imported, Inspection, Platform, Survey, body_of
from evidence.times import MINUTE
from tests.central.helpers import MORNING, PLAN, Box, FixedClock, write_plan
from verify.cli import main as verify

NOW = MORNING + 40 * 24 * 60 * MINUTE
CLASS, SHA = "welder-1", "a" * 64
MAKE_UP = '{ kind = "practical", start = 2026-03-05T08:00:00, end = 2026-03-05T08:45:00, make_up = ["张伟"] }'
REAL_PLAN = PLAN.replace('policy = "demo"', 'policy = "sanmenxia-2023"').replace("\n]\n", f"\n  {MAKE_UP},\n]\n")
SAID = InspectionSaid("field", "2026-03-02T09:00:00", "2026-03-02T09:30:00", " 101  教室 ", 2, 3, "孙检查员")
ASKED = SurveySaid("2026-03-06T09:00:00", 3, 3, 3, SHA)


def plan(centre: Centre, folder: Path, text: str = REAL_PLAN) -> Centre:
    path, names = write_plan(folder, text)
    add_class(centre.store, centre.names, read_plan(path), read_names(names), path)
    return centre


@pytest.fixture
def planned(centre: Centre, tmp_path: Path, clock: FixedClock) -> Centre:
    clock.utc_us = NOW
    return plan(centre, tmp_path)


def people(centre: Centre) -> dict[str, str]:
    """Name → pseudonym."""
    with centre.store.read() as tx:
        return {name.name: one for one, name in centre.names.open_all(CLASS, tx.sealed_names(CLASS)).items()}


def kept(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [body_of(one.record) for kind in ("inspection", "survey", "imported") for one in tx.of_type(kind)]


def inspect(centre: Centre, now_us: int = NOW, **changes: object) -> Inspection:
    said = dataclasses.replace(SAID, **changes)  # type: ignore[arg-type]
    return state_inspection(centre.store, centre.names, CLASS, said, now_us)


def bring(centre: Centre, rule: str, **parts: object) -> Imported:
    said = ImportSaid(rule, "the platform", SHA, **parts)  # type: ignore[arg-type]
    return state_import(centre.store, centre.names, CLASS, said)


# inspections


def test_an_inspection_is_told_in_utc_under_the_next_number(planned: Centre) -> None:
    expected = Inspection(CLASS, "i-1", "field", "2026-03-02T01:00:00.000000Z", "2026-03-02T01:30:00.000000Z",
                          "101 教室", 2, 3, None, "", "孙检查员")
    assert inspect(planned) == expected and kept(planned) == [expected]
    assert inspect(planned, remark=" 有序 ", signature=SHA).inspection == "i-2"
    again = inspect(planned, replaces="i-1", headcount=2)
    assert (again.inspection, again.headcount) == ("i-1", 2) and inspect(planned).inspection == "i-3"


def test_an_opening_vouches_for_people_by_name_and_for_numbers(planned: Centre) -> None:
    who = people(planned)
    body = inspect(planned, kind="opening", people=("张伟", who["王芳"], " 张伟"), numbers=("1107", "1107"))
    assert (body.people, body.numbers) == ((who["张伟"], who["王芳"]), ("1107",))


@pytest.mark.parametrize(("changes", "error"), [
    ({"start": "tomorrow"}, BadWhen), ({"end": "2026-03-02"}, EndsBefore), ({"end": "2026-03-02T08:00"}, EndsBefore),
    ({"start": "0001-01-01T00:00:00", "end": "0001-01-01T00:00:00+14:00"}, BadWhen),
    ({"start": "2026-03-09T09:00", "end": "2026-03-09T10:00"}, NoClassHours),
    ({"place": " "}, BadText), ({"inspector": "长" * 101}, BadText), ({"remark": "a\u202eb"}, BadText),
    ({"numbers": ("1107",)}, OnlyAtOpening), ({"people": ("张伟",)}, OnlyAtOpening),
    ({"kind": "opening", "numbers": ("x" * 41,)}, BadText), ({"kind": "opening", "people": ("nobody",)}, UnknownPerson),
    ({"kind": "opening", "people": ("陈老师",)}, NoTrainee), ({"replaces": "i-9"}, NoInspection),
])
def test_an_inspection_that_cannot_be_is_refused(
    planned: Centre, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        inspect(planned, **changes)  # type: ignore[arg-type]
    assert kept(planned) == []


def test_nothing_is_stated_of_what_is_still_to_come_unless_time_is_simulated(
    planned: Centre, tmp_path: Path
) -> None:
    with pytest.raises(NotYet):
        inspect(planned, MORNING)
    with pytest.raises(NotYet):
        state_survey(planned.store, CLASS, ASKED, MORNING)
    plan(planned, tmp_path, PLAN)
    assert inspect(planned, MORNING).inspection == "i-1"
    assert state_survey(planned.store, CLASS, ASKED, MORNING).respondents == 3


# surveys


def test_a_survey_is_told_with_its_numbers(planned: Centre) -> None:
    body = state_survey(planned.store, CLASS, ASKED, NOW)
    assert body == Survey(CLASS, "2026-03-06T01:00:00.000000Z", 3, 3, 3, SHA) and kept(planned) == [body]


@pytest.mark.parametrize(("changes", "error"), [
    ({"respondents": 4}, MoreThan), ({"satisfied": 4, "denominator": 9}, MoreThan), ({"closed": "soon"}, BadWhen),
])
def test_a_survey_that_cannot_be_is_refused(
    planned: Centre, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        state_survey(planned.store, CLASS, dataclasses.replace(ASKED, **changes), NOW)  # type: ignore[arg-type]
    assert kept(planned) == []


# imports


def test_imports_name_people_by_pseudonym_and_days_by_their_end(planned: Centre) -> None:
    who = people(planned)
    body = bring(planned, "O8", o8=ComparedSaid(None, (EarlierSaid("王芳", "面点师", "2026-02-03", "cook-7"),)))
    assert body.o8 is not None and set(body.o8.people) == {who[name] for name in ("张伟", "王芳", "李娜")}
    assert body.o8.earlier[0].person == who["王芳"] and body.o8.earlier[0].assessed == "2026-02-03T16:00:00.000000Z"
    some = bring(planned, "O8", o8=ComparedSaid(("李娜",)))
    assert some.o8 is not None and some.o8.people == (who["李娜"],)
    online = bring(planned, "O5", o5=OnlineSaid((Platform(" MOOC ", True),), (LearntSaid("张伟", 2, 90),)))
    assert online.o5 is not None and online.o5.platforms == (Platform("MOOC", True),)
    assert online.o5.people[0].person == who["张伟"]
    consent = bring(planned, "R8", r8=ConsentedSaid(("h4", "h4"), "李科长"))
    assert consent.r8 is not None and consent.r8.hours == ("h4",)


@pytest.mark.parametrize(("rule", "parts", "error"), [
    ("O6", {}, OnlyThePart), ("O6", {"o10": Admitted(True, True)}, OnlyThePart),
    ("O6", {"o6": Certificate(True), "o10": Admitted(True, True)}, OnlyThePart),
    ("O8", {"o8": ComparedSaid(("nobody",))}, UnknownPerson), ("O8", {"o8": ComparedSaid(("陈老师",))}, NoTrainee),
    ("O8", {"o8": ComparedSaid(None, (EarlierSaid("张伟", "x", "2026-02-30"),))}, BadDay),
    ("O8", {"o8": ComparedSaid(None, (EarlierSaid("张伟", "x", "2026-02-03T08:00:00"),))}, BadDay),
    ("O8", {"o8": ComparedSaid(None, (EarlierSaid("张伟", "x", "0001-01-01"),))}, BadWhen),
    ("O8", {"o8": ComparedSaid(None, (EarlierSaid("张伟", " "),))}, BadText),
    ("O10", {"o10": Admitted(True, True, 0, 0, Apprentices(2026, 10, 300))}, UnknownCap),
    ("R8", {"r8": ConsentedSaid(("h1",), "Li")}, NoSuchMakeUp),
])
def test_an_import_that_cannot_be_is_refused(
    planned: Centre, rule: str, parts: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        bring(planned, rule, **parts)
    assert kept(planned) == []


def test_what_no_rule_of_the_policy_reads_is_refused(centre: Centre, tmp_path: Path) -> None:
    plan(centre, tmp_path, PLAN.replace('"demo"', '"zhengzhou-2022"'))
    with pytest.raises(RuleOff, match="O10"):
        bring(centre, "O10", o10=Admitted(True, True))


def test_of_a_class_that_nobody_planned_nothing_is_stated(centre: Centre) -> None:
    for state in (lambda: inspect(centre), lambda: state_survey(centre.store, CLASS, ASKED, NOW),
                  lambda: bring(centre, "O6", o6=Certificate(True))):
        with pytest.raises(UnknownClass):
            state()


# commands


def run(centre: Centre, capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    rc = main(["--lang", "en", *args, "--centre", str(centre.folder)])
    said = capsys.readouterr()
    return rc, said.out + said.err


def test_the_commands_take_files_and_say_what_the_rule_says_now(
    planned: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.jpg").write_bytes(b"a signed sheet")
    form = tmp_path / "inspection.toml"
    form.write_text("""
kind = "field"
start = 2026-03-02T09:00:00
end = 2026-03-02T09:30:00
place = "101"
teachers = 2
headcount = 3
inspector = "孙检查员"
signature = "sheet.jpg"
""", "utf-8")
    rc, said = run(planned, capsys, "inspect", CLASS, str(form))
    assert (rc, said.splitlines()[:2]) == (0, [
        "Inspection i-1 of class welder-1 (at the place) is on record: 3 trainees.",
        "R6 (The authority inspects at least once): satisfied"])
    (body,) = kept(planned)
    assert isinstance(body, Inspection) and body.signature == hashlib.sha256(b"a signed sheet").hexdigest()
    form.write_text('closed = 2026-03-06T09:00:00\nrespondents = 3\ndenominator = 3\nsatisfied = 2\n'
                    'questionnaire = "sheet.jpg"\n', "utf-8")
    rc, said = run(planned, capsys, "survey", CLASS, str(form))
    assert rc == 0 and "R9 (Satisfaction survey): violated" in said and "66.6 %" in said
    form.write_text('rule = "O8"\nsource = "registry"\n[o8]\n'
                    'earlier = [{ person = "王芳", training = "cook 7", assessed = 2026-02-20 }]\n', "utf-8")
    rc, said = run(planned, capsys, "import-facts", CLASS, str(form))
    assert rc == 0 and "O8 (No overlapping trainings): violated" in said and "王芳 began this class on" in said
    assert kept(planned)[-1].file == hashlib.sha256(form.read_bytes()).hexdigest()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("command", "text", "said"), [
    ("inspect", "kind = 1", "form.toml: kind: "), ("inspect", "place =", "form.toml: (whole): "),
    ("survey", 'questionnaire = "no.pdf"', "no.pdf cannot be read: "),
    ("survey", 'questionnaire = "."', "cannot be read: it is not a file"),
    ("survey", 'questionnaire = "a\\u0000"', "cannot be read: "),
    ("survey", "questionnaire = 7", "form.toml: "),
    ("import-facts", 'rule = "R1"\nsource = "x"', "form.toml: rule: "),
    ("import-facts", 'rule = "O6"\nsource = "x"\n[o6]\ncertificate = 1', "form.toml: o6.certificate: "),
    ("import-facts", 'rule = "O6"\nsource = "x"', "for rule O6 exactly the table [o6] is needed, and no other"),
    ("import-facts", 'rule = "O6"\nsource = "x"\nfile = "no.xlsx"\n[o6]\ncertificate = true', "no.xlsx cannot be read"),
])
def test_a_form_that_cannot_be_read_says_where(
    planned: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, text: str, said: str
) -> None:
    form = tmp_path / "form.toml"
    form.write_text(text, "utf-8")
    rc, told = run(planned, capsys, command, CLASS, str(form))
    assert rc == 2 and said in told and len(told.splitlines()) == 1 and kept(planned) == []


# an export says the same


def test_an_export_tells_the_findings_of_the_centre(
    centre: Centre, tmp_path: Path, clock: FixedClock
) -> None:
    plan(centre, tmp_path, PLAN)
    box = Box(centre)
    box.genesis()
    centre.collector().take(box.messages())
    clock.utc_us = NOW
    inspect(centre, kind="opening", numbers=("1107",))
    state_survey(centre.store, CLASS, ASKED, NOW)
    bring(centre, "O10", o10=Admitted(True, True, 0, 0, Apprentices(2026, 201, 200)))
    bring(centre, "O6", o6=Certificate(True))
    folder = export_class(centre, CLASS, tmp_path / "out").folder
    with centre.store.read() as tx:
        told = {one.rule: one.result for one in tell(centre.store, tx, CLASS, NOW).findings}
    assert (told["R6"], told["R9"], told["O10"], told["O6"]) == ("satisfied", "satisfied", "violated", "violated")
    assert (folder / "policy.toml").read_bytes() == policy_bytes("demo")
    assert verify([str(folder), "--json", str(tmp_path / "said.json")]) == 0
    said = json.loads((tmp_path / "said.json").read_text("utf-8"))
    assert {one["rule"]: one["result"] for one in said["findings"]} == told
