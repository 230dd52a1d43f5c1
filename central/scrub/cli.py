"""`zaitang-central scrub status|now`: how far stored video was read again, and what was spoilt."""
from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands import opened, say
from common.texts import N_, translate

if TYPE_CHECKING:
    from central.wiring import Centre

NEVER = N_("Stored video was not read again yet; `serve` does so by itself.")
AT = N_("Since {since} {share}% of stored video was read again.")
OVER = N_("All stored video was read again in the pass that began on {since}.")
BUCKET_NEVER = N_("What lies in the bucket was not read again yet; `serve` does so by itself.")
BUCKET_AT = N_("Since {since} {share}% of what lies in the bucket was read again.")
BUCKET_OVER = N_("All that lies in the bucket was read again in the pass that began on {since}.")
NONE = N_("None of it is spoilt.")
HEADINGS = [N_("File"), N_("What"), N_("Stated on"), N_("Another copy asked for on")]
WHAT = {"rotten": N_("has other bytes than were recorded"), "lost": N_("is not there"),
        "bucket": N_("has other bytes in the bucket, and is not here")}
STOPPED = N_("So much was spoilt within a day that `serve` reads no further: see whether the disk is mounted and"
             " [bucket] in centre.toml is right. `scrub now` reads and states all of it.")
DONE = N_("{files} files were read.")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `scrub` to the parser of `zaitang-central`."""
    scrub = commands.add_parser("scrub", help="stored video read again: is it what was recorded?")
    actions = scrub.add_subparsers(required=True, metavar="WHAT")
    status = actions.add_parser("status", help="how far it is, and what is spoilt; changes nothing")
    status.set_defaults(do=_status)
    now = actions.add_parser("now", help="read all of it now, as fast as it goes")
    now.add_argument("--bucket", action="store_true",
                     help="also what lies in the bucket: all of it comes over the line, and that may cost money")
    now.set_defaults(do=_now)
    for action in (status, now):
        action.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")


def _status(args: argparse.Namespace) -> None:
    from central.scrub.scrub import NOTE

    centre = opened(args)
    try:
        with centre.store.read() as tx:
            note = tx.meta(NOTE)
            more = bool(note) and bool(tx.stored_after(note.split(" ")[0], 1)) if note else False
        if note is None:
            say(args, NEVER)
        else:
            last, begun = note.split(" ")
            share = int(last[:8] or "0", 16) * 100 >> 32
            say(args, AT if more else OVER, since=_day(int(begun)), share=share)
        _tell_bucket(args, centre)
        _tell(args, centre)
    finally:
        centre.store.close()


def _tell_bucket(args: argparse.Namespace, centre: Centre) -> None:
    from central.scrub.bucket import NOTE

    with centre.store.read() as tx:
        note, files = tx.meta(NOTE), tx.bucket_sum().files
        last, begun = (note or " 0").split(" ")
        more = bool(tx.bucketed_after(last, 1))
    if note is not None:
        say(args, BUCKET_AT if more else BUCKET_OVER, since=_day(int(begun)), share=int(last[:8], 16) * 100 >> 32)
    elif files:
        say(args, BUCKET_NEVER)


def _now(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    centre = opened(args)
    try:
        with tqdm(unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            def paced(size: int) -> None:
                bar.update(size)

            scrub = centre.scrub(paced)
            scrub.mend()
            there = centre.bucket_scrub(paced) if args.bucket else None
            done = scrub.all() + (0 if there is None else there.all())
            scrub.mend()
        say(args, DONE, files=done)
        _tell(args, centre)
    finally:
        centre.store.close()


def _tell(args: argparse.Namespace, centre: Centre) -> None:
    from central.scrub.rounds import flooded
    from common.tables import print_table

    with centre.store.read() as tx:
        spoilt = tx.spoilt()
    if flooded(spoilt, centre.clock.stamp().utc_us):
        say(args, STOPPED)
    rows = [(one.sha256, translate(WHAT[one.what], args.lang), _day(one.since_us), _day(one.asked_us))
            for one in spoilt]
    print_table(HEADINGS, rows, NONE, args.lang)


def _day(us: int) -> str:
    return datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
