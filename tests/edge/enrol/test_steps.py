"""The table of steps: everything can be closed, nothing is a dead end, and no way to a face leads past the consent."""
from __future__ import annotations

from typing import get_args

from edge.enrol.steps import TABLE, Event, State, after


def test_every_state_can_be_closed_and_reached() -> None:
    reached, waiting = set(), ["closed"]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [to for (at, _), to in TABLE.items() if at == state]
    assert reached == set(get_args(State))
    assert {after(state, "close") for state in get_args(State)} == {"closed"}
    assert {event for _, event in TABLE} | {"close"} == set(get_args(Event))


def test_what_is_not_in_the_table_is_not_possible() -> None:
    assert after("choose", "agreed") is None and after("closed", "chosen") is None and after("pin", "enrolled") is None


def test_no_way_to_the_camera_leads_past_the_consent() -> None:
    def ways(state: str, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        if state in ("shots", "enrolled"):
            return [(*seen, state)]
        return [way for (at, _), to in TABLE.items() if at == state and to not in seen for way in ways(to, (*seen, at))]

    found = ways("closed", ())
    assert found and all("consent" in way and "anchor" in way for way in found)
