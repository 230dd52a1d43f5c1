"""Films for the faults: small pictures, each unlike every other, so that each packet can be found again; disks."""
from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edge.recorder.conftest import make_film

# What these assert is shown as in a test: a road that breaks once in a hundred runs tells how.
pytest.register_assert_rewrite("tests.faults.road", "tests.faults.tls_road", "tests.faults.whole_road")

GOP_US = 500_000
FRAME_US = 50_000


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds, twenty frames a second, a keyframe each half second."""
    return make_film(tmp_path_factory.mktemp("faults") / "film.mp4", 12, fps=20, gop=10)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a small file system of its own; what fills it is called `ballast`."""
    mounted: list[Path] = []
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small volume")

    def mount(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("nobody may mount a small volume here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
