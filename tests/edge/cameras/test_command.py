"""`zaitang-edge cameras`: what is here, whether a box's cameras answer, and a picture to look at."""
from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from edge.cameras import v4l2
from edge.cli import main
from edge.recorder import gops
from evidence.times import SECOND
from tests.edge.recorder.conftest import make_film

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command sends the logs to the stderr of its test."""
    logger = logging.getLogger("zaitang")
    before = (list(logger.handlers), logger.propagate, logger.level)
    yield
    logger.handlers, logger.propagate, logger.level = before


def test_nothing_here_is_a_sentence(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path)
    assert main(["--lang", "en", "cameras"]) == 1 and "no camera found here" in capsys.readouterr().out
    assert main(["cameras"]) == 1 and "没有找到摄像头" in capsys.readouterr().out


def test_devices_are_listed(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = (v4l2.Mode("jpeg", 1920, 1080, Fraction(30)), v4l2.Mode("YUY2", 640, 480, Fraction(30)))
    monkeypatch.setattr("edge.cameras.command.devices", lambda: [v4l2.Device("/dev/video0", "HD Webcam", modes)])
    assert main(["--lang", "en", "cameras"]) == 0
    assert "v4l2:/dev/video0  HD Webcam  1920x1080 30/s jpeg" in capsys.readouterr().out


def test_a_source_answers_and_shows_a_picture(tmp_path: Path, film: Path, capsys: Said) -> None:
    picture = tmp_path / "picture.jpg"
    assert main(["--lang", "en", "cameras", "--source", f"file:{film}", "--picture", str(picture)]) == 0
    assert "answers: H.264, 64x48" in capsys.readouterr().out
    image = cv2.imread(str(picture))
    assert image is not None and image.shape == (48, 64, 3) and 60 < image.mean() < 200
    for name, words in (("picture.bmp", ".jpg or .png"), ("no/picture.jpg", "nothing can be written")):
        assert main(["--lang", "en", "cameras", "--source", f"file:{film}", "--picture", str(tmp_path / name)]) == 1
        assert words in capsys.readouterr().err
    assert main(["--lang", "en", "cameras", "--picture", str(picture)]) == 2
    assert "needs --source or --box" in capsys.readouterr().err


def test_each_camera_of_a_box_is_tried(tmp_path: Path, film: Path, capsys: Said) -> None:
    small = make_film(tmp_path / "small.mp4", 1, size=(32, 32))
    (tmp_path / "box.toml").write_text(f'''device = "box-1"
policy = "demo"
[[cameras]]
id = "room"
source = "file:{film}"
sub = "file:{small}"
[[cameras]]
id = "door"
role = "terminal"
source = "rtsp://admin:geheim@127.0.0.1:9/x"
[clock]
source = "simulated"
start = "2026-03-02T01:00:00.000000Z"
anchor_boot_us = 0
boot_id = "b"
''')
    code = main(["--lang", "en", "cameras", "--box", str(tmp_path), "--picture", str(tmp_path / "p.png")])
    said = capsys.readouterr()
    assert code == 1
    told = [line for line in said.out.splitlines() if "answers" in line]
    assert [line.split()[0] for line in told] == ["room:", "room-sub:"] and "32x32" in said.out
    assert [line for line in said.out.splitlines() if line not in told] == [
        f"{name}: its picture is in {tmp_path / f'p-{name}.png'}" for name in ("room", "room-sub")]
    assert said.err.strip() == "door: rtsp://127.0.0.1:9/x cannot be reached: Connection refused"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["p-room-sub.png", "p-room.png"]
    (tmp_path / "box.toml").write_text('device = "box-1"\npolicy = "demo"\n')
    assert main(["--lang", "en", "cameras", "--box", str(tmp_path)]) == 1
    assert "names no camera" in capsys.readouterr().out


def test_a_camera_whose_video_could_not_be_cut_says_what_to_set(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gops, "LONGEST_GOP_US", 2 * SECOND)
    refreshing = make_film(tmp_path / "refresh.mp4", 4, refresh=True)
    for lang, words in (("en", "switch off intra refresh"), ("zh", "关闭帧内刷新")):
        picture = tmp_path / f"{lang}.png"
        assert main(["--lang", lang, "cameras", "--source", f"file:{refreshing}", "--picture", str(picture)]) == 1
        said = capsys.readouterr()
        assert "H.264, 64x48" in said.out and words in said.err and picture.exists()


def test_a_file_is_no_camera_of_a_box_on_the_real_clock(tmp_path: Path, film: Path, capsys: Said) -> None:
    """The recorder would refuse it: better here than at the start."""
    (tmp_path / "box.toml").write_text(
        f'device = "box-1"\npolicy = "demo"\n[[cameras]]\nid = "room"\nsource = "file:{film}"\n')
    for lang, words in (("en", "a file is no camera"), ("zh", "文件不是摄像头")):
        assert main(["--lang", lang, "cameras", "--box", str(tmp_path)]) == 1
        said = capsys.readouterr()
        assert words in said.err and said.out == ""
