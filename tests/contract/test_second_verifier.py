"""The document docs/evidence.md is enough: a second verifier that was written from it agrees with zaitang-verify, its
commands do what it says, and the tests that its table names are there."""
from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.places import BOX_TYPES, CENTRE_TYPES
from tests.contract import second_verifier
from tests.evidence.making import START, Maker, Site
from tests.evidence.test_checkpoint import EYE
from tests.evidence.test_golden import GOLDEN, load
from tests.verify.growing import Growing
from tests.verify.making import CLASS, SEGMENT_US, VIDEOS, class_of, order, put, segment, write_export
from tests.verify.test_trees import ATTACKS, OLD, SIZE, Case
from verify.cli import main

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/evidence.md").read_text("utf-8")
EXPORT, TREE, ROLES = (
    json.loads((GOLDEN / f"{name}.json").read_text("utf-8")) for name in ("export", "export-tree", "export-roles"))
NAMES = sorted(EXPORT["files"])
END = "-----END CERTIFICATE-----\n"
BOX = f"chains/box-1.{'0' * 32}.jsonl"


def unpacked(folder: Path, export: Any = EXPORT) -> Path:
    """A golden export."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in export["files"].items():
        put(folder / name, text.encode())
    return folder


def theirs(folder: Path, root: str = EXPORT["root"], *witnesses: str) -> bool:
    """What the second verifier says. Anything else that it raises is a bug, no finding."""
    try:
        second_verifier.verify(folder, root, *witnesses)
    except (second_verifier.Broken, OSError):
        return False
    return True


def ours(folder: Path, root: str = EXPORT["root"], *witnesses: str) -> bool:
    """What zaitang-verify says."""
    told = [argument for key in witnesses for argument in ("--witness", key)]
    return main([str(folder), "--root", root, "--lang", "en", *told]) == 0


def test_the_golden_export_is_whole_to_both(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "export")
    assert theirs(folder) and ours(folder)
    assert not theirs(folder, "ab" * 32) and not ours(folder, "ab" * 32)


@pytest.mark.parametrize("made", [class_of(), class_of(removed=1), class_of(simulated=True),
                                  class_of(between=True)])
def test_other_whole_classes_are_whole_to_both(tmp_path: Path, made: tuple[Site, Maker, Maker]) -> None:
    folder = write_export(tmp_path / "export", *made)
    assert theirs(folder) and ours(folder)


@pytest.mark.parametrize("made", [class_of("sanmenxia-2023"), class_of("sanmenxia-2023", simulated=True)])
def test_what_is_not_real_is_refused_by_both_under_a_real_policy(
    tmp_path: Path, made: tuple[Site, Maker, Maker],
) -> None:
    folder = write_export(tmp_path / "export", *made, "sanmenxia-2023")
    assert not theirs(folder) and not ours(folder)


def _lines(change: Callable[[list[bytes]], list[bytes]], name: str = BOX) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(change(lines)))

    return alter


def _class_of_another_box(folder: Path) -> None:
    site, _, centre = class_of()
    other = site.box("box-2", "2" * 32).alarms(3)
    shutil.rmtree(folder)
    write_export(folder, site, other, centre)
    (folder / f"chains/box-2.{'2' * 32}.jsonl").rename(folder / BOX)


def _another_tree_than_a_box_saw(case: Case) -> None:
    first, second, *others = case.tree.accepted
    Growing(case.site, case.centre, [second, first, *others]).write(case.folder, OLD, SIZE)


def _a_smaller_tree_than_a_box_saw(case: Case) -> None:
    shutil.rmtree(case.folder / "tree")
    ends = [case.centre.sealed[0], case.box.sealed[-1], case.centre.sealed[-1]]
    Growing(case.site, case.centre, ends).write(case.folder, len(ends))


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "a record deleted": _lines(lambda lines: lines[:2] + lines[3:]),
    "two records swapped": _lines(lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]),
    "a record twice": _lines(lambda lines: lines[:3] + lines[2:]),
    "the tail cut": _lines(lambda lines: lines[:-1]),
    "a line without its end": _lines(lambda lines: [*lines[:-1], lines[-1].rstrip(b"\n")]),
    "a space in an envelope": _lines(lambda lines: [lines[0].replace(b":", b": ", 1), *lines[1:]]),
    "the centre's tail cut": _lines(lambda lines: lines[:-1], f"chains/centre.{'c' * 32}.jsonl"),
    "a video gone": lambda folder: (folder / "segments/box-1/r-1/000001.mp4").unlink(),
    "a video longer": lambda folder: put(folder / "segments/box-1/r-1/000001.mp4", b"second segment and more"),
    "two videos swapped": lambda folder: put(folder / "segments/box-1/r-1/000001.mp4", b"first segment"),
    "a video added": lambda folder: put(folder / "segments/box-1/r-1/000009.mp4", b"x"),
    "a file added": lambda folder: put(folder / "readme.txt", b"x"),
    "a link added": lambda folder: (folder / "segments/link").symlink_to("/etc/passwd"),
    "another policy": lambda folder: put(folder / "policy.toml", b"accept_test_keys = true\naccept_simulated = true\n"),
    "no root": lambda folder: (folder / "root.pem").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no chain": lambda folder: (folder / BOX).unlink(),
    "a receipt for nothing": lambda folder: put(folder / f"receipts/box-1.{'0' * 32}.jsonl", b"{}\n"),
    "the chain of another box": _class_of_another_box,
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_both_find_what_was_done_to_an_export(what: str, tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "export")
    ALTERATIONS[what](folder)
    assert not theirs(folder) and not ours(folder)


def _vouched(chain: str, root: str, role: str = second_verifier.BOX) -> bool:
    """Whether the second verifier takes a root's word for a certificate."""
    try:
        second_verifier.check_issued([second_verifier.read_certificate(part + END) for part in
                                      (chain + root).split(END)[:-1]], role)
    except second_verifier.Broken:
        return False
    return True


def test_the_second_verifier_trusts_the_same_chains_of_certificates() -> None:
    certificates = load("certificates")
    for case in certificates["accepted"]:
        for role in (second_verifier.BOX, second_verifier.CENTRE):  # they name none
            assert _vouched(case["certificate"], case["root"], role) == case["test"]
    roles = load("roles")
    role_of = {"box": second_verifier.BOX, "centre": second_verifier.CENTRE}
    assert all(_vouched(case["certificate"], case["root"], role_of[case["role"]]) for case in roles["accepted"])
    assert not any(_vouched(case["certificate"], case["root"], role_of[case["role"]]) for case in roles["refused"])
    for case in (*certificates["refused"], *load("devices")["refused"]):
        assert not _vouched(case["certificate"], case["root"]), case.get("why")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([name for name in TREE["files"] if name.startswith("tree/")]), st.integers(0, 65535),
       st.integers(1, 255))
def test_both_say_the_same_of_any_changed_byte_of_a_tree(tmp_path: Path, name: str, at: int, change: int) -> None:
    """Only what stands in the name of somebody unknown may change."""
    folder = unpacked(tmp_path / "export", TREE)
    data = bytearray((folder / name).read_bytes())
    data[at * len(data) >> 16] ^= change
    (folder / name).write_bytes(bytes(data))
    assert theirs(folder, TREE["root"], TREE["witness"]) == ours(folder, TREE["root"], TREE["witness"])


def test_a_whole_tree_is_whole_to_both(tmp_path: Path) -> None:
    golden = unpacked(tmp_path / "golden", TREE)
    assert theirs(golden, TREE["root"], TREE["witness"]) and ours(golden, TREE["root"], TREE["witness"])
    for case in (Case(tmp_path / "one"), Case(tmp_path / "seen", saw=OLD), Case(tmp_path / "none")):
        if case.folder.name == "none":
            shutil.rmtree(case.folder / "tree")
        assert theirs(case.folder, EXPORT["root"], EYE.text) and ours(case.folder, EXPORT["root"], EYE.text)


@pytest.mark.parametrize("attack", [*ATTACKS, _another_tree_than_a_box_saw, _a_smaller_tree_than_a_box_saw],
                         ids=lambda attack: attack.__name__)
def test_both_find_what_was_done_to_a_tree(attack: Callable[[Case], object], tmp_path: Path) -> None:
    case = Case(tmp_path / "export", saw=OLD)
    attack(case)
    assert not theirs(case.folder, EXPORT["root"], EYE.text) and not ours(case.folder, EXPORT["root"], EYE.text)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_both_read_what_shows_the_trees_that_boxes_saw_now_and_before(
    tmp_path: Path, before: bool, whole: bool,
) -> None:
    """Of a size of which the export holds no checkpoint."""
    case = Case(tmp_path / "export", saw=5)
    if before:
        case.tree.seen_before(case.folder, SIZE, 5)
    path = case.folder / "tree/seen"
    if not whole:
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[2:]]))
    assert theirs(case.folder, EXPORT["root"], EYE.text) is whole
    assert ours(case.folder, EXPORT["root"], EYE.text) is whole


def _said(what: str) -> tuple[Site, Maker, Maker]:
    """Classes of which the segments that must be there are not those of every record."""
    site = Site()
    box, centre = site.box(), site.centre()
    plan = centre.add("order.class", order("demo"))
    box.add("order.accepted", {"class": CLASS, "order": plan.hash})
    if what != "a correction without a start":
        box.add("session.start", {"class": CLASS, "session": "s-1", "by": "page"})
    for index, data in enumerate(VIDEOS):
        body = segment(index, data, "other-1" if what == "a correction" else CLASS)
        if what == "no session":
            del body["session"]
        box.add("segment", body, START + (index + 1) * SEGMENT_US)
    if what.startswith("a correction"):
        to, was = (CLASS, "other-1") if what == "a correction" else ("other-1", CLASS)
        box.add("session.corrected", {"class": to, "was": was, "session": "s-1", "reason": "x", "by": "page"})
    return site, box, centre


@pytest.mark.parametrize("what", ["no session", "a correction", "a correction without a start"])
def test_both_say_the_same_of_which_segments_must_be_there(what: str, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "export", *_said(what))
    assert theirs(folder) and ours(folder)
    (folder / "segments/box-1/r-1/000001.mp4").unlink()
    assert not theirs(folder) and not ours(folder)


def test_the_golden_export_of_today_is_whole_to_both_and_no_receipt_may_be_left_out(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "export", ROLES)
    assert theirs(folder, ROLES["root"], ROLES["witness"]) and ours(folder, ROLES["root"], ROLES["witness"])
    for lines in (b"", None):
        if lines is None:
            shutil.rmtree(folder / "receipts")
        else:
            put(folder / f"receipts/box-1.{'0' * 32}.jsonl", lines)
        assert not theirs(folder, ROLES["root"]) and not ours(folder, ROLES["root"])


def test_receipts_of_an_export_of_before_may_be_left_out_for_both(tmp_path: Path) -> None:
    folder = unpacked(tmp_path / "export")
    shutil.rmtree(folder / "receipts")
    assert theirs(folder) and ours(folder)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.integers(0, 65535), st.integers(1, 255))
def test_both_find_any_changed_byte(tmp_path: Path, name: str, at: int, change: int) -> None:
    folder = unpacked(tmp_path / "export")
    data = bytearray((folder / name).read_bytes())
    data[at * len(data) >> 16] ^= change
    (folder / name).write_bytes(bytes(data))
    assert not theirs(folder) and not ours(folder)


def test_both_know_what_only_a_centre_states() -> None:
    assert second_verifier.OF_CENTRE == CENTRE_TYPES and second_verifier.OF_BOX <= BOX_TYPES


def test_the_second_verifier_shares_nothing_with_the_product() -> None:
    tree = ast.parse((ROOT / "tests/contract/second_verifier.py").read_text("utf-8"))
    roots = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node,
        ast.Import) for alias in node.names}
    roots |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots == {"__future__", "base64", "cryptography", "datetime", "hashlib", "json", "pathlib", "re", "sys",
        "tomllib", "typing"}


def commands(sections: int, before: bool = False) -> str:
    """What the document types up to a section, one after the other. `before`: for exports of before there were roles,
    which lack what the lines that say `today` look at."""
    text = DOCUMENT.partition(f"\n## {sections + 1}. ")[0]
    typed = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return "set -euo pipefail\n" + (re.sub(r"^.*# today\n", "", typed, flags=re.MULTILINE) if before else typed)


def typed(folder: Path, sections: int, before: bool = False) -> tuple[int, str]:
    """The exit status, and what is complained of."""
    script = commands(sections, before)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.long
def test_the_commands_of_the_document_find_the_golden_exports_whole(tmp_path: Path) -> None:
    assert typed(unpacked(tmp_path / "roles", ROLES), 8) == (0, "")
    assert typed(unpacked(tmp_path / "export"), 7, before=True) == (0, "")
    assert typed(unpacked(tmp_path / "tree", TREE), 8, before=True) == (0, "")


@pytest.mark.parametrize("where", ["a role", "the receipts"])
def test_the_commands_look_at_roles_and_receipts(tmp_path: Path, where: str) -> None:
    folder = unpacked(tmp_path / "export", ROLES)
    if where == "a role":
        folder = unpacked(folder, TREE)  # names none
    else:
        put(folder / f"receipts/box-1.{'0' * 32}.jsonl", b"")
    assert typed(folder, 7)[0] != 0


@pytest.mark.parametrize("what", ["a record deleted", "a video longer"])
def test_and_an_altered_one_broken(tmp_path: Path, what: str) -> None:
    folder = unpacked(tmp_path / "export")
    ALTERATIONS[what](folder)
    assert typed(folder, 7, before=True)[0] != 0


@pytest.mark.parametrize(("name", "before", "after"), [
    ("tree/13/checkpoint", b"\n13\n", b"\n12\n"), ("tree/13/checkpoint", b"/centre\n", b"/center\n"),
    (f"tree/13/box-1.{'0' * 32}.6.tlog-proof", b"index 8", b"index 9"), ("tree/8/checkpoint", b"\n8\n", b"\n7\n"),
    (f"tree/13/centre.{'c' * 32}.2.tlog-proof", b"\n5", b"\n7"),
])
def test_and_an_altered_tree_broken(tmp_path: Path, name: str, before: bytes, after: bytes) -> None:
    folder = unpacked(tmp_path / "tree", TREE)
    assert before in (folder / name).read_bytes()
    put(folder / name, (folder / name).read_bytes().replace(before, after, 1))
    assert typed(folder, 8, before=True)[0] != 0
    assert not theirs(folder, TREE["root"], TREE["witness"]) and not ours(folder, TREE["root"], TREE["witness"])


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", DOCUMENT)
    assert len(named) > 20
    absent = [f"{path}::{name}" for path, name in named
              if not (ROOT / path).is_file() or f"\ndef {name}(" not in (ROOT / path).read_text("utf-8")]
    assert absent == []
