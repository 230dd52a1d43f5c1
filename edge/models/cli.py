"""`zaitang-edge models list`, `fetch PACK`, `bring FOLDER`."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.texts import translate
from edge.models.bring import bring
from edge.models.errors import LicenceNotAccepted
from edge.models.fetch import fetch, present
from edge.models.manifest import load_manifest, pack_ids


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` to the parser of `zaitang-edge`."""
    models = commands.add_parser("models", help="model packs: what there is, and get one")
    actions = models.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="packs, their licences, and whether their files are here").set_defaults(do=_list)
    one = actions.add_parser("fetch", help="get the files of a pack, from ZAITANG_MODEL_MIRROR first")
    one.add_argument("pack", metavar="PACK", help="which pack, as `zaitang-edge models list` names it")
    one.set_defaults(do=_fetch)
    bring = actions.add_parser("bring", help="use InsightFace models that your institution holds: shows their licence")
    bring.add_argument("folder", type=Path, metavar="FOLDER", help="holds both; ZAITANG_MODEL_MIRROR must name it")
    bring.add_argument("--detector", required=True, metavar="FILE", help="SCRFD with five points, such as det_10g.onnx")
    bring.add_argument("--identity", required=True, metavar="FILE", help="ArcFace, such as w600k_r50.onnx")
    bring.add_argument("--accepted-by", metavar="WHO", help="who accepts the licence for the institution")
    bring.set_defaults(do=_bring)


def _list(args: argparse.Namespace) -> int:
    lang = args.lang
    for pack in pack_ids():
        manifest = load_manifest(pack)
        here = all(present(manifest, file) for file in manifest.files)
        state = translate("here", lang) if here else translate("to be fetched", lang)
        print(f"{pack:12} {state}  {manifest.title}  [{translate(manifest.licence, lang)}]")
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


def _bring(args: argparse.Namespace) -> int:
    manifest = load_manifest("insightface", {})
    print(translate(manifest.licence, args.lang))
    if not args.accepted_by:
        raise LicenceNotAccepted(pack=manifest.id, licence=manifest.licence)
    print(bring(manifest, args.folder, {"detector": args.detector, "identity": args.identity}, args.accepted_by))
    return 0
