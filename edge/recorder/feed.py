"""Feeds a recorder from its camera, and opens the camera again when it breaks; meanwhile the recorder goes on."""
from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from common.logs import Log
from edge.cameras.again import Absent, Opening, Waits
from edge.cameras.errors import NoKeyframe
from edge.cameras.port import Source
from edge.errors import BadVideo
from edge.recorder.recorder import Recorder
from evidence.errors import BadInput

Alarmed = Callable[[str, Mapping[str, object]], None]


class Feed:
    """`step` again and again; `close` at the end."""

    def __init__(
        self, recorder: Recorder, camera: str, source: Source | None, open: Callable[[], Source], alarm: Alarmed,
    ) -> None:
        """`recorder` reads from `source`, or from `Absent` when there is none yet. `open` may be called in any thread.

        `alarm` is told of packets that nobody took in time, and of a camera that never sends a keyframe."""
        self.trouble: BadInput | None = None
        """Why there is no picture just now."""
        self._recorder, self._camera, self._open, self._alarm = recorder, camera, open, alarm
        self._log = Log("recorder")
        self._source: Source = source or Absent()
        self._lost = 0
        self._waits = Waits(0.0)
        self._opening: Opening | None = None
        if source is None:
            self._opening = Opening(open, self._waits)
        else:
            self._waits.opened()

    def step(self, wait_s: float) -> None:
        """Take the next packet, or the camera that came back."""
        self._mind_opening()
        try:
            self._recorder.step(wait_s)
        except BadVideo as error:
            self._source.close()
            self._source, self._lost = Absent(), 0
            self._broken(error)
            self._opening = Opening(self._open, self._waits)
        if self._source.lost > self._lost:
            self._lost = self._source.lost
            self._alarm("camera.overrun", {"camera": self._camera})

    def sub_picture(self) -> np.ndarray | None:
        """The newest small picture of the camera, as `Source.sub_picture`. From any thread."""
        return self._source.sub_picture()

    def close(self) -> None:
        """Close the camera, or stop looking for it."""
        if self._opening is not None:
            self._opening.close()
        self._source.close()

    def _mind_opening(self) -> None:
        opening = self._opening
        if opening is None:
            return
        source = opening.take()
        if source is not None:
            self._opening, self.trouble, self._source, self._lost = None, None, source, 0
            self._waits.opened()
            self._recorder.mended(source)
            self._log.info("camera.opened")
        elif opening.failure is not None and opening.failure is not self.trouble:
            self._broken(opening.failure)

    def _broken(self, error: BadInput) -> None:
        if isinstance(error, NoKeyframe) and not isinstance(self.trouble, NoKeyframe):
            self._alarm("camera.no_keyframes", {"camera": self._camera})
        self.trouble = error
        self._log.failed("camera.broken", error)
        self._recorder.broken()
