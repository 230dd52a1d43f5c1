"""The file about a box: it says what ails it, and holds nothing of people or passwords, whatever is in the box."""
from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from edge import cli
from edge.doctor import judge
from edge.support import gather
from edge.wiring import open_box
from evidence.bodies import Alarm, Enrolment
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import make_box

PERSON, NAME, SECRET = "p-0123456789ab", "王秀英", "geheim-7"
MORE = f"""
[[cameras]]
id = "terminal"
role = "terminal"
source = "rtsp://admin:{SECRET}@192.168.1.9/stream"
[enrol]
institution = "三门峡学校"
contact = "{NAME} 13800000000"
code = "271828"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_box(tmp_path / "box", make_film(tmp_path / "film.mp4", 10, fps=2, gop=4), MORE)
    box = open_box(made)
    box.store.append("enrolment", Enrolment("class-1", PERSON, "builtin", "a" * 64, 1, "id_card", "camera", (), "file"))
    box.store.append("alarm", Alarm("camera.lost", {"camera": "room"}))
    box.store.close()
    return made


def test_nothing_of_people_and_no_password_is_in_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    line = json.dumps({"t": 1.0, "level": "info", "from": "enrol", "event": "person.enrolled", "person": PERSON})
    monkeypatch.setattr("common.support.journal", lambda pattern: ([line, f"ValueError: {NAME}"], None))
    target = tmp_path / "support.zip"
    assert cli.main(["--lang", "en", "support", "--box", str(folder), "--out", str(target)]) == 0
    assert str(target) in capsys.readouterr().out
    with zipfile.ZipFile(target) as found:
        told = {name: found.read(name).decode() for name in found.namelist()}
    assert set(told) == {"about.json", "doctor.json", "settings.json", "records.json", "space.json", "journal.jsonl"}
    whole = "".join(told.values())
    for secret in (PERSON, NAME, SECRET, "13800000000", "271828", "admin"):
        assert secret not in whole and json.dumps(secret).strip('"') not in whole
    records = json.loads(told["records.json"])
    assert records["types"]["enrolment"] == 1 and records["alarms"][-1]["code"] == "camera.lost"
    assert {one["about"] for one in json.loads(told["doctor.json"])} >= {"processes", "cameras", "clock"}
    assert "rtsp://192.168.1.9/stream" in told["settings.json"] and "person.enrolled" in told["journal.jsonl"]


def test_of_a_box_that_never_ran_the_machine_is_told_and_it_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("common.support.journal", lambda pattern: ([], None))
    made, target = make_box(tmp_path / "box", tmp_path / "film.mp4"), tmp_path / "s.zip"
    before = sorted(made.rglob("*"))
    assert cli.main(["--lang", "zh", "support", "--box", str(made), "--out", str(target)]) == 0
    said = capsys.readouterr()
    assert "从未运行" in said.err and "打不开" in said.out and sorted(made.rglob("*")) == before
    with zipfile.ZipFile(target) as found:
        assert set(found.namelist()) == {"about.json", "box.json", "space.json", "journal.jsonl"}
        assert json.loads(found.read("box.json")) == {"error": "BadBox"}


@pytest.mark.parametrize(("spoilt", "content"), [("box.toml", f'device = "{SECRET}" ='), ("zaitang.db", SECRET * 5000)])
def test_a_spoilt_box_can_ask_for_help(
    folder: Path, tmp_path: Path, spoilt: str, content: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("common.support.journal", lambda pattern: ([], None))
    assert (folder / spoilt).is_file()
    (folder / spoilt).write_text(content)
    target = tmp_path / "s.zip"
    assert cli.main(["--lang", "en", "support", "--box", str(folder), "--out", str(target)]) == 0
    with zipfile.ZipFile(target) as found:
        assert "error" in json.loads(found.read("box.json"))
        assert SECRET not in "".join(found.read(name).decode() for name in found.namelist())


def test_where_there_is_no_folder_there_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "s.zip"
    assert cli.main(["--lang", "en", "support", "--box", str(tmp_path / "none"), "--out", str(target)]) == 2
    assert "none" in capsys.readouterr().err and not target.exists()


def test_a_setting_is_told_only_when_it_is_named() -> None:
    from edge.config import BoxConfig
    told = gather.settings(BoxConfig("box-1"))
    assert "enrol" not in told and "terminal" not in told and told["sync"] is None


def test_what_somebody_wrote_of_a_revocation_is_withheld() -> None:
    told, *_ = gather.told(judge.centre({}, f"stolen by {NAME}"))
    assert NAME not in json.dumps(told, ensure_ascii=False) and told["params"] == {"reason": "(withheld)"}


def test_standard_output_holds_the_file_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """So that `sudo zaitang-edge support … > FILE` writes where the user zaitang may write nothing."""
    monkeypatch.setattr("common.support.journal", lambda pattern: ([], "closed"))
    assert cli.main(["--lang", "en", "support", "--box", str(folder), "--out", "-"]) == 0
    said = capfdbinary.readouterr()
    with zipfile.ZipFile(io.BytesIO(said.out)) as found:
        assert found.testzip() is None and "doctor.json" in found.namelist()
    assert said.err.startswith(b"the file is written: ") and b"this user may not read it" in said.err
