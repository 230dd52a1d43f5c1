"""A live camera in the demo: its addresses, its short plan, its box.toml, its presses, and bad input in words."""
from __future__ import annotations

import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.classes.plan import read_plan
from common.texts import words
from edge.config import parse_box
from evidence.errors import BadInput
from provisioning.demo import day, live
from provisioning.demo.box import LIVE, CameraSetting, Ports, box_toml
from provisioning.demo.live import Wish
from provisioning.demo.services import Services
from provisioning.demo.site import Site

RTSP = "rtsp://viewer:s3cret@192.168.1.64:554/Streaming/Channels/101?transport=tcp"
DEVICE = "/dev/null"  # a device that every machine has, to stand for a camera's


def test_a_network_camera_serves_the_room_and_the_check_in() -> None:
    assert live.cameras(Wish(RTSP, None)) == [CameraSetting("room", RTSP), CameraSetting("terminal", RTSP)]


def test_a_device_serves_the_room_alone_or_the_check_in_beside_a_network_camera() -> None:
    """It can be opened only once."""
    assert live.cameras(Wish(None, DEVICE)) == [CameraSetting("room", f"v4l2:{DEVICE}")]
    assert live.cameras(Wish(RTSP, DEVICE)) == [
        CameraSetting("room", RTSP), CameraSetting("terminal", f"v4l2:{DEVICE}")]


@pytest.mark.parametrize(("value", "why"), [
    ("", "an address has no spaces and is not empty"),
    ("rtsp://a b/c", "no spaces"), ("rtsp://a/\x00", "no spaces"), ("rtsp://a/\nb", "no spaces"),
    ("192.168.1.64", "it does not begin with rtsp://"), ("http://cam/1", "it does not begin with rtsp://"),
    ("file:/etc/passwd", "it does not begin with rtsp://"),
    ("rtsp://", "it names no host"), ("rtsp:///stream", "it names no host"),
    ("rtsp://cam:99999/1", "host or port cannot be read"), ("rtsp://[::1/1", "host or port cannot be read"),
])
def test_a_bad_rtsp_address_is_one_sentence(value: str, why: str) -> None:
    with pytest.raises(live.BadRtsp, match="An address looks like rtsp://") as refused:
        live.cameras(Wish(value, None))
    assert why in str(refused.value) and "\n" not in str(refused.value)
    assert "地址的写法如" in words(refused.value, "zh")


@pytest.mark.parametrize(("value", "why"), [
    ("", "it is no device"), ("/dev/video99", "there is no such device"), ("/etc/hostname", "it is no device"),
    ("\0", "there is no such device"), ("video0", "there is no such device"),
])
def test_a_bad_camera_is_one_sentence(value: str, why: str) -> None:
    with pytest.raises(live.BadCamera, match="Cameras of this machine: ") as refused:
        live.cameras(Wish(None, value))
    assert why in str(refused.value) and "本机的摄像头：" in words(refused.value, "zh")


@given(st.text(max_size=40))
def test_no_address_does_anything_but_be_taken_or_refused(value: str) -> None:
    for wish in (Wish(value, None), Wish(f"rtsp://{value}", None), Wish(None, value)):
        try:
            cameras = live.cameras(wish)
        except BadInput as refused:
            words(refused, "zh")
            continue
        text = box_toml(Ports(1, 2, 3), [LIVE], cameras)
        assert [one.source for one in parse_box(text.encode(), "box.toml").cameras] == [c.source for c in cameras]


def test_a_password_is_not_shown() -> None:
    with pytest.raises(live.BadRtsp) as refused:
        live.rtsp_source("http://viewer:s3cret@cam/1")
    assert "s3cret" not in str(refused.value)


def test_the_box_runs_on_the_real_clock_with_the_live_cameras() -> None:
    text = box_toml(Ports(1883, 8470, 8080), ["", LIVE], live.cameras(Wish(RTSP, None)))
    config = parse_box(text.encode(), "box.toml")
    assert (config.clock.source, config.policy) == ("kernel", "demo")
    room, terminal = config.camera("room"), config.camera("terminal")
    assert room is not None and terminal is not None and room.source == terminal.source == RTSP
    assert room.start is None and config.recorder.segment_s == 60
    assert config.sync is not None and config.sync.port == 1883 and config.terminal.port == 8080


NOW = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2030, 1, 1))


@given(NOW, st.integers(-14 * 4, 14 * 4), st.integers(0, 80))
def test_the_plan_begins_soon_and_has_the_fifteen_minutes(now: datetime.datetime, quarters: int, people: int) -> None:
    zone = datetime.timezone(timedelta(minutes=15 * quarters))
    plan = live.make_plan(now.replace(tzinfo=zone), people, "en")
    theory, practice = plan.hours
    assert (theory.kind, practice.kind) == ("theory", "practical")
    lead = theory.start - now.replace(tzinfo=zone)
    assert timedelta(seconds=live.LEAD_S) <= lead <= timedelta(seconds=live.LEAD_S + 2 * people + 60)
    assert theory.start.second == theory.start.microsecond == 0
    assert theory.end < practice.start and practice.end - practice.start >= timedelta(minutes=16)
    assert practice.end - theory.start < timedelta(minutes=25)
    assert plan.utc_offset_min == 15 * quarters


def test_the_centre_takes_the_plan(tmp_path: Path) -> None:
    now = datetime.datetime(2026, 11, 25, 23, 58, 30, tzinfo=day.CHINA)
    plan = live.make_plan(now, 3, "zh")
    (tmp_path / "plan.toml").write_text(plan.toml())
    read = read_plan(tmp_path / "plan.toml")
    assert (read.class_id, read.title, read.policy) == ("live-2026-11-26-0000", "实时演示", "demo")
    assert [(hour.kind, hour.start) for hour in read.hours] == [
        ("theory", "2026-11-25T16:00:00.000000Z"), ("practical", "2026-11-25T16:04:00.000000Z")]


def test_a_camera_that_gives_no_picture_is_one_sentence_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(live.NoPicture, match=r"no picture comes from rtsp://127\.0\.0\.1:9/1: ") as refused:
        live.probe("rtsp://viewer:s3cret@127.0.0.1:9/1", tmp_path / "probe", "en")
    assert "s3cret" not in str(refused.value) and "\n" not in str(refused.value)
    assert not (tmp_path / "probe").exists()


def test_a_camera_that_hangs_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "zaitang-edge"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(live, "tool", lambda name: str(tmp_path / name))
    monkeypatch.setattr(live, "PROBE_TIMEOUT_S", 0.2)
    with pytest.raises(live.NoPicture, match="nothing came within"):
        live.probe("rtsp://127.0.0.1:9/1", tmp_path / "probe", "en")


def test_a_picture_that_comes_is_recorded_and_forgotten(tmp_path: Path, grey_film: Path) -> None:
    live.probe(f"file:{grey_film}", tmp_path / "probe", "en")
    assert not (tmp_path / "probe").exists()


def test_the_class_is_started_before_told_of_and_ended_after(
    page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setattr(live, "TELL_S", 0.2)
    monkeypatch.setattr(live, "BEFORE", timedelta(seconds=0.1))
    monkeypatch.setattr(live, "AFTER", timedelta(seconds=0.1))
    begin = live.now() + timedelta(seconds=0.3)
    site.plan = day.Plan("live-1", "t", (
        day.Hour("theory-1", "theory", begin, begin + timedelta(seconds=0.2)),
        day.Hour("practice-1", "practical", begin + timedelta(seconds=0.3), begin + timedelta(seconds=0.8))))
    times: dict[str, datetime.datetime] = {}

    def pressed(what: str) -> tuple[int, Any]:
        times[what] = live.now()
        return 200, {}

    page.answers |= {
        "POST /start": lambda: pressed("start"), "POST /end": lambda: pressed("end"),
        "GET /state.json": (200, {
            "clock": "14:03:00", "session": {"id": "s-1"}, "people": {"trainees_in": 2, "due": 3},
            "recording": {"text": "Recording", "unbroken_s": 125},
            "unseen": {"title": "Not seen yet: 1 of 3", "text": "Too dark: switch on the lights", "advice": True}}),
    }
    said: list[str] = []
    with Services(tmp_path / "none") as services:
        live.run(site, services, lambda msgid, **params: said.append(msgid.format(**params)), "en")
    assert begin - timedelta(seconds=0.1) <= times["start"] and site.plan.hours[-1].end <= times["end"]
    assert ("POST /end", {"session": "s-1"}) in page.asked and ("POST /start", {"class": "live-1"}) in page.asked
    assert said[0] == "start pressed" and said[-1] == "end pressed" and len(said) >= 3
    assert said[1] == "14:03:00: Recording, unbroken for 2 min; 2 of 3 checked in; Not seen yet: 1 of 3"


def test_a_class_that_was_hardly_recorded_is_told() -> None:
    plan = live.make_plan(datetime.datetime(2026, 11, 25, 13, 58, 30, tzinfo=day.CHINA), 0, "en")
    for recorded_s in (0.0, 12.4, 1079.9):
        (said,) = live.lacks({"media_s": recorded_s}, plan, "en")
        assert said.startswith("only ") and said.endswith(" of 20 min 0 s of the class-hours were recorded")
    assert live.lacks({"media_s": 1080.0}, plan, "en") == []


def test_what_will_not_be_seen_is_said_beforehand() -> None:
    said: list[str] = []
    plan = live.make_plan(datetime.datetime(2026, 11, 25, 13, 58, 30, tzinfo=day.CHINA), 0, "en")
    live.announce(plan, False, False, lambda msgid, **params: said.append(msgid.format(**params)))
    assert said[0].startswith("the class runs on the real clock from 14:00 to 14:21: 21 minutes")
    assert "nobody can check in" in said[1] and "nobody can be recognised" in said[2]
