"""The check of the box at its screen, for whoever has the maintenance code: it starts `zaitang-edge accept`, shows what
that found, and lets somebody try the check-in camera."""
from __future__ import annotations

import contextlib
import hmac
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import cv2

from common.health import marked
from common.logs import Log
from edge.cameras.picture import take_picture
from edge.child import OUTLIVES_NOBODY
from edge.handover.errors import CheckLocked, CheckRuns, ClassIsOn, NoSheet
from edge.handover.film import room_source
from edge.handover.results import STEPS
from edge.handover.sheet import keep_sheet, read_sheet, said, sheet_html, with_result
from edge.terminal.maintenance import Maintenance
from edge.terminal.trial import Trial
from edge.wiring import Box

WITHIN_S = 300.0
IDLE_S = 600.0
"""So long after its last look the page is closed: the box is left to those who check in."""
WIDTH = 640


class CheckPage:
    """`busy`: whether a class is open or recorded; `trial`: None without a check-in camera; `command`: what checks.
    Methods raise CheckLocked without the key that `unlock` gave."""

    def __init__(
        self, box: Box, maintenance: Maintenance, trial: Trial | None, busy: Callable[[], bool],
        monotonic: Callable[[], float], command: Sequence[str] | None = None,
    ) -> None:
        self._box, self._maintenance, self._trial, self._busy = box, maintenance, trial, busy
        self._monotonic, self._log, self._lock = monotonic, Log("terminal.check"), threading.Lock()
        self._command = [*OUTLIVES_NOBODY, sys.executable, "-m", "edge.cli", "accept", "--box", str(box.folder)
                         ] if command is None else command
        self._key: str | None = None
        self._seen = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._begun = 0.0

    @property
    def code(self) -> bool:
        """Whether there is a code that opens it."""
        return self._maintenance.there

    def unlock(self, code: str) -> str:
        """The key of the page. Raises WrongCode, CodeWait, ClassIsOn."""
        self._maintenance.check(code)
        self._mind_class()
        self._key, self._seen = secrets.token_urlsafe(24), self._monotonic()
        return self._key

    def view(self, key: str, lang: str) -> dict[str, Any]:
        """What the page shows."""
        self._check(key)
        self._keep_trial()
        runs = self._runs()
        try:
            sheet = read_sheet(self._box.folder)
        except NoSheet:
            sheet = None
        told = [] if sheet is None else [said(one, lang) for one in (*sheet.results, *sheet.doctor)]
        lines = [{**one, "todo": marked(one["todo"])} for one in told]
        return {"runs": runs, "seconds": round(self._monotonic() - self._begun) if runs else 0, "lines": lines,
                "checked": sheet is not None, "passed": sheet is not None and not runs and sheet.passed,
                "face": self._trial is not None, "looks": self._trial is not None and self._trial.active,
                "steps": len(STEPS)}

    def begin(self, key: str) -> None:
        """Start the check anew. Raises CheckRuns, ClassIsOn, OSError."""
        self._check(key)
        self._mind_class()
        with self._lock:
            if self._runs():
                raise CheckRuns
            self._child, self._begun = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL), self._monotonic()

    def face(self, key: str) -> None:
        """Try the check-in camera. Raises CheckRuns, ClassIsOn, NoSheet: the check comes first."""
        self._check(key)
        self._mind_class()
        read_sheet(self._box.folder)
        if self._trial is None or self._runs():
            raise CheckRuns
        self._trial.begin()

    def room(self, key: str) -> bytes:
        """What the room camera sees now, JPEG, so that it can be turned; nothing of it is kept. Raises BadVideo."""
        self._check(key)
        with contextlib.closing(room_source(self._box)) as source:
            picture = take_picture(source, "room")
        height, width = picture.shape[:2]
        small = cv2.resize(picture, (WIDTH, max(1, height * WIDTH // width)), interpolation=cv2.INTER_AREA)
        return bytes(cv2.imencode(".jpg", small)[1])

    def sheet(self, lang: str) -> str:
        """The sheet to be printed, for everybody: it names nobody. Raises NoSheet."""
        return sheet_html(read_sheet(self._box.folder), lang)

    def close(self, key: str) -> None:
        """Back to the check-in; what runs is let go on."""
        self._check(key)
        self._key = None

    def stop(self) -> None:
        """End what runs."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def _keep_trial(self) -> None:
        """Put what the trial found on the sheet."""
        with self._lock:
            if self._trial is not None and self._trial.result is not None and not self._runs():
                keep_sheet(self._box.folder, with_result(read_sheet(self._box.folder), self._trial.result))
                self._trial.result = None

    def _runs(self) -> bool:
        child = self._child
        if child is None or child.poll() is not None:
            return False
        if self._monotonic() - self._begun > WITHIN_S:
            self._log.warning("check.killed")
            child.kill()
            child.wait()
            return False
        return True

    def _mind_class(self) -> None:
        if self._busy():
            raise ClassIsOn

    def _check(self, key: str) -> None:
        now = self._monotonic()
        if self._key is None or now - self._seen > IDLE_S or not hmac.compare_digest(key.encode(), self._key.encode()):
            raise CheckLocked
        self._seen = now
