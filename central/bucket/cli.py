"""`zaitang-central bucket check|push|copies|adopt`: how it stands with the object store, what came to stay goes there
now, and gets the second copy that a policy wants."""
from __future__ import annotations

import argparse
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands import gb, opened, say
from common.texts import N_

if TYPE_CHECKING:
    from central.wiring import Centre

NONE = N_("No bucket: [bucket] in centre.toml has no name, and all video lies on this machine.")
GOOD = N_("The object store takes files, gives them back unchanged, and removes them.")
LOCKS = N_("It lets nobody remove a file before its day: one that is stored now stays until {until}.")
UNLOCKED = N_(
    "It does not say that it locks files: whoever has its keys can remove them. A bucket with Object Lock and a "
    "default retention of at least three years cannot be emptied.")
THERE = N_("There: {files} files, {gb} GB, {locked} of them locked. To go there yet: {waiting} files, {waiting_gb} GB.")
PUSHED = N_("{files} files went into the bucket.")
FOUND = N_("{files} files lay there that were not noted here, as after a crash; they are now.")
UNKNOWN = N_("{files} files lie there that no record here names, or with other bytes than one says; they are left.")
ADOPTED = N_("{files} files are in the bucket {named} with all of their bytes; it holds from now on.")
HOW = {
    "send": N_("To be sent to the bucket, and kept here: {files} files, {gb} GB."),
    "keep": N_("In the bucket, and to be kept here, too: {files} files, {gb} GB."),
    "fetch": N_("To be fetched from the bucket, and kept here: {files} files, {gb} GB."),
    "nowhere": N_("Lacking a copy for which this centre has no place: {files} files, {gb} GB."),
}
ALL_THERE = N_("All video at the centre has as many copies as the policies want.")
DRY = N_("Nothing was changed.")
NO_PLACE = N_("Nothing can be done: a second copy takes a bucket ([bucket] in centre.toml), and a third one a box.")
BEYOND = N_(
    "Recorded for classes whose policies want more copies, and not at the centre to stay: {files} files, {gb} GB. They "
    "lie at boxes alone, and get no second copy here: have the boxes send them (`sync.upload = \"all\"`).")
COPIED = N_("{files} of {of} files have one copy more.")
LEFT = N_("{files} files are not what was recorded any more, and stay here.")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bucket` to the parser of `zaitang-central`."""
    bucket = commands.add_parser("bucket", help="video in a bucket of an object store (S3)")
    actions = bucket.add_subparsers(required=True, metavar="WHAT")
    check = actions.add_parser("check", help="store, read and remove a small file there; say how much is there")
    check.set_defaults(do=_check)
    push = actions.add_parser("push", help="move what came to stay into it now; `serve` does so by itself")
    push.set_defaults(do=_push)
    copies = actions.add_parser("copies", help="make the copies that policies want and that there are not; `serve` does"
                                               " so by itself within a day")
    copies.add_argument("--dry-run", action="store_true", help="only say what would be done")
    copies.add_argument("--rate", metavar="MB/S", help="at most so many megabytes a second")
    copies.set_defaults(do=_copies)
    adopt = actions.add_parser("adopt", help="all files were copied into another bucket, which centre.toml names now")
    adopt.set_defaults(do=_adopt)
    for action in (check, push, copies, adopt):
        action.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")


def _check(args: argparse.Namespace) -> None:
    centre = opened(args)
    try:
        if centre.bucket is None:
            return say(args, NONE)
        until_us = centre.bucket.check()
        say(args, GOOD)
        if until_us is None:
            say(args, UNLOCKED)
        else:
            say(args, LOCKS, until=datetime.fromtimestamp(until_us / 1_000_000, UTC).strftime("%Y-%m-%d"))
        _tell(args, centre)
    finally:
        centre.store.close()


def _push(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    centre = opened(args)
    try:
        mover = centre.mover()
        if mover is None:
            return say(args, NONE)
        found = mover.settle()
        with centre.store.read() as tx:
            total, done = tx.bucket_sum().waiting_bytes, 0
        with tqdm(total=total, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            while more := mover.some(lambda _, size: bar.update(size)):
                done += more
        say(args, PUSHED, files=done)
        for msgid, files in ((FOUND, found.noted), (UNKNOWN, found.unknown)):
            if files:
                say(args, msgid, files=files)
        if mover.changed:
            say(args, LEFT, files=len(mover.changed))
    finally:
        centre.store.close()


def _copies(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from central.archive.pace import rate_of
    from central.scrub.beside import Pace

    pace = None if args.rate is None else Pace(threading.Event(), rate_of(args.rate))
    centre = opened(args)
    try:
        second = centre.second_copies(centre.mover())
        lacking = second.lacking()
        for how, msgid in HOW.items():
            some = [one.file.size for one in lacking if one.how == how]
            if some:
                say(args, msgid, files=len(some), gb=gb(sum(some)))
        away, size = second.beyond()
        if away:
            say(args, BEYOND, files=away, gb=gb(size))
        makes = [one.file.size for one in lacking if one.how != "nowhere"]
        if args.dry_run or not makes:
            return say(args, ALL_THERE if not lacking else DRY if args.dry_run else NO_PLACE)
        with tqdm(total=sum(makes), unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            def told(size: int) -> None:
                bar.update(size)
                if pace is not None and size > 0:
                    pace(size)

            say(args, COPIED, files=second.make(told), of=len(makes))
    finally:
        centre.store.close()


def _adopt(args: argparse.Namespace) -> None:
    from central.bucket.settled import adopt

    centre = opened(args)
    try:
        place = centre.config.bucket
        if not place.name:
            return say(args, NONE)
        say(args, ADOPTED, files=adopt(centre.store, centre.bucket_named(), str(place)), named=place)
    finally:
        centre.store.close()


def _tell(args: argparse.Namespace, centre: Centre) -> None:
    with centre.store.read() as tx:
        told = tx.bucket_sum()
    say(args, THERE, files=told.files, gb=gb(told.bytes), locked=told.locked, waiting=told.waiting,
        waiting_gb=gb(told.waiting_bytes))
