"""Fixtures of the centre's tests."""
from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from central.accounts import passwords
from central.backup import small
from central.overview import glance
from central.web import class_pages
from central.wiring import Centre, init_centre, open_centre
from tests.central.helpers import FixedClock
from tests.once import only_once
from tests.postgres import Server

BOTH = {"test_desk", "test_door", "test_collector", "test_tree", "test_pulse", "test_claims", "test_dropped",
        "test_outbox", "test_survey_tables", "test_worker", "test_overview", "test_cache", "test_apply", "test_erasing",
        "test_presence", "test_watcher", "test_mailer"}


@pytest.fixture(autouse=True)
def patient_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, a page waits until it is the page of now."""
    monkeypatch.setattr(glance, "WAIT_S", 120.0)
    monkeypatch.setattr(class_pages, "WAIT_S", 120.0)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What speaks of the database is tried with both; with PostgreSQL among the long tests."""
    if "centre" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in BOTH:
        databases = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
        metafunc.parametrize("centre", databases, indirect=True)


@pytest.fixture(autouse=True, scope="session")
def quick_hashes() -> None:
    """Passwords of tests are worth no 64 MiB."""
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    small.COST = 2


@pytest.fixture(autouse=True, scope="session")
def many_centres() -> None:
    """What one centre works out when it starts is not worked out for each anew."""
    only_once()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server for all tests of this process."""
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def new_centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a centre that has done nothing yet; not to be changed."""
    folder = tmp_path_factory.mktemp("new") / "centre"
    init_centre(folder, test_keys=True, clock=FixedClock()).store.close()
    return folder


@pytest.fixture
def centre(tmp_path: Path, clock: FixedClock, new_centre: Path, request: pytest.FixtureRequest) -> Iterator[Centre]:
    folder = tmp_path / "centre"
    if getattr(request, "param", "sqlite") == "postgresql":
        database = request.getfixturevalue("postgres").empty()
        opened = init_centre(folder, test_keys=True, clock=clock, database=database)
    else:
        shutil.copytree(new_centre, folder)
        opened = open_centre(folder, clock)
    yield opened
    opened.store.close()


@pytest.fixture(scope="session")
def course_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a centre that holds the whole course; not to be changed."""
    pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("course")
    own = tmp_path_factory.getbasetemp()
    beside = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (beside / "course.lock").open("w") as lock:  # played by the first of the workers, and copied by the others
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (beside / "course").exists():
            _play(folder)
            (folder / "centre").rename(beside / "course")
        shutil.copytree(beside / "course", folder / "centre")
    return folder / "centre"


def _play(folder: Path) -> None:
    from tests.central.course import Course

    opened = init_centre(folder / "centre", test_keys=True)
    Course(opened, folder).play()
    opened.store.close()


@pytest.fixture
def played(course_folder: Path, tmp_path: Path) -> Iterator[Centre]:
    """A copy of that centre, open."""
    shutil.copytree(course_folder, tmp_path / "played")
    opened = open_centre(tmp_path / "played")
    yield opened
    opened.store.close()
