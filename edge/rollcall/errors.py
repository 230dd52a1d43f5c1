"""What can be wrong with a segment that the roll call wants to read."""
from __future__ import annotations

from evidence.errors import ZaitangError


class FacesChanged(Exception):
    """A face was erased in the middle of a segment: it may not be looked for any more."""


class SegmentGone(ZaitangError):
    text = "segment {file} is not here"


class SegmentDiffers(ZaitangError):
    text = "segment {file} is not the one that was recorded: its hash is another"


class AnalysisDied(ZaitangError):
    text = "the roll call of segment {file} ended {times} times without an answer; it is left out"
