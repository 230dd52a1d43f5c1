"""Text from outside on its way into a document: only what can be seen, and no more of it than fits."""
from __future__ import annotations

MOST, MOST_OF_NAME = 4000, 60
"""Characters of a sentence, and of a name."""
BLANK = "\N{REPLACEMENT CHARACTER}"


def clean(text: str, most: int = MOST) -> str:
    """The text in one line; what cannot be seen or turns the direction of what follows is shown as a blank."""
    shown = "".join(map(_seen, text[: most + 1]))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _seen(sign: str) -> str:
    return sign if sign.isprintable() or sign == "\N{IDEOGRAPHIC SPACE}" else " " if sign.isspace() else BLANK
