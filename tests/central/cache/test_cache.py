"""The cache at work: what came only because it was asked for goes, nothing else does, and no crash loses count."""
from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from central.cache.choice import SPARED_US
from central.classes.holds import lift_hold, place_hold
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import open_dispute
from central.objects import Objects
from central.orders.boxes import lacking
from central.store.cached import CachedFile
from central.store.summaries import Judgement, Listing
from central.store.tables import Tx
from central.wiring import Centre, open_centre
from common.policies import policy_bytes
from evidence.bodies import SessionCorrected
from evidence.times import MINUTE
from tests.central.console import become, give_reason, media, session_of, signed_in
from tests.central.helpers import MORNING, Box, FixedClock, segment_of, sending, token, write_plan

FILES = [f"the bytes of segment {index}".encode() for index in range(4)]
SIZE = len(FILES[0])
SHAS = [hashlib.sha256(data).hexdigest() for data in FILES]
ASKED = {"upload-kept": "?0"}
KILLED = """
import os, signal, sys
from pathlib import Path
from central.objects import Objects
from central.wiring import open_centre
centre = open_centre(Path(sys.argv[1]))
if sys.argv[3] == "before": Objects.drop = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    drop = Objects.drop
    Objects.drop = lambda *of: (drop(*of), os.kill(os.getpid(), signal.SIGKILL))
centre.cache._limit = 0
centre.cache.trim(int(sys.argv[2]))
"""


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    made = Box(centre)
    made.genesis()
    for index, data in enumerate(FILES):
        made.append(segment_of(data, MORNING + index * 60_000_000, 60, index), MORNING + (index + 1) * 60_000_000)
    centre.collector().take(made.messages())
    judged(centre, "clear")
    return made


@pytest.fixture
def client(centre: Centre) -> Iterator[TestClient]:
    centre.cache._limit = 2 * SIZE
    yield signed_in(centre, "auditor", "410000")


def judged(centre: Centre, verdict: str, **more: int) -> None:
    """As the overview remembers the class."""
    with centre.store.write() as tx:
        now_us = centre.clock.stamp().utc_us
        tx.list_class(Listing("welder-1", 1, "", "p", "school", "41", 3, {}, ()), 1)
        tx.put_judgement(Judgement("welder-1", tx.leaves(), now_us, None, "", verdict, **more), now_us)


def bring(client: TestClient, box: Box, index: int, now_us: int, headers: dict[str, str] = ASKED) -> int:
    answer = client.put(f"/api/segments/{SHAS[index]}", content=FILES[index],
                        headers={**sending(box, FILES[index], now_us), **headers})
    return answer.status_code


def plays(centre: Centre, client: TestClient, index: int) -> int:
    become(client, session_of(centre, "auditor", "410000"))
    give_reason(client, "welder-1", "2026-03-02-am")
    return client.get(media(SHAS[index], "welder-1", "2026-03-02-am")).status_code


def here(centre: Centre) -> list[int]:
    """Which files are; that rows and folder agree, too."""
    with centre.store.read() as tx:
        rows = [index for index, sha256 in enumerate(SHAS) if any(one.stored for one in tx.announced(sha256))]
    assert [index for index, sha256 in enumerate(SHAS) if centre.objects.has(sha256)] == rows
    return rows


def fill(centre: Centre, client: TestClient, box: Box, clock: FixedClock, *indexes: int) -> None:
    for index in indexes:
        assert bring(client, box, index, clock.utc_us) == 201
        clock.utc_us += 1
    clock.utc_us += 2 * SPARED_US
    judged(centre, "clear")


def test_the_longest_unplayed_goes_when_there_is_too_much(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    fill(centre, client, box, clock, 0, 1)
    assert plays(centre, client, 0) == 200
    clock.utc_us += 2 * SPARED_US
    judged(centre, "clear")
    assert bring(client, box, 2, clock.utc_us) == 201 and here(centre) == [0, 2]
    assert [one.fields["sha256"] for one in caplog.records if one.getMessage() == "removed"] == [SHAS[1]]
    assert plays(centre, client, 1) == 404


def test_what_went_is_asked_for_again_and_comes_again(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1)
    assert bring(client, box, 2, clock.utc_us) == 201 and here(centre) == [1, 2]
    with centre.store.read() as tx:
        (files,) = lacking(tx, "box-1", None).values()
        assert [one.sha256 for one in files] == [SHAS[0], SHAS[3]]
    asked = client.head(f"/api/segments/{SHAS[0]}", headers={**token(box, FILES[0], clock.utc_us), **ASKED})
    assert (asked.headers["upload-offset"], asked.headers["upload-complete"]) == ("0", "?0")
    assert bring(client, box, 0, clock.utc_us) == 201 and here(centre) == [0, 2]


@pytest.mark.parametrize("said", [{}, {"upload-kept": "?1"}, {"upload-kept": "no"}])
def test_what_came_to_stay_stays_whatever_comes_before_or_after(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, said: dict[str, str],
) -> None:
    assert bring(client, box, 0, clock.utc_us, said) == 201
    assert bring(client, box, 1, clock.utc_us) == 201
    assert bring(client, box, 1, clock.utc_us, said) == 200
    assert bring(client, box, 0, clock.utc_us) == 200
    fill(centre, client, box, clock, 2)
    fill(centre, client, box, clock, 3)
    centre.cache._limit = 0
    centre.cache.trim(clock.utc_us)
    assert here(centre) == [0, 1]


def test_a_file_that_is_played_or_came_within_the_hour_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1)
    for index in (0, 1):
        assert plays(centre, client, index) == 200
    assert bring(client, box, 2, clock.utc_us) == 201 and here(centre) == [0, 1, 2]


@pytest.mark.parametrize(("verdict", "more"), [
    ("flag", {}), ("review", {}), ("error", {}), ("unjudged", {}), ("clear", {"objections": 1}),
    ("noted", {"undecided": 1}),
])
def test_video_that_somebody_may_have_to_look_at_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, verdict: str, more: dict[str, int],
) -> None:
    fill(centre, client, box, clock, 0, 1)
    judged(centre, verdict, **more)
    assert bring(client, box, 2, clock.utc_us) == 201 and here(centre) == [0, 1, 2]
    judged(centre, "noted")
    assert bring(client, box, 3, clock.utc_us) == 201 and here(centre) == [2, 3]


def test_video_stays_while_it_is_not_sure_that_nobody_needs_it(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1)
    with centre.store.write() as tx:
        tx.touch_all(tx.leaves())
    assert bring(client, box, 2, clock.utc_us) == 201 and here(centre) == [0, 1, 2]
    open_dispute(centre.store, "welder-1", "why")
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 0


def test_video_that_a_policy_wants_in_two_places_stays_until_its_time_is_over(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(centre, client, box, clock, 0, 1, 2)
    wanted = b'copies = { value = 2, source = "ours", why = "x" }\nyears = { value = 3,'
    toml = policy_bytes("demo").replace(b"years = { value = 3,", wanted)
    monkeypatch.setattr(Tx, "policy", lambda tx, sha256: toml)
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 0
    clock.utc_us += 4 * 365 * 24 * 60 * MINUTE
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 1


def test_video_of_a_class_that_was_ever_held_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1, 2)
    place_hold(centre.store, "welder-1", "case 114")
    lift_hold(centre.store, "welder-1", "judged", None)
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 0


def test_video_of_a_session_that_was_put_right_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1, 2)
    box.append(SessionCorrected("welder-2", "welder-1", "s-1", "the wrong class", "page"), MORNING)
    centre.collector().take(box.messages())
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 0 and here(centre) == [0, 1, 2]


@pytest.mark.parametrize("why", ["a new database", "a stolen box"])
def test_video_that_no_box_can_be_asked_for_again_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, why: str,
) -> None:
    fill(centre, client, box, clock, 0, 1, 2)
    if why == "a new database":
        newer = Box(centre, "box-1", chain="cd" * 16)
        newer.genesis(clock.utc_us)
        centre.collector().take(newer.messages())
    else:
        with centre.store.write() as tx:
            tx.deny(box.signer.keyid, "box-1")
    judged(centre, "clear")
    assert centre.cache.trim(clock.utc_us) == 0 and here(centre) == [0, 1, 2]


@pytest.mark.parametrize("why", ["a dispute", "a flag", "a stolen box"])
def test_video_that_somebody_needs_by_the_time_its_turn_comes_stays(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, why: str,
) -> None:
    """To compare large files with their hashes takes seconds, in which a class is judged, or a dispute opened."""
    fill(centre, client, box, clock, 0, 1, 2)
    own, seen = Objects.intact, list[str]()

    def slow(self: Objects, sha256: str) -> bool:
        seen.append(sha256)
        if len(seen) == 2:
            if why == "a dispute":
                open_dispute(centre.store, "welder-1", "why")
            elif why == "a flag":
                judged(centre, "flag")
            else:
                with centre.store.write() as tx:
                    tx.deny(box.signer.keyid, "box-1")
        return own(self, sha256)

    monkeypatch.setattr(Objects, "intact", slow)
    centre.cache._limit = 0
    assert centre.cache.trim(clock.utc_us) == 1 and here(centre) == [1, 2] and len(seen) == 3


def test_a_file_that_somebody_changed_stays_as_evidence_of_that(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0, 1)
    centre.objects.path(SHAS[0]).write_bytes(b"x" * SIZE)
    centre.cache._limit = 0
    assert centre.cache.trim(clock.utc_us) == 1 and here(centre) == [0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_removal_that_was_killed_is_ended_at_the_start(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, when: str,
) -> None:
    fill(centre, client, box, clock, 0)
    folder = centre.folder
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(clock.utc_us), when], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    again = open_centre(folder, clock)
    with again.store.read() as tx:
        assert not any(one.stored for one in tx.announced(SHAS[0]))
        assert [one.going for one in tx.cached()] == [True]
    assert again.objects.has(SHAS[0]) == (when == "before")
    again.cache.settle()
    assert here(again) == []
    with again.store.read() as tx:
        assert tx.cached() == []
    again.store.close()


def test_a_file_that_comes_again_before_that_is_here(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0)
    with centre.store.write() as tx:
        tx.begin_removal(SHAS[0], "file")
    assert plays(centre, client, 0) == 404
    asked = client.head(f"/api/segments/{SHAS[0]}", headers={**token(box, FILES[0], clock.utc_us), **ASKED})
    assert asked.headers["upload-complete"] == "?1"
    centre.cache.settle()
    assert here(centre) == [0] and plays(centre, client, 0) == 200


def test_a_disk_that_does_not_let_go_costs_no_upload(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(centre, client, box, clock, 0, 1)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert bring(client, box, 2, clock.utc_us) == 201
    centre.cache.settle()
    assert here(centre) == [1, 2]


def test_what_was_made_of_a_file_goes_with_it_and_also_alone(
    centre: Centre, client: TestClient, box: Box, clock: FixedClock,
) -> None:
    fill(centre, client, box, clock, 0)
    for index in (0, 1):
        path = centre.derived.path(SHAS[index])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"made")
        centre.cache.made(SHAS[index], 4, MORNING - 2 + index)
    stray = centre.derived.path("ff" * 32)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"nobody knows it")
    centre.cache.settle()
    assert centre.derived.all() == {SHAS[0], SHAS[1]}
    centre.cache._limit = SIZE
    assert centre.cache.trim(clock.utc_us) == 2 and centre.derived.all() == set() and here(centre) == [0]
    centre.cache.made(SHAS[0], 4, MORNING)
    centre.cache.settle()
    with centre.store.read() as tx:
        assert [dataclasses.replace(one, used_us=0) for one in tx.cached()] == [CachedFile(SHAS[0], "file", SIZE, 0)]
    assert os.listdir(centre.folder / "objects" / "incoming") == []
