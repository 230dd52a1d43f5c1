"""What `zaitang-edge status` says, in both languages."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from common.unreached import NOT_VOUCHED
from edge.cli import main
from edge.sync.cli import lines, sentence
from edge.sync.progress import Progress, write_progress
from edge.wiring import Box
from evidence.bodies import Alarm
from evidence.records import Stamp


@dataclasses.dataclass
class Stopped:
    """A clock that says one thing."""

    now: Stamp
    rate: int = 1

    def stamp(self) -> Stamp:
        return self.now


def said(box: Box, lang: str = "en") -> str:
    return "\n".join(sentence(text, params, lang) for text, params in lines(box))


def test_what_is_on_its_way_is_told(make_box: Callable[..., Box]) -> None:
    box = make_box('[sync]\nbroker = "127.0.0.1"\nsegments = "http://127.0.0.1:9"\n')
    box.store.append("alarm", Alarm("camera.silent", {}))
    assert "records: 2; without a receipt of the centre: 2" in said(box) and "is the box running?" in said(box)
    box.run_folder.mkdir(exist_ok=True)
    write_progress(box.run_folder, Progress(3, 60_000_000, "ab" * 32, 5_000_000, 20_000_000, 2, 507))
    told = said(box)
    assert "3 files (60 MB)" in told and "25 % of 20 MB" in told and "answer 507; tries in a row: 2" in told
    assert "回应 507" in said(box, "zh")
    write_progress(box.run_folder, Progress(1, 1, failures=4))
    assert "cannot be reached; tries in a row: 4" in said(box)
    write_progress(box.run_folder, Progress(1, 1, failures=4, why=NOT_VOUCHED))
    assert "vouches for its certificate; tries in a row: 4" in said(box) and "对方证书不是" in said(box, "zh")
    write_progress(box.run_folder, Progress(0, 0))
    assert "all files" in said(box)


@pytest.mark.parametrize(("sync", "text"), [("", "has no centre"), ('[sync]\nbroker = "127.0.0.1"\n', "video stays")])
def test_what_does_not_leave_the_box_is_told(make_box: Callable[..., Box], sync: str, text: str) -> None:
    assert text in said(make_box(sync))


def test_a_box_that_never_ran_stays_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "box.toml").write_text('device = "box-1"\n')
    assert main(["status", "--box", str(tmp_path), "--lang", "en"]) == 2
    assert "never ran" in capsys.readouterr().err and not (tmp_path / "zaitang.db").exists()


@pytest.mark.parametrize("synced", [True, False])
def test_a_clock_that_nobody_sets_is_told(make_box: Callable[..., Box], synced: bool) -> None:
    box = make_box("")
    stamp = box.clock.stamp()
    stamp = dataclasses.replace(stamp, clock=dataclasses.replace(stamp.clock, synced=synced))
    box = dataclasses.replace(box, clock=Stopped(stamp))  # type: ignore[arg-type]
    assert ("clock of this machine is not synchronised" in said(box)) is not synced
    assert ("录像和签到均不作数" in said(box, "zh")) is not synced
