"""What the screen refuses, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, ZaitangError


class NoClassHere(BadInput):
    text = "there is no class on this box to start; the centre sends the plan"


class OtherClassRuns(BadInput):
    text = "class {class_id} is still running; end it first"


class NotRunning(BadInput):
    text = "this class is not running any more"


class ReasonNeeded(BadInput):
    text = "{minutes} minutes without a break are not recorded yet: say why the class ends now"


class ReasonTooLong(BadInput):
    text = "the reason is too long: at most {most} characters"


class NoReason(BadInput):
    text = "say why the class is changed"


class NotToday(BadInput):
    text = "class {class_id} has no class-hour on this box today"


class NothingToCorrect(BadInput):
    text = "no class runs or has just ended, so there is nothing to put right"


class BadPress(BadInput):
    text = "the button came from a page that this box did not make; load the page again"


class NoCheckInCamera(BadInput):
    text = "box.toml names no check-in camera (role = \"terminal\"): people sign in by PIN"


class InstructorRefused(BadInput):
    text = "the instructor: {why}"


class CheckInClosed(BadInput):
    text = "check-in is closed just now"


class NobodyThere(BadInput):
    text = "this person is not expected here now; speak to the instructor"


class PinNotAsked(BadInput):
    text = "no PIN is asked for any more; look into the camera again"


class NobodyAsks(BadInput):
    text = "no bare-face roll call is asked for any more"


class NotAnInstructor(BadInput):
    text = "no instructor who has signed in says so; sign in first"


class TooLateToShow(BadInput):
    text = "too little of this class-hour is left for a bare-face roll call"


class EnrolmentLocked(BadInput):
    text = "an instructor opens the enrolment with the own PIN, or whoever maintains this box with the code"


class WrongCode(BadInput):
    text = "wrong maintenance code"


class CodeWait(BadInput):
    text = "too many wrong codes: wait {seconds} seconds"


class NotAnAction(BadInput):
    text = "this page is older than the box; load it again"


class PackLoading(ZaitangError):
    text = "the model pack {pack} is still being loaded"


class PackUnusable(ZaitangError):
    text = "the model pack {pack} cannot be loaded: {why}"


class NoOwnRecord(BadInput):
    text = "the own record cannot be opened from this terminal: ask your school for it"


class NotSeenNow(BadInput):
    text = "look into the camera, and touch “My record” while your name stands there"


class NotYours(BadInput):
    text = "only trainees of this class have a record here"
