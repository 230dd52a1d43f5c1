"""How many whole copies of a file there are, as far as records and this database say; and which files have fewer than
a policy wants."""
from __future__ import annotations

import dataclasses

from central.keeping.plans import copies_wanted
from central.store.tables import Tx
from evidence.bodies import Alarm, body_as
from evidence.damaged import AT_BOX


@dataclasses.dataclass(frozen=True)
class Lacking:
    """A file of which a policy wants more copies than there are."""

    sha256: str
    size: int
    wanted: int
    there: int


class Copies:
    """What was read in one transaction, each box once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._gone: dict[str, set[tuple[str, str]]] = {}
        self._spoilt: dict[str, set[str]] = {}

    def at_boxes(self, sha256: str) -> int:
        """How many boxes recorded it, have not said that they removed it, and not that it is spoilt there."""
        return len({one.device for one in self._tx.announced(sha256)
                    if (one.chain, sha256) not in self._removed(one.device)
                    and sha256 not in self._damaged(one.device)})

    def elsewhere(self, sha256: str) -> int:
        """Besides the one of the centre: those of boxes, and that of the bucket where another one lies here to stay."""
        known = self._tx.bucketed(sha256)
        return self.at_boxes(sha256) + (known is not None and known.stays)

    def lacking(self, class_id: str, now_us: int) -> list[Lacking]:
        """The files of a class that are at the centre to stay and of which its policy wants more copies now."""
        wanted = copies_wanted(self._tx, class_id, now_us)
        if wanted == 1:
            return []
        counted = [(sha256, size, 1 + self.elsewhere(sha256)) for sha256, size in self._tx.stays_of(class_id)]
        return [Lacking(sha256, size, wanted, there) for sha256, size, there in counted if there < wanted]

    def _removed(self, device: str) -> set[tuple[str, str]]:
        """Chain and hash of what a box says that it removed."""
        if device not in self._gone:
            self._gone[device] = {(one.record.chain, str(one.record.body.get("segment")))
                                  for one in self._tx.of_device(device, "segment.removed", -1)}
        return self._gone[device]

    def _damaged(self, device: str) -> set[str]:
        """Hashes of what a box says that is spoilt there, and not that it is whole again."""
        if device not in self._spoilt:
            told: dict[str, bool] = {}
            for one in self._tx.of_device(device, "alarm", -1):
                body = body_as(one.record, Alarm)
                if body is not None and body.code in AT_BOX:
                    told[str(body.params.get("segment"))] = AT_BOX[body.code]
            self._spoilt[device] = {sha256 for sha256, bad in told.items() if bad}
        return self._spoilt[device]
