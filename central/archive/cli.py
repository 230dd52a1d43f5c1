"""`zaitang-central archive pull`: the archive of a class, as a bag."""
from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.texts import N_, translate

if TYPE_CHECKING:
    from central.archive.ask import Away
    from central.wiring import Centre

PULLED = N_("The archive of class {class_id} is in {folder}: video files {files}, {size} in all. Check it with:"
            " zaitang-verify {folder} --root {root}")
NAMES = N_("It holds names of people, and video of them: keep it where nobody looks who need not see it.")
AT_BOX = N_("Files that are still at {device}: {count}. The box was last heard {heard}.")
NEVER = N_("Files that are still at {device}: {count}. The box was never heard.")
REFUSED = N_("Of these the box says that it will not bring: {count} ({why}).")
GONE = N_("it does not have them any more")
EARLIER = N_("they are of an earlier chain of the box, of which it sends nothing")
NO = N_("it refused the order")
INCOMPLETE = N_("It is incomplete: video files that are named in it as missing: {count}. When the box is back, run the"
                " same command again: it fetches the rest alone.")
ERASED = N_("Files that were taken out of {folder}: {count}.")
ENDED = N_("The pull was ended. What came is kept: run the same command again.")


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parser of `zaitang-central`. `command` adds one that works in a centre's folder."""
    group = commands.add_parser("archive", help="archives of classes").add_subparsers(required=True, metavar="WHAT")
    pull = command(group, "pull", _pull, "write all that there is of a class to a folder that anybody can check (BagIt)"
                   "; run again, it goes on")
    pull.add_argument("class_id", metavar="CLASS")
    pull.add_argument("--to", type=Path, required=True, metavar="DIR",
                      help="the folder to write; it must not exist yet, but as an incomplete archive of the class")
    pull.add_argument("--wait", default="1", metavar="HOURS",
                      help="so long boxes are waited for while nothing comes of them (default: %(default)s)")
    pull.add_argument("--rate", metavar="MB/S", help="at most so many megabytes a second")
    pull.add_argument("--night", metavar="FROM-TO",
                      help="only in this time of the day by the clock of the class, like 22:00-06:00")
    pull.add_argument("--with-sheets", action="store_true",
                      help="with the contact sheets that may be shown still: pictures of people")
    pull.add_argument("--without-missing", action="store_true",
                      help="after that finish it without video that no box brought: the archive names it as missing,"
                      " and is incomplete; pulled to the same folder again, it gets the rest")
    pull.add_argument("--anew", action="store_true",
                      help="decide again what belongs to it; the video that came is kept")
    erase = group.add_parser("erase", help="take names, or contact sheets, out of an archive; the evidence stays whole")
    erase.add_argument("bag", type=Path, metavar="BAG", help="the folder of the archive")
    erase.add_argument("--names", action="store_true", help="the names behind the pseudonyms")
    erase.add_argument("--sheets", action="store_true", help="the contact sheets")
    erase.set_defaults(do=_erase)


def _erase(args: argparse.Namespace) -> None:
    from central.archive.erase import erase
    from central.archive.errors import NothingToErase

    if not (args.names or args.sheets):
        raise NothingToErase()
    print(translate(ERASED, args.lang, count=len(erase(args.bag, args.names, args.sheets)), folder=args.bag))


def _pull(args: argparse.Namespace) -> int:
    from central.archive.ask import away_of
    from central.archive.decide import Wish
    from central.archive.errors import FilesAway
    from central.archive.pace import Ended, rate_of, wait_of, window_of
    from central.archive.progress import Progress, amount
    from central.archive.pull import Terms, pull
    from central.archive.removed import removed_words
    from central.cli import CONTRADICTED
    from central.wiring import open_centre
    from common.signals import on_signal

    terms = Terms(wait_of(args.wait), rate_of(args.rate) if args.rate is not None else None,
                  window_of(args.night) if args.night is not None else None, args.anew,
                  args.without_missing)
    centre, stop, progress = open_centre(args.centre), threading.Event(), Progress(args.lang)
    on_signal(stop.set)
    try:
        done = pull(centre, args.class_id, args.to, Wish(args.lang, args.with_sheets), terms, progress, stop)
    except FilesAway as error:
        progress.close()
        for line in away_words(error.away, args.lang, _offset_min(centre, args.class_id)):
            print(line, file=sys.stderr)
        raise
    except Ended:
        progress.close()
        print(translate(ENDED, args.lang), file=sys.stderr)
        return 130
    finally:
        progress.close()
    print(translate(PULLED, args.lang, class_id=args.class_id, folder=done.folder, files=done.files,
                    size=amount(done.size), root=centre.root_fingerprint))
    print(translate(NAMES, args.lang), file=sys.stderr)
    if done.removed:
        print(removed_words(done.removed, args.lang))
    if done.missing:
        print(translate(INCOMPLETE, args.lang, count=sum(len(one.seqs) for one in done.missing)))
        for line in away_words(away_of(done.missing), args.lang, _offset_min(centre, args.class_id)):
            print(line)
    if done.contradicted is not None:
        print(translate(CONTRADICTED, args.lang, size=done.contradicted))
    return 0


def _offset_min(centre: Centre, class_id: str) -> int:
    from central.classes.orders import order_of

    with centre.store.read() as tx:
        return order_of(tx, class_id)[1].utc_offset_min


def away_words(away: Sequence[Away], lang: str, offset_min: int) -> list[str]:
    """What is still at which box, a sentence or two for each. `offset_min`: of the clock that is shown."""
    from central.archive.ask import OTHER_CHAIN
    from central.orders.asked import GONE as NOT_THERE
    from central.web.localtime import LocalTime

    lines = []
    for one in away:
        heard = "" if one.heard_us is None else LocalTime(offset_min, lang).exact(one.heard_us)
        lines.append(translate(AT_BOX if heard else NEVER, lang, device=one.device, count=one.count, heard=heard))
        if one.refused:
            why = {NOT_THERE: GONE, OTHER_CHAIN: EARLIER}.get(one.why, NO)
            lines.append(translate(REFUSED, lang, count=one.refused, why=translate(why, lang)))
    return lines
