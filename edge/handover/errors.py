"""What can go wrong with the check of a box, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput


class NoSheet(BadInput):
    text = "this box was not checked yet: zaitang-edge accept --box DIR"


class BadSeconds(BadInput):
    text = "a test recording lasts {least} to {most} seconds"


class CheckRuns(BadInput):
    text = "the check runs: wait until it is over"


class ClassIsOn(BadInput):
    text = "a class is open or being recorded: check the box when it is over"


class CheckLocked(BadInput):
    text = "the check of the box is closed: open it with the maintenance code"
