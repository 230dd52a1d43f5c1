"""`zaitang-edge models list|fetch PACK`."""
from __future__ import annotations

import argparse
import sys

from common.texts import translate
from edge.models.fetch import fetch, present
from edge.models.manifest import load_manifest, pack_ids


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` to the parser of `zaitang-edge`."""
    models = commands.add_parser("models", help="model packs: what there is, and get one")
    actions = models.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="packs, their licences, and whether their files are here").set_defaults(do=_list)
    one = actions.add_parser("fetch", help="get the files of a pack, from ZAITANG_MODEL_MIRROR first")
    one.add_argument("pack", metavar="PACK")
    one.set_defaults(do=_fetch)


def _list(args: argparse.Namespace) -> int:
    lang = args.lang
    for pack in pack_ids():
        manifest = load_manifest(pack)
        here = all(present(manifest, file) for file in manifest.files)
        state = translate("here", lang) if here else translate("to be fetched", lang)
        print(f"{pack:12} {state}  {manifest.title}  [{manifest.licence}]")
    return 0


def _fetch(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    manifest = load_manifest(args.pack)
    total = sum(file.size for file in manifest.files if not file.package)
    with tqdm(total=total, unit="B", unit_scale=True, desc=args.pack, file=sys.stderr, disable=not total) as bar:
        done: dict[str, int] = {}

        def progress(name: str, so_far: int, _size: int) -> None:
            bar.update(so_far - done.get(name, 0))
            done[name] = so_far

        files = fetch(manifest, progress=progress)
    for path in files.values():
        print(path)
    return 0
