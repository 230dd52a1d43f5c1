"""Lists of people that a box sealed to this centre, as the tables that everybody else brings."""
from __future__ import annotations

from pathlib import Path

from central.keys import sealing_key
from central.plans.errors import ListOfOther
from central.plans.ids import IdNumber
from central.plans.roster import Listed
from central.plans.template import workbook
from central.plans.views import File
from common.sheets import open_roster

SUFFIX = ".sealed"


def opened(file: File, class_id: str, keys: Path, lang: str) -> File:
    """The list itself; any other file as it is. What comes out is checked like any other, for anybody can seal one.
    `keys`: the centre's folder of keys. Raises ListOfOther, and what `open_roster` raises."""
    if not file.name.endswith(SUFFIX):
        return file
    listed, people = open_roster(file.data, sealing_key(keys))
    if listed != class_id:
        raise ListOfOther(file=file.name, listed=listed, class_id=class_id)
    return File(file.name, workbook("roster", lang, [
        Listed(0, one.name, IdNumber("id_card", one.number), one.role) for one in people]))
