"""Video takes no more of the line than it may."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.sync.pace import Pace


class Line:
    """Time that passes by waiting, and by what the test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(kbit=st.integers(64, 100_000), pieces=st.lists(
    st.tuples(st.integers(1, 65536), st.floats(0, 5, allow_nan=False)), min_size=2, max_size=40))
def test_over_any_time_it_is_no_more_than_allowed(kbit: int, pieces: list[tuple[int, float]]) -> None:
    line = Line()
    pace = Pace(kbit, lambda: line.now, line.sleep)
    sent: list[tuple[float, int]] = []
    for size, idle in pieces:
        pace.wait(size)
        sent.append((line.now, size))
        line.now += idle
    for first in range(len(sent)):
        for last in range(first + 1, len(sent)):
            between = sum(size for _, size in sent[first:last])
            assert between * 8 <= kbit * 1000 * (sent[last][0] - sent[first][0]) * (1 + 1e-9) + 1e-3


def test_without_a_limit_nothing_waits_and_a_new_limit_holds_at_once() -> None:
    line = Line()
    pace = Pace(None, lambda: line.now, line.sleep)
    for _ in range(10):
        pace.wait(1 << 20)
    assert line.now == 100.0
    pace.kbit = 800
    pace.wait(100_000)
    pace.wait(100_000)
    assert line.now == 101.0
