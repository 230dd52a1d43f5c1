"""One bucket against a real S3 API: what is stored, what comes back, what the store locks, and what it says no to."""
from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import pytest

from central.bucket.bucket import PART, Bucket, key_of
from central.bucket.errors import BucketAway, BucketChanged, NotInBucket
from central.config import BucketPlace, load_config
from central.wiring import init_centre
from evidence.errors import BadShape
from evidence.times import SECOND
from tests.central.bucket.conftest import KEYS, Shop, write

DATA = b"the bytes of a segment"
SHA = hashlib.sha256(DATA).hexdigest()


def got(bucket: Bucket, sha256: str) -> bytes:
    came: list[bytes] = []
    told: list[int] = []
    bucket.get(sha256, came.append, told.append)
    assert sum(told) == len(b"".join(came))
    return b"".join(came)


def test_a_file_comes_back_as_it_went(shop: Shop, tmp_path: Path) -> None:
    bucket = shop.bucket()
    assert bucket.put(SHA, write(tmp_path / "a", DATA)) == len(DATA)
    assert (bucket.size(SHA), got(bucket, SHA)) == (len(DATA), DATA)
    assert list(bucket.all()) == [(SHA, len(DATA))]
    bucket.drop(SHA)
    with pytest.raises(NotInBucket):
        bucket.size(SHA)
    with pytest.raises(NotInBucket):
        got(bucket, SHA)


def test_a_large_file_goes_in_parts(shop: Shop, tmp_path: Path) -> None:
    data = bytes(range(256)) * (PART // 128)
    sha256 = hashlib.sha256(data).hexdigest()
    bucket = shop.bucket()
    assert bucket.put(sha256, write(tmp_path / "large", data)) == 2 * PART
    assert hashlib.sha256(got(bucket, sha256)).hexdigest() == sha256


def test_the_same_file_again_is_the_same(shop: Shop, tmp_path: Path) -> None:
    bucket, path = shop.bucket(), write(tmp_path / "a", DATA)
    assert bucket.put(SHA, path) == bucket.put(SHA, path) == len(DATA)
    assert got(bucket, SHA) == DATA


def test_attack_other_bytes_in_the_store_are_refused(shop: Shop, tmp_path: Path) -> None:
    bucket = shop.bucket()
    bucket.put(SHA, write(tmp_path / "a", DATA))
    shop.spoil(key_of(SHA), b"the bytes of another ..")
    with pytest.raises(BucketChanged):
        got(bucket, SHA)


def test_other_names_in_the_bucket_are_nobodys(shop: Shop) -> None:
    shop.spoil("segments/ab/readme.txt", b"hello")
    shop.spoil(f"segments/zz/{SHA}.mp4", b"in the wrong folder")
    assert list(shop.bucket().all()) == []


def test_a_bucket_with_a_lock_says_until_when(shop: Shop, tmp_path: Path) -> None:
    bucket = shop.bucket("locked")
    bucket.put(SHA, write(tmp_path / "a", DATA))
    until = datetime.datetime.now(datetime.UTC).replace(microsecond=0) + datetime.timedelta(days=1100)
    shop.lock(key_of(SHA), until)
    assert bucket.locked_until_us(SHA) == int(until.timestamp()) * SECOND
    shop.bucket().put(SHA, tmp_path / "a")
    assert shop.bucket().locked_until_us(SHA) is None


def test_a_check_leaves_nothing_there(shop: Shop) -> None:
    assert shop.bucket().check() is None
    assert list(shop.bucket().all()) == []


def test_a_lock_is_asked_for_of_a_file_that_is_there(shop: Shop) -> None:
    with pytest.raises(NotInBucket):
        shop.bucket("locked").locked_until_us(SHA)


def test_a_bucket_that_does_not_exist(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises((NotInBucket, BucketAway)):
        shop.bucket("nobodys").put(SHA, write(tmp_path / "a", DATA))


def test_a_store_that_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from central.bucket import bucket as module

    monkeypatch.setattr(module, "RETRIES", 0)
    gone = Bucket(BucketPlace("video", "", "http://127.0.0.1:9"), KEYS)
    with pytest.raises(BucketAway):
        gone.put(SHA, write(tmp_path / "a", DATA))
    with pytest.raises(BucketAway):
        gone.locked_until_us(SHA)


def test_a_store_in_the_open_is_refused(tmp_path: Path) -> None:
    made = init_centre(tmp_path / "centre", test_keys=True)
    made.store.close()
    path = tmp_path / "centre" / "centre.toml"
    path.write_text(path.read_text("utf-8").replace('endpoint = ""', 'endpoint = "http://s3.example"'), "utf-8")
    with pytest.raises(BadShape, match=r"bucket\.endpoint.*https"):
        load_config(tmp_path / "centre")
