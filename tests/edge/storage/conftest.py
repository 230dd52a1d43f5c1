"""A box with a class, a centre that signs, a clock that a test sets, segments of a few bytes, and small real disks."""
from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.config import parse_box
from edge.keys import make_box_keys
from edge.storage import volume as volumes
from edge.storage.keeper import Keeper
from edge.storage.volume import add_second, open_volume
from edge.wiring import Box, open_store
from evidence.bodies import OrderAccepted, Segment
from evidence.certs import make_root, pem
from evidence.receipts import peek_receipt
from evidence.records import ClockState, Stamp
from evidence.times import MINUTE, SECOND, utc_text, utc_us
from tests.edge.sync.conftest import Centre

START = utc_us("2026-03-02T01:00:00.000000Z")
OVER = utc_us("2029-03-03T00:00:00.000000Z")
"""More than three years after the class-hour of `Centre.order`."""
CLASS = "welding-1"


class HandClock:
    """Says what a test sets. A real clock to every reader."""

    rate = 1

    def __init__(self) -> None:
        self.now, self.mono, self.boot, self.synced = START, 1000 * SECOND, "ab", True

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.mono, self.now, ClockState(self.synced, 1000, "kernel", 1))

    def mono_us(self) -> int:
        return self.mono

    def utc_us(self) -> int:
        return self.now

    def mono_at(self, utc_us: int) -> int:
        return self.mono + utc_us - self.now

    def seconds_until(self, mono_us: int) -> float:
        return 0.0

    def forward(self, span_us: int) -> None:
        """Time goes by."""
        self.now += span_us
        self.mono += span_us


@dataclasses.dataclass
class Site:
    """The box in `box.folder`, and everything that a test says in the name of others."""

    box: Box
    centre: Centre
    clock: HandClock

    @property
    def keeper(self) -> Keeper:
        """One that knows nothing yet, as after a restart."""
        return Keeper(self.box)

    def film(self, number: int, data: bytes = b"", run: str = "r-1", class_id: str | None = CLASS) -> Segment:
        """A finished minute of video with its record."""
        data = data or bytes([number % 256]) * 1000
        self.clock.forward(MINUTE)
        file = f"{run}/{number:06}.mp4"
        path = self.box.segments / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        segment = Segment(
            class_id, "s-1", "room", run, number, file, len(data), hashlib.sha256(data).hexdigest(), "h264", 64, 48,
            60, 60, 0, MINUTE, self.clock.mono - MINUTE, self.clock.mono - SECOND, 100_000, (), False, "start",
            boot_id=self.clock.boot)
        self.box.store.append("segment", segment)
        return segment

    def receipt(self, at_us: int, seq: int | None = None) -> None:
        """The centre confirms everything so far (or up to `seq`) at its time `at_us`."""
        (head,) = [self.box.store.head()] if seq is None else self.box.store.records(seq - 1, 1)
        envelope = self.centre.receipt(head, time=utc_text(at_us))
        self.box.store.keep_receipt(envelope, peek_receipt(envelope))

    def years_later(self) -> None:
        """The class is long over, and the centre says so too."""
        self.clock.forward(OVER - self.clock.now)
        self.receipt(OVER)

    def codes(self) -> list[str]:
        """The alarms of the box."""
        return [str(one.record.body["code"]) for one in self.box.store.records_of("alarm")]

    def files(self) -> list[str]:
        """The segment files on the first volume."""
        return files(self.box.video)


def files(volume: Path) -> list[str]:
    """The segment files on a volume."""
    return sorted(str(path.relative_to(volume / "segments")) for path in (volume / "segments").rglob("*.mp4"))


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Makes a box; `more` is TOML for its box.toml, `video` the folder (a disk) where its video lies;
    `added`: whether its second volume is one already."""
    made: list[Site] = []

    def make(more: str = "", name: str = "box", video: Path | None = None, sync: str = "",
             added: bool = True) -> Site:
        key, clock, folder = Ed25519PrivateKey.generate(), HandClock(), tmp_path / name
        centre = Centre(make_root(key, "site", 1, 0, 36500, True), key)
        text = f'device = "box-1"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\n{sync}\n[recorder]\nreserve_mb = 1\n'
        folder.mkdir()
        (folder / "run").mkdir()
        if video is not None:
            (folder / "video").symlink_to(video)
        (folder / "box.toml").write_text(text + more)
        certify = lambda key: (centre.certify(key, "box-1"), pem(centre.root))  # noqa: E731
        keys, config = make_box_keys(folder / "keys", certify), parse_box((text + more).encode(), "box.toml")
        (folder / "keys" / "centre.crt").write_text(centre.certificate)
        box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
        open_volume(box.video, "box-1", box.store, 1).check()
        if config.storage.second is not None and added:
            add_second(Path(config.storage.second), "box-1", box.store, 1, box.video).check()
        order = centre.order()
        box.store.put_order(order)
        box.store.append("order.accepted", OrderAccepted(CLASS, order.hash))
        made.append(Site(box, centre, clock))
        return made[-1]

    yield make
    for site in made:
        site.box.store.close()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    return make_site()


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for another disk."""
    folder = tmp_path / "second"
    folder.mkdir()
    real = volumes.filesystem
    monkeypatch.setattr(volumes, "filesystem", lambda path: -real(path) if path == folder else real(path))
    return folder


def with_second(folder: Path, keep_free_mb: int = 100_000_000) -> str:
    """The part of box.toml that names a second volume; by default there is never room enough on the first."""
    return f'[storage]\nsecond = "{folder}"\nkeep_free_mb = {keep_free_mb}\n'


@dataclasses.dataclass
class Disk:
    """A real file system of a few MB in memory."""

    folder: Path
    megabytes: int

    def mount(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m", "tmpfs", self.folder], check=True,
                       capture_output=True)

    def again(self, *options: str) -> None:
        """Mount it with other options."""
        subprocess.run(["mount", "-o", ",".join(("remount", *options)), self.folder], check=True, capture_output=True)

    def vanish(self) -> None:
        """As a pulled cable does: open files go on, the folder is empty. Nothing when it is gone already."""
        if not self.folder.is_mount():
            return
        subprocess.run(["umount", "-l", self.folder], check=True, capture_output=True)


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[Callable[..., Disk]]:
    made: list[Disk] = []

    def make(name: str, megabytes: int = 4) -> Disk:
        disk = Disk(tmp_path / name, megabytes)
        disk.folder.mkdir()
        try:
            disk.mount()
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("file systems cannot be mounted here (needs root)")
        made.append(disk)
        return disk

    yield make
    for disk in made:
        disk.vanish()
