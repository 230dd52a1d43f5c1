"""Many classes as one ZIP that is sent while it is made: nothing is kept, and no more than one class is in memory."""
from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator

from central.dossier.gather import gather
from central.dossier.layout import entry
from central.dossier.made import rendered
from central.dossier.shape import Facts
from central.wiring import Centre
from common.texts import words
from evidence.checkpoint import Stated
from evidence.errors import ZaitangError

FAILED = "failed.txt"
"""Names the classes that could not be told, and why; not there where all could."""


class Pipe(io.RawIOBase):
    """What was written and is not yet sent. It cannot be searched, so a ZIP is written from front to end."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def taken(self) -> bytes:
        """It, once."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def packed(
    centre: Centre, classes: Iterable[str], stated: Stated, kind: str, lang: str,
    first: Callable[[Facts], object],
) -> Iterator[bytes]:
    """The ZIP piece by piece, all classes as of one checkpoint. `kind`: json, or csv; `first`: called for each before
    any of it leaves."""
    pipe, failed = Pipe(), list[str]()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out:
        for class_id in classes:
            try:
                facts = gather(centre, class_id, stated)
                made = rendered(facts, ".json" if kind == "json" else "", lang)
                first(facts)
            except ZaitangError as error:
                failed.append(f"{class_id}: {words(error, lang)}\n")
                continue
            files = {f"{class_id}.json": made} if isinstance(made, bytes) else {
                f"{class_id}/{name}": data for name, data in made.items()}
            for name, data in files.items():
                out.writestr(entry(name), data)
            yield pipe.taken()
        if failed:
            out.writestr(entry(FAILED), "".join(failed))
    yield pipe.taken()
