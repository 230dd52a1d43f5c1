"""For which machines a bundle is: which wheels run there, and what the markers of requirements say there. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from packaging.tags import Tag, compatible_tags, cpython_tags

PYTHONS = {"aarch64": ("3.11", "3.13"), "x86_64": ("3.11", "3.12", "3.13")}
"""Those of the systems that the installer knows: Raspberry Pi OS 12 and 13, JetPack 6; Debian 12 and 13, Ubuntu
24.04."""
DEB_ARCH = {"aarch64": "arm64", "x86_64": "amd64"}
GLIBC = range(35, 16, -1)
"""Minor versions of glibc 2 that a wheel may ask for: JetPack 6 has 2.35, the lowest of these systems."""
_OLD = {"aarch64": ("manylinux2014",), "x86_64": ("manylinux2014", "manylinux2010", "manylinux1")}


@dataclasses.dataclass(frozen=True)
class Target:
    """`arch`: as `uname -m` says it; `python`: such as `3.11`."""

    arch: str
    python: str

    @property
    def platforms(self) -> tuple[str, ...]:
        """Tags of platforms, the newest first."""
        return (*(f"manylinux_2_{minor}_{self.arch}" for minor in GLIBC),
                *(f"{name}_{self.arch}" for name in _OLD[self.arch]), f"linux_{self.arch}")

    @property
    def abis(self) -> tuple[str, ...]:
        """Besides `none`."""
        return (f"cp{self.python.replace('.', '')}", "abi3")

    @property
    def tags(self) -> frozenset[Tag]:
        """Of every wheel that runs there."""
        version = tuple(map(int, self.python.split(".")))
        return frozenset((*cpython_tags(version, self.abis[:1], self.platforms),
                          *compatible_tags(version, f"cp{self.python.replace('.', '')}", self.platforms)))

    @property
    def environment(self) -> Mapping[str, str]:
        """What markers are asked about. Of a version of Python the lowest counts: no marker tells them apart."""
        return {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": self.arch,
                "platform_release": "", "platform_version": "", "implementation_name": "cpython",
                "platform_python_implementation": "CPython", "implementation_version": f"{self.python}.0",
                "python_version": self.python, "python_full_version": f"{self.python}.0", "extra": ""}

    def __str__(self) -> str:
        return f"Python {self.python}, {self.arch}"
