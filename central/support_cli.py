"""`zaitang-central support --centre DIR --out FILE.zip`: what a helper needs to know of a centre; nothing of people."""
from __future__ import annotations

import argparse
import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.texts import N_

if TYPE_CHECKING:
    from central.wiring import Centre

WRITTEN = N_("{path} is written: the machine, what is installed, settings without passwords, counts, the log of seven "
             "days. No name, face, number or video is in it; look into it before you send it")
PLAIN = ("web", "broker", "devices", "boxes", "replay", "keeping")
"""Parts of centre.toml that say nothing of anybody and hold no password."""


def add_commands(commands: Any) -> None:
    """Add `support` to the parser of `zaitang-central`."""
    support = commands.add_parser("support", help="write a file for whoever helps, without personal data")
    support.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    support.add_argument("--out", type=Path, required=True, metavar="FILE.zip",
                         help="a new file; - writes it to standard output")
    support.set_defaults(do=_support)


def _support(args: argparse.Namespace) -> None:
    from central.wiring import open_centre
    from common.support import hand_over

    centre = open_centre(args.centre)
    try:
        found = parts(centre)
    finally:
        centre.store.close()
    hand_over(args.out, found, WRITTEN, args.lang)


def place(url: str) -> str:
    """An address without what logs in there."""
    found = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#]*)", url)
    return "" if found is None else found[1] + found[2]


def parts(centre: Centre) -> dict[str, object]:
    """By name, what becomes a JSON file each. Only what is named here gets into it."""
    from common.support import about, space

    config = centre.config
    with centre.store.read() as tx:
        types = tx.count_by_type()
    return {
        "about": about(),
        "settings": {
            **{name: dataclasses.asdict(getattr(config, name)) for name in PLAIN},
            "tree": {**dataclasses.asdict(config.tree), "stamp_url": place(config.tree.stamp_url)},
            "database": "postgresql" if config.database else "sqlite", "bucket": bool(config.bucket.name),
            "targets": len(config.webhook.targets), "test_keys": config.accept_test_keys},
        "records": {"types": types},
        "space": space([centre.folder]),
    }
