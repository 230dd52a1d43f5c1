"""The second copy that a policy wants is made: what lacks one, how it gets one, that it stays; it goes with the first
when its time is over."""
from __future__ import annotations

import dataclasses
from collections import namedtuple
from collections.abc import Iterator

import pytest

from central.bucket.bucket import Bucket
from central.bucket.errors import BucketAway, NoRoomForCopies
from central.bucket.second import SecondCopies, how_of
from central.cache.choice import SPARED_US
from central.cli import main
from central.store.bucketed import Bucketed
from central.store.tables import Tx
from central.wiring import open_centre
from common.policies import policy_bytes
from evidence.bodies import Alarm, SegmentRemoved
from tests.central.bucket.conftest import Shop, keep_in_bucket
from tests.central.case_pages import text
from tests.central.console import signed_in
from tests.central.keeping.conftest import FILES, Keeping, keeping

__all__ = ["keeping"]
Usage = namedtuple("Usage", "total used free")
SIZES = sum(map(len, FILES))


@pytest.fixture
def two(keeping: Keeping, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeping]:
    """A policy wants two copies, and the box has lost its own: all that there is lies in the bucket."""
    wanted = b'copies = { value = 2, source = "ours", why = "x" }\nyears = { value = 3,'
    toml = policy_bytes("demo").replace(b"years = { value = 3,", wanted)
    monkeypatch.setattr(Tx, "policy", lambda tx, sha256: toml)
    keep_in_bucket(keeping.centre.folder, shop.place())
    centre = open_centre(keeping.centre.folder, keeping.clock)
    centre.cache._limit = 0
    made = dataclasses.replace(keeping, centre=centre)
    for sha256 in made.shas:
        made.box.append(Alarm("segment.lost", {"segment": sha256}, "welder-1"), keeping.clock.utc_us)
    made.take()
    yield made
    centre.store.close()


def second(one: Keeping) -> SecondCopies:
    return one.centre.second_copies(one.centre.mover())


def hows(one: Keeping) -> list[str]:
    return [each.how for each in second(one).lacking()]


def evict(one: Keeping) -> None:
    one.centre.cache.trim(one.clock.utc_us + SPARED_US + 1)


def lacks(one: Keeping) -> list[tuple[int, dict[str, object]]]:
    return [(group.files, dict(why.params)) for kept in one.remover.plan().classes for group in kept.groups
            for why in group.reasons if why.code == "keep_lacks_copy"]


@pytest.mark.parametrize(("known", "here", "bucket", "how"), [
    (None, True, True, "send"), (None, True, False, "nowhere"),
    (Bucketed("ab", 1, 1, None), True, True, "keep"), (Bucketed("ab", 1, 1, None), False, True, "fetch"),
    (Bucketed("ab", 1, 1, None, stays=True), True, True, "nowhere"),
    (Bucketed("ab", 1, 1, None), True, False, "nowhere"),
])
def test_how_a_file_gets_another_copy(known: Bucketed | None, here: bool, bucket: bool, how: str) -> None:
    assert how_of(known, here, bucket) == how


def test_it_is_sent_and_stays_here_and_the_plan_sees_it(two: Keeping) -> None:
    assert lacks(two) == [(3, {"wanted": 2, "there": 1})] and hows(two) == ["send"] * 3
    told: list[int] = []
    assert second(two).make(told.append) == 3 and sum(told) == SIZES
    evict(two)
    assert two.here() == [0, 1, 2] and two.centre.bucket is not None and len(list(two.centre.bucket.all())) == 3
    assert lacks(two) == [] and second(two).lacking() == [] and second(two).make() == 0


def test_what_is_in_the_bucket_already_is_kept_here_or_fetched(two: Keeping) -> None:
    mover = two.centre.mover()
    assert mover is not None and mover.some() == 3
    assert hows(two) == ["keep"] * 3
    evict(two)
    assert hows(two) == ["fetch"] * 3 and lacks(two) == [(3, {"wanted": 2, "there": 1})]
    assert second(two).make() == 3
    evict(two)
    assert two.here() == [0, 1, 2] and hows(two) == []


def test_the_page_reckons_what_lies_there_twice_and_what_lacks_a_copy(two: Keeping) -> None:
    said = text(signed_in(two.centre).get("/keeping?lang=en"))
    assert "here and in the bucket: 0.0 kB; a copy that a policy wants is lacking of 0.1 kB" in said
    assert "the policy wants 2 copies until then, and 1 are known" in said
    assert second(two).make() == 3
    with two.centre.store.read() as tx:
        assert [one.twice_bytes for one in tx.held_by_class()] == [SIZES]
    assert "here and in the bucket: 0.1 kB" in text(signed_in(two.centre).get("/keeping?lang=en"))


def test_a_cut_loses_nothing_of_what_was_done(two: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    put, sent = Bucket.put, list[str]()

    def cut(self: Bucket, sha256: str, *args: object) -> int:
        if len(sent) == 2:
            raise BucketAway(why="cut")
        sent.append(sha256)
        return put(self, sha256, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put", cut)
        with pytest.raises(BucketAway):
            second(two).make()
    assert hows(two) == ["send"] and second(two).make() == 1 and hows(two) == []


def test_the_last_of_the_disk_is_left_to_boxes(two: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    mover = two.centre.mover()
    assert mover is not None and mover.some() == 3
    evict(two)
    with monkeypatch.context() as patch:
        patch.setattr("central.bucket.second.shutil.disk_usage", lambda _: Usage(2000, 1900, 100 + len(FILES[0]) - 1))
        with pytest.raises(NoRoomForCopies):
            second(two).make()
        patch.setattr("central.bucket.second.shutil.disk_usage", lambda _: Usage(2000, 1900, 100 + len(FILES[0])))
        assert second(two).make() == 3


def test_a_copy_at_the_box_counts_until_it_says_that_it_is_gone_or_spoilt(two: Keeping) -> None:
    for sha256 in two.shas:
        two.box.append(Alarm("storage.repaired", {"segment": sha256}, "welder-1"), two.clock.utc_us)
    two.take()
    assert hows(two) == []
    two.box.append(SegmentRemoved(two.shas[0], "2029-03-02", ""), two.clock.utc_us)
    two.take()
    assert hows(two) == ["send"]


def test_what_comes_while_copies_are_made_is_moved_meanwhile(two: Keeping) -> None:
    mover = two.centre.mover()
    assert mover is not None and mover.some() == 3
    evict(two)
    two.film(b"later", 7)
    with two.centre.store.read() as tx:
        assert tx.bucket_sum().waiting == 1
    mover.slowly(1)
    with two.centre.store.read() as tx:
        assert tx.bucket_sum().waiting == 0
    mover.stop(0)
    with pytest.raises(InterruptedError):
        mover.slowly(1)


def test_when_the_time_is_over_nobody_asks_for_it_and_both_copies_go(two: Keeping) -> None:
    assert second(two).make() == 3
    two.over()
    assert second(two).lacking() == []
    two.remover.apply()
    two.seen()
    assert two.remover.apply().removed == 3 and two.here() == []
    assert two.centre.bucket is not None and list(two.centre.bucket.all()) == []


def test_the_copy_here_that_is_lost_is_stated_and_comes_back_from_the_bucket(two: Keeping) -> None:
    assert second(two).make() == 3
    two.centre.objects.drop(two.shas[0])
    two.centre.scrub(lambda _: None).some()
    with two.centre.store.read() as tx:
        codes = [one.record.body["code"] for one in tx.of_type("alarm") if one.record.device == "centre"]
    assert codes[-2:] == ["centre.file_lost", "centre.file_repaired"]
    evict(two)
    assert two.here() == [0, 1, 2] and hows(two) == []


def test_what_comes_again_from_the_box_leaves_it_as_it_is(two: Keeping) -> None:
    assert second(two).make() == 3
    with two.centre.cache.alone(two.shas[0]):
        two.centre.cache.came(two.shas[0], len(FILES[0]), False, two.clock.utc_us)
        two.centre.cache.came(two.shas[0], len(FILES[0]), True, two.clock.utc_us)
    evict(two)
    assert two.here() == [0, 1, 2]


def test_a_command_says_what_it_would_do_and_does_it(
    two: Keeping, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: two.clock)
    copies = ["--lang", "en", "bucket", "copies", "--centre", str(two.centre.folder)]
    assert main([*copies, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "sent to the bucket, and kept here: 3 files" in said and "Nothing was changed" in said
    assert main([*copies, "--rate", "nothing"]) == 2 and hows(two) == ["send"] * 3
    assert main([*copies, "--rate", "50"]) == 0 and "3 of 3 files" in capsys.readouterr().out
    assert main(copies) == 0 and "as many copies as the policies want" in capsys.readouterr().out


def test_what_lies_at_boxes_alone_is_told_and_gets_no_copy(
    two: Keeping, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: two.clock)
    copies = ["--lang", "en", "bucket", "copies", "--dry-run", "--centre", str(two.centre.folder)]
    assert main(copies) == 0 and "at boxes alone" not in capsys.readouterr().out
    with two.centre.store.write() as tx:
        tx.mark_gone(two.shas[0])
    assert second(two).beyond() == (1, len(FILES[0])) and len(hows(two)) == 2
    assert main(copies) == 0 and "to stay: 1 files, 0.0 GB. They lie at boxes alone" in capsys.readouterr().out


def test_without_a_bucket_it_says_that_there_is_no_place(
    two: Keeping, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.wiring.SystemClock", lambda: two.clock)
    path = two.centre.folder / "centre.toml"
    path.write_text(path.read_text("utf-8").replace('name = "video"', 'name = ""'), "utf-8")
    assert main(["--lang", "en", "bucket", "copies", "--centre", str(two.centre.folder)]) == 0
    said = capsys.readouterr().out
    assert "has no place: 3 files" in said and "Nothing can be done" in said
