"""The page and zaitang-verify say the same of whatever is done to a class, also where the bag's own manifests fit."""
from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.bagging import finish, finish_lists, write_bag
from common.policies import policy_bytes
from evidence.bodies import Export, Head, Missing, PolicyRef
from evidence.canonical import canonical
from evidence.chain import head_of, next_record
from evidence.checkpoint import open_checkpoint, seen_of
from evidence.records import Stamp, record_value
from evidence.seal import RECORD_TYPE, read_sealed, seal, seal_record
from evidence.shape import decode, encode
from evidence.times import utc_text
from tests.common.page.conftest import Reader
from tests.contract.test_second_verifier import (
    ALTERATIONS,
    EXPORT,
    ROLES,
    TREE,
    _a_smaller_tree_than_a_box_saw,
    _another_tree_than_a_box_saw,
    _said,
)
from tests.evidence.making import REAL, SEALING_KEY, START, Maker, Site, seed
from tests.evidence.test_checkpoint import EYE
from tests.evidence.test_golden import load
from tests.verify.bagging import INSIDE, edit_json, put_bag
from tests.verify.growing import AT, Growing
from tests.verify.making import VIDEOS, class_of, order, put, receipt, write_export
from tests.verify.test_trees import ATTACKS, OLD, SIZE, Case
from verify.cli import main

A_LINK = "a link added"
"""A browser does not show what is a link; the page says so."""


def ours(bag: Path, *witnesses: str) -> bool:
    """What zaitang-verify says of the class in a bag."""
    told = [argument for key in witnesses for argument in ("--witness", key)]
    return main([str(bag / INSIDE), "--lang", "en", *told]) == 0


def golden(bag: Path, export: Any) -> Path:
    for name, text in export["files"].items():
        put(bag / INSIDE / name, text.encode())
    return put_bag(bag)


def bagged(bag: Path) -> Path:
    """A bag around a class whose manifest may be gone."""
    if (bag / INSIDE / "manifest.json").exists():
        return put_bag(bag)
    for name in ("bagit.txt", "bag-info.txt", "verify.html", "data/findings.json", "data/index.json", "data/index.pdf"):
        put(bag / name, b"")
    return finish_lists(bag)


@pytest.mark.parametrize("export", [EXPORT, TREE, ROLES], ids=["export", "tree", "roles"])
def test_the_golden_classes_are_whole_to_both(tmp_path: Path, reader: Reader, export: Any) -> None:
    bag, keys = golden(tmp_path / "bag", export), [export["witness"]] if "witness" in export else []
    said = reader.check(bag, export["root"], *keys)
    assert said.whole and ours(bag, *keys), said.problems
    assert "Signer pinned" in said.text and ("The witness witness.example/w1 confirmed" in said.text) == bool(keys)
    other = reader.check(bag, "ab" * 32)
    assert other.whole is False and other.problems[0].startswith("signed under the root a050837d")


@pytest.mark.parametrize("what", [one for one in ALTERATIONS if one != A_LINK])
def test_both_find_what_was_done_to_an_export(what: str, tmp_path: Path, reader: Reader) -> None:
    bag = golden(tmp_path / "bag", EXPORT)
    ALTERATIONS[what](bag / INSIDE)
    assert reader.check(bag).whole is False  # by the manifests of the bag
    finish_lists(bag)
    assert reader.check(bag).whole is False and not ours(bag)


@pytest.mark.parametrize("attack", [*ATTACKS, _another_tree_than_a_box_saw, _a_smaller_tree_than_a_box_saw],
                         ids=lambda attack: attack.__name__)
def test_both_find_what_was_done_to_a_tree(attack: Callable[[Case], object], tmp_path: Path, reader: Reader) -> None:
    case = Case(tmp_path / "bag" / INSIDE, saw=OLD)
    attack(case)
    bag = bagged(tmp_path / "bag")
    assert reader.check(bag, "", EYE.text).whole is False and not ours(bag, EYE.text)


@pytest.mark.parametrize("case", load("tampered")["cases"], ids=lambda case: case["case"])
def test_both_say_the_same_of_chains_that_were_tampered_with(
    case: dict[str, Any], tmp_path: Path, reader: Reader,
) -> None:
    vector, folder = load("tampered"), tmp_path / "bag" / INSIDE
    centre, head = Site().centre(), decode(Head, vector["head"], "head")
    centre.add("order.class", order("demo"))
    write_export(folder, Site(), Site().box(), centre)
    shutil.rmtree(folder / "segments")
    policy = PolicyRef("demo", hashlib.sha256((folder / "policy.toml").read_bytes()).hexdigest())
    centre.sealed.pop()
    manifest = centre.add("export", encode(Export("welder-1", policy, (head,), 0, utc_text(START), None)))
    put(folder / "manifest.json", manifest.envelope)
    put(folder / f"chains/centre.{centre.chain}.jsonl", b"".join(one.envelope + b"\n" for one in centre.sealed))
    put(folder / "root.pem", vector["root"].encode())
    shutil.rmtree(folder / "receipts")
    put(folder / f"chains/{head.device}.{head.chain}.jsonl", "".join(f"{one}\n" for one in case["envelopes"]).encode())
    bag = bagged(tmp_path / "bag")
    said = reader.check(bag)
    assert said.whole == ours(bag), said.problems
    words = {"changed": "was changed", "missing": "missing", "added": "was added", "does not follow": "does not follow",
             "cut": "was cut", "not in order": "not in their order", "fork": "forks"}
    for problem in case["problems"]:
        assert words.get(problem, "") in str(said.problems)


def _box_as_centre(thief: str) -> tuple[Site, Maker, Maker]:
    site, box, _ = class_of()
    centre = Maker(site, thief, "c" * 32, REAL, None, role="box")
    centre.add("order.class", order("demo"))
    return site, box, centre


def _centre_as_box() -> tuple[Site, Maker, Maker]:
    site, _, centre = class_of()
    return site, Maker(site, "box-1", "0" * 32, REAL, SEALING_KEY, role="centre"), centre


def _named_like_a_box() -> tuple[Site, Maker, Maker]:
    site, box, _ = class_of()
    centre = site.centre("box-1")
    centre.add("order.class", order("demo"))
    return site, box, centre


def _own_reviewer() -> tuple[Site, Maker, Maker]:
    site, box, centre = class_of()
    box.add("review", {"class": "welder-1", "block": "b", "answer": "complete", "reason": "", "reviewer": "x"})
    return site, box, centre


def _another_root() -> tuple[Site, Maker, Maker]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return (Site(root_key=Ed25519PrivateKey.from_private_bytes(seed("thief"))), *class_of()[1:])


def _forged_sighting(size: int) -> tuple[Site, Maker, Maker]:
    site, box, centre = class_of()
    early = Growing(site, centre, [*centre.sealed, *box.sealed])
    seen = seen_of(open_checkpoint(early.note(OLD - 1), early.key), early.key)
    box.add("checkpoint.seen", dataclasses.replace(seen, size=size), AT * 10**6)
    return site, box, centre


def _two_trees() -> tuple[Site, Maker, Maker]:
    site, box, centre = class_of()
    one = Growing(site, centre, [*centre.sealed, *box.sealed])
    for tree in (one, Growing(site, centre, one.accepted[::-1])):
        box.add("checkpoint.seen", seen_of(open_checkpoint(tree.note(5), tree.key), tree.key), AT * 10**6)
    return site, box, centre


def _no_plan() -> tuple[Site, Maker, Maker]:
    site = Site()
    return site, site.box().alarms(2), site.centre()


MADE: dict[str, tuple[bool, Callable[[], tuple[Site, Maker, Maker]], dict[str, Any]]] = {
    "a class": (True, class_of, {}),
    "a removed segment": (True, lambda: class_of(removed=1), {}),
    "a simulated clock": (True, lambda: class_of(simulated=True), {}),
    "an intermediate": (True, lambda: class_of(between=True), {}),
    "a real class": (True, lambda: class_of("sanmenxia-2023", test=False), {"policy": "sanmenxia-2023"}),
    "test keys in a real class": (False, lambda: class_of("sanmenxia-2023"), {"policy": "sanmenxia-2023"}),
    "a simulated clock in a real class": (
        False, lambda: class_of("sanmenxia-2023", test=False, simulated=True), {"policy": "sanmenxia-2023"}),
    "another policy than that of the plan": (False, lambda: class_of("sanmenxia-2023", test=False), {}),
    "receipts that nobody names": (True, class_of, {"whole": False}),
    "a chain named twice": (False, class_of, {"twice": True}),
    "a box plays the centre, under its name": (False, lambda: _box_as_centre("box-1"), {}),
    "a box plays the centre": (False, lambda: _box_as_centre("box-2"), {}),
    "a centre plays a box": (False, _centre_as_box, {}),
    "a centre named like a box": (False, _named_like_a_box, {}),
    "a box as its own reviewer": (False, _own_reviewer, {}),
    "another root": (False, _another_root, {}),
    "a checkpoint that was never signed": (False, lambda: _forged_sighting(5), {}),
    "a tree that a box saw, and none here": (False, lambda: _forged_sighting(OLD - 1), {}),
    "two trees": (False, _two_trees, {}),
    "no plan": (False, _no_plan, {}),
    "segments of no session": (True, lambda: _said("no session"), {}),
    "a correction": (True, lambda: _said("a correction"), {}),
    "a correction without a start": (True, lambda: _said("a correction without a start"), {}),
}


@pytest.mark.parametrize("what", MADE)
def test_both_say_the_same_of_what_was_signed(what: str, tmp_path: Path, reader: Reader) -> None:
    whole, made, how = MADE[what]
    write_export(tmp_path / "bag" / INSIDE, *made(), **how)
    if what in ("no plan", "a centre plays a box"):
        shutil.rmtree(tmp_path / "bag" / INSIDE / "segments")
    bag = bagged(tmp_path / "bag")
    said = reader.check(bag)
    assert (said.whole, ours(bag)) == (whole, whole), said.problems


@pytest.mark.parametrize("what", ["no session", "a correction", "a correction without a start"])
def test_both_say_the_same_of_which_video_must_be_there(what: str, tmp_path: Path, reader: Reader) -> None:
    write_export(tmp_path / "bag" / INSIDE, *_said(what))
    (tmp_path / "bag" / INSIDE / "segments/box-1/r-1/000001.mp4").unlink()
    bag = bagged(tmp_path / "bag")
    assert reader.check(bag).whole is False and not ours(bag)


@pytest.mark.parametrize("session", ["s-1", 5])
def test_a_start_that_cannot_be_used_otherwise_is_the_start_of_its_session_to_both(
    session: object, tmp_path: Path, reader: Reader,
) -> None:
    """Else the correction of that session would move the video for one of them alone."""
    site, box, centre = class_of()
    (at,) = (number for number, one in enumerate(box.sealed) if one.record.type == "session.start")
    start, after = box.sealed[at].record, [one.record for one in box.sealed[at + 1:]]
    del box.sealed[at:]
    for record in (dataclasses.replace(start, body={**start.body, "session": session, "by": "magic"}), *after):
        body = {**record.body, "session": str(session)} if record.type == "segment" else record.body
        record = dataclasses.replace(record, prev=box.sealed[-1].hash, body=body)
        box.sealed.append(read_sealed(seal(canonical(record_value(record)), RECORD_TYPE, box.signer)))
    box.add("session.corrected", {
        "class": "other-1", "was": "welder-1", "session": str(session), "reason": "x", "by": "page"})
    write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    bag = bagged(tmp_path / "bag")
    assert "000001.mp4 is not named by any record: it was added" in str(reader.check(bag).problems) and not ours(bag)


@pytest.mark.parametrize("lines", [0, 2])
def test_both_miss_a_receipt_and_find_one_that_is_forged(lines: int, tmp_path: Path, reader: Reader) -> None:
    site, box, centre = class_of()
    folder = write_export(tmp_path / "bag" / INSIDE, site, box, centre, whole=lines == 2)
    path = folder / f"receipts/box-1.{'0' * 32}.jsonl"
    if lines:
        centre.signer = box.signer
        put(path, path.read_bytes() + receipt(box, centre, 3) + b"\n")
    else:
        folder = write_export(tmp_path / "bag" / INSIDE, *class_of())
        path.unlink()
    bag = bagged(tmp_path / "bag")
    assert reader.check(bag).whole is False and not ours(bag)


def test_a_removal_by_another_box_excuses_no_missing_video(tmp_path: Path, reader: Reader) -> None:
    site, box, centre = class_of()
    other = site.box("box-2", "2" * 32)
    other.add("segment.removed", {"segment": hashlib.sha256(VIDEOS[1]).hexdigest(), "reason": "x", "by": "y"})
    folder = write_export(tmp_path / "bag" / INSIDE, site, box, centre, others=(other,))
    assert reader.check(bagged(tmp_path / "bag")).whole
    (folder / "segments/box-1/r-1/000001.mp4").unlink()
    bag = bagged(tmp_path / "bag")
    said = reader.check(bag)
    assert "segment r-1/000001.mp4 of box-1 is missing" in str(said.problems) and not ours(bag)


def test_what_the_centre_says_that_it_removed_may_be_absent(tmp_path: Path, reader: Reader) -> None:
    site, box, centre = class_of()
    gone = {"segment": hashlib.sha256(VIDEOS[1]).hexdigest(), "size": len(VIDEOS[1]), "until": utc_text(START)}
    for class_id, whole in (("other-1", False), ("welder-1", True)):
        centre.add("video.removed", {"class": class_id, "files": [gone], "policy": "0" * 64, "by": ""})
        shutil.rmtree(tmp_path / "bag", ignore_errors=True)
        folder = write_export(tmp_path / "bag" / INSIDE, site, box, centre)
        centre.sealed.pop()
        (folder / "segments/box-1/r-1/000001.mp4").unlink()
        assert reader.check(bagged(tmp_path / "bag")).whole is whole


@pytest.mark.parametrize("removed", [1, None])
def test_what_may_be_absent_may_also_be_here_and_the_index_tells_it_as_removed(
    removed: int | None, tmp_path: Path, reader: Reader,
) -> None:
    """A certificate comes before the file goes."""
    site, box, centre = class_of(removed=removed)
    gone = {"segment": hashlib.sha256(VIDEOS[1]).hexdigest(), "size": len(VIDEOS[1]), "until": utc_text(START)}
    if removed is None:
        centre.add("video.removed", {"class": "welder-1", "files": [gone], "policy": "0" * 64, "by": ""})
    bag = write_bag(tmp_path / "bag", write_export(tmp_path / "export", site, box, centre))

    def move(value: dict[str, Any]) -> None:
        (one,) = (one for one in value["segments"] if one["sha256"] == gone["segment"])
        value["segments"].remove(one)
        value["removed"].append({key: one[key] for key in one if key not in ("block", "from", "to")})

    edit_json(bag / "data/index.json", move)
    said = reader.check(finish(bag))
    assert said.whole and main([str(bag), "--lang", "en"]) == 0, said.problems


@pytest.mark.parametrize(("seq", "whole"), [(4, True), (3, False)])
def test_what_the_export_says_that_it_lacks_may_be_absent_and_is_told(
    seq: int, whole: bool, tmp_path: Path, reader: Reader,
) -> None:
    heard = utc_text(START)
    export = write_export(tmp_path / "export", *class_of(), missing=[Missing("box-1", "0" * 32, (seq,), "away", heard)])
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    if not whole:
        shutil.copytree(export, tmp_path / "bag" / INSIDE)
        bag = put_bag(tmp_path / "bag")
        assert reader.check(bag).whole is False and not ours(bag)
        return
    bag = write_bag(tmp_path / "bag", export)
    said = reader.check(bag)
    verdict = reader.page.locator("#verdict")
    assert verdict.get_attribute("class") == "incomplete" and main([str(bag)]) == 3
    for words in ("Incomplete: video files that are not in this bag: 1.", "still at box-1, which the centre last heard",
                  "r-1/000001.mp4\nFilmed: 2026-03-02 08:41–08:42 · Room: 101 · Camera: room"):
        assert words in said.text, said.text
    for change in (lambda value: value["missing"][0].update(why="gone"), lambda value: value.pop("missing"),
                   lambda value: value["segments"].append(value["missing"].pop())):
        kept = (bag / "data/index.json").read_bytes()
        edit_json(bag / "data/index.json", change)
        assert reader.check(finish(bag)).problems[0].startswith("index.json") and main([str(bag)]) == 1
        put(bag / "data/index.json", kept)


@pytest.mark.parametrize("title", ["\u710a" * 65_536, "\U0001f600" * 65_536, "\u710a" * 65_537, "\U0001f600" * 65_537])
def test_both_take_texts_of_the_same_length(title: str, tmp_path: Path, reader: Reader) -> None:
    """A plan whose title is too long is none, so that another policy in it does not matter."""
    site, box, centre = class_of()
    before, plan = centre.sealed[-1], order("sanmenxia-2023")
    record = dataclasses.replace(before.record, type="order.class", seq=before.record.seq + 1, prev=before.hash,
                                 body={**plan, "number": 2, "title": title})
    centre.sealed.append(read_sealed(seal(canonical(record_value(record)), RECORD_TYPE, centre.signer)))
    write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    bag = bagged(tmp_path / "bag")
    said = reader.check(bag)
    assert said.whole == ours(bag), said.problems


def test_a_certificate_that_cannot_be_read_is_told(tmp_path: Path, reader: Reader) -> None:
    site, box, centre = class_of()
    before = centre.sealed[-1]
    record = dataclasses.replace(
        before.record, type="video.removed", seq=before.record.seq + 1, prev=before.hash, body={"class": "welder-1"})
    centre.sealed.append(read_sealed(seal(canonical(record_value(record)), RECORD_TYPE, centre.signer)))
    write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    bag = bagged(tmp_path / "bag")
    said = reader.check(bag)
    assert "record 2 of centre cannot be used" in str(said.problems) and not ours(bag)


@pytest.mark.parametrize(("old", "new", "whole"), [
    ("id = \"demo\"", "  id\t= 'demo' # x", True), ("accept_test_keys = ", "\taccept_test_keys=", True),
    ("accept_test_keys = true", "accept_test_keys = false # \u2028accept_test_keys = true", False),
    ("id = \"demo\"", "id = \"other\" # \u2028id = \"demo\"", False),
    ("accept_test_keys = true", "", False),
])
def test_both_read_from_the_policy_whether_it_takes_test_keys(
    old: str, new: str, whole: bool, tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = policy_bytes("demo").decode()
    assert old in text
    monkeypatch.setattr("tests.verify.making.policy_bytes", lambda _: text.replace(old, new, 1).encode())
    write_export(tmp_path / "bag" / INSIDE, *class_of())
    bag = bagged(tmp_path / "bag")
    assert (reader.check(bag).whole, ours(bag)) == (whole, whole)


@pytest.mark.long
def test_a_hundred_thousand_problems_are_problems(tmp_path: Path, reader: Reader) -> None:
    """Each is told as one, and the page does not fail at their number."""
    folder = write_export(tmp_path / "bag" / INSIDE, *class_of())
    path = folder / f"chains/box-1.{'0' * 32}.jsonl"
    last = json.loads(path.read_bytes().splitlines()[-1])
    payload = json.loads(base64.b64decode(last["payload"]))
    with path.open("ab") as file:
        for seq in range(payload["seq"] + 1, 140_000):
            forged = canonical({**payload, "type": "later.type", "seq": seq, "body": {}})
            file.write(canonical({**last, "payload": base64.b64encode(forged).decode()}) + b"\n")
    said = reader.check(bagged(tmp_path / "bag"))
    assert said.whole is False and "its bytes do not match its seal" in said.problems[0]


def test_video_whose_class_was_put_right_after_a_restart_is_told_as_not_checked(
    tmp_path: Path, reader: Reader,
) -> None:
    """Only wall clocks say whether that counts: the page accuses nobody, whether it is here or not."""
    site, box, centre = _said("a correction")
    last = box.sealed.pop().record
    boot = Stamp("7f1c2d3e-0000-4000-8000-000000000002", 1, last.utc_us, REAL)
    moved = next_record(box.sealed[-1], device=box.device, chain=box.chain, type=last.type, body=last.body, stamp=boot)
    box.sealed.append(seal_record(moved, box.signer))
    folder = write_export(tmp_path / "bag" / INSIDE, site, box, centre)
    for gone in (False, True):
        if gone:
            (folder / "segments/box-1/r-1/000001.mp4").unlink()
        said = reader.check(bagged(tmp_path / "bag"))
        assert said.whole and "put right after a restart of the box: 3 files" in said.text, said.problems
    put(folder / "segments/box-1/r-1/000002.mp4", b"third, another segment")
    assert reader.check(bagged(tmp_path / "bag")).whole is False


def test_what_the_centre_and_the_boxes_cannot_prove_is_told_by_both(tmp_path: Path, reader: Reader) -> None:
    site, box, centre = class_of()
    before, lost = site.box("box-1", "9" * 32).alarms(3), site.box("box-1", "8" * 32).alarms(3)
    head = head_of(lost.sealed[-1])
    box.add("chain.begun", {"chain": head.chain, "up_to": head.up_to, "head_hash": head.head_hash,
                            "receipted": None, "reason": "card replaced"})
    write_export(tmp_path / "bag" / INSIDE, site, box, centre, others=[before], whole=False)
    bag, out = bagged(tmp_path / "bag"), tmp_path / "out.json"
    assert main([str(bag / INSIDE), "--lang", "en", "--json", str(out)]) == 0
    told = json.loads(out.read_text())["cannot_tell"]
    text = reader.check(bag).text
    assert len(told) == 6 and [one for one in told if one not in text] == []


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golden(tmp_path_factory.mktemp("changing") / "bag", ROLES)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(ROLES["files"])), st.integers(0, 65535), st.integers(1, 255))
def test_both_say_the_same_of_any_changed_byte(
    changing: Path, reader: Reader, name: str, at: int, change: int,
) -> None:
    """Also where whoever changed it put the manifests of the bag right."""
    path = changing / INSIDE / name
    good = path.read_bytes()
    bad = bytearray(good)
    bad[at * len(bad) >> 16] ^= change
    try:
        path.write_bytes(bytes(bad))
        finish_lists(changing)
        assert reader.check(changing, "", ROLES["witness"]).whole == ours(changing, ROLES["witness"])
    finally:
        path.write_bytes(good)
        finish_lists(changing)


def test_two_trees_of_before_and_of_now_are_read(tmp_path: Path, reader: Reader) -> None:
    for before in (False, True):
        case = Case(tmp_path / f"{before}" / INSIDE, saw=5)
        if before:
            case.tree.seen_before(case.folder, SIZE, 5)
        bag, path = bagged(tmp_path / f"{before}"), case.folder / "tree/seen"
        assert reader.check(bag).whole
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], *lines[2:]]))
        assert reader.check(finish_lists(bag)).whole is False and not ours(bag)
