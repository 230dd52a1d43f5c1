"""What a centre removes when its time is over goes from the bucket, too; before, nothing does."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from central.bucket.errors import BucketAway, BucketRefuses, NotInBucket
from central.cache.choice import SPARED_US
from central.wiring import open_centre
from tests.central.bucket.conftest import Shop, keep_in_bucket
from tests.central.keeping.conftest import FILES, Keeping, keeping

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
    from central.bucket.bucket import Bucket

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
    from central.bucket.bucket import Bucket

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
