"""A bag of a class: whole it passes; each attack on it is named."""
from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.bagging import finish, finish_tags, sha256_of, write_bag
from evidence.certs import fingerprint
from evidence.times import utc_text
from tests.contract import second_verifier
from tests.evidence.making import START
from tests.verify.bagging import class_with_names, edit_json, golden_export, whole_bag
from tests.verify.conftest import Run
from tests.verify.making import CLASS, VIDEOS, class_of, listing, put, write_export
from verify import folder as folder_module
from verify.bag import check_bag, read_bag
from verify.cli import main
from verify.folder import Folder
from verify.hashing import hash_all

FIRST, SECOND, THIRD = (f"data/class/segments/box-1/r-1/00000{index}.mp4" for index in range(3))
ROOT = fingerprint(class_of()[0].root)
ROOT_FOLDER = Path(__file__).parents[2]
TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
BAGIT, INFO, MANIFEST, TAGMANIFEST = TAGS


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A whole bag with names and a sheet."""
    return whole_bag(tmp_path / "bag")


def swap(path: Path, *changes: tuple[bytes, bytes]) -> None:
    """Replace bytes of a file, each once."""
    data = path.read_bytes()
    for old, new in changes:
        assert data.count(old) == 1, old
        data = data.replace(old, new)
    path.write_bytes(data)


def of(bag: Path, run: Run) -> list[str]:
    """The problems of a bag that does not hold."""
    status, result = run(bag)
    assert (status, result["ok"]) == (1, False)
    problems: list[str] = result["problems"]
    return problems


def test_a_whole_bag(bag: Path, run: Run) -> None:
    before = listing(bag)
    status, result = run(bag, "--root", ROOT)
    assert (status, result["problems"], result["kind"], result["pinned"]) == (0, [], "bag", True)
    assert (result["class"], result["records"], result["segments"]) == (CLASS, 10, 3)
    assert result["findings"] and listing(bag) == before
    assert "index.pdf" in str(result["cannot_tell"]) and "contact sheets (1)" in str(result["cannot_tell"])


def test_the_class_of_the_golden_files_in_a_bag(tmp_path: Path, run: Run) -> None:
    bag = write_bag(tmp_path / "bag", golden_export(tmp_path / "export"))
    status, result = run(bag, "--root", ROOT)
    assert (status, result["problems"], len(result["trees"])) == (0, [], 2)


def test_every_file_is_read_once(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a class with a tree, too; what is parsed is hashed on the way."""
    bag = write_bag(tmp_path / "bag", golden_export(tmp_path / "export"), {}, sheets=True)
    opened: list[Path] = []

    def count(file: folder_module._File, path: Path, name: str, digests: dict[str, str]) -> None:
        opened.append(path)
        plain(file, path, name, digests)

    plain = folder_module._File.__init__
    monkeypatch.setattr(folder_module._File, "__init__", count)
    assert run(bag)[0] == 0
    assert {path for path in bag.rglob("*") if path.is_file()} == set(opened)
    again = {str(path.relative_to(bag)) for path, times in Counter(opened).items() if times > 1}
    assert again == {"data/class/tree/14/checkpoint"}, "a few lines, which each older tree is held against"


def test_our_bags_are_bags_for_others_too(bag: Path, tmp_path: Path) -> None:
    bagit.Bag(str(bag)).validate()


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ["Whole: every seal", "Names: 2, each the one to which the class commits.",
            "nobody signed: data/index.pdf, verify.html, contact sheets (1), the counts in data/index.json. What",
            "Signer not pinned"]),
    ("zh", ["完整", "姓名：2 人，每个姓名都与该班次的承诺值相符。",
            "点名照片核对表（1 页）、data/index.json 中的计数。", "签名者未核定"]),
])
def test_what_is_printed_of_a_bag(bag: Path, capsys: pytest.CaptureFixture[str], lang: str, said: list[str]) -> None:
    assert main([str(bag), "--lang", lang]) == 0
    out = capsys.readouterr().out
    assert [one for one in said if one not in out] == []


@pytest.mark.parametrize(("lang", "said"), [
    ("en", "Filmed: 2026-03-02 08:41–08:42 · Room: 101 · Camera: room"),
    ("zh", "拍摄时间：2026-03-02 08:41–08:42 · 教室：101 · 摄像头：room"),
])
def test_a_broken_video_is_told_by_day_time_room_and_camera(
    bag: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str,
) -> None:
    swap(bag / SECOND, (b"second", b"secone"))
    assert main([str(bag), "--lang", lang]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, one in enumerate(lines) if "r-1/000001.mp4" in one)
    assert lines[at].startswith("  1. ") and lines[at + 1] == f"     {said}"


def test_a_cut_chain_comes_before_what_the_bag_says_of_itself(bag: Path, run: Run) -> None:
    path = bag / f"data/class/chains/box-1.{'0' * 32}.jsonl"
    put(path, b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    put(bag / BAGIT, b"x")
    problems = of(finish_tags(bag), run)
    assert problems[0].startswith("the end of the chain of box-1 was cut")
    assert [number for number, one in enumerate(problems) if "Payload-Oxum" in one] == [len(problems) - 1], problems


# --- names


def test_people_are_called_by_their_names(bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(bag), "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "Li Hua" in out and "p-2" not in out


def test_a_bag_without_names_and_sheets_is_the_same_evidence(
    bag: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = run(bag)[1]["findings"]
    (bag / "data/names.json").unlink()
    shutil.rmtree(bag / "data/sheets")
    finish(bag)
    capsys.readouterr()
    status, result = run(bag)
    assert (status, result["findings"]) == (0, findings)
    out = capsys.readouterr().out
    assert "The bag holds no names: people are told by their pseudonyms." in out
    assert "The bag holds no contact sheets." in out


def test_the_commands_of_the_document_take_names_and_sheets_out_of_a_bag(bag: Path, run: Run) -> None:
    (commands,) = re.findall(r"```bash\n(.*?)```", (ROOT_FOLDER / "docs/evidence.md").read_text("utf-8"), re.DOTALL)
    subprocess.run(["bash", "-e", "-c", commands], cwd=bag, check=True)
    assert not {"data/names.json", "data/sheets/2026-03-02-am/1.jpg"} & listing(bag).keys()
    assert run(bag)[:1] == (0,)
    bagit.Bag(str(bag)).validate()


def test_names_taken_away_without_a_word(bag: Path, run: Run) -> None:
    (bag / "data/names.json").unlink()
    assert "data/names.json is missing: manifest-sha256.txt names it" in of(bag, run)


def test_who_has_no_name_in_the_bag_is_told_by_the_pseudonym(
    bag: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_json(bag / "data/names.json", lambda value: value["people"].pop())
    assert run(finish(bag))[0] == 0
    assert "Names: 1, each the one to which the class commits. Told by their pseudonyms: p-2" in capsys.readouterr().out


def test_names_exchanged_between_two_people(bag: Path, run: Run) -> None:
    def exchange(value: dict[str, list[dict[str, str]]]) -> None:
        one, two = value["people"]
        one["person"], two["person"] = two["person"], one["person"]

    edit_json(bag / "data/names.json", exchange)
    assert of(finish(bag), run) == [
        f"names.json gives {who} a name to which no plan and no roster event of the class commits"
        for who in ("p-2", "p-1")]


@pytest.mark.parametrize(("change", "says"), [
    (lambda value: value["people"][0].update(name="Somebody Else"), "names.json gives p-1 a name"),
    (lambda value: value["people"][0].update(salt="03" * 16), "names.json gives p-1 a name"),
    (lambda value: value["people"].append({"person": "p-9", "name": "x", "salt": "01" * 16}), "names.json gives p-9 "),
    (lambda value: value["people"].append(value["people"][0]), "it names somebody twice"),
    (lambda value: value.update({"class": "welder-2"}), "its class should be welder-1, and is welder-2"),
    (lambda value: value.update(v=2), "data/names.json cannot be used"),
    (lambda value: value.update(people={}), "data/names.json cannot be used"),
    (lambda value: value.update(secret=1), "data/names.json cannot be used"),
])
def test_names_to_which_nobody_committed(bag: Path, run: Run, change: Callable[..., object], says: str) -> None:
    edit_json(bag / "data/names.json", change)
    problems = of(finish(bag), run)
    assert len(problems) == 1 and says in problems[0]


# --- findings and index


def test_findings_that_acquit(bag: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def acquit(value: dict[str, list[dict[str, object]]]) -> None:
        value["findings"][0].update(result="satisfied", reasons=[])

    edit_json(bag / "data/findings.json", acquit)
    finish(bag)
    capsys.readouterr()
    status, result = run(bag)
    assert (status, result["problems"]) == (1, ["findings.json says of R1: satisfied; the records give: violated"])
    assert result["findings"][0]["result"] == "violated"
    out = capsys.readouterr().out
    assert "R1: Theory is recorded in full · violated" in out and "No findings" not in out
    assert main([str(bag), "--lang", "zh"]) == 1
    assert "findings.json 关于 R1 写的是：符合；按记录得出的是：不符合" in capsys.readouterr().out


@pytest.mark.parametrize(("change", "says"), [
    (lambda value: value["findings"].pop(0), "findings.json says of R1: nothing; the records give: violated"),
    (lambda value: value["findings"].append({**value["findings"][0], "rule": "R99"}),
     "findings.json says of R99: violated; the records give: nothing"),
    (lambda value: value["findings"].append(value["findings"][0]),
     "findings.json says of R1: violated; the records give: nothing"),
    (lambda value: value["findings"][2].update(flag=True),
     "findings.json says of R3: satisfied (clear), with a flag; the records give: satisfied (clear)"),
    (lambda value: value["findings"][0].update(records=[]),
     "findings.json says of R1 what the records give (violated), but with other reasons, records or numbers"),
    (lambda value: value["findings"][2].update(trainees=["p-9"]),
     "findings.json says of R3 what the records give (satisfied (clear)), but with other reasons, records or numbers"),
    (lambda value: value.update(as_of="2026-03-02T01:41:00.000000Z"),
     "data/findings.json is of something else: its as_of should be 2026-03-02T01:40:00.000000Z, and is"
     " 2026-03-02T01:41:00.000000Z"),
    (lambda value: value.update({"class": "welder-2"}),
     "data/findings.json is of something else: its class should be welder-1, and is welder-2"),
    (lambda value: value.update(findings={}), "data/findings.json cannot be used: it holds no list of findings"),
])
def test_findings_that_the_records_do_not_give(
    bag: Path, run: Run, change: Callable[..., object], says: str
) -> None:
    edit_json(bag / "data/findings.json", change)
    assert of(finish(bag), run) == [says]


def test_findings_by_other_rules_are_not_compared(bag: Path, run: Run) -> None:
    edit_json(bag / "data/findings.json", lambda value: value.update(rules=99, findings=[]))
    status, result = run(finish(bag))
    assert status == 0 and "another version of the rules" in str(result["cannot_tell"])


@pytest.mark.parametrize(("change", "says"), [
    (lambda value: value["segments"].pop(), "index.json leaves out the segment of record 5 of box-1"),
    (lambda value: value["segments"][1].update(sha256="0" * 64),
     "index.json says of record 4 of box-1 another sha256 than the records"),
    (lambda value: value["segments"][1].update(seq=5), "index.json says of record 4 of box-1 another seq than"),
    (lambda value: value["segments"].append({"device": "box-9", "file": "r-9/000000.mp4"}),
     "index.json names a segment r-9/000000.mp4 of box-9, which no record of the class names"),
    (lambda value: value["segments"].append(value["segments"][0]), "it names a segment twice"),
    (lambda value: value.update(export="0" * 64), "data/index.json is of something else: its export should be "),
    (lambda value: value["segments"][0].update({"from": "2026-03-02T00:00:00.000000Z"}),
     "index.json says of record 3 of box-1 another from than the records"),
    (lambda value: value["segments"][0].update(block="2026-03-03-am"), "record 3 of box-1 another block than"),
    (lambda value: value["removed"].append(value["segments"].pop()), "index.json leaves out the segment of record 5"),
    (lambda value: value["blocks"].pop(), "data/index.json cannot be used: its recordings are not those of the plan"),
    (lambda value: value.pop("blocks"), "data/index.json cannot be used: it holds no list of recordings"),
    (lambda value: value.update(segments=None), "data/index.json cannot be used: it holds no list of segments"),
])
def test_an_index_that_is_not_of_the_records(bag: Path, run: Run, change: Callable[..., object], says: str) -> None:
    edit_json(bag / "data/index.json", change)
    assert says in of(finish(bag), run)[0]


@pytest.mark.parametrize("data", [
    b"", b"[]", b"\xff\xfe{}", b'{"v": 1, "v": 1}', b"[" * 100_000, b'{"v": ' + b"[" * 40 + b"]" * 40 + b"}",
    b'{"v": 1.5}', b'{"v": "\\ud800"}', b'{"v": NaN}', b'{"v": ' + b"9" * 5000 + b"}",
], ids=lambda data: repr(data[:12]))
@pytest.mark.parametrize("name", ["findings.json", "index.json", "names.json"])
def test_what_is_no_such_json(bag: Path, run: Run, name: str, data: bytes) -> None:
    put(bag / "data" / name, data)
    problems = of(finish(bag), run)
    assert len(problems) == 1 and problems[0].startswith(f"data/{name} cannot be used: ")


def test_a_giant_derived_file_is_refused(bag: Path, run: Run) -> None:
    with (bag / "data/index.json").open("r+b") as file:
        file.truncate(33 << 20)
    problems = of(finish(bag), run)
    assert len(problems) == 1 and problems[0].startswith("data/index.json was not read: more than")


# --- files and manifests


def test_each_file_changed_is_named(bag: Path, run: Run) -> None:
    good = listing(bag)
    for name, data in good.items():
        for at in sorted({0, len(data) // 2, len(data) - 1}):
            bad = bytearray(data)
            bad[at] ^= 1
            (bag / name).write_bytes(bad)
            problems = of(bag, run)
            assert any(name in one or name.removeprefix("data/class/segments/box-1/") in one for one in problems), name
        (bag / name).write_bytes(data)


@pytest.mark.long
def test_a_flipped_bit_of_each_byte_of_the_parts_that_make_a_bag(bag: Path) -> None:
    """All of them by the checks of the bag alone; that these count is shown above."""
    chance = random.Random(1)
    for name in TAGS:
        good = (bag / name).read_bytes()
        for at in range(len(good)):
            bad = bytearray(good)
            bad[at] ^= 1 << chance.randrange(8)
            (bag / name).write_bytes(bad)
            read = read_bag(Folder(bag))
            files = [read.place(one) for one in read.listed()]
            hashes = dict(zip(files, hash_all(files, lambda _: None), strict=True))
            problems = [*read.problems, *check_bag(read, None, hashes, ())]
            assert any(name in str(one) for one in problems), (name, at, problems)
        (bag / name).write_bytes(good)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_bit_is_found_and_its_file_named(bag: Path, run: Run, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(listing(bag))))
    good = (bag / name).read_bytes()
    bad = bytearray(good)
    bad[data.draw(st.integers(0, len(good) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (bag / name).write_bytes(bad)
    try:
        assert any(name in one or name.removeprefix("data/class/segments/box-1/") in one for one in of(bag, run))
    finally:
        (bag / name).write_bytes(good)


def test_each_missing_file_is_named(bag: Path, run: Run) -> None:
    for name, data in listing(bag).items():
        (bag / name).unlink()
        problems = of(bag, run)
        assert any(name in one or name.removeprefix("data/class/segments/box-1/") in one for one in problems), name
        put(bag / name, data)


@pytest.mark.parametrize("name", ["verify.html", "data/findings.json", "data/index.json", "data/index.pdf"])
def test_only_names_and_sheets_may_be_left_out(bag: Path, run: Run, name: str) -> None:
    (bag / name).unlink()
    assert of(finish(bag), run) == [f"{name} is missing"]


@pytest.mark.parametrize("name", [
    "notes.txt", "fetch.txt", "manifest-md5.txt", "data/notes.txt", "data/sheets/page.jpg", "data/sheets/a/1.png",
    "data/.hidden", "zaitang.db", "manifest.json", "extra/x",
])
def test_a_file_that_does_not_belong_into_a_bag(bag: Path, run: Run, name: str) -> None:
    put(bag / name, b"x")
    assert of(bag, run)[0] == f"{name} does not belong into a bag: it was added"
    finish(bag)
    assert f"{name} does not belong into a bag: it was added" in of(bag, run)


@pytest.mark.parametrize("name", [".DS_Store", "data/Thumbs.db", "data/sheets/2026-03-02-am/._1.jpg"])
def test_a_file_that_a_computer_left_by_itself(bag: Path, run: Run, name: str) -> None:
    put(bag / name, b"x")
    assert f"{name} is no part of the bag: computers leave such files by themselves. Remove it, and check again" in of(
        bag, run)


def test_a_sheet_that_no_manifest_names(bag: Path, run: Run) -> None:
    put(bag / "data/sheets/2026-03-02-am/2.jpg", b"x")
    assert "data/sheets/2026-03-02-am/2.jpg was added: manifest-sha256.txt does not name it" in of(bag, run)


def test_a_file_in_the_class_that_no_record_names(bag: Path, run: Run) -> None:
    put(bag / "data/class/segments/box-1/r-1/000009.mp4", b"x")
    assert of(finish(bag), run) == ["segments/box-1/r-1/000009.mp4 is not named by any record: it was added"]


def test_a_bag_within_a_bag(bag: Path, run: Run, tmp_path: Path) -> None:
    shutil.copytree(bag, tmp_path / "inner")
    shutil.move(tmp_path / "inner", bag / "data/class/inner")
    assert "inner/bagit.txt is not named by any record: it was added" in of(finish(bag), run)
    shutil.move(bag / "data/class/inner", bag / "data/inner")
    assert "data/inner/bagit.txt does not belong into a bag: it was added" in of(finish(bag), run)


def test_links_in_a_bag_are_not_followed(bag: Path, run: Run, tmp_path: Path) -> None:
    for name in ("data/names.json", "bag-info.txt", FIRST, "data/sheets", "data/class", "data"):
        shutil.move(bag / name, tmp_path / "elsewhere")
        (bag / name).symlink_to(tmp_path / "elsewhere")
        assert any(one.endswith("was not read: it is a link") for one in of(bag, run)), name
        (bag / name).unlink()
        shutil.move(tmp_path / "elsewhere", bag / name)
    os.mkfifo(bag / "data/fifo")
    assert "data/fifo was not read: it is not a plain file" in of(bag, run)


def test_swapped_segments(bag: Path, run: Run) -> None:
    """With manifests that fit: only the records tell."""
    one, three = (bag / FIRST).read_bytes(), (bag / THIRD).read_bytes()
    (bag / FIRST).write_bytes(three)
    (bag / THIRD).write_bytes(one)
    problems = [
        "segment r-1/000000.mp4 of box-1 was swapped: it holds what record 5 says of r-1/000002.mp4",
        "segment r-1/000002.mp4 of box-1 was swapped: it holds what record 3 says of r-1/000000.mp4"]
    assert of(bag, run) == problems
    assert of(finish(bag), run) == problems


def test_a_manifest_rewritten_to_fit_a_changed_file(bag: Path, run: Run) -> None:
    (bag / FIRST).write_bytes(VIDEOS[0].upper())
    assert of(finish(bag), run) == [
        "segment r-1/000000.mp4 of box-1 was changed: its hash is not the one in record 3"]
    bagit.Bag(str(bag)).validate()


def test_a_manifest_that_says_another_hash_than_the_record(bag: Path, run: Run) -> None:
    swap(bag / MANIFEST, (sha256_of(bag / FIRST).encode(), b"0" * 64))
    assert of(bag, run) == [
        "manifest-sha256.txt or tagmanifest-sha256.txt was changed: the one has another hash than the other says",
        f"{FIRST} or manifest-sha256.txt was changed: the one has another hash than the other says"]
    assert of(finish_tags(bag), run) == [f"{FIRST} was changed: it has another hash than manifest-sha256.txt says"]


def test_receipts_or_chains_of_before_with_manifests_that_fit(bag: Path, run: Run) -> None:
    chain = next(iter(sorted((bag / "data/class/chains").glob("box-1.*"))))
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:-1]))
    assert "the end of the chain of box-1 was cut: 5 records are here, a signed head says 6" in of(finish(bag), run)


def test_an_older_export_of_the_class(tmp_path: Path, run: Run) -> None:
    """The bag says of which export record it is; whoever writes that anew too has an older class, which is whole:
    what may follow it is told as before."""
    site, box, centre = class_with_names()
    bag = write_bag(tmp_path / "bag", write_export(tmp_path / "new", site, box, centre))
    site, box, centre = class_with_names()
    del box.sealed[-1]
    older = write_export(tmp_path / "old", site, box, centre)
    (older / "segments/box-1/r-1/000002.mp4").unlink()
    info = (bag / INFO).read_bytes()
    shutil.rmtree(bag / "data/class")
    shutil.move(older, bag / "data/class")
    finish(bag)
    put(bag / INFO, b"\n".join(line if not line.startswith(b"Zaitang-Export") else info.splitlines()[-1]
                               for line in (bag / INFO).read_bytes().split(b"\n")))
    problems = of(finish_tags(bag), run)
    assert problems[0].startswith("bag-info.txt does not fit the bag: its Zaitang-Export should be ")
    problems = of(finish(bag), run)
    assert any("data/index.json is of something else: its export should be " in one for one in problems)


def test_the_class_of_another_bag(tmp_path: Path, bag: Path, run: Run) -> None:
    site, box, centre = class_of()
    box.alarms(1)
    other = write_export(tmp_path / "other", site, box, centre)
    shutil.rmtree(bag / "data/class")
    shutil.move(other, bag / "data/class")
    info = (bag / INFO).read_bytes()
    finish(bag)
    put(bag / INFO, info)
    problems = of(finish_tags(bag), run)
    assert [one for one in problems if "Zaitang-Export should be" in one]
    problems = of(finish(bag), run)  # what is derived is still those of the other one
    assert {one.split(" ")[0] for one in problems} >= {"names.json", "findings.json", "data/index.json"}


@pytest.mark.parametrize(("old", "new", "says"), [
    (b"Source-Organization: centre", b"Source-Organization: other", "its Source-Organization should be centre, and is"),
    (b"welder-1", b"welder-2", "its External-Identifier should be welder-1, and is welder-2"),
    (b"2026-03-02", b"2026-03-03", "its Bagging-Date should be 2026-03-02, and is 2026-03-03"),
    (b"Payload-Oxum: ", b"Payload-Oxum: 1", "its Payload-Oxum should be "),
    (b"Zaitang-Export: ", b"Zaitang-Export: 0", "its Zaitang-Export should be "),
    (b"Zaitang-Export", b"Zaitang-Exporx", "its Zaitang-Export should be "),
    (b"Bagging-Date: 2026-03-02", b"Payload-Oxum: 1.1", "line 4 of bag-info.txt was changed: its label stands"),
    (b"Bagging-Date: ", b"Bagging-Date ", "line 3 of bag-info.txt was changed: it is no label with a value"),
    (b"Bagging-Date: 2026-03-02\n", b"Bagging-Date: 2026-03-02\r\n", "line 3 of bag-info.txt was changed"),
])
def test_what_a_bag_says_of_itself(bag: Path, run: Run, old: bytes, new: bytes, says: str) -> None:
    swap(bag / INFO, (old, new))
    assert any(says in one for one in of(finish_tags(bag), run))


def test_a_label_more_is_no_harm_and_told(bag: Path, run: Run) -> None:
    assert "further lines" not in str(run(bag)[1]["cannot_tell"])
    put(bag / INFO, (bag / INFO).read_bytes() + "Contact-Name: 王\n".encode())
    status, result = run(finish_tags(bag))
    assert status == 0 and "further lines of bag-info.txt (1)" in str(result["cannot_tell"])


@pytest.mark.parametrize(("line", "why"), [
    (b"0" * 64 + b"  ../outside", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  /etc/passwd", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  data/../../x", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  data//x", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  data/./x", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  data/a\\b", "that is no name of a file within the bag"),
    (b"0" * 64 + b"  bagit.txt", "that file does not belong into this manifest"),
    (b"0" * 64 + b"  data/100%", "a per cent sign begins nothing that RFC 8493 knows"),
    (b"0" * 64 + b"  data/%41", "a per cent sign begins nothing that RFC 8493 knows"),
    (b"0" * 64 + b"  data/%2e%2e/x", "a per cent sign begins nothing that RFC 8493 knows"),
    (b"0" * 64 + b"  data/INDEX.json", "it names a file twice, or two whose names are the same on another machine"),
    (b"0" * 64 + b"  data/index.json", "it names a file twice, or two whose names are the same on another machine"),
    (b"0" * 64 + b"  data/\xff", "it is not UTF-8"),
    (b"0" * 64 + b" *data/x", "it is not a hash, two spaces and the name of a file"),
    (b"0" * 63 + b"  data/x", "it is not a hash, two spaces and the name of a file"),
    (b"A" * 64 + b"  data/x", "it is not a hash, two spaces and the name of a file"),
    (b"0" * 64 + b"  data/x\r", "it is not a hash, two spaces and the name of a file"),
    (b"0" * 64 + b"  data/" + b"x" * 5000, "it is not a hash, two spaces and the name of a file"),
    (b"", "it is not a hash, two spaces and the name of a file"),
])
def test_lines_of_a_manifest_that_are_none(bag: Path, run: Run, line: bytes, why: str) -> None:
    put(bag / MANIFEST, (bag / MANIFEST).read_bytes() + line + b"\n")
    number = (bag / MANIFEST).read_bytes().count(b"\n")
    assert of(finish_tags(bag), run)[0] == f"line {number} of {MANIFEST} was changed: {why}"


def test_names_that_RFC_8493_encodes(tmp_path: Path) -> None:
    put(tmp_path / "data/a%b\nc\rd", b"x")
    put(tmp_path / MANIFEST, b"0" * 64 + b"  data/a%25b%0Ac%0dd\n")
    assert read_bag(Folder(tmp_path)).listed() == ["data/a%b\nc\rd"]


def test_the_payload_in_the_manifest_of_the_tags(bag: Path, run: Run) -> None:
    put(bag / TAGMANIFEST, (bag / TAGMANIFEST).read_bytes() + b"0" * 64 + b"  data/index.pdf\n")
    assert of(bag, run)[0] == f"line 5 of {TAGMANIFEST} was changed: that file does not belong into this manifest"


@pytest.mark.parametrize("data", [
    b"", b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
    b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
    b"BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n", b"\xef\xbb\xbfBagIt-Version: 1.0\n", b"x" * 10_000,
])
def test_another_declaration(bag: Path, run: Run, data: bytes) -> None:
    put(bag / BAGIT, data)
    assert BAGIT in of(finish_tags(bag), run)[0]


def test_giant_parts_are_refused(bag: Path, run: Run) -> None:
    for name in TAGS:
        good = (bag / name).read_bytes()
        with (bag / name).open("r+b") as file:
            file.truncate(1 << 28)
        assert any(name in one for one in of(bag, run))
        (bag / name).write_bytes(good)


# --- video that is gone


@pytest.mark.parametrize("by", ["box", "centre"])
def test_video_of_which_a_record_says_that_it_was_removed(tmp_path: Path, run: Run, by: str) -> None:
    site, box, centre = class_of(removed=1 if by == "box" else None)
    if by == "centre":
        centre.add("video.removed", removal(CLASS, 1))
    export = write_export(tmp_path / "export", site, box, centre)
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    bag = write_bag(tmp_path / "bag", export)
    status, result = run(bag)
    assert (status, result["removed"]) == (0, 1)
    (bag / FIRST).unlink()
    assert of(finish(bag), run) == ["segment r-1/000000.mp4 of box-1 is missing"]


def test_a_removal_at_the_centre_counts_for_its_class_alone(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    centre.add("video.removed", removal("welder-2", 1))
    export = write_export(tmp_path / "export", site, box, centre)
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    assert run(export)[1]["problems"] == ["segment r-1/000001.mp4 of box-1 is missing"]
    with pytest.raises(OSError):
        second_verifier.verify(export, ROOT)


def test_the_second_verifier_takes_the_word_of_the_centre_too(tmp_path: Path) -> None:
    site, box, centre = class_of()
    centre.add("video.removed", removal(CLASS, 1))
    export = write_export(tmp_path / "export", site, box, centre)
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    second_verifier.verify(export, ROOT)


def removal(class_id: str, index: int) -> dict[str, object]:
    """The certificate of a centre that one of VIDEOS is gone."""
    data = VIDEOS[index]
    return {"class": class_id, "policy": "0" * 64, "by": "", "files": [
        {"segment": hashlib.sha256(data).hexdigest(), "size": len(data), "until": utc_text(START)}]}
