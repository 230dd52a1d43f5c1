"""Room files: the template reads, whoever wrote a bad one is told the key, and nothing hostile gets past."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import LANGS, words
from edge.placement.errors import RoomTooLarge, RoomUnreadable
from edge.placement.room import MAX_BYTES, load_room, parse_room, template
from evidence.errors import BadShape

TEXT = template("en")


def test_the_template_is_a_room_in_either_language() -> None:
    rooms = [parse_room(template(lang).encode(), lang) for lang in LANGS]
    assert rooms[0] == rooms[1] and len(rooms[0].all_seats()) == 42
    assert rooms[0].seats[0].eyes_m == 1.2 and rooms[0].cameras[0].horizontal_deg == 87


def test_rows_are_counted_from_the_board_and_seats_from_the_left_over_all_blocks() -> None:
    blocks = """
[[seats]]
rows = 2
per_row = 2
first_m = 2
spacing_m = 1.5
width_m = 1
middle_m = 6
[[seats]]
rows = 1
per_row = 2
first_m = 2.05
spacing_m = 1
width_m = 1
middle_m = 1
"""
    head, tail = TEXT.split("[[seats]]")[0], "[[cameras]]" + TEXT.split("[[cameras]]")[1]
    seats = parse_room((head + blocks + tail).encode(), "t").all_seats()
    assert [(seat.row, seat.number, seat.x_m, seat.y_m) for seat in seats] == [
        (1, 1, 0.5, 2.05), (1, 2, 1.5, 2.05), (1, 3, 5.5, 2.0), (1, 4, 6.5, 2.0), (2, 1, 5.5, 3.5), (2, 2, 6.5, 3.5)]


def test_a_lens_is_told_by_its_focal_length_too() -> None:
    room = parse_room(TEXT.replace("angle_deg = 87", "focal_mm = 2.65\nsensor_mm = 5.3").encode(), "t")
    assert room.cameras[0].horizontal_deg == pytest.approx(90)


@pytest.mark.parametrize(("old", "new", "key"), [
    ("width_m = 7.2", "width_m = 0.4", "room.width_m"),
    ("width_m = 7.2", "width_m = nan", "room.width_m"),
    ("width_m = 7.2", "width_m = inf", "room.width_m"),
    ("width_m = 7.2", "width_m = true", "room.width_m"),
    ("width_m = 7.2", "width_m = '7'", "room.width_m"),
    ("width_m = 7.2", f"width_m = 0x{'f' * 5000}", "room.width_m"),
    ("depth_m = 9.0", "depht_m = 9.0", "room.depth_m"),
    ("name = \"301\"", "colour = \"red\"", "room.colour"),
    ("name = \"301\"", "name = \"\\u001b[31m\"", "room.name"),
    ("name = \"301\"", f"name = \"{'x' * 41}\"", "room.name"),
    ("rows = 6", "rows = 41", "seats.0.rows"),
    ("rows = 6", "rows = 6.5", "seats.0.rows"),
    ("rows = 6", "rows = 9", "seats.0"),
    ("per_row = 7", "per_row = 40", "seats.0.width_m"),
    ("width_m = 5.4", "width_m = 7.3", "seats.0"),
    ("height_m = 2.4", "height_m = 3.3", "cameras.0"),
    ("at_y_m = 4.5", "at_y_m = 0.2", "cameras.0.at_y_m"),
    ("angle_deg = 87", "", "cameras.0"),
    ("angle_deg = 87", "angle_deg = 87\nfocal_mm = 2.8", "cameras.0"),
    ("angle_deg = 87", "focal_mm = 0.5\nsensor_mm = 40", "cameras.0.focal_mm"),
    ("width_px = 1920", "width_px = 100000", "cameras.0.width_px"),
    ("[room]", "[[room]]", "room"),
    ("[[seats]]", "[seats]", "seats"),
    ("[room]", "[room", "(whole)"),
])
def test_what_is_wrong_is_told_with_its_key(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(BadShape) as told:
        parse_room(TEXT.replace(old, new, 1).encode(), "room.toml")
    assert told.value.params["key"] == key
    for lang in LANGS:
        assert "room.toml" in words(told.value, lang) and len(words(told.value, lang)) < 300


def test_no_more_is_read_than_a_room_needs(tmp_path: Path) -> None:
    camera = TEXT[TEXT.index("[[cameras]]"):]
    with pytest.raises(BadShape) as many:
        parse_room((TEXT + camera.replace("front", "b") * 8).encode(), "t")
    assert many.value.params["key"] == "cameras"
    with pytest.raises(BadShape, match="same name"):
        parse_room((TEXT + camera).encode(), "t")
    block = TEXT[TEXT.index("[[seats]]"):TEXT.index("[[cameras]]")]
    with pytest.raises(BadShape) as seats:
        parse_room((TEXT + block * 15).encode(), "t")
    assert seats.value.params["key"] == "seats"
    with pytest.raises(BadShape):
        parse_room(("a = " + "[" * 20_000).encode(), "t")
    path = tmp_path / "room.toml"
    path.write_text("# " + "x" * MAX_BYTES)
    with pytest.raises(RoomTooLarge):
        load_room(path)
    for missing in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(RoomUnreadable):
            load_room(missing)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_room_or_one_error(data: bytes) -> None:
    with pytest.raises(BadShape):
        parse_room(data, "t")


@given(st.data())
def test_any_value_in_any_place_is_a_room_or_one_error(data: st.DataObject) -> None:
    keys = [line for line in TEXT.splitlines() if " = " in line and not line.startswith("#")]
    line = data.draw(st.sampled_from(keys))
    value = data.draw(st.sampled_from([
        "-1", "0", "1e308", "[]", "{}", "[{}]", "''", "1979-05-27", "9" * 100, "-nan", "[1]"]))
    try:
        room = parse_room(TEXT.replace(line, f"{line.split(' = ')[0]} = {value}", 1).encode(), "t")
    except BadShape:
        return
    assert room.all_seats()
