"""What the documents say of the tree is true: paths, the maps of folders, the commands."""
from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.project.conftest import ROOT
from tests.project.test_catalogues import FILES, catalogue

DOCUMENTS = ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CHANGELOG.md", "evidence/README.md"]
LATER = {"docs", "systemd"}
"""Folders of the project that may have no file yet."""
TO_COME = ("to come", "后续提供")
PATH = re.compile(r"(?<![\w./~-])(?:[\w.-]+/)+[\w.-]*")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
QUOTED = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \|$", re.MULTILINE)


def documents() -> list[str]:
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "why").glob("*.md")]
    return DOCUMENTS + sorted(str(path.relative_to(ROOT)) for path in pages)


def tops(tracked: list[str]) -> set[str]:
    return {name.split("/")[0] for name in tracked if "/" in name}


def paths(text: str, folders: set[str]) -> set[str]:
    """What in a text looks like a path of this repository: it begins with one of its top folders."""
    found = {match.group().rstrip(".") for match in PATH.finditer(text)}
    return {path for path in found if path.split("/")[0] in folders}


def exists(path: str) -> bool:
    """As a file or folder, or as a module written without its ending."""
    return (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


@pytest.mark.parametrize("name", documents())
def test_every_path_that_a_document_names_is_there(name: str, tracked: list[str]) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    absent = [path for path in paths(text, tops(tracked) | LATER) if not exists(path)]
    assert sorted(absent) == [], f"{name} names what is not there"


@pytest.mark.parametrize("name", documents())
def test_every_link_of_a_document_leads_somewhere(name: str, tracked: list[str]) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in LINK.findall(text) if "://" not in target]
    relative = {target: os.path.normpath(Path(name).parent / target) for target in targets}
    assert [target for target, path in relative.items() if path not in tracked] == [], f"dead links in {name}"


def test_a_path_is_told_from_other_words_with_a_slash() -> None:
    text = "Debian 12/13, `edge/wiring.py`, (photos/), https://example.org/edge/x, edge/store. and/or I/O ./edge/no"
    assert paths(text, {"edge"}) == {"edge/wiring.py", "edge/store"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_map_of_folders_is_the_tree(name: str, tracked: list[str]) -> None:
    told = {}
    for cells, said in ROW.findall((ROOT / name).read_text(encoding="utf-8")):
        told |= dict.fromkeys(re.findall(r"`([\w.]+)/`", cells), said)
    visible = {folder for folder in tops(tracked) if not folder.startswith(".")}
    assert visible - set(told) == set(), "folders that the map leaves out"
    to_come = {folder for folder, said in told.items() if any(word in said for word in TO_COME)}
    assert set(told) - visible - to_come == set(), "folders that are only on the map"


def test_the_map_of_modules_in_the_architecture_is_the_tree() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folder, told = "", []
    for line in text.split("```")[1].splitlines():
        names, _, _ = re.sub(r"^(\s*\S.*?)\s{2,}.*$", r"\1|", line).partition("|")
        if names[:1].strip():
            folder = names.strip().split()[0]
            told.append(folder)
        else:
            told += [f"{folder}{name}" for name in names.split()]
    assert [name for name in told if not exists(name)] == []
    assert len(told) == len(set(told)), "a folder stands on the map twice"
    inits = [init for end in ("edge", "central") for init in (ROOT / end).glob("*/__init__.py")]
    packages = {str(init.parent.relative_to(ROOT)) for init in inits}
    assert packages - set(told) == set(), "folders that the map leaves out"


def test_no_decision_stands_twice() -> None:
    pages = [ROOT / "ARCHITECTURE.md", *(ROOT / "docs" / "why").glob("*.md")]
    rows = [row for page in pages for row in re.findall(r"^\| 20.*\|$", page.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(rows) == len(set(rows)) > 300


def test_both_readmes_name_the_same_commands() -> None:
    command = re.compile(r"^(make \w+|zaitang-[\w-]+(?: [a-z|]+(?= ))?)", re.MULTILINE)
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert command.findall(english) == command.findall(chinese) != []


def test_both_pages_of_storage_name_the_same_commands_and_settings() -> None:
    told = []
    for name in ("storage.md", "storage.zh-CN.md"):
        text = " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").replace("--lang en ", "").split())
        told.append({*re.findall(r"(?<=`)[a-z][a-z_.]+(?: = [^`]+)?(?=`)|zaitang-\w+ [a-z-]+(?: [a-z]+)*", text)})
    assert told[0] == told[1] and len(told[0]) > 30


@pytest.mark.parametrize("reader", ["institution", "supervisor"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_quick_start_quotes_stands_on_the_pages(reader: str, lang: str) -> None:
    name = f"start-{reader}{'.zh-CN' if lang == 'zh' else ''}.md"
    entries = [one for path in FILES for one in catalogue(str(path.relative_to(path.parents[1]))) if one.id]
    shown = {re.sub(r"\{\w+\}", "…", one.string if lang == "zh" else one.id) for one in entries}
    quoted = set(QUOTED.findall((ROOT / "docs" / name).read_text(encoding="utf-8")))
    assert quoted - shown == set() and len(quoted) > 4


def test_the_commands_that_everybody_calls_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    assert {"demo", "test", "setup", "check", "bench"} <= targets
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony and set(phony[1].split()) == targets
    check = makefile.split("\ncheck:")[1].split("\n\n")[0]
    assert all(tool in check for tool in ("ruff check", "mypy -p evidence", "lint-imports"))
    entry = ROOT / ".ci" / "run"
    assert os.access(entry, os.X_OK) and "make test" in entry.read_text(encoding="utf-8")
    assert os.access(ROOT / "provisioning" / "setup", os.X_OK)
