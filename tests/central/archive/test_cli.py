"""The command as people type it."""
from __future__ import annotations

from pathlib import Path

import bagit
import pytest

from central.archive.ask import OTHER_CHAIN, Away
from central.archive.cli import away_words
from central.cli import main
from central.orders.asked import GONE
from central.wiring import Centre
from evidence.times import utc_us
from tests.central.archive.test_pull import VIDEO, box  # noqa: F401
from tests.central.helpers import Box, put


def run(centre: Centre, target: Path, *more: str, lang: str = "en") -> int:
    return main(["--lang", lang, "archive", "pull", "welder-1", "--centre", str(centre.folder), "--to", str(target),
                 *more])


def test_a_pull_says_where_it_is_and_how_to_check_it(
    centre: Centre, box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],  # noqa: F811
) -> None:
    put(centre, VIDEO[0])
    assert run(centre, tmp_path / "bag", "--wait", "0") == 1
    said = capsys.readouterr().err
    assert "Files that are still at box-1: 1. The box was last heard" in said and "run the same command again" in said
    put(centre, VIDEO[1])
    assert run(centre, tmp_path / "bag", "--rate", "100") == 0
    said = capsys.readouterr().out
    assert f"zaitang-verify {tmp_path / 'bag'} --root {centre.root_fingerprint}" in said
    bagit.Bag(str(tmp_path / "bag")).validate()
    assert run(centre, tmp_path / "bag", lang="zh") == 2


@pytest.mark.parametrize(("more", "said"), [
    (("--rate", "fast"), "megabytes a second"), (("--night", "22-6"), "22:00-06:00"), (("--wait", "x"), "hours")])
def test_what_cannot_be_meant_is_refused(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str,
) -> None:
    assert run(centre, tmp_path / "bag", *more) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "bag").exists()


def test_of_a_class_that_is_not_here_nothing_is_left_and_the_root_is_no_place(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    (place := tmp_path / "archives").mkdir()
    assert run(centre, place / "bag") == 2 and list(place.iterdir()) == []
    assert run(centre, Path("/")) == 2 and "Traceback" not in capsys.readouterr().err


def test_what_is_away_is_told_for_each_box() -> None:
    heard = utc_us("2026-03-02T00:30:00.000000Z")
    away = [Away("box-1", 3, heard, 2, GONE), Away("box-2", 1, None, 1, OTHER_CHAIN),
            Away("box-3", 1, heard, 1, "no_road")]
    assert away_words(away, "en", 480) == [
        "Files that are still at box-1: 3. The box was last heard Mar 2, 2026 08:30:00 (UTC+8).",
        "Of these the box says that it will not bring: 2 (it does not have them any more).",
        "Files that are still at box-2: 1. The box was never heard.",
        "Of these the box says that it will not bring: 1 (they are of an earlier chain of the box, of which it sends"
        " nothing).",
        "Files that are still at box-3: 1. The box was last heard Mar 2, 2026 08:30:00 (UTC+8).",
        "Of these the box says that it will not bring: 1 (it refused the order)."]
