"""BOX/acceptance.json: how the last check of the box went; and the sheet of it, a page to be printed and signed."""
from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from common.health import Check, marked
from common.texts import N_, translate
from edge.errors import CannotWrite
from edge.handover.errors import NoSheet
from edge.handover.results import Result, accepted
from edge.storage.files import read_plain, replace
from edge.wiring import Box
from evidence.blocks import local
from evidence.errors import BadShape
from evidence.records import Utc
from evidence.seal import KeySigner
from evidence.shape import decode, encode
from evidence.times import utc_text, utc_us

FILE = "acceptance.json"
MOST = 1 << 18
OFFSET_MIN = 480
STATES = {"good": N_("well"), "look": N_("look at it"), "bad": N_("mend it"), "untold": N_("not told")}


@dataclasses.dataclass(frozen=True)
class Line:
    """A result as it is kept: its words by parameters, so that it can be said in either language."""

    about: str
    state: str
    says: str
    params: Mapping[str, Any]
    todo: str = ""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """`doctor`, `results`: as the check found them; `utc`: when it began."""

    utc: Utc
    device: str
    room: str
    keyid: str
    version: str
    doctor: tuple[Line, ...]
    results: tuple[Line, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the box may be taken over."""
        return accepted(any(one.state == "bad" for one in self.doctor), [
            Result(one.about, one.state, one.says) for one in self.results])  # type: ignore[arg-type]


def new_sheet(box: Box, checks: Sequence[Check]) -> Sheet:
    """The sheet of a check that begins now."""
    return Sheet(
        utc_text(box.clock.utc_us()), box.config.device, box.config.room, KeySigner(box.keys.device).keyid,
        importlib.metadata.version("zaitang"),
        tuple(Line(one.about, one.state, one.says, one.params, one.todo) for one in checks))


def with_result(sheet: Sheet, result: Result) -> Sheet:
    """The sheet with a step that was made, in the place of an earlier try."""
    others = tuple(one for one in sheet.results if one.about != result.step)
    return dataclasses.replace(
        sheet, results=(*others, Line(result.step, result.state, result.says, result.params)))


def keep_sheet(folder: Path, sheet: Sheet) -> None:
    """Raises CannotWrite."""
    try:
        replace(folder / FILE, json.dumps(encode(sheet), ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None


def read_sheet(folder: Path) -> Sheet:
    """Raises NoSheet, also where the file is damaged."""
    try:
        return decode(Sheet, json.loads(read_plain(folder / FILE, MOST)), FILE)
    except (OSError, ValueError, RecursionError, BadShape):
        raise NoSheet from None


def said(line: Line, lang: str) -> dict[str, str]:
    """A line in words; `todo` as `marked` takes it."""
    params = {key: value.get(lang, "") if isinstance(value, Mapping) else value for key, value in line.params.items()}
    return {"about": translate(line.about, lang), "state": line.state, "shown": translate(STATES[line.state], lang),
            "says": translate(line.says, lang, **params), "todo": translate(line.todo, lang, **params)}


def sheet_html(sheet: Sheet, lang: str) -> str:
    """The page; it needs nothing else."""
    page = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(),
                       trim_blocks=True, lstrip_blocks=True).get_template("sheet.html")
    groups = [sheet.keyid[at:at + 4] for at in range(0, len(sheet.keyid), 4)]
    return page.render(
        _=lambda msgid, **params: translate(msgid, lang, **params), lang=lang, sheet=sheet, marked=marked,
        fingerprint=" ".join(groups),
        at=f"{local(utc_us(sheet.utc), OFFSET_MIN):%Y-%m-%d %H:%M}",
        doctor=[said(one, lang) for one in sheet.doctor], results=[said(one, lang) for one in sheet.results])
