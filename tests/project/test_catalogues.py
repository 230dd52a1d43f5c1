"""Catalogues of texts: no entry fuzzy, empty or left over, none twice, the same parameters in both languages."""
from __future__ import annotations

import string
from collections import Counter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.project.conftest import ROOT

FILES = sorted((ROOT / "common" / "locale").glob("*/*.po"))


def catalogue(name: str) -> Catalog:
    with (ROOT / "common" / "locale" / name).open("rb") as file:
        return read_po(file, abort_invalid=True)


def parameters(text: str) -> list[str]:
    return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field is not None)


@pytest.mark.parametrize("name", [str(path.relative_to(path.parents[1])) for path in FILES])
def test_every_entry_is_translated_for_good(name: str) -> None:
    read = catalogue(name)
    entries = [message for message in read if message.id]
    assert entries and not read.obsolete
    wrong = [message.id for message in entries if message.fuzzy or not str(message.string).strip()]
    wrong += [message.id for message in entries if parameters(message.id) != parameters(message.string)]
    assert wrong == []


def test_no_two_files_translate_one_sentence_differently() -> None:
    told = {
        (message.context, message.id, message.string)
        for path in FILES for message in catalogue(str(path.relative_to(path.parents[1]))) if message.id
    }
    twice = Counter((context, sentence) for context, sentence, _ in told)
    assert [sentence for (_, sentence), count in twice.items() if count > 1] == []
