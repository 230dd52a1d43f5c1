"""`zaitang-edge storage status|prune|add|move --box DIR`: what lies where, how long there is room, and making some."""
from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from common.alarms import alarm_words
from common.texts import N_, translate, words

if TYPE_CHECKING:
    from edge.config import BoxConfig
    from edge.storage.keeper import Keeper
    from edge.storage.volume import Volume
    from edge.store import Place
    from evidence.forecast import Forecast
    from evidence.retention import Decision

FIRST = N_("video volume {folder}: {free} MB free, {reserve} MB of it in reserve")
FULL = N_("video volume {folder}: {free} MB free, but {reserve} MB must stay free: there is no room to record")
NO_DAYS = N_("days left: none; nothing is recorded until there is room")
SECOND = N_("second video volume {folder}: {free} MB free")
HELD = N_("segments: {here} here ({here_mb} MB), {moved} on the second volume ({moved_mb} MB), {removed} removed")
CANNOT_TELL = N_("days left: cannot tell yet; no whole day of class was recorded so far")
PLENTY = N_("days left: more than {horizon}")
RANGE = N_("days left: {earliest} to {latest} (as {seen} days of class show)")
AT_LEAST = N_("days left: at least {earliest} (as {seen} days of class show)")
GARBAGE = N_("files still to be unlinked, some perhaps once the centre has confirmed that they go: {count}")
STILL_HELD = N_("of these stay for a dispute or a hold that came after the record of their removal: {count}")
REMOVABLE = N_("may be removed: {count} segments ({mb} MB)")
KEPT = N_("kept: {count} segments ({mb} MB): {why}")
GONE = N_("removed before: {count} segments")
DRY = N_("nothing was removed (--dry-run)")
REMOVED = N_("on record as removed: {count} segments; their files go when the centre has confirmed these records")
MOVED = N_("moved: {count} segments ({mb} MB); {left} left on the first volume that could not be moved")
ENOUGH = N_("nothing to move: {free} MB are free, box.toml asks for {keep} MB")
NOTHING = N_("nothing to move")
ADDED = N_("{folder} is the second video volume of {device}: it carries its identity, and segments may be moved there")
AND = {"zh": "；", "en": "; "}
MB = 1_000_000


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `storage` to the parser of `zaitang-edge`."""
    storage = commands.add_parser("storage", help="the video of a box: room, removal, a second volume")
    actions = storage.add_subparsers(dest="action", required=True, metavar="ACTION")
    status = actions.add_parser("status", help="what lies where, and for how many days there is room")
    status.set_defaults(do=_status)
    prune = actions.add_parser("prune", help="remove what need not be kept any more, and nothing else")
    prune.add_argument("--dry-run", action="store_true", help="only say what would go, and why the rest stays")
    prune.set_defaults(do=_prune)
    move = actions.add_parser("move", help="move finished segments to the second volume, oldest first")
    move.add_argument("--all", action="store_true", help="all of them, not only until there is room")
    move.set_defaults(do=_move)
    add = actions.add_parser("add", help="make the folder that box.toml names the second volume, once: mount it first")
    add.set_defaults(do=_add)
    for action in (status, prune, move, add):
        action.add_argument("--box", type=Path, required=True, metavar="DIR")


def _status(args: argparse.Namespace) -> int:
    keeper, config = _keeper(args)
    volumes: dict[Place, Volume] = {"first": keeper.first()}
    say = _Say(args.lang)
    free, reserve = volumes["first"].free_mb(), config.recorder.reserve_mb
    full = free < reserve
    say(FULL if full else FIRST, folder=volumes["first"].folder, free=free, reserve=reserve)
    if config.storage.second is not None and (second := _second(keeper, volumes["first"], args.lang)) is not None:
        volumes["second"] = second
        say(SECOND, folder=second.folder, free=second.free_mb())
    told = keeper.forecast(volumes)
    _say_held(keeper, say)
    if full:
        say(NO_DAYS)
    else:
        _say_forecast(told, say)
    warned = keeper.warned()
    if warned is not None:
        print(alarm_words("storage.days_left", {"days": warned.days}, args.lang))
    return 0


def _second(keeper: Keeper, first: Volume, lang: str) -> Volume | None:
    """The second volume, if it is here; else why it is not, printed."""
    from edge.errors import CannotWrite, VolumeAway, WrongVolume

    try:
        return keeper.second(first)
    except (WrongVolume, CannotWrite, VolumeAway) as error:
        print(words(error, lang))
        return None


def _say_held(keeper: Keeper, say: _Say) -> None:
    moved = {one.file: one.size for one in keeper.store.all_moved()}
    here = [entry for entry in keeper.shelf.here() if entry.file not in moved]
    say(HELD, here=len(here), here_mb=sum(one.size for one in here) // MB, moved=len(moved),
        moved_mb=sum(moved.values()) // MB, removed=len(keeper.shelf.entries) - len(list(keeper.shelf.here())))
    garbage = len(keeper.store.garbage())
    if garbage:
        say(GARBAGE, count=garbage)
    if held := keeper.held():
        say(STILL_HELD, count=len(held))


def _say_forecast(told: Forecast, say: _Say) -> None:
    from evidence.forecast import HORIZON

    if not told.known:
        say(CANNOT_TELL)
    elif told.earliest is None:
        say(PLENTY, horizon=HORIZON)
    elif told.latest is None:
        say(AT_LEAST, earliest=told.earliest, seen=told.seen)
    else:
        say(RANGE, earliest=told.earliest, latest=told.latest, seen=told.seen)


def _prune(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    keeper, config = _keeper(args)
    say = _Say(args.lang)
    if args.dry_run:
        _say_decisions(keeper.decisions(keeper.first()), say)
        say(DRY)
        return 0
    with keeper.lock():
        keeper.sweep()
        found = _say_decisions(keeper.decisions(keeper.first()), say)
        total = sum(one.segment.size for one in found)
        with tqdm(total=total, unit="B", unit_scale=True, disable=None if total else True, file=sys.stderr) as bar:
            count = keeper.prune(found, f"zaitang-edge storage prune, box {config.device}", bar.update)
    say(REMOVED, count=count)
    return 0


def _say_decisions(found: Iterable[Decision], say: _Say) -> list[Decision]:
    """Those of one answer together: how many, how large, why. Those that let something go."""
    going: list[Decision] = []
    counts: Counter[str] = Counter()
    sizes: defaultdict[str, int] = defaultdict(int)
    for one in found:
        why = AND[say.lang].join(words(reason, say.lang) for reason in one.reasons) if one.action == "keep" else ""
        key = why if one.action == "keep" else f"\0{one.action}"
        counts[key] += 1
        sizes[key] += one.segment.size
        going += [one] if one.action == "remove" else []
    for key in sorted(counts):
        if not key.startswith("\0"):
            say(KEPT, count=counts[key], mb=sizes[key] // MB, why=key)
    if counts["\0gone"]:
        say(GONE, count=counts["\0gone"])
    say(REMOVABLE, count=counts["\0remove"], mb=sizes["\0remove"] // MB)
    return going


def _add(args: argparse.Namespace) -> int:
    keeper, config = _keeper(args)
    with keeper.lock():
        second = keeper.add_second(keeper.first())
        second.check()
    _Say(args.lang)(ADDED, folder=second.folder, device=config.device)
    return 0


def _move(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    keeper, config = _keeper(args)
    say = _Say(args.lang)
    with keeper.lock():
        first = keeper.first()
        second = keeper.second(first)
        second.check()
        keeper.sweep()
        entries = keeper.to_move(first, args.all)
        if not entries:
            if args.all:
                say(NOTHING)
            else:
                say(ENOUGH, free=first.free_mb(), keep=config.storage.keep_free_mb)
            return 0
        # Each byte is written once and read back once.
        total = 2 * sum(entry.size for entry in entries)
        with tqdm(total=total, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            done = list(keeper.move(entries, first, second, bar.update))
    say(MOVED, count=len(done), mb=sum(entry.size for entry in done) // MB, left=len(entries) - len(done))
    return 0 if len(done) == len(entries) else 1


class _Say:
    """Prints a sentence of the catalogue."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, text: str, **params: object) -> None:
        print(translate(text, self.lang, **params))


def _keeper(args: argparse.Namespace) -> tuple[Keeper, BoxConfig]:
    from edge.storage.keeper import Keeper
    from edge.wiring import open_ran

    box = open_ran(args.box)
    return Keeper(box), box.config
