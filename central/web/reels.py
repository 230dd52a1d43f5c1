"""The video of a block as it can be played: every file's hash is checked first, and what fails is told in words."""
from __future__ import annotations

import dataclasses
import threading
import urllib.parse
from collections.abc import Iterator

from central.errors import SegmentFileChanged
from central.objects import Objects
from central.web.errors import SegmentFileMissing, UnknownRecording
from common.hls import Media, Part, playlist, read_media
from evidence.errors import ZaitangError
from evidence.story import Block, SegmentFact, Story

KEEP = 4096


@dataclasses.dataclass(frozen=True)
class Piece:
    """A segment of a reel. `at_s`: where it begins in the reel; `media` is None when it cannot be played: `error`."""

    fact: SegmentFact
    at_s: float
    media: Media | None
    error: ZaitangError | None


@dataclasses.dataclass(frozen=True)
class Reel:
    """What one camera recorded of a block, in order of time."""

    device: str
    camera: str
    pieces: tuple[Piece, ...]

    @property
    def playable(self) -> list[Piece]:
        """Those that play."""
        return [piece for piece in self.pieces if piece.media is not None]

    def playlist(self, class_id: str, block: str) -> str:
        """HLS of what plays of a block; where something is left out, the picture jumps. Each address names the block,
        for whose reason its file is asked."""
        of = urllib.parse.urlencode({"class": class_id, "block": block})
        parts = [Part(f"/media/{p.fact.segment.sha256}.mp4?{of}", p.media) for p in self.pieces if p.media is not None]
        return playlist(parts)


class Reels:
    """Makes reels from stored files. Hashes and fragment tables are remembered for as long as a file stays the same."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._media: dict[str, Media] = {}
        self._lock = threading.Lock()

    def reel(self, story: Story, block: Block, device: str, camera: str) -> Reel:
        """The reel of one camera. Raises UnknownRecording."""
        facts = [f for f in facts_of(story, block) if (f.ref[0], f.segment.camera) == (device, camera)]
        if not facts:
            raise UnknownRecording(block=block.id, camera=camera)
        return Reel(device, camera, tuple(self._pieces(story, facts)))

    def reels(self, story: Story, block: Block) -> list[Reel]:
        """The reels of all cameras of a block."""
        return [self.reel(story, block, device, camera) for device, camera in cameras_of(story, block)]

    def _pieces(self, story: Story, facts: list[SegmentFact]) -> Iterator[Piece]:
        removed = {fact.segment for fact in story.removed}
        at_s = 0.0
        for fact in facts:
            if fact.segment.sha256 in removed:
                continue
            try:
                media = self._load(fact)
            except ZaitangError as error:
                yield Piece(fact, at_s, None, error)
            else:
                yield Piece(fact, at_s, media, None)
                at_s += media.seconds

    def _load(self, fact: SegmentFact) -> Media:
        segment, (device, _, seq) = fact.segment, fact.ref
        if not self._objects.has(segment.sha256):
            raise SegmentFileMissing(file=segment.file, device=device)
        if not self._objects.intact(segment.sha256):
            raise SegmentFileChanged(file=segment.file, device=device, seq=seq)
        with self._lock:
            known = self._media.get(segment.sha256)
        return known or self._parse(segment.sha256, segment.size)

    def _parse(self, sha256: str, size: int) -> Media:
        with self._objects.path(sha256).open("rb") as file:
            media = read_media(file, size)
        with self._lock:
            while len(self._media) >= KEEP:
                del self._media[next(iter(self._media))]
            self._media[sha256] = media
        return media


def facts_of(story: Story, block: Block) -> list[SegmentFact]:
    """The segments that lie within the time of a block, in order of time."""
    within = [f for f in story.segments if f.span.start_us < block.span.end_us and f.span.end_us > block.span.start_us]
    return sorted(within, key=lambda fact: (fact.span.start_us, fact.ref))


def cameras_of(story: Story, block: Block) -> list[tuple[str, str]]:
    """(device, camera) of everything recorded in a block."""
    return sorted({(fact.ref[0], fact.segment.camera) for fact in facts_of(story, block)})


