"""From codes that were shown and segments that are recorded to what the segments show."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edge.picture.codes import Codes
from edge.rollcall.attempts import Attempts
from evidence.bodies import CodeRead, CodeShown, Segment, body_of
from evidence.times import SECOND
from tests.edge.recorder.conftest import Bench, bench, keys

from .test_marks import SEGMENT, SHOWN, film

__all__ = ["bench", "keys"]


@pytest.fixture
def work(bench: Bench) -> Codes:
    film(bench.volume.segments / "000001.mp4", (12, 940))
    return Codes(bench.store, bench.volume.segments.joinpath, Attempts(bench.folder / "attempts"))


def segment_of(bench: Bench, file: str = "000001.mp4", **changes: object) -> Segment:
    return dataclasses.replace(SEGMENT, file=file, boot_id=bench.clock.stamp().boot_id, **changes)  # type: ignore[arg-type]


def read(bench: Bench) -> list[CodeRead]:
    bodies = [body_of(sealed.record) for sealed in bench.store.records_of("code.read")]
    return [body for body in bodies if isinstance(body, CodeRead)]


def test_a_segment_in_which_a_code_was_shown_is_read_once(bench: Bench, work: Codes) -> None:
    bench.store.append("segment", segment_of(bench))
    assert not work.turn()
    bench.store.append("code.shown", SHOWN)
    assert work.turn() and not work.turn()
    (found,) = read(bench)
    assert {one.mark for one in found.marks} == {12, 940} and found.segment == SEGMENT.sha256
    again = Codes(bench.store, bench.volume.segments.joinpath, Attempts(bench.folder / "attempts"))
    assert not again.turn(), "what is recorded is not done again after a restart"


def test_a_code_stated_later_has_the_segment_read_again(bench: Bench, work: Codes) -> None:
    bench.store.append("segment", segment_of(bench))
    bench.store.append("code.shown", dataclasses.replace(SHOWN, to_mono_us=1007 * SECOND, marks=(12,)))
    assert work.turn()
    bench.store.append("code.shown", CodeShown("c-1", "s-1", (940,), 1012 * SECOND, 1014 * SECOND))
    assert work.turn() and not work.turn()
    assert [{one.mark for one in found.marks} for found in read(bench)] == [{12}, {12, 940}]


def test_codes_of_another_boot_and_of_another_time_are_no_work(bench: Bench, work: Codes) -> None:
    bench.store.append("segment", dataclasses.replace(SEGMENT, boot_id="cd"))
    bench.store.append("segment", segment_of(bench, sha256="1" * 64, first_mono_us=5000 * SECOND))
    bench.store.append("code.shown", SHOWN)
    assert not work.turn() and read(bench) == []


def test_a_file_that_cannot_be_read_stays_unread_and_is_not_tried_for_ever(bench: Bench, work: Codes) -> None:
    (bench.volume.segments / "bad.mp4").write_bytes(b"no video")
    bench.store.append("segment", segment_of(bench, "bad.mp4"))
    bench.store.append("code.shown", SHOWN)
    assert work.turn() and not work.turn() and read(bench) == []
    assert not Path(bench.folder / "attempts").exists()
