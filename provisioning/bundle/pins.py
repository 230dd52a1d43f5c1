"""Pinned requirements: which of them a target needs, whether wheels for all are there, and the same with the hashes of
these wheels. Pure."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from provisioning.bundle.errors import NotComplete
from provisioning.bundle.targets import Target

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclasses.dataclass(frozen=True)
class Pin:
    """One line: `name` in its canonical form; `hashes`: of each file of that version, sdists too."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    def needed(self, target: Target) -> bool:
        """Whether it is installed there."""
        return not self.marker or _asked(Requirement(f"{self.name} ; {self.marker}"), target)

    def line(self, hashes: Iterable[str]) -> str:
        """As a line for pip."""
        marker = f" ; {self.marker}" if self.marker else ""
        return " \\\n    ".join((f"{self.name}=={self.version}{marker}", *(f"--hash=sha256:{each}" for each in hashes)))


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A file of a bundle. `requires`: what its metadata asks for."""

    file: str
    sha256: str
    requires: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of its project, in the canonical form."""
        return parse_wheel_filename(self.file)[0]

    @property
    def version(self) -> str:
        return str(parse_wheel_filename(self.file)[1])

    def runs(self, target: Target) -> bool:
        """Whether pip takes it there."""
        return bool(parse_wheel_filename(self.file)[3] & target.tags)


def read_pins(text: str) -> list[Pin]:
    """The lines of a file that `make lock` wrote."""
    pins = []
    for line in re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        asked = Requirement(line.partition("--hash")[0].strip())
        (version,) = asked.specifier
        pins.append(Pin(canonicalize_name(asked.name), version.version, str(asked.marker or ""),
                        frozenset(_HASH.findall(line))))
    return pins


def wheels_of(pin: Pin, wheels: Iterable[Wheel], target: Target) -> list[Wheel]:
    """Those of this very version that run there."""
    return [one for one in wheels if (one.name, one.version) == (pin.name, pin.version) and one.runs(target)]


def bundled(pins: Iterable[Pin], wheels: Collection[Wheel]) -> str:
    """The requirement file of a bundle: with the hashes of its own wheels alone, for pip with --no-index and
    --require-hashes."""
    lines = []
    for pin in pins:
        hashes = sorted({one.sha256 for one in wheels if (one.name, one.version) == (pin.name, pin.version)})
        if hashes:
            lines.append(pin.line(hashes))
    return "".join(line + "\n" for line in lines)


def without_wheel(pins: Iterable[Pin], wheels: Collection[Wheel], targets: Iterable[Target]) -> list[str]:
    """What is pinned for a target and has no wheel that runs there, in words."""
    pinned = list(pins)
    return [f"{pin.name} {pin.version} ({target})" for target in targets for pin in pinned
            if pin.needed(target) and not wheels_of(pin, wheels, target)]


def unresolved(roots: Sequence[str], wheels: Collection[Wheel], overrides: Sequence[str], target: Target) -> list[str]:
    """What a target would lack, by the metadata of the wheels themselves, beginning with what is installed there
    (`zaitang[edge]`). `overrides`: requirements that hold in the place of what wheels ask for of the same name."""
    instead = {canonicalize_name(one.name): one for one in map(Requirement, overrides)}
    todo = [(Requirement(root), "") for root in roots]
    seen: set[tuple[str, str]] = set()
    lacking = []
    while todo:
        asked, by = todo.pop()
        name = canonicalize_name(asked.name)
        if name in instead:
            asked = instead[name]
            if not _asked(asked, target):
                continue
        candidates = [one for one in wheels if one.name == name and one.runs(target)
                      and asked.specifier.contains(one.version, prereleases=True)]
        if not candidates:
            lacking.append(f"{asked} ({by or 'zaitang'}, {target})")
            continue
        for extra in ("", *sorted(asked.extras)):
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += [(one, name) for one in map(Requirement, candidates[0].requires) if _asked(one, target, extra)]
    return sorted(set(lacking))


def complete(roots: Sequence[str], pins: Collection[Pin], wheels: Collection[Wheel], overrides: Sequence[str],
             targets: Sequence[Target]) -> None:
    """Raises NotComplete, naming everything that a target would lack."""
    lacking = without_wheel(pins, wheels, targets)
    for target in targets:
        there = [one for pin in pins if pin.needed(target) for one in wheels_of(pin, wheels, target)]
        own = [one for one in wheels if one.name == "zaitang"]
        lacking += unresolved(roots, [*there, *own], overrides, target)
    if lacking:
        raise NotComplete(lacking="\n  ".join(dict.fromkeys(lacking)))


def _asked(asked: Requirement, target: Target, extra: str = "") -> bool:
    return asked.marker is None or asked.marker.evaluate({**target.environment, "extra": extra})
