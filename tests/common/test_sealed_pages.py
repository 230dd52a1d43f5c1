"""The pages of a contact sheet: they open with one key for one order, and nothing else is taken for pages."""
from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from common import sealed_pages
from common.sealed_pages import HEAD, MOST_PAGES, MOST_SIDE, BadPages, open_pages, seal_pages
from common.sheets import BadCentreKey

KEY, ORDER = X25519PrivateKey.generate(), "ab" * 32
TO = KEY.public_key().public_bytes_raw().hex()


def png(width: int = 1, height: int = 1, more: bytes = b"") -> bytes:
    """A grey picture whose header says this size."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"") + more


def inside(plain: bytes) -> bytes:
    """These bytes, sealed as a sheet is."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    return suite.encrypt(plain, KEY.public_key(), info=b"zaitang contact sheet v1:" + ORDER.encode())


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=MOST_PAGES))
def test_pages_come_out_as_they_went_in(tails: list[bytes]) -> None:
    pages = [png(more=tail) for tail in tails]
    assert open_pages(seal_pages(pages, TO, ORDER), KEY, ORDER) == tuple(pages)


def test_no_page_lies_readable_in_the_file() -> None:
    page = png(more=b"somebody's face" * 9)
    sealed = seal_pages([page], TO, ORDER)
    assert b"somebody" not in sealed and b"\x89PNG\r\n" not in sealed and b"IHDR" not in sealed


def test_another_key_or_order_opens_nothing_and_no_changed_byte_goes_unseen() -> None:
    sealed = seal_pages([png()], TO, ORDER)
    for data, key, order in [
        (sealed, X25519PrivateKey.generate(), ORDER), (sealed, KEY, "cd" * 32), (b"", KEY, ORDER), (png(), KEY, ORDER),
        *((sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], KEY, ORDER) for at in range(0, len(sealed), 7)),
        (sealed[:-1], KEY, ORDER), (sealed + b"x", KEY, ORDER),
    ]:
        with pytest.raises(BadPages):
            open_pages(data, key, order)


@pytest.mark.parametrize("plain", [
    b"", b"%PDF-1.4", HEAD, HEAD[:-1], HEAD + b"\0\0", HEAD + struct.pack(">I", 4) + b"%PDF",
    HEAD + struct.pack(">I", len(png()) + 1) + png(), HEAD + struct.pack(">I", len(png())) + png() + b"x",
    HEAD + (struct.pack(">I", len(png())) + png()) * (MOST_PAGES + 1),
    HEAD + struct.pack(">I", len(png(MOST_SIDE + 1))) + png(MOST_SIDE + 1),
    HEAD + struct.pack(">I", len(png(1, 1 << 31))) + png(1, 1 << 31),
    HEAD + struct.pack(">I", len(png(0))) + png(0), HEAD + struct.pack(">I", 10) + png()[:10],
])
def test_what_is_no_sheet_inside_is_refused(plain: bytes) -> None:
    with pytest.raises(BadPages):
        open_pages(inside(plain), KEY, ORDER)


def test_what_nobody_could_open_is_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    for pages in ([], [b"no picture"], [png()] * (MOST_PAGES + 1)):
        with pytest.raises(BadPages):
            seal_pages(pages, TO, ORDER)
    with pytest.raises(BadCentreKey):
        seal_pages([png()], "00", ORDER)
    sealed = seal_pages([png()], TO, ORDER)
    monkeypatch.setattr(sealed_pages, "MOST_BYTES", len(sealed) - 1)
    with pytest.raises(BadPages):
        seal_pages([png()], TO, ORDER)
    with pytest.raises(BadPages):
        open_pages(sealed, KEY, ORDER)


def test_the_golden_sheet_opens() -> None:
    vector = json.loads((Path(__file__).parents[1] / "golden" / "sheets.json").read_text("utf-8"))
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["sealing_key"]))
    pages = open_pages(bytes.fromhex(vector["sealed"]), key, vector["order"])
    assert [page.hex() for page in pages] == vector["pages"]
