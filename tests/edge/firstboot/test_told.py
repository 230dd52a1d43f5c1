"""What whoever installed the box said of its centre: read strictly, and refused in words."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import words
from edge.firstboot.told import BadTold, Told, read_told

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
