"""Which segments may be absent: whose removal a record states, of the chain that recorded them or of the centre."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from evidence.bodies import SegmentRemoved, VideoRemoved
from evidence.records import Record


@dataclasses.dataclass(frozen=True)
class Removals:
    """`own`: device, chain and SHA-256, as the chain itself says; `stated`: class (None: of none) and SHA-256,
    as a centre says."""

    own: frozenset[tuple[str, str, str]]
    stated: frozenset[tuple[str | None, str]]

    def names(self, recorded: Record, class_id: str | None, sha256: str) -> bool:
        """Whether the file of a segment may be absent. `class_id`: the class for which its record counts. Nobody's word
        excuses another box's video, and no certificate that of another class."""
        return ((recorded.device, recorded.chain, sha256) in self.own
                or (class_id is not None and (class_id, sha256) in self.stated))


def removals(of_boxes: Iterable[tuple[Record, object]], of_centre: Iterable[object]) -> Removals:
    """What is stated. `of_boxes`: records of boxes with their bodies; `of_centre`: bodies of a centre's chain. Others
    than `segment.removed` and `video.removed` say nothing."""
    own = frozenset((record.device, record.chain, body.segment) for record, body in of_boxes
                    if isinstance(body, SegmentRemoved))
    stated = frozenset((body.class_id, file.segment) for body in of_centre if isinstance(body, VideoRemoved)
                       for file in body.files)
    return Removals(own, stated)
