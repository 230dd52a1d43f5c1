"""Papers by their hash: what they are by their bytes, kept for a record and gone with one that is refused."""
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.errors import NotAPaper, PaperNotKept, PaperTooLarge, UnknownPaper
from central.papers import MAGIC, Papers, kind_of
from central.web.errors import NothingChosen


@given(st.binary(max_size=40))
def test_what_a_paper_is_its_first_bytes_say(data: bytes) -> None:
    for kind, magic in MAGIC.items():
        assert kind_of(magic + data) == kind
    if not data.startswith(tuple(MAGIC.values())):
        with pytest.raises(NotAPaper):
            kind_of(data)
    with pytest.raises(PaperTooLarge):
        kind_of(MAGIC["png"] + data, 7)


def test_a_paper_stays_with_its_record_and_goes_without(tmp_path: Path) -> None:
    papers, sha256 = Papers(tmp_path / "a" / "papers"), hashlib.sha256(b"%PDF-1").hexdigest()
    with pytest.raises(NothingChosen), papers.keeping(b"%PDF-1", "pdf"):
        assert papers.has(sha256)
        raise NothingChosen
    assert not papers.has(sha256) and list((tmp_path / "a" / "papers").iterdir()) == []
    with papers.keeping(b"%PDF-1", "pdf") as name:
        assert name == sha256
    with pytest.raises(NothingChosen), papers.keeping(b"%PDF-1", "pdf"):
        raise NothingChosen  # another record names it still
    path, media = papers.find(sha256)
    assert (path.read_bytes(), media) == (b"%PDF-1", "application/pdf")
    path.write_bytes(b"%PDF-2")
    with pytest.raises(UnknownPaper):
        papers.find(sha256)
    with pytest.raises(UnknownPaper):
        papers.find("0" * 64)


def test_a_disk_that_takes_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "papers").write_bytes(b"no folder")
    with pytest.raises(PaperNotKept), Papers(tmp_path / "papers").keeping(b"x", "txt"):
        raise AssertionError("nothing may be stated of it")
