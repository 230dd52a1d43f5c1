"""What can be wrong with a segment that the roll call wants to read, and with a contact sheet."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class FacesChanged(Exception):
    """A face was erased in the middle of a segment: it may not be looked for any more."""


class SegmentGone(ZaitangError):
    text = "segment {file} is not here"


class SegmentDiffers(ZaitangError):
    text = "segment {file} is not the one that was recorded: its hash is another"


class AnalysisDied(ZaitangError):
    text = "the roll call of segment {file} ended {times} times without an answer; it is left out"


class NoSuchBlock(BadInput):
    text = "class {class_id} has no recording {block}; it has: {known}"


class NotASheet(BadInput):
    text = "{file}: a contact sheet is written as .pdf or .png"


class NobodyLooks(BadInput):
    text = "say with --by who looks at the faces: it goes on record"


class NoChineseLetters(BadInput):
    text = "this machine has no Chinese letters to draw with: sudo apt-get install fonts-noto-cjk"
