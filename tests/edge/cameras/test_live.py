"""The thread and the queue of a live camera: nobody waits for ever, nothing grows for ever, what was lost is told."""
from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from edge.cameras import live
from edge.cameras.errors import NoKeyframe, StreamChanged, StreamEnded, Unreachable
from edge.cameras.live import LiveSource
from edge.cameras.port import Packet
from edge.cameras.stamps import Raw
from edge.cameras.tap import Tap
from edge.clock import SystemClock, boottime_us
from edge.errors import BadVideo
from tests.edge.recorder.conftest import Bench, make_film

from .conftest import annexb_packets, check_plays, raw_packet, record_for

Units = list[tuple[bytes, bool]]


class Played(Tap):
    """Real encoded pictures, ten a second of media time, as fast as they are taken; `before` is called with each."""

    def __init__(
        self, units: Units, before: Callable[[int], object] = lambda number: None,
        ticks: Callable[[int], int | None] = lambda number: number * 9000,
    ) -> None:
        super().__init__("a camera")
        self._units, self._before, self._ticks = units, before, ticks
        self.closed = threading.Event()

    def packets(self) -> Generator[Raw, None, None]:
        self.codec = "h264"
        try:
            for number, (data, key) in enumerate(self._units):
                self._before(number)
                yield raw_packet(data, key, self._ticks(number))
        finally:
            self.closed.set()

    def stop(self) -> None:
        """Nothing to do: a film always has a next picture or an end."""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Units:
    return annexb_packets(make_film(tmp_path_factory.mktemp("units") / "film.mp4", 6))


def everything(source: LiveSource) -> tuple[list[Packet], BadVideo]:
    packets = []
    try:
        while True:
            packet = source.read(5)
            assert packet is not None
            packets.append(packet)
    except BadVideo as error:
        return packets, error


def test_everything_comes_in_order_and_then_why_it_ended(units: Units) -> None:
    begin = boottime_us()
    tap = Played(units)
    source = LiveSource(tap, SystemClock())
    assert (source.info.codec, source.info.width, source.info.height) == ("h264", 64, 48)
    packets, error = everything(source)
    assert [bytes(packet.av) for packet in packets] == [data for data, _ in units]
    assert [packet.media_us for packet in packets] == [number * 100_000 for number in range(60)]
    assert begin <= source.first_mono_us <= packets[0].mono_us <= packets[-1].mono_us <= boottime_us()
    assert isinstance(error, StreamEnded) and source.lost == 0 and tap.closed.is_set()
    with pytest.raises(StreamEnded):
        source.read(0)


def test_who_wants_keyframes_alone_is_woken_by_nothing_else(units: Units) -> None:
    packets, _ = everything(LiveSource(Played(units), SystemClock(), keys_only=True))
    assert [(packet.media_us, packet.key) for packet in packets] == [(at * 1_000_000, True) for at in range(6)]


def test_what_comes_before_the_first_keyframe_is_left_out(units: Units) -> None:
    source = LiveSource(Played(units[3:]), SystemClock())
    packets, _ = everything(source)
    assert packets[0].key and len(packets) == 50


def test_parameter_sets_that_come_outside_of_the_stream_reach_the_file(units: Units, real: Bench) -> None:
    from edge.cameras.annexb import parameter_sets

    sets = parameter_sets("h264", units[0][0])
    stripped = [(data.split(sets[-4:], 1)[1] if key else data, key) for data, key in units]
    assert not parameter_sets("h264", stripped[0][0])
    tap = Played(stripped)
    tap.sets = sets
    (segment,) = record_for(real, LiveSource(tap, SystemClock()), 4.9)
    assert check_plays(real.volume.segments / segment.file) >= 49
    with pytest.raises(StreamEnded):
        LiveSource(Played(stripped), SystemClock())


def test_a_full_queue_loses_up_to_the_next_keyframe_and_tells(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUEUE_PACKETS", 15)
    go_on = threading.Event()
    source = LiveSource(Played(units, lambda number: number == 25 and go_on.wait(60)), SystemClock())
    until = time.monotonic() + 60
    while source.lost < 10 and time.monotonic() < until:
        time.sleep(0.01)
    assert source.lost == 10
    for _ in range(15):
        assert source.read(1) is not None
    go_on.set()
    packets, _ = everything(source)
    assert packets[0].key and packets[0].media_us == 3_000_000
    assert source.lost >= 15 and len(packets) <= 30
    keys_after_holes = [b.key for a, b in itertools.pairwise(packets) if b.media_us - a.media_us > 100_000]
    assert all(keys_after_holes)


def test_bytes_are_bounded_too(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUEUE_BYTES", 30_000)
    tap = Played(units)
    source = LiveSource(tap, SystemClock())
    assert tap.closed.wait(60)
    packets, _ = everything(source)
    assert sum(packet.av.size for packet in packets) <= 30_000 and source.lost == 60 - len(packets) > 0


def test_another_picture_format_ends_the_stream_before_it_spoils_the_file(tmp_path: Path, units: Units) -> None:
    larger = annexb_packets(make_film(tmp_path / "larger.mp4", 2, size=(128, 96)))
    packets, error = everything(LiveSource(Played(units + larger), SystemClock()))
    assert len(packets) == 60 and isinstance(error, StreamChanged)


def test_a_stream_without_keyframes_is_said(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEY_S", 0.1)
    with pytest.raises(NoKeyframe, match="shorter keyframe interval"):
        LiveSource(Played(units[1:10] * 20, lambda number: time.sleep(0.01)), SystemClock())


def test_of_a_camera_with_intra_refresh_only_the_first_picture_is_a_keyframe(tmp_path: Path) -> None:
    units = annexb_packets(make_film(tmp_path / "refresh.mp4", 3, refresh=True))
    packets, _ = everything(LiveSource(Played(units), SystemClock()))
    assert [number for number, packet in enumerate(packets) if packet.key or packet.av.is_keyframe] == [0]


@pytest.mark.parametrize(("ticks", "cuts"), [
    (lambda number: 2**33 + number * 1800, ["end"]),
    (lambda number: number // 2 * 3600, ["end"]),
    (lambda number: None if number % 7 == 0 else number * 1800, ["end"]),
    (lambda number: number * 1800 + (number >= 35) * 90_000 * 3600, ["step", "end"]),
    (lambda number: number * 1800 - (number >= 35) * 90_000 * 3600, ["step", "end"]),
    (lambda number: number * 1800 + (number >= 35) * 90_000 * 3, ["gap", "end"]),
])
def test_stamps_that_begin_anywhere_repeat_lack_or_jump(
    units: Units, real: Bench, ticks: Callable[[int], int | None], cuts: list[str],
) -> None:
    source = LiveSource(Played(units, ticks=ticks), SystemClock())
    recorder = real.recorder(source)
    with pytest.raises(StreamEnded):
        while True:
            recorder.step(0.05)
    recorder.close("end")
    source.close()
    found = real.segments()
    runs = [one for one in found if one.cut is not None]
    assert [one.cut for one in runs] == cuts and runs[0].began == "start"
    assert sum(one.packets for one in found) >= 53, "at most the rest of one GOP is lost at a cut"
    for one in found:
        assert check_plays(real.volume.segments / one.file) == one.packets


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"\0\0\1\x67\1\2\3\0\0\1\x68\1\0\0\1\x65nonsense", b"x" * 5000])
def test_nonsense_that_says_it_is_a_keyframe_is_our_own_error(data: bytes) -> None:
    with pytest.raises(BadVideo):
        LiveSource(Played([(data, True)]), SystemClock())


def test_whatever_a_source_raises_is_why_it_ended(units: Units) -> None:
    def failing(number: int) -> None:
        if number == 20:
            raise ZeroDivisionError("secret")

    packets, error = everything(LiveSource(Played(units, failing), SystemClock()))
    assert len(packets) == 20 and isinstance(error, Unreachable) and "secret" not in str(error)


def test_a_closed_source_ends_its_thread(units: Units) -> None:
    tap = Played(units * 1000, lambda number: time.sleep(0.005))
    source = LiveSource(tap, SystemClock())
    source.close()
    assert tap.closed.wait(60)
