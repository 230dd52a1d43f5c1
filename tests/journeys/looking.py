"""What somebody in front of a page does and sees: logs in, says why, the clock in a video, the words beside it."""
from __future__ import annotations

import dataclasses
import time

from playwright.sync_api import Page

from tests.contract.secure_site import PASSWORD
from tests.journeys.apart import CLASS, Apart
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

NEAR_MS = 3000


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


def log_in(page: Page, account: str, then: str) -> float:
    """Log in, and come to a page. When the button was pressed (monotonic seconds)."""
    page.goto("/?lang=en")
    page.goto(then)
    page.fill("[name=account]", account)
    page.fill("[name=password]", PASSWORD)
    pressed = time.monotonic()
    with page.expect_navigation():
        page.locator("form[action='/sign-in'] button").click()
    return pressed


def look_in(page: Page) -> float:
    """Say why, and look into the room. When the button was pressed (monotonic seconds)."""
    assert page.locator("video").count() == 0, "nothing plays without a reason"
    page.get_by_label("routine inspection").check()
    pressed = time.monotonic()
    with page.expect_navigation():
        page.get_by_role("button", name="Look in").click()
    return pressed


def look_back(page: Page, site: Apart) -> None:
    """Say why, and open the replay of what is recorded now."""
    page.goto(f"/classes/{CLASS}/blocks/{site.block}/replay")
    assert page.locator("video").count() == 0, "nothing plays without a reason"
    page.get_by_label("routine inspection").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Open the replay").click()


def go_to(page: Page, site: Apart, us: int) -> float:
    """Ask for a moment of the recording, UTC microseconds. When the button was pressed (monotonic seconds)."""
    page.locator("#at").fill(site.time_of_day(us))
    pressed = time.monotonic()
    page.get_by_role("button", name="Go there").click()
    return pressed


def until_plays(page: Page, us: int, seconds: float = 30) -> None:
    """The picture of that moment is shown."""
    picture = until_seen(page, seconds, us / 1000 - NEAR_MS)
    assert picture.taken_ms - us / 1000 < NEAR_MS, (picture.taken_ms - us / 1000) / 1000
