"""A centre goes back to a backup while a witness looks: it is caught, and no export of it looks whole any more."""
from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from evidence.bodies import CheckpointSeen, body_of
from tests.central.helpers import PLAN, write_plan
from tests.faults.road import ROOT, SCALE, Part, Road, free_port, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 * SCALE)]
VERIFY = "import sys; from verify.cli import main; sys.exit(main())"


class Witnessed(Road):
    """A road whose centre has a class and a console, at which a witness looks."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        said = self.verify("witness", "--key", folder / "key", "--new", "auditor.example/w1")
        with (self.centre.folder / "centre.toml").open("a") as file:
            file.write(f'[tree]\ncheckpoint_s = 1\nwitnesses = ["{said.stdout.splitlines()[-1]}"]\n')
        plan, names = write_plan(folder, PLAN.replace("welder-1", "welding-1"))
        add_class(self.centre.store, self.centre.names, read_plan(plan), read_names(names), plan)
        self._port, self._backup = free_port(), folder / "backup.db"
        self.console = self.track(Part([*self._at_centre("serve"), "--port", self._port], folder / "serve.log"))
        self.console.start()

    def verify(self, *words: object) -> subprocess.CompletedProcess[str]:
        """`zaitang-verify`."""
        return _run(sys.executable, "-c", VERIFY, *words, *(() if "--new" in words else ("--lang", "en")))

    def look(self) -> subprocess.CompletedProcess[str]:
        """The witness looks once."""
        return self.verify(
            "witness", "--key", self.folder / "key", "--log", f"http://127.0.0.1:{self._port}/log", "--log-key",
            self.centre.tree().key.text, "--state", self.folder / "seen")

    def say(self, *words: object) -> None:
        """A command at the centre."""
        done = _run(*self._at_centre(*words))
        assert done.returncode == 0, done.stderr

    def backup(self) -> None:
        """While everything runs."""
        with contextlib.closing(sqlite3.connect(self.centre.folder / "zaitang.db")) as database, \
                contextlib.closing(sqlite3.connect(self._backup)) as backup:
            database.backup(backup)

    def restore(self) -> None:
        """As an operator does it: everything of the centre is stopped meanwhile."""
        for part in (self.collector, self.console):
            part.kill(signal.SIGTERM)
        self.centre.store.close()
        for path in self.centre.folder.glob("zaitang.db*"):
            path.unlink()
        shutil.copy(self._backup, self.centre.folder / "zaitang.db")
        self.start_collector()
        self.console.start()

    def size(self) -> int:
        """Of the newest tree that was signed."""
        with self.centre.store.read() as tx:
            newest = tx.checkpoint()
        return 0 if newest is None else newest.size

    def seen(self) -> int:
        """The largest tree that the box saw."""
        bodies = [body_of(sealed.record) for sealed in self.box.store.records_of("checkpoint.seen")]
        return max((body.size for body in bodies if isinstance(body, CheckpointSeen)), default=0)

    def _at_centre(self, *words: object) -> list[object]:
        return [sys.executable, "-m", "central.cli", "--lang", "en", *words, "--centre", self.centre.folder]


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=120)


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Witnessed]:
    made = Witnessed(tmp_path)
    yield made
    made.close()


def test_a_centre_that_goes_back_is_caught_by_the_witness_and_by_whoever_verifies_an_export(road: Witnessed) -> None:
    road.start()
    road.fill(100)
    road.arrives()
    until("the witness has seen it", lambda: road.look().returncode == 0, 60, 1)
    road.backup()
    before = road.size()
    road.say("dispute", "welding-1", "open", "--reason", "of this nothing is left after the backup")
    road.fill(200)
    road.arrives()
    until("a checkpoint of it", lambda: road.size() > before + 200, 60)
    assert road.look().returncode == 0
    for part in (road.sync, road.collector):  # so that the box notes it now, and not in ten minutes
        part.kill(signal.SIGTERM)
    road.start()
    until("the box has seen it", lambda: road.seen() > before + 200, 60)
    road.arrives()
    known, seen = road.size(), road.seen()
    road.sync.kill(signal.SIGTERM)  # so that it grows again after the witness has looked
    road.restore()
    caught = None

    def looks() -> bool:
        nonlocal caught
        caught = road.look()
        return caught.returncode == 1

    until("the witness catches it", looks, 60, 0.5)
    assert caught is not None and "THE CENTRE WAS ROLLED BACK" in caught.stderr
    road.fill(300)
    road.sync.start()
    road.arrives()
    until("it has grown beyond what was seen", lambda: road.size() > known, 60)
    caught = road.look()
    assert caught.returncode == 1 and "THE CENTRE CHANGED ITS PAST" in caught.stderr
    assert "centre.lost" in road.box_told()
    road.judge()
    target = road.folder / "export"
    road.say("export", "welding-1", "--to", target)
    checked = road.verify(target, "--root", road.centre.folder / "keys" / "root.pem")
    assert checked.returncode == 1 and "Does not hold: 1 problem." in checked.stdout
    assert "the centre was rolled back, or shows two trees: record" in checked.stdout, checked.stdout
    assert f"saw one of {seen} records" in checked.stdout
