"""Command lines whose help and errors are in the user's language: argparse with the catalogue.

Texts are given in English, as everywhere, and are keys of the catalogue; argparse's own words are in it as well.
"""
from __future__ import annotations

import argparse
import functools
import itertools
import re
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from common.texts import LANGS, N_, catalogue, own_language, translate

USUAL = {
    "--box": N_("the folder of the box"),
    "--centre": N_("the centre's folder"),
    "--class": N_("the class, as its plan names it"),
    "class_id": N_("the class, as its plan names it"),
    "device": N_("the name of the box, like box-101"),
}
"""Help for options and arguments that mean the same with every command."""
WIDE = {"W", "F"}
PIECE = re.compile(r"\s+|(?:[!-~]+|.)[，。、；：？！）”》]*")
"""Where a line may be broken: between words, and between Chinese characters, but not before a closing sign."""


def asked_language(argv: Sequence[str] | None) -> str:
    """The language of a command line: that of --lang, else the environment's. What --help prints is in it too."""
    given = list(sys.argv[1:] if argv is None else argv)
    for one, following in itertools.pairwise([*given, ""]):
        said = following if one == "--lang" else one.removeprefix("--lang=")
        if said != one and said in LANGS:
            return said
    return own_language()


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that speaks `lang`, as do the parsers of its commands."""

    def __init__(self, *args: Any, lang: str, **named: Any) -> None:
        # The module looks its own words up by these names whenever it says something.
        argparse._, argparse.ngettext = catalogue(lang).gettext, catalogue(lang).ngettext  # type: ignore[attr-defined]
        named["formatter_class"] = functools.partial(_Formatter, lang=lang)
        super().__init__(*args, **named)
        self._lang = lang

    def add_argument(self, *names: str, **named: Any) -> argparse.Action:
        if names and names[0] in USUAL:
            named.setdefault("help", USUAL[names[0]])
        return super().add_argument(*names, **named)

    def add_subparsers(self, **named: Any) -> Any:
        named["parser_class"] = functools.partial(_Command, lang=self._lang)
        return super().add_subparsers(**named)

    def add_language(self, default: str) -> None:
        """Add `--lang`. With argparse.SUPPRESS as its `default` it overrules another one only where it is given."""
        self.add_argument("--lang", choices=LANGS, default=default, help="language of messages")


class _Command(Parser):
    """The parser of a command: it takes `--lang` too, because nobody remembers on which side of the command it goes."""

    def __init__(self, *args: Any, lang: str, **named: Any) -> None:
        super().__init__(*args, lang=lang, **named)
        self.add_language(argparse.SUPPRESS)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Whatever the command does not know is told with its own usage, not with that of the whole program."""
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(translate("unrecognized arguments: %s", self._lang) % " ".join(rest))
        return known, rest


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str, lang: str) -> None:
        super().__init__(prog)
        self._lang = lang

    def add_text(self, text: str | None) -> None:
        super().add_text(translate(text, self._lang) if text else text)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return translate(action.help, self._lang) if action.help else action.help

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns of a terminal; a word that is longer has a line of its own."""
    lines = [""]
    for piece in PIECE.findall(" ".join(text.split())):
        if columns(lines[-1] + piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    lines[-1] = lines[-1].rstrip()
    return lines


def columns(text: str) -> int:
    """How wide a terminal shows it: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(sign) in WIDE else 1 for sign in text)
