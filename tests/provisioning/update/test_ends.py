"""What an update asks a box: with what opens its keys, where they are locked; what it answers is anybody's."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from provisioning.install.ends import KEYS_CREDENTIAL
from provisioning.install.said import InstallError
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


def test_what_a_box_complains_says_nothing_to_the_terminal_of_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key of box.toml may be called anything, and is named in the sentence."""
    said = "box.toml: \x1b]0;x\x07\x9b2J: is not a known key\nsecond line, 第二行"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 2, "", said))
    with pytest.raises(InstallError) as caught:
        Ends(tmp_path, tmp_path / "releases", ["box"]).schema(BOX, "1")
    for text in caught.value.said:
        assert text.endswith("box.toml: ?]0;x??2J: is not a known key\nsecond line, 第二行")
