"""The manifest of a pack: what is none is refused by our own error, and its bounds hold."""
from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Head
from evidence.box_packs import (
    MOST_BYTES,
    MOST_FILES,
    BoxPack,
    PackFile,
    PackVideo,
    chain_file,
    peek_pack,
    policy_file,
    read_pack,
    read_video_line,
    receipts_file,
    seal_pack,
    video_line,
)
from evidence.errors import BadRecord, WrongSigner
from evidence.seal import KeySigner

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SHA, CHAIN = "ab" * 32, "cd" * 16
FILES = tuple(PackFile(name, 7, SHA) for name in (
    chain_file(CHAIN), receipts_file(CHAIN), "orders.jsonl", policy_file(SHA), "video.jsonl"))
PACK = BoxPack(1, "centre", "box-1", (Head("box-1", CHAIN, 3, SHA),), FILES)


def test_a_manifest_is_read_as_it_was_sealed_and_by_that_key_alone() -> None:
    sealed = seal_pack(PACK, KeySigner(KEY))
    assert read_pack(sealed, KEY.public_key(), "pack") == peek_pack(sealed) == PACK
    with pytest.raises(WrongSigner):
        read_pack(sealed, Ed25519PrivateKey.generate().public_key(), "pack")


@pytest.mark.parametrize("files", [
    (PackFile("../box.toml", 1, SHA),), (PackFile("/etc/passwd", 1, SHA),), (PackFile("chains/../x.jsonl", 1, SHA),),
    FILES * (MOST_FILES // len(FILES) + 1), (PackFile("orders.jsonl", MOST_BYTES + 1, SHA),),
    (PackFile("orders.jsonl", -1, SHA),),
])
def test_a_manifest_that_names_what_no_pack_has_is_none(files: tuple[PackFile, ...]) -> None:
    with pytest.raises(BadRecord):
        seal_pack(dataclasses.replace(PACK, files=files), KeySigner(KEY))


@given(st.binary(max_size=200))
def test_bytes_that_are_none_are_refused(data: bytes) -> None:
    for read in (peek_pack, read_video_line):
        with pytest.raises(BadRecord):
            read(data)


@given(st.integers(0, 10**6), st.sampled_from(["centre", "bucket", "box", "removed"]))
def test_a_line_of_video_is_read_as_it_was_written(seq: int, at: str) -> None:
    video = PackVideo(CHAIN, seq, SHA, at)  # type: ignore[arg-type]
    assert read_video_line(video_line(video)) == video
