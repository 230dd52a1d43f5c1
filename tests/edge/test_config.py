"""box.toml: read strictly, every mistake names file and key."""
from __future__ import annotations

from pathlib import Path

import pytest

from common.texts import words
from edge.clock import SimulatedClock, SystemClock, machine_boot_id
from edge.config import ClockConfig, load_box, parse_box
from edge.errors import BadBox
from edge.wiring import make_clock
from evidence.errors import BadShape

GOOD = """
device = "box-301"
room = "301"
policy = "demo"
[clock]
source = "simulated"
start = "2026-03-02T00:55:00.000000Z"
rate = 120
anchor_boot_us = 5
boot_id = "ab"
skips = [{ at = "2026-03-02T04:00:00.000000Z", to = "2026-03-02T05:55:00.000000Z" }]
[[cameras]]
id = "room"
source = "file:/day.mp4"
start = "2026-03-02T01:00:00.000000Z"
[[cameras]]
id = "door"
role = "terminal"
source = "file:/faces.mp4"
[recorder]
segment_s = 600
[sync]
broker = "127.0.0.1"
"""


@pytest.mark.parametrize("camera", [
    'source = "rtsp://10.0.0.9/main"\nsub = "rtsp://10.0.0.9/main"', 'source = "picamera2:0"\nsub = "rtsp://10.0.0.9/sub"',
    'source = "v4l2:/dev/video0"\nsub = "v4l2:/dev/video0"',
])
def test_a_camera_is_not_opened_twice(camera: str) -> None:
    good = f'device = "box-1"\n[[cameras]]\nid = "room"\n{camera}'
    with pytest.raises(BadShape, match=r"camera 1: sub: .*small stream of its own"):
        parse_box(good.encode(), "box.toml")


def test_a_whole_configuration() -> None:
    config = parse_box(GOOD.encode(), "box.toml")
    assert config.clock.rate == 120 and config.recorder.segment_s == 600 and config.recorder.max_gap_ms == 2000
    room, terminal = config.camera("room"), config.camera("terminal")
    assert room is not None and room.id == "room" and terminal is not None and terminal.id == "door"
    assert config.sync is not None and config.sync.port == 1883 and config.sync.segments is None


@pytest.mark.parametrize(("change", "key"), [
    (("rate = 120", "rate = 0"), "clock.rate"),
    (("rate = 120", "speed = 120"), "clock.speed"),
    (("anchor_boot_us = 5\n", ""), "clock.anchor_boot_us"),
    (("05:55", "03:55"), "clock.skips.0"),
    (('source = "simulated"', 'source = "kernel"'), "clock"),
    (("segment_s = 600", "segment_s = 600.5"), "recorder.segment_s"),
    (('id = "door"', 'id = "room"'), "cameras"),
    (('role = "terminal"', 'role = "room"'), "cameras"),
    (('"file:/day.mp4"', '"/day.mp4"'), "camera 1: source"),
    (('broker = "127.0.0.1"', ""), "sync.broker"),
    (('room = "301"', "room = "), "(whole)"),
])
def test_every_mistake_names_file_and_key(change: tuple[str, str], key: str) -> None:
    with pytest.raises(BadShape) as caught:
        parse_box(GOOD.replace(*change).encode(), "box.toml")
    assert str(caught.value).startswith(f"box.toml: {key}: ")


@pytest.mark.parametrize(("change", "said"), [
    (('role = "terminal"', 'role = "door"'), "第 2 个 [[cameras]] 的 role："),
    (('id = "door"\n', ""), "第 2 个 [[cameras]] 的 id："),
    (('"file:/day.mp4"', '"file:/day.mp4"\nsub = "file:/day.mp4"'), "第 1 个 [[cameras]] 的 sub："),
])
def test_cameras_are_counted_as_people_count(change: tuple[str, str], said: str) -> None:
    assert GOOD.count(change[0]) == 1
    with pytest.raises(BadShape) as caught:
        parse_box(GOOD.replace(*change).encode(), "box.toml")
    assert words(caught.value, "zh").startswith(f"box.toml：{said}")


def test_a_folder_without_a_box_file_is_no_box(tmp_path: Path) -> None:
    with pytest.raises(BadBox, match=r"box\.toml"):
        load_box(tmp_path)


def test_a_simulated_clock_of_an_earlier_boot_is_refused() -> None:
    assert isinstance(make_clock(ClockConfig(), "box.toml"), SystemClock)
    clock = parse_box(GOOD.encode(), "box.toml").clock
    with pytest.raises(BadShape, match=r"clock\.boot_id"):
        make_clock(clock, "box.toml")
    now = parse_box(GOOD.replace('"ab"', f'"{machine_boot_id()}"').encode(), "box.toml").clock
    assert isinstance(make_clock(now, "box.toml"), SimulatedClock)


def test_what_is_no_box_is_said_in_both_languages(tmp_path: Path) -> None:
    for folder, zh, en in (
        (tmp_path / "none", "没有这个文件夹", "no such folder"), (tmp_path, "里面没有 box.toml", "no box.toml in it"),
    ):
        with pytest.raises(BadBox) as refused:
            load_box(folder)
        assert zh in words(refused.value, "zh") and en in words(refused.value, "en")


def test_an_unknown_policy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text(GOOD.replace('"demo"', '"nowhere-2020"'))
    with pytest.raises(BadShape) as refused:
        load_box(tmp_path)
    assert "policy" in words(refused.value, "en") and "sanmenxia-2023" in words(refused.value, "zh")


def test_mistakes_beyond_the_shapes_are_said_in_chinese() -> None:
    for change in (('id = "door"', 'id = "room"'), ("05:55", "03:55"), ('source = "simulated"', 'source = "kernel"')):
        with pytest.raises(BadShape) as refused:
            parse_box(GOOD.replace(*change).encode(), "box.toml")
        assert refused.value.params["why"] not in words(refused.value, "zh")
    with pytest.raises(BadShape) as refused:
        make_clock(parse_box(GOOD.encode(), "box.toml").clock, "box.toml")
    assert words(refused.value, "zh").endswith("之前设置的")


@pytest.mark.parametrize("text", [b"a=" + b"9" * 5000, b"a=" + b"[" * 5000, b"\xff", b"#" * (1 << 20)])
def test_what_is_no_toml_is_told_so(text: bytes) -> None:
    with pytest.raises(BadShape, match=r"box\.toml"):
        parse_box(text, "box.toml")


@pytest.mark.parametrize(("old", "key"), [("2026-03-02T00:55:00", "clock.start"), ("2026-03-02T05:55:00",
    "clock.skips.0.to")])
def test_a_time_that_does_not_exist_names_its_key(old: str, key: str) -> None:
    with pytest.raises(BadShape, match=f"{key}: expected a real date and time"):
        parse_box(GOOD.replace(old, "2026-02-30T00:00:00").encode(), "box.toml")
