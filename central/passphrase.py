"""The passphrase of the root's key: from a file, or typed where nobody sees it."""
from __future__ import annotations

import getpass
import sys
from pathlib import Path

from central.errors import NoPassphrase, PassphrasesDiffer
from central.files import read
from common.texts import N_, translate

ASK = N_("Passphrase of the root: ")
AGAIN = N_("Once more: ")


def asked_passphrase(file: Path | None, lang: str, new: bool = False, ask: str = ASK) -> bytes:
    """The first line of `file`, or what is typed after `ask`, twice for a new one. Raises NoPassphrase,
    PassphrasesDiffer."""
    if file is not None:
        return read(file).split(b"\n", 1)[0].rstrip(b"\r")
    if not sys.stdin.isatty():
        raise NoPassphrase
    typed = getpass.getpass(translate(ask, lang))
    if new and getpass.getpass(translate(AGAIN, lang)) != typed:
        raise PassphrasesDiffer
    return typed.encode()
