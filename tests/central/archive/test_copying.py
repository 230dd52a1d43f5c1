"""Neither what is spoilt where an archive takes its video from nor an object store that is off ends a pull for good."""
from __future__ import annotations

import dataclasses
import errno
from pathlib import Path

import bagit
import pytest

from central.archive import copying
from central.archive.errors import FilesAway, StoreSilent
from central.bucket.bucket import Bucket, key_of
from central.bucket.errors import BucketAway
from central.wiring import Centre, open_centre
from evidence.bodies import body_of
from evidence.box_orders import BoxOrder
from evidence.canonical import sha256_hex
from tests.central.archive.test_pull import NOW, VIDEO, box, pulled  # noqa: F401
from tests.central.bucket.conftest import Shop, keep_in_bucket, shop  # noqa: F401
from tests.central.helpers import Box, put
from verify.cli import verify

WITHOUT = dataclasses.replace(NOW, without=True)
FIRST = sha256_hex(VIDEO[0])


@pytest.fixture
def kept(centre: Centre, box: Box) -> Centre:  # noqa: F811
    """All video came to stay."""
    for data in VIDEO:
        put(centre, data)
        with centre.store.write() as tx:
            tx.mark_stored(sha256_hex(data), 0)
    return centre


def rots(centre: Centre) -> None:
    centre.objects.path(FIRST).write_bytes(VIDEO[0][:-1] + b"x")


def stated(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        return [str(body_of(one.record).code) for one in tx.of_type("alarm")]  # type: ignore[union-attr]


def ordered(centre: Centre) -> list[str]:
    with centre.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("order.box")]
    return [file.sha256 for one in bodies if isinstance(one, BoxOrder) and one.upload for file in one.upload.files]


def test_a_file_that_rotted_at_the_centre_is_stated_and_asked_of_its_box(kept: Centre, tmp_path: Path) -> None:
    rots(kept)
    with pytest.raises(FilesAway) as caught:
        pulled(kept, tmp_path / "bag")
    assert [(one.device, one.count) for one in caught.value.away] == [("box-1", 1)]
    assert stated(kept) == ["centre.file_rotten"] and ordered(kept) == [FIRST]
    kept.objects.path(FIRST).unlink()
    put(kept, VIDEO[0])
    bagit.Bag(str(pulled(kept, tmp_path / "bag").folder)).validate()


@pytest.mark.long
def test_an_archive_that_is_wanted_now_names_it_as_missing(kept: Centre, tmp_path: Path) -> None:
    rots(kept)
    kept.objects.path(sha256_hex(VIDEO[1])).write_bytes(b"?" * len(VIDEO[1]))
    with pytest.raises(FilesAway) as caught:
        pulled(kept, tmp_path / "bag")
    assert [one.count for one in caught.value.away] == [2], "where nothing else came boxes are asked all the same"
    kept.objects.path(sha256_hex(VIDEO[1])).write_bytes(VIDEO[1])
    done = pulled(kept, tmp_path / "bag", WITHOUT)
    assert [(one.device, len(one.seqs)) for one in done.missing] == [("box-1", 1)] and done.files == 1
    assert verify(done.folder, None, "en").ok


@pytest.mark.long
def test_what_the_disk_cannot_read_any_more_is_rot(
    kept: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = copying.Copier._read

    def broken(self: copying.Copier, one: copying.Wanted, file: object, room: memoryview) -> int:
        if one.sha256 != FIRST:
            return read(self, one, file, room)  # type: ignore[arg-type]

        class Bad:
            def readinto(self, _: memoryview) -> int:
                raise OSError(errno.EIO, "input/output error")
        return read(self, one, Bad(), room)  # type: ignore[arg-type]

    monkeypatch.setattr(copying.Copier, "_read", broken)
    assert len(pulled(kept, tmp_path / "bag", WITHOUT).missing) == 1


@pytest.fixture
def away(kept: Centre, shop: Shop) -> Centre:  # noqa: F811
    """All video lies in the bucket alone."""
    keep_in_bucket(kept.folder, shop.place())
    opened = open_centre(kept.folder, kept.clock)
    mover = opened.mover()
    assert mover is not None
    while mover.some():
        pass
    for data in VIDEO:
        opened.objects.drop(sha256_hex(data))
    return opened


@pytest.mark.long
def test_what_is_spoilt_in_the_bucket_is_asked_of_its_box(away: Centre, shop: Shop, tmp_path: Path) -> None:  # noqa: F811
    shop.spoil(key_of(FIRST), VIDEO[0][:-1] + b"x")
    done = pulled(away, tmp_path / "bag", WITHOUT)
    assert len(done.missing) == 1 and stated(away) == ["centre.file_rotten"] and ordered(away) == [FIRST]


@pytest.mark.long
def test_what_is_gone_from_the_bucket_is_asked_of_its_box(away: Centre, shop: Shop, tmp_path: Path) -> None:  # noqa: F811
    """By somebody else's hand, or a rule of the store's own."""
    assert away.bucket is not None
    away.bucket.drop(FIRST)
    done = pulled(away, tmp_path / "bag", WITHOUT)
    assert len(done.missing) == 1 and stated(away) == ["centre.file_lost"] and ordered(away) == [FIRST]


def test_a_store_that_is_off_for_a_moment_is_asked_again(
    away: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest, asked = Bucket.rest, list[str]()

    def silent(self: Bucket, sha256: str, start: int) -> object:
        asked.append(sha256)
        if len(asked) <= 2:
            raise BucketAway(why="")
        return rest(self, sha256, start)

    monkeypatch.setattr(Bucket, "rest", silent)
    monkeypatch.setattr(copying, "AGAIN_S", (0.0, 0.0))
    bagit.Bag(str(pulled(away, tmp_path / "bag").folder)).validate()


def test_one_that_stays_off_ends_the_pull_with_what_to_do(
    away: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest, asked = Bucket.rest, list[str]()

    def silent(self: Bucket, sha256: str, start: int) -> object:
        asked.append(sha256)
        raise BucketAway(why="")

    monkeypatch.setattr(Bucket, "rest", silent)
    monkeypatch.setattr(copying, "AGAIN_S", (0.0, 0.0))
    with pytest.raises(StoreSilent, match="run the same command again"):
        pulled(away, tmp_path / "bag")
    assert max(asked.count(one) for one in asked) >= 3 and len(asked) <= 6
    monkeypatch.setattr(Bucket, "rest", rest)
    bagit.Bag(str(pulled(away, tmp_path / "bag").folder)).validate()
