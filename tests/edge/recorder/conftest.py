"""Films made on the spot with real encoders, boxes in empty folders, clocks that a test turns by hand."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from edge.cameras.file import FileSource, open_file
from edge.clock import AutojumpClock, Clock
from edge.config import BoxConfig, RecorderConfig
from edge.keys import BoxKeys, make_box_keys, self_certified
from edge.recorder.recorder import Recorder
from edge.recorder.sealer import Sealer
from edge.recorder.sessions import Demand, OneSession
from edge.storage.files import AppendFile
from edge.storage.volume import Volume, open_volume
from edge.store import Store
from edge.wiring import open_store
from evidence.bodies import Alarm, Segment, body_of
from evidence.times import SECOND

START_US = 1_772_413_200 * SECOND
MakeFilm = Callable[..., Path]


def make_film(
    path: Path, seconds: float, fps: int = 10, gop: int = 10, holes: dict[float, float] | None = None,
    codec: str = "libx264", bframes: int = 0, size: tuple[int, int] = (64, 48), refresh: bool = False,
) -> Path:
    """A film of moving noise. `holes`: at this second of the picture, so many seconds without a packet. `refresh`: one
    IDR picture, then intra refresh with a recovery point for each GOP, which x264 and ffmpeg call keyframes."""
    noise = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, width=size[0], height=size[1], pix_fmt="yuv420p")
        if codec in ("libx264", "libx265"):
            params = f"keyint={gop}:min-keyint={gop}:scenecut=0:intra-refresh={refresh:d}"
            stream.options = {"preset": "ultrafast", "x264-params": params,
                              "x265-params": "log-level=none", "bf": str(bframes)}
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(int(seconds * fps)):
            at = number / fps
            late = sum(length for second, length in (holes or {}).items() if at >= second)
            frame = av.VideoFrame.from_ndarray(
                noise.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8), format="bgr24")
            frame.pts, frame.time_base = round((at + late) * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds, ten frames a second, a keyframe each second."""
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 20)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> BoxKeys:
    return make_box_keys(tmp_path_factory.mktemp("keys") / "keys", self_certified("box-1", START_US))


class HandClock(AutojumpClock):
    """Turned by the test; `rate` is 1, so waits and tolerances are real seconds."""

    rate = 1

    def __init__(self) -> None:
        super().__init__(START_US, 1000 * SECOND, "ab")

    def seconds_until(self, mono_us: int) -> float:
        return max(0.0, (mono_us - self.mono_us()) / 1e6)

    def forward(self, seconds: float) -> None:
        self._mono += round(seconds * SECOND)

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock forward; CLOCK_BOOTTIME goes on."""
        self._utc_less_mono += round(seconds * SECOND)


@dataclasses.dataclass
class Bench:
    """A recorder with its surroundings; `create` may be exchanged for a file that fails."""

    folder: Path
    clock: Clock
    store: Store
    volume: Volume
    sealer: Sealer
    create: Callable[[Path], AppendFile] = AppendFile

    def recorder(
        self, source: FileSource, demand: Demand | None = None, config: RecorderConfig | None = None,
    ) -> Recorder:
        config = config or RecorderConfig(segment_s=5, reserve_mb=1)
        return Recorder("room", "box-1", self.clock, source, self.volume, self.sealer,
                        demand or OneSession(None), config, self.create)

    def record(self, path: Path, config: RecorderConfig | None = None) -> Recorder:
        """Record a whole film as fast as it goes."""
        source = open_file(f"file:{path}", self.clock)
        recorder = self.recorder(source, config=config)
        while not source.ended:
            recorder.step(0)
        recorder.close("end")
        assert self.sealer.wait_idle(60)
        return recorder

    def bodies(self) -> list[object]:
        assert self.sealer.wait_idle(60)
        return [body_of(sealed.record) for sealed in self.store.records()]

    def segments(self) -> list[Segment]:
        return [body for body in self.bodies() if isinstance(body, Segment)]

    def alarms(self) -> list[str]:
        return [body.code for body in self.bodies() if isinstance(body, Alarm)]


def make_bench(folder: Path, keys: BoxKeys, clock: Clock) -> Bench:
    config = BoxConfig(device="box-1")
    store = open_store(folder, config, keys, clock)
    volume = open_volume(folder / "video", "box-1", store, 1)
    volume.check()
    return Bench(folder, clock, store, volume, Sealer(open_store(folder, config, keys, clock)))


@pytest.fixture
def bench(tmp_path: Path, keys: BoxKeys) -> Iterator[Bench]:
    made = make_bench(tmp_path, keys, AutojumpClock(START_US, 1000 * SECOND, "ab"))
    yield made
    made.sealer.close()


@pytest.fixture
def hand(tmp_path: Path, keys: BoxKeys) -> Iterator[Bench]:
    """A bench whose clock the test turns."""
    made = make_bench(tmp_path, keys, HandClock())
    yield made
    made.sealer.close()
