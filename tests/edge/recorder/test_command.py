"""`zaitang-edge record` as a user runs it: real processes, real kills, folders that `zaitang-verify` accepts."""
from __future__ import annotations

import contextlib
import json
import logging
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.child import only_one
from edge.cli import main
from edge.recorder.journal import read_journal
from edge.storage.volume import Volume

from .conftest import make_film

Here = Callable[..., tuple[int, str, list[str]]]
VERIFY = "import sys; from verify.cli import main; sys.exit(main())"


def edge(*args: object, lang: str = "en", **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edge.cli", "--lang", lang, *map(str, args)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def said(child: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    """Exit status, stdout, and the lines of stderr that are no log lines."""
    out, err = child.communicate(timeout=60)
    return child.returncode, out, [line for line in err.splitlines() if not line.startswith("{")]


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """The same command inside this process, which is quicker; a kill needs a real one."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    logger = logging.getLogger("zaitang")
    before = (list(logger.handlers), logger.propagate, logger.level)

    def run(*args: object, lang: str = "en") -> tuple[int, str, list[str]]:
        code = main(["--lang", lang, *map(str, args)])
        out, err = capsys.readouterr()
        return code, out, [line for line in err.splitlines() if not line.startswith("{")]

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)
    logger.handlers, logger.propagate, logger.level = before


def verified(folder: Path, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    report = tmp_path / "report.json"
    command = [sys.executable, "-c", VERIFY, str(folder), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(report.read_text())


def test_what_was_recorded_verifies_and_a_second_call_goes_on(tmp_path: Path, film: Path) -> None:
    out = tmp_path / "out"
    code, text, err = said(edge("record", "--source", f"file:{film}", "--out", out))
    assert (code, err) == (0, []) and "20 seconds of video (segments: 1)" in text
    code, report = verified(out, tmp_path)
    assert (code, report["segments"], report["media_s"], report["recovered"]) == (0, 1, 20, 0)
    code, text, _ = said(edge("record", "--source", f"file:{film}", "--out", out, "--seconds", 7))
    assert code == 0 and "7 seconds of video (segments: 1)" in text
    code, report = verified(out, tmp_path)
    assert (code, report["segments"], report["media_s"]) == (0, 2, 27)


def test_a_paced_recording_takes_its_time(tmp_path: Path, film: Path, here: Here) -> None:
    begin = time.monotonic()
    out = tmp_path / "out"
    code, text, _ = here("record", "--source", f"file:{film}", "--out", out, "--pace", 20, "--seconds", 16)
    assert code == 0 and "16 seconds" in text
    assert time.monotonic() - begin >= 0.8


def test_an_end_that_is_asked_for_seals_the_segment(tmp_path: Path, film: Path) -> None:
    out = tmp_path / "out"
    child = edge("record", "--source", f"file:{film}", "--out", out, "--pace", 8)
    wait_for_mark(out)
    child.send_signal(signal.SIGTERM)
    code, text, _ = said(child)
    assert code == 0 and "(segments: 1)" in text and f"recording to {out}; Ctrl-C ends it" in text
    assert verified(out, tmp_path)[1]["recovered"] == 0


def test_what_cannot_be_recorded_is_one_sentence_and_leaves_nothing(tmp_path: Path, film: Path, here: Here) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video")
    make_film(tmp_path / "mpeg4.mp4", 1, codec="mpeg4")
    for source, words in (
        (f"file:{tmp_path}/empty.mp4", "holds no video"), (f"file:{tmp_path}/text.mp4", "cannot be read as video"),
        (f"file:{tmp_path}/none.mp4", "No such file"), (f"file:{tmp_path}/mpeg4.mp4", "H.264 or H.265"),
        ("rtsp://127.0.0.1:9/x", "cannot be reached: Connection refused"), ("camera", "begins with none of file:"),
    ):
        code, text, err = here("record", "--source", source, "--out", tmp_path / "out")
        assert (code, text, len(err)) == (2, "", 1) and words in err[0], (source, err)
        assert not (tmp_path / "out").exists()
    code, _, err = here("record", "--source", f"file:{tmp_path}/empty.mp4", "--out", tmp_path / "o", lang="zh")
    assert code == 2 and "没有视频" in err[0]
    code, _, err = here("record", "--source", f"file:{film}", "--out", tmp_path / "out", "--pace", -1)
    assert code == 2 and len(err) == 1 and "pace" in err[0]
    code, _, err = here("record", "--source", "rtsp://127.0.0.1:9/x", "--out", tmp_path / "out", "--pace", 2)
    assert code == 2 and err == ["rtsp://127.0.0.1:9/x is a live camera: leave --pace out"]
    for seconds in (0, -5, "nan", "inf"):
        code, _, err = here("record", "--source", f"file:{film}", "--out", tmp_path / "out", "--seconds", seconds)
        assert code == 2 and len(err) == 1 and "more than 0" in err[0] and not (tmp_path / "out").exists()
    code, _, err = here("record", "--source", f"file:{film}", "--out", film)
    assert code == 2 and len(err) == 1 and "Not a directory" in err[0]
    (tmp_path / "full" / "of").mkdir(parents=True)
    code, _, err = here("record", "--source", f"file:{film}", "--out", tmp_path / "full")
    assert code == 2 and len(err) == 1 and "holds other things" in err[0]
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["of"]


def test_a_wrong_volume_is_refused_before_anything_is_written(tmp_path: Path, film: Path, here: Here) -> None:
    out = tmp_path / "out"
    here("record", "--source", f"file:{film}", "--out", out, "--seconds", 2)
    (out / "video").rename(out / "aside")
    (out / "video").mkdir()
    code, _, err = here("record", "--source", f"file:{film}", "--out", out)
    assert code == 2 and len(err) == 1 and "is the disk mounted" in err[0]
    assert list((out / "video").iterdir()) == []
    (out / "video").rmdir()
    (out / "aside").rename(out / "video")
    assert here("record", "--source", f"file:{film}", "--out", out, "--seconds", 2)[0] == 0
    assert verified(out, tmp_path)[0] == 0


@pytest.mark.long
def test_a_second_recorder_on_the_same_folder_is_refused(tmp_path: Path, film: Path) -> None:
    out = tmp_path / "out"
    child = edge("record", "--source", f"file:{film}", "--out", out, "--pace", 1)
    wait_for_mark(out)
    code, _, err = said(edge("record", "--source", f"file:{film}", "--out", out))
    assert code == 2 and len(err) == 1 and f"already running (process {child.pid})" in err[0]
    child.send_signal(signal.SIGTERM)
    assert said(child)[0] == 0


def test_a_second_recorder_does_not_open_the_camera(tmp_path: Path, film: Path, here: Here) -> None:
    """On some cameras a second viewer breaks the stream of the first."""
    out = tmp_path / "out"
    _empty_box(out)
    (out / "run").mkdir()
    with socket.socket() as camera, only_one(out / "run" / "recorder.lock", "recorder"):
        camera.bind(("127.0.0.1", 0))
        camera.listen()
        camera.settimeout(0)
        url = f"rtsp://127.0.0.1:{camera.getsockname()[1]}/x"
        code, _, err = here("record", "--source", url, "--out", out)
        assert code == 2 and "already running" in err[0]
        with pytest.raises(BlockingIOError):
            camera.accept()


class Disk:
    """A volume whose free space the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free_mb = 5000
        monkeypatch.setattr(Volume, "free_mb", lambda _: self.free_mb)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, film: Path) -> str:
    """A camera, played from a file in real time; a volume that refused is tried again soon."""
    monkeypatch.setattr("edge.recorder.command.is_live", lambda url: True)
    monkeypatch.setattr("edge.recorder.recorder.RETRY_S", 0.2)
    return f"file:{film}"


@pytest.mark.long
def test_a_live_recording_goes_on_when_a_full_disk_has_room_again(
    tmp_path: Path, live: str, here: Here, monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, asked = tmp_path / "out", []

    def free_mb(_: Volume) -> int:
        """Full at the second question after there is video."""
        if any(file.stat().st_size for file in out.glob("video/segments/*/*.mp4")):
            asked.append(1)
        return 1 if len(asked) == 2 else 5000

    monkeypatch.setattr(Volume, "free_mb", free_mb)
    code, text, err = here("record", "--source", live, "--out", out, "--seconds", 6)
    assert (code, err) == (0, []), text
    assert text.count("The video disk is full") == 1 and text.count("takes video again") == 1
    code, report = verified(out, tmp_path)
    assert code == 0 and report["segments"] >= 2 and 1 < report["media_s"] < 6


def test_a_live_recording_waits_for_room_from_its_beginning_and_says_so_at_its_end(
    tmp_path: Path, live: str, here: Here, monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(monkeypatch)
    disk.free_mb = 1
    code, text, err = here("record", "--source", live, "--out", tmp_path / "out", "--seconds", 1)
    assert code == 1 and len(err) == 1 and "the video volume is full" in err[0]
    assert "The video disk is full" in text and "recorded: 0 seconds" in text


def test_whoever_watches_a_recording_reads_sentences_and_no_log_lines(tmp_path: Path, film: Path) -> None:
    ours, theirs = pty.openpty()
    out = tmp_path / "out"
    command = [sys.executable, "-m", "edge.cli", "record", "--source", f"file:{film}", "--out", out, "--lang", "zh"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60, check=True)
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as screen:
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while more := screen.read(4096):
                shown += more
    assert done.stdout.startswith(f"正在录像到 {out}；按 Ctrl-C 结束") and b'"event"' not in shown


def _in_namespace(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script where it may mount things; the test is skipped where nobody may."""
    unshare = shutil.which("unshare")
    command = [unshare or "", "-rm", "sh", "-ec", script, "sh", *map(str, args)]
    if unshare is None or subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are not allowed here")
    environment = {**os.environ, "PY": sys.executable, "VERIFY": VERIFY}
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env=environment)


SMALL_DISK = """
mkdir -p $2/video; mount -t tmpfs -o size=4m none $2/video
sed -i 's/reserve_mb = .*/reserve_mb = 1/' $2/box.toml
set +e
$PY -m edge.cli --lang en record --source file:$1 --out $2; echo code=$?
$PY -c "$VERIFY" $2 --lang en; echo verify=$?
mount -o remount,size=12m none $2/video
$PY -m edge.cli --lang en record --source file:$1 --out $2 --seconds 1; echo code=$?
$PY -c "$VERIFY" $2 --lang en; echo verify=$?
"""


@pytest.mark.long
def test_a_full_disk_ends_the_recording_with_a_sentence_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    film, out = make_film(tmp_path / "big.mp4", 20, size=(320, 240)), tmp_path / "out"
    assert film.stat().st_size > 6_000_000
    _empty_box(out)
    done = _in_namespace(SMALL_DISK, film, out)
    assert [line for line in done.stdout.splitlines() if "=" in line] == [
        "code=1", "verify=0", "code=0", "verify=0"], done.stdout + done.stderr
    assert "the video volume is full" in done.stderr and "Traceback" not in done.stderr


FULL_DATABASE = """
mount -t tmpfs -o size=3m none $2; cp -r $3/. $2
mkdir -p $3/video; mount --bind $3/video $2/video 2>/dev/null || (mkdir $2/video; mount --bind $3/video $2/video)
set +e
dd if=/dev/zero of=$2/filler bs=4k 2>/dev/null
$PY -m edge.cli --lang en record --source file:$1 --out $2; echo code=$?
rm $2/filler
$PY -m edge.cli --lang en record --source file:$1 --out $2 --seconds 1; echo code=$?
$PY -c "$VERIFY" $2 --lang en; echo verify=$?
"""


@pytest.mark.long
def test_a_full_disk_under_the_database_is_a_sentence_and_the_next_call_goes_on(tmp_path: Path, film: Path) -> None:
    out, box = tmp_path / "out", tmp_path / "box"
    out.mkdir()
    _empty_box(box)
    done = _in_namespace(FULL_DATABASE, film, out, box)
    codes = [line for line in done.stdout.splitlines() if "=" in line]
    assert codes[0] in ("code=1", "code=2") and codes[1:] == ["code=0", "verify=0"], done.stdout + done.stderr
    assert "Traceback" not in done.stderr


READ_ONLY = """
mkdir -p $2/video; mount -t tmpfs none $2/video
set +e
$PY -m edge.cli --lang en record --source file:$1 --out $2 --seconds 2; echo code=$?
mount -o remount,ro none $2/video
$PY -m edge.cli --lang en record --source file:$1 --out $2; echo code=$?
mount -o remount,rw none $2/video
$PY -m edge.cli --lang en record --source file:$1 --out $2 --seconds 2; echo code=$?
$PY -c "$VERIFY" $2 --lang en; echo verify=$?
"""


@pytest.mark.long
def test_a_read_only_volume_is_one_sentence(tmp_path: Path, film: Path) -> None:
    out = tmp_path / "out"
    _empty_box(out)
    done = _in_namespace(READ_ONLY, film, out)
    codes = [line for line in done.stdout.splitlines() if "=" in line]
    assert codes[0] == "code=0" and codes[1] in ("code=1", "code=2"), done.stderr
    assert codes[2:] == ["code=0", "verify=0"], done.stdout + done.stderr
    assert "Read-only file system" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_camera_that_is_being_opened_is_left_at_a_signal(tmp_path: Path, number: int) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        child = edge("record", "--source", url, "--out", tmp_path / "out")
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            child.send_signal(number)
            # The camera never answers, and is waited for: not longer than a user waits.
            _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "") and not (tmp_path / "out").exists()


def test_ctrl_c_while_it_starts_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(lang: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("edge.cli._parser", interrupted)
    assert main(["record"]) == 130


def test_nobody_else_on_the_machine_reads_a_recording(tmp_path: Path, film: Path) -> None:
    out = tmp_path / "out"
    code, _, _ = said(edge("record", "--source", f"file:{film}", "--out", out, umask=0o022))
    assert code == 0 and verified(out, tmp_path)[0] == 0
    found = [out, *out.rglob("*")]
    assert {path.suffix for path in found} >= {".mp4", ".db"}
    assert [path for path in found if path.stat().st_mode & 0o077] == []


def _empty_box(out: Path) -> None:
    """What the first call makes before it records."""
    from edge.recorder.command import make_folder_of_its_own

    make_folder_of_its_own(out)
    with (out / "box.toml").open("a") as file:
        file.write("[recorder]\nreserve_mb = 1\n")


def wait_for_mark(out: Path, runs: int = 1) -> None:
    """Until the newest run has a durable fragment; `runs`: how many runs have begun by then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        begun = len(list((out / "video" / "segments").glob("*")))
        for path in (out / "video" / "journal").glob("*.jsonl"):
            try:
                told = read_journal(path)
            except FileNotFoundError:
                # An earlier run, recovered in this moment.
                continue
            if begun >= runs and told is not None and told.marks:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing was journalled: {list(os.walk(out))}")
