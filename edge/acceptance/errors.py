"""What can be wrong with clips and folders that are to be measured. Each names its file or folder."""
from __future__ import annotations

from edge.enrol.errors import PhotosRefused
from evidence.errors import BadInput


class NoClips(BadInput):
    text = "{folder}: no clips or pictures here"


class NoSpecies(BadInput):
    text = "{folder}: no subfolders here; it needs one for each kind of attack (print, phone, mask …), with its clips"


class OutsideSpecies(BadInput):
    text = "{file}: lies in no subfolder; put it into one that is named after the kind of attack"


class SameFolder(BadInput):
    text = "{folder}: the live and the attack clips must lie in different folders, neither inside the other"


class ClipsRefused(PhotosRefused):
    """Everything that is wrong, told at once; `problems` holds each. Nothing was measured."""

    text = "{problem}\nproblems with clips: {count}; nothing was measured"


class NoPassive(BadInput):
    text = "the model pack {pack} has no passive liveness check; measure it with --challenge"


class NoGesture(BadInput):
    text = "the model pack {pack} cannot tell these gestures: {gestures}; it can tell: {known}"


class NoLivenessRules(BadInput):
    text = "the policy {policy} says nothing about liveness; choose another one with --policy"


class NoProbes(BadInput):
    text = "{folder}: of nobody here a face was found; there is nothing to count"
