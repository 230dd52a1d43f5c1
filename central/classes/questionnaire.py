"""The questionnaire of surveys among trainees: one file in two languages, known by its hash."""
from __future__ import annotations

import dataclasses
import functools
import tomllib
from pathlib import Path

from evidence.canonical import sha256_hex
from evidence.records import Id
from evidence.shape import decode

FILE = Path(__file__).with_name("questionnaire.toml")
OVERALL, SATISFIED = "overall", 4
"""Satisfied is who gives this question this mark or more: ours, for R9 names a rate and no scale."""


@dataclasses.dataclass(frozen=True)
class Said:
    """A text in both languages."""

    zh: str
    en: str

    def of(self, lang: str) -> str:
        """In one of them."""
        return self.en if lang == "en" else self.zh


@dataclasses.dataclass(frozen=True)
class Item:
    """A question."""

    id: Id
    zh: str
    en: str

    def of(self, lang: str) -> str:
        """In one language."""
        return self.en if lang == "en" else self.zh


@dataclasses.dataclass(frozen=True)
class Questions:
    """What the file holds. `choices`: the words of the marks from 1 on."""

    title: Said
    items: tuple[Item, ...]
    choices: tuple[Said, ...]
    words: Said

    @property
    def overall(self) -> int:
        """Which item is the one that counts."""
        return next(number for number, item in enumerate(self.items) if item.id == OVERALL)


@functools.cache
def questionnaire() -> tuple[Questions, str]:
    """The questions, and the SHA-256 of their file."""
    data = FILE.read_bytes()
    return decode(Questions, tomllib.loads(data.decode("utf-8")), FILE.name, strict=True), sha256_hex(data)
