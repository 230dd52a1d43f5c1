"""What somebody in front of a page sees: the clock in a video, the words beside it."""
from __future__ import annotations

import dataclasses
import time

from playwright.sync_api import Page

from tests.journeys.clock_picture import CELL, COLUMNS, HEIGHT, MIDDLE, ROWS, WIDTH, decoded

SCRIPT = f"""(selector) => {{
  const video = document.querySelector(selector);
  if (!video || video.readyState < 2) {{ return null; }}
  const canvas = window.clockCanvas ??= document.createElement("canvas");
  [canvas.width, canvas.height] = [{WIDTH}, {HEIGHT}];
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  context.drawImage(video, 0, 0, {WIDTH}, {HEIGHT});
  const now = Date.now(), bits = [];
  const {{ data }} = context.getImageData(0, 0, {WIDTH}, {ROWS * CELL});
  for (let row = 0; row < {ROWS}; row++) {{
    for (let column = 0; column < {COLUMNS}; column++) {{
      bits.push(data[(((row + 0.5) * {CELL}) * {WIDTH} + (column + 0.5) * {CELL}) * 4] > {MIDDLE});
    }}
  }}
  return [bits, now];
}}"""


@dataclasses.dataclass(frozen=True)
class Seen:
    """A picture that is shown: when it was taken, and when it was looked at; milliseconds since 1970."""

    taken_ms: int
    at_ms: int

    @property
    def delay_s(self) -> float:
        return (self.at_ms - self.taken_ms) / 1000


def seen(page: Page, selector: str = "video") -> Seen | None:
    """What the video shows now; None: no picture with a clock."""
    told = page.evaluate(SCRIPT, selector)
    taken = None if told is None else decoded(told[0])
    return None if taken is None else Seen(taken, told[1])


def until_seen(page: Page, seconds: float, after_ms: float = 0, selector: str = "video") -> Seen:
    """The first picture that was taken after that moment."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = seen(page, selector)
        if found is not None and found.taken_ms > after_ms:
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"no such picture within {seconds} s: {page.inner_text('main')}")


def until_says(page: Page, words: str, seconds: float, selector: str = "main") -> None:
    """Wait until the page says so."""
    deadline = time.monotonic() + seconds
    while words not in page.inner_text(selector):
        assert time.monotonic() < deadline, f"{words!r} is not said within {seconds} s: {page.inner_text(selector)}"
        page.wait_for_timeout(100)
