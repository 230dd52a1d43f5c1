"""A sentence for people in both languages, before any catalogue is there, and the one error of an installation."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class Said(NamedTuple):
    """The same in Chinese and in English."""

    zh: str
    en: str

    def to(self, lang: str) -> str:
        """The sentence in a language, `zh` or `en`."""
        return self.en if lang == "en" else self.zh


class InstallError(Exception):
    """Something that only a person can mend; says what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(zh, en)


def plain(text: str) -> str:
    """What a program of the services' user said, line by line, without orders to the terminal of root."""
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)


def own_language(environ: Mapping[str, str] = os.environ) -> str:
    """Chinese unless the locale says English, as everywhere."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        for lang in ("zh", "en"):
            if value.startswith(lang) and not value[2:3].isalpha():
                return lang
    return "zh"
