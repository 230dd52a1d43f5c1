"""The doctor at a real box: what runs, what lies on the disk, what the machine tells; nothing is changed."""
from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import cli
from edge.doctor import gather
from edge.wiring import open_box
from evidence.bodies import Segment
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import Running, make_box


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 120, fps=2, gop=4)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made


def asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    capsys.readouterr()
    code = cli.main(["--lang", "en", "doctor", "--box", str(folder), "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(capsys.readouterr().out):
        found.setdefault(one["about"], []).append(one)
    return code, found


def test_a_box_of_which_nothing_runs(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_box(tmp_path / "box", film)
    open_box(folder).store.close()
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    code, found = asked(folder, capsys)
    assert code == 1 and found["processes"][0]["says"] == "nothing of this box runs"
    assert found["centre"][0]["state"] == "look" and found["video"][0]["state"] == "untold"
    assert found["clock"][0]["says"] == "the clock is simulated: only a demo accepts that"
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert cli.main(["--lang", "zh", "doctor", "--box", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "[须处理] 进程：本终端盒没有任何进程在运行\n    → 请启动" in said


def test_a_recorder_that_runs_is_seen_and_what_lacks_is_named(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    running = Running(folder)
    try:
        running.wait_ready()
        code, found = asked(folder, capsys)
    finally:
        running.end()
    assert code == 1
    assert {one["params"].get("role") for one in found["processes"]} == set(cli.ROLES) - {"recorder"}
    assert found["cameras"][0]["says"] == "the room is seen" and found["disk"][0]["state"] == "good"


def test_the_newest_video_is_read_again(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = open_box(make_box(tmp_path / "box", film))
    film_sha = gather.sha256_file(film)
    (box.segments / "r-1").mkdir(parents=True)
    (box.segments / "r-1" / "0.mp4").write_bytes(film.read_bytes())
    box.store.append("segment", Segment(
        None, None, "room", "r-1", 0, "r-1/0.mp4", film.stat().st_size, film_sha, "h264", 64, 48, 10, 5, 0, 5_000_000,
        1, 2, 500_000, (), False, "start", "end"))
    box.store.close()
    assert asked(box.folder, capsys)[1]["video"][0]["state"] == "good"
    with (box.segments / "r-1" / "0.mp4").open("r+b") as file:
        file.write(b"\xff")
    assert "is not what was recorded" in asked(box.folder, capsys)[1]["video"][0]["says"]
    (box.segments / "r-1" / "0.mp4").unlink()
    assert "is not where it was recorded" in asked(box.folder, capsys)[1]["video"][0]["says"]


def test_who_can_be_reached_is_told(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str], listener: socket.socket,
) -> None:
    port = listener.getsockname()[1]
    folder = make_box(tmp_path / "box", film, f'[sync]\nbroker = "127.0.0.1"\nport = {port}\n'
                                              'segments = "http://127.0.0.1:1"\n')
    open_box(folder).store.close()
    _, found = asked(folder, capsys)
    assert [(one["state"], one["params"]["address"]) for one in found["centre"]] == [
        ("good", f"127.0.0.1:{port}"), ("bad", "127.0.0.1:1")]
    assert found["backlog"][0]["params"]["records"] == 1


def test_what_cannot_be_looked_at_costs_nothing_else(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film, '[vision]\npack = "none"\n')
    box = open_box(folder)
    box.store.set_volume("v-1")
    box.store.close()
    (folder / "video" / "segments").mkdir(parents=True)  # where its disk is mounted, and is not
    _, found = asked(folder, capsys)
    assert "cannot be looked at" in found["pack"][0]["says"]
    assert "disk mounted" in found["disk"][0]["params"]["why"]["en"]
    assert found["processes"] and found["clock"] and found["centre"]


@pytest.mark.parametrize(("content", "wanted"), [("0x50005\n", 0x50005), ("0\n", 0), ("x", None), (None, None)])
def test_the_firmware_of_a_raspberry_pi_is_read(tmp_path: Path, content: str | None, wanted: int | None) -> None:
    if content is not None:
        (tmp_path / "throttled").write_text(content)
    assert gather._throttled(tmp_path / "throttled") == wanted


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    assert gather._celsius(tmp_path) is None
    for number, content in enumerate(("41000\n", "63500\n", "off\n")):
        (tmp_path / f"thermal_zone{number}").mkdir()
        (tmp_path / f"thermal_zone{number}" / "temp").write_text(content)
    assert gather._celsius(tmp_path) == 63.5


def test_a_folder_that_is_no_box_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--lang", "en", "doctor", "--box", str(tmp_path)]) == 2
    assert "never ran" in capsys.readouterr().err and list(tmp_path.iterdir()) == []
