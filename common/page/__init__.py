"""The page that lies in every bag as verify.html: it checks the bag in a browser, without a server or a network.

Its sources are the small files beside this one. `verify_page` puts them into one: the scripts in the order of SCRIPTS
in one scope, with the Chinese of every sentence from the catalogue, under a policy that runs this script and nothing
else. It is a third verifier, beside verify/ and tests/contract/second_verifier.py, and shares no line with either.
"""
from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path

from babel.messages.extract import extract

from common.decisions import ANSWERS, DIDS, STAGES
from common.reasons import RESULTS, RULES
from common.texts import translate

HERE = Path(__file__).parent
SCRIPTS = ("errors", "bytes", "sha256", "shape", "der", "certs", "records", "merkle", "notes", "files", "chain",
           "corrections", "segments", "trees", "exported", "derived", "bag", "words", "trust", "told", "view", "about",
           "start")
"""What a script uses at once, and not when it is called, stands before it."""
TABLES = {"RULES": RULES, "RESULTS": RESULTS, "ANSWERS": ANSWERS, "STAGES": STAGES, "DIDS": DIDS}
"""Tables of words that the page shares with the product."""


@functools.cache
def verify_page() -> bytes:
    """The page, the same bytes whenever this version is asked."""
    source = "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    said = {*_marked(source), *(text for table in TABLES.values() for text in table.values())}
    words = {**{name: dict(table) for name, table in TABLES.items()},
             "CHINESE": {text: translate(text, "zh") for text in sorted(said)}}
    script = "".join(f"const {name} = {_literal(value)};\n" for name, value in words.items()) + source
    style = (HERE / "page.css").read_text("utf-8")
    page = (HERE / "page.html").read_text("utf-8")
    for hole, filling in (("{script_hash}", _hash(script)), ("{style_hash}", _hash(style)), ("{style}", style),
                          ("{script}", script)):
        page = page.replace(hole, filling, 1)
    return page.encode()


def _marked(source: str) -> Iterable[str]:
    """The sentences that the scripts mark."""
    found = extract("javascript", io.BytesIO(source.encode()), keywords={"N_": None})
    return (str(message) for _, message, _, _ in found)


def _literal(value: object) -> str:
    """A value as JavaScript that ends no script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
