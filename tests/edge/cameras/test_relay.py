"""Packets on their way from the recorder to whoever watches: whole, in order, and never at the recorder's cost."""
from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from common.sockets import short_name
from edge.cameras import relay as relay_module
from edge.cameras.errors import NoKeyframe, NoVideo, StreamEnded, Unreachable
from edge.cameras.file import open_file
from edge.cameras.open import open_source
from edge.cameras.port import Packet, Source
from edge.cameras.relay import ALL, HEAD, MOST_LISTENERS, QUEUE_BYTES, QUEUE_PACKETS, STREAM, Relay
from edge.cameras.relayed import RelayedSource
from edge.cameras.relayed import _info as relayed_info
from edge.clock import AutojumpClock, SystemClock
from edge.control.server import listening
from edge.errors import BadVideo
from evidence.times import SECOND
from tests.edge.recorder.conftest import START_US, Bench, bench, film, keys, make_film

from .conftest import Serve, serving

__all__ = ["bench", "film", "keys"]


def until(wanted: Callable[[], object], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    made = Relay(tmp_path / "room.packets")
    yield made
    made.close()


def played(film: Path) -> Source:
    return open_file(f"file:{film}", AutojumpClock(START_US, 1000 * SECOND, "ab"))


def give(relay: Relay, source: Source, most: int = 10_000) -> list[Packet]:
    """What a source has, handed over as the recorder does it."""
    given = []
    while not source.ended and len(given) < most:
        packet = source.read(0)
        assert packet is not None
        relay.take(source.info, packet)
        given.append(packet)
    return given


class Heard:
    """Connects in a thread, as the keyframe that opens it comes only with what is given; `packets` is what came."""

    def __init__(self, path: Path, keys_only: bool = False) -> None:
        self.packets: list[Packet] = []
        self.source: RelayedSource | None = None
        self.failure: BadVideo | None = None
        self._path, self._keys_only = path, keys_only
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.source = RelayedSource(self._path, self._keys_only)
            while True:
                if (packet := self.source.read(0.2)) is not None:
                    self.packets.append(packet)
        except BadVideo as error:
            self.failure = error
        finally:
            if self.source is not None:
                self.source.close()

    def end(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


def decoded(heard: Heard) -> list[bytes]:
    """The luma of every picture that a decoder makes of what was heard."""
    assert heard.source is not None
    context = av.CodecContext.create(heard.source.info.codec, "r")
    context.extradata = heard.source.info.template.codec_context.extradata
    frames = [frame for packet in heard.packets for frame in context.decode(av.Packet(bytes(packet.av)))]
    return [frame.to_ndarray(format="gray").tobytes() for frame in [*frames, *context.decode(None)]]


def pictures_of(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_every_packet_comes_whole_with_its_times(relay: Relay, tmp_path: Path, codec: str) -> None:
    path = make_film(tmp_path / "film.mp4", 5, codec=codec, bframes=2)
    heard = Heard(relay._path)
    until(lambda: relay.wanted)
    given = give(relay, played(path))
    until(lambda: len(heard.packets) == len(given))
    relay.close()
    heard.end()
    assert isinstance(heard.failure, StreamEnded)
    times = [[(one.av.pts, one.av.dts, one.av.time_base, one.media_us, one.duration_us, one.mono_us, one.key)
              for one in packets] for packets in (given, heard.packets)]
    assert times[0] == times[1] and heard.packets[0].key
    info, own = heard.source.info, played(path).info  # type: ignore[union-attr]
    assert (info.codec, info.width, info.height, info.fps) == (own.codec, own.width, own.height, own.fps)
    assert decoded(heard) == pictures_of(path)


def test_packets_of_a_real_rtsp_camera_can_be_decoded(relay: Relay, film: Path, serve: Serve) -> None:
    server = serve(serving(film, inside=False))
    source = open_source(server.url, SystemClock())
    heard = Heard(relay._path)
    until(lambda: relay.wanted)
    for _ in range(25):
        packet = source.read(5)
        assert packet is not None
        relay.take(source.info, packet)
    source.close()
    until(lambda: len(heard.packets) == 25)
    relay.close()
    heard.end()
    assert len(decoded(heard)) == 25


def test_who_comes_late_begins_with_a_keyframe_and_who_wants_keyframes_gets_only_these(
    relay: Relay, film: Path,
) -> None:
    source = played(film)
    first = Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, source, 25)
    keys = Heard(relay._path, keys_only=True)
    until(lambda: len(relay._listeners) == 2)
    rest = give(relay, source)
    until(lambda: len(first.packets) == 200)
    until(lambda: len(keys.packets) == sum(one.key for one in rest))
    assert all(one.key for one in keys.packets) and keys.packets[0].media_us == 3 * SECOND
    relay.close()
    for heard in (first, keys):
        heard.end()


def test_nobody_listens_and_the_packets_of_before_are_not_kept(relay: Relay, film: Path) -> None:
    source = played(film)
    assert not relay.wanted
    heard = Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, source, 5)
    until(lambda: len(heard.packets) == 5)
    assert stat.S_IMODE(os.stat(relay._path).st_mode) == 0o600
    heard.source.close()  # type: ignore[union-attr]
    until(lambda: not relay.wanted)


def test_who_hears_nothing_for_a_while_is_not_let_go(
    relay: Relay, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A keyframe may be long in coming, and a camera may be silent."""
    monkeypatch.setattr(relay_module, "LOOK_S", 0.05)
    monkeypatch.setattr(relay_module, "SEND_S", 0.2)
    source, heard = played(film), Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, source, 5)
    until(lambda: len(heard.packets) == 5)
    time.sleep(1)
    give(relay, source)
    until(lambda: len(heard.packets) == 200)
    relay.close()
    heard.end()


def test_another_stream_ends_the_connection_and_the_next_one_tells_of_it(
    relay: Relay, film: Path, tmp_path: Path,
) -> None:
    heard = Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, played(film), 20)
    until(lambda: len(heard.packets) == 20)
    other = played(make_film(tmp_path / "other.mp4", 5, size=(128, 96)))
    give(relay, other, 1)
    heard.end()
    assert isinstance(heard.failure, StreamEnded)
    again = Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, other)
    until(lambda: len(again.packets) == 40)
    assert again.source is not None and again.source.info.width == 128
    relay.close()
    again.end()


def caller(path: Path, says: bytes = ALL) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with short_name(path) as name:
        line.connect(name)
    line.sendall(says)
    return line


def test_who_does_not_take_what_comes_loses_it_up_to_a_keyframe_and_costs_bounded_memory(
    relay: Relay, tmp_path: Path,
) -> None:
    """A line that is not read from fills; what does not fit is dropped, and what comes later is told to have a hole."""
    path = make_film(tmp_path / "large.mp4", 30, fps=25, gop=50, size=(320, 240))
    line = caller(relay._path)
    until(lambda: relay.wanted)
    listener = relay._listeners[0]
    source, most = played(path), 0
    for _ in range(12):
        slowest = 0.0
        while not source.ended:
            packet = source.read(0)
            assert packet is not None
            began = time.perf_counter()
            relay.take(source.info, packet)
            slowest = max(slowest, time.perf_counter() - began)
            most = max(most, listener._bytes)
            assert len(listener._queue) <= QUEUE_PACKETS and listener._bytes <= QUEUE_BYTES + 4096
        assert slowest < 1, "a take never waits for the line"
        # The same stream goes on.
        info, source = source.info, played(path)
        source.info = info
    assert most > 1 << 20
    taken = RelayedSource.__new__(RelayedSource)
    taken._line, taken._got, taken._first, taken.lost = line, bytearray(), None, 0
    packets = []
    with contextlib.suppress(StreamEnded):
        while (packet := taken.read(1)) is not None:
            packets.append((packet, taken.lost))
    assert packets[-1][1] >= 1
    for (_, before), (packet, lost) in itertools.pairwise(packets):
        assert packet.key or lost == before, "after a hole comes a keyframe"
    line.close()


def test_who_hangs_is_let_go_and_others_hear_on(relay: Relay, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SEND_S", 0.3)
    hanging = caller(relay._path)
    until(lambda: relay.wanted)
    heard = Heard(relay._path)
    until(lambda: len(relay._listeners) == 2)
    source = played(film)
    listener = relay._listeners[0]
    listener._line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    give(relay, source)
    until(lambda: len(heard.packets) == 200)
    until(lambda: len(relay._listeners) == 1)
    hanging.close()
    relay.close()
    heard.end()


@pytest.mark.parametrize("says", [b"", b"x", b"\0" * 1000, b"kk", b"aa"])
def test_who_says_something_odd_is_let_go(relay: Relay, monkeypatch: pytest.MonkeyPatch, says: bytes) -> None:
    monkeypatch.setattr(relay_module, "ASK_S", 0.1)
    monkeypatch.setattr(relay_module, "LOOK_S", 0.1)
    line = caller(relay._path, says)
    line.settimeout(10)
    with contextlib.suppress(ConnectionResetError):
        assert line.recv(1) == b""
    until(lambda: relay._callers == 0 and not relay.wanted)


def test_no_more_than_a_few_listen(relay: Relay, film: Path) -> None:
    lines = [caller(relay._path) for _ in range(MOST_LISTENERS)]
    until(lambda: len(relay._listeners) == MOST_LISTENERS)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        late = caller(relay._path)
        late.settimeout(10)
        assert late.recv(1) == b""
    lines.pop().close()
    until(lambda: len(relay._listeners) == MOST_LISTENERS - 1)
    heard = Heard(relay._path)
    until(lambda: len(relay._listeners) == MOST_LISTENERS)
    give(relay, played(film), 10)
    until(lambda: len(heard.packets) == 10)
    relay.close()
    heard.end()
    for line in lines:
        line.close()


def test_a_packet_that_cannot_be_handed_on_ends_the_listeners_and_nothing_else(
    relay: Relay, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard(relay._path)
    until(lambda: relay.wanted)
    source = played(film)
    give(relay, source, 5)
    until(lambda: len(heard.packets) == 5)

    def broken(*_: object) -> bytes:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(relay, "_annexb", broken)
        give(relay, source, 1)
    heard.end()
    until(lambda: not relay.wanted)
    again = Heard(relay._path)
    until(lambda: relay.wanted)
    give(relay, source)
    until(lambda: len(again.packets) > 100)
    relay.close()
    again.end()


def test_what_is_recorded_is_the_same_whoever_listens(
    bench: Bench, tmp_path: Path, film: Path, relay: Relay,
) -> None:
    """Byte for byte, header and run apart: a good listener, one that hangs, and none."""
    found = []
    for listens in (False, True):
        source = open_file(f"file:{film}", bench.clock)
        recorder = bench.recorder(source)
        if listens:
            recorder._relay = relay
            heard, hanging = Heard(relay._path), caller(relay._path)
            until(lambda: len(relay._listeners) == 2)
        while not source.ended:
            recorder.step(0)
        recorder.close("end")
        found.append(bench.segments())
        if listens:
            until(lambda ours=heard: len(ours.packets) == 200)
            relay.close()
            heard.end()
            hanging.close()
            assert decoded(heard) == pictures_of(film)
    before, after = found[0], found[1][len(found[0]) :]
    assert len(before) == len(after) == 4
    contents = [[(bench.volume.segments / one.file).read_bytes().partition(b"moof")[2] for one in segments]
                for segments in (before, after)]
    assert contents[0] == contents[1]


# --- the taking side

def test_where_no_recorder_is_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        RelayedSource(tmp_path / "room.packets")


@pytest.mark.parametrize("sends", [
    HEAD.pack(STREAM, 1 << 31), HEAD.pack(STREAM, 2) + b"{}" + HEAD.pack(2, 3) + b"abc",
    HEAD.pack(STREAM, 1) + b"[" + HEAD.pack(2, 60) + b"\1" * 60])
def test_what_is_no_video_is_refused(tmp_path: Path, sends: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    server = listening(tmp_path / "room.packets")

    def serve() -> None:
        line, _ = server.accept()
        line.sendall(sends)
        time.sleep(1)
        line.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(NoVideo):
        RelayedSource(tmp_path / "room.packets")
    thread.join()
    server.close()


def test_what_does_not_tell_all_of_a_stream_is_refused(tmp_path: Path) -> None:
    unit = make_film(tmp_path / "film.h264", 1).read_bytes()
    said = {"codec": "h264", "fps": None, "encoded": False, "sets": ""}
    assert relayed_info(json.dumps(said).encode(), unit).width == 64
    for missing in said:
        with pytest.raises(NoVideo):
            relayed_info(json.dumps({name: value for name, value in said.items() if name != missing}).encode(), unit)


def test_without_a_keyframe_it_does_not_open(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.cameras.relayed.KEY_S", 0.2)
    with pytest.raises(NoKeyframe):
        RelayedSource(relay._path)
    until(lambda: not relay.wanted, 10)
