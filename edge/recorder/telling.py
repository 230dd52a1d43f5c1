"""What `zaitang-edge record` says to whoever watches it: alarms in words as they begin, and when they are over."""
from __future__ import annotations

from collections.abc import Callable, Collection

from common.alarms import alarm_words
from common.texts import N_, translate
from edge.recorder.sealer import Sealer
from edge.store import Store
from evidence.bodies import Alarm, Segment

LOST = N_("the camera is lost; trying again until it is there")
DISK = N_("the video disk takes video again; the recording goes on")
AGAIN = {
    "camera.broken": N_("the camera is there again; the recording goes on"),
    "camera.silent": N_("the camera sends pictures again; the recording goes on"),
    "storage.full": DISK, "storage.wrong_volume": DISK, "storage.failed": DISK,
}


class Telling(Sealer):
    """A sealer whose alarms are also said. `say` is called in the thread that states them."""

    def __init__(
        self, store: Store, sealed: Callable[[Segment], None], say: Callable[[str], None], lang: str,
    ) -> None:
        super().__init__(store, sealed)
        self._say, self._lang = say, lang
        self._lasting: set[str] = set()

    def state(self, type: str, body: object) -> None:
        """State a fact."""
        super().state(type, body)
        if isinstance(body, Alarm):
            lost = body.code == "camera.broken"
            self._say(translate(LOST, self._lang) if lost else alarm_words(body.code, {}, self._lang))

    def lasting(self, codes: Collection[str]) -> None:
        """Say what is over: `codes` are the alarms that last now."""
        for code in sorted(self._lasting.difference(codes) & AGAIN.keys()):
            self._say(translate(AGAIN[code], self._lang))
        self._lasting = set(codes)
