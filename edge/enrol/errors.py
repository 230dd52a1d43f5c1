"""What can be wrong with photographs for enrolment. Each names its file."""
from __future__ import annotations

from typing import ClassVar

from common.id_numbers import WORDS, Fault
from common.refused import ManyRefused
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
    text = "{file}: nobody in class {class_id} is called {name}; see `zaitang-edge people`"


class NoSuchClass(BadInput):
    text = "this box has no order for a class {class_id}"


class TextChanged(BadInput):
    text = "the text of consent has changed since it was shown; read it again, then decide"


class PersonTwice(BadInput):
    text = "{file}: {name} has photographs under another name here already"


class SamePerson(BadInput):
    text = (
        "{file} and {other} look like the same person: if one of the photographs bears the wrong name, put that right; "
        "if they are two people (twins), enrol the second one at the terminal with an ID card or an inspector"
    )


class OddPhoto(BadInput):
    text = (
        "{file} does not look like the person of {other}, under the same name: take out the photograph that is of "
        "somebody else, or use a better one"
    )


class OtherFace(BadInput):
    text = (
        "{file} does not look like the face that is enrolled here for {name} ({person}, {class_id}): if the photograph "
        "bears the wrong name, put that right; if it is this person, enrol at the terminal, where another instructor "
        "decides"
    )


class SeveralOfName(BadInput):
    text = "{file}: several people of this class are called {name}; name the photograph by the pseudonym ({people})"


class PhotosRefused(ManyRefused):
    text = "{problem}\nproblems with photographs: {count}; none of them was taken over"


class RosterRefused(ManyRefused):
    text = "{problem}\nproblems in the list: {count}; nothing was taken over"


class NotNow(BadInput):
    text = "this cannot be pressed now; begin the enrolment again"


class NobodyToEnrol(BadInput):
    text = "class {class_id} has nobody whose pseudonym is {person}"


class NobodyHere(BadInput):
    text = "no class of this box has anybody whose name or pseudonym is {person}; see `zaitang-edge people`"


class SeveralHere(BadInput):
    text = "several people on this box are called {name}; give the pseudonym instead: {people}"


class BadClassId(BadInput):
    text = "{class_id} cannot be the id of a class: up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"


class NoReader(BadInput):
    text = "this box has no card reader"


class NoCard(BadInput):
    text = "no card lies on the reader"


class CardLeft(BadInput):
    text = "the card file {path} cannot be removed after it was read ({why}); let this box write in its folder"


class BadCard(BadInput):
    text = "the card cannot be read; lay it on the reader again"


class NoNameYet(BadInput):
    text = "the centre has sent no name of this person, so a card cannot be compared"


class CardOfAnother(BadInput):
    text = "the card bears another name than the one that was chosen"


class NoInspector(BadInput):
    text = "write the name of the inspector who vouches (2 to {most} characters)"


class NotConfirmed(BadInput):
    text = "an instructor of this class must confirm by the own PIN, and nobody confirms for themselves"


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
    text = "there is a PIN already: give the old one, or have an instructor confirm by PIN"


class PinGuarded(BadInput):
    text = "the PIN of an instructor is set with the maintenance code, or another instructor confirms by PIN"


class NoPin(BadInput):
    text = "no PIN was chosen yet"


class WrongPin(BadInput):
    text = "wrong PIN; {left} more tries"


class PinWait(BadInput):
    text = "too many wrong tries: wait {seconds} seconds"


class PinLocked(BadInput):
    text = "this PIN is locked; an instructor unlocks it"


class NoSuchOrder(BadInput):
    text = "this box has taken no order {order} to move templates"


class OtherBoxSends(BadInput):
    text = "the order lets {device} send templates, to another box than this one or from another one"


class ClockNotSet(BadInput):
    text = "the clock of this box is not set, so nobody knows whether the order still holds"


class OrderExpired(BadInput):
    text = "the order held until {expires}; a new one is needed"


class FileThere(BadInput):
    text = "{file} exists already; name another file"


class NobodyToMove(BadInput):
    text = "nobody of order {order} has a face here and a consent that holds"


class BadPackage(BadInput):
    text = "the package of templates is refused: {why}"


class NotForThisBox(BadInput):
    text = "the package of templates is sealed to another box"


class AlreadyMoved(BadInput):
    text = "the templates of order {order} were taken over already; nothing was changed"


class WrongPack(BadInput):
    text = "the package holds templates of the model pack {theirs}, which is not the one of this box ({ours})"


class FaceKnown(BadInput):
    text = "{person} and {other}, who is enrolled here, look like the same person; nothing was taken over"


class ListInBox(BadInput):
    text = (
        "{file} lies in the box's own folder, which must hold no number in clear: move it away, and delete it later"
    )


class NoCentreKey(BadInput):
    text = (
        "numbers are sealed to the centre: name its key with --centre-key, or as centre_key under [enrol] in box.toml"
    )


class RosterTooLarge(BadInput):
    text = "the list is too large: at most {limit} bytes and {rows} rows"


class NotText(BadInput):
    text = "the list is not CSV text in UTF-8 or GB18030; save it as CSV"


class NoColumn(BadInput):
    text = "the list has no column {column}"


class EmptyRoster(BadInput):
    text = "the list holds nobody"


class RowTooShort(BadInput):
    text = "row {row}: neither name nor number"


class NameInRow(BadInput):
    text = "row {row}: the name is missing, too long, or holds characters that cannot be seen"


class NumberInRow(BadInput):
    """Never says the number: errors are printed and logged."""

    text = "row {row}: {why}"
    why: ClassVar[dict[Fault, str]] = WORDS


class RoleInRow(BadInput):
    text = "row {row}: the role is neither 学员 (trainee) nor 教师 (instructor)"


class TwiceInRoster(BadInput):
    text = "row {row}: the ID number stands in row {other} already"


class UnknownInRow(BadInput):
    text = "row {row}: {name} is not in the class as the centre planned it"


class OtherClass(BadInput):
    text = "nobody of this list is in class {class_id} as the centre planned it: it is the list of another class"


class RoleDiffers(BadInput):
    text = "row {row}: {name} has another role in the class as the centre planned it"
