"""A box's folder: read without a trace, and honest about what it cannot tell."""
from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from evidence.certs import pem
from evidence.times import SECOND
from tests.evidence.making import REAL, START, Maker, Site
from tests.verify.conftest import Run
from tests.verify.making import (
    CLASS,
    VIDEOS,
    class_of,
    journal,
    listing,
    marked,
    opened,
    order,
    put,
    receipt,
    segment,
    write_box,
)
from verify.database import Rows, read_rows

DATABASE = "zaitang.db"
FIRST = "video/segments/r-1/000000.mp4"


def sql(folder: Path, statement: str, *values: object) -> None:
    """Change a database at rest, leaving no log beside it."""
    db = sqlite3.connect(folder / DATABASE)
    db.execute(statement, values)
    db.commit()
    db.close()


def test_a_whole_box(box: Path, run: Run) -> None:
    before = listing(box)
    status, result = run(box)
    assert status == 0
    assert (result["kind"], result["records"], result["segments"], result["media_s"], result["recovered"]) == (
        "box", 6, 3, 180.0, 1)
    assert result["cannot_tell"] == [
        "A receipt vouches for the chain up to record 5; whether later ones were removed cannot be told."]
    assert {finding["class"] for finding in result["findings"]} == {"welder-1"}
    assert listing(box) == before


def test_records_that_lie_in_the_log_are_read_and_nothing_changes(tmp_path: Path, run: Run) -> None:
    site, maker, centre = class_of()
    box = write_box(tmp_path / "box", site, maker, centre, wal=True)
    assert (box / "zaitang.db-wal").stat().st_size > 0
    before = listing(box)
    status, result = run(box)
    assert (status, result["records"]) == (0, 6)
    assert listing(box) == before


def test_a_folder_that_cannot_be_written_is_read(box: Path, run: Run) -> None:
    for folder in (box, box / "video"):
        folder.chmod(0o555)
    try:
        assert run(box)[0] == 0
    finally:
        for folder in (box, box / "video"):
            folder.chmod(0o755)


def test_a_bare_database_cannot_tell_whether_its_end_was_cut(tmp_path: Path, run: Run) -> None:
    site, maker, centre = class_of()
    box = write_box(tmp_path / "box", site, maker, centre)
    (box / "keys/centre.crt").unlink()
    status, result = run(box)
    assert status == 0
    assert result["cannot_tell"][0].startswith("Cannot tell whether records at the end were removed: no receipt")
    assert result["test_key"]


def test_a_deleted_order_is_missing_and_hides_no_finding(tmp_path: Path, run: Run) -> None:
    site, maker, _ = class_of()
    status, result = run(write_box(tmp_path / "box", site, maker))
    assert status == 1
    assert result["problems"][0].startswith("an order that record")


def test_receipts_without_the_centres_certificate_prove_nothing_but_are_compared(box: Path, run: Run) -> None:
    (box / "keys/centre.crt").unlink()
    status, result = run(box)
    assert status == 0
    assert "receipts are here (1), but not the certificate" in result["cannot_tell"][0]
    sql(box, "DELETE FROM records WHERE seq = 5")
    (box / "video/segments/r-1/000002.mp4").unlink()
    assert run(box)[1]["problems"] == [
        "the end of the chain of box-1 was cut: 5 records are here, a signed head says 6"]


def test_a_cut_tail_shows_against_a_receipt(box: Path, run: Run) -> None:
    sql(box, "DELETE FROM records WHERE seq >= 4")
    status, result = run(box)
    assert status == 1
    assert result["problems"][0] == "the end of the chain of box-1 was cut: 4 records are here, a signed head says 6"


def test_a_deleted_record(box: Path, run: Run) -> None:
    sql(box, "DELETE FROM records WHERE seq = 2")
    status, result = run(box)
    assert (status, result["problems"]) == (1, ["record 2 of box-1 is missing"])


def test_a_changed_record(box: Path, run: Run) -> None:
    other = Site().box().alarms(9).sealed[2]
    sql(box, "UPDATE records SET envelope = ?, hash = ?, type = 'alarm' WHERE seq = 2", other.envelope, other.hash)
    status, result = run(box)
    assert (status, result["problems"]) == (1, [
        "record 2 of box-1 does not follow from the record before it: records were removed, added or swapped",
        "record 3 of box-1 does not follow from the record before it: records were removed, added or swapped"])


@pytest.mark.parametrize("value", [b"x", b"", "text", 5, b"x" * (1 << 21)])
def test_an_envelope_that_is_none(box: Path, run: Run, value: object) -> None:
    db = sqlite3.connect(box / DATABASE)
    db.executescript("CREATE TABLE loose (seq INTEGER PRIMARY KEY, hash, type, envelope);"
                     "INSERT INTO loose SELECT * FROM records; DROP TABLE records;"
                     "ALTER TABLE loose RENAME TO records;")
    db.close()
    sql(box, "UPDATE records SET envelope = ? WHERE seq = 2", value)
    status, result = run(box)
    assert status == 1
    assert result["problems"][0].startswith("row 2 of zaitang.db was changed: ")


def test_columns_that_say_something_else(box: Path, run: Run) -> None:
    sql(box, "UPDATE records SET type = 'alarm' WHERE seq = 2")
    assert run(box)[1]["problems"] == [
        "row 2 of zaitang.db was changed: its columns do not say what the sealed record says"]


def test_segments_missing_changed_and_added(box: Path, run: Run) -> None:
    (box / FIRST).write_bytes(b"First segment")
    (box / "video/segments/r-1/000001.mp4").unlink()
    put(box / "video/segments/r-9/000000.mp4", b"x")
    assert run(box)[1]["problems"] == [
        "segment r-1/000000.mp4 of box-1 was changed: its hash is not the one in record 3",
        "segment r-1/000001.mp4 of box-1 is missing",
        "video/segments/r-9/000000.mp4 is not named by any record: it was added",
    ]


JOURNAL, NEW = "video/journal/r-2.jsonl", "video/segments/r-2"
ADDED = "video/segments/r-2/{}.mp4 is not named by any record: it was added"


def test_what_is_being_recorded_is_counted_and_named_not_called_added(
    box: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    put(box / NEW / "000000.mp4", b"whole, the store was busy")
    put(box / NEW / "000001.mp4", b"half, and what no mark vouches for")
    put(box / JOURNAL, journal("r-2", opened(0), marked(0, b"whole"), marked(0, b"whole, the store was busy", "done"),
                               opened(1), marked(1, b"half")) + b"0badc0de {torn")
    put(box / "video/quarantine/r-0-000000.mp4", b"")
    status, result = run(box)
    assert (status, result["unfinished"]) == (0, 2)
    assert result["unfinished_files"] == [f"{NEW}/000000.mp4", f"{NEW}/000001.mp4"]
    assert "nobody has signed: 2 (r-2/000000.mp4, r-2/000001.mp4)" in capsys.readouterr().out
    put(box / JOURNAL, journal("r-2", opened(0), marked(0, b"whole, the store was busy", "done"), opened(1)))
    assert run(box)[0] == 0, "no fragment of the second file is on the disk yet"


@pytest.mark.parametrize(("lines", "why"), [
    ([opened(0), opened(1), marked(1, b"half")], "only the last file of a run may be unfinished"),
    ([opened(0), marked(0, b"first", "done")], "a finished file is as long as its mark"),
    ([opened(0), marked(0, b"other")], "the file does not begin with what the mark says"),
    ([opened(0), marked(0, b"first file, and longer than it is")], "the file is shorter than its mark"),
    ([opened(1), marked(1, b"half")], "a run begins with its first file"),
])
def test_a_journal_that_does_not_fit_vouches_for_nothing(
    box: Path, run: Run, lines: list[dict[str, object]], why: str
) -> None:
    put(box / NEW / "000000.mp4", b"first file")
    put(box / JOURNAL, journal("r-2", *lines))
    status, result = run(box)
    assert (status, result["problems"]) == (1, [ADDED.format("000000")]), why


@pytest.mark.parametrize("data", [
    b"".join(b"0 " + line.partition(b" ")[2] + b"\n" for line in journal("r-2", opened(0)).splitlines()),
    journal("r-3", opened(0)),
    journal("r-2", {"do": "open", "index": True, "file": "r-2/000000.mp4"}),
    journal("r-2", opened(0))[40:],
    b"[" * 100_000,
    b"",
])
def test_a_line_that_does_not_check_vouches_for_nothing(box: Path, run: Run, data: bytes) -> None:
    put(box / NEW / "000000.mp4", b"added")
    put(box / JOURNAL, data)
    assert run(box)[1]["problems"] == [ADDED.format("000000")]


def test_what_happens_while_the_folder_is_read_is_no_problem(
    box: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment grows to its end and is recorded, a run ends and its journal is dropped: between two looks of ours."""
    whole = (box / FIRST).read_bytes()
    (box / FIRST).write_bytes(whole[:5])
    put(box / NEW / "000000.mp4", b"half")
    put(box / JOURNAL, journal("r-2", opened(0), marked(0, b"half")))

    def later(path: Path) -> Rows:
        (box / FIRST).write_bytes(whole)
        (box / JOURNAL).unlink()
        return read_rows(path)

    monkeypatch.setattr("verify.box.read_rows", later)
    status, result = run(box)
    assert (status, result["unfinished"]) == (0, 1)


@pytest.mark.parametrize(("index", "cut", "status"), [(1, None, 0), (1, "end", 1), (2, None, 1), (0, None, 1)])
def test_a_file_follows_the_recorded_ones_of_a_run_that_has_not_ended(
    tmp_path: Path, run: Run, index: int, cut: str | None, status: int
) -> None:
    site, maker, centre = class_of()
    recorded = {**segment(0, b"first"), "run": "r-2", "file": "r-2/000000.mp4", "cut": cut}
    if index == 0:
        recorded |= {"index": 1, "file": "r-2/000001.mp4"}
    maker.add("segment", recorded)
    box = write_box(tmp_path / "box", site, maker, centre)
    put(box / "video/segments" / str(recorded["file"]), b"first")
    put(box / NEW / f"{index:06}.mp4", b"half")
    put(box / JOURNAL, journal("r-2", *(opened(number) for number in range(index + 1)), marked(index, b"half")))
    if index == 2:
        put(box / JOURNAL, journal("r-2", opened(0), opened(2), marked(2, b"half")))
    assert run(box)[0] == status


def test_video_without_a_class(tmp_path: Path, run: Run) -> None:
    site = Site()
    maker = site.box()
    for index, data in enumerate((b"first segment", b"second segment", b"third, longer segment")):
        maker.add("segment", {**segment(index, data, None), "session": None})
    status, result = run(write_box(tmp_path / "box", site, maker))
    assert (status, result["segments"], result["class"], result["as_of"]) == (0, 3, None, None)


def test_the_root_may_be_given_instead(box: Path, run: Run, tmp_path: Path) -> None:
    shutil.move(box / "keys/root.crt", tmp_path / "root.crt")
    assert run(box)[0] == 2
    status, result = run(box, "--root", str(tmp_path / "root.crt"))
    assert (status, result["pinned"]) == (0, True)


def test_a_real_policy_takes_no_test_key(tmp_path: Path, run: Run) -> None:
    site, maker, centre = class_of("sanmenxia-2023")
    status, result = run(write_box(tmp_path / "box", site, maker, centre))
    assert (status, result["problems"]) == (1, ["box-1: signed with a test key, which only the demo policy accepts"])


def test_a_policy_that_is_not_at_hand_takes_no_test_key_either(tmp_path: Path, run: Run) -> None:
    for test, expected in ((True, 1), (False, 0)):
        site, _, centre = class_of(test=test)
        plan = centre.add("order.class", {**order("demo"), "number": 2, "policy": {"id": "other", "sha256": "0" * 64}})
        maker = site.box()
        maker.add("order.accepted", {"class": CLASS, "order": plan.hash})
        for index, data in enumerate(VIDEOS):
            maker.add("segment", segment(index, data), START + (index + 1) * 60 * SECOND)
        assert run(write_box(tmp_path / f"box-{expected}", site, maker, centre))[0] == expected


def test_an_order_that_the_box_did_not_accept_is_not_used(tmp_path: Path, run: Run) -> None:
    site, _, centre = class_of()
    maker = site.box()
    for index, data in enumerate((b"first segment", b"second segment", b"third, longer segment")):
        maker.add("segment", segment(index, data))
    status, result = run(write_box(tmp_path / "box", site, maker, centre))
    assert (status, result["findings"]) == (0, [])


def test_what_the_centre_stated_and_the_box_took_keeps_the_video(tmp_path: Path, run: Run) -> None:
    for name, taken in (("heard", True), ("away", False)):
        site, box, centre = class_of()
        opened = centre.add("dispute", {"class": CLASS, "dispute": "d-1", "state": "opened", "reason": "unfair"})
        if taken:
            box.add("order.accepted", {"class": CLASS, "order": opened.hash})
        result = run(write_box(tmp_path / name, site, box, centre))[1]
        r7 = next(one for one in result["findings"] if one["rule"] == "R7")
        assert [one["code"] for one in r7["reasons"]] == (["kept_dispute", "dispute_open"] if taken else ["kept_until"])


@pytest.mark.parametrize(("result", "problems"), [("accepted", 1), ("refused", 0)])
def test_an_order_to_the_box_that_was_taken_is_there(
    tmp_path: Path, run: Run, result: str, problems: int,
) -> None:
    site, box, centre = class_of()
    order = centre.add("order.box", {
        "device": "box-1", "number": 1, "expires": "2026-03-09T00:00:00.000000Z", "kind": "upload",
        "upload": {"chain": box.chain, "files": []}})
    box.add("order.answered", {"order": order.hash, "number": 1, "result": result})
    folder = write_box(tmp_path / "box", site, box, centre)
    assert run(folder)[1]["problems"] == []
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute("DELETE FROM orders WHERE hash = ?", (order.hash,))
    said = run(folder)[1]["problems"]
    assert len(said) == problems and all(order.hash in one for one in said)


def test_a_receipt_for_another_chain(tmp_path: Path, run: Run) -> None:
    site, maker, centre = class_of()
    other = receipt(site.box(chain="1" * 32), centre, 0)
    box = write_box(tmp_path / "box", site, maker, centre, [other])
    assert run(box)[1]["problems"] == [
        "a receipt for box-1 does not match its chain: it is for another chain or of another centre"]


def test_a_damaged_database(box: Path, run: Run) -> None:
    data = bytearray((box / DATABASE).read_bytes())
    for at in range(4096, len(data)):
        data[at] = 0x5A
    (box / DATABASE).write_bytes(data)
    assert run(box)[0] in (1, 2)
    (box / DATABASE).write_bytes(b"nothing like a database" * 100)
    assert run(box)[0] == 2
    (box / DATABASE).write_bytes(b"")
    assert run(box)[0] == 2


def test_a_database_that_is_a_link_is_refused(box: Path, run: Run, tmp_path: Path) -> None:
    shutil.move(box / DATABASE, tmp_path / "other.db")
    (box / DATABASE).symlink_to(tmp_path / "other.db")
    assert run(box)[0] == 2


def test_a_database_that_would_compute_gigabytes_is_refused(box: Path, run: Run) -> None:
    db = sqlite3.connect(box / DATABASE)
    db.executescript(
        "ALTER TABLE records RENAME TO others; CREATE TABLE records (seq INTEGER PRIMARY KEY, hash TEXT, type TEXT,"
        " envelope BLOB AS (zeroblob(900000000))); INSERT INTO records (seq, hash, type) VALUES (0, '', '');")
    db.close()
    assert any("too big" in problem for problem in run(box)[1]["problems"])


def test_a_view_in_place_of_the_records_is_refused(box: Path, run: Run) -> None:
    db = sqlite3.connect(box / DATABASE)
    db.executescript(
        "ALTER TABLE records RENAME TO others; CREATE VIEW records AS WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS seq, '' AS hash, '' AS type, x'' AS envelope FROM n;")
    db.close()
    assert run(box)[0] == 2


def move(box: Path, *names: str) -> Path:
    """Move files to a second volume, as the box does, and note it."""
    nas = box.parent / "nas"
    sql(box, "CREATE TABLE IF NOT EXISTS moved (file TEXT PRIMARY KEY, sha256 TEXT, size INTEGER) STRICT")
    for name in names:
        put(nas / "segments" / name, (box / "video/segments" / name).read_bytes())
        (box / "video/segments" / name).unlink()
        sql(box, "INSERT INTO moved VALUES (?, '', 0)", name)
    return nas


def test_segments_that_were_moved_are_checked_where_they_lie(box: Path, run: Run) -> None:
    nas = move(box, "r-1/000000.mp4", "r-1/000001.mp4")
    put(nas / ".zaitang-volume.json", b"{}")
    put(nas / "incoming/half.part", b"half a copy")
    status, result = run(box)
    assert status == 1 and result["problems"] == [
        f"segment r-1/00000{number}.mp4 of box-1 is missing: the box moved it to another volume; give its folder with"
        " --video" for number in range(2)]
    assert run(box, "--video", str(nas))[0] == 0
    put(nas / "segments/r-1/000001.mp4", VIDEOS[1][::-1])
    status, result = run(box, "--video", str(nas))
    assert status == 1 and "000001.mp4" in result["problems"][0] and "was changed" in result["problems"][0]


def test_a_copy_on_both_volumes_is_one_and_a_stranger_on_the_second_is_named(box: Path, run: Run) -> None:
    nas = move(box, "r-1/000000.mp4")
    put(box / FIRST, VIDEOS[0])  # A cut between the copy and the end of the first one.
    assert run(box, "--video", str(nas))[0] == 0
    put(nas / "segments/r-1/000009.mp4", b"mine")
    (nas / "segments/link").symlink_to(nas)
    status, result = run(box, "--video", str(nas))
    assert status == 1 and len(result["problems"]) == 2
    assert "video/segments/r-1/000009.mp4" in result["problems"][0] and "it is a link" in result["problems"][1]


def test_the_volume_of_another_box_accuses_nobody(
    box: Path, run: Run, capsys: pytest.CaptureFixture[str],
) -> None:
    nas = move(box, "r-1/000000.mp4")
    put(nas / "segments/r-7/000000.mp4", b"theirs")
    put(nas / ".zaitang-volume.json", b'{"device":"box-9","volume":"v-1"}')
    assert run(box, "--video", str(nas))[0] == 2
    assert "that is the volume of another box, box-9; this is the folder of box-1" in capsys.readouterr().err
    for unreadable in (b"[" * 4000, b"[1]", b'{"device":1}', b"x" * 5000):
        put(nas / ".zaitang-volume.json", unreadable)
        assert run(box, "--video", str(nas))[0] == 1


def test_a_second_volume_that_is_none_and_a_hint_that_lies(box: Path, export: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run(box, "--video", str(tmp_path / "empty"))[0] == 2
    assert run(export, "--video", str(move(box, "r-1/000000.mp4")))[0] == 2
    sql(box, "DELETE FROM moved")
    status, result = run(box)
    assert status == 1 and result["problems"] == ["segment r-1/000000.mp4 of box-1 is missing"]


def test_a_database_whose_tables_have_no_readable_names_is_refused(box: Path, run: Run) -> None:
    path = box / DATABASE
    for name in (b"CREATE TABLE records", b"CREATE TABLE receipts", b"CREATE TABLE orders"):
        path.write_bytes(path.read_bytes().replace(name, name[:-3] + b"\xff\xfd ", 1))
    assert run(box)[0] == 2


def test_a_box_writes_its_own_receipts(tmp_path: Path, run: Run) -> None:
    """Its own certificate lies where the centre's should, and its own key signed the receipts."""
    site, box, centre = class_of()
    folder = write_box(tmp_path / "box", site, box, centre, [receipt(box, box, len(box.sealed) - 1)])
    put(folder / "keys/centre.crt", pem(box.certificate).encode())
    status, result = run(folder)
    assert status == 1
    assert result["problems"] == [
        "keys/centre.crt: the certificate cannot be trusted: it is for a box, and a centre is expected"]


def test_a_centre_with_the_key_of_the_box_gives_it_no_receipts(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    own = site.centre("box-1")
    folder = write_box(tmp_path / "box", site, box, centre, [receipt(box, own, len(box.sealed) - 1)])
    put(folder / "keys/centre.crt", pem(own.certificate).encode())
    status, result = run(folder)
    assert status == 1 and "box-1 speaks as the centre with the name or the key of a box" in result["problems"]


def test_a_receipt_in_the_name_of_another_centre(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    other = site.centre()
    other.device = "centre-2"
    folder = write_box(tmp_path / "box", site, box, centre, [receipt(box, other, len(box.sealed) - 1)])
    status, result = run(folder)
    assert status == 1 and "of another centre" in result["problems"][0]


def test_an_order_that_another_than_the_centre_sealed(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    thief = Maker(site, "box-2", "c" * 32, REAL, None, role="box")
    box.add("order.accepted", {"class": CLASS, "order": thief.add("order.class", order("demo")).hash})
    folder = write_box(tmp_path / "box", site, box, centre, [receipt(box, centre, 5)])
    db = sqlite3.connect(folder / "zaitang.db")
    with db:
        one = thief.sealed[-1]
        db.execute("INSERT INTO orders VALUES (?, ?, ?)", (one.hash, 99, one.envelope))
    db.close()
    status, result = run(folder)
    assert status == 1 and "signed by the key" in result["problems"][0]
