"""A whole centre put away and brought back: with everything, proved, and not at all where something was changed."""
from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from central.backup import make as make_module
from central.backup import reread, small
from central.backup.errors import (
    BackupChanged,
    BackupFailed,
    FolderThere,
    LeadsAway,
    NoBackup,
    OtherSite,
    ShortPassphrase,
    TooLargeToPack,
    WithinCentre,
    WrongPassphrase,
)
from central.backup.made import DATABASE, HEAD, LISTING, SMALL, check_files, read_made
from central.backup.make import Backup, check_objects, make, prune
from central.backup.restore import listing_of, restore
from central.backup.small import pack, unpack
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.export import export_class
from central.store.bucketed import Bucketed
from central.store.engine import open_engine, reading
from central.store.schema import metadata
from central.wiring import Centre, init_centre, open_centre
from evidence.times import MINUTE, SECOND
from tests.central.helpers import MORNING, Box, FixedClock, segment_of, write_plan
from verify.cli import main

WORD = b"correct horse battery"
REAL_COST = small.COST
FILES = [f"the bytes of segment {index}".encode() for index in range(3)]
SHAS = [hashlib.sha256(data).hexdigest() for data in FILES]
LATER = MORNING + 30 * MINUTE
DAY = 24 * 60 * MINUTE


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(LATER)


@pytest.fixture
def box(centre: Centre, tmp_path: Path) -> Box:
    """A box whose class has three files at the centre."""
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    made = Box(centre)
    made.genesis()
    for index, data in enumerate(FILES):
        made.append(segment_of(data, MORNING + index * MINUTE, 60, index), MORNING + (index + 1) * MINUTE)
        path = centre.objects.path(SHAS[index])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    centre.collector().take(made.messages())
    with centre.store.write() as tx:
        for sha256 in SHAS:
            tx.mark_stored(sha256, MORNING)
    return made


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def made(centre: Centre, to: Path, video: bool = True) -> Backup:
    assert isinstance(centre.clock, FixedClock)
    centre.clock.utc_us += SECOND
    return make(centre, to, WORD, video, lambda _: None)


def back(backup: Backup, target: Path, **more: object):  # type: ignore[no-untyped-def]
    values = {"passphrase": WORD, "root": None, "later": None, "clock": FixedClock(LATER + MINUTE), **more}
    return restore(backup.folder, target, advance=lambda _: None, **values)  # type: ignore[arg-type]


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    engine = open_engine(path)
    with reading(engine) as connection:
        found = {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
                 for table in metadata.sorted_tables}
    engine.dispose()
    return found


def test_the_real_price_of_a_guess() -> None:
    """What fixtures make cheap for the tests."""
    assert (REAL_COST, small.BLOCK, small.LANES) == (65536, 8, 1)


def test_everything_is_there_again_and_goes_on(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    backup = made(centre, to)
    assert (backup.records, backup.files, backup.spoilt) == (7, 3, ())
    told = back(backup, tmp_path / "again")
    assert (told.absent, told.wanted, told.proof.records, told.proof.missing) == ((), 0, 7, None)
    assert rows(tmp_path / "again" / DATABASE) == rows(centre.folder / DATABASE)
    again = open_centre(tmp_path / "again", FixedClock(LATER + MINUTE))
    assert again.objects.intact(SHAS[0]) and (again.folder / "keys" / "centre.key").stat().st_mode & 0o077 == 0
    box.append(segment_of(b"later", MORNING + 4 * MINUTE, 60, 3), MORNING + 5 * MINUTE)
    again.collector().take(box.messages())
    with again.store.read() as tx:
        assert tx.leaves() == 8
    again.store.close()


def test_a_restored_centre_exports_what_verifies(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    back(made(centre, to), tmp_path / "again")
    again = open_centre(tmp_path / "again", FixedClock(LATER + MINUTE))
    folder = export_class(again, "welder-1", tmp_path / "out").folder
    again.store.close()
    assert main([str(folder)]) == 0


def test_a_second_backup_copies_only_what_is_new(centre: Centre, box: Box, to: Path) -> None:
    assert made(centre, to).new == sum(map(len, FILES))
    second = made(centre, to)
    assert (second.new, second.files) == (0, 3)
    assert len([one for one in to.iterdir() if one.name not in ("objects", ".lock")]) == 2


def test_what_lies_in_the_bucket_is_still_there_after_a_restore(
    centre: Centre, box: Box, to: Path, tmp_path: Path
) -> None:
    with centre.store.write() as tx:
        tx.put_bucketed(Bucketed(SHAS[1], len(FILES[1]), MORNING, None, stays=True))
    assert back(made(centre, to, video=False), tmp_path / "again").wanted == 2
    again = open_centre(tmp_path / "again", FixedClock(LATER + MINUTE))
    with again.store.read() as tx:
        known = tx.bucketed(SHAS[1])
        assert known is not None and not known.stays and tx.announced(SHAS[1])[0].stored
        assert not tx.announced(SHAS[0])[0].stored
    again.store.close()


def test_what_rots_in_the_folder_is_copied_anew_by_a_backup_of_the_same_month(
    centre: Centre, box: Box, to: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reread, "SHARES", 3)
    assert isinstance(centre.clock, FixedClock)
    first = made(centre, to)
    names = [f"{sha256[:2]}/{sha256}.mp4" for sha256 in SHAS]
    for name in names[:2]:
        path = to / "objects" / name
        path.write_bytes(bytes(reversed(path.read_bytes())))
    assert made(centre, to).mended == (), "nothing is read twice a day"
    centre.objects.path(SHAS[1]).unlink()
    found = set[str]()
    for _ in range(3):
        centre.clock.utc_us += DAY
        done = made(centre, to)
        found |= {*done.mended, *done.rotten}
        assert set(done.mended) <= {names[0]} and set(done.rotten) <= {names[1]}
    assert found == set(names[:2])
    assert back(first, tmp_path / "again").absent == (names[1],)


def test_backups_that_are_made_rarely_read_all_of_it(centre: Centre, box: Box, to: Path) -> None:
    assert isinstance(centre.clock, FixedClock)
    made(centre, to)
    for path in (to / "objects").glob("??/*.mp4"):
        path.write_bytes(bytes(reversed(path.read_bytes())))
    centre.clock.utc_us += 90 * DAY
    assert len(made(centre, to).mended) == 3 and made(centre, to).mended == ()


def test_video_may_be_left_out_and_is_then_asked_for(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    told = back(made(centre, to, video=False), tmp_path / "again")
    assert (told.files, told.wanted) == (0, 3)
    again = open_centre(tmp_path / "again", FixedClock(LATER + MINUTE))
    with again.store.read() as tx:
        assert not any(one.stored for sha256 in SHAS for one in tx.announced(sha256))
    again.store.close()


def test_what_came_after_the_backup_is_told(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    backup = made(centre, to)
    box.append(segment_of(b"later", MORNING + 4 * MINUTE, 60, 3), MORNING + 5 * MINUTE)
    centre.collector().take(box.messages()[-1:])
    seen = centre.checkpoint().note.bytes()
    assert back(backup, tmp_path / "again", later=seen).proof.missing == 1
    assert back(made(centre, to), tmp_path / "once-more", later=seen).proof.missing == 0


def test_keys_and_names_are_readable_nowhere_in_a_backup(centre: Centre, box: Box, to: Path) -> None:
    backup = made(centre, to)
    secrets = [(centre.folder / "keys" / name).read_bytes() for name in ("centre.key", "names.key")]
    for path in to.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(one in data for one in secrets) and "张伟".encode() not in data, path
    assert backup.folder.stat().st_mode & 0o077 == 0


def test_what_may_not_be_kept_is_in_no_backup(centre: Centre, box: Box, to: Path) -> None:
    for name in ("sheets/ab", "derived/ab", "incoming"):
        (centre.folder / "objects" / name).mkdir(parents=True)
        (centre.folder / "objects" / name / "secret.bin").write_bytes(b"a face")
    (centre.folder / "objects" / "papers").mkdir()
    (centre.folder / "objects" / "papers" / f"{'ab' * 32}.pdf").write_bytes(b"%PDF-")
    backup = made(centre, to)
    assert not [path for path in to.rglob("*") if path.is_file() and path.read_bytes() == b"a face"]
    assert backup.spoilt == (f"papers/{'ab' * 32}.pdf",), "its name is the hash of something else"


# --- attacks and accidents


@pytest.mark.parametrize("name", [DATABASE, SMALL, LISTING, "checkpoint"])
def test_attack_one_byte_of_a_backup_is_changed(
    centre: Centre, box: Box, to: Path, tmp_path: Path, name: str
) -> None:
    backup = made(centre, to)
    path = backup.folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BackupChanged, match=name):
        back(backup, tmp_path / "again")
    assert not (tmp_path / "again").exists() and not list(tmp_path.glob(".again*"))


def test_attack_a_backup_with_its_own_list_of_hashes_is_not_signed(
    centre: Centre, box: Box, to: Path, tmp_path: Path
) -> None:
    backup = made(centre, to)
    with sqlite3.connect(backup.folder / DATABASE) as database:
        database.execute("DELETE FROM records WHERE seq = 2 AND device = 'box-1'")
    head = json.loads((backup.folder / HEAD).read_text())
    payload = json.loads(base64.b64decode(head["payload"]))
    payload["database"] = hashlib.sha256((backup.folder / DATABASE).read_bytes()).hexdigest()
    head["payload"] = base64.b64encode(json.dumps(payload, separators=(",", ":"), sort_keys=True).encode()).decode()
    (backup.folder / HEAD).write_text(json.dumps(head, separators=(",", ":"), sort_keys=True))
    with pytest.raises(BackupChanged, match="signature"):
        back(backup, tmp_path / "again")


def test_attack_the_centre_itself_left_a_record_out(
    centre: Centre, box: Box, to: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the centre's key signs any list; the tree that was signed before does not fit it."""
    from central.backup import make as module

    def robbed(place: Path, target: Path) -> None:
        own(place, target)
        with sqlite3.connect(target) as database:
            database.execute("UPDATE records SET envelope ="
                             " (SELECT envelope FROM records WHERE leaf = 5) WHERE leaf = 4")

    own = module.snapshot
    monkeypatch.setattr(module, "snapshot", robbed)
    with pytest.raises(BackupChanged, match="not those of which the centre signed"):
        back(made(centre, to), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_attack_a_backup_of_another_site(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    with pytest.raises(OtherSite):
        back(made(centre, to), tmp_path / "again", root="ab" * 32)
    told = back(made(centre, to), tmp_path / "again", root=centre.root_fingerprint.upper())
    assert told.root == centre.root_fingerprint


def test_a_wrong_passphrase_opens_nothing(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase):
        back(made(centre, to), tmp_path / "again", passphrase=b"correct horse battery.")
    with pytest.raises(ShortPassphrase):
        make(centre, to, b"short", True, lambda _: None)
    assert not (tmp_path / "again").exists()


def test_a_file_that_rotted_at_the_centre_is_told_and_left_out(
    centre: Centre, box: Box, to: Path, tmp_path: Path
) -> None:
    centre.objects.path(SHAS[1]).write_bytes(b"something else entirely")
    backup = made(centre, to)
    assert backup.spoilt == (f"{SHAS[1][:2]}/{SHAS[1]}.mp4",) and backup.files == 2
    assert back(backup, tmp_path / "again").wanted == 1


def test_a_file_that_rotted_in_the_backup_is_found_by_check_and_named_by_restore(
    centre: Centre, box: Box, to: Path, tmp_path: Path
) -> None:
    backup = made(centre, to)
    path = to / "objects" / SHAS[0][:2] / f"{SHAS[0]}.mp4"
    path.write_bytes(bytes(reversed(FILES[0])))
    read_made(backup.folder, None)
    with pytest.raises(BackupChanged, match=SHAS[0]):
        check_objects(to, backup.folder, listing_of(backup.folder), lambda _: None)
    told = back(backup, tmp_path / "again")
    assert told.absent == (f"{SHAS[0][:2]}/{SHAS[0]}.mp4",) and told.wanted == 1


def test_a_disk_that_fills_leaves_no_half_backup(
    centre: Centre, box: Box, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.backup import make as module

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_new", full)
    with pytest.raises(BackupFailed, match="No space"):
        made(centre, to)
    assert sorted(one.name for one in to.iterdir()) == [".lock", "objects"]


def test_a_sector_that_cannot_be_read_costs_one_file_and_no_backup(
    centre: Centre, box: Box, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from central.backup import make as module

    copy = module._copy

    def bad(source: Path, target: Path) -> str:
        if source.stem == SHAS[1]:
            raise OSError(errno.EIO, "Input/output error")
        return copy(source, target)

    monkeypatch.setattr(module, "_copy", bad)
    backup = made(centre, to)
    assert backup.spoilt == (f"{SHAS[1][:2]}/{SHAS[1]}.mp4",) and backup.files == 2


def test_one_at_a_time_and_what_a_killed_one_left_goes(centre: Centre, box: Box, to: Path) -> None:
    """Else the files that one has just copied are left over to the other, which removes them."""
    made(centre, to)
    (to / ".2026.part").mkdir()
    (to / ".2026.part" / DATABASE).write_bytes(b"names of people")
    with (to / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupFailed):
            made(centre, to)
        with pytest.raises(BackupFailed):
            prune(to, 30, MORNING)
    made(centre, to)
    assert not (to / ".2026.part").exists()
    assert (to / "objects").stat().st_mode & 0o777 == 0o700


def test_two_of_one_second_are_both_there_and_the_later_one_is_the_newest(centre: Centre, box: Box, to: Path) -> None:
    first, second, third = (make(centre, to, WORD, True, lambda _: None) for _ in range(3))
    names = [one.folder.name for one in (first, second, third)]
    assert names == sorted({*names}) and len(names) == 3
    for one in (first, second, third):
        check_files(one.folder, read_made(one.folder, None)[0])
    assert prune(to, 1, LATER + 10 * DAY) == 2 and third.folder.is_dir(), "the newest stays"


def test_a_folder_that_is_there_is_not_touched(centre: Centre, box: Box, to: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    with pytest.raises(FolderThere):
        back(made(centre, to), tmp_path / "again")
    with pytest.raises(NoBackup):
        restore(tmp_path, tmp_path / "other", WORD, None, None, None, lambda _: None)


def test_old_backups_go_and_with_them_what_only_they_have(centre: Centre, box: Box, to: Path) -> None:
    assert isinstance(centre.clock, FixedClock)
    first = made(centre, to)
    centre.objects.drop(SHAS[0])
    centre.clock.utc_us += 40 * 24 * 60 * MINUTE
    second = made(centre, to)
    assert prune(to, 60, centre.clock.utc_us) == 0
    assert prune(to, 30, centre.clock.utc_us) == 1
    assert not first.folder.exists() and check_files(second.folder, read_made(second.folder, None)[0]) is None
    left = sorted(path.stem for path in (to / "objects").rglob("*.mp4"))
    assert left == sorted(SHAS[1:])
    centre.clock.utc_us += 400 * 24 * 60 * MINUTE
    assert prune(to, 30, centre.clock.utc_us) == 0, "the newest stays"


def test_small_files_come_back_as_they_were(tmp_path: Path) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    (tmp_path / "out").mkdir()
    unpack(pack(tmp_path / "centre", WORD), WORD, tmp_path / "out")
    for name in ("centre.toml", "identities.jsonl", "keys/names.key"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "centre" / name).read_bytes()
    assert not (tmp_path / "out" / "root").exists() and not (tmp_path / "out" / DATABASE).exists()


@pytest.mark.parametrize("said", [
    'database = "postgresql://nobody@127.0.0.1:1/x"  # the one in the cellar', "database='postgresql://nobody@a/x'",
    ' "database" = "postgresql://nobody@a/x"'])
def test_the_database_of_before_is_named_no_more_however_it_was_written(
    centre: Centre, box: Box, to: Path, tmp_path: Path, said: str,
) -> None:
    config = centre.folder / "centre.toml"
    config.write_text(config.read_text("utf-8").replace('database = ""', said), "utf-8")
    backup = made(centre, to)
    assert back(backup, tmp_path / "again").proof.records == backup.records
    assert open_centre(tmp_path / "again", FixedClock(LATER)).config.database == ""


def test_a_backup_lies_elsewhere_than_in_the_centre(centre: Centre, box: Box) -> None:
    """Else each holds all that were made before."""
    with pytest.raises(WithinCentre):
        made(centre, centre.folder / "backups")
    assert not (centre.folder / "backups").exists()


@pytest.mark.parametrize("most", ["MOST_FILE", "MOST"])
def test_what_could_not_be_unpacked_is_not_packed(
    centre: Centre, box: Box, to: Path, monkeypatch: pytest.MonkeyPatch, most: str,
) -> None:
    monkeypatch.setattr(small, "MOST_FILE", 1 << 16)
    monkeypatch.setattr(small, most, 1 << 16)
    for number in range(3):
        (centre.folder / f"note-{number}").write_bytes(bytes(1 << 15))
    if most == "MOST_FILE":
        made(centre, to)
        (centre.folder / "note-0").write_bytes(bytes((1 << 16) + 1))
    with pytest.raises(TooLargeToPack):
        made(centre, to)


def test_what_a_link_leads_to_is_not_left_out_in_silence(
    centre: Centre, box: Box, to: Path, tmp_path: Path,
) -> None:
    keys = centre.folder / "keys"
    (keys / "names.key").rename(tmp_path / "names.key")
    (keys / "names.key").symlink_to(tmp_path / "names.key")
    back(made(centre, to), tmp_path / "again")
    again = tmp_path / "again" / "keys" / "names.key"
    assert again.read_bytes() == (tmp_path / "names.key").read_bytes() and not again.is_symlink()
    keys.rename(tmp_path / "keys")
    keys.symlink_to(tmp_path / "keys")
    with pytest.raises(LeadsAway):
        made(centre, to)


def test_what_somebody_left_among_the_files_spoils_no_backup(
    centre: Centre, box: Box, to: Path, tmp_path: Path,
) -> None:
    aside = centre.folder / "objects" / "aside"
    aside.mkdir(parents=True, exist_ok=True)
    for name in ("Thumbs.db", "a copy", "x" * 130):
        (aside / name).write_bytes(b"x")
    assert back(made(centre, to), tmp_path / "again").absent == ()


def test_a_key_that_is_made_meanwhile_is_in_it(
    centre: Centre, box: Box, to: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the database has sealed opens with a key that the backup has, too."""
    def later(place: object, target: Path) -> None:
        (centre.folder / "keys" / "people.key").write_bytes(b"x" * 32)
        snapshot(place, target)  # type: ignore[arg-type]

    snapshot = make_module.snapshot
    monkeypatch.setattr(make_module, "snapshot", later)
    back(made(centre, to), tmp_path / "again")
    assert (tmp_path / "again" / "keys" / "people.key").read_bytes() == b"x" * 32
