"""What an update asks a box gets what opens its keys, and a box that cannot be read is not taken for none."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from provisioning.install.ends import KEYS_CREDENTIAL
from provisioning.update.ends import BOX, Ends


def test_a_box_is_asked_with_what_opens_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = list[list[str]]()

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    ends = Ends(tmp_path, tmp_path / "releases", ["box"])
    ends.ask(BOX, "1", "busy")
    (tmp_path / KEYS_CREDENTIAL[1:]).parent.mkdir(parents=True)
    (tmp_path / KEYS_CREDENTIAL[1:]).touch()
    ends.ask(BOX, "1", "busy")
    # By its path: a system that does not know the property has no such file, and would refuse the whole call.
    more = set(called[1]) - set(called[0])
    assert more == {f"--property=LoadCredentialEncrypted=zaitang.keys:{KEYS_CREDENTIAL}"}
    assert called[1].index(*more) < called[1].index(str(tmp_path / "releases/1/bin/zaitang-edge"))


@pytest.mark.parametrize(("names", "made"), [
    ((), False), ((".new", "lost+found"), False), (("box.toml", "zaitang.db"), True), (("zaitang.db",), None),
    ((".new", "video"), None),
])
def test_only_an_empty_folder_is_surely_no_box(tmp_path: Path, names: tuple[str, ...], made: bool | None) -> None:
    folder = tmp_path / BOX.folder[1:]
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    ends = Ends(tmp_path, tmp_path / "releases", ["box"])
    assert ends.has_box() is made
    if not made:
        assert ends.busy("1", 15) == ("" if made is False else "unknown")


def test_a_folder_that_does_not_open_is_not_taken_for_empty(tmp_path: Path) -> None:
    folder = tmp_path / BOX.folder[1:]
    folder.parent.mkdir(parents=True)
    ends = Ends(tmp_path, tmp_path / "releases", ["box"])
    assert ends.has_box() is False and Ends(tmp_path, tmp_path / "releases", ["centre"]).has_box() is False
    folder.write_text("no folder")
    assert ends.has_box() is None and ends.ailing("1") is None
