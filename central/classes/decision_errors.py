"""What can go wrong with a decision about a class, each as one sentence."""
from __future__ import annotations

from central.errors import NotDecided


class NothingToDecide(NotDecided):
    text = "class {class_id} has neither a flag nor a review that is required: there is nothing to decide"


class ClassNotOver(NotDecided):
    text = "class {class_id} is not over, or records of it are still to come: nobody decides about it yet"


class FindingsChanged(NotDecided):
    text = "the findings of class {class_id} are other ones now than those that were shown: look at them again"


class TheseChanged(FindingsChanged):
    text = ("since this was shown, the findings of class {class_id} on {rules} have become other ones: look at them"
            " again, nothing was kept")


class SaidMore(NotDecided):
    text = "somebody decided, reviewed or objected since class {class_id} was shown: read that first"


class StillComing(NotDecided):
    text = ("records of class {class_id} come in again and again just now: wait a moment and send it once more, nothing"
            " was kept")


class NoGround(NotDecided):
    text = (
        "{have} recordings do not show everyone, and the consequence needs {limit}: what is undecided must be reviewed "
        "first, for it speaks against nobody"
    )


class FirstRuns(NotDecided):
    text = "{by} made the first decision about class {class_id}: what follows is the second one, by somebody else"


class DecidedAlready(NotDecided):
    text = "two persons have decided about class {class_id}, and what they decided on is still so"


class NoFirst(NotDecided):
    text = "there is no first decision about class {class_id} on these findings: the first one comes first"


class NotADecider(NotDecided):
    text = ("{account} is no account of a supervisor whose region holds class {class_id}: only those decide, in the"
            " console or by command")


class NotFinal(NotDecided):
    text = ("class {class_id} is not decided for good: only a decision that is final is reopened; until then one may"
            " object")


class ReopeningRuns(NotDecided):
    text = ("{by} says that the decision about class {class_id} be reopened: what follows is the second word, of"
            " somebody else")


class NoReopening(NotDecided):
    text = "nobody says that the decision about class {class_id} be reopened: that is the first word"


class DecidedForGood(NotDecided):
    text = ("the decision about class {class_id} is final: nobody alone changes what it rests on; two persons reopen it"
            " first, on its page")


class NoTimeToDecide(NotDecided):
    text = ("the clock of this centre is not set by a time server now, so nobody could tell from when the public notice"
            " runs: nothing was kept; decide when the clock is set")


class OneHand(NotDecided):
    text = ("of the accounts {by} and {first} one was made or opened by the other: both could be one person. The"
            " second decision is somebody else's")


class FreshAccount(NotDecided):
    text = ("the account {by} was made, opened or changed less than {hours} hours ago: it decides nothing until then,"
            " so that others can see on record who did that")


class SamePerson(NotDecided):
    text = "{by} made the first decision: the second one is somebody else's"


class HasReviewed(NotDecided):
    text = "{by} reviewed a recording of class {class_id}: the second decision is that of somebody who did not"


class ObjectionOpen(NotDecided):
    text = "objection {objection} of class {class_id} is open: it comes to its end before the second decision"
