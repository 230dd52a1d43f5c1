"""Makes a bundle: gathers the parts of one commit, checks that no target lacks anything, lays them out, hashes them."""
from __future__ import annotations

import dataclasses
import fcntl
import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.bundle import debs, packs, wheels
from provisioning.bundle.errors import NoCheckout, OtherMakes
from provisioning.bundle.pins import Pin, Wheel, bundled, complete, read_pins
from provisioning.bundle.run import run
from provisioning.bundle.targets import Target
from provisioning.bundle.wheels import PART, Say
from provisioning.release.about import Release, write_release
from provisioning.release.check import hash_file
from provisioning.release.sums import ABOUT, MAX_FILE, SUMS, read_sums, write_sums

ROOTS = {"box.txt": "zaitang[edge]", "centre.txt": "zaitang[central,stamps]"}
"""Requirement files, and what each is pinned for."""
HEADS = ("install-box", "install-centre")
LEFT_OUT = ("demo", "bundle", "setup", "apt.txt", "apt-test.txt")
"""Of provisioning/: what machines that run the product have no use for."""
LISTS_LEFT_OUT = ("build.in", "build.txt", "dev.txt", "overrides.txt")
PLAYER = ("dist/hls.light.min.mjs", "LICENSE", "package.json")
"""Of hls.js: what the console serves, and whose it is."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """`targets`: of one architecture; `packs`: model packs; `debs`: a release of Debian, or empty."""

    targets: tuple[Target, ...]
    packs: tuple[str, ...] = ()
    debs: str = ""


def make(top: Path, place: Path, wanted: Wanted, say: Say) -> tuple[Path, Release]:
    """The bundle of the commit that is checked out at `top`, as a folder below `place`, not signed. What was downloaded
    is kept in `place/pool`. Raises CannotMake, BadRelease."""
    pool = place / "pool"
    pool.mkdir(parents=True, exist_ok=True)
    epoch = _epoch(top)
    with _alone(place), tempfile.TemporaryDirectory(dir=place, prefix=PART) as work:
        tree = _tree(top, Path(work))
        release = _release(tree, wanted, epoch)
        folder = Path(work) / release.name
        folder.mkdir()
        lists = {name: read_pins((tree / "provisioning/requirements" / name).read_text("utf-8")) for name in ROOTS}
        pinned = list({pin: None for pins in lists.values() for pin in pins})
        say(f"版本 {release.version}，{release.arch}，Python {'、'.join(release.pythons)}",
            f"version {release.version}, {release.arch}, Python {', '.join(release.pythons)}")
        found = wheels.fetch(pinned, wanted.targets, pool, say)
        own = wheels.build_own(tree, Path(work), epoch)
        found[wheels.described(own)] = own
        complete(tuple(ROOTS.values()), pinned, list(found), overrides(tree), wanted.targets)
        _lay_out(tree, folder, lists, found)
        _player(top, folder, say)
        _debs(tree, folder, wanted, pool, say)
        packs.fetch(wanted.packs, pool, folder / "packs", say)
        (folder / ABOUT).write_bytes(write_release(release))
        _hashed(folder)
        return _placed(folder, place / release.name), release


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Nobody else makes one here meanwhile; what a kill left half-made goes. Raises OtherMakes."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in place.rglob(f"{PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    except BlockingIOError:
        raise OtherMakes(folder=place) from None
    finally:
        os.close(descriptor)


def _epoch(top: Path) -> int:
    if not (top / ".git").exists():
        raise NoCheckout(folder=top)
    return int(run("git log", ["git", "-C", top, "log", "-1", "--format=%ct"]))


def _tree(top: Path, work: Path) -> Path:
    """The files of the commit, and nothing that lies beside them."""
    tree = work / "tree"
    tree.mkdir()
    archive = work / "tree.tar"
    run("git archive", ["git", "-C", top, "archive", "--format=tar", "-o", archive, "HEAD"])
    run("tar", ["tar", "-xf", archive, "-C", tree, "--no-same-permissions"])
    return tree


def _release(tree: Path, wanted: Wanted, epoch: int) -> Release:
    told = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    return Release(told["project"]["version"], wanted.targets[0].arch, made,
                   tuple(target.python for target in wanted.targets), told["tool"]["zaitang"]["updates_from"])


def overrides(tree: Path) -> list[str]:
    """Requirements that hold in the place of what wheels ask for."""
    lines = (tree / "provisioning/requirements/overrides.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _lay_out(tree: Path, folder: Path, lists: dict[str, list[Pin]], found: dict[Wheel, Path]) -> None:
    (folder / "wheels").mkdir()
    for wheel, path in found.items():
        shutil.copyfile(path, folder / "wheels" / wheel.file)
    shutil.copytree(tree / "systemd", folder / "systemd")
    shutil.copytree(tree / "provisioning", folder / "provisioning", ignore=shutil.ignore_patterns(*LEFT_OUT))
    requirements = folder / "provisioning" / "requirements"
    for name in LISTS_LEFT_OUT:
        (requirements / name).unlink(missing_ok=True)
    for name, pins in lists.items():
        (requirements / name).write_text(bundled(pins, list(found)), "utf-8")
    for name in HEADS:
        shutil.copy(tree / "provisioning" / name, folder / name)


def _player(top: Path, folder: Path, say: Say) -> None:
    """hls.js, which npm put into the checkout by its hash."""
    npm = top / "provisioning/npm/node_modules/hls.js"
    if not (npm / PLAYER[0]).is_file():
        say("没有 hls.js（先运行 make setup）：Firefox 等浏览器将无法在控制台播放录像",
            "hls.js is not here (make setup brings it): browsers such as Firefox will play no video in the console")
        return
    for name in PLAYER:
        to = folder / "provisioning/npm/node_modules/hls.js" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(npm / name, to)


def _debs(tree: Path, folder: Path, wanted: Wanted, pool: Path, say: Say) -> None:
    lines = debs.listed(tree)
    (folder / "debs.txt").write_text("".join(line + "\n" for line in lines), "utf-8")
    (folder / "debs").mkdir()
    files = debs.fetch(lines, wanted.debs, wanted.targets[0].arch, pool / "debs", say) if wanted.debs else []
    for path in files:
        shutil.copyfile(path, folder / "debs" / path.name)
    (folder / "debs" / "README.txt").write_text(debs.readme(wanted.debs, len(files)), "utf-8")


def _hashed(folder: Path) -> None:
    """Writes the list of all files, and reads it as a machine will."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir())
    listed = write_sums({str(path.relative_to(folder)): hash_file(path, MAX_FILE)[0] for path in paths})
    read_sums(listed)
    (folder / SUMS).write_bytes(listed)


def _placed(folder: Path, target: Path) -> Path:
    """In the place of the one that was made before."""
    os.sync()
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    return target
