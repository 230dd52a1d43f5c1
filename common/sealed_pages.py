"""The pages of a contact sheet as one file, encrypted to a centre: what a box sends and the centre opens to show it.

The encryption is HPKE (RFC 9180: X25519, HKDF-SHA256, AES-128-GCM) with the order that wants the sheet in `info`, so
the pages open as the answer to that order and to no other. Inside: `zaitang-sheet-1` and LF, then for each page its
length (four bytes, the highest first) and a PNG.
"""
from __future__ import annotations

import struct
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from common.sheets import public_key
from evidence.errors import BadInput
from evidence.sheets import MOST_BYTES

HEAD = b"zaitang-sheet-1\n"
MOST_PAGES = 60
MOST_SIDE = 4096
"""Pixels: a page of A4 at 150 dots per inch has 1240 by 1754."""
_PNG, _IHDR = b"\x89PNG\r\n\x1a\n", struct.Struct(">I4sII")
_LENGTH = struct.Struct(">I")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


class BadPages(BadInput):
    text = "the contact sheet cannot be opened: it is sealed to another key or for another order, or was changed"


def seal_pages(pages: Sequence[bytes], to_key: str, order: str) -> bytes:
    """The file with these PNGs for the key (X25519 public key, hex) that the order with this payload hash names. Raises
    BadCentreKey, and BadPages for what could not be opened again."""
    plain = HEAD + b"".join(_LENGTH.pack(len(page)) + page for page in pages)
    _pages(plain)
    sealed = _SUITE.encrypt(plain, public_key(to_key), info=_info(order))
    if len(sealed) > MOST_BYTES:
        raise BadPages()
    return sealed


def open_pages(sealed: bytes, key: X25519PrivateKey, order: str) -> tuple[bytes, ...]:
    """The PNGs; at least one, none larger than MOST_SIDE. Raises BadPages."""
    if len(sealed) > MOST_BYTES:
        raise BadPages()
    try:
        plain = _SUITE.decrypt(sealed, key, info=_info(order))
    except (InvalidTag, ValueError):
        raise BadPages() from None
    return _pages(plain)


def _pages(plain: bytes) -> tuple[bytes, ...]:
    if not plain.startswith(HEAD):
        raise BadPages()
    found: list[bytes] = []
    at = len(HEAD)
    while at < len(plain) and len(found) < MOST_PAGES:
        length = int.from_bytes(plain[at : at + _LENGTH.size])
        page = plain[at + _LENGTH.size : at + _LENGTH.size + length]
        if len(page) != length or not _is_page(page):
            raise BadPages()
        found.append(page)
        at += _LENGTH.size + length
    if not found or at != len(plain):
        raise BadPages()
    return tuple(found)


def _is_page(page: bytes) -> bool:
    """Whether it begins as a PNG of a size that a browser opens without harm."""
    if not page.startswith(_PNG) or len(page) < len(_PNG) + _IHDR.size:
        return False
    length, kind, width, height = _IHDR.unpack_from(page, len(_PNG))
    return (length, kind) == (13, b"IHDR") and 0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE


def _info(order: str) -> bytes:
    return b"zaitang contact sheet v1:" + order.encode()
