"""What a centre removes when its time is over goes from the bucket, too; before, nothing does."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.bucket.bucket import Bucket, key_of
from central.bucket.errors import BucketAway, BucketRefuses, NotInBucket
from central.cache.choice import SPARED_US
from central.classes.holds import lift_hold, place_hold
from central.store.bucketed import Bucketed
from central.wiring import open_centre
from evidence.times import HOUR
from tests.central.bucket.conftest import Shop, keep_in_bucket
from tests.central.keeping.conftest import CLASS, FILES, Keeping, keeping

__all__ = ["keeping"]


@pytest.fixture
def away(keeping: Keeping, shop: Shop) -> Iterator[Keeping]:
    """All of its video lies in the bucket, and nothing of it here."""
    keep_in_bucket(keeping.centre.folder, shop.place())
    centre = open_centre(keeping.centre.folder, keeping.clock)
    centre.cache._limit = 0
    mover = centre.mover()
    assert mover is not None and mover.some() == len(FILES)
    centre.cache.trim(keeping.clock.utc_us + SPARED_US + 1)
    yield dataclasses.replace(keeping, centre=centre)
    centre.store.close()


def there(keeping: Keeping) -> int:
    assert keeping.centre.bucket is not None
    return len(list(keeping.centre.bucket.all()))


def test_nothing_goes_early_and_all_of_it_when_its_time_is_over(away: Keeping) -> None:
    assert away.remover.apply().certified == 0 and there(away) == 3
    away.over()
    assert away.remover.apply().certified == 3 and there(away) == 3
    away.seen()
    assert away.remover.apply().removed == 3 and there(away) == 0
    with away.centre.store.read() as tx:
        assert tx.bucket_sum().files == 0 and not any(one.stored for sha in away.shas for one in tx.announced(sha))
    with pytest.raises(NotInBucket):
        away.centre.fetcher.bring(away.shas[0])


def test_a_store_that_is_off_then_is_asked_again(away: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    def off(self: Bucket, sha256: str) -> None:
        raise BucketAway(why="off")

    away.over()
    away.remover.apply()
    away.seen()
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "drop", off)
        with pytest.raises(BucketAway):
            away.remover.apply()
    assert there(away) == 3
    away.remover.settle()
    away.remover.apply()
    assert there(away) == 0


def test_a_bucket_that_refuses_to_remove_one_file_holds_up_no_other(
    away: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = Bucket.drop

    def locked(self: Bucket, sha256: str) -> None:
        if sha256 == away.shas[0]:
            raise BucketRefuses()
        drop(self, sha256)

    away.over()
    away.remover.apply()
    away.seen()
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "drop", locked)
        done = away.remover.apply()
        assert (done.removed, done.later) == (2, 1) and there(away) == 1
        done = away.remover.apply()
        assert (done.later, done.stay) == (1, 0) and there(away) == 1, "it is not forgotten"
    away.remover.apply()
    assert there(away) == 0


def lies(shop: Shop, below: str) -> list[str]:
    found = shop.client.list_objects_v2(Bucket="video", Prefix=f"zaitang/{below}/")  # type: ignore[attr-defined]
    return [one["Key"].rsplit("/", 1)[-1].removesuffix(".mp4") for one in found.get("Contents", [])]


def spoilt(away: Keeping, shop: Shop, index: int) -> str:
    """Somebody changed a file there, and the scrub found it."""
    sha256 = away.shas[index]
    shop.spoil(key_of(sha256), bytes(reversed(FILES[index])))
    scrub = away.centre.bucket_scrub(lambda _: None)
    assert scrub is not None and not scrub.look(sha256)
    return sha256


def test_what_was_put_aside_of_a_file_goes_with_it(away: Keeping, shop: Shop) -> None:
    sha256 = spoilt(away, shop, 0)
    away.centre.bucket.put(sha256, _file(away, FILES[0]))  # type: ignore[union-attr]
    away.centre.mover().settle()  # type: ignore[union-attr]
    with away.centre.store.write() as tx:
        tx.put_bucketed(Bucketed(sha256, len(FILES[0]), away.clock.utc_us, None))
        tx.mark_stored(sha256, away.clock.utc_us)
    away.remover.apply()
    away.over()
    away.remover.apply()
    assert lies(shop, "aside") == [sha256], "not before somebody else saw the certificate"
    away.seen()
    assert away.remover.apply().removed == 3
    assert lies(shop, "aside") == lies(shop, "segments") == []


def test_what_was_put_aside_of_a_file_that_nobody_has_any_more_goes_when_its_time_is_over(
    away: Keeping, shop: Shop,
) -> None:
    """Nothing is here that a certificate could name, and faces are seen in what is spoilt, too."""
    sha256 = spoilt(away, shop, 0)
    away.remover.apply()
    place_hold(away.centre.store, CLASS, "case 114")
    away.over()
    away.remover.apply()
    assert lies(shop, "aside") == [sha256], "a hold holds it"
    lift_hold(away.centre.store, CLASS, "judged", None)
    away.clock.utc_us += 4 * 366 * 24 * HOUR
    away.seen()
    away.remover.apply()
    away.seen()
    away.remover.apply()
    assert lies(shop, "aside") == lies(shop, "segments") == []


def test_nothing_is_put_aside_of_what_is_just_removed(
    away: Keeping, shop: Shop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_aside = Bucket.put_aside

    def late(self: Bucket, sha256: str) -> None:
        put_aside(self, sha256)
        with away.centre.store.write() as tx:
            tx.begin_going(sha256)

    away.over()
    away.remover.apply()
    monkeypatch.setattr(Bucket, "put_aside", late)
    spoilt(away, shop, 0)
    assert lies(shop, "aside") == []


def _file(away: Keeping, data: bytes) -> Path:
    path = away.centre.folder / "again"
    path.write_bytes(data)
    return path
