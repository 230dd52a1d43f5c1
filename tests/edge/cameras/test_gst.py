"""Pipelines in a child of ours: what they give is recorded, why they fail is said, and no child is left behind."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.cameras import gst, tap
from edge.cameras.errors import NoAnswer, NoProgram, PipelineFailed, StreamEnded
from edge.cameras.live import LiveSource
from edge.cameras.open import open_source
from edge.clock import SystemClock
from edge.errors import BadVideo
from tests.edge.recorder.conftest import Bench
from tests.edge.recorder.test_command import edge, said, verified, wait_for_mark

from .conftest import check_plays, record_for

CLOCK = SystemClock()
PICTURES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate=10/1"
PIPELINE = f"gst:{PICTURES} ! x264enc tune=zerolatency key-int-max=10"

pytestmark = pytest.mark.skipif(shutil.which(gst.LAUNCH) is None, reason="GStreamer is not here")


def pid_of(source: object) -> int:
    child = source._tap._child  # type: ignore[attr-defined]
    assert child is not None and child.poll() is None
    return int(child.pid)


def is_gone(pid: int, patience_s: float = 10) -> bool:
    """Whether a process ends: gone, or dead and waiting for its parent."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_a_pipeline_is_recorded_into_a_file_that_a_browser_plays(real: Bench) -> None:
    source = open_source(PIPELINE, CLOCK)
    assert (source.info.codec, source.info.width, source.info.height, source.info.fps) == ("h264", 64, 48, 10)
    pid = pid_of(source)
    (segment,) = record_for(real, source, 1.5)
    assert check_plays(real.volume.segments / segment.file) == segment.packets >= 15
    assert is_gone(pid)


@pytest.mark.parametrize(("pipeline", "said"), [
    ("nosuchelement ! x264enc", "no element"), ("filesrc location=/nonexistent ! qtdemux", "ERROR"),
    (f"{PICTURES} ! jpegenc", "link"),
])
def test_a_pipeline_that_fails_says_why(pipeline: str, said: str) -> None:
    with pytest.raises(PipelineFailed, match=said) as caught:
        open_source(f"gst:{pipeline}", CLOCK)
    assert "\n" not in str(caught.value)


def test_a_pipeline_that_ends_or_is_killed_ends_the_stream() -> None:
    source = open_source(PIPELINE.replace("is-live=true", "is-live=true num-buffers=15"), CLOCK)
    with pytest.raises(StreamEnded):
        for _ in range(200):
            source.read(0.5)
    source.close()
    source = open_source(PIPELINE, CLOCK)
    os.kill(pid_of(source), signal.SIGKILL)
    with pytest.raises(BadVideo):
        for _ in range(200):
            source.read(0.5)
    source.close()


def test_a_pipeline_that_stalls_is_broken_and_its_child_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(PIPELINE, CLOCK)
    pid = pid_of(source)
    monkeypatch.setattr(gst, "READ_S", 0.5)
    monkeypatch.setattr(tap, "READ_S", 0.5)
    monkeypatch.setattr(gst, "END_S", 0.3)
    for _ in range(4):
        source.read(1)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NoAnswer):
        for _ in range(200):
            source.read(0.2)
    source.close()
    assert is_gone(pid)


class Unkillable:
    """A child that waits in the kernel for its device: no signal ends it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def terminate(self) -> None:
        self.asked.append("end")

    def kill(self) -> None:
        self.asked.append("kill")

    def wait(self, timeout: float | None = None) -> int:
        assert timeout is not None, "for ever"
        raise subprocess.TimeoutExpired("gst", timeout)


def test_a_child_that_no_signal_ends_is_not_waited_for() -> None:
    child = Unkillable()
    gst._end(child)  # type: ignore[arg-type]
    assert child.asked == ["end", "kill"]


def test_without_gstreamer_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NoProgram, match=r"gst-launch-1\.0: install the Debian packages gstreamer1\.0-tools"):
        open_source(PIPELINE, CLOCK)


def test_a_pipeline_that_names_h265_is_parsed_as_such() -> None:
    assert "h265parse" in gst.command_of("nvv4l2h265enc", "x") and "h264parse" in gst.command_of("x264enc", "x")
    words = gst.command_of('v4l2h264enc extra-controls="controls,a=1" ! "video/x-h264,level=(string)4"', "x")
    assert "extra-controls=controls,a=1" in words and "video/x-h264,level=(string)4" in words


@pytest.mark.parametrize(("pipeline", "parser"), [
    ("videotestsrc ! x264enc bitrate=2650", "h264parse"), ("rtspsrc location=/h265 ! rtph264depay", "h264parse"),
    ("rtspsrc user-pw=265 ! rtph265depay", "h265parse"), ("qtdemux ! video/x-h265,level=4", "h265parse"),
    ("x ! rtph265depay ! avdec_h265 ! x264enc", "h264parse"), ("x ! avdec_h264 ! x265enc key=264", "h265parse"),
    ("filesrc location=265.ts ! tsdemux", "h264parse"), ("video/x-raw,width=265 ! x264enc", "h264parse"),
])
def test_only_elements_and_formats_name_the_codec(pipeline: str, parser: str) -> None:
    assert [word for word in gst.command_of(pipeline, "x") if word.endswith("parse")] == [parser]


STALLING = """
from edge.cameras import gst
from edge.cameras.errors import NoAnswer
from edge.cameras.open import open_source
from edge.clock import SystemClock
gst.OPEN_S = 0.5
try:
    open_source("gst:videotestsrc is-live=true num-buffers=1 ! identity sleep-time=60000000 ! x264enc", SystemClock())
except NoAnswer as error:
    print(error)
"""


def test_a_pipeline_that_gives_nothing_is_one_sentence_and_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", STALLING], capture_output=True, text=True, timeout=60, check=True)
    assert "no video came for 0 seconds" in done.stdout and done.stderr == ""


def test_what_gstreamer_says_of_a_password_is_left_out() -> None:
    with pytest.raises(PipelineFailed) as caught:
        open_source("gst:rtspsrc latency=geheim location=rtsp://a:geheim@127.0.0.1:9/x ! rtph264depay", CLOCK)
    assert "geheim" not in str(caught.value)


CHILD = f"""
import sys, time
from edge.cameras.open import open_source
from edge.clock import SystemClock
source = open_source({PIPELINE!r}, SystemClock())
print(source._tap._child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_does_not_outlive_a_killed_recorder() -> None:
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.kill()
    process.communicate()
    assert is_gone(pid)


def test_a_source_closed_before_it_opened_starts_nothing() -> None:
    tap = gst.GstTap(PIPELINE.partition(":")[2], "x")
    tap.stop()
    with pytest.raises(StreamEnded):
        LiveSource(tap, CLOCK)
    assert tap._child is None


@pytest.mark.long
def test_the_command_records_a_pipeline_recovers_and_goes_on(tmp_path: Path) -> None:
    out, arguments = tmp_path / "out", ("record", "--source", PIPELINE, "--out", tmp_path / "out")
    first = edge(*arguments)
    wait_for_mark(out)
    first.kill()
    first.communicate()
    second = edge(*arguments)
    wait_for_mark(out, 2)
    second.send_signal(signal.SIGINT)
    code, text, err = said(second)
    assert (code, err) == (0, []) and text.count("(segments: 1)") == 2 and "recovered: " in text
    code, report = verified(out, tmp_path)
    assert (code, report["segments"], report["recovered"]) == (0, 2, 1)
    for path in (out / "video" / "segments").glob("*/*.mp4"):
        # A busy machine may let the test picture stall after its first frame: then that is a run of its own.
        assert check_plays(path) >= 1
