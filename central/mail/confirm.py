"""An address gets alarms once the code that was sent to it was typed in the console, and nothing but that code before.

The address before it gets mail until then, so whoever names a wrong one misses nothing.
"""
from __future__ import annotations

import dataclasses
import secrets

from central.config import CentreConfig
from central.errors import NoMailServer
from central.mail.addresses import LEVELS, check_address, choose
from central.mail.errors import NoCode, TooManyCodes, WrongCode
from central.store.letters import Asked, Letter
from central.store.tables import Tx
from common.texts import N_, translate
from evidence.errors import BadInput
from evidence.times import HOUR

DIGITS = 6
TRIES, MOST_CODES = 5, 5
"""Wrong ones of a code, and codes of an account within a day: 25 guesses of a million."""
CODE_US, DAY_US = HOUR, 24 * HOUR
OVER = N_("it was not needed any more")
SUBJECT = N_("[{centre}] Is this your address?")
BODY = N_("Somebody who has an account at this centre wants mail of alarms at this address.\n\n"
          "Code: {code}\n\n"
          "It holds for an hour. Type it there: {address}own/alarms\n"
          "If it was not you, do nothing: without the code no mail of alarms comes here.\n"
          "This mail was written by a machine and is no evidence.")


def ask(tx: Tx, config: CentreConfig, account: str, address: str, level: str, lang: str, now_us: int) -> bool:
    """What an account wants from now on, or once it typed the code. True: one is sent. `now_us`: UTC µs.

    Raises BadAddress, NoMailServer, TooManyCodes."""
    known = tx.want(account)
    if level not in LEVELS[1:] or (known is not None and known.address == address):
        choose(tx, account, address, level, lang, now_us)
        _end(tx, account, now_us)
        return False
    address = check_address(address)
    if not config.mail.host:
        raise NoMailServer
    if tx.count_codes(account, now_us - DAY_US) >= MOST_CODES:
        raise TooManyCodes(most=MOST_CODES)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    _end(tx, account, now_us)
    tx.put_asked(Asked(account, address, lang, level, code, now_us, TRIES))
    body = translate(BODY, lang, code=code, address=config.web.address) + "\n"
    subject = translate(SUBJECT, lang, centre=config.name)
    tx.put_letter(Letter(0, account, secrets.token_hex(16), subject, body, now_us, to=address))
    return True


def waited_for(tx: Tx, account: str, now_us: int) -> Asked | None:
    """What an account wants once it typed a code that still holds."""
    asked = tx.asked(account)
    return None if asked is None or now_us - asked.made_us >= CODE_US or asked.tries < 1 else asked


def confirm(tx: Tx, account: str, code: str, now_us: int) -> BadInput | None:
    """The code that somebody typed. Returns what is wrong with it, for a wrong try must be kept, too."""
    asked = waited_for(tx, account, now_us)
    if asked is None:
        return NoCode()
    if not secrets.compare_digest(code.encode(), asked.code.encode()):
        tx.put_asked(dataclasses.replace(asked, tries=asked.tries - 1))
        return WrongCode(left=asked.tries - 1)
    choose(tx, account, asked.address, asked.level, asked.lang, now_us)
    _end(tx, account, now_us)
    return None


def _end(tx: Tx, account: str, now_us: int) -> None:
    tx.drop_asked(account)
    tx.end_codes(account, OVER, now_us)
