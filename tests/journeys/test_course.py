"""The whole road: the played course from the start press to the flag, its export, and what an attacker does to it."""
from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.timeout(600), pytest.mark.long]


@pytest.fixture
def export(report: dict[str, Any], tmp_path: Path) -> Iterator[Path]:
    """A copy of the exported class, to be spoiled."""
    folder = tmp_path / "export"
    shutil.copytree(report["export"], folder, copy_function=_link)
    yield folder
    shutil.rmtree(folder)


def _link(source: str, target: str) -> None:
    if source.endswith(".mp4"):
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def verify(folder: Path, *more: object) -> tuple[int, str]:
    """Exit status and output of `zaitang-verify`."""
    command = [Path(sys.executable).with_name("zaitang-verify"), folder, "--lang", "en", *more]
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_report_says_what_the_course_contained(report: dict[str, Any]) -> None:
    found = {finding["rule"]: finding for finding in report["findings"]}
    assert found["R1"]["result"] == "violated"
    assert found["R2"]["result"] == "satisfied"
    assert found["R3"]["flag"] is True
    assert found["R3"]["recordings"] == ["2026-03-02-pm", "2026-03-03-am", "2026-03-03-pm"]
    assert found["R3"]["trainees"] == ["学员庚"]
    readings = {reading["name"]: reading["verdict"] for reading in found["R3"]["readings"]}
    assert readings == {"class_hour": "flag", "came": "flag", "leave": "flag"}
    assert found["R7"]["result"] == "satisfied"
    assert [rule for rule, finding in found.items() if finding["flag"]] == ["R3"]
    assert report["liveness"] == "not_checked"
    assert report["problems"] == report["differences"] == []


def test_the_report_says_who_came_and_who_was_shown(report: dict[str, Any]) -> None:
    everybody = ["学员甲", "学员乙", "学员丙", "学员丁", "学员戊", "学员己", "学员庚"]
    told = {block["block"]: (sorted(block["checked_in"]), sorted(block["shown"])) for block in report["blocks"]}
    practice = ("2026-03-02-pm", "2026-03-03-am", "2026-03-03-pm")
    came = {"2026-03-02-am": everybody} | dict.fromkeys(practice, everybody[:-1])
    assert told == {block: (sorted(names), sorted(names)) for block, names in came.items()}


def test_nobody_else_may_look_at_the_faces_of_the_demo(report: dict[str, Any]) -> None:
    build = ROOT / "build" / "demo"
    found = [path for path in (build, *build.rglob("*")) if not path.is_symlink()]
    assert len(found) > 100
    assert [str(path) for path in found if path.stat().st_mode & 0o077] == []


def test_the_report_has_what_readers_rely_on(report: dict[str, Any]) -> None:
    assert {"export", "segments", "findings", "liveness", "terminal", "console", "seconds", "blocks"} <= set(report)
    assert len(report["segments"]) > 20
    assert all(Path(name).is_file() and name.startswith(report["export"]) for name in report["segments"])


def test_the_untouched_export_is_whole(export: Path, tmp_path: Path) -> None:
    code, said = verify(export, "--root", ROOT / "build/demo/site/centre/keys/root.pem", "--json", tmp_path / "v.json")
    verdict = json.loads((tmp_path / "v.json").read_text())
    assert (code, verdict["ok"], verdict["problems"]) == (0, True, []), said
    assert verdict["media_s"] > 9000 and verdict["recovered"] == 0


def test_the_folder_of_the_box_is_whole_too(report: dict[str, Any], tmp_path: Path) -> None:
    box = ROOT / "build" / "demo" / "site" / "box"
    code, said = verify(box, "--json", tmp_path / "v.json")
    verdict = json.loads((tmp_path / "v.json").read_text())
    # How many files it is depends on the moment at which each begins: not their number counts, but all of them.
    assert code == 0 and f"segments: {len(list(box.rglob('*.mp4')))}," in said, said
    assert verdict["media_s"] > 9000 and verdict["recovered"] == 0


def test_one_flipped_byte_of_a_segment_is_named(export: Path) -> None:
    victim = sorted((export / "segments").rglob("*.mp4"))[3]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    code, said = verify(export)
    assert code == 1 and f"{victim.parent.name}/{victim.name}" in said and "changed" in said


def test_a_deleted_segment_is_named(export: Path) -> None:
    victim = sorted((export / "segments").rglob("*.mp4"))[5]
    victim.unlink()
    code, said = verify(export)
    assert code == 1 and f"{victim.parent.name}/{victim.name}" in said and "missing" in said


def test_a_deleted_record_is_named(export: Path) -> None:
    chain = _box_chain(export)
    lines = chain.read_bytes().splitlines(keepends=True)
    chain.write_bytes(b"".join(lines[:20] + lines[21:]))
    code, said = verify(export)
    assert code == 1 and "record 20 of demo-box is missing" in said


def test_an_edited_record_is_named(export: Path) -> None:
    chain = _box_chain(export)
    lines = chain.read_bytes().splitlines()
    envelope = json.loads(lines[20])
    payload = base64.b64decode(envelope["payload"])
    envelope["payload"] = base64.b64encode(payload.replace(b"2026-03-02", b"2026-03-04")).decode()
    lines[20] = json.dumps(envelope, separators=(",", ":"), sort_keys=True).encode()
    chain.write_bytes(b"\n".join(lines) + b"\n")
    code, said = verify(export)
    assert code == 1 and "record 20 of demo-box was changed" in said


def test_a_cut_tail_is_named(export: Path) -> None:
    chain = _box_chain(export)
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:-5]))
    code, said = verify(export)
    assert code == 1 and "was cut" in said


def test_another_root_is_refused(export: Path) -> None:
    code, said = verify(export, "--root", "0" * 64)
    assert code == 1, said


def _box_chain(export: Path) -> Path:
    return next((export / "chains").glob("demo-box.*.jsonl"))
