"""What whoever installed the box said of its centre: read strictly, and refused in words."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import words
from edge.firstboot.told import BadTold, Told, read_told, write_typed
from edge.identity.errors import BadAddress, BadPin

PIN = "9f" * 32
GOOD = f'centre = "https://centre.example:8471"\npin = "{PIN}"\n'


def test_it_says_the_centre_and_how_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "told.toml"
    assert read_told(path) is None
    path.write_text(GOOD)
    assert read_told(path) == Told("https://centre.example:8471", PIN, None)


@pytest.mark.parametrize("text", [
    "", "centre", GOOD.replace("https", "http"), GOOD.replace(PIN, "9f"), GOOD + 'root = "x"\n',
    GOOD + 'console = "http://centre.example"\n',
])
def test_what_is_no_such_file_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "told.toml"
    path.write_text(text)
    with pytest.raises(BadTold) as refused:
        read_told(path)
    assert str(path) in words(refused.value, "en") and words(refused.value, "zh")


@given(data=st.binary(max_size=300))
def test_whatever_lies_there_only_our_own_error_comes_out(
    tmp_path_factory: pytest.TempPathFactory, data: bytes,
) -> None:
    path = tmp_path_factory.mktemp("told") / "told.toml"
    path.write_bytes(data)
    with pytest.raises(BadTold):
        read_told(path)


def test_what_a_person_typed_is_kept_as_the_installer_would_write_it(tmp_path: Path) -> None:
    path = tmp_path / "told.toml"
    write_typed(path, "https://centre.example:8471/", " ".join([PIN[:8].upper(), PIN[8:]]))
    assert read_told(path) == Told("https://centre.example:8471", PIN, None)


@pytest.mark.parametrize(("address", "pin"), [
    ("", PIN), ("centre.example", PIN), ("http://centre.example", PIN), ("https://a@centre.example", PIN),
    ('https://a"\npin = "x', PIN), ("https://centre.example/x", PIN), ("https://centre.example:x", PIN),
    ("https://ce\nntre.example", PIN), ("https://中心.example", PIN), ("https://" + "a" * 300, PIN),
    ("https://centre.example", ""), ("https://centre.example", "9f" * 31), ("https://centre.example", "zz" * 32),
])
def test_what_names_no_centre_is_not_kept(tmp_path: Path, address: str, pin: str) -> None:
    with pytest.raises((BadAddress, BadPin)):
        write_typed(tmp_path / "told.toml", address, pin)
    assert list(tmp_path.iterdir()) == []


@given(address=st.text(max_size=400), pin=st.text(max_size=200))
def test_whatever_is_typed_only_our_own_errors_come_out(
    tmp_path_factory: pytest.TempPathFactory, address: str, pin: str,
) -> None:
    folder = tmp_path_factory.mktemp("typed")
    for one in (address, f"https://{address}"):
        try:
            write_typed(folder / "told.toml", one, pin or PIN)
        except (BadAddress, BadPin):
            assert list(folder.iterdir()) == []
        else:
            assert read_told(folder / "told.toml") is not None
            (folder / "told.toml").unlink()
