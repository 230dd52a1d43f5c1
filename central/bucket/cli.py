"""`zaitang-central bucket check|push`: how it stands with the object store, and what came to stay goes there now."""
from __future__ import annotations

import argparse
import sys
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
ADOPTED = N_("{files} files are in the bucket {named} with all of their bytes; it holds from now on.")
LEFT = N_("{files} files are not what was recorded any more, and stay here.")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bucket` to the parser of `zaitang-central`."""
    bucket = commands.add_parser("bucket", help="video in a bucket of an object store (S3)")
    actions = bucket.add_subparsers(required=True, metavar="WHAT")
    check = actions.add_parser("check", help="store, read and remove a small file there; say how much is there")
    check.set_defaults(do=_check)
    push = actions.add_parser("push", help="move what came to stay into it now; `serve` does so by itself")
    push.set_defaults(do=_push)
    adopt = actions.add_parser("adopt", help="all files were copied into another bucket, which centre.toml names now")
    adopt.set_defaults(do=_adopt)
    for action in (check, push, adopt):
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
        with centre.store.read() as tx:
            total, done = tx.bucket_sum().waiting_bytes, 0
        with tqdm(total=total, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            while more := mover.some(lambda _, size: bar.update(size)):
                done += more
        say(args, PUSHED, files=done)
        if mover.changed:
            say(args, LEFT, files=len(mover.changed))
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
