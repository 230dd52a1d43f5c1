"""A small root folder to place things in, and who places them there."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.install.host import Host
from provisioning.install.journal import FOLDER, Journal
from provisioning.install.machine import Machine
from provisioning.install.said import Said

DEBIAN = Machine("pc", ("debian", "12"), "x86_64", 64, 50 * 10**9)


@pytest.fixture
def said() -> list[str]:
    """What was told, in English."""
    return []


@pytest.fixture
def host_of(tmp_path: Path, said: list[str]) -> Callable[..., Host]:
    """Makes the host anew, as the next run does: it knows what the journal says."""
    root = tmp_path / "root"
    (root / FOLDER[1:]).mkdir(parents=True)
    (root / "etc").mkdir()

    def tell(sentence: Said) -> None:
        said.append(sentence.en)

    def make(machine: Machine = DEBIAN, force: bool = False) -> Host:
        return Host(root, machine, Journal(root / FOLDER[1:] / "installed.json"), owns=False, force=force, say=tell)

    return make
