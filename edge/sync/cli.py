"""`zaitang-edge status --box DIR`: whether its clock is set, what of this box is at the centre, what is on its way, and
what the centre has ordered."""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.store import Store
    from edge.sync.progress import Progress
    from edge.wiring import Box

PAST = N_("chain before, kept here: {chain}, {count} records; without a receipt of the centre: {waiting}")
NO_CENTRE = N_("this box has no centre (no [sync] in box.toml): everything stays here")
RECORDS = N_("records: {count}; without a receipt of the centre: {waiting}")
STAYS = N_("video stays on this box (no sync.segments in box.toml)")
NOT_SAID = N_("video: its upload has not said anything yet; is the box running?")
ALL_THERE = N_("video: all files whose records the centre has are there")
TO_SEND = N_("video to send: {count} files ({mb} MB)")
UNDER_WAY = N_("on its way: {sha256}, {percent} % of {mb} MB")
REFUSED = N_("the centre does not take it: answer {status}; tries in a row: {failures}")
SET = N_("set by the centre, instead of box.toml: {settings}")
REVOKED = N_("the centre has revoked the key of this box: it takes no check-ins ({reason})")
UNREACHED = N_("the centre cannot be reached; tries in a row: {failures}")
WHY = N_("video cannot be sent to the centre: {why}; tries in a row: {failures}")
CLOCK = N_("the clock of this machine is not synchronised (timedatectl): until it is, neither video nor sign-ins count")
MB = 1_000_000


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` to the parser of `zaitang-edge`."""
    status = commands.add_parser("status", help="what of this box is at the centre, and what is on its way")
    status.add_argument("--box", type=Path, required=True, metavar="DIR")
    status.set_defaults(do=_status)


def _status(args: argparse.Namespace) -> int:
    from edge.wiring import open_ran

    for text, params in lines(open_ran(args.box)):
        print(sentence(text, params, args.lang))
    return 0


def sentence(text: str, params: dict[str, object], lang: str) -> str:
    """One of `lines` in words; a reason in it is a sentence of the catalogue, too."""
    if isinstance(why := params.get("why"), str):
        params = {**params, "why": translate(why, lang)}
    return translate(text, lang, **params)


def lines(box: Box) -> list[tuple[str, dict[str, object]]]:
    """The sentences, each with its parameters."""
    from edge.sync.progress import read_progress

    clock: list[tuple[str, dict[str, object]]] = [] if box.clock.stamp().clock.synced else [(CLOCK, {})]
    return [*clock, *_orders(box), *_road(box, read_progress(box.run_folder))]


def _orders(box: Box) -> list[tuple[str, dict[str, object]]]:
    """What the centre has ordered."""
    from edge.box_orders import in_force
    from evidence.seal import KeySigner
    from evidence.shape import encode

    orders, keyid = in_force(box.store), KeySigner(box.keys.device).keyid
    told = {} if orders.settings is None else encode(orders.settings)
    settings = ", ".join(f"{name} = {value}" for name, value in told.items() if value is not None)
    said: list[tuple[str, dict[str, object]]] = [(SET, {"settings": settings})] if settings else []
    if keyid in orders.revoked:
        said.append((REVOKED, {"reason": orders.revoked[keyid]}))
    return said


def _road(box: Box, progress: Progress | None) -> list[tuple[str, dict[str, object]]]:
    count = box.store.head_seq() + 1
    said: list[tuple[str, dict[str, object]]] = [
        (RECORDS, {"count": count, "waiting": count - 1 - box.store.receipted_up_to()})]
    said += [(PAST, past) for past in _past_chains(box.store)]
    if box.config.sync is None:
        return [(NO_CENTRE, {}), *said]
    if box.config.sync.segments is None:
        return [*said, (STAYS, {})]
    return [*said, *([(NOT_SAID, {})] if progress is None else _video(progress))]


def _past_chains(store: Store) -> list[dict[str, object]]:
    """What is said of each chain before."""
    from evidence.bodies import ChainBegun, body_of

    found = []
    for sealed in (*store.past("chain.begun"), *store.records_of("chain.begun")):
        body = body_of(sealed.record)
        assert isinstance(body, ChainBegun)
        waiting = body.up_to - store.past_receipted(body.chain)
        found.append({"chain": body.chain, "count": body.up_to + 1, "waiting": waiting})
    return found


def _video(progress: Progress) -> list[tuple[str, dict[str, object]]]:
    if not progress.waiting:
        return [(ALL_THERE, {})]
    said: list[tuple[str, dict[str, object]]] = [
        (TO_SEND, {"count": progress.waiting, "mb": progress.waiting_bytes // MB})]
    if progress.sha256 is not None and progress.size:
        percent = 100 * progress.sent // progress.size
        said.append((UNDER_WAY, {"sha256": progress.sha256[:12], "percent": percent, "mb": progress.size // MB}))
    if progress.failures and not progress.status and progress.why:
        said.append((WHY, {"why": progress.why, "failures": progress.failures}))
    elif progress.failures:
        said.append((REFUSED if progress.status else UNREACHED,
                     {"status": progress.status, "failures": progress.failures}))
    return said
