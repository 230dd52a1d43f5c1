"""The project as a tree of files: what git tracks, and a copy of the working tree to build from."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("evidence", "verify", "common", "edge", "central", "models")
"""What the wheel holds."""


def listed(*options: str) -> list[str]:
    """Files of the checkout by path, as git lists them with these options."""
    done = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True,
        check=False)
    if done.returncode != 0:
        pytest.skip(f"this is no checkout of git: {done.stderr.strip()}")
    return sorted(name for name in set(done.stdout.split("\0")) if name and (ROOT / name).is_file())


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """Every file that git tracks."""
    return listed()


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree without what git ignores, so that nothing built here can hide a missing file."""
    folder = tmp_path_factory.mktemp("tree")
    for name in listed("--cached", "--others", "--exclude-standard"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder
