"""A box that joined anew, with a new card, takes back what its centre holds of it, and the video that survived.

Checked first, then kept in one transaction: a cut leaves either nothing or all of it, and the same again is no harm.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from edge.restore.bundle import Bundle, check
from edge.restore.errors import NotJoined, OtherRecords
from edge.restore.export import read_export
from edge.restore.pack import read_pack_file
from edge.storage import spoilt
from edge.storage.volume import open_second, open_volume, second_survivor, survivor
from edge.store import Moved, Place
from edge.store.past import Restored
from edge.wiring import Box
from evidence.bodies import Alarm, Segment, SegmentRemoved, body_of
from evidence.records import Record, Sealed

REASON = "a new card: restored from what the centre holds of this box"
Lain = tuple[Record, Segment]
"""A segment on record, and the record."""


@dataclasses.dataclass(frozen=True)
class Lost:
    """Video of a class (None: of none) that lies on no volume of the box: how many files, how many of them are at the
    centre; from when to when, UTC as the records say it."""

    class_id: str | None
    files: int
    at_centre: int
    first: str
    last: str


@dataclasses.dataclass(frozen=True)
class Done:
    """`records` of `chains` that came, none where all was here; `goes_on`: the chain of this box names the last of
    them; `adopted`: the volumes that survived; `found` files of before on them; `aside` files of which no record knows;
    `lost` what is on none, in order of the classes."""

    chains: int
    records: int
    orders: int
    goes_on: bool
    adopted: Mapping[Place, Path]
    found: int
    aside: int
    lost: Sequence[Lost]


def restore(box: Box, path: Path) -> Done:
    """Take back what is in a pack, an exported class or a bag. No other process may have the store open.

    Raises NotJoined, NoPack, OtherBox, OtherCentre, PackBroken, LacksOrders, OtherRecords, WrongVolume, CannotWrite,
    VolumeAway, StoreBusy; then nothing has changed but that the recorder's volume is made."""
    told = box.centre()
    if told is None:
        raise NotJoined(folder=box.folder)
    bundle = (read_export if path.is_dir() else read_pack_file)(path, *told)
    orders = check(bundle, *told)
    new = [head.chain for head in bundle.heads if not _is_here(box, bundle, head.chain)]
    adopted = _volumes(box)
    video = _Video(box, [bundle.chains[chain] for chain in new], adopted)
    lost = video.lost
    restored = Restored(
        [bundle.chains[chain] for chain in new], [bundle.receipts[chain] for chain in new], orders, bundle.policies,
        [body.sha256 for _, body in video.lain if body.sha256 in bundle.at_centre] if new else [],
        {place: volume for place, (_, volume) in adopted.items()}, video.moved, video.garbage,
        [("alarm", Alarm(spoilt.LOST, {"segment": body.sha256}, body.class_id)) for _, body in lost],
        spoilt.noted(box.store, [body.sha256 for _, body in lost]), REASON)
    goes_on = bool(new or adopted) and box.store.take_past(restored)
    return Done(len(new), sum(map(len, restored.chains)), len(orders), goes_on,
                {place: folder for place, (folder, _) in adopted.items()}, video.found, _put_aside(box),
                list(_by_class(lost, bundle.at_centre)))


def _is_here(box: Box, bundle: Bundle, chain: str) -> bool:
    """Whether a chain of the bundle is at this box, as far as it goes there. Raises OtherRecords."""
    if chain not in box.store.chains():
        return False
    last = bundle.chains[chain][-1]
    here = box.store.find_record(chain, last.record.seq)
    if here is None or here.hash != last.hash:
        raise OtherRecords(chain=chain, path=bundle.path)
    return True


def _volumes(box: Box) -> dict[Place, tuple[Path, str]]:
    """The volumes of this box that its database does not know yet: folder, id. Where none survived for the recorder,
    its volume is made now: once there are segments on record, it would be taken for one that is not mounted."""
    found: dict[Place, tuple[Path, str]] = {}
    device, second = box.config.device, box.config.storage.second
    if box.store.volume("first") is None:
        own = survivor(box.video, device)
        if own is not None:
            found["first"] = (box.video, own)
        elif not box.store.has("segment"):
            open_volume(box.video, device, box.store, box.config.recorder.reserve_mb)
    if second is not None and box.store.volume("second") is None:
        own = second_survivor(Path(second), device, box.video)
        if own is not None:
            found["second"] = (Path(second), own)
    return found


class _Video:
    """Where the video of the chains of before is: of `chains`, which come back, and of those that are here already."""

    def __init__(
        self, box: Box, chains: Sequence[Sequence[Sealed]], adopted: Mapping[Place, tuple[Path, str]],
    ) -> None:
        second = box.config.storage.second
        there = second is not None and ("second" in adopted or box.store.volume("second") is not None)
        self._first, self._second = box.segments, Path(second or "") / "segments" if there else None
        every = [one for chain in chains for one in chain]
        removed = set(box.store.all_removed()) | {
            body.segment for one in every if isinstance(body := body_of(one.record), SegmentRemoved)}
        named = _segments([*box.store.past("segment"), *every])
        come = _segments(every)
        self.lain: list[Lain] = [lain for sha256, lain in named.items() if sha256 not in removed]
        """Those that are not removed."""
        self.lost, self.moved, self.found = list[Lain](), list[Moved](), 0
        for record, body in self.lain:
            if not self._finds(body) and body.sha256 in come:
                self.lost.append((record, body))
        self.garbage: list[tuple[Place, str]] = [
            (place, body.file) for place, (folder, _) in adopted.items() for sha256, (_, body) in named.items()
            if sha256 in removed and (folder / "segments" / body.file).is_file()]

    def _finds(self, body: Segment) -> bool:
        if (self._first / body.file).is_file():
            self.found += 1
        elif self._second is not None and _has(self._second / body.file, body.size):
            self.found += 1
            self.moved.append(Moved(body.file, body.sha256, body.size))
        else:
            return False
        return True


def _segments(sealed: Iterable[Sealed]) -> dict[str, Lain]:
    """By the hashes of their files."""
    return {body.sha256: (one.record, body) for one in sealed if isinstance(body := body_of(one.record), Segment)}


def _put_aside(box: Box) -> int:
    """Put away what lies on the second volume and no record names, as its record never came to the centre: nothing
    vouches for it. How many files."""
    second = box.config.storage.second
    if second is None or box.store.volume("second") is None:
        return 0
    volume = open_second(Path(second), box.config.device, box.store, box.config.recorder.reserve_mb, box.video)
    named = {body.file for _, body in _segments([*box.store.past("segment"), *box.store.each("segment")]).values()}
    strange = [path for path in sorted(volume.segments.glob("*/*"))
               if path.is_file() and str(path.relative_to(volume.segments)) not in named]
    for path in strange:
        volume.put_aside(path)
    return len(strange)


def _has(path: Path, size: int) -> bool:
    """Whether a file of that size is there; what it holds the scrub reads."""
    return path.is_file() and path.stat().st_size == size


def _by_class(lost: Sequence[Lain], at_centre: frozenset[str]) -> Iterator[Lost]:
    for class_id in sorted({body.class_id for _, body in lost}, key=lambda name: name or ""):
        its = [(record.utc, body.sha256) for record, body in lost if body.class_id == class_id]
        there = sum(sha256 in at_centre for _, sha256 in its)
        yield Lost(class_id, len(its), there, min(utc for utc, _ in its), max(utc for utc, _ in its))
