"""What is made beside: one after the other, waited for a moment, and never taken for newer than it is."""
from __future__ import annotations

import threading

import pytest

from central.web.making import Making

LONG = 60.0


def test_several_wait_for_the_same_and_nobody_longer_than_a_moment() -> None:
    making, go, made = Making[int](), threading.Event(), list[int]()

    def make() -> int:
        assert go.wait(LONG)
        made.append(1)
        return len(made)

    assert making.within("a", make, 0) is None and making.within("a", make, 0) is None
    go.set()
    assert making.within("a", make, LONG) == 1 and making.within("a", make, LONG) == 2


def test_what_ended_while_nobody_waited_is_made_anew_and_a_failure_is_told() -> None:
    making, found = Making[str](), ["old"]
    ended = {name: threading.Event() for name in "abc"}

    def make(name: str, fails: bool = False) -> str:
        try:
            if fails:
                raise KeyError(name)
            return found[0]
        finally:
            ended[name].set()

    for name in "abc":
        making.within(name, lambda name=name: make(name, name == "b"), 0)  # type: ignore[misc]
    assert all(one.wait(LONG) for one in ended.values())
    found[0] = "new"
    assert making.within("c", lambda: make("c"), LONG) == "new"
    assert making.within("a", lambda: make("a"), LONG) == "new"
    with pytest.raises(KeyError):
        making.within("b", lambda: make("b"), LONG)
    assert making.within("b", lambda: make("b"), LONG) == "new"
