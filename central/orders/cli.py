"""`zaitang-central order upload|settings|list`: orders to boxes, and what became of them."""
from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands import opened, say
from common.texts import N_, translate

if TYPE_CHECKING:
    from central.store.tables import Tx
    from evidence.box_orders import BoxOrder, BoxSettings, OrderAnswered

UPLOAD = N_("Order {number} to {device} is signed: {files} files are wanted, until {expires}.")
SET = N_("Order {number} to {device} is signed: {settings}; until {expires} the box takes it.")
PLAIN = N_("all settings as in box.toml")
SETTINGS = N_("settings: {settings}")
SHEET = N_("contact sheet of {block}, {class_id}")
ERASURE = N_("the face of {person} of class {class_id} is to be erased")
LIVE = N_("live pictures of the camera {camera}, for at most {minutes} minutes")
RELEASED = N_("Order {number} to {device} is signed: its {records} records and their files are here, it may be emptied "
              "(`zaitang-edge reset`) until {expires}, as long as it records nothing more.")
RELEASE = N_("the box may be emptied; said by {by}")
KEYS = N_("keys of {device} revoked: {reason}")
MORE = N_("More files are wanting than one order holds; give the same order again when these are here.")
NONE = N_("No orders.")
ROW = N_("{device}\t{number}\t{kind}\t{state}")
FILES = N_("files wanted: {files}, here: {here}, gone at the box: {missing}")
WAITS = N_("no answer yet; holds until {expires}")
OVER = N_("expired without an answer ({expires})")
ACCEPTED = N_("accepted")
REFUSED = N_("refused: {why}")
WHY = {
    "not_newer": N_("the box has answered a later order"),
    "expired": N_("it had expired by what the box knew of the time"),
    "unknown_kind": N_("the software of the box does not know this kind of order"),
    "unclear": N_("it does not say clearly what to do"),
    "other_chain": N_("it is about an earlier database of the box"),
    "no_road": N_("the box has no address to send files to (sync.segments in box.toml)"),
    "no_class": N_("the box has no plan of this class"),
    "no_block": N_("the plan that the box has knows no such recording"),
    "not_over": N_("the recording is not over yet, as far as the box knows the time"),
    "no_roll_call": N_("the box has not called the roll of this recording yet: ask again later"),
    "no_camera": N_("the box has no such room camera"),
    "no_person": N_("the box knows nobody of that name in this class"),
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `order` to the parser of `zaitang-central`."""
    order = commands.add_parser("order", help="orders to a box, and what it answered")
    actions = order.add_subparsers(required=True, metavar="WHAT")
    upload = actions.add_parser("upload", help="want files of a box now: those named, or all that are not here")
    upload.add_argument("device", metavar="BOX")
    upload.add_argument("files", nargs="*", metavar="HASH", help="the SHA-256 of a file, as records name it")
    upload.add_argument("--class", dest="class_id", metavar="CLASS", help="only files of this class")
    upload.add_argument("--days", type=int, default=30, metavar="N", help="for how long the order holds")
    upload.set_defaults(do=_upload)
    settings = actions.add_parser(
        "settings", help="set what holds instead of box.toml; what is not named is box.toml's again")
    settings.add_argument("device", metavar="BOX")
    # --lang is of the command itself.
    settings.add_argument("--box-lang", choices=("zh", "en"), help="the language of its screen")
    settings.add_argument("--voice", choices=("on", "off"), help="whether it speaks")
    settings.add_argument("--upload", choices=("all", "asked"), help="all video, or only what is asked for")
    settings.add_argument("--upload-kbit", type=int, metavar="N", help="how much of the line video may take")
    settings.add_argument("--console", metavar="URL",
                          help="the address of the console that trainees open for their own record")
    settings.add_argument("--days", type=int, default=30, metavar="N", help="for how long the order holds")
    settings.set_defaults(do=_settings)
    release = actions.add_parser("release", help="say that a box may be emptied: all that it recorded is here to stay")
    release.add_argument("device", metavar="BOX")
    release.add_argument("--by", required=True, metavar="ACCOUNT",
                         help="who says so, an administrator; kept for ever")
    release.add_argument("--days", type=int, default=7, metavar="N", help="for how long the order holds")
    release.set_defaults(do=_release)
    listed = actions.add_parser("list", help="all orders to boxes, or to one, and what was answered")
    listed.add_argument("device", nargs="?", metavar="BOX")
    listed.set_defaults(do=_list)
    for action in (upload, settings, release, listed):
        action.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")


def _upload(args: argparse.Namespace) -> None:
    from central.orders.boxes import order_upload
    from central.orders.errors import BadHash
    from evidence.box_orders import MOST_WANTED

    for sha256 in args.files:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise BadHash(value=sha256[:80])
    centre = opened(args)
    made = order_upload(
        centre.store, args.device, args.files, args.class_id, args.days, centre.clock.stamp().utc_us)
    counts = []
    for _, body in made:
        assert body.upload is not None
        counts.append(len(body.upload.files))
        say(args, UPLOAD, number=body.number, device=body.device, files=counts[-1], expires=body.expires)
    if not args.files and MOST_WANTED in counts:
        say(args, MORE)


def _settings(args: argparse.Namespace) -> None:
    from central.orders.boxes import order_settings
    from evidence.box_orders import BoxSettings
    from evidence.shape import decode

    told = {"lang": args.box_lang, "voice": None if args.voice is None else args.voice == "on",
            "upload": args.upload, "upload_kbit": args.upload_kbit, "console": args.console}
    settings, centre = decode(BoxSettings, told, "order"), opened(args)
    _, body = order_settings(centre.store, args.device, settings, args.days, centre.clock.stamp().utc_us)
    say(args, SET, number=body.number, device=body.device, settings=_settled(settings, args.lang),
        expires=body.expires)


def _release(args: argparse.Namespace) -> None:
    from central.orders.release import order_release

    centre = opened(args)
    _, body = order_release(centre, args.device, args.by, args.days)
    assert body.release is not None
    say(args, RELEASED, number=body.number, device=body.device, records=body.release.seq + 1, expires=body.expires)


def _list(args: argparse.Namespace) -> None:
    from central.orders.boxes import answers, orders

    centre = opened(args)
    with centre.store.read() as tx:
        found, answered = orders(tx, args.device), answers(tx, args.device)
        for sealed, body in found:
            answer = answered.get((body.device, sealed.hash))
            state = _state(body, answer, centre.clock.stamp().utc_us, args.lang)
            what = _what(tx, body, answer, args.lang)
            say(args, ROW, device=body.device, number=body.number, kind=what, state=state)
    if not found:
        say(args, NONE)


def _state(body: BoxOrder, answer: OrderAnswered | None, now_us: int, lang: str) -> str:
    from evidence.times import utc_us

    if answer is None:
        return translate(WAITS if utc_us(body.expires) > now_us else OVER, lang, expires=body.expires)
    if answer.result == "refused":
        return translate(REFUSED, lang, why=translate(WHY.get(answer.why, answer.why), lang))
    return translate(ACCEPTED, lang)


def _what(tx: Tx, body: BoxOrder, answer: OrderAnswered | None, lang: str) -> str:
    if body.settings is not None:
        return translate(SETTINGS, lang, settings=_settled(body.settings, lang))
    if body.revocation is not None:
        return translate(KEYS, lang, device=body.revocation.device, reason=body.revocation.reason)
    if body.sheet is not None:
        return translate(SHEET, lang, block=body.sheet.block, class_id=body.sheet.class_id)
    if body.watch is not None:
        return translate(LIVE, lang, camera=body.watch.camera, minutes=-(-body.watch.seconds // 60))
    if body.erase is not None:
        return translate(ERASURE, lang, person=body.erase.person, class_id=body.erase.class_id)
    if body.release is not None:
        return translate(RELEASE, lang, by=body.release.by)
    if body.upload is None:
        return body.kind
    files = [one.sha256 for one in body.upload.files]
    here = sum(any(one.stored for one in tx.announced(sha256)) for sha256 in files)
    missing = 0 if answer is None else len(answer.missing)
    return translate(FILES, lang, files=len(files), here=here, missing=missing)


def _settled(settings: BoxSettings, lang: str) -> str:
    from evidence.shape import encode

    told = [f"{name} = {value}" for name, value in encode(settings).items() if value is not None]
    return ", ".join(told) or translate(PLAIN, lang)
