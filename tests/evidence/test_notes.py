"""Signed notes: the vectors of the specification and of Go, and that nothing else is read as one."""
from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import BadNote
from evidence.notes import MAX_NOTE, MAX_SIGNATURES, PLAIN, Note, NoteKey, read_key, read_note, signed, verified
from evidence.seal import KeySigner
from tests.evidence.test_golden import load

SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey("example.com/log", PLAIN, SECRET.public_key().public_bytes_raw())
SIGNER = KeySigner(SECRET)


def test_notes_of_other_implementations() -> None:
    for case in load("tree")["notes"]:
        note, key = read_note(case["note"].encode()), read_key(case["key"])
        verified(note, key)
        assert (note.bytes().decode(), key.text) == (case["note"], case["key"])


def test_keys_of_other_implementations() -> None:
    for case in load("tree")["keys"]:
        key = read_key(case["key"])
        assert (key.name, key.kind, key.text) == (case["name"], case["kind"], case["key"])


TEXTS = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs",)) | st.just("\n"), min_size=1, max_size=60)


@given(TEXTS)
def test_whatever_is_signed_is_read_back(text: str) -> None:
    text += "\n"
    note = read_note(Note(text, (signed(text, KEY, SIGNER),)).bytes())
    assert note.text == text
    verified(note, KEY)
    with pytest.raises(BadNote):
        verified(Note("x" + text, note.signatures), KEY)


def test_signatures_of_strangers_are_left_alone_and_the_own_one_must_hold() -> None:
    text, other = "a\nb\n", NoteKey("example.com/log", PLAIN, bytes(32))
    note = Note(text, (signed(text, other, SIGNER), signed(text, KEY, SIGNER)))
    verified(read_note(note.bytes()), KEY)
    forged = Note(text, (signed(text, KEY, SIGNER), signed("c\n", KEY, SIGNER)))
    with pytest.raises(BadNote, match="does not match"):
        verified(read_note(forged.bytes()), KEY)
    with pytest.raises(BadNote, match="not signed by"):
        verified(Note(text, note.signatures[:1]), KEY)


LINE = signed("a\n", KEY, SIGNER).line
BAD = {
    "empty": b"", "no signatures": b"a\n", "no line below": b"a\n\n", "not UTF-8": b"\xff\n\n" + LINE.encode(),
    "control characters": b"a\r\n\n" + LINE.encode(), "no end": (b"a\n\n" + LINE.encode())[:-1],
    "another dash": b"a\n\n" + LINE.replace("\u2014", "-").encode(),
    "spare padding": b"a\n\n" + LINE.replace("\n", "=\n").encode(),
    "a name with plus": b"a\n\n" + LINE.replace("example", "exa+ple").encode(),
    "no name": b"a\n\n" + LINE.replace("example.com/log", "").encode(),
    "a wide space": b"a\n\n" + LINE.replace("example", "exa\u3000ple").encode(),
    "an id alone": "a\n\n\u2014 x AAAAAA==\n".encode(),
    "oversized": b"a" * MAX_NOTE + b"\n\n" + LINE.encode(),
    "too many signatures": b"a\n\n" + LINE.encode() * (MAX_SIGNATURES + 1),
    "two texts": b"a\n\n" + LINE.encode() + b"\nb\n",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_an_oversized_or_badly_encoded_note_is_refused(data: bytes) -> None:
    with pytest.raises(BadNote):
        read_note(data)


@given(st.binary(max_size=200))
def test_bytes_are_a_note_or_refused(data: bytes) -> None:
    for whole in (data, b"a\n\n" + data, LINE.encode() + data):
        try:
            assert read_note(whole).bytes() == whole
        except BadNote:
            continue


@given(st.text(max_size=80) | st.from_regex(r"[a-z]{1,3}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", fullmatch=True))
def test_a_text_is_a_key_or_refused(text: str) -> None:
    with pytest.raises(BadNote):
        read_key(text)
