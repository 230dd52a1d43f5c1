"""Anchors: what a card must say, and that its number can be read by nobody but the centre."""
from __future__ import annotations

import datetime
import hashlib
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from common.sheets import BadCentreKey, BadSheet, open_number
from edge.enrol.card import Anchor, FileReader, NoReaderHere, anchored
from edge.enrol.errors import BadCard, CardLeft, CardOfAnother, NoCard, NoNameYet, NoReader

NUMBER = "11010519491231002X"
TODAY = datetime.date(2026, 3, 2)


@pytest.fixture
def centre() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


def reader(folder: Path, name: str = "王 秀英", number: str = NUMBER) -> FileReader:
    path = folder / "card.json"
    path.write_text(json.dumps({"name": name, "number": number}), encoding="utf-8")
    return FileReader(path)


def test_the_number_is_sealed_to_the_centre_and_committed_to(tmp_path: Path, centre: X25519PrivateKey) -> None:
    key = centre.public_key().public_bytes_raw().hex()
    made = anchored(reader(tmp_path), "王秀英", "c-1", "p-1", key, TODAY)
    assert made.sealed is not None and (made.anchor, made.by) == ("id_card", "file") and NUMBER not in repr(made)
    salt, number = open_number(made.sealed, centre, "c-1", "p-1")
    assert number == NUMBER and made.commitment == hashlib.sha256(salt + number.encode()).hexdigest()
    other = anchored(reader(tmp_path), "王秀英", "c-1", "p-1", key, TODAY)
    assert other.commitment != made.commitment and NUMBER.encode() not in made.sealed
    for class_id, person, opener in (("c-2", "p-1", centre), ("c-1", "p-2", centre),
                                     ("c-1", "p-1", X25519PrivateKey.generate())):
        with pytest.raises(BadSheet):
            open_number(made.sealed, opener, class_id, person)


def test_without_a_key_of_the_centre_nothing_of_the_number_is_kept(tmp_path: Path) -> None:
    assert anchored(reader(tmp_path), "王秀英", "c-1", "p-1", None, TODAY) == Anchor("id_card", "file")
    with pytest.raises(BadCentreKey):
        anchored(reader(tmp_path), "王秀英", "c-1", "p-1", "0" * 62, TODAY)


@pytest.mark.parametrize("name", ["张伟（2）", "张伟 (大)", "张 伟"])
def test_a_card_bears_no_suffix_that_tells_namesakes_apart(tmp_path: Path, name: str) -> None:
    assert anchored(reader(tmp_path, "张伟"), name, "c-1", "p-1", None, TODAY).anchor == "id_card"
    with pytest.raises(CardOfAnother):
        anchored(reader(tmp_path, "张"), name, "c-1", "p-1", None, TODAY)


def test_what_a_card_must_say(tmp_path: Path) -> None:
    for number, name, error in (
        (NUMBER, "李强", CardOfAnother), (NUMBER, None, NoNameYet), ("110105194912310021", "王秀英", BadCard),
    ):
        with pytest.raises(error):
            anchored(reader(tmp_path, number=number), name, "c-1", "p-1", None, TODAY)
    with pytest.raises(NoReader):
        anchored(NoReaderHere(), "王秀英", "c-1", "p-1", None, TODAY)
    with pytest.raises(NoCard):
        FileReader(tmp_path / "none.json").read()


@pytest.mark.parametrize("data", [
    b"", b"{", b"[]", b"[" * 4000, b'{"name": "a"}', b'{"name": 1, "number": "x"}', b"\xff\xfe", b'"' + b"x" * 9000,
    b'{"name": "a", "number": "' + b"1" * 41 + b'"}',
])
def test_whatever_lies_there_is_a_card_or_no_card(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(data)
    with pytest.raises(BadCard):
        FileReader(path).read()


def test_a_pipe_that_never_answers_does_not_stop_the_screen(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "card.json")
    with pytest.raises(BadCard):
        FileReader(tmp_path / "card.json").read()


def test_a_card_that_was_read_is_gone_with_its_number(tmp_path: Path) -> None:
    read = reader(tmp_path)
    kept = tmp_path / "another name of it"
    kept.hardlink_to(tmp_path / "card.json")
    assert read.read().number == NUMBER
    assert kept.read_bytes() == b"" and not (tmp_path / "card.json").exists()
    with pytest.raises(NoCard):
        read.read()


def test_a_card_that_cannot_be_removed_anchors_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuses)
    with pytest.raises(CardLeft, match="let this box write in its folder"):
        anchored(reader(tmp_path), "王秀英", "c-1", "p-1", None, TODAY)
