"""The tree in an export: what it proves is said; every attack on it is told by its name."""
from __future__ import annotations

import base64
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.chain import head_of
from evidence.checkpoint import cosign, open_checkpoint, seen_of
from evidence.notes import Note, NoteKey, read_note
from evidence.seal import KeySigner
from tests.evidence.making import Maker, Site
from tests.evidence.test_checkpoint import EYE, WITNESS
from tests.verify.conftest import Run
from tests.verify.growing import AT, ELSEWHERE, Growing
from tests.verify.making import class_of, put, write_box, write_export

SIZE, OLD = 13, 8


class Case:
    """An export with a tree of all its records, and an older one that a witness saw."""

    def __init__(self, folder: Path, saw: int | None = None) -> None:
        self.folder = folder
        self.site, self.box, self.centre = class_of()
        self.tree = Growing(self.site, self.centre, [])
        if saw is not None:
            early = Growing(self.site, self.centre, [*self.centre.sealed, *self.box.sealed])
            self.box.add("checkpoint.seen", seen_of(open_checkpoint(early.note(saw), early.key), early.key), AT * 10**6)
        else:
            self.box.alarms(1)
        write_export(folder, self.site, self.box, self.centre)
        *before, manifest = self.centre.sealed
        self.tree = Growing(self.site, self.centre, [*before, *self.box.sealed, *Site().box(ELSEWHERE).alarms(2).sealed,
                                                     manifest])
        self.tree.write(folder, OLD, SIZE)
        if saw is not None:
            self.tree.seen(folder, SIZE, saw)

    def file(self, size: int, who: Maker) -> Path:
        """The proof of the end of a chain."""
        (found,) = (self.folder / f"tree/{size}").glob(f"{who.device}.*")
        return found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path / "export")


def test_what_a_whole_tree_proves(case: Case, run: Run) -> None:
    status, result = run(case.folder, "--witness", EYE.text)
    assert (status, result["problems"]) == (0, [])
    assert [text[:46] for text in result["cannot_tell"]] == [
        "Cannot tell whether the centre left out later ", "Cannot tell whether the centre certified the k"]
    assert result["cannot_tell"][0].endswith(f"Here are: box-1 up to record {len(case.box.sealed) - 1}")
    older, newest = result["trees"]
    assert (older["size"], newest["size"]) == (OLD, SIZE)
    assert older["witnessed"] == {EYE.name: "2026-03-02T02:41:00Z"} and newest["witnessed"] == {}
    assert {end["device"]: end["seq"] for end in newest["ends"]} == {"box-1": len(case.box.sealed) - 1, "centre": 2}
    assert {end["device"]: end["seq"] for end in older["ends"]} == {"box-1": 5, "centre": 1}


def test_without_a_witness_that_one_trusts_it_cannot_tell_whether_others_see_the_same(case: Case, run: Run) -> None:
    stranger = NoteKey("someone.example/w", EYE.kind, bytes(32))
    for arguments, others in (((), [EYE.name]), (("--witness", stranger.text), [EYE.name])):
        status, result = run(case.folder, *arguments)
        assert status == 0 and "no witness that you trust" in result["cannot_tell"][0]
        assert result["trees"][0]["others"] == others


def test_a_manifest_that_names_a_chain_twice_counts_its_video_once(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    status, result = run(write_export(tmp_path / "export", site, box, centre, twice=True))
    assert status == 1 and "it names a chain twice" in result["problems"][0] and result["media_s"] == 180


def test_a_chain_that_was_ended_before_all_of_it_came_is_told(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    before = head_of(site.box("box-1", "9" * 32).alarms(3).sealed[-1])
    box.add("chain.begun", {"chain": before.chain, "up_to": before.up_to, "head_hash": before.head_hash,
                            "receipted": None, "reason": "card replaced"})
    status, result = run(write_export(tmp_path / "export", site, box, centre))
    (told,) = [text for text in result["cannot_tell"] if "chain that it ended" in text]
    assert status == 0 and "of its 4 records not all came to the centre" in told


def test_an_honest_box_whose_card_was_set_back_is_not_said_to_lack_anything(tmp_path: Path, run: Run) -> None:
    """The centre holds more of the chain that was ended than the box remembers."""
    site, box, centre = class_of()
    before = site.box("box-1", "9" * 32).alarms(6)
    head = head_of(before.sealed[3])
    box.add("chain.begun", {"chain": head.chain, "up_to": head.up_to, "head_hash": head.head_hash, "receipted": 3,
                            "reason": "card replaced"})
    status, result = run(write_export(tmp_path / "export", site, box, centre, others=[before]))
    assert status == 0 and not [text for text in result["cannot_tell"] if "chain that it ended" in text]


@pytest.mark.parametrize("named", [False, True])
def test_a_chain_that_no_later_one_names_is_told(tmp_path: Path, run: Run, named: bool) -> None:
    """Who throws the database of a box away begins anew, and nobody knows what the end of the chain before held."""
    site, box, centre = class_of()
    before = site.box("box-1", "9" * 32).alarms(3)
    if named:
        head = head_of(before.sealed[-1])
        box.add("chain.begun", {"chain": head.chain, "up_to": head.up_to, "head_hash": head.head_hash,
                                "receipted": None, "reason": "card replaced"})
    status, result = run(write_export(tmp_path / "export", site, box, centre, others=[before]))
    told = [text for text in result["cannot_tell"] if "without a word" in text]
    assert status == 0 and len(told) == (not named) and ("of box-1 2 are named by none" in "".join(told)) is not named


def test_what_heartbeats_told_of_a_chain_that_was_ended_is_told(tmp_path: Path, run: Run) -> None:
    """They are at the centre alone, which stated that they told of more."""
    site, box, centre = class_of()
    before = site.box("box-1", "9" * 32).alarms(3)
    head = head_of(before.sealed[-1])
    begun = box.add("chain.begun", {"chain": head.chain, "up_to": head.up_to, "head_hash": head.head_hash,
                                    "receipted": None, "reason": "card replaced"})
    centre.add("alarm", {"code": "chain.left", "params": {
        "device": "box-1", "chain": box.chain, "seq": begun.record.seq, "kept": begun.hash, "before": head.chain,
        "last": head.up_to + 2, "have": head.up_to}})
    status, result = run(write_export(tmp_path / "export", site, box, centre, others=[before]))
    (told,) = [text for text in result["cannot_tell"] if "chain that it ended" in text]
    assert status == 0 and f"of its {head.up_to + 3} records not all came to the centre" in told


@pytest.mark.parametrize(("device", "told"), [("box-1", 1), ("box-9", 0)])
def test_a_chain_that_the_centre_says_was_left_and_that_is_not_in_the_export_is_told(
    tmp_path: Path, run: Run, device: str, told: int
) -> None:
    """A centre that exports less than it has must leave out its own word, too; of a box of another class it is none."""
    site, box, centre = class_of()
    last = box.sealed[-1]
    centre.add("alarm", {"code": "chain.left", "params": {
        "device": device, "chain": box.chain, "seq": 1, "kept": last.hash, "before": "9" * 32, "last": 4, "have": 4}})
    status, result = run(write_export(tmp_path / "export", site, box, centre))
    found = [text for text in result["cannot_tell"] if "chain that it ended" in text]
    assert status == 0 and len(found) == told and all("of its 5 records not all came" in text for text in found)


def test_an_export_of_before_the_tree_is_still_read(export: Path, run: Run) -> None:
    status, result = run(export)
    assert (status, result["trees"]) == (0, []) and "holds no tree" in result["cannot_tell"][0]


def change_note(case: Case, size: int, change: Callable[[Note], Note]) -> None:
    path = case.folder / f"tree/{size}/checkpoint"
    path.write_bytes(change(read_note(path.read_bytes())).bytes())


def forged_checkpoint(case: Case) -> None:
    put(case.folder / f"tree/{SIZE}/checkpoint", case.tree.note(SIZE, signer=KeySigner(WITNESS)))


def unsigned_root(case: Case) -> None:
    change_note(case, SIZE, lambda note: dataclasses.replace(note, text=note.text.replace(f"\n{SIZE}\n", "\n12\n")))


def forged_cosignature(case: Case) -> None:
    change_note(case, OLD, lambda note: Note(
        note.text, (*note.signatures[:2], cosign(note.text, EYE, case.centre.signer, AT))))


def cosignature_of_another_tree(case: Case) -> None:
    other = read_note(case.tree.note(OLD + 1, eyes=[EYE]))
    change_note(case, OLD, lambda note: Note(note.text, (*note.signatures[:2], other.signatures[2])))


def proof_for_another_index(case: Case) -> None:
    path = case.file(SIZE, case.box)
    leaf = path.read_bytes().split(b"\n")[1]
    path.write_bytes(path.read_bytes().replace(leaf, b"index 3"))


def proof_of_another_record(case: Case) -> None:
    case.file(SIZE, case.box).write_bytes(case.tree.proof(3, SIZE, case.tree.note(SIZE)))


def proof_in_another_tree(case: Case) -> None:
    case.file(SIZE, case.centre).write_bytes(case.file(OLD, case.centre).read_bytes())


def proof_missing(case: Case) -> None:
    case.file(SIZE, case.box).unlink()


def no_consistency(case: Case) -> None:
    (case.folder / f"tree/{OLD}/consistency").unlink()


def another_past(case: Case) -> None:
    """A leaf of the older tree was swapped: no proof leads from one to the other."""
    other = Growing(case.site, case.centre, [*case.tree.accepted[:2][::-1], *case.tree.accepted[2:]])
    other.write(case.folder, OLD)
    put(case.folder / f"tree/{OLD}/consistency", other.growth(OLD, SIZE, case.tree.note(SIZE)))


def a_leaf_removed(case: Case) -> None:
    """The newest tree lacks a record of another box that the older one had."""
    other = Growing(case.site, case.centre, [*case.tree.accepted[:7], *case.tree.accepted[8:]])
    for path in (case.folder / f"tree/{SIZE}").iterdir():
        path.unlink()
    other.write(case.folder, SIZE - 1)
    put(case.folder / f"tree/{OLD}/consistency", other.growth(OLD, SIZE - 1, other.note(SIZE - 1)))


def only_the_older_tree(case: Case) -> None:
    for path in (case.folder / f"tree/{SIZE}").iterdir():
        path.unlink()


def no_checkpoint(case: Case) -> None:
    (case.folder / f"tree/{SIZE}/checkpoint").unlink()


def in_the_wrong_folder(case: Case) -> None:
    (case.folder / f"tree/{SIZE}").rename(case.folder / "tree/14")


def oversized(case: Case) -> None:
    put(case.folder / f"tree/{SIZE}/checkpoint", b"x" * 70_000)


def no_text(case: Case) -> None:
    put(case.folder / f"tree/{SIZE}/checkpoint", b"\xff\x00\n\n")


def oversized_proof(case: Case) -> None:
    case.file(SIZE, case.box).write_bytes(b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"A" * 100_000)


def a_stranger(case: Case) -> None:
    put(case.folder / "tree/13/notes.txt", b"x")


ATTACKS: dict[Callable[[Case], None], str] = {
    forged_checkpoint: "the signature of zaitang/", unsigned_root: "the signature of zaitang/",
    forged_cosignature: "the word of the witness witness.example/w1 does not hold: the signature does not match",
    cosignature_of_another_tree: "the word of the witness witness.example/w1 does not hold",
    proof_for_another_index: "does not lead to the root hash",
    proof_of_another_record: "does not lead to the root hash",
    proof_in_another_tree: "", proof_missing: "does not prove the end of the chain of box-1",
    no_consistency: "tree/8/consistency is missing", another_past: "does not lead from one root hash to the other",
    a_leaf_removed: "does not lead from one root hash to the other",
    only_the_older_tree: "does not prove the end of the chain of", no_checkpoint: "tree/13/checkpoint is missing",
    in_the_wrong_folder: "of a tree of another size", oversized: "more than 65536 bytes", no_text: "not UTF-8",
    oversized_proof: "more than", a_stranger: "tree/13/notes.txt is not named by any record",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_told(case: Case, run: Run, attack: Callable[[Case], None]) -> None:
    attack(case)
    status, result = run(case.folder, "--witness", EYE.text)
    assert status == 1
    assert any(ATTACKS[attack] in problem for problem in result["problems"]), result["problems"]


@pytest.mark.parametrize("saw", [1, 5, OLD])
def test_what_a_box_saw_is_the_beginning_of_the_tree(tmp_path: Path, run: Run, saw: int) -> None:
    assert run(Case(tmp_path / "export", saw=saw).folder)[:1] == (0,)


def test_a_box_saw_a_larger_tree_the_centre_was_rolled_back(tmp_path: Path, run: Run) -> None:
    case = Case(tmp_path / "export", saw=OLD)
    case.tree.accepted = []
    for path in (case.folder / "tree").rglob("*"):
        if path.is_file():
            path.unlink()
    *before, manifest = case.centre.sealed
    short = Growing(case.site, case.centre, [*before[:1], case.box.sealed[-1], manifest])
    short.write(case.folder, 3)
    status, result = run(case.folder)
    assert status == 1
    assert any("saw one of 8 records, which is not the beginning" in one for one in result["problems"])


@pytest.mark.parametrize("proven", ["now", "before", ""])
@pytest.mark.parametrize("saw", [5, OLD])
def test_a_box_saw_another_past_a_centre_that_was_rolled_back_and_grew_again_is_caught(
    tmp_path: Path, run: Run, saw: int, proven: str,
) -> None:
    """Also where the export holds no checkpoint of the size that the box saw: the centre lost a record, took the next
    ones in, and is larger now than it was then."""
    case = Case(tmp_path / "export", saw=saw)
    other = Growing(case.site, case.centre, [*case.tree.accepted[:2][::-1], *case.tree.accepted[2:]])
    other.write(case.folder, OLD, SIZE)
    (case.folder / "tree/seen").unlink()
    if proven:
        (other.seen if proven == "now" else other.seen_before)(case.folder, SIZE, saw)
    status, result = run(case.folder)
    unproven = f"saw the centre's tree of {saw} records, and nothing here proves"
    said = "shows two trees" if proven or saw == OLD else unproven
    assert status == 1 and any(said in problem for problem in result["problems"])


def test_an_export_without_a_tree_whose_box_saw_one_does_not_hold(tmp_path: Path, run: Run) -> None:
    case = Case(tmp_path / "export", saw=OLD)
    shutil.rmtree(case.folder / "tree")
    status, result = run(case.folder)
    assert status == 1 and "nothing here proves" in result["problems"][0]


@pytest.mark.parametrize("kind", ["export", "box"])
def test_two_trees_that_the_centre_signed_are_told_wherever_boxes_saw_them(
    tmp_path: Path, run: Run, kind: str,
) -> None:
    """Equivocation in hand: of one size the centre showed the box two trees."""
    site, box, centre = class_of()
    one = Growing(site, centre, [*centre.sealed, *box.sealed])
    two = Growing(site, centre, one.accepted[::-1])
    for tree in (one, two):
        box.add("checkpoint.seen", seen_of(open_checkpoint(tree.note(5), tree.key), tree.key), AT * 10**6)
    write = write_export if kind == "export" else write_box
    status, result = run(write(tmp_path / kind, site, box, centre))
    assert status == 1 and "THE CENTRE SHOWED TWO TREES of 5 records" in result["problems"][0]


@pytest.mark.parametrize("data", [
    b"old 5", b"old 5\n\nold 5\n\n", b"old x\n\n", b"\xff\n\n", b"old 8\n\nold 5\n\n", b"",
    b"size 5", b"size 5\n\n", b"size x\n\n", b"size 0\n\n", b"old 5\n\nsize 8\n\n", b"size 9999999999999999\n\n"])
def test_a_proof_of_what_boxes_saw_that_cannot_be_read_is_told(tmp_path: Path, run: Run, data: bytes) -> None:
    case = Case(tmp_path / "export", saw=OLD)
    put(case.folder / "tree/seen", data)
    status, result = run(case.folder)
    assert status == 1 and any("tree/seen does not hold" in one for one in result["problems"])


def test_a_witness_with_two_keys_of_one_name_is_heard_by_either(case: Case, run: Run) -> None:
    """A witness that changed its key."""
    later = NoteKey(EYE.name, EYE.kind, bytes(32))
    for keys in ((EYE, later), (later, EYE)):
        status, result = run(case.folder, *(word for key in keys for word in ("--witness", key.text)))
        assert status == 0 and result["trees"][0]["witnessed"] == {EYE.name: "2026-03-02T02:41:00Z"}


def test_a_checkpoint_that_the_centre_never_signed_is_told(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    early = Growing(site, centre, [*centre.sealed, *box.sealed])
    seen = seen_of(open_checkpoint(early.note(OLD - 1), early.key), early.key)
    box.add("checkpoint.seen", dataclasses.replace(seen, size=5), AT * 10**6)
    status, result = run(write_export(tmp_path / "export", site, box, centre))
    assert status == 1 and "that the centre did not sign so" in result["problems"][0]


def test_a_box_that_names_a_checkpoint_which_was_never_signed_is_told(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    tree = Growing(site, centre, [*centre.sealed, *box.sealed])
    seen = seen_of(open_checkpoint(tree.note(4), tree.key), tree.key)
    box.add("checkpoint.seen", seen)
    assert run(write_box(tmp_path / "honest", site, box, centre))[0] == 0
    box.add("checkpoint.seen", dataclasses.replace(seen, time="2026-01-01T00:00:00.000000Z"))
    status, result = run(write_box(tmp_path / "box", site, box, centre))
    assert status == 1 and "record 7 of box-1 names a checkpoint" in result["problems"][0]


@pytest.mark.parametrize("value", ["x", "a+00000000+AAAA", NoteKey("w", 1, bytes(32)).text])
def test_what_is_no_key_of_a_witness_is_told(case: Case, run: Run, value: str) -> None:
    assert run(case.folder, "--witness", value)[0] == 2


def test_a_root_of_stamps_of_a_later_version_is_told(case: Case, run: Run, tmp_path: Path) -> None:
    whole = case.site.root.public_bytes(Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1)
    text = base64.encodebytes(whole)
    put(tmp_path / "root.pem", b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n")
    assert run(case.folder, "--stamp-root", str(tmp_path / "root.pem"))[0] == 2
