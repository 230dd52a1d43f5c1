"""Years of a box with a moving clock: disputes, holds, assessments, clocks that jump, a centre that is away.

After each month: nothing went early, nothing went before the centre had the record that says so, what may go was
offered, and what is held stayed."""
from __future__ import annotations

import random

import pytest

from evidence.bodies import Assessment, Dispute, Hold, Segment
from evidence.keeping import kept_until_us
from evidence.times import MINUTE, utc_text, utc_us
from tests.edge.storage.conftest import CLASS, START, MakeSite, Site

DAY = 24 * 60 * MINUTE
MONTH = 30 * DAY
END = utc_us("2026-03-02T01:25:00.000000Z")
"""Of the class-hour of the plan."""
CHINA = 480


class Years:
    """`counts_us`: from when the years count, as the centre has stated it here."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site, self.random = site, random.Random(seed)
        self.files: list[Segment] = [site.film(number) for number in range(3)]
        self.counts_us = max(END, *(START + (number + 2) * MINUTE for number in range(3)))
        self.disputed = self.held = False
        self.heard_us = self.months = 0

    def state(self, kind: str, body: object) -> None:
        self.site.centre.head = self.site.centre.record(kind, body)
        self.site.box.store.put_order(self.site.centre.head)

    def month(self) -> None:
        self.site.clock.forward(MONTH)
        self.months += 1
        now_us = self.site.clock.now
        early = ("assess", "open") if self.months < 24 else ()
        said = self.random.choice((*early, "close", "close", "place", "lift", "lift", "", ""))
        if said == "assess" and self.random.random() < 0.3:
            self.state("assessment", Assessment(CLASS, utc_text(now_us)))
            self.counts_us = max(self.counts_us, now_us)
        elif said in ("open", "close") and self.disputed != (said == "open"):
            self.disputed = said == "open"
            self.state("dispute", Dispute(CLASS, "d-1", "opened" if self.disputed else "closed", "x"))
            if not self.disputed:
                self.counts_us = max(self.counts_us, self.site.centre.head.record.utc_us)
        elif said in ("place", "lift") and self.held != (said == "place"):
            self.held = said == "place"
            self.state("hold", Hold(CLASS, "h-1", "placed" if self.held else "lifted", "x"))

    def may_go(self, now_us: int) -> bool:
        return not self.disputed and not self.held and kept_until_us(self.counts_us, CHINA, 3) <= now_us

    def jump(self) -> None:
        """Somebody sets the clock of the box years ahead, and back."""
        ahead = self.random.randrange(1, 20) * 365 * DAY
        self.site.clock.now += ahead
        going = self.offered()
        self.site.clock.now -= ahead
        assert not going or self.may_go(self.heard_us)

    def offered(self) -> set[str]:
        keeper = self.site.keeper
        return {one.segment.file for one in keeper.decisions(keeper.first()) if one.action == "remove"}

    def turn(self) -> None:
        heard = self.random.random() < 0.7
        if heard:
            self.site.receipt(self.site.clock.now)
            self.heard_us = self.site.clock.now
        going, true = self.offered(), self.may_go(self.site.clock.now)
        left = {one.file for one in self.files} - self.stated()
        assert not going or (true and self.may_go(self.heard_us)), "nothing early, nothing that is held"
        assert not (heard and true) or going == left, "and everything that may go"
        here, before = set(self.site.files()), self.stated()
        keeper = self.site.keeper
        keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
        if not heard or going:
            assert keeper.sweep() == 0 or not going, "before the centre has these records nothing goes"
        assert here - set(self.site.files()) <= before

    def stated(self) -> set[str]:
        removed = self.site.box.store.all_removed()
        return {one.file for one in self.files if one.sha256 in removed}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_years_go_by(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    site = make_site()
    monkeypatch.setattr("tests.edge.sync.conftest.SystemClock", lambda: site.clock)
    years = Years(site, seed)
    for _ in range(84):
        years.month()
        if years.random.random() < 0.3:
            years.jump()
        years.turn()
    assert years.stated(), "it was not only kept"
    for kind, body in (("dispute", Dispute(CLASS, "d-1", "closed", "x")), ("hold", Hold(CLASS, "h-1", "lifted", "x"))):
        if (years.disputed, years.held)[kind == "hold"]:
            years.state(kind, body)
    site.clock.forward(4 * 365 * DAY)
    site.receipt(site.clock.now)
    keeper = site.keeper
    keeper.prune(keeper.decisions(keeper.first()), "box box-1", lambda _: None)
    site.receipt(site.clock.now)
    keeper.sweep()
    assert site.files() == []
