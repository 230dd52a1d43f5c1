"""Hours of video through `zaitang-edge record`: its memory stays where it was after the first ten minutes."""
from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from evidence.times import MINUTE, SECOND
from tests.faults.judging import assert_whole, bodies, media_us, runs_of

HOURS, FPS, GOP = 4, 25, 50
PACE = 60
"""A paced source is waited for, as a camera is: an hour a minute."""
SETTLED_MIN = 10
MOST_KB_AN_HOUR = 1024
"""A recorder that kept but one number of each packet would grow by more."""


@pytest.fixture(scope="module")
def hours_of_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hours at 25 frames a second, a keyframe every two seconds: one minute of a dim room, again and again."""
    folder = tmp_path_factory.mktemp("hours")
    minute, film = folder / "minute.mp4", folder / "film.mp4"
    _minute(minute)
    with av.open(str(minute)) as reader:
        stream = reader.streams.video[0]
        packets = [packet for packet in reader.demux(stream) if packet.size]
        assert stream.time_base is not None
        length = round(60 / stream.time_base)
        data = [(bytes(packet), packet.pts, packet.dts, packet.duration, packet.is_keyframe) for packet in packets]
        with av.open(str(film), "w") as writer:
            copy = writer.add_stream_from_template(stream, opaque=True)
            for again in range(HOURS * 60):
                for payload, pts, dts, duration, key in data:
                    packet = av.Packet(payload)
                    packet.pts, packet.dts, packet.duration = pts + again * length, dts + again * length, duration
                    packet.time_base, packet.is_keyframe, packet.stream = stream.time_base, key, copy
                    writer.mux(packet)
    return film


def _minute(path: Path) -> None:
    noise = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, width=64, height=48, pix_fmt="yuv420p")
        stream.options = {"preset": "ultrafast", "crf": "40", "bf": "0",
                          "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0"}
        for number in range(60 * FPS):
            picture = noise.integers(90, 110, (48, 64, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def sampled(child: subprocess.Popen[str], segments: Path) -> list[tuple[int, int]]:
    """Minutes of media on the disk and resident kilobytes, again and again until the process ends."""
    found = []
    while child.poll() is None:
        status = Path(f"/proc/{child.pid}/status").read_text()
        resident = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        if resident:
            found.append((sum(1 for _ in segments.glob("*/*.mp4")), int(resident[0])))
        time.sleep(0.1)
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
def test_four_hours_of_video_leave_no_trace_in_memory(tmp_path: Path, hours_of_film: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "edge.cli", "--lang", "en", "record", "--source", f"file:{hours_of_film}",
               "--out", str(out), "--pace", str(PACE)]
    child = subprocess.Popen(command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Its last file is its end: what it gives back there would hide what it took before.
    samples = [one for one in sampled(child, out / "video" / "segments") if SETTLED_MIN < one[0] < HOURS * 60]
    assert child.returncode == 0
    assert_whole(out)
    (run,) = runs_of(bodies(out)).values()
    assert media_us(run) >= HOURS * 60 * MINUTE - SECOND and sum(one.packets for one in run) == HOURS * 3600 * FPS
    minutes, resident = (np.array(column, dtype=float) for column in zip(*samples, strict=True))
    an_hour = float(np.polyfit(minutes, resident, 1)[0]) * 60
    late = resident[minutes > HOURS * 60 * 3 / 4].max() - resident[minutes <= HOURS * 60 / 4].max()
    print(f"{len(samples)} samples: {resident.min():.0f} to {resident.max():.0f} kB resident, "
          f"{an_hour:+.0f} kB an hour; the last hour above the first by {late:.0f} kB")
    assert len(samples) >= 20 and minutes.max() >= HOURS * 60 - 1
    assert an_hour < MOST_KB_AN_HOUR and late < HOURS * MOST_KB_AN_HOUR
