"""What is an address of mail here, and what an account wants at one that is confirmed."""
from __future__ import annotations

import re

from central.config import ADDRESS
from central.errors import BadAddress
from central.store.letters import Want
from central.store.tables import Tx

LEVELS = ("none", "urgent", "all")
_ADDRESS = re.compile(ADDRESS)


def check_address(text: str) -> str:
    """An address that mail can be sent to. Raises BadAddress."""
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text:
        raise BadAddress(address=repr(text[:80]))
    return text


def choose(tx: Tx, account: str, address: str, level: str, lang: str, now_us: int) -> None:
    """What an account wants from now on at an address that is its own (central/mail/confirm.py); of alarms of before
    it gets nothing. Raises BadAddress."""
    if level not in ("urgent", "all"):
        tx.drop_want(account)
        return
    known, last = tx.want(account), tx.last_alarm()
    address = check_address(address)
    if known is None:
        known = Want(account, address, lang, level, last, 0, last, now_us)
    tx.put_want(Want(account, address, lang, level, known.now_up_to, known.now_us, known.later_up_to, known.later_us))
