"""`zaitang-edge new-chain --box DIR --reason TEXT`: a box that was set back to a backup goes on in a new chain.

The centre refuses what such a box records, for it has other records under these numbers. The chain that ends stays in
the database: it counts on for everything at this box, and zaitang-verify reads it.
"""
from __future__ import annotations

import argparse
from pathlib import Path

from common.texts import N_, translate

BEGUN = N_("a new chain has begun: {chain}. What is recorded from now on travels to the centre")
KEPT = N_("the chain before stays in the database of this box: {chain}, {count} records")
LEFT = N_("{count} of them have no receipt of the centre (from record {first} on) and are here alone: keep a copy of "
          "this box's folder until the centre has looked into them")
MOST_REASON = 500


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `new-chain` to the parser of `zaitang-edge`."""
    begin = commands.add_parser(
        "new-chain", help="after its database was set back to a backup: let this box go on in a new chain of records")
    begin.add_argument("--box", type=Path, required=True, metavar="DIR")
    begin.add_argument("--reason", required=True, metavar="TEXT", help="what happened; it goes into the records")
    begin.set_defaults(do=_begin)


def _begin(args: argparse.Namespace) -> int:
    from edge.child import none_of
    from edge.cli import ROLES
    from edge.errors import BadReason
    from edge.wiring import open_ran
    from evidence.bodies import ChainBegun, body_of

    reason = args.reason.strip()
    if not 0 < len(reason) <= MOST_REASON or not reason.isprintable():
        raise BadReason(limit=MOST_REASON)
    box = open_ran(args.box)
    # Whoever has the store open would go on in the chain that ends.
    with none_of(box.run_folder, ("box", *ROLES)):
        begun = box.store.begin_chain(reason)
    body = body_of(begun.record)
    assert isinstance(body, ChainBegun)
    receipted = -1 if body.receipted is None else body.receipted
    print(translate(BEGUN, args.lang, chain=begun.record.chain))
    print(translate(KEPT, args.lang, chain=body.chain, count=body.up_to + 1))
    if receipted < body.up_to:
        print(translate(LEFT, args.lang, count=body.up_to - receipted, first=receipted + 1))
    return 0
