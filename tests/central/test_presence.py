"""Whom the broker calls away: a live sign that nobody signs, which never outlives a word of the box itself."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.contact import AWAY_US, SLACK_US, contact
from central.ingest.presence import AWAY, HERE, HOLD_US, SETTLE_US, Said, away, ear_of
from central.overview.boxes import box_states
from central.store.heard import Heard
from central.web.boxes import box_views
from central.wiring import Centre
from evidence.times import HOUR, MINUTE, SECOND
from tests.central.helpers import MORNING, Box, FixedClock


@pytest.fixture
def known(centre: Centre) -> Centre:
    """A centre with three boxes."""
    for name in ("box-1", "box-2", "box-3"):
        Box(centre, name)
    return centre


def gone(centre: Centre) -> dict[str, int]:
    with centre.store.read() as tx:
        return tx.gone()


def test_a_box_whose_connection_ended_is_away_after_a_moment_and_back_at_once(
    known: Centre, clock: FixedClock
) -> None:
    presence = known.collector().presence
    presence.listen()
    presence.hear("box-1", HERE)
    presence.hear("box-1", AWAY)
    presence.keep()
    assert gone(known) == {}, "who is back at once was never away"
    clock.utc_us += HOLD_US
    presence.keep()
    assert gone(known) == {"box-1": MORNING}
    presence.hear("box-1", HERE)
    presence.keep()
    assert gone(known) == {}


def test_a_broker_that_comes_back_and_calls_everybody_away_is_given_time(known: Centre, clock: FixedClock) -> None:
    presence = known.collector().presence
    presence.listen()
    for name in ("box-1", "box-2", "box-3"):
        presence.hear(name, HERE)
        presence.hear(name, AWAY)  # its own end is the end of all connections
    presence.deaf()
    clock.utc_us += MINUTE
    presence.keep()
    presence.listen()
    for name in ("box-1", "box-2", "box-3"):
        presence.hear(name, AWAY)  # kept from before
    clock.utc_us += SETTLE_US - 1
    presence.hear("box-1", HERE)
    presence.keep()
    assert gone(known) == {}
    clock.utc_us += HOLD_US
    presence.keep()
    assert set(gone(known)) == {"box-2", "box-3"}, "who did not come back is away"


def test_another_collector_goes_on_with_what_is_kept(known: Centre, clock: FixedClock) -> None:
    first = known.collector().presence
    first.listen()
    first.hear("box-1", HERE)
    first.hear("box-1", AWAY)
    clock.utc_us += HOLD_US
    first.keep()
    second = known.collector().presence
    clock.utc_us += MINUTE
    second.listen()
    second.keep()
    assert gone(known) == {"box-1": MORNING}, "nobody said that it is back"
    second.hear("box-1", HERE)
    second.keep()
    assert gone(known) == {}


def test_what_is_no_word_and_who_is_no_box_leaves_nothing(known: Centre, clock: FixedClock) -> None:
    presence = known.collector().presence
    presence.listen()
    for name, said in (("box-1", b"here and there"), ("nobody", HERE), ("nobody", AWAY), ("box-2", b"")):
        presence.hear(name, said)
    clock.utc_us += SETTLE_US + HOLD_US
    presence.keep()
    assert gone(known) == {}


def test_names_that_somebody_invents_are_bounded(known: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.ingest.presence.MOST", 2)
    presence = known.collector().presence
    presence.listen()
    for number in range(10):
        presence.hear(f"invented-{number}", AWAY)
    assert len(presence._said) == 2


def test_nothing_of_it_becomes_a_record(known: Centre, clock: FixedClock) -> None:
    with known.store.read() as tx:
        before = tx.leaves()
    presence = known.collector().presence
    presence.listen()
    presence.hear("box-1", HERE)
    presence.hear("box-1", AWAY)
    clock.utc_us += HOLD_US
    presence.keep()
    with known.store.read() as tx:
        assert tx.leaves() == before and tx.gone()


def test_it_is_noted_that_the_collector_listens_and_for_how_long(known: Centre, clock: FixedClock) -> None:
    presence = known.collector().presence
    presence.listen()
    presence.keep()
    with known.store.read() as tx:
        ear = ear_of(tx)
    assert ear is not None and not ear.settled(clock.utc_us)
    for _ in range(10):
        clock.utc_us += 30 * SECOND
        presence.keep()
    with known.store.read() as tx:
        ear = ear_of(tx)
    assert ear is not None and ear.settled(clock.utc_us) and not ear.settled(clock.utc_us + 2 * MINUTE)


said = st.builds(Said, st.booleans(), st.integers(0, 10**12), st.integers(0, 10**9), st.booleans())


@given(st.dictionaries(st.sampled_from("abcd"), said), st.integers(0, 10**9), st.integers(0, 10**9))
def test_nobody_is_away_who_is_here_or_was_called_away_just_now(
    told: dict[str, Said], since_us: int, now_us: int
) -> None:
    found = away(told, since_us, now_us)
    assert all(not told[one].here and now_us - told[one].mono_us >= HOLD_US for one in found)
    if now_us < since_us + SETTLE_US:
        assert all(told[one].was_here for one in found)


@given(st.integers(0, 10**12), st.integers(0, 10**10), st.none() | st.integers(0, 10**12))
def test_a_word_of_the_box_after_the_brokers_always_wins(heard_us: int, later_us: int, gone_us: int | None) -> None:
    said = contact(heard_us, heard_us + later_us, gone_us)
    if later_us >= AWAY_US:
        assert said == "away"
    else:
        assert said == ("gone" if gone_us is not None and heard_us <= gone_us + SLACK_US else "heard")


def test_a_box_that_was_heard_by_a_clock_that_was_ahead_is_gone_when_the_broker_says_so() -> None:
    assert contact(MORNING + HOUR, MORNING, MORNING - MINUTE) == "gone"
    assert contact(MORNING + HOUR, MORNING) == "heard" == contact(MORNING + SECOND, MORNING, MORNING - MINUTE)


def test_the_pages_say_since_when_a_box_is_not_connected_until_it_is_heard(known: Centre, clock: FixedClock) -> None:
    box = Box(known, "box-1")
    box.genesis()
    known.collector().take(box.messages())
    with known.store.write() as tx:
        tx.put_gone({"box-1": MORNING + SECOND}, set())
    clock.utc_us += MINUTE

    def said() -> tuple[str, tuple[str, ...]]:
        with known.store.read() as tx:
            line = next(one for one in box_views(tx, "centre", clock.utc_us, "en") if one.device == "box-1")
            state = next(one for one in box_states(tx, "centre", clock.utc_us, {}) if one.device == "box-1")
        assert line.trouble == bool(state.troubles)
        return line.state, state.troubles

    assert said() == ("not connected since Mar 2, 2026 08:30:01; last heard Mar 2, 2026 08:30:00", ("gone",))
    with known.store.write() as tx:
        tx.put_heard(Heard("box-1", "ab" * 16, clock.utc_us))
    assert said() == ("in order", ())
