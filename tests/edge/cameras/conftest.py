"""What the tests of cameras share: films made on the spot, RTSP servers that can be killed, recorders in real time."""
from __future__ import annotations

import io
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from edge.cameras.port import Source
from edge.cameras.stamps import Raw
from edge.clock import SystemClock
from edge.keys import BoxKeys
from evidence.bodies import Segment
from tests.edge.recorder.conftest import Bench, film, keys, make_bench, make_film

__all__ = ["film", "keys"]

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
START_S = 20.0


@pytest.fixture(scope="session")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute, ten pictures a second, a keyframe each second."""
    return make_film(tmp_path_factory.mktemp("minute") / "minute.mp4", 60)


def serving(path: Path, codec: str = "h264", inside: bool = True) -> str:
    """A server's pipeline that plays a film once, in real time. `inside`: with parameter sets in the stream as well."""
    every = -1 if inside else 0
    return f"filesrc location={path} ! qtdemux ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval={every}"


class Server:
    """An RTSP server in a process of its own."""

    def __init__(self, pipeline: str, port: int = 0, *login: str) -> None:
        command = [SYSTEM_PYTHON, str(SERVER), str(port), pipeline, *login]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], START_S)[0], "the RTSP server does not start"
        self.port = int(self.process.stdout.readline())
        self.url, self.sub = (f"rtsp://127.0.0.1:{self.port}/{mount}" for mount in ("cam", "sub"))

    def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()


def _has_server() -> bool:
    code = 'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer'
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts RTSP servers, which end with the test."""
    if not _has_server():
        pytest.skip("GStreamer's RTSP server with its Python bindings is not here (provisioning/apt-test.txt)")
    servers = []

    def start(pipeline: str, port: int = 0, *login: str) -> Server:
        servers.append(Server(pipeline, port, *login))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def real(tmp_path: Path, keys: BoxKeys) -> Iterator[Bench]:
    """A bench on the real clock."""
    (tmp_path / "bench").mkdir()
    made = make_bench(tmp_path / "bench", keys, SystemClock())
    yield made
    made.sealer.close()


def record_for(bench: Bench, source: Source, seconds: float) -> list[Segment]:
    """Record a live source for some seconds of media, and close it."""
    recorder = bench.recorder(source)
    until = time.monotonic() + 60
    while recorder.status()["stretch_us"] < seconds * 1e6:  # type: ignore[operator]
        assert time.monotonic() < until
        recorder.step(0.05)
    recorder.close("end")
    source.close()
    return bench.segments()


def check_plays(path: Path, codec: str = "h264") -> int:
    """What a browser needs of a segment: parameters in the header, every picture decodable. Returns their number."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert context.name == codec and context.codec_tag == {"h264": "avc1", "hevc": "hev1"}[codec]
        assert context.extradata and context.extradata[0] == 1, "avcC or hvcC"
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert packets[0].is_keyframe and packets[0].dts == 0
        steps = [packet.dts for packet in packets]
        assert all(dts is not None for dts in steps) and steps == sorted(steps)  # type: ignore[type-var]
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        context.thread_count = 1
        frames = list(container.decode(video=0))
    assert len(frames) == len(packets) and not any(frame.is_corrupt for frame in frames)
    return len(frames)


def annexb_packets(path: Path, codec: str = "h264") -> list[tuple[bytes, bool]]:
    """A film's access units as an encoder gives them: Annex B, parameter sets before each keyframe."""
    raw = io.BytesIO()
    with av.open(str(path)) as film, av.open(raw, "w", format=codec) as out:
        stream = out.add_stream_from_template(film.streams.video[0], opaque=True)
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    with av.open(io.BytesIO(raw.getvalue()), "r", format=codec) as parsed:
        return [(bytes(one), bool(one.is_keyframe)) for one in parsed.demux(video=0) if one.size]


def raw_packet(data: bytes, key: bool, ticks: int | None, rate: int = 90_000) -> Raw:
    """A packet as a demuxer gives it."""
    from fractions import Fraction

    packet = av.Packet(data)
    packet.time_base, packet.pts, packet.dts, packet.is_keyframe = Fraction(1, rate), ticks, ticks, key
    return packet  # type: ignore[return-value]
