"""Tables: every column begins where its heading does, as a terminal shows it."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.commands import columns
from common.tables import table

CELLS = st.text(st.sampled_from("ab中文—1 "), max_size=6).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
def test_columns_are_as_wide_as_a_terminal_shows_them(rows: list[tuple[str, str, str]]) -> None:
    lines = table(["Box", "Chain", "State"], rows, "", "zh")
    assert len(lines) == len(rows) + 1 and all(line == line.rstrip() for line in lines)
    first = max(columns(one) for one in [*(row[0] for row in rows), "终端盒"]) + 2
    for line, row in zip(lines[1:], rows, strict=True):
        assert line.startswith(row[0])
        begin = row[0] + " " * (first - columns(row[0]))
        assert line.startswith((begin + row[1]).rstrip())


def test_no_rows_are_a_sentence() -> None:
    assert table(["Box"], [], "No box waits for approval.", "en") == ["No box waits for approval."]
    assert table(["Box"], [], "No box waits for approval.", "zh") == ["没有等待批准的终端盒。"]
