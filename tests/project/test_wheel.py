"""The bare wheel: holds every file that its packages read, and does what an auditor needs with nothing else there."""
from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from evidence.certs import fingerprint
from tests.project.conftest import PACKAGES, listed
from tests.verify.bagging import whole_bag
from tests.verify.making import class_of, write_export

Verify = Callable[..., "subprocess.CompletedProcess[str]"]
RUN = """\
import runpy, sys
sys.path[:0] = sys.argv[1:3]
del sys.argv[:3]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="session")
def wheel(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the working tree, without network."""
    out = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), str(copied))
    (built,) = out.glob("zaitang-*.whl")
    return built


@pytest.fixture(scope="session")
def verify(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """Runs the installed `zaitang-verify` on Python, the wheel and its base dependencies alone."""
    target, base = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("base")
    pip("install", "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel))
    for name in base_distributions(wheel):
        link(name, base)

    def run(*arguments: str, script: Path = target / "bin" / "zaitang-verify") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "-B", "-c", RUN, str(target), str(base), str(script), *arguments]
        return subprocess.run(command, cwd=base, env={}, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment into which the wheel was installed, and what it needs without any extra: as on a machine that
    never saw the project."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=False)
    pip("--python", str(folder / "bin/python"), "install", "--no-deps", "--no-index", str(wheel))
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in base_distributions(wheel):
        link(name, packages)
    return folder


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def base_distributions(wheel: Path) -> set[str]:
    """What the wheel needs without any extra, and what these need, by the names they are installed under here."""
    (metadata,) = importlib.metadata.distributions(path=[str(wheel)])
    todo, found = needs(metadata), set[str]()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += needs(importlib.metadata.distribution(name))
    return found


def needs(distribution: importlib.metadata.Distribution) -> list[str]:
    asked = [Requirement(each) for each in distribution.requires or ()]
    return [each.name for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]


def link(name: str, folder: Path) -> None:
    """Make an installed distribution importable from `folder`, and nothing that lies beside it."""
    distribution = importlib.metadata.distribution(name)
    tops = {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    for top in tops:
        (folder / top).symlink_to(Path(str(distribution.locate_file(top))))


def test_the_wheel_holds_every_file_of_its_packages_and_no_other(wheel: Path) -> None:
    ours = listed("--cached", "--others", "--exclude-standard", "--", *PACKAGES)
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert set(ours) - held == set(), "files that pyproject.toml leaves out"
    assert held - set(ours) == set(), "files that are not in the tree"


def test_the_wheel_says_its_licence_and_its_commands(wheel: Path) -> None:
    (metadata,) = importlib.metadata.distributions(path=[str(wheel)])
    assert metadata.metadata["License-Expression"] == "Apache-2.0"
    assert {entry.name for entry in metadata.entry_points} == {"zaitang-edge", "zaitang-central", "zaitang-verify"}
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())


def test_an_auditor_needs_nothing_but_the_bare_wheel(verify: Verify, tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", *class_of())
    whole = verify(str(export), "--lang", "en", "--json", str(tmp_path / "result.json"))
    assert (whole.returncode, whole.stderr) == (0, "") and "Whole: every seal, link and hash holds." in whole.stdout
    assert "R3: " in whole.stdout and (tmp_path / "result.json").exists()
    assert "完整" in verify(str(export)).stdout
    video = next(export.glob("segments/*/*/*.mp4"))
    video.write_bytes(bytes([video.read_bytes()[0] ^ 1]) + video.read_bytes()[1:])
    broken = verify(str(export), "--lang", "en")
    assert broken.returncode == 1 and video.name in broken.stdout
    assert verify(str(tmp_path), "--lang", "en").returncode == 2


def test_the_auditors_python_really_has_nothing_else(verify: Verify, tmp_path: Path) -> None:
    script = tmp_path / "probe.py"
    script.write_text(
        "import importlib.util\n"
        "names = 'numpy', 'cv2', 'av', 'pytest', 'fastapi', 'edge.cli', 'babel', 'orjson', 'rfc8785'\n"
        "print([name for name in names\n"
        "       if importlib.util.find_spec(name)])\n")
    assert verify(script=script).stdout.strip() == "['edge.cli', 'babel', 'orjson', 'rfc8785']"


def test_a_bag_is_checked_where_nobody_has_the_project(elsewhere: Path, tmp_path: Path) -> None:
    bag = whole_bag(tmp_path / "bag")
    moved = Path(shutil.move(bag, tmp_path / "moved"))
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ZAITANG"))}
    root = fingerprint(class_of()[0].root)

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run([elsewhere / "bin/zaitang-verify", moved, "--root", root, "--lang", "en"],
                              cwd=elsewhere, env=env, capture_output=True, text=True, check=False)

    where = subprocess.run([elsewhere / "bin/python", "-c", "import verify; print(verify.__file__)"], cwd=elsewhere,
                           env=env, capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(elsewhere))
    whole = check()
    assert (whole.returncode, whole.stderr) == (0, "") and "Signer pinned" in whole.stdout
    assert "Names: 2" in whole.stdout
    for name in ("data/class/segments/box-1/r-1/000001.mp4", "data/index.pdf", "tagmanifest-sha256.txt"):
        data = (moved / name).read_bytes()
        (moved / name).write_bytes(bytes([data[0] ^ 1]) + data[1:])
        tampered = check()
        assert tampered.returncode == 1 and Path(name).name in tampered.stdout
        (moved / name).write_bytes(data)
    assert check().returncode == 0
