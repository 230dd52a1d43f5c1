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


def test_the_second_decision_and_the_review_of_a_recording_have_a_word_each() -> None:
    second = ("second", "decision", "decided", "decide", "sent it back", "disagree")
    entries = [message for path in FILES for message in catalogue(str(path.relative_to(path.parents[1]))) if message.id]
    told = [message for message in entries if "复核" in message.string]
    assert told and [one.string for one in told if not any(word in one.id.lower() for word in second)] == []
    reviews = [one.string for one in entries if "review" in one.id.lower()]
    assert reviews and [one for one in reviews if "核查" not in one] == []
