"""What can go wrong with video, reviews, statements, disputes and holds of a class, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class SameBox(BadInput):
    text = "templates move from one box to another; {device} is named twice"


class NoSealingKey(BadInput):
    text = "box {device} has not introduced itself to this centre yet, so nothing can be sealed to it"


class BadMove(BadInput):
    text = "not in class {class_id}: {people}; and an order lasts 1 to {most} days"


class BadDay(BadInput):
    text = "{value} is not a day like 2026-04-02"


class DayAhead(BadInput):
    text = "{date} has not come yet: an assessment is stated once it was held"


class DayBefore(BadInput):
    text = "{date} lies before the first class-hour of {class_id} ({first}): it cannot have been assessed then"


class BadBy(BadInput):
    text = "say who, in 1 to {limit} characters that can be seen"


class RecordingsNotJudged(BadInput):
    text = "policy {policy} does not ask whether recordings show everyone (R3); there is nothing to review"


class NotOver(BadInput):
    text = "recording {block} is not over yet, or records of it are still to come; there is nothing to review"


class UnknownPerson(BadInput):
    text = "nobody of class {class_id} is called {person}: give a name or a pseudonym of `zaitang-central class show`"


class UnknownVideo(BadInput):
    text = "class {class_id} has no video with the hash {segment}"


class UncertainVideo(BadInput):
    text = "the time of {file} is uncertain: whoever is pointed out in it would be shown in no recording"


class MomentOutside(BadInput):
    text = "{file} is {seconds} s long: name a moment within it, in seconds after its beginning"


class NotWhileClass(BadInput):
    text = "at that moment ({moment}) no recording of class {class_id} is due"


class BadFrameBox(BadInput):
    text = "the frame is x,y,width,height in whole pixels, within the picture of {width} × {height}"


class NoDispute(BadInput):
    text = "no such dispute about class {class_id} is open"


class SeveralDisputes(BadInput):
    text = "several disputes about class {class_id} are open ({disputes}): name one with --dispute"


class HeldByObjection(BadInput):
    text = "dispute {dispute} belongs to objection {objection}, which is open: answer that, and it ends with it"


class NoHold(BadInput):
    text = "no such hold of the video of class {class_id} is placed"


class SeveralHolds(BadInput):
    text = "several holds of the video of class {class_id} are placed ({holds}): name one with --hold"


class RecordingChanged(BadInput):
    text = "roll calls or reviews of this recording have come since it was shown: look at it again, nothing was kept"


class BadWhen(BadInput):
    text = "{key}: {value} is not a time like 2026-03-02T08:30:00"


class SheetAsked(BadInput):
    text = "box {device} was asked for this contact sheet already: it is on its way, or here"


class EndsBefore(BadInput):
    text = "end comes before start"


class NotYet(BadInput):
    text = "{key} has not come yet: state it once it is over"


class NoClassHours(BadInput):
    text = "class {class_id} has no class-hours on {date}: look at its plan with `zaitang-central class show`"


class OnlyAtOpening(BadInput):
    text = "numbers and people are vouched for at the opening only: kind = \"opening\""


class NoInspection(BadInput):
    text = "no inspection {inspection} of class {class_id} is on record that could be put right"


class MoreThanPlanned(BadInput):
    text = "you counted {count} trainees, and the class has {most}: if that is right, press once more"


class NothingSeen(BadInput):
    text = "no picture of this class has reached you in this look: there is nothing to put on record"


class OnlyWhileLooking(BadInput):
    text = ("an inspection from afar is put on record beside the live picture, by whoever looks: its time is when "
            "pictures reached them")


class StaysFromAfar(BadInput):
    text = ("an inspection from afar stays one, for its time is when pictures arrived, and another one does not become "
            "one: state another one instead")


class MoreThan(BadInput):
    text = "{part} is {count}, more than {whole}, which is {most}"


class NoTrainee(BadInput):
    text = "{person} is no trainee of class {class_id}"


class OnlyThePart(BadInput):
    text = "for rule {rule} exactly the table [{part}] is needed, and no other"


class RuleOff(BadInput):
    text = "policy {policy} has no rule {rule}; nothing would read it"


class NoSuchMakeUp(BadInput):
    text = "class {class_id} has no make-up class-hour {hour}"


class UnknownCap(BadInput):
    text = "cap is {cap}; the policy knows {caps}"


class OwnLinkOver(BadInput):
    text = ("this link does not hold any more, or was opened before: show “my record” at the terminal again and scan"
            " the new code; if a fresh one is refused, the clock of the terminal may be wrong: tell your school")


class VisitOver(BadInput):
    text = "your visit has ended: show “my record” at the terminal and scan the code again"
