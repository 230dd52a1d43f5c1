"""`zaitang-edge templates send|receive`: face templates to another box, by an order of the centre."""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.enrol.move import Moved

SENT = N_("{count} people are in {file}, sealed to {device}")
TAKEN = N_("{count} people were taken over from {file}")
LEFT = N_("left out, because no consent holds or no face is here: {people}")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `templates` to the parser of `zaitang-edge`."""
    templates = commands.add_parser("templates", help="face templates to another box of the institution, by order")
    actions = templates.add_subparsers(required=True, metavar="ACTION")
    send = actions.add_parser("send", help="write the package that an order allows")
    send.add_argument("--order", required=True, metavar="HASH", help="as `zaitang-central order-templates` prints it")
    send.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write, for the other box")
    send.set_defaults(do=_send)
    receive = actions.add_parser("receive", help="take over the people of a package")
    receive.add_argument("file", type=Path, metavar="FILE", help="the file that the other box wrote")
    receive.set_defaults(do=_receive)
    for action in (send, receive):
        action.add_argument("--box", type=Path, required=True, metavar="DIR")


def _send(args: argparse.Namespace) -> int:
    from edge.enrol.errors import FileThere
    from edge.enrol.move import send
    from edge.models.manifest import load_manifest
    from edge.wiring import open_box

    box = open_box(args.box)
    manifest = load_manifest(box.config.vision.pack)
    try:
        moved, target = send(box, args.order, args.out, manifest.id, manifest.sha256)
    except FileExistsError:
        raise FileThere(file=args.out) from None
    _tell(args, SENT, moved, args.out, target)
    return 0


def _receive(args: argparse.Namespace) -> int:
    from edge.enrol.move import receive
    from edge.enrol.package import MAX_BYTES
    from edge.storage.files import read_plain
    from edge.vision.pack import load_pack
    from edge.wiring import open_box

    box = open_box(args.box)
    data = read_plain(args.file, MAX_BYTES + 1)
    folder = box.config.vision.folder
    moved = receive(box, data, load_pack(box.config.vision.pack, Path(folder) if folder else None))
    _tell(args, TAKEN, moved, args.file)
    return 0


def _tell(args: argparse.Namespace, msgid: str, moved: Moved, file: Path, device: str = "") -> None:
    print(translate(msgid, args.lang, count=len(moved.people), file=file, **({"device": device} if device else {})))
    if moved.left_out:
        print(translate(LEFT, args.lang, people=", ".join(moved.left_out)))
