"""What programs of the services' user say is repeated to root: as words, and never as an order to the terminal."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioning.install.said import InstallError
from provisioning.update.ends import BOX, Ends


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
