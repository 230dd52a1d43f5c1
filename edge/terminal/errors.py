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


class CheckInClosed(BadInput):
    text = "check-in is closed just now"


class PackLoading(ZaitangError):
    text = "the model pack {pack} is still being loaded"


class PackUnusable(ZaitangError):
    text = "the model pack {pack} cannot be loaded: {why}"
