"""Years of a centre with a moving clock: classes, assessments, disputes, holds, clocks that jump, boxes that are away.

A model knows what is true. After each turn: nothing went early, everything that may go was offered, holds were kept;
and in the end R7 blames nobody."""
from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

from central.classes.holds import holds_of, lift_hold, place_hold
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.statements import close_dispute, open_dispute, state_assessment
from central.classes.stories import tell
from central.signing import trust_clock
from central.wiring import Centre
from evidence.blocks import local
from evidence.keeping import kept_until_us
from evidence.times import MINUTE, utc_us
from tests.central.helpers import PLAN, Box, FixedClock, write_plan
from tests.central.keeping.conftest import DAY, Keeping

CHINA = 480
CLASSES, MONTHS, MONTH = 5, 66, 30 * DAY


@dataclasses.dataclass
class Model:
    """What is true of one class. `counts_us`: from when its years count; `open`: disputes that are."""

    class_id: str
    sha256: str
    counts_us: int
    open: int = 0
    held: int = 0

    def may_go(self, now_us: int) -> bool:
        return not self.open and not self.held and kept_until_us(self.counts_us, CHINA, 3) <= now_us


class Years:
    def __init__(self, centre: Centre, clock: FixedClock, folder: Path, seed: int) -> None:
        self.keeping, self.random = Keeping(centre, Box(centre), clock), random.Random(seed)
        self.keeping.box.genesis()
        self.classes: list[Model] = []
        for number in range(CLASSES):
            self._class(folder, number)
        self.seen_us = self.months = 0

    def _class(self, folder: Path, number: int) -> None:
        """A class of an April day, each a month after the last."""
        month, name = f"2026-{number + 4:02}", f"class-{number}"
        plan, names = write_plan(folder, PLAN.replace("welder-1", name).replace("2026-03", month))
        add_class(self.keeping.centre.store, self.keeping.centre.names, read_plan(plan), read_names(names), plan)
        data = name.encode()
        self.keeping.film(data, 0, name, utc_us(f"{month}-02T00:30:00.000000Z"), f"r-{number}")
        self.classes.append(Model(name, self.keeping.shas[-1], utc_us(f"{month}-02T06:45:00.000000Z")))

    @property
    def now_us(self) -> int:
        return self.keeping.clock.utc_us

    def month(self) -> None:
        """A month goes by, and something is said of some class; in later years no assessment, no dispute begins."""
        self.keeping.clock.utc_us += MONTH
        self.months += 1
        one, store = self.random.choice(self.classes), self.keeping.centre.store
        early = ("assess", "open") if self.months < 24 else ()
        said = self.random.choice((*early, "close", "close", "place", "lift", "lift", "", ""))
        if said == "assess" and self.now_us > one.counts_us and self.random.random() < 0.3:
            day = local(self.now_us, CHINA).date()
            state_assessment(store, one.class_id, day.isoformat(), self.now_us)
            one.counts_us = max(one.counts_us, utc_us(f"{day}T16:00:00.000000Z"))
        elif said == "open":
            open_dispute(store, one.class_id, "why")
            one.open += 1
        elif said == "close" and one.open == 1:
            close_dispute(store, one.class_id, "settled", None)
            one.open, one.counts_us = 0, max(one.counts_us, self.now_us)
        elif said == "place":
            place_hold(store, one.class_id, "case")
            one.held += 1
        elif said == "lift" and one.held == 1:
            lift_hold(store, one.class_id, "judged", None)
            one.held = 0

    def jump(self) -> None:
        """Somebody sets the clock of the centre years ahead, and back: meanwhile nothing may go or be certified that
        may not go by the time that others know."""
        true_us, before = self.now_us, self.gone()
        self.keeping.clock.utc_us += self.random.randrange(1, 20) * 365 * DAY
        free = {one.stored.sha256 for one in self.keeping.remover.plan().goes}
        assert free <= {one.sha256 for one in self.classes if one.may_go(self.seen_us)}
        signs = self.random.random() < 0.3
        if signs:
            self.keeping.centre.checkpoint()
        self.keeping.clock.utc_us = true_us
        if signs:
            assert self.keeping.remover.plan().goes == (), "its own clock is behind what it signed"
            trust_clock(self.keeping.centre.store, self.keeping.clock.stamp())
        assert self.gone() == before

    def gone(self) -> set[str]:
        return {one.sha256 for one in self.classes if not self.keeping.centre.objects.has(one.sha256)}

    def turn(self) -> None:
        """As the console does it daily; the box may be away for a while."""
        before = self.gone()
        heard = self.random.random() < 0.7
        if heard:
            self.keeping.seen()
            self.seen_us = self.now_us
        offered = {one.stored.sha256 for one in self.keeping.remover.plan().goes}
        true = {one.sha256 for one in self.classes if one.may_go(self.now_us)} - before
        assert offered <= true, "nothing early, nothing that is held"
        assert not heard or offered == true, "and everything that may go"
        self.keeping.remover.apply()
        assert self.gone() - before <= true


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_years_go_by(centre: Centre, clock: FixedClock, tmp_path: Path, seed: int) -> None:
    years = Years(centre, clock, tmp_path, seed)
    for _ in range(MONTHS):
        years.month()
        if years.random.random() < 0.3:
            years.jump()
        years.turn()
    assert years.gone(), "it was not only kept"
    end(years)


def end(years: Years) -> None:
    """Everything is settled, the years pass, and all of it goes; each certificate stands before R7."""
    store = years.keeping.centre.store
    with store.read() as tx:
        found = {one.class_id: tell(store, tx, one.class_id, years.now_us).findings for one in years.classes}
    assert [next(one.result for one in some if one.rule == "R7") for some in found.values()] == ["satisfied"] * CLASSES
    for one in years.classes:
        with store.read() as tx:
            placed = [hold.hold for hold in holds_of(tx, one.class_id) if hold.until_us is None]
            said = {str(body["dispute"]): str(body["state"]) for body in
                    (sealed.record.body for sealed in tx.of_type("dispute", one.class_id))}
        for name in placed:
            lift_hold(store, one.class_id, "judged", name)
        for name in (name for name, state in said.items() if state == "opened"):
            close_dispute(store, one.class_id, "settled", name)
    years.keeping.clock.utc_us += 4 * 365 * DAY
    for _ in range(3):
        years.keeping.clock.utc_us += MINUTE
        years.keeping.seen()
        years.keeping.remover.apply()
    assert years.gone() == {one.sha256 for one in years.classes}
