"""RTSP cameras, played by a real server: copied as they come, every wait bounded, no password anywhere."""
from __future__ import annotations

import contextlib
import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from common.texts import words
from edge.cameras import live, rtsp, tap
from edge.cameras.errors import NoAnswer, NoStream, NotAllowed, StreamEnded, UnknownName, Unreachable
from edge.cameras.open import open_source
from edge.clock import AutojumpClock, SystemClock, boottime_us
from edge.errors import BadSource, BadVideo, EmptyVideo, WrongCodec
from edge.terminal.camera import Camera
from evidence.errors import BadInput
from tests.edge.recorder.conftest import Bench, make_film

from .conftest import Serve, check_plays, record_for, serving

CLOCK = SystemClock()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs that a test can wait for."""
    monkeypatch.setattr(rtsp, "OPEN_S", 0.6)
    for module in (rtsp, live, tap):
        monkeypatch.setattr(module, "READ_S", 0.6)


@pytest.mark.parametrize("host", ["nosuch.invalid", "x" * 70])
def test_a_name_that_nobody_knows_is_said(host: str) -> None:
    with pytest.raises(UnknownName) as told:
        open_source(f"rtsp://viewer:geheim@{host}:554/x", CLOCK)
    said = words(told.value, "en")
    assert f"the name {host} is not known" in said and "geheim" not in said


def test_a_name_server_that_does_not_answer_is_waited_for_so_long(
    impatient: None, monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(rtsp.socket, "getaddrinfo", lambda *_: ended.wait(30))
    with pytest.raises(NoAnswer):
        open_source("rtsp://camera.invalid/x", CLOCK)
    ended.set()


@pytest.mark.parametrize("inside", [True, False])
def test_a_camera_is_copied_into_a_file_that_a_browser_plays(
    minute: Path, serve: Serve, real: Bench, inside: bool,
) -> None:
    begin = boottime_us()
    source = open_source(serve(serving(minute, inside=inside)).url, CLOCK)
    info = source.info
    assert (info.codec, info.width, info.height, info.encoded, info.sub) == ("h264", 64, 48, False, False)
    (segment,) = record_for(real, source, 1.5)
    assert begin < segment.first_mono_us < segment.last_mono_us < boottime_us()
    assert (segment.width, segment.height, segment.began, segment.cut) == (64, 48, "start", "end")
    assert segment.last_mono_us - segment.first_mono_us > 500_000, "paced, and stamped as it came"
    assert check_plays(real.volume.segments / segment.file) == segment.packets >= 15


def test_h265_is_copied_too(tmp_path: Path, serve: Serve, real: Bench) -> None:
    film = make_film(tmp_path / "film.mp4", 20, codec="libx265")
    (segment,) = record_for(real, open_source(serve(serving(film, "h265")).url, CLOCK), 1)
    assert segment.codec == "hevc" and check_plays(real.volume.segments / segment.file, "hevc") == segment.packets


def test_b_frames_are_shown_in_their_order(tmp_path: Path, serve: Serve, real: Bench) -> None:
    film = make_film(tmp_path / "film.mp4", 20, bframes=2)
    (segment,) = record_for(real, open_source(serve(serving(film)).url, CLOCK), 2)
    assert check_plays(real.volume.segments / segment.file) == segment.packets
    with av.open(str(real.volume.segments / segment.file)) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    steps = {b - a for a, b in itertools.pairwise(times)}  # type: ignore[operator]
    assert times == sorted(times) and max(steps) <= 2 * 9000  # type: ignore[type-var]


def test_the_terminal_looks_through_the_same_port(minute: Path, serve: Serve) -> None:
    url = serve(serving(minute)).url
    camera = Camera(lambda: open_source(url, CLOCK), time.monotonic)
    camera.start()
    until, seen = time.monotonic() + 60, None
    while seen is None and time.monotonic() < until:
        time.sleep(0.05)
        seen = camera.newest(0)
    assert seen is not None and seen[1].shape == (48, 64, 3) and not camera.silent
    camera.stop()


def test_a_camera_with_another_codec_or_without_video_is_told_so(serve: Serve) -> None:
    picture = "videotestsrc is-live=true ! video/x-raw,format=I420,width=64,height=48,framerate=10/1"
    jpeg = f"{picture} ! jpegenc ! rtpjpegpay name=pay0"
    with pytest.raises(WrongCodec, match=r"is mjpeg; a camera must deliver H\.264 or H\.265"):
        open_source(serve(jpeg).url, CLOCK)
    sound = "audiotestsrc is-live=true ! mulawenc ! rtppcmupay name=pay0"
    with pytest.raises((EmptyVideo, BadVideo)):
        open_source(serve(sound).url, CLOCK)


def test_a_camera_that_locks_its_door(minute: Path, serve: Serve) -> None:
    port = serve(serving(minute), 0, "admin", "geheim").port
    with pytest.raises(NotAllowed, match=r"check the user name and the password .*401 Unauthorized") as caught:
        open_source(f"rtsp://admin:falsch@127.0.0.1:{port}/cam", CLOCK)
    assert "falsch" not in str(caught.value) and "admin" not in str(caught.value)
    assert re.search("请检查地址中的用户名和密码（.*401 Unauthorized.*）", words(caught.value, "zh"))
    source = open_source(f"rtsp://admin:geheim@127.0.0.1:{port}/cam", CLOCK)
    assert source.read(5) is not None
    source.close()
    with pytest.raises(NoStream, match=r"check the path in its address .*404"):
        open_source(f"rtsp://admin:geheim@127.0.0.1:{port}/other", CLOCK)


def test_a_stalled_stream_is_silence_and_then_broken(minute: Path, serve: Serve, impatient: None) -> None:
    import signal

    server = serve(serving(minute))
    source = open_source(server.url, CLOCK)
    assert source.read(2) is not None
    server.process.send_signal(signal.SIGSTOP)
    silent = 0
    with pytest.raises(NoAnswer, match="does not answer"):
        while silent < 100:
            silent += source.read(0.05) is None
    assert silent > 3
    source.close()


def test_a_server_that_dies_ends_the_stream(minute: Path, serve: Serve) -> None:
    server = serve(serving(minute))
    source = open_source(server.url, CLOCK)
    server.kill()
    with pytest.raises((StreamEnded, Unreachable, NoAnswer)):
        for _ in range(1000):
            source.read(0.5)
    source.close()


@contextlib.contextmanager
def answering(*answers: bytes, backlog: int = 5, again: bool = False) -> Iterator[str]:
    """A server that takes connections and says these bytes to each, then nothing; `again`: the last ones for ever."""
    held: list[socket.socket] = []
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                for answer in answers:
                    connection.sendall(answer)
                while again and not over.wait(0.001):
                    connection.sendall(answers[-1])

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"rtsp://u:geheim@127.0.0.1:{listener.getsockname()[1]}/x"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


@pytest.mark.parametrize(("answers", "again"), [
    ((), False), ((b"\0\xff" * 5000,), True), ((b"HTTP/1.1 200 OK\r\n\r\nhello",), False),
    ((b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n",), False),
    ((b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: ", b"x" * 10_000), True),
])
def test_a_server_that_says_nothing_or_nonsense(answers: tuple[bytes, ...], again: bool, impatient: None) -> None:
    with answering(*answers, again=again) as url, pytest.raises(BadVideo if answers else NoAnswer) as caught:
        open_source(url, CLOCK)
    assert "geheim" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_host_that_does_not_answer(impatient: None) -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(NoAnswer):
            open_source(f"rtsp://127.0.0.1:{full.getsockname()[1]}/x", CLOCK)


@pytest.mark.parametrize(("url", "wanted", "said"), [
    ("rtsp://127.0.0.1:9/x", Unreachable, "Connection refused"), ("rtsp://", BadSource, "must look like rtsp://"),
    ("http://u:geheim@camera/x", BadSource, "begins with none of"), ("x", BadSource, "begins with none of"),
    ("v4l2:/dev/none", BadVideo, "No such file"), ("v4l2:/dev/null", BadVideo, "no video device"),
    ("picamera2:0", BadVideo, "python3-picamera2"), ("picamera2:front", BadSource, "by its number"),
    ("gst:videotestsrc ! '", BadSource, "quotation marks"),
])
def test_what_is_no_camera_is_one_sentence(url: str, wanted: type[BadInput], said: str) -> None:
    with pytest.raises(wanted, match=said) as caught:
        open_source(url, CLOCK)
    assert "geheim" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_live_camera_needs_the_real_time() -> None:
    with pytest.raises(BadSource, match="real time"):
        open_source("rtsp://127.0.0.1:9/x", AutojumpClock(0, 0, "ab"))
