"""`zaitang-central schema`: which database this centre has, which ones this release opens, whether it opens a copy."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from common.texts import N_, translate

SCHEMA = N_("this release writes databases of schema {writes} and opens {opens}; the centre has {database}")
OPENED = N_("it opened a copy of the database")
TRIED = N_("it opened the database in a transaction that was taken back")
NONE_YET = N_("none yet")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `schema` to the parser of `zaitang-central`."""
    schema = commands.add_parser("schema", help="which database this centre has, and which ones this release opens")
    schema.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    schema.add_argument("--try", action="store_true", dest="try_copy",
                        help="open the database so that it stays as it is: a copy, or in a transaction that is taken "
                             "back")
    schema.add_argument("--json", action="store_true", help="for programs")
    schema.set_defaults(do=_schema)


def _schema(args: argparse.Namespace) -> int:
    from central.config import load_config
    from central.place import place_of
    from central.store.engine import OPENS, schema_of, try_open
    from central.store.schema import SCHEMA_VERSION

    place = place_of(args.centre, load_config(args.centre))
    database = schema_of(place)
    if args.try_copy:
        try_open(place)
    if args.json:
        print(json.dumps({"writes": SCHEMA_VERSION, "opens": list(OPENS), "database": database}))
        return 0
    print(translate(SCHEMA, args.lang, writes=SCHEMA_VERSION, opens=", ".join(map(str, OPENS)),
                    database=translate(NONE_YET, args.lang) if database is None else database))
    if args.try_copy:
        print(translate(OPENED if isinstance(place, Path) else TRIED, args.lang))
    return 0

