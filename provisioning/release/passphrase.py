"""The passphrase of the publisher's key: from a file that nobody else reads, or asked for."""
from __future__ import annotations

import getpass
import os
import stat
from pathlib import Path

from provisioning.install.said import Said
from provisioning.release.check import open_plain, read_file
from provisioning.release.errors import NobodyToAsk, NotTheSame, OthersReadIt, TooShort

LEAST, MOST = 8, 1024
"""Characters, and bytes of a file."""


def asked_passphrase(file: Path | None, lang: str, new: bool = False) -> bytes:
    """`new`: it is being chosen, and must be typed twice. Raises OthersReadIt, NobodyToAsk, NotTheSame, TooShort,
    CannotRead, NotPlain, TooMuch."""
    if file is not None:
        with open(open_plain(file), "rb") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise OthersReadIt(file=file)
        told = read_file(file, MOST).rstrip(b"\r\n")
    else:
        told = _asked(Said("发布密钥的口令：", "Passphrase of the release key: ").to(lang))
        if new and _asked(Said("再输入一次：", "Once more: ").to(lang)) != told:
            raise NotTheSame
    if len(told) < LEAST:
        raise TooShort(least=LEAST)
    return told


def _asked(question: str) -> bytes:
    try:
        return getpass.getpass(question).encode()
    except EOFError:
        raise NobodyToAsk from None
