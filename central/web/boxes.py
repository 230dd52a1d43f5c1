"""The boxes and their chains in the list of all: up to where they are here, when a box was last heard."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from central.contact import contact
from central.ingest.left import MOST_BEFORE, Ended, ended_chains
from central.keeping.words import size_words
from central.store.chains import ChainHead
from central.store.heard import Heard
from central.store.tables import Tx
from central.web.contact import contact_words
from central.web.localtime import LocalTime
from common.reasons import moment_words
from common.texts import N_, translate
from evidence.certs import fingerprint, read_certificate, split_chain

STATES = {"chain.cut": N_("its records end earlier than they did"), "chain.fork": N_("two copies of it run")}
REVOKED, NEVER = N_("its key is revoked"), N_("certified; it has not sent a record yet")
UNSET = N_("its clock is not set")
FREE = N_("{free} free for video")
WAITING = N_("{count} records there have no receipt yet")
ENDED = N_("ended; the box goes on in chain {chain}")
ENDED_EARLY = N_("ended before all of it came here; the box goes on in chain {chain}")
ENDED_UNSAID = N_("the box began chain {chain} without a word of this one")
EARLIER = N_("{count} earlier chains are not listed")
CHINA_MIN = 480
"""The offset of what is no class's."""


@dataclasses.dataclass(frozen=True)
class BoxView:
    """One line; `chain` is empty where there is none yet. `trouble`: whether its state needs somebody."""

    device: str
    chain: str
    up_to: int
    heard: str
    state: str
    trouble: bool


def box_views(tx: Tx, own: str, now_us: int, lang: str) -> list[BoxView]:
    """A line for each of the newest chains of a box, and one for every box that is known and never sent anything.
    `own`: the centre's own name."""
    heads, denied = defaultdict[str, list[ChainHead]](list), tx.denied()
    for head in tx.heads():
        heads[head.device] += [head] if head.device != own else []
    gone = tx.gone()
    seen, lines = {device for device, some in heads.items() if some}, list[BoxView]()
    for device in sorted(seen):
        ended, shown = ended_chains(tx, device), _shown(tx, device, heads[device])
        if earlier := len(heads[device]) - len(shown):
            lines.append(BoxView(device, "", -1, "—", translate(EARLIER, lang, count=earlier), False))
        lines += [box_view(head, tx.heard(device, head.chain), _keyid(head.certificate) in denied,
                           ended.get(head.chain), now_us, lang, gone.get(device)) for head in shown]
    for device in sorted({device for device, _ in tx.certificates()} - seen - {own}):
        never, revoked = translate(NEVER, lang), not tx.keys_of(device)
        lines.append(BoxView(device, "", -1, "—", translate(REVOKED, lang) if revoked else never, revoked))
    return sorted(lines, key=lambda line: line.device)


def _shown(tx: Tx, device: str, heads: Sequence[ChainHead]) -> list[ChainHead]:
    """The newest chains of a box: nobody reads a line for each that somebody with its key began."""
    begun = {head.chain for head in tx.newest_heads(device, MOST_BEFORE)}
    waiting = [head.chain for head in heads if head.certificate is None][-MOST_BEFORE:]
    return [head for head in heads if head.chain in begun or head.chain in waiting]


def box_view(
    head: ChainHead, heard: Heard | None, revoked: bool, ended: Ended | None, now_us: int, lang: str,
    gone_us: int | None = None,
) -> BoxView:
    """The line of a chain. `heard`: what is known of its box; `revoked`: its key is not believed any more; `ended`: it
    goes on no more; `gone_us`: since when the broker calls its box away."""
    at = "—" if heard is None else moment_words(heard.last_us, CHINA_MIN, lang)
    troubles = [translate(REVOKED, lang)] if revoked else []
    troubles += [translate(STATES[heard.against], lang)] if heard and heard.against else []
    # Whoever is shut out cannot be heard, nor a chain that ended.
    said = contact_words(heard.last_us if heard else None, now_us, LocalTime(CHINA_MIN, lang), gone_us)
    away = heard is not None and contact(heard.last_us, now_us, gone_us) in ("away", "gone")
    troubles += [said] if away and not revoked and ended is None else []
    troubles += [_ended(ended, lang)] if ended is not None and not ended.all_here else []
    last = heard.last_heartbeat if heard and ended is None else None
    troubles += [translate(UNSET, lang)] if last and not last.clock.synced else []
    fine = translate(WAITING, lang, count=last.waiting) if last and last.waiting else said
    fine = said if heard is None else fine if ended is None else _ended(ended, lang)
    # The disk of the box itself, which may be the same one, is told by the box's own health.
    video = [size_words(free) for place, free in sorted(last.free.items()) if place != "box"] if last else []
    own = [translate(FREE, lang, free=", ".join(video))] if video else []
    return BoxView(head.device, head.chain, head.up_to, at,
                   ("；" if lang == "zh" else "; ").join([*(troubles or [fine]), *own]), bool(troubles))


def _ended(ended: Ended, lang: str) -> str:
    text = ENDED_UNSAID if not ended.named else ENDED if ended.all_here else ENDED_EARLY
    return translate(text, lang, chain=f"{ended.next[:8]}…")


def _keyid(certificate: str | None) -> str | None:
    """Of the key that a chain's first record names; None before that came."""
    return None if certificate is None else fingerprint(read_certificate(split_chain(certificate)[0]))
