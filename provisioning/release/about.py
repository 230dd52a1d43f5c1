"""What a release says of itself (release.toml), and whether a machine may install it. Pure.

The file is TOML of two shapes only, a text and a list of texts, each on a line of its own: Python 3.10, which a Jetson
has before anything is installed, reads no other TOML.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection

from provisioning.release.errors import BadAbout, BadRelease, NoPython, Older, OtherArch, TooFarBehind, TooMuch

MAX_ABOUT = 4096
ARCHS = ("aarch64", "x86_64")
_VERSION = r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:(?:a|b|rc)[0-9]{1,4})?"
_TEXT = re.compile(r'([a-z_]{1,32}) = "([ -!#-\[\]-~]{0,64})"')
_LIST = re.compile(r'([a-z_]{1,32}) = \[("[0-9.]{1,8}"(?:, "[0-9.]{1,8}"){0,7})\]')
_SHAPES = {"version": _VERSION, "arch": "|".join(ARCHS), "made": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
           "updates_from": _VERSION}
_PYTHON = re.compile(r"3\.[0-9]{1,2}")


@dataclasses.dataclass(frozen=True)
class Release:
    """`version`: as in `0.1.0`, or `0.2.0rc1`; `arch`: `aarch64` or `x86_64`; `made`: UTC, of the newest change in it;
    `pythons`: for which it brings packages; `updates_from`: the lowest version that it can follow."""

    version: str
    arch: str
    made: str
    pythons: tuple[str, ...]
    updates_from: str

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"zaitang-{self.version}-{self.arch}"


@dataclasses.dataclass(frozen=True)
class Machine:
    """`arch`: as `uname -m` says it; `pythons`: versions that are there, or that its system can install."""

    arch: str
    pythons: Collection[str]


def read_release(data: bytes) -> Release:
    """What release.toml says. Raises BadAbout, TooMuch."""
    if len(data) > MAX_ABOUT:
        raise TooMuch(what="release.toml (bytes)", most=MAX_ABOUT)
    texts: dict[str, str] = {}
    pythons: tuple[str, ...] = ()
    for line in data.decode("ascii", "replace").split("\n"):
        if not line or line.startswith("#"):
            continue
        if (listed := _LIST.fullmatch(line)) and listed[1] == "python" and not pythons:
            pythons = tuple(re.findall(r'"([0-9.]+)"', listed[2]))
        elif (told := _TEXT.fullmatch(line)) and told[1] in _SHAPES and told[1] not in texts:
            texts[told[1]] = told[2]
        else:
            raise BadAbout(key=line.partition(" ")[0][:32] or line[:32])
    for key, shape in _SHAPES.items():
        if not re.fullmatch(shape, texts.get(key, ""), re.ASCII):
            raise BadAbout(key=key)
    if not pythons or not all(map(_PYTHON.fullmatch, pythons)) or len(set(pythons)) < len(pythons):
        raise BadAbout(key="python")
    return Release(texts["version"], texts["arch"], texts["made"], pythons, texts["updates_from"])


def write_release(release: Release) -> bytes:
    """What `read_release` reads."""
    pythons = ", ".join(f'"{version}"' for version in release.pythons)
    return (f'version = "{release.version}"\narch = "{release.arch}"\nmade = "{release.made}"\n'
            f'python = [{pythons}]\nupdates_from = "{release.updates_from}"\n').encode("ascii")


def version_key(version: str) -> tuple[tuple[int, ...], int, int]:
    """By which versions are ordered: `0.9` < `0.10rc1` < `0.10` = `0.10.0`. Raises BadAbout."""
    if not re.fullmatch(_VERSION, version, re.ASCII):
        raise BadAbout(key="version")
    numbers, stage, count = re.fullmatch(r"([0-9.]+)(a|b|rc)?([0-9]*)", version).groups()  # type: ignore[union-attr]
    parts = [int(part) for part in numbers.split(".")]
    padded = tuple(parts + [0] * (4 - len(parts)))
    return padded, ("a", "b", "rc", None).index(stage), int(count or 0)


def may_install(release: Release, installed: str | None, machine: Machine, downgrade: bool = False) -> list[BadRelease]:
    """Every reason why this machine must not take the release; none: it may. `installed`: the version that runs, None
    where nothing does. `downgrade`: somebody asked for an older one. Raises BadAbout for an `installed` that is no
    version."""
    reasons: list[BadRelease] = []
    if release.arch != machine.arch:
        reasons.append(OtherArch(wanted=release.arch, arch=machine.arch))
    if not set(release.pythons) & set(machine.pythons):
        reasons.append(NoPython(wanted=", ".join(release.pythons), there=", ".join(sorted(machine.pythons)) or "-"))
    if installed is None:
        return reasons
    if version_key(release.version) < version_key(installed) and not downgrade:
        reasons.append(Older(version=release.version, installed=installed))
    if version_key(installed) < version_key(release.updates_from):
        reasons.append(TooFarBehind(version=release.version, least=release.updates_from, installed=installed))
    return reasons
