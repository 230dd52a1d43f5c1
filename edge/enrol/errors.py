"""What can be wrong with photographs for enrolment. Each names its file."""
from __future__ import annotations

from collections.abc import Sequence

from evidence.errors import BadInput, ZaitangError


class NoPhotos(BadInput):
    text = "{folder}: no photographs here (one file or one folder per person)"


class Unreadable(BadInput):
    text = "{file}: cannot be read as a picture"


class TooLarge(BadInput):
    text = "{file}: the picture is too large ({megabytes} MB; at most {limit} MB)"


class NoFace(BadInput):
    text = "{file}: no face found"


class SeveralFaces(BadInput):
    text = "{file}: {count} faces found; exactly one is needed"


class UnknownPerson(BadInput):
    text = "{file}: nobody in class {class_id} is called {name}"


class NoSuchClass(BadInput):
    text = "this box has no order for a class {class_id}"


class PersonTwice(BadInput):
    text = "{file}: {name} has photographs under another name here already"


class SamePerson(BadInput):
    text = "{file} and {other} look like the same person"


class Both(BadInput):
    text = "{first}\n{second}"


class PhotosRefused(BadInput):
    """Everything that is wrong, told at once; `problems` holds each. Nothing was kept."""

    text = "{problem}\nproblems with photographs: {count}; none of them was taken over"

    def __init__(self, problems: Sequence[BadInput]) -> None:
        self.problems = tuple(problems)
        super().__init__(problem=_joined(self.problems), count=len(self.problems))


def _joined(problems: Sequence[BadInput]) -> BadInput:
    """One error that tells all, as a balanced tree, so that a thousand bad photos nest only ten deep."""
    if len(problems) == 1:
        return problems[0]
    half = len(problems) // 2
    return Both(first=_joined(problems[:half]), second=_joined(problems[half:]))


class NotNow(BadInput):
    text = "this cannot be pressed now; begin the enrolment again"


class NobodyToEnrol(BadInput):
    text = "class {class_id} has nobody whose pseudonym is {person}"


class NobodyHere(BadInput):
    text = "no class of this box has anybody whose pseudonym is {person}"


class NoReader(BadInput):
    text = "this box has no card reader"


class NoCard(BadInput):
    text = "no card lies on the reader"


class BadCard(BadInput):
    text = "the card cannot be read; lay it on the reader again"


class NoNameYet(BadInput):
    text = "the centre has sent no name of this person, so a card cannot be compared"


class CardOfAnother(BadInput):
    text = "the card bears another name than the one that was chosen"


class NoInspector(BadInput):
    text = "write the name of the inspector who vouches (2 to {most} characters)"


class NotConfirmed(BadInput):
    text = (
        "an instructor of this class must confirm: check in by face at most {minutes} minutes before, "
        "or give the own PIN"
    )


class NeedsAnchor(BadInput):
    text = "only an enrolment with an ID card or an inspector's word can go on from here"


class NoConsent(BadInput):
    text = "{file}: {name} refused the use of the face or withdrew the consent; a new consent on paper is needed"


class StillRead(ZaitangError):
    text = "another process still reads the database, so traces remain in its log; it is tried again"


class CopyLeft(BadInput):
    text = "{path} is a copy of the database and still holds what must be erased: delete it, then run this again"


class PinLength(BadInput):
    text = "a PIN has {least} to {most} digits"


class PinTooSimple(BadInput):
    text = "this PIN is easy to guess: no runs, no repetitions, no dates"


class PinTaken(BadInput):
    text = "there is a PIN already: give the old one, or have an instructor check in by face first"


class NoPin(BadInput):
    text = "no PIN was chosen yet"


class WrongPin(BadInput):
    text = "wrong PIN; {left} more tries"


class PinWait(BadInput):
    text = "too many wrong tries: wait {seconds} seconds"


class PinLocked(BadInput):
    text = "this PIN is locked; an instructor unlocks it"
