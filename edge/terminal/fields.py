"""What a press may hold: short text that can be written down again, byte for byte."""
from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

MOST = 64
"""Characters of a field: a pseudonym, a PIN, a name."""
MOST_TEXT = 400
"""Characters of a text that a person writes; each use has a limit of its own below it, with words."""


def plain(text: str) -> str:
    """The same text. Raises ValueError for what no record and no page can hold: halves of characters, and controls
    but for line ends and tabs."""
    if any(unicodedata.category(one) in ("Cs", "Cc") and one not in "\t\r\n" for one in text):
        raise ValueError("not plain text")
    return text


Short = Annotated[str, StringConstraints(max_length=MOST), AfterValidator(plain)]
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT), AfterValidator(plain)]
