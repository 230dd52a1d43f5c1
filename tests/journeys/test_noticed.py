"""A box that is killed, and one whose power and cable are gone, are noticed at the centre within two minutes; a broker
that begins anew raises no alarm. Box and centre are machines apart, all of it runs for real.

What was measured is written to build/noticed.json.
"""
from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.alarms import conditions
from central.alarms.watcher import Watcher
from central.contact import contact
from central.wiring import Centre
from tests.faults.road import until
from tests.journeys.apart import BROKER, DEVICE, Apart, listens
from tests.journeys.network import Network

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]
REPORT = Path(__file__).parents[2] / "build" / "noticed.json"
WITHIN_S = 120.0
QUIET_S = 40.0
"""Longer than a box is held to be there after its connection ended."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Apart]:
    network = Network()
    made = Apart(tmp_path, network, "sync")
    yield made
    made.close()
    network.close()


class Desk:
    """What the centre's pages and its watcher say of the box."""

    def __init__(self, centre: Centre) -> None:
        self.centre, self.watcher = centre, Watcher(centre.store, centre.clock, others=False)

    def said(self) -> str:
        """As every page has it."""
        with self.centre.store.read() as tx:
            heard, gone = tx.heard_at([DEVICE]).get(DEVICE), tx.gone_since(DEVICE)
        return contact(heard, self.centre.clock.stamp().utc_us, gone)

    def told(self) -> list[tuple[str, str]]:
        """What people were told up to now."""
        self.watcher.turn()
        with self.centre.store.read() as tx:
            return [(one.state, one.code) for one in reversed(tx.newest_alarms(100))]


def measured(what: str, true: Callable[[], object]) -> float:
    begun = time.monotonic()
    until(what, true, WITHIN_S)
    return time.monotonic() - begun


def test_a_box_that_is_gone_is_noticed_within_two_minutes_and_a_broker_that_begins_anew_is_not(
    site: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The collector has been there for hours on a morning with classes: only the watcher is told so.
    monkeypatch.setattr(conditions.Ear, "settled", lambda *_: True)
    found: dict[str, float] = {}
    with site.opened() as centre:
        desk = Desk(centre)
        until("the box is heard", lambda: desk.said() == "heard", 60)
        assert desk.told() == []

        site.kill_box()
        found["killed_s"] = measured("it is noticed", lambda: desk.said() == "gone")
        assert desk.told() == [("begun", "box.away")]
        site.running.start()
        found["back_s"] = measured("it is back", lambda: desk.said() == "heard")
        until("people are told", lambda: desk.told() == [("begun", "box.away"), ("over", "box.away")], 60)

        site.network.pull()
        site.network.forget()
        site.kill_box()
        found["power_off_s"] = measured("it is noticed", lambda: desk.told()[2:] == [("begun", "box.away")])
        site.network.plug()
        site.running.start()
        until("it is back", lambda: desk.told()[3:] == [("over", "box.away")], 90)

        site.broker.kill()
        time.sleep(5)
        site.broker.start()
        until("the broker", lambda: listens(site.broker, BROKER), 60)
        calm = time.monotonic() + QUIET_S
        while time.monotonic() < calm:
            assert desk.told()[4:] == []
            time.sleep(1)
        until("it is heard again", lambda: desk.said() == "heard", 60)
        with centre.store.read() as tx:
            silent = [one for one in tx.of_type("alarm") if one.record.body["code"] == "box.silent"]
        assert silent == [], "no record of it"
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found))
