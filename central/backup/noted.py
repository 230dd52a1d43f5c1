"""What a centre remembers of its backups: when the last one was made, and when one was read again and found whole."""
from __future__ import annotations

from central.doctor.judge import Backup
from central.store.store import Store
from central.store.tables import Tx

MADE, CHECKED = "backup.made", "backup.checked"


def note_made(store: Store, at_us: int, rotten: int) -> None:
    """A backup is whole at UTC µs. `rotten`: files by hash in its folder of which there is no whole copy any more.
    Raises DatabaseUnusable."""
    with store.write() as tx:
        tx.set_meta(MADE, f"{at_us} {rotten}")


def note_checked(store: Store, at_us: int) -> None:
    """One was read again. Raises DatabaseUnusable."""
    with store.write() as tx:
        tx.set_meta(CHECKED, str(at_us))


def last_backup(tx: Tx) -> Backup | None:
    """The last one; None where none was made since notes are kept."""
    made, checked = tx.meta(MADE), tx.meta(CHECKED)
    if made is None:
        return None
    at_us, rotten = made.split(" ")
    return Backup(int(at_us), int(rotten), None if checked is None else int(checked))
