"""The section of the centre in box.toml: one, in its place, and nothing else of the file means anything new."""
from __future__ import annotations

import dataclasses

import pytest

from edge.box_toml import TEMPLATES, new_box_toml
from edge.config import parse_box
from edge.identity.section import with_section
from evidence.errors import BadShape

SECTION = '[sync]\nbroker = "c.example"\nport = 8883\ntls = true\ncentre = "centre"\ndevices = "https://c.example:8471"\n'
CAMERA = '\n[[cameras]]\nid = "room"\nsource = "rtsp://10.0.0.9/main"\n'
HEADER = 'device = "box-1"\npolicy = "demo"\n'


def put(text: str) -> str:
    """The new text, once it is sure that nothing but the section is new."""
    made = with_section(text.encode(), SECTION, "box.toml")
    old, new = parse_box(text.encode(), "box.toml"), parse_box(made, "box.toml")
    assert new.sync == parse_box((HEADER + SECTION).encode(), "box.toml").sync is not None
    assert dataclasses.replace(new, sync=None) == old
    return made.decode()


@pytest.mark.parametrize("lang", sorted(TEMPLATES))
@pytest.mark.parametrize("cameras", ["", CAMERA])
def test_it_takes_the_place_of_the_one_that_is_commented_out(lang: str, cameras: str) -> None:
    text = new_box_toml("box-1", "1", "demo", lang) + cameras
    made = put(text)
    assert made.count("[sync]") == 1 and 'port = 8883\n' in made and "#port = 1883" not in made
    assert len(made.splitlines()) == len(text.splitlines()) and "#upload_kbit = 4000" in made
    assert made.splitlines()[made.splitlines().index('centre = "centre"') - 1].startswith("# ")


@pytest.mark.parametrize("text", [
    HEADER, HEADER + CAMERA, HEADER + "#[sync]\n#port = 1\n" + CAMERA + "#[sync]\n",
    (HEADER + "#[sync]\n").replace("\n", "\r\n"),
    "#[sync]\n#port = 1\n" + HEADER, HEADER + "#[sync]" + CAMERA + "#[sync]",
])
def test_elsewhere_it_stands_at_the_end(text: str) -> None:
    assert put(text).endswith("\n\n" + SECTION)


def test_what_the_file_does_not_show_comes_first() -> None:
    made = put(HEADER + "#[sync]\n#port = 1\n# said\n#ca = \"x\"\n#[vision]\n")
    assert made == HEADER + SECTION.replace("port = 8883\n", "") + "port = 8883\n# said\n#ca = \"x\"\n#[vision]\n"


def test_a_section_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(BadShape):
        with_section(HEADER.encode(), SECTION.replace("8883", "0"), "box.toml")
