"""`zaitang-central backup make|check|restore`: a whole centre, put away and brought back."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from central.commands import gb, say
from common.texts import N_

ASK = N_("Passphrase of the backup: ")
MADE = N_("Backup {folder}: {records} records, {files} files by hash ({gb} GB, {new} GB of them new).")
NO_VIDEO = N_("Video is not in it (--video takes it along): after a restore boxes are asked for it.")
PRUNED = N_("Older backups removed: {count}.")
GOOD = N_("The backup of {at} is as it was made: database, small files, and {files} files by hash.")
OF = N_("It is of centre {centre}, whose site has the root {root}. Compare that with what boxes and auditors pin.")
DONE = N_("Restored to {folder}, as it was on {at}.")
PROVED = N_(
    "Proved: the first {size} records, hashed anew, give the tree of which the centre signed the root {root} on "
    "{signed}; {after} came after that.")
ALL = N_("A checkpoint that was seen elsewhere is not larger: no record is missing.")
SOME = N_("A checkpoint that was seen elsewhere has {missing} records more: boxes are asked for them again. What the "
          "centre itself stated since is lost.")
UNSEEN = N_(
    "Whether records came after the backup this alone cannot tell: give the newest checkpoint of a witness or a box "
    "with --seen.")
SPOILT = N_("Not in it, because they are not what was stored any more: {count} files ({names}).")
MENDED = N_("Rotted in this folder since, and copied anew: {count} files ({names}).")
ROTTEN = N_("Rotted in this folder since, and the centre has no whole copy: {count} files ({names}). Older backups lack"
            " them.")
ABSENT = N_("Not in the backup any more, or changed there: {count} files ({names}).")
WANTED = N_(
    "Video that was at the centre and is not in the backup: {count} files; boxes that still have them are asked when "
    "they are needed, or with `zaitang-central order upload`.")
MOVE = N_("Its database is a file, zaitang.db. To go back to PostgreSQL: write the address of an empty database into "
          "centre.toml, and `zaitang-central database move`.")
MOST_NAMED = 5
OTHERS = 0o077
"""Rights of other accounts of the machine."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `backup` to the parser of `zaitang-central`."""
    backup = commands.add_parser("backup", help="put a whole centre away, check that, and bring it back")
    actions = backup.add_subparsers(required=True, metavar="WHAT")
    make = actions.add_parser("make", help="make a backup, also while the centre runs")
    make.add_argument("--to", type=Path, required=True, metavar="DIR",
                      help="holds backups, and the files that they share")
    make.add_argument("--video", action="store_true", help="also the video that lies at the centre")
    make.add_argument("--keep-days", type=int, metavar="N", help="remove backups that are older; the newest stays")
    make.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    make.set_defaults(do=_make)
    check = actions.add_parser("check", help="read a whole backup: is it as it was made?")
    check.add_argument("--centre", type=Path, metavar="DIR",
                       help="the centre's folder: it remembers then that the backup was whole (`doctor`)")
    check.set_defaults(do=_check)
    restore = actions.add_parser("restore", help="make a centre's folder from a backup")
    restore.add_argument("--seen", type=Path, metavar="FILE",
                         help="a newer checkpoint, of a witness or a box: says how much is missing")
    restore.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the folder to make")
    restore.add_argument("--keys-passphrase-file", type=Path, metavar="FILE",
                         help="holds what the keys in the backup were locked with, if not with this machine's")
    restore.set_defaults(do=_restore)
    for action in (check, restore):
        action.add_argument("folder", type=Path, metavar="BACKUP",
                            help="one backup: a folder with a moment for its name")
        action.add_argument("--root", metavar="FINGERPRINT", help="of the site's root, if you know it from elsewhere")
    for action in (make, restore):
        action.add_argument("--passphrase-file", type=Path, metavar="FILE",
                            help="holds the passphrase of the backup; without it you are asked")


def _make(args: argparse.Namespace) -> None:
    from central.backup.errors import BadDays
    from central.backup.listing import kept_in
    from central.backup.make import make, prune
    from central.backup.noted import note_made
    from central.wiring import open_centre

    if args.keep_days is not None and args.keep_days < 1:
        raise BadDays(value=args.keep_days)
    passphrase = _passphrase(args, new=True)
    centre = open_centre(args.centre)
    try:
        whole = sum(path.stat().st_size for path, _ in kept_in(centre.folder / "objects", args.video))
        with _bar(whole) as advance:
            done = make(centre, args.to, passphrase, args.video, advance)
        note_made(centre.store, centre.clock.stamp().utc_us, len(done.rotten))
        say(args, MADE, folder=done.folder, records=done.records, files=done.files, gb=gb(done.bytes),
            new=gb(done.new))
        if done.spoilt:
            say(args, SPOILT, count=len(done.spoilt), names=_some(done.spoilt))
        for msgid, names in ((MENDED, done.mended), (ROTTEN, done.rotten)):
            if names:
                say(args, msgid, count=len(names), names=_some(names))
        if not args.video:
            say(args, NO_VIDEO)
        if args.keep_days is not None:
            say(args, PRUNED, count=prune(args.to, args.keep_days, centre.clock.stamp().utc_us))
    finally:
        centre.store.close()


def _check(args: argparse.Namespace) -> None:
    from central.backup.made import check_files, read_made
    from central.backup.make import check_objects
    from central.backup.restore import listing_of
    from evidence.certs import fingerprint

    made, _, root = read_made(args.folder, args.root)
    check_files(args.folder, made)
    listing = listing_of(args.folder)
    with _bar(sum(one.size for one in listing)) as advance:
        check_objects(args.folder.absolute().parent, args.folder, listing, advance)
    say(args, GOOD, at=made.at, files=len(listing))
    say(args, OF, centre=made.centre, root=fingerprint(root))
    if args.centre is not None:
        _note_checked(args)


def _note_checked(args: argparse.Namespace) -> None:
    from central.backup.noted import note_checked
    from central.commands import opened

    centre = opened(args)
    try:
        note_checked(centre.store, centre.clock.stamp().utc_us)
    finally:
        centre.store.close()


def _restore(args: argparse.Namespace) -> None:
    from central.backup.restore import listing_of, restore
    from central.files import read
    from central.locked import LOCK

    passphrase, file = _passphrase(args), _closed(args.keys_passphrase_file)
    word = None if file is None else LOCK.read_passphrase(file)
    later = None if args.seen is None else read(args.seen)
    with _bar(sum(one.size for one in listing_of(args.folder))) as advance:
        done = restore(args.folder, args.centre, passphrase, args.root, later, None, advance, word)
    say(args, DONE, folder=args.centre, at=done.made.at)
    say(args, OF, centre=done.made.centre, root=done.root)
    signed = datetime.fromtimestamp(done.proof.signed_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    say(args, PROVED, size=done.proof.size, root=done.proof.root, signed=signed, after=done.proof.after)
    missing = done.proof.missing
    say(args, UNSEEN if missing is None else SOME if missing else ALL, missing=missing)
    if done.absent:
        say(args, ABSENT, count=len(done.absent), names=_some(done.absent))
    if done.wanted:
        say(args, WANTED, count=done.wanted)
    say(args, MOVE)


def _passphrase(args: argparse.Namespace, new: bool = False) -> bytes:
    """Of the file, which nobody else may read, or typed. Raises OpenToOthers, CannotRead, NoPassphrase,
    PassphrasesDiffer."""
    from central.passphrase import asked_passphrase

    return asked_passphrase(_closed(args.passphrase_file), args.lang, new=new, ask=ASK)


def _closed(file: Path | None) -> Path | None:
    """A file that nobody else may read. Raises OpenToOthers."""
    from central.backup.errors import OpenToOthers

    if file is not None and _is_open(file):
        raise OpenToOthers(file=file)
    return file


def _is_open(file: Path) -> bool:
    # What lies where this user may not look, such as the home of root, says `read` in words.
    with suppress(OSError):
        return file.is_file() and bool(file.stat().st_mode & OTHERS)
    return False


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(total=total, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
        def advance(count: int) -> None:
            bar.update(count)

        yield advance


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
