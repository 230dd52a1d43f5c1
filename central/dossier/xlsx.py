"""The dossier as XLSX: a sheet for each list, with real numbers, dates of the class's own clock and percentages. Every
text is written as text, so that no name becomes a formula; the same facts give the same bytes."""
from __future__ import annotations

import dataclasses
import datetime
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from central.classes.inspections import KINDS
from central.dossier.shape import Facts
from central.dossier.text import clean
from central.dossier.words import ENTRIES, NOT_RECORDED, WAYS, Words
from common.decisions import ANSWERS, DIDS, OBJECTIONS, STAGES
from common.texts import N_
from evidence.blocks import local
from evidence.rules.o7 import Mean
from evidence.times import SECOND

Kind = Literal["text", "number", "time", "share", "minutes", "mean", "score"]
MOST_TEXT = 32_000
"""Characters of a cell; Excel takes 32,767."""
LISTED = 40
"""So many records are named beside a reason."""
OVERVIEW, ATTENDANCE, HOURS = N_("Class at a glance"), N_("Attendance by trainee"), N_("Recorded class-hours")
BAD, DOUBTFUL, GOOD = "#F8D7DA", "#FFE8B3", "#D6EDDA"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a sheet. `width`: in characters."""

    title: str
    kind: Kind
    width: int


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A sheet with headings, a filter, and rows. `tones`: column → (value, colour) of what is to be noticed."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    tones: tuple[tuple[int, str, str], ...] = ()
    shares: tuple[int, ...] = ()


def xlsx(facts: Facts, lang: str) -> bytes:
    """The file. `lang`: zh or en."""
    out, say = io.BytesIO(), Words(facts, lang)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({
            "title": clean(say(N_("Dossier of class {class_id}"), class_id=facts.head.class_id)),
            "author": clean(facts.proof.origin),
            "created": local(facts.head.as_of_us, facts.head.utc_offset_min).replace(microsecond=0)})
        writer = _Writer(book, say)
        overview = writer.overview(_overview(facts, say))
        sheets = {sheet.name: sheet for sheet in _sheets(facts, say)}
        for sheet in sheets.values():
            writer.sheet(sheet)
        _charts(book, overview, sheets, say)
    return out.getvalue()


class _Writer:
    """Writes cells by their kind."""

    def __init__(self, book: xlsxwriter.Workbook, say: Words) -> None:
        self._book, self._say = book, say
        base = {"font_name": "Noto Sans CJK SC" if say.lang == "zh" else "Arial", "font_size": 10, "valign": "top"}
        self._formats: dict[str, Format] = {
            "text": book.add_format({**base, "text_wrap": True}),
            "number": book.add_format({**base, "num_format": "0"}),
            "score": book.add_format({**base, "num_format": "0.00"}),
            "time": book.add_format({**base, "num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
            "share": book.add_format({**base, "num_format": "0.0%"}),
            "minutes": book.add_format({**base, "num_format": "0.0"}),
            "mean": book.add_format({**base, "num_format": "0.0"}),
            "head": book.add_format({**base, "bold": True, "bg_color": "#ECEFF1", "border": 1, "text_wrap": True}),
        }

    def overview(self, rows: Sequence[tuple[str, Kind, Any]]) -> Worksheet:
        page = self._page(OVERVIEW)
        page.set_column(0, 0, 34)
        page.set_column(1, 1, 70)
        for number, (label, kind, value) in enumerate(rows):
            page.write_string(number, 0, clean(label), self._formats["head"])
            self._cell(page, number, 1, kind, value)
        page.freeze_panes(0, 1)
        return page

    def sheet(self, sheet: Sheet) -> None:
        page, last = self._page(sheet.name), max(1, len(sheet.rows))
        for number, column in enumerate(sheet.columns):
            page.set_column(number, number, column.width)
            page.write_string(0, number, clean(self._say(column.title)), self._formats["head"])
        for row, values in enumerate(sheet.rows, 1):
            for number, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
                self._cell(page, row, number, column.kind, value)
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, last, len(sheet.columns) - 1)
        page.repeat_rows(0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        for number, value, colour in sheet.tones:
            page.conditional_format(1, number, last, number, {
                "type": "cell", "criteria": "==", "value": '"' + value.replace('"', '""') + '"',
                "format": self._book.add_format({"bg_color": colour})})
        for number in sheet.shares:
            page.conditional_format(1, number, last, number, {
                "type": "data_bar", "bar_color": "#7FB58D", "min_type": "num", "max_type": "num", "min_value": 0,
                "max_value": 1})

    def _page(self, name: str) -> Worksheet:
        page = self._book.add_worksheet(self._say(name))
        page.set_paper(9)
        page.set_footer("&L&A&R&P / &N")
        return page

    def _cell(self, page: Worksheet, row: int, column: int, kind: Kind, value: Any) -> None:
        look = self._formats[kind]
        if value is None:
            page.write_blank(row, column, None, look)
        elif kind == "text":
            page.write_string(row, column, clean(str(value), MOST_TEXT), self._formats["text"])
        elif kind == "time":
            page.write_datetime(row, column, self._when(value), look)
        elif kind in ("share", "mean", "score"):
            page.write_number(row, column, value / 1_000_000, look)
        elif kind == "minutes":
            page.write_number(row, column, value / (60 * SECOND), look)
        else:
            page.write_number(row, column, value, look)

    def _when(self, us: int) -> datetime.datetime:
        """On the class's own clock, to the second."""
        return local(us, self._say.local.offset_min).replace(microsecond=0)


def _overview(facts: Facts, say: Words) -> list[tuple[str, Kind, Any]]:
    head, counts, none = facts.head, facts.headcounts, say(NOT_RECORDED)
    verdict = next((one.verdict for one in facts.findings if one.verdict is not None), None)
    rows: list[tuple[str, Kind, Any]] = [
        (say("Class"), "text", head.class_id), (say("Title"), "text", head.title),
        (say("Institution"), "text", head.institution or none),
        (say("Policy"), "text", f"{say.title()} ({head.policy})"),
        (say("Dates"), "text", say.dates()), (say("As of"), "time", head.as_of_us),
        (say("Rooms and boxes"), "text", "; ".join(f"{room} ({device})" for device, room in head.places)),
        (say("Class-hours in the plan"), "number", len(facts.hours)),
        (say("Trainees in the plan"), "number", head.trainees),
        (say("Instructors in the plan"), "text", say.together(head.instructors) or say("none in the plan")),
        ("R3", "text", say.verdict(verdict) if verdict else none),
        (say("Decision"), "text", say.decided() or none),
        (say("Attendance rate of the class"), "share", facts.rate_ppm),
        (say("Came to the opening"), "number", counts.opening),
        (say("Average of inspections"), "mean", _ppm(counts.inspections)),
        (say("Average of the recordings"), "mean", _ppm(counts.recordings)),
        (say("Video files on record"), "number", facts.files.on_record),
        (say("Video files at the centre"), "number", facts.files.here),
        (say("Video files removed"), "number", facts.files.removed),
        (say("Plan in force"), "text", f"{head.order_number} SHA-256 {head.order_sha256}"),
        (say("SHA-256 of the findings"), "text", facts.findings_sha256),
        (say("Centre's tree"), "text", f"{facts.proof.origin} {facts.proof.size} {facts.proof.root}"),
        (say("Fingerprint of the root"), "text", facts.proof.fingerprint),
    ]
    if head.simulated:
        rows.insert(0, ("!", "text", say("Records of this class were made with a simulated clock: this is not real.")))
    return rows


def _sheets(facts: Facts, say: Words) -> Iterable[Sheet]:
    yield _findings(facts, say)
    yield Sheet(ATTENDANCE, (
        Column(N_("Trainee"), "text", 18), Column(N_("due class-hours"), "number", 9),
        Column(N_("attended class-hours"), "number", 9), Column(N_("made-up class-hours"), "number", 9),
        Column(N_("class-hours on leave"), "number", 9), Column(N_("missed class-hours"), "number", 9),
        Column(N_("undecided class-hours"), "number", 9), Column(N_("Attendance rate"), "share", 10),
        Column(N_("recordings due"), "number", 9), Column(N_("recordings signed in"), "number", 9),
        Column(N_("recordings late"), "number", 9), Column(N_("recordings shown"), "number", 9),
        Column(N_("Pseudonym"), "text", 18),
    ), [(one.name, one.hours.due, one.hours.attended, one.hours.made_up, one.hours.on_leave,
         one.hours.missed, one.hours.open, one.hours.ppm, one.blocks_due, one.blocks_signed, one.blocks_late,
         one.blocks_shown, one.person) for one in facts.trainees], shares=(7,))
    yield Sheet(HOURS, (
        Column(N_("Class-hour"), "text", 12), Column(N_("Kind"), "text", 12), Column(N_("Begins"), "time", 19),
        Column(N_("Ends"), "time", 19), Column(N_("planned, min"), "minutes", 9),
        Column(N_("recorded, min"), "minutes", 9), Column(N_("recorded, share"), "share", 10),
        Column(N_("longest stretch, min"), "minutes", 9), Column(N_("of uncertain time, min"), "minutes", 9),
        Column(N_("not recorded, and why"), "text", 60),
    ), [(one.hour, say.kind(one), one.start_us, one.end_us, one.planned_us, *_recorded(one), one.uncertain_us,
         "; ".join(map(say.gap, one.gaps)) or None) for one in facts.hours], shares=(6,))
    yield _recordings(facts, say)
    yield Sheet(N_("Attempts to sign in"), (
        Column(N_("When"), "time", 19), Column(N_("Trainee"), "text", 18), Column(N_("Way"), "text", 8),
        Column(N_("Answer"), "text", 40), Column(N_("Counts"), "text", 8), Column(N_("Similarity"), "score", 9),
        Column(N_("face, px"), "number", 9), Column(N_("Record"), "text", 20),
    ), [(one.at_us, say.name(one.person), say(WAYS[one.way]), say.sign(one), say("Yes") if one.counts else say("No"),
         one.score_ppm, one.face_px, say.record(one.ref)) for one in facts.signs],
        tones=((4, say("No"), DOUBTFUL),))
    yield Sheet(N_("Inspections"), (
        Column(N_("When"), "time", 19), Column(N_("Kind"), "text", 14), Column(N_("Place"), "text", 24),
        Column(N_("Teachers"), "number", 9),
        Column(N_("people present"), "number", 9), Column(N_("Remark"), "text", 40),
        Column(N_("Inspector"), "text", 18), Column(N_("Record"), "text", 20),
    ), [(one.at_us, say(KINDS[one.kind]), one.place, one.teachers, one.people, one.remark, one.by,
         say.record(one.ref)) for one in facts.inspections])
    yield Sheet(N_("Objections"), (
        Column(N_("Objection"), "text", 12), Column(N_("When"), "time", 19), Column(N_("Who"), "text", 24),
        Column(N_("Reason"), "text", 50), Column(N_("State"), "text", 16), Column(N_("Handling"), "text", 50),
        Column(N_("Record"), "text", 20),
    ), [(one.objection, one.at_us, say.name(one.by), one.text, say(OBJECTIONS[one.state]), one.handling or None,
         say.record(one.ref)) for one in facts.objections])
    yield Sheet(N_("Course of the objections"), (
        Column(N_("Objection"), "text", 12), Column(N_("When"), "time", 19), Column(N_("Who"), "text", 24),
        Column(N_("Step"), "text", 24), Column(N_("Text"), "text", 60), Column(N_("Record"), "text", 20),
    ), [(one.objection, step.at_us, say.name(step.by), say(DIDS[step.state]), step.text, say.record(step.ref))
        for one in facts.objections for step in one.steps])
    yield Sheet(N_("Decisions"), (
        Column(N_("When"), "time", 19), Column(N_("Who"), "text", 24), Column(N_("Answer"), "text", 40),
        Column(N_("Reason"), "text", 50), Column(N_("In effect since"), "time", 19), Column(N_("Record"), "text", 20),
    ), [(one.at_us, f"{say(STAGES[one.stage])}{say.colon}{one.by}", say(ANSWERS[one.outcome]), one.reason,
         one.final_us if one.final else None, say.record(one.ref)) for one in facts.decisions])
    yield Sheet(N_("Roster changes"), (
        Column(N_("From"), "time", 19), Column(N_("Until"), "time", 19), Column(N_("Kind"), "text", 12),
        Column(N_("Who"), "text", 30), Column(N_("Reason"), "text", 40), Column(N_("approved by"), "text", 18),
        Column(N_("Record"), "text", 20),
    ), [(one.start_us, one.end_us, say(ENTRIES[one.kind]), say.entry(one), one.reason, one.approver,
         say.record(one.ref)) for one in facts.roster])


def _ppm(mean: Mean | None) -> int | None:
    return None if mean is None else mean.ppm


def _recorded(hour: Any) -> tuple[Any, Any, Any]:
    """Minutes, share, longest stretch; nothing of an online class-hour, of which nothing is due."""
    if hour.kind == "online":
        return None, None, None
    return hour.covered_us, 1_000_000 * hour.covered_us // max(1, hour.planned_us), hour.longest_us


def _findings(facts: Facts, say: Words) -> Sheet:
    rows = []
    for one in facts.findings:
        records = ", ".join(map(say.record, one.finding.records[:LISTED]))
        for sentence in [*say.reasons(one), *say.readings(one)]:
            rows.append((say.rule(one), say.result(one), sentence, say.clause(one), len(one.finding.records),
                         records))
    return Sheet(N_("What was found"), (
        Column(N_("Rule"), "text", 30), Column(N_("Result"), "text", 10), Column(N_("Reason"), "text", 70),
        Column(N_("Clause"), "text", 40), Column(N_("records, count"), "number", 9),
        Column(N_("first records"), "text", 40),
    ), rows, tones=((1, say("violated"), BAD), (1, say("warning"), DOUBTFUL), (1, say("undecided"), DOUBTFUL),
                    (1, say("satisfied"), GOOD)))


def _recordings(facts: Facts, say: Words) -> Sheet:
    return Sheet(N_("Roll calls by half-day"), (
        Column(N_("Half-day"), "text", 20), Column(N_("Begins"), "time", 19), Column(N_("Ends"), "time", 19),
        Column(N_("people due"), "number", 8), Column(N_("by face"), "number", 8), Column(N_("by PIN"), "number", 8),
        Column(N_("late"), "number", 8), Column(N_("not signed in"), "number", 8),
        Column(N_("Instructors"), "number", 8), Column(N_("shown"), "number", 8),
        Column(N_("most in view"), "number", 8), Column(N_("recorded, share"), "share", 10),
        Column(N_("by R3"), "text", 16), Column(N_("Reviewer"), "text", 16),
    ), [(say.block(one.block), one.start_us, one.end_us, one.due, one.faces, one.pins, one.late, one.absent,
         one.teachers, one.shown, one.headcount, 1_000_000 * one.covered_us // one.due_us if one.due_us else None,
         say.state(one.state), one.reviewer or None) for one in facts.recordings],
        tones=((12, say("not everyone shown"), BAD), (12, say("undecided"), DOUBTFUL),
               (12, say("everyone shown"), GOOD)), shares=(11,))


def _charts(book: xlsxwriter.Workbook, overview: Worksheet, sheets: Mapping[str, Sheet], say: Words) -> None:
    """Attendance rates, and the recorded share of class-hours, beside the overview: of each sheet its one share."""
    for place, name, title in (
        ("D1", ATTENDANCE, N_("Attendance rate of each trainee")),
        ("D22", HOURS, N_("Recorded share of each class-hour")),
    ):
        last, (share,) = len(sheets[name].rows), sheets[name].shares
        if last:
            chart = book.add_chart({"type": "column"})
            chart.add_series({"categories": [say(name), 1, 0, last, 0],
                              "values": [say(name), 1, share, last, share], "fill": {"color": "#2E7D46"},
                              "gap": 40})
            chart.set_title({"name": say(title), "name_font": {"size": 11}})
            chart.set_legend({"none": True})
            chart.set_y_axis({"min": 0, "max": 1, "num_format": "0%"})
            chart.set_size({"width": 760, "height": 380})
            overview.insert_chart(place, chart, {"description": say(title)})
