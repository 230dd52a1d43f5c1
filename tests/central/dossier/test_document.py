"""JSON and CSV: stable documented names, a unit in each, no formula in any cell."""
from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.dossier.document import COLUMNS, FILES, FORMULA, cell, csv_files, document, json_bytes
from central.dossier.facts import facts_hash
from evidence.rules import finding_json
from tests.central.dossier.classes import dossier, flagged, nothing
from tests.central.dossier.test_pdf import EVIL, stated

DOCS = Path(__file__).parents[3] / "docs"
UNITS = ("_people", "_class_hours", "_recordings", "_files", "_count", "_pct", "_s", "_min", "_ppm", "_px")
NO_UNIT = {"number", "seq"}
"""Numbers that count nothing: of an order, of a record."""


def read(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for name, one in value.items() if name != "params" for key in keys(one)}
    return {key for one in value for key in keys(one)} if isinstance(value, list) else set()


def numbers(value: Any, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return {found for key, one in value.items() if key != "params" for found in numbers(one, key)}
    if isinstance(value, list):
        return {found for one in value for found in numbers(one, name)}
    return {name} if isinstance(value, int | float) and not isinstance(value, bool) else set()


def test_figures_are_those_of_the_facts() -> None:
    found, facts = document(flagged(), "en"), flagged()
    assert found["facts_sha256"] == facts_hash(facts) and found["attendance_rate_pct"] == 75.0
    assert [one["attendance_rate_pct"] for one in found["trainees"]] == [88.8, 88.8, 88.8, 33.3]
    assert [one["recorded_s"] for one in found["class_hours"]] == [one.covered_us // 10**6 for one in facts.hours]
    assert [(one["due_people"], one["shown_people"]) for one in found["recordings"]] == [
        (one.due, one.shown) for one in facts.recordings]
    for one, judged in zip(found["findings"], facts.findings, strict=True):
        assert {key: one[key] for key in ("rule", "result", "flag", "reasons", "records")} == {
            key: value for key, value in json.loads(json.dumps(finding_json(judged.finding))).items() if key in one
            and key not in ("clause", "verdict")}


@pytest.mark.parametrize("facts", [flagged(), stated(), dossier(nothing())], ids=["flagged", "stated", "nothing"])
def test_every_figure_has_its_unit_in_its_name(facts: Any) -> None:
    found = numbers(document(facts, "zh"))
    assert {name for name in found if not name.endswith(UNITS)} <= NO_UNIT


def test_the_json_is_what_the_document_says() -> None:
    assert json.loads(json_bytes(stated(), "zh")) == document(stated(), "zh")


@pytest.mark.parametrize("name", ["exports.md", "exports.zh-CN.md"])
def test_every_name_is_documented(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z0-9_]+)`", text))
    columns = {column for names in COLUMNS.values() for column in names}
    assert (keys(document(stated(), "en")) | columns | set(COLUMNS)) - told == set()


def test_a_folder_of_csv_holds_the_same() -> None:
    files = csv_files(stated(), "zh")
    assert set(files) == set(FILES)
    found = document(stated(), "zh")
    for name in COLUMNS:
        rows = read(files[f"{name}.csv"])
        assert [list(row.values()) for row in rows] == [
            [cell(one[column]) for column in COLUMNS[name]] for one in found[name]]
    whole = {row["name"]: row["value"] for row in read(files["class.csv"])}
    assert whole["headcounts.opening_people"] == "4" and whole["facts_sha256"] == found["facts_sha256"]


@given(st.one_of(st.sampled_from([*EVIL, "=1", " =1", "\t=1", "＝1", "-1", "@x"]), st.text(max_size=50)))
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not cell(text).lstrip().startswith(FORMULA)
    assert cell(text).isprintable() or "\u3000" in text


def test_numbers_are_no_formulas() -> None:
    assert [cell(-3), cell(None), cell(True), cell(12.5)] == ["-3", "", "true", "12.5"]
