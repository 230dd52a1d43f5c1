"""What an update asks a box gets what opens its keys, and a box that cannot be read is not taken for none."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from provisioning.update.ends import BOX, CENTRE, End, Ends


@pytest.mark.parametrize(("end", "other", "credential"), [
    (BOX, CENTRE, "zaitang.keys"), (CENTRE, BOX, "zaitang.centre-keys"),
])
def test_an_end_is_asked_with_what_opens_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: End, other: End, credential: str,
) -> None:
    called = list[list[str]]()

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    ends = Ends(tmp_path, tmp_path / "releases", ["box", "centre"])
    place = tmp_path / "etc/credstore.encrypted"
    place.mkdir(parents=True)
    (place / Path(other.keys.credential).name).touch()
    ends.ask(end, "1", "schema")
    (place / credential).touch()
    ends.ask(end, "1", "schema")
    # By its path: a system that does not know the property has no such file, and would refuse the whole call.
    more = set(called[1]) - set(called[0])
    assert more == {f"--property=LoadCredentialEncrypted={credential}:/etc/credstore.encrypted/{credential}"}
    assert called[1].index(*more) < called[1].index(str(tmp_path / "releases/1/bin" / end.program))


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
