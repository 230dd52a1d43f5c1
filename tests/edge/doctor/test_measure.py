"""The numbers of a real box as a program reads them: they can be parsed, are right, and come in time."""
from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.examining import Examiner, Look
from common.exporter import App, exported
from common.numbers import Numbers, app_of, told
from edge.doctor import gather, measure
from edge.doctor.judge import Volume
from edge.doctor.measure import NAMES
from edge.wiring import Box, open_box
from evidence.bodies import Alarm, Segment
from evidence.times import SECOND
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import make_box

LOCAL = "127.0.0.1"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 12, fps=2, gop=4)


@pytest.fixture
def box(tmp_path: Path, film: Path) -> Iterator[Box]:
    made = open_box(make_box(tmp_path / "box", film, '[sync]\nbroker = "127.0.0.1"\n'))
    yield made
    made.store.close()


def numbers(text: str) -> dict[tuple[str, str], float]:
    """(name, values of labels) → value."""
    return {(one.name, ",".join(one.labels.values())): one.value
            for family in text_string_to_metric_families(text) for one in family.samples}


def asked(port: int) -> str:
    with urllib.request.urlopen(f"http://{LOCAL}:{port}/metrics", timeout=20) as answer:
        return answer.read().decode()


def test_the_numbers_of_a_box_are_what_it_holds(box: Box) -> None:
    for _ in range(3):
        box.store.append("alarm", Alarm("camera.silent", {}))
    record = box.store.append("segment", Segment(
        None, None, "room", "r-1", 0, "r-1/0.mp4", 5, "ab" * 32, "h264", 64, 48, 10, 5, 0, 5_000_000,
        1, 2, 500_000, (), False, "start", "end")).record
    with exported(app_of(NAMES, Examiner(box, gather.METERS, box.clock.utc_us)), LOCAL, 0) as port:
        text = asked(port)
    found = numbers(text)
    assert found["zaitang_box_records_total", ""] == 5  # the genesis, too
    assert found["zaitang_box_receipts_waiting", ""] == 5
    assert found["zaitang_box_last_segment_timestamp_seconds", ""] == pytest.approx(record.utc_us / SECOND)
    assert found["zaitang_box_process_running", "recorder"] == 0 and found["zaitang_box_recorder_answers", ""] == 0
    assert found["zaitang_box_check_state", "processes"] == 2 and found["zaitang_box_check_state", "clock"] == 1
    assert [about for name, about in found if name == "zaitang_box_unlooked"] == ["disk"]  # it has video, and no volume
    assert all(line.startswith("#") or line.startswith("zaitang_box_") for line in text.splitlines())


def test_no_number_says_whose_class_it_is(box: Box) -> None:
    labels = {key for family in Numbers(NAMES, Examiner(box, gather.METERS, box.clock.utc_us)).collect()
              for one in family.samples for key in one.labels}
    assert labels <= {"role", "about", "version", "volume"}


@pytest.mark.parametrize("hostile", ['"} 1\nevil 7', "\\", "\n", "x" * 50_000, "在堂", "\udcff", "a{b=\"c\"} 9 # HELP"])
def test_nothing_that_stands_in_a_label_breaks_the_format(hostile: str) -> None:
    volume = Volume(hostile, "/v", 5, 1, 9)
    look = Look(hostile, lambda _: ([volume], None), measure=measure.disks)
    fails = Look(hostile + "2", lambda _: 1 / 0)  # type: ignore[arg-type,return-value]
    with exported(_app(look, fails), LOCAL, 0) as port:
        found = numbers(asked(port))
    assert found["zaitang_box_volume_free_bytes", hostile.replace("\udcff", "\\udcff")] == 5_000_000
    assert found["zaitang_box_unlooked", hostile.replace("\udcff", "\\udcff") + "2"] == 1
    assert not any(name == "evil" for name, _ in found)


def test_a_disk_that_hangs_takes_its_own_numbers_along_and_no_others(box: Box) -> None:
    ended = threading.Event()
    hangs = Look("disk", lambda _: (ended.wait(60), None), measure=measure.disks)
    looks = [hangs, *[one for one in gather.METERS if one.about == "clock"]]
    before = time.monotonic()
    with exported(app_of(NAMES, Examiner(box, looks, box.clock.utc_us, 0.5)), LOCAL, 0) as port:
        found = numbers(asked(port))
    assert time.monotonic() - before < 6
    assert found["zaitang_box_unlooked", "disk"] == 1 and found["zaitang_box_check_state", "disk"] == 2
    assert ("zaitang_box_clock_synchronised", "") in found
    assert not any(name.startswith("zaitang_box_volume") for name, _ in found)
    ended.set()


def test_a_box_that_is_not_asked_to_serves_none(box: Box) -> None:
    before = threading.active_count()
    with told(NAMES, Examiner(box, gather.METERS, box.clock.utc_us), LOCAL, box.config.metrics.port):
        assert threading.active_count() == before


def _app(*looks: Look[None]) -> App:
    return app_of(NAMES, Examiner(None, looks, lambda: 0))
