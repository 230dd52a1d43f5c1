"""`zaitang-central bucket` as an operator sees it."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.cli import main
from central.wiring import init_centre
from tests.central.bucket.conftest import Shop, keep_in_bucket


def test_without_a_bucket_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    for what in ("check", "push"):
        assert main(["--lang", "en", "bucket", what, "--centre", str(tmp_path / "centre")]) == 0
        assert "No bucket" in capsys.readouterr().out


def test_a_check_says_what_the_store_does(tmp_path: Path, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    keep_in_bucket(tmp_path / "centre", shop.place())
    assert main(["--lang", "en", "bucket", "check", "--centre", str(tmp_path / "centre")]) == 0
    said = capsys.readouterr().out
    assert "gives them back unchanged" in said and "whoever has its keys" in said and "There: 0 files" in said
    assert main(["--lang", "zh", "bucket", "push", "--centre", str(tmp_path / "centre")]) == 0
    assert "已移入存储桶：0 个文件" in capsys.readouterr().out


def test_keys_that_are_missing_are_named(tmp_path: Path, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    keep_in_bucket(tmp_path / "centre", shop.place())
    (tmp_path / "centre" / "keys" / "bucket.toml").write_text("access_key_id = 7\n", "utf-8")
    assert main(["--lang", "en", "bucket", "check", "--centre", str(tmp_path / "centre")]) == 2
    assert "bucket.toml" in capsys.readouterr().err


def test_keys_that_others_on_the_machine_can_read_are_refused(
    tmp_path: Path, shop: Shop, capsys: pytest.CaptureFixture[str],
) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    keep_in_bucket(tmp_path / "centre", shop.place())
    secret = tmp_path / "centre" / "keys" / "bucket.toml"
    for mode in (0o640, 0o604, 0o620):
        secret.chmod(mode)
        assert main(["--lang", "en", "bucket", "check", "--centre", str(tmp_path / "centre")]) == 2
        assert "its mode must be 600" in capsys.readouterr().err
    secret.chmod(0o600)
    assert main(["--lang", "en", "bucket", "check", "--centre", str(tmp_path / "centre")]) == 0
