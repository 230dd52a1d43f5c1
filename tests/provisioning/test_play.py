"""Playing the course: whoever presses the buttons of the terminal page beside the demo does not stop it."""
from __future__ import annotations

import itertools
import types
from typing import Any

import pytest

from edge.clock import boottime_us, machine_boot_id
from provisioning.demo import day, play
from provisioning.demo.box import PLAYED, box_toml, simulated_clock
from provisioning.demo.services import Services
from provisioning.demo.site import PageRefused, Site


class Terminal:
    """What the terminal page shows of its class, while the presses of the demo and of somebody else come in."""

    def __init__(self, page: Any) -> None:
        self.session: str | None = None
        self.started = 0
        self.early = False
        """Somebody ends each class before the demo does."""
        self.too_soon = False
        """The class-hour is not recorded long enough: who ends it says why."""
        self.between = False
        """… or after the demo has looked at the page and before it presses."""
        page.answers |= {"GET /state.json": self._state, "POST /start": self._start, "POST /end": self._end}

    def _state(self) -> tuple[int, Any]:
        session = None if self.early else self.session
        return 200, {
            "session": session and {"id": session, "early": self.too_soon}, "people": {"trainees_in": 7, "due": 7},
            "recording": {"text": "Recording"}, "unseen": {"text": f"Seen in {self.session}"},
        }

    def _start(self) -> tuple[int, Any]:
        self.started += 1
        self.session = f"s-{self.started}"
        return 200, {"session": self.session}

    def _end(self) -> tuple[int, Any]:
        if self.between:
            self.session = None
        if self.session is None or self.early:
            return 409, {"error": "this class is not running any more"}
        self.session = None
        return 200, {"ended": "s"}


@pytest.fixture
def terminal(page: Any, site: Site) -> Terminal:
    """Of a box on a clock that plays the course in less than a second."""
    site.box.mkdir()
    clock = simulated_clock(day.SWITCHED_ON, boottime_us(), machine_boot_id(), 100_000)
    (site.box / "box.toml").write_text(box_toml(site.ports, [clock, PLAYED], ()))
    return Terminal(page)


def played(site: Site, tmp_path: Any) -> list[str]:
    """What the demo said while it played the course."""
    said: list[str] = []
    with Services(tmp_path / "none") as services:
        play.play(site, services, lambda msgid, **params: said.append(msgid.format(**params)), "en")
    return said


def test_the_demo_starts_and_ends_each_half_day(terminal: Terminal, page: Any, site: Site, tmp_path: Any) -> None:
    said = played(site, tmp_path)
    presses = [what for what, _ in page.asked if what.startswith("POST")]
    assert presses == ["POST /start", "POST /end"] * len(day.COURSE)
    assert sum("end pressed" in line for line in said) == len(day.COURSE)
    assert next(body for what, body in page.asked if what == "POST /end") == {"session": "s-1"}


def test_each_line_tells_the_clock_of_the_demo(terminal: Terminal, page: Any, site: Site, tmp_path: Any) -> None:
    said = [line.split(": ")[0] for line in played(site, tmp_path)]
    assert said == sorted(said) and len(set(said)) == len(said), said


@pytest.mark.parametrize("how", ["early", "between"])
def test_an_early_end_press_does_not_stop_the_demo(
    terminal: Terminal, page: Any, site: Site, tmp_path: Any, how: str
) -> None:
    setattr(terminal, how, True)
    said = played(site, tmp_path)
    assert terminal.started == len(day.COURSE)
    assert sum("end pressed" in line for line in said) == len(day.COURSE)


def test_an_end_press_that_is_refused_for_another_reason_is_told(terminal: Terminal, page: Any, site: Site) -> None:
    terminal.session = "s-1"
    page.answers["POST /end"] = (403, {"error": "load the page again"})
    with pytest.raises(PageRefused, match="load the page again"):
        play.end(site, "en")


def test_a_class_that_is_ended_too_soon_is_ended_with_a_reason(terminal: Terminal, page: Any, site: Site) -> None:
    terminal.session, terminal.too_soon = "s-1", True
    play.end(site, "en")
    assert page.asked[-1] == ("POST /end", {"session": "s-1", "reason": "The demonstration was ended early"})


class Finished:
    """A site whose box has sealed everything; `counts`: how many records of each type, at one look after the other."""

    def __init__(self, *counts: dict[str, int]) -> None:
        self._counts = [*counts]

    def recorder(self) -> dict[str, Any]:
        return {"session": None, "pending": 0}

    def counts(self) -> dict[str, int]:
        return self._counts.pop(0) if len(self._counts) > 1 else self._counts[0]

    def state(self) -> dict[str, Any]:
        return {"sync": {"waiting": 0}}


def test_the_demo_waits_for_picture_records_too(tmp_path: Any) -> None:
    done = {"segment": 3, "rollcall": 3, "picture": 3}
    site: Any = Finished(done | {"picture": 2}, done)
    with Services(tmp_path / "none") as services:
        play.drain(site, services)
        assert site.counts() is site.counts(), "it looked again"
        behind: Any = Finished(done | {"picture": 1})
        with pytest.raises(play.NotFinished, match="2 have no picture record"):
            play.drain(behind, services, 0)
        with pytest.raises(play.NotFinished, match="3 have no roll call, 0 have no picture"):
            play.drain(Finished({"segment": 3, "picture": 3}), services, 0)  # type: ignore[arg-type]
        play.drain(Finished({"segment": 3, "picture": 3}), services, 0, roll_call=False)  # type: ignore[arg-type]


def test_a_slow_box_is_waited_for_as_long_as_it_gets_on(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = itertools.count(step=play.DRAIN_S - 1)
    monkeypatch.setattr(play, "time", types.SimpleNamespace(monotonic=lambda: next(steps), sleep=lambda _: None))
    done = {"segment": 9, "rollcall": 9, "picture": 9}
    with Services(tmp_path / "none") as services:
        play.drain(Finished(*({**done, "rollcall": made} for made in range(10))), services)  # type: ignore[arg-type]
        with pytest.raises(play.NotFinished, match="got no further for 90 s"):
            play.drain(Finished(*[{**done, "rollcall": 8}] * 9, done), services)  # type: ignore[arg-type]
