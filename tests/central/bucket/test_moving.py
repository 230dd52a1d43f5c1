"""Video moves into a real bucket and comes back: what is noted when, what may go here; what a crash, a spoilt file
and a store that is off leave."""
from __future__ import annotations

import dataclasses
import errno
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from central.bucket.bucket import Bucket, key_of
from central.bucket.errors import BucketAway, BucketChanged, FromBucket, InBucket, NotInBucket
from central.bucket.fetch import FROM
from central.bucket.mover import Mover
from central.bucket.orphans import Orphans
from central.cache.choice import SPARED_US
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.config import BucketPlace
from central.store.removals import Removal
from central.wiring import Centre, open_centre
from tests.central.bucket.conftest import KEYS, Shop, keep_in_bucket
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, segment_of, sending, write_plan

FILES = [f"the bytes of segment {index}".encode() * 9 for index in range(3)]
SHAS = [hashlib.sha256(data).hexdigest() for data in FILES]
Bring = Callable[..., None]


@pytest.fixture
def kept(centre: Centre, shop: Shop) -> Iterator[Centre]:
    """A centre whose video is kept in the bucket."""
    keep_in_bucket(centre.folder, shop.place())
    opened = open_centre(centre.folder, centre.clock)
    opened.cache._limit = 0
    yield opened
    opened.store.close()


@pytest.fixture
def box(kept: Centre, tmp_path: Path) -> Box:
    plan, names = write_plan(tmp_path)
    add_class(kept.store, kept.names, read_plan(plan), read_names(names), plan)
    made = Box(kept)
    made.genesis()
    for index, data in enumerate(FILES):
        made.append(segment_of(data, MORNING + index * 60_000_000, 60, index), MORNING + (index + 1) * 60_000_000)
    kept.collector().take(made.messages())
    return made


@pytest.fixture
def bring(kept: Centre, box: Box) -> Bring:
    """The box sends one of its files."""
    client = signed_in(kept, "auditor", "410000")

    def send(index: int, **headers: str) -> None:
        head = {**sending(box, FILES[index], kept.clock.stamp().utc_us), **headers}
        assert client.put(f"/api/segments/{SHAS[index]}", content=FILES[index], headers=head).status_code == 201

    return send


def mover(centre: Centre) -> Mover:
    made = centre.mover()
    assert made is not None
    return made


def bucket(centre: Centre) -> Bucket:
    assert centre.bucket is not None
    return centre.bucket


def gone_here(centre: Centre) -> None:
    """An hour later there is no room for what is in the bucket."""
    centre.cache.trim(centre.clock.stamp().utc_us + SPARED_US + 1)


def stored(centre: Centre, index: int) -> bool:
    with centre.store.read() as tx:
        return all(one.stored for one in tx.announced(SHAS[index]))


def test_what_came_to_stay_goes_there_and_then_from_here(kept: Centre, bring: Bring) -> None:
    bring(0)
    gone_here(kept)
    assert kept.objects.has(SHAS[0]), "what is nowhere else stays"
    assert mover(kept).some() == 1 and mover(kept).some() == 0
    assert bucket(kept).size(SHAS[0]) == len(FILES[0])
    gone_here(kept)
    assert not kept.objects.has(SHAS[0]) and kept.has_video(SHAS[0]) and stored(kept, 0)
    with kept.store.read() as tx:
        assert tx.bucket_sum() == dataclasses.replace(tx.bucket_sum(), files=1, bytes=len(FILES[0]), waiting=0)


def test_what_was_only_asked_for_does_not_go_there(kept: Centre, bring: Bring) -> None:
    bring(1, **{"upload-kept": "?0"})
    assert mover(kept).some() == 0


def test_it_comes_back_for_who_needs_it(kept: Centre, bring: Bring) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    kept.fetcher.bring(SHAS[0])
    assert kept.objects.path(SHAS[0]).read_bytes() == FILES[0] and kept.objects.intact(SHAS[0])
    gone_here(kept)
    assert not kept.objects.has(SHAS[0]), "and goes again when there is no room"
    with pytest.raises(NotInBucket):
        kept.fetcher.bring(SHAS[2])


def part_of(centre: Centre, index: int) -> Path:
    return centre.objects.parts.path(SHAS[index], FROM)


def test_after_a_cut_it_goes_on_where_it_was(kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    rest, asked = Bucket.rest, list[int]()

    def cut(self: Bucket, sha256: str, start: int) -> Iterator[bytes]:
        asked.append(start)
        yield next(rest(self, sha256, start))[:50]
        raise BucketAway(why="cut")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "rest", cut)
        for _ in range(2):
            with pytest.raises(BucketAway):
                kept.fetcher.bring(SHAS[0])
    told: list[int] = []
    kept.fetcher.fetch(SHAS[0], told.append)
    assert asked == [0, 50] and told == [100, len(FILES[0]) - 100]
    assert kept.objects.intact(SHAS[0]) and not part_of(kept, 0).exists()


def test_what_was_left_of_a_power_cut_begins_anew_and_blames_nobody(kept: Centre, bring: Bring, shop: Shop) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    for left in (bytes(100), bytes(len(FILES[0]))):
        kept.objects.drop(SHAS[0])
        part_of(kept, 0).write_bytes(left)
        told: list[int] = []
        kept.fetcher.fetch(SHAS[0], told.append)
        assert sum(told) == len(FILES[0]) and kept.objects.intact(SHAS[0])
    kept.objects.drop(SHAS[0])
    part_of(kept, 0).write_bytes(FILES[0][:150])
    shop.spoil(key_of(SHAS[0]), FILES[0][:100])
    with pytest.raises(BucketChanged):
        kept.fetcher.bring(SHAS[0])
    assert not part_of(kept, 0).exists()


def test_two_who_fetch_it_at_once_do_not_spoil_it(kept: Centre, bring: Bring) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    with kept.objects.parts.open(SHAS[0], FROM, len(FILES[0]), kept.objects.path(SHAS[0])) as other:
        other.write(b"so far")
        kept.fetcher.bring(SHAS[0])
    assert kept.objects.intact(SHAS[0]) and part_of(kept, 0).read_bytes() == b"so far"


def test_who_looks_waits_for_it_in_words(kept: Centre, bring: Bring) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    assert isinstance(kept.fetcher.why_not(SHAS[0]), InBucket) and kept.fetcher.why_not(SHAS[1]) is None
    kept.fetcher.ask(SHAS[0])
    until = time.monotonic() + 20
    while not kept.objects.has(SHAS[0]) and time.monotonic() < until:
        assert kept.fetcher.why_not(SHAS[0]) is None or isinstance(kept.fetcher.why_not(SHAS[0]), FromBucket)
        time.sleep(0.01)
    assert kept.objects.intact(SHAS[0])


def test_attack_a_file_that_somebody_changed_there_gets_no_place_here(kept: Centre, bring: Bring, shop: Shop) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    shop.spoil(key_of(SHAS[0]), bytes(reversed(FILES[0])))
    with pytest.raises(BucketChanged):
        kept.fetcher.bring(SHAS[0])
    shop.spoil(key_of(SHAS[0]), FILES[0] + b"and more")
    with pytest.raises(BucketChanged):
        kept.fetcher.bring(SHAS[0])
    assert not kept.objects.has(SHAS[0])
    assert not list(kept.objects.path("00").parent.parent.glob("incoming/*"))


def test_attack_what_was_changed_here_goes_nowhere(kept: Centre, bring: Bring) -> None:
    bring(0)
    bring(1)
    kept.objects.path(SHAS[0]).write_bytes(bytes(reversed(FILES[0])))
    moving = mover(kept)
    assert moving.some() == 1 and moving.changed == [SHAS[0]]
    with pytest.raises(NotInBucket):
        bucket(kept).size(SHAS[0])
    assert moving.some() == 0


def test_a_crash_before_it_is_noted_sends_it_again(
    kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kept.cache, "bucketed", killed)
        with pytest.raises(KeyboardInterrupt):
            mover(kept).some()
    gone_here(kept)
    assert kept.objects.has(SHAS[0])
    assert mover(kept).some() == 1


def test_what_a_killed_mover_left_there_is_noted_at_the_next_start(
    kept: Centre, bring: Bring, tmp_path: Path, shop: Shop
) -> None:
    """The file went from here before it was noted there: nobody would send it again."""
    bring(0)
    bring(1)
    bucket(kept).put(SHAS[0], kept.objects.path(SHAS[0]))
    bucket(kept).put(SHAS[1], kept.objects.path(SHAS[1]))
    kept.objects.drop(SHAS[0])
    with kept.store.write() as tx:
        tx.mark_gone(SHAS[0])
    shop.spoil(key_of(SHAS[2]), bytes(len(FILES[2])))
    shop.spoil(key_of("ab" * 32), b"of nobody")
    assert mover(kept).settle() == Orphans(noted=1, unknown=2)
    assert kept.has_video(SHAS[0]) and stored(kept, 0) and not stored(kept, 2)
    assert {sha256 for sha256, _ in bucket(kept).all()} == {*SHAS, "ab" * 32}, "nothing is removed"
    assert mover(kept).some() == 1 and mover(kept).settle() == Orphans(unknown=2)
    kept.fetcher.bring(SHAS[0])
    assert kept.objects.intact(SHAS[0])


def test_what_is_being_removed_is_not_noted_again(kept: Centre, bring: Bring) -> None:
    bring(0)
    bucket(kept).put(SHAS[0], kept.objects.path(SHAS[0]))
    with kept.store.write() as tx:
        tx.put_removal(Removal(SHAS[0], len(FILES[0]), 1))
        tx.begin_going(SHAS[0])
    assert mover(kept).settle() == Orphans() and not stored(kept, 0)


def test_a_store_that_is_off_loses_nothing(kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    from central.bucket import bucket as module

    monkeypatch.setattr(module, "RETRIES", 0)
    bring(0)
    off = Bucket(BucketPlace("video", "", "http://127.0.0.1:9"), KEYS)
    moving = Mover(kept.store, kept.objects, kept.cache, off, lambda: kept.clock.stamp().utc_us)
    with pytest.raises(BucketAway):
        moving.some()
    gone_here(kept)
    assert kept.objects.has(SHAS[0]) and mover(kept).some() == 1


def test_a_box_that_sends_again_what_is_there_takes_no_room_for_good(kept: Centre, bring: Bring) -> None:
    bring(0)
    mover(kept).some()
    gone_here(kept)
    bring(0)
    gone_here(kept)
    assert not kept.objects.has(SHAS[0]) and kept.has_video(SHAS[0])


def test_served_it_moves_by_itself(kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    from central.bucket import mover as module

    monkeypatch.setattr(module, "EVERY_S", 0.05)
    moving, daily = mover(kept), list[str]()
    moving.start(lambda: daily.append("one"), lambda: daily.append("two"))
    bring(0)
    until = time.monotonic() + 20
    while (kept.fetcher.there(SHAS[0]) is None or not daily) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    moving.stop(10)
    assert kept.fetcher.there(SHAS[0]) is not None and daily == ["one", "two"], "once a day"


def test_what_is_removed_while_it_is_fetched_does_not_come_back(
    kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`keep apply` is another process."""
    bring(0)
    assert mover(kept).some() == 1
    kept.objects.drop(SHAS[0])
    rest = Bucket.rest

    def removed(self: Bucket, sha256: str, start: int) -> Iterator[bytes]:
        yield from rest(self, sha256, start)
        with kept.store.write() as tx:
            tx.begin_going(sha256)

    monkeypatch.setattr(Bucket, "rest", removed)
    with pytest.raises(NotInBucket):
        kept.fetcher.bring(SHAS[0])
    assert not kept.objects.has(SHAS[0])


def test_a_sector_that_cannot_be_read_does_not_stop_the_others(
    kept: Centre, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(3):
        bring(index)
    read = hashlib.file_digest

    def bad(file: BinaryIO, name: str) -> object:
        if SHAS[1] in str(file.name):
            raise OSError(errno.EIO, "Input/output error")
        return read(file, name)

    monkeypatch.setattr("central.objects.hashlib.file_digest", bad)
    monkeypatch.setattr(kept.objects, "_checked", {})
    moving = mover(kept)
    assert moving.some() == 2 and moving.changed == [SHAS[1]]
