"""Mail of alarms that goes somewhere else, or nowhere, from now on: on record, and told to the address that it went to.

Whoever holds a session could else turn alarms off, or have them come to a place of their own, and nobody would notice.
"""
from __future__ import annotations

import secrets

from central.accounts.looks import state
from central.accounts.people import Actor
from central.alarms.words import CHINA_MIN
from central.config import CentreConfig
from central.store.letters import Letter, Want
from central.store.store import Store
from central.store.tables import Tx
from common.reasons import moment_words
from common.texts import N_, translate
from evidence.bodies import AccountChanged

SUBJECT = N_("[{centre}] No mail of alarms comes to this address any more")
BODY = N_("Mail of alarms for the account {account} came to this address. {change}\n\n"
          "When: {at} (UTC+8)\n"
          "Who: somebody who was logged in to the console as {account}\n\n"
          "If this was not you, say so to an administrator of the centre, set another password at {address}own, and "
          "see what goes where at {address}own/alarms. It is on record.\n"
          "This mail was written by a machine and is no evidence.")
ELSEWHERE = N_("From now on it goes to another address.")
NOWHERE = N_("From now on this account gets none.")


def tell_if_moved(store: Store, tx: Tx, config: CentreConfig, actor: Actor, before: Want | None, now_us: int) -> None:
    """State that the address is another one than `before`, and write to that one. `now_us`: UTC microseconds."""
    after = tx.want(actor.account)
    was, now = (None if one is None else one.address for one in (before, after))
    if was == now:
        return
    what = "mail.on" if was is None else "mail.off" if now is None else "mail.moved"
    state(store, tx, AccountChanged(actor.account, what, actor.role, actor.scope, actor.account), actor.account)
    if before is None or not config.mail.host:
        return
    body = translate(BODY, before.lang, account=actor.account, address=config.web.address,
                     at=moment_words(now_us, CHINA_MIN, before.lang),
                     change=translate(NOWHERE if after is None else ELSEWHERE, before.lang)) + "\n"
    subject = translate(SUBJECT, before.lang, centre=config.name)
    tx.put_letter(Letter(0, "", secrets.token_hex(16), subject, body, now_us, to=before.address))
