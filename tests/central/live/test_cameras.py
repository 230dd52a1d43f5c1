"""What records say of a room camera: since when it sends nothing."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.live.cameras import camera_of, dark_since
from central.wiring import Centre, init_centre
from evidence.bodies import Alarm, Body
from evidence.times import MINUTE, SECOND
from tests.central.helpers import MORNING, Box, FixedClock, segment_of

CLASS, BROKE_US = "welder-1", MORNING + 5 * MINUTE


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = init_centre(tmp_path / "centre", test_keys=True, clock=FixedClock())
    yield made
    made.store.close()


def dark(centre: Centre, *said: tuple[Body, int], device: str = "box-1") -> int | None:
    """Since when, after box-1 said all of that."""
    box = Box(centre)
    box.genesis()
    for body, us in said:
        box.append(body, us)
    centre.collector().take(box.messages())
    with centre.store.read() as tx:
        return dark_since(tx, device, CLASS)


def alarm(code: str, camera: str = "room") -> Alarm:
    return Alarm(code, {"camera": camera}, CLASS)


FILE = (segment_of(b"1", BROKE_US - 60 * SECOND, 60), BROKE_US + 2 * SECOND)
"""In which the camera fell silent: it is sealed after the alarm."""
AGAIN = (segment_of(b"2", BROKE_US + 90 * SECOND, 30), BROKE_US + 120 * SECOND)


@pytest.mark.parametrize("code", ["camera.broken", "camera.silent"])
def test_a_camera_that_broke_is_dark_until_a_file_of_it_holds_pictures_of_later(centre: Centre, code: str) -> None:
    assert dark(centre, (alarm(code), BROKE_US), FILE) == BROKE_US
    assert dark(centre, device="box-2") is None


def test_a_camera_that_records_again_is_dark_no_more(centre: Centre) -> None:
    assert dark(centre, (alarm("camera.broken"), BROKE_US), FILE, AGAIN) is None


def test_the_newest_alarm_counts(centre: Centre) -> None:
    later = BROKE_US + 5 * MINUTE
    assert dark(centre, (alarm("camera.broken"), BROKE_US), AGAIN, (alarm("camera.silent"), later)) == later


@pytest.mark.parametrize("said", [alarm("camera.stepped"), alarm("camera.broken", "terminal")])
def test_what_else_a_box_says_makes_no_room_dark(centre: Centre, said: Alarm) -> None:
    assert dark(centre, FILE, (said, BROKE_US + 3 * SECOND)) is None
    with centre.store.read() as tx:
        assert (camera_of(tx, "box-1", CLASS), camera_of(tx, "box-1", None)) == ("room", "room")
