"""A dossier for programs: plain values under stable names (docs/exports.md), each figure with its unit in its name.
JSON is the whole; CSV is the same lists as one table each."""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from central.dossier.facts import facts_hash
from central.dossier.proof import code_text
from central.dossier.shape import Facts, Judged
from central.dossier.text import clean
from central.dossier.words import Words
from evidence.rules import finding_json
from evidence.rules.o7 import Mean
from evidence.story import Ref
from evidence.times import SECOND, utc_text

FORMAT = "zaitang.class/1"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel takes UTF-8 for something else."""
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What Excel or LibreOffice may take for the beginning of a formula."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "findings": ("rule", "clause", "result", "flag", "verdict", "reasons", "text", "records_count", "records"),
    "trainees": ("person", "name", "due_class_hours", "attended_class_hours", "made_up_class_hours",
                 "leave_class_hours", "open_class_hours", "missed_class_hours", "online_class_hours",
                 "attendance_rate_pct", "due_recordings", "signed_in_recordings", "late_recordings",
                 "shown_recordings"),
    "class_hours": ("class_hour", "kind", "make_up", "start", "end", "over", "planned_s", "recorded_s",
                    "recorded_pct", "longest_stretch_s", "uncertain_s", "gaps"),
    "recordings": ("recording", "start", "end", "state", "due_people", "signed_in_by_face_people",
                   "signed_in_by_pin_people", "late_people", "absent_people", "signed_in_teachers_people",
                   "shown_people", "headcount_most_people", "due_s", "recorded_s", "recorded_pct", "reviewed",
                   "reviewer"),
    "marks": ("person", "recording", "mark"),
    "sign_ins": ("at", "person", "way", "direction", "answer", "counts", "confirmed_by", "score_ppm", "face_px",
                 "record"),
    "roster": ("kind", "joins", "leaves", "start", "end", "reason", "approver", "record"),
    "inspections": ("kind", "at", "end", "place", "teachers_people", "present_people", "workplaces_count",
                    "remark", "by", "record"),
    "objections": ("at", "from", "by", "text", "state", "handling", "handled_by", "record", "objection"),
    "objection_steps": ("objection", "at", "state", "by", "text", "record"),
    "decisions": ("at", "stage", "by", "account", "outcome", "reason", "state", "final", "final_from",
                  "record"),
}
"""The lists and the names of what their rows hold, in order."""
FILES = ("class.csv", *(f"{name}.csv" for name in COLUMNS))
"""What a folder of CSV holds; the first one is written last and says which facts the others are of."""


def document(facts: Facts, lang: str) -> dict[str, Any]:
    """The whole as JSON values. `lang`: of the sentences (`text`), which are for people alone."""
    say = Words(facts, lang)
    return {**class_part(facts, lang), **proof_part(facts), **lists_of(facts, say, *COLUMNS)}


def lists_of(facts: Facts, say: Words, *names: str) -> dict[str, list[dict[str, Any]]]:
    """Some of the lists."""
    return {name: list(_rows(name, facts, say)) for name in names}


def json_bytes(facts: Facts, lang: str) -> bytes:
    """The JSON file."""
    return (json.dumps(document(facts, lang), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def csv_files(facts: Facts, lang: str) -> dict[str, bytes]:
    """The CSV files by name: the lists, and the rest in class.csv, a row for each name."""
    found = document(facts, lang)
    files = {f"{name}.csv": _csv(columns, [[row[key] for key in columns] for row in found[name]])
             for name, columns in COLUMNS.items()}
    rest = [[name, value] for name, value in _flat(found) if name.partition(".")[0] not in COLUMNS]
    return {"class.csv": _csv(("name", "value"), rest), **files}


def cell(value: Any) -> str:
    """A value in a table. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(columns)
    write.writerows([cell(value) for value in row] for row in rows)
    return (BOM + out.getvalue()).encode("utf-8", "replace")


def _flat(value: Any, name: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def class_part(facts: Facts, lang: str) -> dict[str, Any]:
    """What is told of the class itself, without the lists."""
    head, counts, opening = facts.head, facts.headcounts, facts.opening
    return {
        "format": FORMAT, "facts_sha256": facts_hash(facts), "lang": lang, "class": head.class_id, "title": head.title,
        "institution": head.institution, "institution_id": head.institution_id, "region": head.region,
        "as_of": utc_text(head.as_of_us), "simulated": head.simulated,
        "liveness_checked": head.liveness_checked, "utc_offset_min": head.utc_offset_min,
        "start": _time(head.first_us), "end": _time(head.last_us),
        "places": [{"device": device, "room": room} for device, room in head.places],
        "policy": {"id": head.policy, "sha256": head.policy_sha256},
        "order": {"number": head.order_number, "sha256": head.order_sha256},
        "planned_trainees_people": head.trainees, "planned_instructors_people": len(head.instructors),
        "waiting_records_count": head.waiting, "attendance_rate_pct": _pct(facts.rate_ppm),
        "verdict": next((one.verdict for one in facts.findings if one.verdict is not None), None),
        "findings_sha256": facts.findings_sha256,
        "opening": None if opening is None else {
            "recording": opening.block, "start": utc_text(opening.start_us), "over": opening.over,
            "due_people": opening.due, "signed_in_by_face_people": opening.faces,
            "signed_in_by_pin_people": opening.pins, "late_people": opening.late,
            "signed_in_teachers_people": opening.teachers},
        "headcounts": {
            "opening_people": counts.opening, **_mean("inspections", counts.inspections),
            **_mean("remote_inspections", counts.remote), **_mean("recordings", counts.recordings)},
        "video": {"on_record_files": facts.files.on_record, "removed_files": facts.files.removed,
                  "at_centre_files": facts.files.here},
    }


def proof_part(facts: Facts) -> dict[str, Any]:
    """What paper and files can be checked against."""
    proof = facts.proof
    return {
        "proof": {"origin": proof.origin, "tree_records_count": proof.size, "root_sha256_base64": proof.root,
                  "signed": utc_text(proof.signed_us), "key": proof.key, "root_fingerprint": proof.fingerprint,
                  "address": proof.address, "code": code_text(facts)},
    }


def _rows(name: str, facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    made = {"findings": _findings, "trainees": _trainees, "class_hours": _hours, "recordings": _recordings,
            "marks": _marks, "sign_ins": _signs}
    if name in made:
        return made[name](facts, say)
    return (dict(zip(COLUMNS[name], row, strict=True)) for row in _stated(name, facts))


def _findings(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.findings:
        told = finding_json(one.finding)
        yield {"rule": told["rule"], "clause": told["clause"], "result": told["result"], "flag": told["flag"],
               "verdict": one.verdict, "reasons": told["reasons"], "text": _sentences(one, say),
               "records_count": len(told["records"]), "records": told["records"]}


def _sentences(judged: Judged, say: Words) -> str:
    return "\n".join([*say.reasons(judged), *say.readings(judged)])


def _trainees(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.trainees:
        hours = one.hours
        yield dict(zip(COLUMNS["trainees"], (
            one.person, one.name, hours.due, hours.attended, hours.made_up, hours.on_leave,
            hours.open, hours.missed, hours.online, _pct(hours.ppm), one.blocks_due, one.blocks_signed,
            one.blocks_late, one.blocks_shown), strict=True))


def _hours(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.hours:
        gaps = [{"start": utc_text(gap.start_us), "end": utc_text(gap.end_us),
                 "length_s": (gap.end_us - gap.start_us) // SECOND, "awaited": gap.late, "text": say(gap.why)}
                for gap in one.gaps]
        yield dict(zip(COLUMNS["class_hours"], (
            one.hour, one.kind, one.make_up, utc_text(one.start_us), utc_text(one.end_us), one.over,
            one.planned_us // SECOND, one.covered_us // SECOND, _share(one.covered_us, one.planned_us),
            one.longest_us // SECOND, one.uncertain_us // SECOND, gaps), strict=True))


def _recordings(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.recordings:
        yield dict(zip(COLUMNS["recordings"], (
            one.block, utc_text(one.start_us), utc_text(one.end_us), one.state, one.due, one.faces, one.pins, one.late,
            one.absent, one.teachers, one.shown, one.headcount, one.due_us // SECOND, one.covered_us // SECOND,
            _share(one.covered_us, one.due_us), one.review, one.reviewer), strict=True))


def _marks(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.trainees:
        for recording, mark in zip(facts.recordings, one.marks, strict=True):
            if mark is not None:
                yield {"person": one.person, "recording": recording.block, "mark": mark}


def _signs(facts: Facts, say: Words) -> Iterable[dict[str, Any]]:
    for one in facts.signs:
        yield dict(zip(COLUMNS["sign_ins"], (
            utc_text(one.at_us), one.person, one.way, one.direction, one.answer, one.counts, one.by or None,
            one.score_ppm, one.face_px, _ref(one.ref)), strict=True))


def _stated(name: str, facts: Facts) -> Iterable[tuple[Any, ...]]:
    """What people state, as rows in the order of `COLUMNS`."""
    if name == "roster":
        return [(one.kind, one.joins, one.leaves, utc_text(one.start_us), _time(one.end_us), one.reason, one.approver,
                 _ref(one.ref)) for one in facts.roster]
    if name == "inspections":
        return [(one.kind, utc_text(one.at_us), utc_text(one.end_us), one.place, one.teachers, one.people,
                 one.workplaces, one.remark, one.by, _ref(one.ref)) for one in facts.inspections]
    if name == "objections":
        return [(utc_text(one.at_us), one.source, one.by, one.text, one.state, one.handling, one.handled_by,
                 _ref(one.ref), one.objection) for one in facts.objections]
    if name == "objection_steps":
        return [(one.objection, utc_text(step.at_us), step.state, step.by, step.text, _ref(step.ref))
                for one in facts.objections for step in one.steps]
    return [(utc_text(one.at_us), one.stage, one.by, one.account, one.outcome, one.reason, one.state, one.final,
             _time(one.final_us), _ref(one.ref)) for one in facts.decisions]


def _ref(ref: Ref) -> str:
    return f"{ref[0]}/{ref[1]}/{ref[2]}"


def _time(us: int | None) -> str | None:
    return None if us is None else utc_text(us)


def _pct(ppm: int | None) -> float | None:
    """Percent with one digit behind the point, rounded down as everywhere."""
    return None if ppm is None else ppm // 1000 / 10


def _share(part: int, whole: int) -> float | None:
    return _pct(1_000_000 * part // whole) if whole else None


def _mean(name: str, mean: Mean | None) -> dict[str, Any]:
    """Of how many; people with two digits behind the point."""
    count, people = (mean.count, round(mean.ppm / 1_000_000, 2)) if mean else (0, None)
    return {f"{name}_count": count, f"{name}_mean_people": people}
