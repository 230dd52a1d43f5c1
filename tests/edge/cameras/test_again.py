"""A box whose camera comes late, dies, comes back; a cable that is pulled. Real processes, real servers, real time."""
from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.cameras import again
from edge.cameras.again import Absent, Opening, Waits
from edge.cameras.file import FileSource, open_file
from edge.cameras.port import Source
from edge.clock import SystemClock
from edge.errors import BadVideo
from edge.keys import make_box_keys, self_certified
from edge.wiring import Box, open_box
from evidence.bodies import Alarm, Segment, body_of
from evidence.times import SECOND
from tests.edge.recorder.test_process import Running, press

from .conftest import SERVER, SYSTEM_PYTHON, Serve, check_plays, serving

VERIFY = "import sys; from verify.cli import main; sys.exit(main())"


def test_it_is_tried_again_with_longer_pauses_until_it_is_there(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WAITS_S", (0.01, 0.02))
    tries = []

    def open() -> Source:
        tries.append(time.monotonic())
        if len(tries) < 4:
            raise BadVideo(source="x", why="y")
        return open_file(f"file:{film}", SystemClock())

    waits = Waits(0.0)
    opening = Opening(open, waits)
    until, source = time.monotonic() + 60, None
    while source is None and time.monotonic() < until:
        time.sleep(0.005)
        source = opening.take()
    assert isinstance(source, FileSource) and len(tries) == 4 and opening.take() is None
    assert str(opening.failure) == "x cannot be read as video: y"
    source.close()


def test_waits_grow_and_begin_anew_after_a_good_life(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(0.0)
    assert [waits.next_s() for _ in range(7)] == [0.0, 1.0, 2.0, 5.0, 10.0, 30.0, 30.0]
    waits.opened()
    assert waits.next_s() == 30.0, "it broke at once"
    monkeypatch.setattr(again, "GOOD_LIFE_S", -1)
    waits.opened()
    assert waits.next_s() == 1.0


def test_a_camera_that_nobody_wants_any_more_is_closed(film: Path) -> None:
    go_on, made = threading.Event(), []

    def open() -> Source:
        assert go_on.wait(60)
        made.append(open_file(f"file:{film}", SystemClock()))
        return made[0]

    opening = Opening(open, Waits(0.0))
    time.sleep(0.05)
    opening.close()
    go_on.set()
    until = time.monotonic() + 60
    while not (made and made[0].ended) and time.monotonic() < until:
        time.sleep(0.01)
    assert made[0].ended and opening.take() is None


def test_an_absent_camera_is_silence() -> None:
    assert Absent().read(0.01) is None and not Absent().ended


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A box in real time whose camera does not answer yet."""
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "box.toml").write_text(f'''
device = "box-1"
policy = "demo"
[recorder]
reserve_mb = 1
[[cameras]]
id = "room"
source = "rtsp://admin:geheim@127.0.0.1:{free_port()}/cam"
''')
    make_box_keys(folder / "keys", self_certified("box-1", SystemClock().utc_us()))
    opened = open_box(folder)
    yield opened
    opened.store.close()


@pytest.fixture
def running(box: Box) -> Iterator[Running]:
    made = Running(box.folder)
    yield made
    if made.child.poll() is None:
        made.end()


def codes(status: dict[str, Any]) -> list[str]:
    return [alarm["code"] for alarm in status["alarms"]]


@pytest.mark.long
def test_a_box_starts_without_its_camera_and_records_whenever_it_is_there(
    box: Box, running: Running, minute: Path, serve: Serve,
) -> None:
    camera = box.config.camera("room")
    assert camera is not None
    port = int(camera.source.rpartition(":")[2].partition("/")[0])
    running.wait_ready()
    # The alarm follows the trouble at once, yet what is told may stand between them.
    status = running.until(lambda one: one["camera_trouble"] is not None and codes(one) == ["camera.broken"])
    assert status["silent"]
    address = f"rtsp://127.0.0.1:{port}/cam"
    assert status["camera_trouble"] == {
        "en": f"{address} cannot be reached: Connection refused",
        "zh": f"无法连接 {address}：请检查摄像头的电源、网线和地址（连接被拒绝）"}
    press(box)
    running.until(lambda one: one["session"] == "s-1")
    server = serve(serving(minute), port, "admin", "geheim")
    first = running.until(lambda one: one["stretch_us"] > SECOND)
    assert first["camera_trouble"] is None and first["alarms"] == []
    server.kill()
    broken = running.until(lambda one: "camera.broken" in codes(one))
    assert not broken["recording"]
    serve(serving(minute), port, "admin", "geheim")
    second = running.until(lambda one: one["stretch_us"] > SECOND)
    assert second["run"] != first["run"] and second["session"] == "s-1"
    press(box, end=True)
    running.until(lambda one: one["session"] is None and one["pending"] == 0)
    code, out, err = running.end()
    assert (code, out) == (0, "the box is ready\n") and "Traceback" not in err
    bodies = [body_of(sealed.record) for sealed in box.store.records()]
    found = [body for body in bodies if isinstance(body, Segment)]
    # The first run begins with the press, or when the camera comes after it.
    assert found[0].began in ("start", "gap")
    assert [one.cut for one in found] == ["gap", "end"] and found[1].began == "gap"
    assert found[0].last_mono_us < found[1].first_mono_us
    assert [body.code for body in bodies if isinstance(body, Alarm)] == ["camera.broken"] * 2
    for one in found:
        assert check_plays(box.segments / one.file) == one.packets
    told = [err, str([sealed.record.body for sealed in box.store.records()]), str([status, broken])]
    assert not any("geheim" in text for text in told)


NETWORK = """
mount -t tmpfs none /run
ip netns add camera
ip link add name box type veth peer name cam netns camera
ip addr add 10.99.0.1/24 dev box; ip link set box up; ip link set lo up
ip -n camera addr add 10.99.0.2/24 dev cam; ip -n camera link set cam up; ip -n camera link set lo up
ip netns exec camera $SYSTEM_PYTHON $SERVER 8554 "$PIPELINE" any > /run/port & SERVER_PID=$!
for i in $(seq 100); do [ -s /run/port ] && break; sleep 0.1; done
$PY -m edge.cli --lang en record --source rtsp://u:geheim@10.99.0.2:8554/cam --out "$OUT" & RECORD_PID=$!
runs() { ls "$OUT"/video/segments 2>/dev/null | wc -l; }
wait_for() { for i in $(seq 200); do [ "$(runs)" -ge $1 ] && break; sleep 0.1; done; }
wait_for 1; sleep 1.5
ip link set box down; sleep 5.5; ip link set box up
wait_for 2; sleep 1.5
kill -TERM $RECORD_PID; set +e; wait $RECORD_PID; echo code=$?
kill $SERVER_PID
$PY -c "$VERIFY" "$OUT" --lang en --json "$OUT.json" >/dev/null; echo verify=$?
"""


@pytest.mark.long
def test_a_pulled_cable_is_a_gap_and_the_camera_comes_back_by_itself(
    tmp_path: Path, minute: Path, serve: Serve,
) -> None:
    unshare = shutil.which("unshare")
    probe = "mount -t tmpfs none /run && ip netns add probe && ip link add name box type veth peer name cam netns probe"
    if unshare is None or subprocess.run(
            [unshare, "-rmn", "sh", "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not allowed here")
    out = tmp_path / "out"
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PY": sys.executable, "SYSTEM_PYTHON": SYSTEM_PYTHON,
                   "SERVER": str(SERVER), "PIPELINE": serving(minute), "OUT": str(out), "VERIFY": VERIFY,
                   "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([unshare, "-rmn", "sh", "-ec", NETWORK], capture_output=True, text=True, timeout=90,
                          check=False, env=environment)
    said = done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if "=" in line] == ["code=0", "verify=0"], said
    assert "Traceback" not in said and "geheim" not in said
    assert '"event": "camera.silent"' in said and '"event": "camera.broken"' in said, said
    assert "(segments: 2)" in done.stdout and "the camera is there again" in done.stdout
    report = json.loads(Path(f"{out}.json").read_text())
    assert report["segments"] == 2 and report["media_s"] >= 2
    for path in sorted((out / "video" / "segments").glob("*/*.mp4")):
        assert check_plays(path) >= 10
