"""Files and folders take their place whole, or leave the old ones."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.dossier.errors import NotOurFolder
from central.dossier.write import sweep, write_file, write_folder
from central.errors import CannotWrite

pytestmark = pytest.mark.long

FILES = {"class.csv": b"new", "trainees.csv": b"new"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_replaced_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.pdf"
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two" and names(path.parent) == {"a.pdf"}
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(CannotWrite):
        write_file(tmp_path / "a.pdf", b"x")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(CannotWrite):
        write_file(tmp_path / "file" / "a.pdf", b"x")
    assert names(tmp_path) == {"a.pdf", "file"}


def test_a_folder_of_ours_is_replaced(tmp_path: Path) -> None:
    write_folder(tmp_path / "c-1", {"class.csv": b"old", "marks.csv": b"old"})
    write_folder(tmp_path / "c-1", FILES)
    assert names(tmp_path / "c-1") == set(FILES) and names(tmp_path) == {"c-1"}


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "c-1").mkdir()
    (tmp_path / "c-1" / "thesis.doc").write_bytes(b"x")
    (tmp_path / "c-2").write_bytes(b"x")
    for name in ("c-1", "c-2"):
        with pytest.raises(NotOurFolder):
            write_folder(tmp_path / name, FILES)
    assert names(tmp_path / "c-1") == {"thesis.doc"} and names(tmp_path) == {"c-1", "c-2"}


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "c-1", {"class.csv": b"old"})
    rename = Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(CannotWrite):
        write_folder(tmp_path / "c-1", FILES)
    assert (tmp_path / "c-1" / "class.csv").read_bytes() == b"old" and names(tmp_path) == {"c-1"}


def test_what_an_ended_run_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".c-1.0a1b2c3d.part").mkdir()
    (tmp_path / ".c-1.json.0a1b2c3d.part").write_bytes(b"x")
    for name in (".mine.part", "c-1.0a1b2c3d.part", ".c-1.0a1b2c3d.bak", "c-1.json"):
        (tmp_path / name).write_bytes(b"x")
    sweep(tmp_path)
    assert names(tmp_path) == {".mine.part", "c-1.0a1b2c3d.part", ".c-1.0a1b2c3d.bak", "c-1.json"}
