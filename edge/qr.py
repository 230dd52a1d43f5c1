"""A QR code as a shape for a page."""
from __future__ import annotations

import segno

QUIET = 4
"""Modules of white around a QR (ISO/IEC 18004, 7.2)."""


def drawn(text: str) -> tuple[int, str]:
    """A QR as the side of its square in modules and the path of its dark ones (SVG 2, 9.3)."""
    rows = [bytes(row) for row in segno.make(text, error="l", micro=False).matrix]
    parts = [f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for y, row in enumerate(rows)
             for x, length in _runs(row)]
    return len(rows) + 2 * QUIET, "".join(parts)


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark modules follow each other: first, and how many."""
    found, start = [], None
    for x, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            found.append((start, x - start))
            start = None
    return found
