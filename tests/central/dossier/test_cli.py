"""The commands as people type them."""
from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from central.cli import main
from central.dossier.document import FILES
from central.wiring import Centre, open_centre
from evidence.bodies import Export, body_of

pytestmark = pytest.mark.long


def run(*args: object, lang: str = "en") -> int:
    return main(["--lang", lang, *map(str, args)])


@pytest.fixture
def folder(played: Centre) -> Path:
    return played.folder


def test_a_dossier_of_each_kind_and_the_check_of_its_code(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.XLSX", "a.json", "a"):
        assert run("dossier", "welder-1", "--centre", folder, "--to", tmp_path / name) == 0
    told = json.loads((tmp_path / "a.json").read_bytes())
    head, *rows = openpyxl.load_workbook(tmp_path / "a.XLSX")["Attendance by trainee"].iter_rows(values_only=True)
    rates = [row[head.index("Attendance rate")] for row in rows]
    assert [round(rate * 100, 1) for rate in rates] == [one["attendance_rate_pct"] for one in told["trainees"]]
    assert {path.name for path in (tmp_path / "a").iterdir()} == set(FILES)
    with open_centre(folder).store.read() as tx:
        assert sum(isinstance(body_of(one.record), Export) for one in tx.of_type("export")) == 3
    (tmp_path / "code").write_text(told["proof"]["code"], encoding="utf-8")
    assert run("check-dossier", tmp_path / "code", "--centre", folder) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(told["proof"]["code"].encode())))
    assert run("check-dossier", "-", "--centre", folder, lang="zh") == 0
    said = capsys.readouterr()
    assert "The paper holds" in said.out and "核验通过" in said.out and "show it to nobody" in said.err
    (tmp_path / "code").write_text(told["proof"]["code"].replace(told["findings_sha256"], "0" * 64), encoding="utf-8")
    assert run("check-dossier", tmp_path / "code", "--centre", folder) == 1
    assert "are not those of the paper" in capsys.readouterr().err


@pytest.mark.long
def test_a_dossier_on_paper(folder: Path, tmp_path: Path) -> None:
    assert run("dossier", "welder-1", "--centre", folder, "--to", tmp_path / "a.pdf") == 0
    assert "Class dossier" in "".join(page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages)


@pytest.mark.parametrize(("name", "said"), [
    ("a.doc", "name a file that ends in"), ("here", "already exists"), ("file/a.json", "cannot be written")])
def test_where_it_cannot_be_written_one_sentence_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    assert run("dossier", "welder-1", "--centre", folder, "--to", tmp_path / name) == 2
    assert said in capsys.readouterr().err
    assert run("dossier", "nobody", "--centre", folder, "--to", tmp_path / "a.json") == 2
    assert not (tmp_path / "a.json").exists()


def test_classes_in_bulk(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("export-all", "--centre", folder, "--to", tmp_path / "out", "--format", "json")
    assert run(*asked) == run(*asked) == 0
    assert run(*asked, "--since", "2027-01-01") == run(*asked, "--region", "411200", lang="zh") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("exported: 1; unchanged since the last run: 0; failed: 0")
    assert lines[1].endswith("exported: 0; unchanged since the last run: 1; failed: 0")
    assert lines[2] == "No class is wanted: nothing was written." and "没有符合条件的班次" in lines[3]
    assert run(*asked, "--until", "yesterday") == 2


def test_what_fails_in_bulk_is_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "welder-1.json").mkdir(parents=True)
    assert run("export-all", "--centre", folder, "--to", tmp_path / "out", "--format", "json") == 1
    said = capsys.readouterr()
    assert "welder-1: " in said.err and "cannot be written" in said.err and "failed: 1" in said.out
