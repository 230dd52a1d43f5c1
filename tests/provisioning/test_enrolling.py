"""*Enrol a face* at the terminal of the demo: whoever watches can open it, and is told how."""
from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from edge.config import load_box
from provisioning.demo import __main__ as demo
from provisioning.demo import site as site_module
from provisioning.demo.box import CODE, box_toml
from provisioning.demo.people import INSTRUCTOR, NAMES
from provisioning.demo.site import Site


def test_the_box_has_a_maintenance_code_and_the_class_an_instructor(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.box.mkdir()
    (site.box / "box.toml").write_text(box_toml(site.ports, [], ()))
    assert load_box(site.box).enrol.code == CODE
    ran: list[tuple[Any, ...]] = []
    monkeypatch.setattr(site_module, "run", lambda *words: ran.append(words))
    site.add_class(list(NAMES))
    people = tomllib.loads(Path(ran[0][-1]).read_text())["people"]
    assert [one["name"] for one in people if one.get("role") == "instructor"] == [INSTRUCTOR]
    assert [one["name"] for one in people if "role" not in one] == list(NAMES)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_told_with_the_addresses(site: Site, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    demo._Teller(0, lang).addresses(site)
    said = capsys.readouterr().out
    assert CODE in said and INSTRUCTOR in said
