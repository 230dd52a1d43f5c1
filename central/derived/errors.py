"""What can go wrong with a copy of a file in H.264, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class DerivedFailed(ZaitangError):
    text = "this file was recorded in H.265, and no copy in H.264 can be made of it: {why}"


class ProcessEnded(ZaitangError):
    text = "its process ended before it was done (status {status}); it is tried again after a while"


class DerivedAwaited(ZaitangError):
    text = "this file was recorded in H.265, which your browser does not play; a copy in H.264 is not made yet"


class TooManyDerived(ZaitangError):
    text = "so many copies in H.264 wait to be made that no more are taken; ask again in a few minutes"


class NothingToDerive(BadInput):
    text = "this file was not recorded in H.265: no copy is made of it"
