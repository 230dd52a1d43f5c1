"""What lies in the inbox was put there by whoever may, which is not root."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioning.release.errors import BadRelease
from provisioning.release.take import take
from provisioning.update.bundles import offered


@pytest.mark.parametrize("name", [b"zaitang-\x1b[31m9.tar", b"zaitang-\xb0\xe6.tar", b"zaitang-9\n.tar", b"9.tar"])
def test_a_name_that_no_bundle_has_is_not_looked_at(tmp_path: Path, name: bytes) -> None:
    good = tmp_path / "zaitang-0.9.0-aarch64.tar"
    good.write_bytes(b"")
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(b"")
    assert offered(tmp_path) == good


def test_the_highest_version_is_offered_whatever_lies_there_from_before(tmp_path: Path) -> None:
    for name in ("0.9.0-aarch64", "0.10.0-aarch64", "0.10.0rc1-aarch64", "old"):
        (tmp_path / f"zaitang-{name}.tar").write_bytes(b"")
    assert offered(tmp_path) == tmp_path / "zaitang-0.10.0-aarch64.tar"


def test_no_name_in_a_bundle_writes_to_the_terminal_of_root(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "a\x1b]0;x\x07").symlink_to("/etc/passwd")
    with pytest.raises(BadRelease) as caught:
        take(bundle, tmp_path / "copy")
    assert all(caught.value.words(lang).isprintable() for lang in ("zh", "en"))
