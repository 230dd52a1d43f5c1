"""Everything that is wrong with something handed to us, told at once."""
from __future__ import annotations

from collections.abc import Sequence

from evidence.errors import BadInput


class Both(BadInput):
    text = "{first}\n{second}"


class ManyRefused(BadInput):
    """Everything that is wrong, told at once; `problems` holds each. Nothing was kept."""

    def __init__(self, problems: Sequence[BadInput]) -> None:
        self.problems = tuple(problems)
        super().__init__(problem=_joined(self.problems), count=len(self.problems))


def _joined(problems: Sequence[BadInput]) -> BadInput:
    """One error that tells all, as a balanced tree, so that a thousand problems nest only ten deep."""
    if len(problems) == 1:
        return problems[0]
    half = len(problems) // 2
    return Both(first=_joined(problems[:half]), second=_joined(problems[half:]))
