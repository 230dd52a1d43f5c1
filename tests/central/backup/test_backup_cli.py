"""`zaitang-central backup` as an operator sees it; and a centre whose database is PostgreSQL."""
from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import pytest

from central.backup.make import make
from central.backup.noted import last_backup
from central.backup.restore import restore
from central.cli import main
from central.wiring import init_centre, open_centre
from tests.central.helpers import MORNING, Box, FixedClock
from tests.postgres import Server

WORD = "correct horse battery"


@pytest.fixture
def word(tmp_path: Path) -> str:
    (tmp_path / "word").write_text(f"{WORD}\n", "utf-8")
    (tmp_path / "word").chmod(0o600)
    return str(tmp_path / "word")


def test_a_backup_is_made_checked_and_restored_by_commands(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    to, centre = str(tmp_path / "to"), str(tmp_path / "centre")
    made = ["--lang", "en", "backup", "make", "--to", to, "--passphrase-file", word, "--centre", centre]
    assert main([*made, "--keep-days", "30"]) == 0
    said = capsys.readouterr().out
    assert "1 records, 0 files by hash" in said and "--video takes it along" in said and "removed: 0" in said
    (one,) = (path for path in (tmp_path / "to").iterdir() if path.name not in ("objects", ".lock"))
    assert main(["--lang", "en", "backup", "check", str(one)]) == 0
    assert "is as it was made" in capsys.readouterr().out
    opened = open_centre(tmp_path / "centre")
    with contextlib.closing(opened.store), opened.store.read() as tx:
        noted = last_backup(tx)
    assert noted is not None and noted.rotten == 0 and noted.checked_us is None
    assert main(["--lang", "en", "backup", "check", str(one), "--centre", centre]) == 0
    with contextlib.closing(open_centre(tmp_path / "centre").store) as store, store.read() as tx:
        checked = last_backup(tx)
    assert checked is not None and checked.at_us == noted.at_us and checked.checked_us is not None
    capsys.readouterr()
    again = str(tmp_path / "again")
    assert main(["--lang", "en", "backup", "restore", str(one), "--passphrase-file", word, "--centre", again]) == 0
    said = capsys.readouterr().out
    assert "Proved: the first 1 records" in said and "cannot tell" in said and "database move" in said
    assert main(["--lang", "zh", "class", "list", "--centre", again]) == 0
    capsys.readouterr()
    assert main(["--lang", "zh", "backup", "restore", str(one), "--passphrase-file", word, "--centre", again]) == 2
    assert "已存在" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_passphrase_that_others_can_read_is_none(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str], mode: int,
) -> None:
    Path(word).chmod(mode)
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    end = ["--passphrase-file", word, "--centre", str(tmp_path / "centre")]
    assert main(["--lang", "en", "backup", "make", "--to", str(tmp_path / "to"), *end]) == 2
    assert "chmod 600" in capsys.readouterr().err and not (tmp_path / "to").exists()
    assert main(["--lang", "zh", "backup", "restore", str(tmp_path), *end]) == 2
    assert "chmod 600" in capsys.readouterr().err


def test_a_place_that_is_closed_is_told(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str],
) -> None:
    """As root's home and a stick of root's are to `zaitang`, as whom root's commands run. A name that no system takes
    stands for it here, where the tests may be root."""
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    made, closed = ["--lang", "en", "backup", "make", "--centre", str(tmp_path / "centre")], "w" * 300
    assert main([*made, "--to", str(tmp_path / "to"), "--passphrase-file", closed]) == 2
    assert f"{closed} cannot be" in capsys.readouterr().err and not (tmp_path / "to").exists()
    assert main([*made, "--to", closed, "--passphrase-file", word]) == 1
    assert closed in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-3"])
def test_backups_are_kept_for_a_day_at_least(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str], days: str,
) -> None:
    init_centre(tmp_path / "centre", test_keys=True).store.close()
    assert main(["--lang", "en", "backup", "make", "--to", str(tmp_path / "to"), "--passphrase-file", word,
                 "--keep-days", days, "--centre", str(tmp_path / "centre")]) == 2
    assert "one day at least" in capsys.readouterr().err and not (tmp_path / "to").exists()


@pytest.mark.parametrize("spoil", ["changed", "gone", "shared", "shared and gone"])
def test_who_finds_a_spoilt_file_reads_what_to_do_and_doing_that_helps(
    tmp_path: Path, word: str, capsys: pytest.CaptureFixture[str], spoil: str,
) -> None:
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=(clock := FixedClock()))
    sha256 = hashlib.sha256(b"a paper").hexdigest()
    paper = centre.folder / "objects" / "papers" / f"{sha256}.pdf"
    paper.parent.mkdir(parents=True)
    paper.write_bytes(b"a paper")
    to, backup = tmp_path / "to", make(centre, tmp_path / "to", WORD.encode(), False, lambda _: None)
    copied = to / "objects" / "papers" / paper.name
    bad = copied if "shared" in spoil else backup.folder / "zaitang.db"
    bad.unlink() if "gone" in spoil else bad.write_bytes(b"another")
    assert main(["--lang", "en", "backup", "check", str(backup.folder)]) == 1
    said = capsys.readouterr().err
    assert bad.name in said and "copy" in said and "backup make" in said
    assert main(["--lang", "zh", "backup", "check", str(backup.folder)]) == 1
    assert "重新复制" in (zh := capsys.readouterr().err) and bad.name in zh
    assert ("move it out of the folder" in said) == ("移出该文件夹" in zh) == ("shared" in spoil)
    if spoil == "shared":
        copied.unlink()
    clock.utc_us += 60_000_000
    again = make(centre, to if "shared" in spoil else tmp_path / "other", WORD.encode(), False, lambda _: None)
    centre.store.close()
    for one in {again.folder} | ({backup.folder} if "shared" in spoil else set()):
        assert main(["--lang", "en", "backup", "check", str(one)]) == 0


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "backup", "check", str(tmp_path)]) == 2
    assert "is no backup of a centre" in capsys.readouterr().err


@pytest.mark.long
def test_of_postgresql_a_file_is_made(tmp_path: Path, postgres: Server) -> None:
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=FixedClock(), database=postgres.empty())
    box = Box(centre)
    box.genesis(MORNING)
    centre.collector().take(box.messages())
    backup = make(centre, tmp_path / "to", WORD.encode(), True, lambda _: None)
    with centre.store.read() as tx:
        records = tx.leaves()
    centre.store.close()
    told = restore(backup.folder, tmp_path / "again", WORD.encode(), None, None, FixedClock(), lambda _: None)
    assert told.proof.records == records
    again = open_centre(tmp_path / "again", FixedClock())
    assert again.config.database == "" and again.objects.all() == set()
    again.store.close()
