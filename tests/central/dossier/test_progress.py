"""The progress bar: drawn on a terminal, silent elsewhere."""
from __future__ import annotations

import io

from central.dossier.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is_and_an_empty_line_at_the_end() -> None:
    out = Terminal()
    bar = Bar(out, 3, "classes")
    bar.advance()
    bar.close()
    assert "classes 1 / 3" in out.getvalue() and out.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_nothing() -> None:
    out = io.StringIO()
    bar = Bar(out, 3, "classes")
    bar.advance()
    bar.close()
    assert out.getvalue() == ""
