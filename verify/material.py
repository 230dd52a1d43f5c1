"""What was read from a path, before it is judged: chains with their checks, expected segments, problems in order."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from evidence.bodies import Alarm, ChainBegun, DeviceApproved, Export, Missing, Segment, body_of
from evidence.chain import Checked
from evidence.corrections import corrections
from evidence.errors import BadRecord, VerificationError
from evidence.notes import NoteKey
from evidence.policy import Policy
from evidence.receipts import Receipt
from evidence.records import Record, Sealed
from evidence.removals import Removals, removals
from verify.bag import Bag
from verify.errors import RecordUnreadable
from verify.folder import Folder
from verify.trees import TreeSeen


@dataclasses.dataclass(frozen=True)
class Chain:
    """One chain of the evidence. `prefix`: the folder below which the files of its segment records lie."""

    device: str
    chain: str
    sealed: Sequence[Sealed]
    checked: Checked
    of_centre: bool = False
    prefix: str = ""

    @property
    def test(self) -> bool:
        """Signed with a test key."""
        return self.checked.identity is not None and self.checked.identity.test

    @property
    def simulated(self) -> int:
        """How many of its records were made with a simulated clock."""
        return sum(one.record.clock.source == "simulated" for one in self.sealed)


@dataclasses.dataclass(frozen=True)
class Expected:
    """A segment that a record names, and the name of its file in the folder. `removed`: a record says that the file was
    removed, so that it may be absent; `lacking`: what the centre says of why the export lacks it."""

    name: str
    device: str
    chain: str
    seq: int
    segment: Segment
    removed: bool = False
    lacking: Missing | None = None
    filmed_us: tuple[int, int] | None = None
    """From when to when, UTC microseconds, by the clock of its record; None where that cannot say."""


def filmed_us(record: Record, segment: Segment) -> tuple[int, int] | None:
    """`Expected.filmed_us` of a segment."""
    if not record.clock.synced or segment.boot_id not in (None, record.boot_id):
        return None
    first_us, last_us = (record.utc_us - (record.mono_us - mono_us)
                         for mono_us in (segment.first_mono_us, segment.last_mono_us))
    return first_us, last_us


@dataclasses.dataclass(frozen=True)
class ClassCase:
    """A class to judge: under which policy (None: it is not at hand), as of when (None: its last record). `timed`: a
    centre says so by a clock that was set, so that a public notice may be over by it."""

    class_id: str
    policy: Policy | None
    as_of_us: int | None = None
    timed: bool = False


@dataclasses.dataclass
class Material:
    """`root`: fingerprint, empty when none could be read. `only_class`: whose segments are expected; None means all."""

    kind: Literal["export", "box"]
    folder: Folder
    root: str = ""
    pinned: bool = False
    chains: list[Chain] = dataclasses.field(default_factory=list)
    orders: list[Sealed] = dataclasses.field(default_factory=list)
    cases: list[ClassCase] = dataclasses.field(default_factory=list)
    problems: list[VerificationError] = dataclasses.field(default_factory=list)
    manifest: Sealed | None = None
    """The export record, of an exported class."""
    bag: Bag | None = None
    """What lies around the exported class, where it is in a bag."""
    only_class: str | None = None
    known_files: set[str] = dataclasses.field(default_factory=set)
    unfinished: list[str] = dataclasses.field(default_factory=list)
    moved: set[str] = dataclasses.field(default_factory=set)
    """Names of files that the box says it moved to another volume."""
    quarantined: int = 0
    receipts: dict[tuple[str, str], list[Receipt]] = dataclasses.field(default_factory=dict)
    """(device, chain) → its receipts, seals checked."""
    log: NoteKey | None = None
    """The key of the centre's tree; None while nobody knows who the centre is."""
    receipts_whole: bool = True
    """False where an export does not say which receipts there are, so that some may have been left out."""
    receipts_unchecked: int = 0
    vouched_up_to: int | None = None
    trees: list[TreeSeen] = dataclasses.field(default_factory=list)
    """What the export holds of the centre's tree, the newest last."""

    def records(self) -> Iterator[Record]:
        """Everything that the story may use, orders that a box keeps included."""
        for chain in self.chains:
            yield from (one.record for one in chain.sealed)
        yield from (one.record for one in self.orders)

    def expected(self) -> list[Expected]:
        """The segments that the records name, in the order of the records. Unusable records become problems."""
        found = []
        gone, lacking = self._removals(), self._lacking()
        for chain in self.chains:
            counted = corrections(one.record for one in chain.sealed)
            for record, body in self._bodies(chain, "segment"):
                class_id = counted.class_of(record)
                if isinstance(body, Segment) and self.only_class in (None, class_id):
                    found.append(Expected(f"{chain.prefix}/{body.file}", chain.device, chain.chain, record.seq, body,
                                          gone.names(record, class_id, body.sha256),
                                          lacking.get((chain.device, chain.chain, record.seq)),
                                          filmed_us(record, body)))
        return found

    def _lacking(self) -> dict[tuple[str, str, int], Missing]:
        """Segments that the export lacks, as its manifest says, by device, chain and number."""
        export = None if self.manifest is None else body_of(self.manifest.record)
        missing = export.missing or () if isinstance(export, Export) else ()
        return {(one.device, one.chain, seq): one for one in missing for seq in one.seqs}

    def _removals(self) -> Removals:
        """Segments that may be absent, as the chains say."""
        boxes = [one for chain in self.chains for one in self._bodies(chain, "segment.removed")]
        centre = [body for chain in self.chains if chain.of_centre for _, body in self._bodies(chain, "video.removed")]
        return removals(boxes, centre)

    def uncertified(self) -> list[str]:
        """The boxes whose key no record of the centre says that it was certified, in an export."""
        approved = {(body.device, body.keyid) for chain in self.chains if chain.of_centre
                    for _, body in self._bodies(chain, "device.approved") if isinstance(body, DeviceApproved)}
        boxes = [chain for chain in self.chains if not chain.of_centre]
        return sorted({chain.device for chain in boxes if chain.checked.identity is not None
                       and (chain.device, chain.checked.identity.keyid) not in approved})

    def left(self) -> list[tuple[str, int]]:
        """Of each chain of a box that was ended and of which not all is in an export, as a later chain or the centre
        says: the box, and how many records that had."""
        here = {(chain.device, chain.chain, one.record.seq, one.hash) for chain in self.chains for one in chain.sealed}
        found = {(chain.device, body.chain): body.up_to + 1 for chain, body in self._begun()
                 if (chain.device, body.chain, body.up_to, body.head_hash) not in here}
        count = {(chain.device, chain.chain): len(chain.sealed) for chain in self.chains}
        devices = {chain.device for chain in self.chains}
        for chain in self.chains:
            for _, alarm in self._bodies(chain, "alarm") if chain.of_centre else ():
                if isinstance(alarm, Alarm) and alarm.code == "chain.left":
                    device, before, last = (alarm.params.get(name) for name in ("device", "before", "last"))
                    if device in devices and isinstance(device, str) and isinstance(before, str) \
                            and isinstance(last, int) and count.get((device, before), 0) <= last:
                        found[device, before] = max(found.get((device, before), 0), last + 1)
        return sorted((device, most) for (device, _), most in found.items())

    def unsaid(self) -> list[tuple[str, int]]:
        """The boxes that left a chain without a word, in an export, and how many of the chains under one key no later
        one names: of an honest box it is the last one alone."""
        named = {(chain.device, body.chain) for chain, body in self._begun()}
        ends = Counter((chain.device, chain.checked.identity.keyid) for chain in self.chains
                       if not chain.of_centre and chain.checked.identity and (chain.device, chain.chain) not in named)
        return sorted((device, count) for (device, _), count in ends.items() if count > 1)

    def _begun(self) -> Iterator[tuple[Chain, ChainBegun]]:
        for chain in self.chains:
            for _, body in self._bodies(chain, "chain.begun"):
                if isinstance(body, ChainBegun):
                    yield chain, body

    def _bodies(self, chain: Chain, kind: str) -> Iterator[tuple[Record, object]]:
        for one in chain.sealed:
            if one.record.type == kind:
                try:
                    yield one.record, body_of(one.record)
                except BadRecord as error:
                    self.problems.append(RecordUnreadable(
                        seq=one.record.seq, device=one.record.device, why=error.params["why"]))
