"""Checkpoints and cosignatures: what was signed once reads the same; what is forged is named."""
from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import CheckpointSeen, body_of
from evidence.checkpoint import (
    Checkpoint,
    check_seen,
    cosign,
    cosigned_at,
    log_key,
    open_checkpoint,
    origin_of,
    read_checkpoint,
    sign_checkpoint,
    timed,
)
from evidence.errors import BadCheckpoint, BadCosignature, BadNote, BadProof
from evidence.logproof import consistency_text, inclusion_text, read_consistency, read_inclusion
from evidence.merkle import MAX_SIZE
from evidence.notes import COSIGNED, MAX_NOTE, Note, NoteKey, NoteSignature, read_key, read_note, signed
from evidence.seal import KeySigner, read_sealed
from tests.evidence.test_golden import load

CENTRE, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2))
KEY = log_key(origin_of("ab" * 32, "centre"), CENTRE.public_key())
EYE = NoteKey("witness.example/w1", COSIGNED, WITNESS.public_key().public_bytes_raw())
AT = 1_772_412_000
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=20).map(tuple)


def stated(size: int = 5, root: bytes = bytes(32), at: int = AT) -> Note:
    return sign_checkpoint(Checkpoint(KEY.name, size, root), KEY, KeySigner(CENTRE), at)


def test_a_checkpoint_of_ours_is_the_same_for_ever() -> None:
    vector = load("tree")["checkpoint"]
    key, eye = read_key(vector["key"]), read_key(vector["witness"])
    centre, witness = (KeySigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector[name])))
                       for name in ("private_key", "witness_private_key"))
    opened = open_checkpoint(vector["note"].encode(), key)
    assert (opened.checkpoint.size, opened.checkpoint.root.hex()) == (vector["size"], vector["root"])
    assert (opened.time_s, cosigned_at(opened.note, eye)) == (vector["time_s"], vector["witness_time_s"])
    again = sign_checkpoint(opened.checkpoint, key, centre, vector["time_s"])
    cosigned = cosign(again.text, eye, witness, vector["witness_time_s"])
    assert Note(again.text, (*again.signatures, cosigned)).bytes().decode() == vector["note"]
    for case in vector["refused"]:
        with pytest.raises((BadNote, BadCheckpoint, BadCosignature)):
            refused = open_checkpoint(case["note"].encode(), key)
            cosigned_at(refused.note, eye)


def test_what_a_box_saw_is_checked_against_the_key_of_the_tree() -> None:
    vector = load("checkpoints")
    key = read_key(vector["log_key"])
    bodies = [body_of(read_sealed(one["envelope"].encode()).record) for one in vector["box"]]
    seen = [body for body in bodies if isinstance(body, CheckpointSeen)]
    assert [one.size for one in seen] == [1, 2]
    for one in seen:
        check_seen(one, key)
        for change in ({"size": 3}, {"root_hash": "0" * 64}, {"time": "2026-03-02T00:41:00.000000Z"}, {"origin": "x"},
                       {"time": "2026-02-30T00:41:00.000000Z"}, {"time": one.time.replace(".000000", ".000001")},
                       {"signature": "A" * 85 + "B=="}, {"signature": "A" * 86 + "=="}):
            with pytest.raises(BadCheckpoint):
                check_seen(dataclasses.replace(one, **change), key)


def test_the_example_of_the_cosignature_specification_is_framed_as_it_says() -> None:
    example = load("tree")["cosignature"]
    line = read_note(example["note"].encode()).signatures[1]
    assert line.key_id.hex() == example["key_id"]
    assert int.from_bytes(line.signature[:8], "big") == example["time_s"]


@given(st.integers(0, MAX_SIZE), st.binary(min_size=32, max_size=32), st.integers(0, 2**33))
def test_what_is_signed_is_read_back(size: int, root: bytes, at: int) -> None:
    opened = open_checkpoint(stated(size, root, at).bytes(), KEY)
    assert (opened.checkpoint, opened.time_s) == (Checkpoint(KEY.name, size, root), at)


def test_a_forged_checkpoint_is_refused() -> None:
    note, stranger = stated(), KeySigner(WITNESS)
    for forged in (
        Note(note.text.replace("\n5\n", "\n6\n"), note.signatures),
        sign_checkpoint(Checkpoint(KEY.name, 6, bytes(32)), KEY, stranger, AT),
        Note(note.text, note.signatures[1:]),
    ):
        with pytest.raises(BadNote):
            open_checkpoint(forged.bytes(), KEY)
    other = Checkpoint("zaitang/other", 5, bytes(32))
    with pytest.raises(BadCheckpoint, match="of another tree"):
        open_checkpoint(sign_checkpoint(other, KEY, KeySigner(CENTRE), AT).bytes(), KEY)
    with pytest.raises(BadCheckpoint, match="did not sign its time"):
        open_checkpoint(Note(note.text, note.signatures[:1]).bytes(), KEY)
    moved = NoteSignature(KEY.name, timed(KEY).id, (AT - 86400).to_bytes(8, "big") + note.signatures[1].signature[8:])
    with pytest.raises(BadCheckpoint, match="does not match"):
        open_checkpoint(Note(note.text, (note.signatures[0], moved)).bytes(), KEY)


def test_a_plain_signature_and_one_with_a_time_never_stand_for_each_other() -> None:
    text = stated().text
    swapped = Note(text, (NoteSignature(KEY.name, KEY.id, cosign(text, timed(KEY), KeySigner(CENTRE), AT).signature),))
    with pytest.raises(BadNote):
        open_checkpoint(swapped.bytes(), KEY)


def test_a_forged_cosignature_is_refused() -> None:
    note = stated()
    good = cosign(note.text, EYE, KeySigner(WITNESS), AT)
    assert cosigned_at(Note(note.text, (good,)), EYE) == AT
    assert cosigned_at(note, EYE) is None
    for forged in (
        cosign(note.text, EYE, KeySigner(CENTRE), AT),
        cosign(stated(6).text, EYE, KeySigner(WITNESS), AT),
        NoteSignature(EYE.name, EYE.id, (AT + 1).to_bytes(8, "big") + good.signature[8:]),
        NoteSignature(EYE.name, EYE.id, good.signature[:-1]),
        NoteSignature(EYE.name, EYE.id, b"\xff" * 72),
    ):
        with pytest.raises(BadCosignature, match=r"witness\.example/w1"):
            cosigned_at(Note(note.text, (good, forged)), EYE)


@pytest.mark.parametrize("text", [
    "", "o\n1\n", "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "o\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n",
    "o\n1\n" + "A" * 43 + "=\nmore\n",
    "o\n9007199254740992\n" + "A" * 43 + "=\n", "o\n\u0661\n" + "A" * 43 + "=\n", "o\n1\n" + "A" * 42 + "B=\n",
])
def test_no_other_text_is_a_checkpoint(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        read_checkpoint(text)


@given(st.integers(0, MAX_SIZE), HASHES)
def test_proofs_are_read_back_from_their_files(number: int, hashes: tuple[bytes, ...]) -> None:
    note = stated().bytes()
    for write, read in ((inclusion_text, read_inclusion), (consistency_text, read_consistency)):
        proof = read(write(number, hashes, note))
        assert (proof.number, proof.hashes, proof.note) == (number, hashes, note)


@given(st.binary(max_size=120))
def test_bytes_are_a_proof_or_refused(data: bytes) -> None:
    first = b"c2sp.org/tlog-proof@v1\n"
    for whole in (data, first + data, b"old 1\n" + data, first + b"index 0\n" + data):
        for read in (read_inclusion, read_consistency):
            try:
                read(whole)
            except BadProof:
                continue


def test_an_oversized_proof_is_refused() -> None:
    for read, first in ((read_inclusion, b"c2sp.org/tlog-proof@v1\nindex 1\n"), (read_consistency, b"old 1\n")):
        with pytest.raises(BadProof):
            read(first + b"A" * 43 + b"=\n" + b"\n" + b"x" * 2 * MAX_NOTE)
        with pytest.raises(BadProof):
            read(first + (b"A" * 43 + b"=\n") * 107 + b"\n")


def test_a_text_without_the_note_signature_is_no_checkpoint() -> None:
    text = Checkpoint(KEY.name, 5, bytes(32)).text
    with pytest.raises(BadNote):
        open_checkpoint(Note(text, (signed(text, EYE, KeySigner(WITNESS)),)).bytes(), KEY)
