"""Both ends as they run: broker, collector and console on one side, recorder and sync of a box on the other.

Only their command lines start them. What the box states must reach the centre, and what the centre hands out verifies.
"""
from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import httpx
import numpy as np
import pytest

from central.accounts.door import form_token
from central.classes.stories import Stories
from central.wiring import open_centre
from edge.clock import boottime_us, machine_boot_id
from edge.control.client import ask
from edge.wiring import Box, open_box
from evidence.bodies import Alarm, Segment, SessionEnd, SessionStart, body_of
from provisioning.demo import day
from provisioning.demo.people import INSTRUCTOR
from provisioning.demo.services import Services, run, tool
from provisioning.demo.site import Site
from tests.central.console import COOKIE, session_of

NAMES = ["王秀英", "李强", "欧阳建国"]
START = day.COURSE[0].presses[0]
RATE, SEGMENT_S = 40, 60
FILM_S = 100 * RATE
"""So long that a busy machine presses the end before the film does: a camera that is silent ends its run by a gap."""
GOOD_S = 5
"""Seconds from asking a box for a minute until it plays, on a good line."""
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def site(tmp_path: Path, services: Services) -> Site:
    """A centre that runs, has certified a box and signed a class for it."""
    site = Site(tmp_path, services)
    site.start_centre()
    site.add_class(NAMES)
    return site


@pytest.fixture
def box(site: Site, tmp_path: Path) -> Iterator[Box]:
    """The box that the centre has certified, before its first start: the class begins in a few seconds."""
    film = _film(tmp_path / "room.mp4")
    (site.box / "box.toml").write_text(f'''device = "{day.DEVICE}"
policy = "demo"
[clock]
source = "simulated"
start = "{day.utc(START)}"
rate = {RATE}
anchor_boot_us = {boottime_us() + 6_000_000}
boot_id = "{machine_boot_id()}"
[recorder]
segment_s = {SEGMENT_S}
reserve_mb = 1
[[cameras]]
id = "room"
source = "file:{film}"
start = "{day.utc(START)}"
[sync]
broker = "127.0.0.1"
port = {site.ports.broker}
segments = "http://127.0.0.1:{site.ports.console}"
''')
    box = open_box(site.box)
    yield box
    box.store.close()


def _film(path: Path) -> Path:
    """Noise, two pictures a second, a keyframe each four seconds."""
    noise = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=2, width=64, height=48, pix_fmt="yuv420p")
        stream.options = {"preset": "ultrafast", "x264-params": "keyint=8:min-keyint=8:scenecut=0"}
        for number in range(2 * FILM_S):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (48, 64, 3), dtype=np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def until(services: Services, what: str, true: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        services.check()
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.1)


def segments_of(box: Box) -> list[Segment]:
    bodies = (body_of(sealed.record) for sealed in box.store.records_of("segment"))
    return [body for body in bodies if isinstance(body, Segment)]


def receipted(box: Box) -> bool:
    return box.store.receipted_up_to() == box.store.head().record.seq


def press(box: Box, end: bool = False) -> None:
    """What the terminal does with a press."""
    body = SessionEnd(day.CLASS_ID, "s-1", "page") if end else SessionStart(day.CLASS_ID, "s-1", "page")
    box.store.append("session.end" if end else "session.start", body)
    ask(box.recorder_socket, "look")


def test_what_a_box_states_reaches_the_centre_and_verifies(
    site: Site, box: Box, services: Services, tmp_path: Path,
) -> None:
    services.start("box", [tool("zaitang-edge"), "run", "--box", site.box, "--only", "recorder", "sync"])
    until(services, "the order", lambda: bool(box.store.records_of("order.accepted")))
    names = box.store.names(day.CLASS_ID)
    assert sorted(names.values()) == sorted([*NAMES, INSTRUCTOR])
    assert {person: name for person, name in names.items() if name != INSTRUCTOR} == site.names()
    until(services, "the box", lambda: (box.run_folder / "ready").exists())
    press(box)
    box.store.append_many([("alarm", Alarm("camera.silent", {"camera": "room", "n": n})) for n in range(300)])
    until(services, "segments of the class-hour, too", lambda: len(segments_of(box)) >= 5)
    press(box, end=True)
    until(services, "the end of the run", lambda: segments_of(box)[-1].cut == "end")
    until(services, "receipts up to the head", lambda: receipted(box))
    until(services, "segments at the centre", lambda: all(box.store.uploaded(one.sha256) for one in segments_of(box)))
    wanted = segments_of(box)[0].sha256
    run("zaitang-central", "order", "upload", "--centre", site.centre, day.DEVICE, wanted)
    until(services, "the answer", lambda: bool(box.store.records_of("order.answered")))
    assert box.store.records_of("order.answered")[0].record.body["result"] == "accepted"
    until(services, "the file again, and its receipt", lambda: box.store.uploaded(wanted) and receipted(box))
    _ask_and_play(site, services, box, segments_of(box)[3].sha256)
    services.stop("box")
    _check_export(site, box, tmp_path / "export")


def _ask_and_play(site: Site, services: Services, box: Box, wanted: str) -> None:
    """A supervisor goes to a minute that is not at the centre: it plays within 5 seconds."""
    centre = open_centre(site.centre)
    name = session_of(centre, "supervisor", "410000", "li")
    story = Stories(centre.store, centre.clock).tell(day.CLASS_ID).story
    centre.objects.path(wanted).unlink()
    at_us = next(one.span.start_us for one in story.segments if one.segment.sha256 == wanted)
    block = next(one.id for one in story.blocks if one.span.start_us <= at_us < one.span.end_us)
    base, token = f"/classes/{day.CLASS_ID}/blocks/{block}", {"token": form_token(name)}
    with httpx.Client(base_url=f"http://127.0.0.1:{site.ports.console}", cookies={COOKIE: name}, timeout=30) as li:
        assert li.post(f"{base}/replay", data={**token, "reason": "flag"}).status_code == 303
        media = f"/media/{wanted}.mp4?class={day.CLASS_ID}&block={block}"
        assert li.get(media).status_code == 404
        asked = time.monotonic()
        form = {**token, "at": str(at_us + 1), "device": day.DEVICE, "camera": "room"}
        assert li.post(f"{base}/replay/ask", data=form).json() == {"ordered": 1}
        until(services, "the minute", lambda: li.get(media, headers={"range": "bytes=0-99"}).status_code == 206, 30)
        assert time.monotonic() - asked < GOOD_S
        assert wanted in li.get(f"{base}/{day.DEVICE}/room.m3u8").text
    centre.store.close()
    until(services, "receipts of the answer", lambda: receipted(box))


def _check_export(site: Site, box: Box, target: Path) -> None:
    run("zaitang-central", "export", "--centre", site.centre, day.CLASS_ID, "--to", target)
    verdict = target.with_suffix(".json")
    command = [tool("zaitang-verify"), target, "--root", site.root, "--json", verdict, "--lang", "en"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    told = json.loads(verdict.read_text())
    assert (done.returncode, told["problems"]) == (0, []), done.stdout + done.stderr
    own = segments_of(box)
    assert told["segments"] == len(own) and told["recovered"] == 0 and told["records"] > len(box.store.records())
    assert told["media_s"] == pytest.approx(sum(one.end_pts_us - one.first_pts_us for one in own) / 1e6, abs=1)
    assert {finding["rule"] for finding in told["findings"]} >= {"R1", "R2", "R3", "R7"}
    files = {path.stat().st_size for path in target.rglob("*.mp4")}
    assert files == {one.size for one in own}
