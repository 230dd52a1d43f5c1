"""What a dossier of the console's journey says, held against the records of its class, figure by figure."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import openpyxl

from tests.central.course import AWAY, PEOPLE
from tests.contract.told_by_hand import Tally, half_day, payloads, recorded, tally

CLASS, TITLE, SCHOOL = "welder-1", "焊工（初级）2026 年第 3 期", "三门峡职业培训学校"
MISSED = ["2026-03-02-pm", "2026-03-03-am", "2026-03-03-pm"]
WHY_FIRST, WHY_SECOND = "三次录像均未显示全员", "同意初审意见"
OBJECTS, ANSWERED = "设备曾中断，请核对", "中断不在这三次录像之内"


def is_what_the_records_say(told: dict[str, Any], export: Path, found: dict[str, Any], names: dict[str, str]) -> None:
    """Every figure of the JSON, against the signed records and what `zaitang-verify` finds in them."""
    counted = tally(export, CLASS)
    assert {one["person"]: one["name"] for one in told["trainees"]} == {who: names[who] for who in counted}
    assert sorted(names[who] for who in counted) == sorted(PEOPLE)
    for one in told["trainees"]:
        mine = counted[one["person"]]
        assert (one["due_class_hours"], one["attended_class_hours"]) == (mine.due, mine.attended)
        assert one["missed_class_hours"] == mine.due - mine.attended
        assert one["attendance_rate_pct"] == mine.attended * 1000 // mine.due / 10
        assert (one["due_recordings"], one["signed_in_recordings"]) == (4, len(mine.signed))
        assert one["shown_recordings"] == len(mine.shown)
        assert [one[f"{name}_class_hours"] for name in ("made_up", "leave", "open", "online")] == [0, 0, 0, 0]
        assert one["late_recordings"] == 0
    away = next(who for who in counted if names[who] == AWAY)
    assert counted[away] == Tally(5, 2, ("2026-03-02-am",), ("2026-03-02-am",))
    marks = {(one["person"], one["recording"]): one["mark"] for one in told["marks"]}
    for who, mine in counted.items():
        for at in ("2026-03-02-am", *MISSED):
            assert marks[who, at] == ("both" if at in mine.signed and at in mine.shown else "absent")
    heads = {at: max(one["body"]["headcount_max"] for one in payloads(export)
                     if one["type"] == "rollcall" and half_day(one["utc"]) == at) for at in ("2026-03-02-am", *MISSED)}
    lengths = recorded(export, CLASS)
    for one in told["class_hours"]:
        assert (one["planned_s"], one["recorded_s"], one["longest_stretch_s"]) == lengths[one["class_hour"]]
        assert one["recorded_pct"] == int(1000 * one["recorded_s"] / one["planned_s"]) / 10
        assert sum(gap["length_s"] for gap in one["gaps"]) == one["planned_s"] - one["recorded_s"]
        assert one["over"] and one["uncertain_s"] == 0
    for one in told["recordings"]:
        at, due = one["recording"], len(counted)
        signed = sum(at in mine.signed for mine in counted.values())
        assert [one[f"{name}_people"] for name in (
            "due", "signed_in_by_face", "signed_in_by_pin", "late", "absent", "signed_in_teachers")] == [
            due, signed, 0, 0, due - signed, 0]
        assert one["shown_people"] == sum(at in mine.shown for mine in counted.values())
        assert one["headcount_most_people"] == heads[at]
        mine = [lengths[hour["class_hour"]] for hour in told["class_hours"] if half_day(hour["start"]) == at]
        assert [one["due_s"], one["recorded_s"]] == [sum(hour[0] for hour in mine), sum(hour[1] for hour in mine)]
        assert one["recorded_pct"] == int(1000 * one["recorded_s"] / one["due_s"]) / 10
        assert one["state"] == ("missing" if at in MISSED else "complete")
    assert [(one["at"], one["person"], one["score_ppm"], one["face_px"]) for one in told["sign_ins"]] == [
        (one["utc"], one["body"]["best"]["person"], one["body"]["best"]["score_ppm"], one["body"]["face_px"])
        for one in payloads(export) if one["type"] == "checkin"]
    assert all(one["counts"] for one in told["sign_ins"])
    due, attended = (sum(getattr(one, name) for one in counted.values()) for name in ("due", "attended"))
    assert told["attendance_rate_pct"] == attended * 1000 // due / 10
    assert told["opening"]["signed_in_by_face_people"] == told["headcounts"]["opening_people"] == len(counted)
    shown = [one["shown_people"] for one in told["recordings"]]
    assert told["headcounts"]["recordings_mean_people"] == sum(shown) / len(shown)
    counts = [told["headcounts"][f"{name}_count"] for name in ("recordings", "inspections", "remote_inspections")]
    assert counts == [len(shown), 0, 0]
    assert [(one["reviewed"], one["reviewer"]) for one in told["recordings"]] == [
        ("missing", "li") if one["recording"] == MISSED[0] else (None, "") for one in told["recordings"]]
    there = {f"{one['device']}/{one['chain']}/{one['seq']}" for one in payloads(export)}
    assert all(one["record"] in there for name in ("sign_ins", "objections", "decisions") for one in told[name])

    same = ("rule", "clause", "result", "flag", "reasons", "records")
    assert [[one[key] for key in same] for one in told["findings"]] == [
        [one[key] for key in same] for one in found["findings"]]
    assert all(one["records_count"] == len(one["records"]) for one in told["findings"])
    bare = [{key: value for key, value in one.items() if key not in ("class", "text")} for one in found["findings"]]
    said = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert told["findings_sha256"] == hashlib.sha256(said).hexdigest()
    assert told["verdict"] == "flag" and [one["rule"] for one in told["findings"] if one["flag"]] == ["R3"]
    segments = {one["body"]["sha256"] for one in payloads(export) if one["type"] == "segment"}
    assert told["video"] == {"on_record_files": len(segments), "removed_files": 0, "at_centre_files": len(segments)}
    assert found["segments"] == len(segments)
    (decided,) = found["decided"]
    assert (decided["state"], decided["answer"]) == ("decided", "withdraw")
    assert all((one["state"], one["final"]) == ("decided", decided["final"]) for one in told["decisions"])
    made = ("stage", "by", "account", "outcome", "reason", "at")
    assert [[one[key] for key in made] for one in told["decisions"]] == [
        [one[key] for key in ("stage", "by_name", "by", "answer", "reason", "at")] for one in decided["decisions"]]
    assert [(one["by"], one["reason"], one["recomputed"]) for one in decided["decisions"]] == [
        ("li", WHY_FIRST, "same"), ("zhao", WHY_SECOND, "same")]
    raised = ("from", "by", "text", "at", "state", "handled_by")
    assert [[*(one[key] for key in raised), one["handling"]] for one in told["objections"]] == [
        [*(one[key] for key in raised), one["answer"]] for one in decided["objections"]]
    assert [(one["text"], one["state"]) for one in told["objections"]] == [(OBJECTS, "rejected")]


def says_the_same(paper: str, book: openpyxl.Workbook, told: dict[str, Any]) -> None:
    """The PDF and the XLSX have the figures of the JSON. `paper`: the text of the PDF without blanks."""
    rows = list(book["学员出勤"].iter_rows(min_row=2, values_only=True))
    for row, one in zip(rows, told["trainees"], strict=True):
        hours = [one[f"{name}_class_hours"] for name in ("due", "attended", "made_up", "leave", "missed", "open")]
        units = [one[f"{name}_recordings"] for name in ("due", "signed_in", "late", "shown")]
        assert [row[0], *row[1:7], *row[8:12], row[12]] == [one["name"], *hours, *units, one["person"]]
        assert int(1000 * row[7] + 1e-6) / 10 == one["attendance_rate_pct"]
        figures = [*hours, f"{one['attendance_rate_pct']:.1f}%", *units]
        assert one["name"] + "".join(map(str, figures)) in paper
    for row, one in zip(book["时段点名"].iter_rows(min_row=2, values_only=True), told["recordings"], strict=True):
        assert row[3:5] == (one["due_people"], one["signed_in_by_face_people"])
        assert row[9:11] == (one["shown_people"], one["headcount_most_people"]) and row[13] == (one["reviewer"] or None)
    cells = [str(value) for row in book["概况"].iter_rows(values_only=True) for value in row]
    assert told["findings_sha256"] in cells and told["findings_sha256"] in paper
    assert [(row[3], row[5]) for row in book["异议"].iter_rows(min_row=2, values_only=True)] == [(OBJECTS, ANSWERED)]
    decided = list(book["决定"].iter_rows(min_row=2, values_only=True))
    assert [row[3] for row in decided] == [WHY_FIRST, WHY_SECOND]
    for said in (TITLE, SCHOOL, WHY_FIRST, WHY_SECOND, OBJECTS, ANSWERED, "初审人", "复核人"):
        assert said.replace(" ", "") in paper, said


def code_in(paper: str) -> str:
    """The eight lines of the code in the text of the PDF."""
    return "\n".join(paper[paper.index("zaitang-dossier/1"):].splitlines()[:8]) + "\n"
