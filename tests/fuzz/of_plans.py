"""Parsers of what institutions bring to plan a class, and of what the centre keeps of it."""
from __future__ import annotations

import datetime
import functools

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from central.errors import BadKeyFile, NoCentre
from central.plans import ids
from central.plans.draft import Draft, DraftHour, class_id_of, read_draft, write_draft
from central.plans.errors import BadClassId, NumbersLocked, PlanError
from central.plans.roster import read_roster
from central.plans.schedule import read_schedule
from central.plans.table import read_file, read_table
from central.plans.template import workbook
from evidence.bodies import Enrolled, Place, PolicyRef
from evidence.errors import BadShape
from tests.central.plans.tables import archive, cell, number
from tests.fuzz.parser import Bench, Parser

TODAY = datetime.date(2026, 3, 2)
ROSTER = f"姓名,身份证号,角色\n张伟,{number(1)},学员\n陈老师,{number(2)},教师\n"
SCHEDULE = ("日期,开始时间,结束时间,课程类型,补课学员\n2026-03-02,08:30,09:15,理论,\n"
            "2026/3/2,9：25,10:10,实操,张伟、王芳\n")
TABLE = ("central/plans/table.py",)
DRAFT = Draft(
    "c-1", "焊工", PolicyRef("demo", "ab" * 32), 480, (Place("box-1", "101"),), None,
    (Enrolled("p-1", "trainee", "ab" * 32),),
    (DraftHour("h1", "theory", "2026-03-02T00:30:00.000000Z", "2026-03-02T01:15:00.000000Z"),))


def _rows(data: bytes, _: Bench) -> object:
    """Rows of a sheet that somebody wrote by hand, in a spreadsheet that is right otherwise."""
    return read_table(archive(rows=data.decode("utf-8", "replace")[:200_000]), "f.xlsx")


def _sealed_number(data: bytes, _: Bench) -> object:
    """What lies in the database, encrypted under the key of the numbers."""
    key = ids._derive(bytes(32), b"zaitang people seal v1")
    sealed = bytes(12) + AESGCM(key).encrypt(bytes(12), data, b"c-1\0p-1")
    return ids.IdBox(bytes(32)).open("c-1", "p-1", sealed)


def _key(data: bytes, bench: Bench) -> object:
    keys = bench.folder / "keys"
    keys.mkdir(exist_ok=True)
    (keys / ids.FILE).write_bytes(data)
    return ids.people_key(keys)


@functools.cache
def _workbooks() -> list[bytes]:
    schedule = workbook("schedule", "zh", read_schedule(SCHEDULE.encode(), "f.csv"))
    return [schedule, archive(rows=f'<row r="1">{cell("A1", "日期")}</row>', packed=False)]


PARSERS = (
    Parser("a spreadsheet", (*TABLE, "central/plans/archive.py"), "bytes", _workbooks,
           lambda data, bench: read_table(read_file(bench.file(data)), "f.xlsx"), (PlanError,), 60),
    Parser("rows of a spreadsheet", TABLE, "text",
           lambda: [f'<row r="1">{cell("A1", "日期")}<c r="B1" s="1"><v>46083.5</v></c></row>'.encode()], _rows,
           (PlanError,), 60),
    Parser("a list of people for the centre (CSV)",
           ("central/plans/roster.py", "central/plans/columns.py", *TABLE), "text",
           lambda: [ROSTER.encode(), ROSTER.encode("gb18030")], lambda data, _: read_roster(data, "f.csv", TODAY),
           (PlanError,), 60),
    Parser("a schedule (CSV)", ("central/plans/schedule.py", "central/plans/values.py", *TABLE), "text",
           lambda: [SCHEDULE.encode()], lambda data, _: read_schedule(data, "f.csv"), (PlanError,), 60),
    Parser("a draft of a class", ("central/plans/draft.py",), "json", lambda: [write_draft(DRAFT).encode()],
           lambda data, _: read_draft(data.decode("utf-8", "surrogateescape")), (BadShape,)),
    Parser("a class id", ("central/plans/draft.py",), "text", lambda: [b"welder-1"],
           lambda data, _: class_id_of(data.decode("utf-8", "surrogateescape")), (BadClassId,), 25),
    Parser("an ID number in the centre's database", ("central/plans/ids.py",), "json",
           lambda: [b'{"document":"passport","number":"C01X00T47"}'], _sealed_number, (NumbersLocked,)),
    Parser("the centre's keys/people.key", ("central/plans/ids.py",), "bytes", lambda: [bytes(32)], _key,
           (BadKeyFile, NoCentre), 20),
)
