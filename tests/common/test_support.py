"""A file for support: lines of ours pass, lines of others do not, pseudonyms are masked, nothing is overwritten."""
from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import logs, support


def test_what_our_logs_wrote_is_kept_and_the_rest_is_only_counted() -> None:
    stream = io.StringIO()
    logs.setup(stream)
    logs.Log("sync").warning("broker.lost", code=7)
    foreign = ["Traceback (most recent call last):", '  File "/opt/x/site-packages/edge/sync/link.py", line 12, in run',
               "    self.greet('王秀英')", "ValueError: 王秀英", "1795747490: New client connected from 10.0.0.7"]
    kept = [json.loads(line) for line in support.cleaned([*stream.getvalue().splitlines(), *foreign])]
    assert kept[0]["event"] == "broker.lost" and kept[0]["code"] == 7
    assert kept[1:] == [{"at": "edge/sync/link.py:12", "in": "run"}, {"withheld": 4}]


@given(st.lists(st.text(max_size=200), max_size=20))
def test_no_line_that_we_did_not_write_passes(lines: list[str]) -> None:
    for line in support.cleaned(lines):
        assert json.loads(line).keys() <= {"withheld", "at", "in"}


def test_pseudonyms_are_masked_in_every_part(tmp_path: Path) -> None:
    target = tmp_path / "support.zip"
    line = json.dumps({"t": 1, "level": "info", "from": "enrol", "event": "enrolled", "person": "p-0123456789ab"})
    support.write(target, {"records": {"p-0123456789ab": 1}}, support.cleaned([line]))
    with zipfile.ZipFile(target) as found:
        told = {name: found.read(name).decode() for name in found.namelist()}
    assert told.keys() == {"records.json", "journal.jsonl"}
    assert all("0123456789ab" not in text and "p-***" in text for text in told.values())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600 and list(tmp_path.iterdir()) == [target]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "support.zip"
    target.write_text("mine")
    with pytest.raises(support.SupportExists):
        support.write(target, {}, [])
    with pytest.raises(support.CannotWriteSupport):
        support.write(tmp_path / "away" / "support.zip", {}, [])
    assert target.read_text() == "mine" and list(tmp_path.iterdir()) == [target]


def test_a_half_written_file_of_before_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".support.zip.part").write_text("half")
    support.write(tmp_path / "support.zip", {"about": support.about()}, [])
    with zipfile.ZipFile(tmp_path / "support.zip") as found:
        assert json.loads(found.read("about.json"))["packages"]["paho-mqtt"]


def test_standard_output_gets_the_same_file(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    support.write(support.STDOUT, {"about": {"a": 1}}, ["line"])
    with zipfile.ZipFile(io.BytesIO(capfdbinary.readouterr().out)) as found:
        assert found.testzip() is None and json.loads(found.read("about.json")) == {"a": 1}
        assert found.read("journal.jsonl") == b"line\n"


JOURNALCTL = """#!/bin/sh
[ -r "{log}" ] || { echo "No journal files were opened due to insufficient permissions." >&2; exit 1; }
[ -s "{log}" ] || { echo "Failed to add filter for units: No data available" >&2; exit 1; }
cat "{log}"
"""


def test_why_there_is_no_log_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As journalctl does: it ends with 1 where there is nothing, and where nothing may be read."""
    log, program = tmp_path / "machine" / "system.journal", tmp_path / "bin" / "journalctl"
    for path in (log, program):
        path.parent.mkdir()
        path.touch()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(support, "JOURNALS", (tmp_path, tmp_path / "none"))
    program.write_text(JOURNALCTL.replace("{log}", str(log)))
    program.chmod(0o755)
    assert support.journal("zaitang-*") == ([], "empty")
    log.write_text("one\ntwo\n")
    assert support.journal("zaitang-*") == (["one", "two"], None)
    log.write_text("")
    monkeypatch.setattr("os.access", lambda path, mode: path != log)
    assert support.journal("zaitang-*") == ([], "closed")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert support.journal("zaitang-*") == ([], "silent")
    assert set(support.NO_LOG) == {"silent", "closed", "empty"}


def test_a_folder_of_somebody_else_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", denied)
    monkeypatch.setattr(Path, "unlink", denied)
    with pytest.raises(support.CannotWriteSupport, match="--out - > FILE"):
        support.write(tmp_path / "root" / "support.zip", {}, [])
