"""`zaitang-central schema`: which database this centre has, which ones this release opens, whether it opens a copy."""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from central.store.engine import Place

SCHEMA = N_("this release writes databases of schema {writes} and opens {opens}; the centre has {database}")
OPENED = N_("it opened a copy of the database")
NOT_COPIED = N_("a database of PostgreSQL is not copied to try it")
NONE_YET = N_("none yet")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `schema` to the parser of `zaitang-central`."""
    schema = commands.add_parser("schema", help="which database this centre has, and which ones this release opens")
    schema.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    schema.add_argument("--try", action="store_true", dest="try_copy",
                        help="open a copy of the database, and throw it away")
    schema.add_argument("--json", action="store_true", help="for programs")
    schema.set_defaults(do=_schema)


def _schema(args: argparse.Namespace) -> int:
    from central.config import load_config
    from central.place import place_of
    from central.store.engine import OPENS, schema_of
    from central.store.schema import SCHEMA_VERSION

    place = place_of(args.centre, load_config(args.centre))
    database = schema_of(place)
    tried = args.try_copy and _tried(place)
    if args.json:
        print(json.dumps({"writes": SCHEMA_VERSION, "opens": list(OPENS), "database": database}))
        return 0
    print(translate(SCHEMA, args.lang, writes=SCHEMA_VERSION, opens=", ".join(map(str, OPENS)),
                    database=translate(NONE_YET, args.lang) if database is None else database))
    if args.try_copy:
        print(translate(OPENED if tried else NOT_COPIED, args.lang))
    return 0


def _tried(place: Place) -> bool:
    """Whether a copy was opened; raises what opening raises."""
    from central.store.engine import try_copy

    if not isinstance(place, Path):
        return False
    try_copy(place)
    return True
