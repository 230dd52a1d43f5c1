"""H.265 from a camera that repeats its parameter sets: what is named `hvc1` has them in its header alone."""
from __future__ import annotations

import threading
from pathlib import Path

import av
import pytest
from av.bitstream import BitStreamFilterContext

from edge.cameras.annexb import nal_units, parse
from edge.cameras.file import open_file
from edge.cameras.port import Packet, Source, StreamInfo
from edge.clock import AutojumpClock, SystemClock
from edge.live.outband import HEVC, SetsChanged
from edge.live.session import Session
from edge.live.video import Video
from evidence.times import SECOND
from tests.edge.live.test_session import Stop, session_of
from tests.edge.live.test_video import entry, pictures_of, shown
from tests.edge.recorder.conftest import START_US, make_film

SETS = {32, 33, 34}


def sent(path: Path) -> tuple[StreamInfo, list[Packet]]:
    """A film as a camera sends it: with start codes, and its parameter sets before each keyframe."""
    source = open_file(f"file:{path}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    to_annexb, packets = BitStreamFilterContext("hevc_mp4toannexb", source.info.template), []
    while (packet := source.read(0)) is not None:
        (raw,) = to_annexb.filter(packet.av)
        packets.append(Packet(raw, packet.media_us, packet.duration_us, packet.mono_us, packet.key))
    assert {kind for kind, _ in nal_units(HEVC, bytes(packets[0].av))} > SETS
    holder = parse(HEVC, bytes(packets[0].av))
    return StreamInfo(HEVC, 64, 48, holder.streams.video[0], 10.0, holder=holder), packets


def kinds(data: bytes) -> set[int]:
    """Of all NAL units in the samples of pieces: lengths of four bytes in each mdat."""
    found, at = set(), 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"mdat":
            inner = at + 8
            while inner < at + length:
                found.add(data[inner + 4] >> 1 & 0x3F)
                inner += 4 + int.from_bytes(data[inner : inner + 4], "big")
        at += length
    return found


@pytest.mark.parametrize("in_band", [False, True])
def test_what_stands_in_the_pictures_is_as_the_name_says(tmp_path: Path, in_band: bool) -> None:
    path = make_film(tmp_path / "film.mp4", 4, codec="libx265")
    info, packets = sent(path)
    video = Video(info, in_band=in_band)
    pieces = [one for packet in packets for one in video.add(packet)] + video.finish()
    data = b"".join(one.data for one in pieces)
    assert entry(video.header) == (b"hev1" if in_band else b"hvc1")
    assert kinds(data).isdisjoint(SETS) != in_band
    assert shown(video.header + data) == pictures_of(path) and pieces[0].key


def test_a_film_that_holds_them_itself_plays_as_well(tmp_path: Path) -> None:
    """Its packets have lengths instead of start codes."""
    path = make_film(tmp_path / "film.mp4", 2, codec="libx265")
    info, packets = sent(path)
    again = tmp_path / "again.mp4"
    with av.open(str(again), "w") as out:  # `hev1`, with the sets at each keyframe
        stream = out.add_stream_from_template(info.template, opaque=True)
        for packet in packets:
            packet.av.stream = stream
            out.mux(packet.av)
    source = open_file(f"file:{again}", AutojumpClock(START_US, 1000 * SECOND, "ab"))
    video, pieces = Video(source.info), []
    while (packet := source.read(0)) is not None:
        pieces += video.add(packet)
    pieces += video.finish()
    data = b"".join(one.data for one in pieces)
    assert kinds(data).isdisjoint(SETS) and shown(video.header + data) == pictures_of(path)


def test_a_camera_that_changes_them_is_followed_under_the_other_name(tmp_path: Path) -> None:
    info, packets = sent(make_film(tmp_path / "film.mp4", 2, codec="libx265"))
    _, others = sent(make_film(tmp_path / "other.mp4", 2, codec="libx265", bframes=2))
    video = Video(info)
    for packet in packets:
        video.add(packet)
    with pytest.raises(SetsChanged):
        video.add(others[0])

    class Two(Source):
        """Its second GOP is of other sets."""

        first_mono_us, duration_us, lost, ended = 0, None, 0, False

        def __init__(self) -> None:
            self.info, first = sent(tmp_path / "film.mp4")
            self._packets = [*first, *sent(tmp_path / "other.mp4")[1]]

        def read(self, wait_s: float) -> Packet | None:
            packet = self._packets.pop(0)
            self.ended = not self._packets
            return packet

        def close(self) -> None:
            pass

    class Twice:
        left = 2

        def open(self, stop: threading.Event) -> Source | None:
            self.left -= 1
            return Two() if self.left >= 0 else None

    session = session_of(Twice(), SystemClock())  # type: ignore[arg-type]
    session._stop = Stop()
    headers: list[bytes] = []
    begin = session._line.backlog.begin
    session._line.backlog.begin = lambda header, at_us: (headers.append(entry(header)), begin(header, at_us))[1]  # type: ignore[method-assign]
    session._make()
    assert headers == [b"hvc1", b"hev1"] and isinstance(session, Session)
