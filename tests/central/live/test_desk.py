"""What is kept of answers for seconds."""
from __future__ import annotations

from central.live.desk import Fresh


def test_an_answer_is_kept_until_it_is_forgotten() -> None:
    asked: list[int] = []
    fresh = Fresh[int](60)

    def ask() -> int:
        asked.append(len(asked))
        return asked[-1]

    assert [fresh.ask("a", ask), fresh.ask("a", ask), fresh.ask("b", ask)] == [0, 0, 1]
    fresh.forget("a")
    assert [fresh.ask("a", ask), fresh.ask("b", ask)] == [2, 1]


def test_an_answer_of_before_is_not_kept_when_it_comes_after_it_was_forgotten() -> None:
    fresh = Fresh[str](60)

    def slow() -> str:
        fresh.forget("look")  # somebody says why meanwhile
        return "no reason yet"

    assert fresh.ask("look", slow) == "no reason yet"
    assert fresh.ask("look", lambda: "a reason") == "a reason"
