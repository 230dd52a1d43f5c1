"""Sentences for people, in Chinese and English: the one catalogue of both ends.

The English sentence is the key (msgid). Translations are plain .po files under `locale/`, read at run time, so nothing
compiled is kept. Each owner of texts has a file of its own; together they are one catalogue.
"""
from __future__ import annotations

import functools
import gettext
import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from evidence.errors import ZaitangError

LANGS = ("zh", "en")
LOCALE = Path(__file__).parent / "locale"
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_FOLDERS = {"zh": "zh_CN"}


def N_(msgid: str) -> str:
    """Marks a sentence for the catalogue and leaves it as it is."""
    return msgid


@functools.cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """The translations of one language (`zh` or `en`), as Jinja and gettext want them."""
    if lang not in _FOLDERS:
        return gettext.NullTranslations()
    whole = Catalog(locale=_FOLDERS[lang])
    for path in sorted((LOCALE / _FOLDERS[lang]).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=_FOLDERS[lang]):
                if message.id and message.string and not message.fuzzy:
                    whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language(asked: str | None) -> str:
    """The language for what was asked (`zh`, `en_US.UTF-8`, nothing): Chinese unless it is English."""
    return "en" if (asked or "").lower().startswith("en") else "zh"


def own_language(env: Mapping[str, str] = os.environ) -> str:
    """The language of a command that is not told one by --lang: what the first of the locale's variables that names
    Chinese or English says, else Chinese."""
    told = (re.match(r"(zh|en)(?![a-z])", env.get(name, ""), re.IGNORECASE) for name in VARIABLES)
    return next((found[1].lower() for found in told if found), "zh")


def translate(msgid: str, lang: str, **params: object) -> str:
    """The sentence in `lang`, its named parameters filled in; English where no translation exists."""
    text = catalogue(lang).gettext(msgid) if msgid else ""
    return text.format_map(params) if params else text


TYPED = frozenset({"account", "by", "class_id", "device", "folder", "name", "names", "path", "person", "room", "title"})
"""Parameters of errors that people or machines wrote: the account `supervisor` keeps its name in every language."""


def words(said: object, lang: str, names: Mapping[str, str] | None = None) -> str:
    """An error or a reason of a finding as one sentence. `names`: pseudonym → name, put in their place."""
    if isinstance(said, ZaitangError):
        return translate(type(said).text, lang, **{key: _inner(key, value, lang) for key, value in said.params.items()})
    from common.reasons import reason_words  # reasons need this module's translate

    return reason_words(said, lang, names or {})


def _inner(key: str, value: object, lang: str) -> object:
    """A parameter in words: an error inside an error, or a text that is itself in the catalogue."""
    if isinstance(value, ZaitangError):
        return words(value, lang)
    return translate(value, lang) if isinstance(value, str) and key not in TYPED else value
