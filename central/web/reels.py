"""The video of a block as it can be played: every file's hash is checked first, and what fails is told in words.

Of a file in H.265 the copy in H.264 is played, if it is here (central/derived)."""
from __future__ import annotations

import dataclasses
import os
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from central.bucket.fetch import Fetcher
from central.derived.desk import DerivedDesk
from central.derived.errors import DerivedAwaited
from central.errors import SegmentFileChanged
from central.objects import Objects
from central.web.errors import SegmentFileMissing, UnknownRecording
from common.hls import Media, Part, playlist, read_media
from evidence.errors import ZaitangError
from evidence.story import Block, SegmentFact, Story

KEEP = 4096
HEVC = "hevc"
"""The codec of a segment in H.265."""
Derived = bool | Literal["making"]


@dataclasses.dataclass(frozen=True)
class Piece:
    """A segment of a reel. `at_s`: where it begins in the reel; `media` is None when it cannot be played: `error`.
    `derived`: what plays is a copy; or one is being made."""

    fact: SegmentFact
    at_s: float
    media: Media | None
    error: ZaitangError | None
    derived: Derived = False


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
        parts = [Part(media_address(p.fact, class_id, block, p.derived is True), p.media)
                 for p in self.pieces if p.media is not None]
        return playlist(parts)


class Reels:
    """Makes reels from stored files. Hashes and fragment tables are remembered for as long as a file stays the same."""

    def __init__(self, objects: Objects, fetcher: Fetcher, desk: DerivedDesk) -> None:
        self._objects, self._fetcher, self._desk = objects, fetcher, desk
        self._media: dict[tuple[int, ...], Media] = {}
        self._lock = threading.Lock()

    def reel(self, story: Story, block: Block, device: str, camera: str, h264: bool = False) -> Reel:
        """The reel of one camera. `h264`: for a browser that plays no H.265, so that of such a file only a copy will
        do. Raises UnknownRecording."""
        facts = [f for f in facts_of(story, block) if (f.ref[0], f.segment.camera) == (device, camera)]
        if not facts:
            raise UnknownRecording(block=block.id, camera=camera)
        return Reel(device, camera, tuple(self._pieces(story, facts, h264)))

    def reels(self, story: Story, block: Block, h264: bool = False) -> list[Reel]:
        """The reels of all cameras of a block."""
        return [self.reel(story, block, device, camera, h264) for device, camera in cameras_of(story, block)]

    def _load(self, fact: SegmentFact) -> Media:
        """The recorded file. Raises SegmentFileMissing, OfBucket, SegmentFileChanged, BadMedia."""
        segment, (device, _, seq) = fact.segment, fact.ref
        if not self._objects.has(segment.sha256):
            raise self._fetcher.why_not(segment.sha256) or SegmentFileMissing(file=segment.file, device=device)
        if not self._objects.intact(segment.sha256):
            raise SegmentFileChanged(file=segment.file, device=device, seq=seq)
        return self._parse(self._objects.path(segment.sha256))

    def _pieces(self, story: Story, facts: list[SegmentFact], h264: bool) -> Iterator[Piece]:
        removed = {fact.segment for fact in story.removed}
        at_s = 0.0
        for fact in facts:
            if fact.segment.sha256 in removed:
                continue
            piece = self._piece(fact, at_s, h264)
            yield piece
            at_s += 0.0 if piece.media is None else piece.media.seconds

    def _piece(self, fact: SegmentFact, at_s: float, h264: bool) -> Piece:
        derived: Derived = False
        try:
            media = self._load(fact)
            if fact.segment.codec == HEVC:
                copy, state = self._desk.here(fact.segment.sha256), self._desk.state(fact.segment.sha256)
                if copy is not None:
                    return Piece(fact, at_s, self._parse(copy), None, True)
                derived = "making" if state is not None and state.what != "failed" else False
                if h264:
                    raise DerivedAwaited() if state is None or state.error is None else state.error
        except ZaitangError as error:
            return Piece(fact, at_s, None, error, derived)
        except FileNotFoundError:  # it went meanwhile: it is of the cache
            return Piece(fact, at_s, None, SegmentFileMissing(file=fact.segment.file, device=fact.ref[0]))
        return Piece(fact, at_s, media, None, derived)

    def _parse(self, path: Path) -> Media:
        """What is in a file, remembered for as long as it stays the same. Raises BadMedia, FileNotFoundError."""
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            mark = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_ctime_ns)
            with self._lock:
                known = self._media.get(mark)
            media = known or read_media(file, stat.st_size)
        with self._lock:
            while len(self._media) >= KEEP:
                del self._media[next(iter(self._media))]
            self._media[mark] = media
        return media


def media_address(fact: SegmentFact, class_id: str, block: str, derived: bool) -> str:
    """Where a file, or the copy of it in H.264, is for somebody who gave a reason for this block."""
    of = urllib.parse.urlencode({"class": class_id, "block": block})
    return f"/media/{fact.segment.sha256}{'.h264.mp4' if derived else '.mp4'}?{of}"


def facts_of(story: Story, block: Block) -> list[SegmentFact]:
    """The segments that lie within the time of a block, in order of time."""
    within = [f for f in story.segments if f.span.start_us < block.span.end_us and f.span.end_us > block.span.start_us]
    return sorted(within, key=lambda fact: (fact.span.start_us, fact.ref))


def cameras_of(story: Story, block: Block) -> list[tuple[str, str]]:
    """(device, camera) of everything recorded in a block."""
    return sorted({(fact.ref[0], fact.segment.camera) for fact in facts_of(story, block)})


