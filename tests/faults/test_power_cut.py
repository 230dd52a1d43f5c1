"""The power goes at any write, sync or rename: what the recorder states is on the disk, once, and nothing else is."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import random
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from edge.cameras.file import FileSource, open_file
from edge.clock import AutojumpClock
from edge.config import RecorderConfig
from edge.keys import load_keys, make_box_keys, self_certified
from evidence.bodies import Segment
from evidence.times import SECOND
from tests.edge.recorder.conftest import START_US, Bench, make_bench, make_film
from tests.faults.conftest import FRAME_US, GOP_US
from tests.faults.judging import assert_true, bodies
from tests.faults.lossy import SURVIVES, LossyDisk

CONFIG = RecorderConfig(segment_s=2, reserve_mb=1)
ALLOWED_US = GOP_US + SECOND // 2


@dataclasses.dataclass(frozen=True)
class Cut:
    """What a machine finds after a cut: a box folder. `came`: packets that the camera had sent until then."""

    folder: Path
    came: int
    told: str


class Machine:
    """A box whose power is cut before each of the operations in `cuts`; the cuts are independent of each other."""

    def __init__(self, box: Path, life: int, cuts: Collection[int], where: Path, seed: int) -> None:
        self._box, self._cuts, self._where, self._seed = box, cuts, where, seed
        self._camera: FileSource | None = None
        self.operations, self.came = 0, 0
        self.found: list[Cut] = []
        clock = AutojumpClock(START_US + life * 1000 * SECOND, life * 1000 * SECOND, f"{life:02x}")
        self.bench: Bench = make_bench(box, load_keys(box / "keys"), clock)
        self._disk = LossyDisk(box / "video", self._before)

    @contextlib.contextmanager
    def on(self) -> Iterator[Machine]:
        with pytest.MonkeyPatch.context() as patch:
            self._disk.watching(patch)
            try:
                yield self
            finally:
                self.bench.sealer.close()
                self._disk.close()
                self.bench.store.close()

    def record(self, film: Path, most: int = 1 << 30) -> None:
        """Record a film, or the beginning of it."""
        source = open_file(f"file:{film}", self.bench.clock)
        recorder = self.bench.recorder(source, config=CONFIG)
        while not source.ended and self.came < most:
            self.came += 1
            recorder.step(0)
        recorder.close("end")
        assert self.bench.sealer.wait_idle(10)

    def _before(self) -> None:
        self.operations += 1
        if self.operations in self._cuts:
            self._cut()

    def _cut(self) -> None:
        """The database keeps what it committed (SQLite: WAL, synchronous=FULL); the volume what the model says."""
        rng = random.Random(f"{self._seed}/{self.operations}")
        survives = rng.choice(SURVIVES)
        folder = self._where / f"cut-{self.operations}"
        folder.mkdir(parents=True)
        shutil.copytree(self._box / "keys", folder / "keys")
        with contextlib.closing(sqlite3.connect(self._box / "zaitang.db")) as have, \
                contextlib.closing(sqlite3.connect(folder / "zaitang.db")) as kept:
            kept.execute("PRAGMA synchronous=OFF")
            have.backup(kept)
        self._disk.image(folder / "video", survives, rng)
        told = f"seed {self._seed}, operation {self.operations}: {survives} survives"
        self.found.append(Cut(folder, self.came, told))


@pytest.fixture(scope="module")
def film_with_a_hole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds, then three of silence, then three more: two runs."""
    return make_film(tmp_path_factory.mktemp("lossy") / "hole.mp4", 9, fps=20, gop=10, holes={6.0: 3.0})


@pytest.fixture(scope="module")
def new_box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and nothing else."""
    folder = tmp_path_factory.mktemp("box") / "box"
    make_box_keys(folder / "keys", self_certified("box-1", START_US))
    return folder


def cut_while_recording(new_box: Path, folder: Path, film: Path, cuts: Collection[int], seed: int) -> Machine:
    box = folder / f"box-{seed}"
    shutil.copytree(new_box, box)
    with Machine(box, 1, cuts, folder / f"first-{seed}", seed).on() as machine:
        machine.record(film)
    assert_true(box, film)
    return machine


def judge(cut: Cut, film: Path, again: int) -> None:
    """A machine that starts again states only what is there, and recovers the rest; `again`: the power goes once more
    at that operation."""
    print(cut.told)
    _assert_the_records_have_their_files(cut.folder)
    with Machine(cut.folder, 2, {again}, cut.folder.with_name(f"{cut.folder.name}-again"), again).on() as machine:
        machine.record(film, 15)
    _judge_recovered(cut, film, 15)
    for second in machine.found:
        print(second.told)
        _assert_the_records_have_their_files(second.folder)
        with Machine(second.folder, 3, (), second.folder, again).on() as third:
            third.record(film, 15)
        _judge_recovered(Cut(second.folder, cut.came, second.told), film, 15)
        shutil.rmtree(second.folder)


def _judge_recovered(cut: Cut, film: Path, own: int) -> None:
    """`own`: packets that the last life recorded."""
    runs = assert_true(cut.folder, film)
    assert not list((cut.folder / "video" / "journal").iterdir())
    last = max(runs.values(), key=lambda one: one[0].first_mono_us)
    assert sum(one.packets for one in last) == own
    first = [one for segments in runs.values() for one in segments if one.boot_id == "01"]
    kept = sum(one.packets for one in first)
    assert kept <= cut.came, cut.told
    assert (cut.came - kept) * FRAME_US < ALLOWED_US, f"{cut.told}: {cut.came} packets came, {kept} are left"


def _assert_the_records_have_their_files(folder: Path) -> None:
    """Before anything is recovered: what the database tells is durable already."""
    for body in bodies(folder):
        if isinstance(body, Segment):
            data = (folder / "video" / "segments" / body.file).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (body.size, body.sha256)


def cuts_of(new_box: Path, folder: Path, film: Path, seed: int, each: int) -> list[Cut]:
    """The power goes at every `each`-th operation of a recording, from one that the seed chooses."""
    first = 1 + random.Random(seed).randrange(each)
    found = cut_while_recording(new_box, folder, film, range(first, 1 << 20, each), seed).found
    assert len(found) > 10
    return found


@pytest.mark.long
def test_a_power_cut_anywhere_loses_less_than_a_gop_and_half_a_second(
    tmp_path: Path, film_with_a_hole: Path, new_box: Path,
) -> None:
    for number, cut in enumerate(cuts_of(new_box, tmp_path, film_with_a_hole, seed=0, each=3)):
        judge(cut, film_with_a_hole, again=1 + number * 5 % 60)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(1, 4))
def test_a_power_cut_at_every_operation(tmp_path: Path, film_with_a_hole: Path, new_box: Path, seed: int) -> None:
    again = itertools.count(seed)
    for cut in cuts_of(new_box, tmp_path, film_with_a_hole, seed, each=1):
        judge(cut, film_with_a_hole, again=1 + next(again) * 7 % 80)
        shutil.rmtree(cut.folder)


def test_the_disk_forgets_what_was_not_synced(tmp_path: Path) -> None:
    """The double itself: a recorder that syncs nothing loses everything."""
    import os

    from edge.storage.files import AppendFile, make_folder

    root = tmp_path / "root"
    root.mkdir()
    disk = LossyDisk(root, lambda: None)
    with pytest.MonkeyPatch.context() as patch:
        disk.watching(patch)
        kept = AppendFile(root / "kept")
        kept.write(b"synced")
        kept.sync()
        kept.write(b" and lost")
        (root / "nameless").write_bytes(b"its folder was never synced")
        make_folder(root / "folder")
        (root / "folder" / "lost").write_bytes(b"")
        os.rename(root / "kept", root / "renamed")
        rng = random.Random(0)
        disk.image(tmp_path / "dry", "nothing", rng)
        disk.image(tmp_path / "zeros", "zeros", rng)
        kept.close()
        disk.close()
    # Making the folder synced the root while the nameless file was in it: its name is durable, its bytes are not.
    left = {str(path.relative_to(tmp_path / "dry")): path.read_bytes() if path.is_file() else None
            for path in (tmp_path / "dry").rglob("*")}
    assert left == {"kept": b"synced", "nameless": b"", "folder": None}
    assert {path.name for path in (tmp_path / "zeros").iterdir()} <= {"kept", "renamed", "nameless", "folder"}
