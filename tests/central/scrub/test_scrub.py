"""Stored video read again: what rotted or is gone is stated once, asked for, and stated when it is whole again."""
from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.bucket.bucket import Bucket, key_of
from central.bucket.errors import BucketAway
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.cli import main
from central.orders.boxes import orders
from central.scrub import beside
from central.scrub.beside import Pace, scrubbed
from central.scrub.bucket import BucketScrub
from central.scrub.scrub import AGAIN_US, PASS_US, Scrub
from central.store.removals import Removal
from central.wiring import Centre, open_centre
from evidence.times import HOUR, MINUTE
from tests.central.bucket.conftest import Shop, keep_in_bucket, shop
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, FixedClock, segment_of, sending, write_plan

__all__ = ["shop"]
FILES = [f"the bytes of segment {index}".encode() for index in range(3)]
SHAS = [hashlib.sha256(data).hexdigest() for data in FILES]


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    return filled(centre, tmp_path)


def filled(centre: Centre, tmp_path: Path) -> Box:
    """A box of a class that sent three files."""
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    made = Box(centre)
    made.genesis()
    for index, data in enumerate(FILES):
        made.append(segment_of(data, MORNING + index * MINUTE, 60, index), MORNING + (index + 1) * MINUTE)
    centre.collector().take(made.messages())
    for index in range(3):
        bring(centre, made, index)
    return made


def bring(centre: Centre, box: Box, index: int) -> None:
    client = signed_in(centre, "auditor", "410000")
    head = sending(box, FILES[index], centre.clock.stamp().utc_us)
    assert client.put(f"/api/segments/{SHAS[index]}", content=FILES[index], headers=head).status_code == 201


def scrub(centre: Centre) -> Scrub:
    return centre.scrub(lambda _: None)


def spoil(centre: Centre, index: int) -> None:
    data = bytearray(FILES[index])
    data[3] ^= 1
    centre.objects.path(SHAS[index]).write_bytes(data)


def alarms(centre: Centre) -> list[tuple[str, dict[str, Any], str | None]]:
    with centre.store.read() as tx:
        bodies = [one.record.body for one in tx.of_type("alarm")]
    return [(one["code"], one["params"], one["class"]) for one in bodies if one["code"].startswith("centre.file")]


def asked(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        return [one.sha256 for _, body in orders(tx, "box-1") if body.upload for one in body.upload.files]


def test_what_is_whole_is_nothing_to_tell(centre: Centre, box: Box) -> None:
    assert scrub(centre).some() == 3 and scrub(centre).some() == 0 and scrub(centre).mend() == 0
    assert alarms(centre) == [] and asked(centre) == []


def test_a_flipped_bit_is_stated_once_and_the_box_is_asked(centre: Centre, box: Box) -> None:
    spoil(centre, 1)
    for _ in range(3):
        scrub(centre).some()
        scrub(centre).mend()
        assert isinstance(centre.clock, FixedClock)
        centre.clock.utc_us += PASS_US // 100
    said = {"segment": SHAS[1], "file": f"run-1/{1:06}.mp4", "device": "box-1"}
    ((code, params, class_id),) = alarms(centre)
    assert (code, params["segment"], params["device"], class_id) == ("centre.file_rotten", SHAS[1], "box-1", "welder-1")
    assert set(params) == set(said) and asked(centre) == [SHAS[1]]


def test_what_the_box_sends_again_is_whole_again(centre: Centre, box: Box) -> None:
    spoil(centre, 1)
    scrub(centre).some()
    assert scrub(centre).mend() == 1
    bring(centre, box, 1)
    assert scrub(centre).mend() == 0
    codes = [code for code, _, _ in alarms(centre)]
    assert codes == ["centre.file_rotten", "centre.file_changed", "centre.file_repaired"]
    assert (centre.folder / "objects" / "aside" / f"{SHAS[1]}.1").is_file(), "the spoilt one is kept"


def test_a_file_that_is_gone_is_stated_and_counts_as_not_here(centre: Centre, box: Box) -> None:
    centre.objects.path(SHAS[2]).unlink()
    scrub(centre).some()
    ((code, _, _),) = alarms(centre)
    with centre.store.read() as tx:
        assert code == "centre.file_lost" and not tx.announced(SHAS[2])[0].stored
    bring(centre, box, 2)
    assert scrub(centre).mend() == 0 and alarms(centre)[-1][0] == "centre.file_repaired"


def test_a_copy_is_asked_for_again_after_a_day_and_not_for_ever(centre: Centre, box: Box) -> None:
    assert isinstance(centre.clock, FixedClock)
    spoil(centre, 0)
    scrub(centre).some()
    for _ in range(40):
        centre.clock.utc_us += AGAIN_US + MINUTE
        scrub(centre).mend()
    assert 2 <= len(asked(centre)) <= 32


def test_a_restart_goes_on_where_it_was_and_a_pass_is_not_begun_too_soon(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.scrub import rounds as module

    assert isinstance(centre.clock, FixedClock)
    monkeypatch.setattr(module, "SOME", 2)
    read: list[int] = []
    assert centre.scrub(read.append).some() == 2
    assert centre.scrub(read.append).some() == 1 and centre.scrub(read.append).some() == 0
    assert sorted(read) == sorted(map(len, FILES))
    centre.clock.utc_us += PASS_US - HOUR
    assert scrub(centre).some() == 0
    centre.clock.utc_us += 2 * HOUR
    assert scrub(centre).some() == 2
    assert scrub(centre).all() == 3 and scrub(centre).some() == 0, "all at once is a pass, too"


def test_r7_tells_it(centre: Centre, box: Box, tmp_path: Path) -> None:
    from central.classes.stories import tell

    spoil(centre, 1)
    scrub(centre).some()
    with centre.store.read() as tx:
        told = tell(centre.store, tx, "welder-1", centre.clock.stamp().utc_us)
    r7 = next(one for one in told.findings if one.rule == "R7")
    assert r7.result == "satisfied" and "damaged_centre" in {one.code for one in r7.reasons}


def test_it_is_slow_and_ends_at_once() -> None:
    end = threading.Event()
    pace = Pace(end, 1000)
    pace(10)
    end.set()
    with pytest.raises(InterruptedError):
        pace(1_000_000)


def test_served_it_finds_what_is_spoilt(centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(beside, "EVERY_S", 0.05)
    spoil(centre, 1)
    with scrubbed(centre.scrub, centre.bucket_scrub):
        until = time.monotonic() + 20
        while not alarms(centre) and time.monotonic() < until:
            time.sleep(0.02)
    assert [code for code, _, _ in alarms(centre)] == ["centre.file_rotten"]


def test_a_disk_that_is_not_mounted_states_no_flood_and_is_whole_when_it_is_back(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from central.scrub import rounds as module

    monkeypatch.setattr(module, "MOST_A_DAY", 2)
    here, away = centre.folder / "objects", centre.folder / "unmounted"
    here.rename(away)
    here.mkdir()
    reading = scrub(centre)
    assert reading.some() == 2 and reading.some() == 0 and reading.mend() == 2
    assert [code for code, _, _ in alarms(centre)] == ["centre.file_lost"] * 2
    monkeypatch.setattr("central.wiring.SystemClock", lambda: centre.clock)
    assert main(["--lang", "en", "scrub", "status", "--centre", str(centre.folder)]) == 0
    assert "whether the disk is mounted" in capsys.readouterr().out
    here.rmdir()
    away.rename(here)
    assert reading.mend() == 0
    with centre.store.read() as tx:
        assert all(tx.announced(sha256)[0].stored for sha256 in SHAS), "what is here counts as here"
    assert reading.some() == 1


def test_a_sector_that_cannot_be_read_is_rot_and_the_next_files_are_read(
    centre: Centre, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, read = min(SHAS), Scrub._hash

    def bad(self: Scrub, path: Path) -> str:
        if path.stem == first and path.read_bytes() in FILES and not centre.objects.aside(first):
            raise OSError(errno.EIO, "Input/output error")
        return read(self, path)

    monkeypatch.setattr(Scrub, "_hash", bad)
    assert scrub(centre).some() == 3
    assert [(code, said["segment"]) for code, said, _ in alarms(centre)] == [("centre.file_rotten", first)]
    assert asked(centre) == [first]


def test_a_spoilt_file_is_not_read_again_until_another_lies_there(centre: Centre, box: Box) -> None:
    spoil(centre, 1)
    read: list[int] = []
    reading = centre.scrub(read.append)
    reading.some()
    reading.mend()
    read.clear()
    for _ in range(5):
        assert reading.mend() == 1
    assert read == []
    bring(centre, box, 1)
    assert reading.mend() == 0


# --- with a bucket


@pytest.fixture
def moved(centre: Centre, shop: Shop, tmp_path: Path) -> Iterator[tuple[Centre, Box]]:
    keep_in_bucket(centre.folder, shop.place())
    opened = open_centre(centre.folder, centre.clock)
    made = filled(opened, tmp_path)
    moving = opened.mover()
    assert moving is not None and moving.some() == 3
    yield opened, made
    opened.store.close()


@pytest.fixture
def kept(moved: tuple[Centre, Box]) -> Centre:
    return moved[0]


def test_the_copy_of_the_bucket_takes_its_place_at_once(kept: Centre) -> None:
    spoil(kept, 1)
    scrub(kept).some()
    assert [code for code, _, _ in alarms(kept)] == ["centre.file_rotten", "centre.file_repaired"]
    assert alarms(kept)[-1][1]["from"] == "bucket" and asked(kept) == []
    assert kept.objects.path(SHAS[1]).read_bytes() == FILES[1]
    assert (kept.folder / "objects" / "aside" / f"{SHAS[1]}.1").is_file()


def test_attack_somebody_emptied_the_bucket(kept: Centre, shop: Shop) -> None:
    kept.objects.drop(SHAS[0])
    shop.client.delete_object(Bucket="video", Key=f"zaitang/{key_of(SHAS[0])}")  # type: ignore[attr-defined]
    scrub(kept).some()
    assert [code for code, _, _ in alarms(kept)] == ["centre.file_lost"] and asked(kept) == [SHAS[0]]


def test_a_store_that_does_not_answer_is_no_loss(kept: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Bucket, sha256: str) -> int:
        raise BucketAway(why="off")

    monkeypatch.setattr(Bucket, "size", away)
    kept.objects.drop(SHAS[0])
    scrub(kept).some()
    assert alarms(kept) == []


def test_a_bucket_that_said_that_nothing_is_there_is_known_again(
    kept: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.bucket.errors import NotInBucket

    def empty(self: Bucket, sha256: str, *_: object) -> int:
        raise NotInBucket(sha256=sha256)

    assert isinstance(kept.clock, FixedClock)
    for sha256 in SHAS:
        kept.objects.drop(sha256)
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "size", empty)
        patch.setattr(Bucket, "get", empty)
        scrub(kept).some()
    assert {code for code, _, _ in alarms(kept)} == {"centre.file_lost"}
    kept.clock.utc_us += AGAIN_US + MINUTE
    assert scrub(kept).mend() == 0
    with kept.store.read() as tx:
        assert all(tx.bucketed(sha256) and tx.announced(sha256)[0].stored for sha256 in SHAS)
    kept.fetcher.bring(SHAS[0])
    assert kept.objects.intact(SHAS[0])


# --- what lies in the bucket alone


def scrub_there(centre: Centre) -> BucketScrub:
    made = centre.bucket_scrub(lambda _: None)
    assert made is not None
    return made


def aside_there(shop: Shop) -> list[str]:
    found = shop.client.list_objects_v2(Bucket="video", Prefix="zaitang/aside/")  # type: ignore[attr-defined]
    return [one["Key"].rsplit("/", 1)[-1] for one in found.get("Contents", [])]


def test_what_is_whole_there_is_nothing_to_tell_and_is_read_rarely(kept: Centre) -> None:
    read: list[int] = []
    made = kept.bucket_scrub(read.append)
    assert made is not None and made.some() == 3 and made.some() == 0 and sum(read) == sum(map(len, FILES))
    assert isinstance(kept.clock, FixedClock)
    kept.clock.utc_us += 2 * PASS_US
    assert made.some() == 0
    kept.clock.utc_us += 5 * PASS_US
    assert made.some() == 3 and alarms(kept) == []


def test_attack_other_bytes_there_give_way_to_what_lies_here(kept: Centre, shop: Shop) -> None:
    shop.spoil(key_of(SHAS[1]), bytes(reversed(FILES[1])))
    scrub_there(kept).some()
    assert [(code, said.get("at"), said.get("from")) for code, said, _ in alarms(kept)] == [
        ("centre.file_rotten", "bucket", None), ("centre.file_repaired", None, "centre")]
    assert aside_there(shop) == [f"{SHAS[1]}.mp4"]
    moving = kept.mover()
    assert moving is not None and moving.some() == 1
    assert scrub_there(kept).all() == 3 and len(alarms(kept)) == 2


def test_attack_other_bytes_there_and_nothing_here_are_made_good_by_the_box(
    moved: tuple[Centre, Box], shop: Shop
) -> None:
    kept, box = moved
    kept.objects.drop(SHAS[1])
    with kept.store.write() as tx:
        tx.forget_cached(SHAS[1], "file")
    shop.spoil(key_of(SHAS[1]), bytes(reversed(FILES[1])))
    scrub_there(kept).some()
    assert [code for code, _, _ in alarms(kept)] == ["centre.file_rotten"] and asked(kept) == []
    assert scrub(kept).mend() == 1 and asked(kept) == [SHAS[1]] and not kept.has_video(SHAS[1])
    bring(kept, box, 1)
    assert scrub(kept).mend() == 0 and alarms(kept)[-1][0] == "centre.file_repaired"
    moving = kept.mover()
    assert moving is not None and moving.some() == 1 and kept.bucket is not None
    assert scrub_there(kept).all() == 3 and len(alarms(kept)) == 2


def test_what_is_gone_there_is_stated_and_asked_for(kept: Centre, shop: Shop) -> None:
    kept.objects.drop(SHAS[0])
    shop.client.delete_object(Bucket="video", Key=f"zaitang/{key_of(SHAS[0])}")  # type: ignore[attr-defined]
    scrub_there(kept).some()
    scrub(kept).mend()
    assert [code for code, _, _ in alarms(kept)] == ["centre.file_lost"] and asked(kept) == [SHAS[0]]


def test_attack_an_emptied_bucket_states_no_flood(
    kept: Centre, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.scrub import bucket, rounds

    monkeypatch.setattr(bucket, "MOST_A_DAY", 1)
    monkeypatch.setattr(rounds, "SOME", 1)
    for sha256 in SHAS:
        shop.client.delete_object(Bucket="video", Key=f"zaitang/{key_of(sha256)}")  # type: ignore[attr-defined]
    made = scrub_there(kept)
    assert made.some() == 1 and made.some() == 0 and len(alarms(kept)) == 2
    assert isinstance(kept.clock, FixedClock)
    kept.clock.utc_us += 2 * AGAIN_US
    assert made.some() == 1 and len(alarms(kept)) == 4


def test_what_is_just_removed_there_is_no_loss(kept: Centre, shop: Shop) -> None:
    """`keep apply` is another process: the file goes from the bucket before its row does."""
    with kept.store.write() as tx:
        tx.put_removal(Removal(SHAS[0], len(FILES[0]), 1))
        tx.begin_going(SHAS[0])
    shop.client.delete_object(Bucket="video", Key=f"zaitang/{key_of(SHAS[0])}")  # type: ignore[attr-defined]
    assert scrub_there(kept).all() == 3 and alarms(kept) == []


def test_a_store_that_does_not_answer_states_nothing_of_the_bucket(
    kept: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Bucket, sha256: str, start: int) -> Iterator[bytes]:
        raise BucketAway(why="off")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "rest", away)
        with pytest.raises(BucketAway):
            scrub_there(kept).some()
    assert alarms(kept) == [] and scrub_there(kept).some() == 3


# --- as an operator sees it


def test_commands_say_how_far_it_is_and_what_is_spoilt(
    centre: Centre, box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--centre", str(centre.folder)]
    assert main(["--lang", "en", "scrub", "status", *at]) == 0
    assert "not read again yet" in capsys.readouterr().out
    spoil(centre, 1)
    assert main(["--lang", "en", "scrub", "now", *at]) == 0
    said = capsys.readouterr().out
    assert "3 files were read" in said and SHAS[1] in said and "has other bytes" in said
    assert main(["--lang", "zh", "scrub", "status", *at]) == 0
    assert "已复读全部已存录像" in capsys.readouterr().out


def test_commands_read_the_bucket_and_say_how_far_that_is(
    kept: Centre, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--centre", str(kept.folder)]
    assert main(["--lang", "en", "scrub", "status", *at]) == 0
    assert "What lies in the bucket was not read again yet" in capsys.readouterr().out
    kept.objects.drop(SHAS[1])
    shop.spoil(key_of(SHAS[1]), bytes(reversed(FILES[1])))
    assert main(["--lang", "en", "scrub", "now", *at]) == 0 and "3 files were read" in capsys.readouterr().out
    assert main(["--lang", "en", "scrub", "now", "--bucket", *at]) == 0
    said = capsys.readouterr().out
    assert "6 files were read" in said and SHAS[1] in said and "other bytes in the bucket, and is not here" in said
    assert asked(kept) == [SHAS[1]]
    assert main(["--lang", "en", "scrub", "status", *at]) == 0
    assert "All that lies in the bucket was read again" in capsys.readouterr().out
