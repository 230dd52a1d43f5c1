"""Another bucket in centre.toml is noticed, and taken only when all files are there."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.bucket.errors import OtherBucket
from central.cli import main
from central.wiring import Centre, open_centre
from tests.central.bucket.conftest import Shop
from tests.central.bucket.test_moving import FILES, SHAS, Bring, box, bring, kept, mover

__all__ = ["box", "bring", "kept"]


def renamed(centre: Centre, name: str) -> Centre:
    path = centre.folder / "centre.toml"
    path.write_text(path.read_text("utf-8").replace('name = "video"', f'name = "{name}"'), "utf-8")
    return open_centre(centre.folder, centre.clock)


def test_another_bucket_is_refused_in_words(
    kept: Centre, bring: Bring, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(0)
    assert mover(kept).some() == 1
    other = renamed(kept, "locked")
    with pytest.raises(OtherBucket, match=r"1 files lie in the bucket .*video"):
        _ = other.bucket
    other.store.close()
    assert main(["--lang", "en", "bucket", "push", "--centre", str(kept.folder)]) == 2
    assert "bucket adopt" in capsys.readouterr().err


def test_before_anything_lies_there_it_may_change(kept: Centre, shop: Shop) -> None:
    assert kept.bucket is not None
    other = renamed(kept, "locked")
    assert other.bucket is not None
    other.store.close()


def test_it_is_adopted_when_all_files_are_there(
    kept: Centre, bring: Bring, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(2):
        bring(index)
    assert mover(kept).some() == 2
    renamed(kept, "locked").store.close()
    copied = shop.bucket("locked")
    (tmp_path / "one").write_bytes(FILES[0])
    copied.put(SHAS[0], tmp_path / "one")
    adopt = ["--lang", "en", "bucket", "adopt", "--centre", str(kept.folder)]
    assert main(adopt) == 2 and "1 of 2 files are not in the bucket" in capsys.readouterr().err
    (tmp_path / "two").write_bytes(FILES[1])
    copied.put(SHAS[1], tmp_path / "two")
    assert main(adopt) == 0 and "2 files are in the bucket" in capsys.readouterr().out
    again = open_centre(kept.folder, kept.clock)
    assert again.bucket is not None
    again.store.close()
