"""Makes the dossier of one class as a file: gathered, stated on record, then written."""
from __future__ import annotations

from pathlib import Path

from central.classes.orders import boxes_of
from central.dossier.document import csv_files, json_bytes
from central.dossier.errors import NotADossier
from central.dossier.gather import gather
from central.dossier.shape import Facts
from central.dossier.write import write_file, write_folder
from central.errors import FolderNotEmpty
from central.wiring import Centre
from evidence.bodies import Export, Head, PolicyRef
from evidence.records import Sealed
from evidence.times import utc_text

ENDINGS = (".pdf", ".xlsx", ".json", "")
"""What can be asked for; without an ending, a folder of CSV."""


def make(centre: Centre, class_id: str, target: Path, lang: str) -> None:
    """Write the dossier of a class to `target`. A file that is there is replaced, a folder is not.

    Raises NotADossier, FolderNotEmpty, CannotWrite; ClockNotSet, ClockBehind, TreeDamaged; UnknownClass, PolicyGone,
    BadName."""
    ending = target.suffix.lower()
    if ending not in ENDINGS or target.name in ("", ".", ".."):
        raise NotADossier(path=target)
    if target.is_dir() or (not ending and target.exists()):
        raise FolderNotEmpty(folder=target)
    facts = gather(centre, class_id, centre.checkpoint())
    files = rendered(facts, ending, lang)
    state_made(centre, facts)
    put(target, files)


def rendered(facts: Facts, ending: str, lang: str) -> bytes | dict[str, bytes]:
    """The bytes of one file; of a folder of CSV, those of each. What lays out PDF is loaded only for it."""
    if ending == ".pdf":
        from central.dossier.pdf import pdf

        return pdf(facts, lang)
    if ending == ".xlsx":
        from central.dossier.xlsx import xlsx

        return xlsx(facts, lang)
    return json_bytes(facts, lang) if ending == ".json" else csv_files(facts, lang)


def put(target: Path, made: bytes | dict[str, bytes]) -> None:
    """A file, or a folder. Raises CannotWrite, NotOurFolder."""
    if isinstance(made, bytes):
        write_file(target, made)
    else:
        write_folder(target, made)


def state_made(centre: Centre, facts: Facts) -> Sealed:
    """State that this class left the centre, before it does: the record of an export, with the ends of the chains that
    are here. It names no file: what was handed out is computed from these chains."""
    head = facts.head
    with centre.store.write() as tx:
        heads = tuple(Head(one.device, one.chain, one.up_to, one.head_hash)
                      for device in boxes_of(tx, head.class_id) for one in tx.heads(device) if one.up_to >= 0)
        return centre.store.append(tx, Export(
            class_id=head.class_id, policy=PolicyRef(head.policy, head.policy_sha256), heads=heads,
            segments=facts.files.on_record, as_of=utc_text(head.as_of_us)))
