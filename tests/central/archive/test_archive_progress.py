"""What is told of a pull: a bar on a terminal, else a line from time to time; and what the console reads."""
from __future__ import annotations

import io
from pathlib import Path

import pytest

from central.archive import progress as module
from central.archive.ask import Away
from central.archive.progress import NAME, Now, Progress, amount, read_now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_there_is_a_bar(tmp_path: Path) -> None:
    screen = Terminal()
    progress = Progress("zh", screen)
    progress.begin(tmp_path, (500_000_000, 1), (1_000_000_000, 2))
    progress.read(250_000_000)
    progress.close()
    assert "归档" in screen.getvalue() and "1.00G" in screen.getvalue()


def test_elsewhere_there_is_a_line_from_time_to_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.StringIO()
    progress = Progress("en", paper)
    progress.begin(tmp_path, (0, 0), (2_000_000_000, 2))
    progress.read(500_000_000)
    assert paper.getvalue() == ""
    monkeypatch.setattr(module, "LINE_S", 0.0)
    progress.read(1_000_000_000)
    assert paper.getvalue() == "1.5 GB of 2.0 GB are in the archive; files to come: 2\n"


def test_the_console_reads_how_it_stands(tmp_path: Path) -> None:
    progress, away = Progress("zh", None), (Away("box-1", 1, None),)
    assert read_now(tmp_path / NAME) is None
    progress.begin(tmp_path, (0, 0), (10, 2))
    progress.file()
    progress.stands("waiting", away)
    assert read_now(tmp_path / NAME) == Now("waiting", 0, 10, 1, 2, away)
    progress.waits(5, 480)
    now = read_now(tmp_path / NAME)
    assert now is not None and (now.state, now.opens_us) == ("closed", 5)
    (tmp_path / NAME).write_text("{")
    assert read_now(tmp_path / NAME) is None


def test_amounts_are_read_at_a_glance() -> None:
    assert [amount(size) for size in (0, 12_340_000, 1_000_000_000)] == ["0.0 MB", "12.3 MB", "1.0 GB"]
