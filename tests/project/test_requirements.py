"""What is installed: every package pinned by hash, from no named address; the pins are what pyproject.toml asks for."""
from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.conftest import PACKAGES, ROOT

FOLDER = ROOT / "provisioning" / "requirements"
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?: ; [^\\]+?)?((?: --hash=sha256:[0-9a-f]{64})+)", re.IGNORECASE)
APT = re.compile(r"[a-z0-9][a-z0-9.+-]+(\|[a-z0-9][a-z0-9.+-]+)*")
EXTRAS = {"evidence": (), "verify": (), "common": ("stamps",), "models": (), "edge": ("edge",), "central": ("central",)}
"""Which extras a package may use, beyond what the bare wheel brings."""
BROUGHT_BY = {"starlette": "fastapi", "dlib": "dlib-bin"}
"""Imported modules whose distribution does not say that it has them, or that another one is documented to bring."""


def pins(name: str) -> dict[str, str]:
    """Package → version of a requirement file, each line checked; without what is switched off."""
    text = re.sub(r"^\s*#.*\n", "", (FOLDER / name).read_text("utf-8"), flags=re.MULTILINE)
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.replace("\\\n", " ").splitlines()]
    found = {}
    for line in filter(None, lines):
        match = PIN.fullmatch(line)
        assert match, f"{name}: not a package pinned by version and hash: {line[:100]}"
        if "sys_platform == 'never'" not in line:
            found[canonicalize_name(match[1])] = match[2]
    return found


def project() -> dict[str, list[Requirement]]:
    """What pyproject.toml asks for: "" for the bare wheel, else by extra."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {"": table["dependencies"], **table["optional-dependencies"]}
    return {extra: [Requirement(each) for each in listed] for extra, listed in asked.items()}


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.txt") if path.name != "overrides.txt"))
def test_every_package_is_pinned_by_hash_and_no_address_is_named(name: str) -> None:
    assert len(pins(name)) >= 2
    text = (FOLDER / name).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ |\bgit\+", text)


@pytest.mark.parametrize("extra", ["", "edge", "central", "stamps", "dev"])
def test_the_pins_are_what_the_project_asks_for(extra: str) -> None:
    pinned = pins("dev.txt")
    for requirement in project()[extra]:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not pinned: make lock"
        assert requirement.specifier.contains(Version(version)), f"{requirement} against {version}"


@pytest.mark.parametrize(("name", "extras"), [("box.txt", ("", "edge")), ("centre.txt", ("", "central", "stamps"))])
def test_an_end_gets_the_versions_that_the_tests_ran_with_and_no_tool_of_the_tests(
        name: str, extras: tuple[str, ...]) -> None:
    end, asked = pins(name), project()
    assert set(end.items()) <= set(pins("dev.txt").items())
    assert {canonicalize_name(each.name) for extra in extras for each in asked[extra]} <= set(end)
    assert {"pytest", "playwright", "ruff", "mypy", "bagit", "moto"} & set(end) == set()


def test_nothing_pinned_overwrites_the_cv2_of_another() -> None:
    assert [name for name in pins("dev.txt") if name.startswith("opencv")] == ["opencv-python"]


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_imports_is_declared_for_it(package: str) -> None:
    asked = project()
    declared = {canonicalize_name(each.name) for extra in ("", *EXTRAS[package]) for each in asked[extra]}
    providers = packages_distributions()
    undeclared = set()
    for path in (ROOT / package).rglob("*.py"):
        for module in imported(ast.parse(path.read_text("utf-8"))) - set(PACKAGES) - set(sys.stdlib_module_names):
            given = [BROUGHT_BY[module]] if module in BROUGHT_BY else providers.get(module, [module])
            names = {canonicalize_name(name) for name in given}
            undeclared |= set() if names & declared else {f"{path.relative_to(ROOT)}: {module}"}
    assert undeclared == set()


def test_the_lists_for_apt_can_be_read() -> None:
    seen: list[str] = []
    for name in ("apt.txt", "apt-test.txt"):
        lines = [line.partition("#")[0].strip() for line in (FOLDER.parent / name).read_text("utf-8").splitlines()]
        assert all(APT.fullmatch(line) for line in lines if line), name
        seen += [one for line in lines if line for one in line.split("|")]
    assert len(seen) == len(set(seen)) > 5
    assert {"mosquitto", "python3-venv", "chromium"} <= set(seen)


def test_what_npm_installs_is_pinned_by_hash_from_no_named_address() -> None:
    text = (FOLDER.parent / "npm/package-lock.json").read_text("utf-8")
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert set(packages) == {"node_modules/hls.js"} and "://" not in text and "resolved" not in text
    assert all(one["integrity"].startswith("sha512-") and one["license"] == "Apache-2.0" for one in packages.values())


def imported(tree: ast.Module) -> set[str]:
    """The top-level names of all modules that a file imports from elsewhere, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found
