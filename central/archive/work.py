"""`python -m central.archive.work CENTRE CLASS`: an archive that was asked for in the console, by a process of its own,
which gives way to everybody else and ends with whoever holds its standard input."""
from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from central.archive.cli import away_words
from central.archive.decide import Wish
from central.archive.desk import BAG, Request, Why, folder_of, keep_failure, read_request
from central.archive.errors import ArchiveFailed, FilesAway, FilesGone, NoRoom, PullDamaged, StoreSilent
from central.archive.pace import Ended
from central.archive.progress import Progress
from central.archive.pull import Terms, pull
from central.classes.orders import order_of
from central.wiring import Centre, open_centre
from common.logs import Log, setup
from common.texts import LANGS, N_, translate, words
from evidence.errors import ZaitangError

TOLD: dict[type[ZaitangError], str] = {
    StoreSilent: N_("The object store in which the video lies did not answer, also when it was asked again. Whoever"
                    " runs the centre can say more. Ask for it again when the store is back: what came is kept."),
    ArchiveFailed: N_("It could not be written on the centre's disk: {why}. Ask for it again when that is mended: it"
                      " goes on where it stopped."),
    NoRoom: N_("It needs {need} more on the centre's disk, and {free} are free. Ask for it again when whoever runs the"
               " centre has made room."),
    FilesGone: N_("Video files that were removed since it was begun: {count}. Ask for it again: it names them as"
                  " removed, and the video that is here is kept."),
    PullDamaged: N_("{file} in the unfinished archive is not what was written. Ask for it again: the video that is here"
                    " is kept."),
}
"""What is said otherwise to whoever has no command to run again."""


def make(centre: Centre, class_id: str, request: Request, stop: threading.Event) -> None:
    """Make it, or keep why it could not be made, in every language."""
    folder = folder_of(centre.folder, class_id)
    try:
        pull(centre, class_id, folder / BAG, Wish(request.lang, request.sheets),
             Terms(request.wait_s, without=request.without), Progress(request.lang, None), stop)
    except Ended:
        return
    except ZaitangError as error:
        Log("archive").warning("archive.failed", error=type(error).__name__, **{"class": class_id})
        keep_failure(folder, Why(**{
            lang: tuple(_at_boxes(centre, class_id, error, lang)) or (_words(error, lang),) for lang in LANGS}))


def _words(error: ZaitangError, lang: str) -> str:
    told = TOLD.get(type(error))
    return words(error, lang) if told is None else translate(told, lang, **error.params)


def _at_boxes(centre: Centre, class_id: str, error: ZaitangError, lang: str) -> list[str]:
    if not isinstance(error, FilesAway):
        return []
    with centre.store.read() as tx:
        return away_words(error.away, lang, order_of(tx, class_id)[1].utc_offset_min)


def main() -> None:
    """What the process does."""
    os.umask(0o077)
    os.nice(10)
    setup()
    centre, class_id, stop = open_centre(Path(sys.argv[1])), sys.argv[2], threading.Event()

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        stop.set()

    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    request = read_request(folder_of(centre.folder, class_id))
    if request is not None:
        make(centre, class_id, request, stop)


if __name__ == "__main__":
    main()
