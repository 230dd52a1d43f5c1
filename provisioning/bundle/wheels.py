"""The wheels of a bundle: downloaded for its targets, built where there is none, kept by hash for the next time."""
from __future__ import annotations

import importlib.metadata
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from provisioning.bundle.errors import WrongDownload
from provisioning.bundle.pins import Pin, Wheel, wheels_of
from provisioning.bundle.run import run
from provisioning.bundle.targets import Target
from provisioning.release.check import hash_file
from provisioning.release.sums import MAX_FILE

Say = Callable[[str, str], None]
"""Tells people something, in Chinese and in English."""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
PART = ".part-"
"""How folders begin in which something is being made."""
AT_ONCE = 8
"""Packages in one call of pip: what it brought is kept when the next one is cut off."""
SOURCES = frozenset({"face-recognition-models"})
"""Projects that publish no wheel. Each is plain Python and data: what is built here runs everywhere."""
BUILT = "1577836800"
"""The time of every file in a wheel that is built of them, in Unix seconds, so that its bytes are always the same."""


def fetch(pins: Collection[Pin], targets: Sequence[Target], pool: Path, say: Say) -> dict[Wheel, Path]:
    """A wheel for each pin that a target needs, and where it lies below `pool`. Each target has a folder of its own, so
    that what another bundle brought never decides which of two wheels that run is taken. Raises CannotMake."""
    found: dict[Wheel, Path] = {}
    for target in targets:
        own = pool / f"{target.arch}-{target.python}"
        own.mkdir(parents=True, exist_ok=True)
        needed = [pin for pin in pins if pin.needed(target)]
        plain = [pin for pin in needed if pin.name not in SOURCES]
        missing = _missing(plain, target, own)
        say(f"{target}：{len(plain)} 个软件包，其中 {len(plain) - len(missing)} 个已在本机",
            f"{target}: {len(plain)} packages, {len(plain) - len(missing)} of which are here")
        for at in range(0, len(missing), AT_ONCE):
            _download(missing[at:at + AT_ONCE], target, own)
            done = min(at + AT_ONCE, len(missing))
            say(f"  已下载 {done}/{len(missing)}", f"  downloaded {done}/{len(missing)}")
        there = _there(own)
        found.update({one: own / one.file for pin in plain for one in wheels_of(pin, there, target)
                      if one.sha256 in pin.hashes})
        for pin in (pin for pin in needed if pin.name in SOURCES):
            path = _built(pin, pool, say)
            found[described(path)] = path
    return found


def described(path: Path) -> Wheel:
    """A wheel of the disk."""
    (metadata,) = importlib.metadata.distributions(path=[str(path)])
    return Wheel(path.name, hash_file(path, MAX_FILE)[0], tuple(metadata.requires or ()))


def _there(pool: Path) -> list[Wheel]:
    return [described(path) for path in sorted(pool.glob("*.whl"))]


def _missing(pins: Iterable[Pin], target: Target, pool: Path) -> list[Pin]:
    there = _there(pool)
    return [pin for pin in pins if not any(one.sha256 in pin.hashes for one in wheels_of(pin, there, target))]


def _download(pins: Collection[Pin], target: Target, pool: Path) -> None:
    """All of these, or none that is not what is pinned. Raises CannotMake."""
    with tempfile.TemporaryDirectory(dir=pool, prefix=PART) as place:
        asked = Path(place) / "asked.txt"
        asked.write_text("".join(_plain(pin).line(sorted(pin.hashes)) + "\n" for pin in pins))
        run("pip download", [
            *PIP, "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--implementation", "cp",
            "--python-version", target.python, *_each("--abi", (*target.abis, "none")),
            *_each("--platform", target.platforms), "--dest", place, "-r", str(asked)])
        hashes = {each for pin in pins for each in pin.hashes}
        for path in sorted(Path(place).glob("*.whl")):
            if hash_file(path, MAX_FILE)[0] not in hashes:
                raise WrongDownload(file=path.name)
            path.rename(pool / path.name)


def _built(pin: Pin, pool: Path, say: Say) -> Path:
    """Of its sdist, once. Raises CannotMake."""
    place = pool / "built" / min(pin.hashes)[:16]
    if not place.is_dir():
        say(f"  正在构建 {pin.name}（约一分钟）", f"  building {pin.name} (about a minute)")
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=pool, prefix=PART) as work:
            asked = Path(work) / "asked.txt"
            asked.write_text(_plain(pin).line(sorted(pin.hashes)) + "\n")
            run("pip wheel", [*PIP, "wheel", "--no-deps", "--require-hashes", "--no-build-isolation", "--no-cache-dir",
                              "--wheel-dir", f"{work}/out", "-r", str(asked)], {"SOURCE_DATE_EPOCH": BUILT})
            (Path(work) / "out").rename(place)
    (path,) = place.glob("*.whl")
    return path


def build_own(tree: Path, out: Path, epoch: int) -> Path:
    """The project's own wheel, of a copy of its files. `epoch`: Unix seconds, the time of all in it."""
    copy = Path(shutil.copytree(tree, out / "copy"))
    run("pip wheel", [*PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(out),
                      str(copy)], {"SOURCE_DATE_EPOCH": str(epoch)})
    shutil.rmtree(copy)
    (path,) = out.glob("zaitang-*.whl")
    return path


def _plain(pin: Pin) -> Pin:
    """Without its marker: pip would ask it of the Python that runs it."""
    return Pin(pin.name, pin.version, "", pin.hashes)


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [part for value in values for part in (option, value)]
