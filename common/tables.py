"""Tables that a command prints: headings in the reader's language, columns as wide as a terminal shows them."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.commands import columns
from common.texts import translate


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str, lang: str) -> None:
    """`headings`, `empty` (what is said where there are no rows): msgids of the catalogue."""
    for line in table(headings, rows, empty, lang):
        print(line)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str, lang: str) -> list[str]:
    """The lines, without blanks at their ends."""
    body = [[str(cell) for cell in row] for row in rows]
    if not body:
        return [translate(empty, lang)]
    lines = [[translate(one, lang) for one in headings], *body]
    widths = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines]
