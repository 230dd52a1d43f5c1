"""What the screen of a new box says; and what it is told of its centre."""
from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.firstboot.newcomer import has_network
from edge.firstboot.told import BadTold, read_told
from edge.firstboot.view import Known, State, told
from edge.models.choice import Choice
from evidence.claim_code import read_claim_code

KNOWN = Known("introduced", "TCZR-12RR-TYW1", "ab12", "ab" * 32, True, True)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("state", get_args(State))
def test_every_state_has_words_in_both_languages(state: State, lang: str) -> None:
    known = Known(state, KNOWN.code, "ab12", "ab" * 32, False, False, "box-101", "101", {"zh": "坏", "en": "bad"})
    said = told(known, lang)
    text = " ".join([said["title"], *said["lacks"], *said["steps"]])
    assert "{" not in text and len(said["lacks"]) == 2 and said["title"]
    assert any("一" <= letter <= "鿿" for letter in text) == (lang == "zh")
    assert len(said["fingerprint"]) == 16 and "".join(said["fingerprint"]) == known.keyid


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pack_for_trials_is_told_as_what_is_lacking(lang: str) -> None:
    def of(choice: Choice) -> tuple[list[str], list[str]]:
        said = told(Known(**{**vars(KNOWN), "state": "approved", "choice": choice}), lang)
        return said["packs"], said["lacks"]

    packs, lacks = of(Choice("opencv"))
    assert lacks == [] and len(packs) == 1 and packs[0].endswith("opencv")
    packs, lacks = of(Choice("builtin", ("net.onnx",)))
    assert packs == [] and "net.onnx" in lacks[0] and "`sudo zaitang-edge models fetch opencv`" in lacks[1]


def test_a_telephone_opens_the_console_if_its_address_is_known() -> None:
    assert read_claim_code(told(KNOWN, "en")["scan"]) == KNOWN.code
    known = Known(**{**vars(KNOWN), "console": "https://c.example:8470/"})
    assert told(known, "en")["scan"] == "https://c.example:8470/boxes/new?code=TCZR-12RR-TYW1"


def test_a_claimed_box_shows_no_code_any_more() -> None:
    shows = {state: told(Known(**{**vars(KNOWN), "state": state}), "en")["shows_code"] for state in get_args(State)}
    assert not any(shows[state] for state in ("waiting", "approved", "refused", "done")) and shows["introduced"]


@pytest.mark.parametrize("text", [
    "", "x", 'centre = "https://c"', 'centre = "http://c"\npin = "' + "ab" * 32 + '"', '\x00',
    'centre = "https://c"\npin = "ab"', 'centre = "https://c"\npin = "' + "ab" * 32 + '"\nother = 1', "[" * 4000,
    'centre = "https://c"\npin = "' + "ab" * 32 + '"\nconsole = "javascript:x"',
])
def test_a_file_that_names_no_centre_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "told").write_text(text)
    with pytest.raises(BadTold):
        read_told(tmp_path / "told")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "told.toml"
    path.write_bytes(data)
    with pytest.raises(BadTold):
        read_told(path)


def test_a_box_is_told_of_its_centre_by_a_file(tmp_path: Path) -> None:
    assert read_told(tmp_path / "none") is None
    (tmp_path / "told").write_text(f'centre = "https://c.example:8471/"\npin = "{"AB" * 32}"\n')
    found = read_told(tmp_path / "told")
    assert found is not None and (found.centre, found.pin) == ("https://c.example:8471", "ab" * 32)


def test_a_cable_is_told_by_the_kernel(tmp_path: Path) -> None:
    for name, state in (("lo", "unknown"), ("eth0", "down")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "operstate").write_text(state + "\n")
    assert not has_network(tmp_path)
    (tmp_path / "eth0" / "operstate").write_text("up\n")
    assert has_network(tmp_path)
