"""What an update asks a box gets what opens its keys, where they are locked, and only there."""
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
