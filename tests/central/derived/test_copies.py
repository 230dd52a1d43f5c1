"""Where copies are asked for: one at a time, one for all who ask, told how far it is; killed, broken, begun anew."""
from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("av")
import central.derived.desk as desks
from central.derived.desk import FAILED_S, WAITING, DerivedDesk, Told, by_process
from central.derived.errors import DerivedFailed, ProcessEnded, TooManyDerived
from central.wiring import Centre
from tests.central.derived.films import film
from tests.central.helpers import MORNING, put

SHA = "ab" * 32
SERVED = """
import sys, time
from pathlib import Path
from central.derived.desk import DerivedDesk
from central.wiring import open_centre
centre = open_centre(Path(sys.argv[1]))
desk = DerivedDesk(centre.objects, centre.derived, centre.cache, lambda: 0)
while True:
    state = desk.ask(sys.argv[2], 6.0)
    print(state.what, state.permille, flush=True)
    time.sleep(0.02)
"""


def desk_of(
    centre: Centre, make: Callable[..., None] | None = None, now: Callable[[], float] = time.monotonic,
) -> DerivedDesk:
    return DerivedDesk(centre.objects, centre.derived, centre.cache, lambda: MORNING, make, now)


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Maker:
    """Makes copies when it is let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.allowed_s: list[int] = []
        self.let, self.error = threading.Event(), None

    def __call__(self, source: Path, target: Path, comment: str, seconds: int, told: Told) -> None:
        self.begun.append(source.stem)
        self.allowed_s.append(seconds)
        told(420)
        assert self.let.wait(60)
        if self.error is not None:
            raise self.error
        target.write_bytes(comment.encode())


@pytest.fixture
def maker() -> Iterator[Maker]:
    made = Maker()
    yield made
    made.let.set()


def lay(centre: Centre, sha256: str) -> None:
    path = centre.objects.path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"film")


def test_one_is_made_for_all_who_ask_and_is_of_the_cache(centre: Centre, maker: Maker) -> None:
    lay(centre, SHA)
    desk = desk_of(centre, maker)
    asked = [threading.Thread(target=desk.ask, args=(SHA, 6.0)) for _ in range(8)]
    for one in asked:
        one.start()
    for one in asked:
        one.join()
    until(lambda: (desk.state(SHA) or desk.ask(SHA, 6.0)).permille == 420)
    assert desk.here(SHA) is None
    maker.let.set()
    until(lambda: desk.state(SHA) is None)
    assert maker.begun == [SHA]
    path = desk.here(SHA)
    assert path is not None and f"derived from sha256 {SHA}".encode() in path.read_bytes()
    with centre.store.read() as tx:
        assert [(one.sha256, one.kind, one.used_us) for one in tx.cached()] == [(SHA, "derived", MORNING)]
    centre.cache.settle()
    assert desk.here(SHA) == path


def test_so_many_wait_and_no_more_one_after_the_other(centre: Centre, maker: Maker) -> None:
    desk, names = desk_of(centre, maker), [f"{index:064x}" for index in range(WAITING + 2)]
    for name in names:
        lay(centre, name)
    desk.ask(names[0], 6.0)
    until(lambda: maker.begun)
    assert {desk.ask(name, 6.0).what for name in names[1:-1]} == {"waiting"}
    with pytest.raises(TooManyDerived):
        desk.ask(names[-1], 6.0)
    assert len(maker.begun) == 1 and desk.state(names[-1]) is None
    maker.let.set()
    until(lambda: all(desk.here(name) for name in names[:-1]))
    assert maker.begun == names[:-1]


def test_a_failure_is_told_and_tried_again_after_a_while(centre: Centre, maker: Maker) -> None:
    now = [0.0]
    desk, maker.error = desk_of(centre, maker, lambda: now[0]), DerivedFailed(why="x")
    lay(centre, SHA)
    maker.let.set()
    desk.ask(SHA, 6.0)
    until(lambda: desk.ask(SHA, 6.0).what == "failed")
    assert desk.ask(SHA, 6.0).error is maker.error and len(maker.begun) == 1
    now[0], maker.error = FAILED_S + 1, None
    assert desk.ask(SHA, 6.0).what == "waiting"
    until(lambda: desk.here(SHA))


def test_what_failed_waits_longer_each_time_and_lets_all_others_go_first(centre: Centre, maker: Maker) -> None:
    now, bad = [0.0], "0" * 64
    desk, maker.error = desk_of(centre, maker, lambda: now[0]), DerivedFailed(why="x")
    lay(centre, bad)
    maker.let.set()
    for times in range(3):
        assert desk.ask(bad, 6.0).what == "waiting"
        until(lambda: desk.ask(bad, 6.0).what == "failed")
        now[0] += FAILED_S * 2 ** times - 1
        assert desk.ask(bad, 6.0).what == "failed"
        now[0] += 2
    maker.let.clear()
    maker.begun.clear()
    maker.error, names = None, [f"{index:064x}" for index in range(1, 4)]
    for name in names:
        lay(centre, name)
    desk.ask(names[0], 6.0)
    until(lambda: maker.begun)
    for name in (bad, *names[1:]):
        assert desk.ask(name, 6.0).what == "waiting"
    maker.let.set()
    until(lambda: desk.here(bad))
    assert maker.begun == [*names, bad]


def test_of_failures_so_many_are_remembered(centre: Centre, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "MOST_FAILED", 3)
    desk, maker.error = desk_of(centre, maker), DerivedFailed(why="x")
    maker.let.set()
    for index in range(5):
        lay(centre, name := f"{index:064x}")
        desk.ask(name, 6.0)
        until(lambda name=name: desk.ask(name, 6.0).what == "failed")
    assert len(desk._states) == 3 and len(desk._failures) == 3 and desk.state("0" * 64) is None


@pytest.mark.parametrize(("seconds", "allowed_s"), [(0.0, 60), (60.0, 300), (3600.0, 1800), (1e9, 1800)])
def test_the_time_that_a_copy_may_take_goes_by_its_length(
    centre: Centre, maker: Maker, seconds: float, allowed_s: int,
) -> None:
    lay(centre, SHA)
    desk = desk_of(centre, maker)
    maker.let.set()
    desk.ask(SHA, seconds)
    until(lambda: desk.here(SHA))
    assert maker.allowed_s == [allowed_s]


def test_a_process_gets_nothing_of_the_environment_and_what_it_lacks_is_logged(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("ZAITANG_SECRET", "x")
    spy = tmp_path / "spy"
    spy.write_text("#!/bin/sh\necho open landlock seccomp\nenv > " + str(tmp_path / "env") + "\n")
    spy.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(spy))
    by_process(tmp_path / "source", tmp_path / "target", "", 60, lambda _: None)
    told = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert told <= {"PYTHONPATH", "PWD", "OLDPWD", "SHLVL", "_"}
    (record,) = [one for one in caplog.records if one.getMessage() == "not.shut.in"]
    assert record.fields["missing"] == "landlock+seccomp"  # type: ignore[attr-defined]


def test_a_mistake_of_ours_ends_no_desk(centre: Centre, maker: Maker) -> None:
    desk, maker.error = desk_of(centre, maker), ZeroDivisionError()
    lay(centre, SHA)
    maker.let.set()
    desk.ask(SHA, 6.0)
    until(lambda: desk.ask(SHA, 6.0).what == "failed")
    maker.error = None
    lay(centre, "cd" * 32)
    desk.ask("cd" * 32, 6.0)
    until(lambda: desk.here("cd" * 32))


def test_a_copy_of_what_went_meanwhile_is_not_kept(centre: Centre, maker: Maker) -> None:
    desk = desk_of(centre, maker)
    lay(centre, SHA)
    desk.ask(SHA, 6.0)
    until(lambda: maker.begun)
    centre.objects.drop(SHA)
    maker.let.set()
    until(lambda: desk.state(SHA) is None)
    until(lambda: list((centre.folder / "objects" / "derived").rglob("*.mp4")) == [])
    assert desk.here(SHA) is None


def real(centre: Centre, data: bytes) -> str:
    put(centre, data)
    return hashlib.sha256(data).hexdigest()


def test_a_process_makes_a_real_copy_and_what_is_broken_has_words(centre: Centre) -> None:
    desk, good, bad = desk_of(centre), real(centre, film()), real(centre, film()[:2000])
    assert {desk.ask(good, 6.0).what, desk.ask(bad, 6.0).what} <= {"waiting", "making"}
    until(lambda: desk.here(good))
    until(lambda: desk.ask(bad, 6.0).what == "failed")
    error = desk.ask(bad, 6.0).error
    assert isinstance(error, DerivedFailed) and error.params["why"] == "it is no whole file of video"
    until(lambda: list((centre.folder / "objects" / "derived" / "incoming").iterdir()) == [])


def children(of: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{of}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def test_a_process_that_is_killed_is_told_so(centre: Centre) -> None:
    sha256, before = real(centre, film(100, (640, 360))), set(children(os.getpid()))
    desk = desk_of(centre)
    desk.ask(sha256, 10.0)
    until(lambda: set(children(os.getpid())) - before)
    for pid in set(children(os.getpid())) - before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: desk.ask(sha256, 10.0).what == "failed")
    error = desk.ask(sha256, 10.0).error
    assert error is not None and isinstance(error.params["why"], ProcessEnded) and desk.here(sha256) is None


def test_a_process_that_takes_too_long_is_ended(centre: Centre, tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    os.mkfifo(source)  # nobody ever writes into it
    with pytest.raises(DerivedFailed, match="takes longer"):
        by_process(source, tmp_path / "target.mp4", "", 1, lambda _: None)


@pytest.mark.long
def test_a_centre_that_is_killed_takes_the_process_along_and_begins_anew(centre: Centre) -> None:
    sha256, incoming = real(centre, film(100, (640, 360))), centre.folder / "objects" / "derived" / "incoming"
    run = [sys.executable, "-c", SERVED, str(centre.folder), sha256]
    with subprocess.Popen(run, stdout=subprocess.DEVNULL) as served:
        until(lambda: incoming.is_dir() and list(incoming.iterdir()) and children(served.pid))
        making = children(served.pid)
        served.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in making))
    assert list(incoming.iterdir()) != [] and centre.derived.all() == set()
    desk = desk_of(centre)
    desk.ask(sha256, 10.0)
    until(lambda: desk.here(sha256) and list(incoming.iterdir()) == [])
