"""Commands for the site's root, its boxes and their certificates."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from central.commands import say
from central.errors import CannotWrite
from common.tables import print_table
from common.texts import N_

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
FOR_OTHERS = N_("Everything that Mosquitto needs is in {folder}; its user must be able to read it. Write it anew after "
                "a revocation and each month, and send Mosquitto SIGHUP.")
Add = Callable[[Commands, str, object, str], argparse.ArgumentParser]
"""Adds a command that works on a centre's folder."""


def add_commands(commands: Commands, add: Add) -> None:
    """Add `root`, `box`, `devices` and those of the broker."""
    _add_root(commands, add)
    _add_box(commands, add)
    _add_broker(commands, add)
    devices = add(commands, "devices", _devices, "let boxes introduce themselves, and renew their certificates")
    devices.add_argument("--port", type=int, help="another port than centre.toml says; 0: a free one")


def _add_broker(commands: Commands, add: Add) -> None:
    add(commands, "broker", _broker, "run the broker Mosquitto, to which boxes and collector show their certificates")
    config = add(commands, "broker-config", _broker_config, "write the folder from which a Mosquitto of your own runs")
    config.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder to write to")


def _add_root(commands: Commands, add: Add) -> None:
    root = commands.add_parser("root", help="the site's root, which lies elsewhere").add_subparsers(
        required=True, metavar="WHAT")
    sign = add(root, "sign", _sign, "make the centre's intermediates anew; what they certified goes on to hold")
    sign.add_argument("--root", type=Path, required=True, metavar="DIR", help="the folder of the root")
    sign.add_argument("--forget", action="store_true",
                      help="what earlier ones certified for connections holds no longer: somebody may have their key")
    add_passphrase(sign)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file of the passphrase."""
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE",
                        help="holds the passphrase of the root's key; without it you are asked")


def _add_box(commands: Commands, add: Add) -> None:
    box = commands.add_parser("box", help="boxes and their certificates").add_subparsers(required=True, metavar="WHAT")
    issue = add(box, "issue", _issue, "issue the certificate of a box")
    issue.add_argument("device", metavar="DEVICE")
    issue.add_argument("--key", type=Path, required=True, metavar="PUBLIC.pem",
                       help="the public key of the box, as `zaitang-edge init` wrote it")
    issue.add_argument("--out", type=Path, required=True, metavar="CERT.pem",
                       help="the file of the certificate to write")
    known = add(box, "add", _add, "know a box by a certificate that the root has issued")
    known.add_argument("certificate", type=Path, metavar="CERT.pem",
                       help="the certificate of the box, with its intermediate")
    claim = add(box, "claim", _claim, "keep a place for a box; prints the token with which it may come, once")
    claim.add_argument("device", metavar="DEVICE")
    claim.add_argument("--serial", required=True, metavar="S", help="the serial number of its machine")
    claim.add_argument("--hours", type=int, default=48, metavar="N", help="for how long the token holds")
    add(box, "pending", _pending, "the boxes that wait for approval: name, serial number, address, since when, "
         "fingerprint of the key, how many keys of that name are believed already")
    approve = add(box, "approve", _approve, "certify the box that waits under this name")
    approve.add_argument("device", metavar="DEVICE")
    refuse = add(box, "refuse", _refuse, "refuse the box that waits under this name")
    refuse.add_argument("device", metavar="DEVICE")
    refuse.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
    revoke = add(box, "revoke", _revoke, "believe the keys of a box no longer, and shut it out at once")
    revoke.add_argument("device", metavar="DEVICE")
    revoke.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
    revoke.add_argument("--key", metavar="FINGERPRINT", help="only this key; without it all keys of the box")
    revoke.add_argument("--untrusted-from", metavar="UTC", help="when the key may have come into other hands, like "
                        "2026-03-02T00:40:00.000000Z; without it: now. What the centre receipted before is believed. "
                        "Again, it can name an earlier moment")
    add(box, "list", _boxes, "the boxes and up to where their records are here")
    pack = add(box, "pack", _pack, "put all that is here of one box into one file: with it a box whose card died is "
               "restored")
    pack.add_argument("device", metavar="DEVICE")
    pack.add_argument("--to", type=Path, required=True, metavar="FILE", help="the file to write")


def _sign(args: argparse.Namespace) -> None:
    from central.authority import is_locked, sign_intermediates
    from central.passphrase import asked_passphrase
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    passphrase = asked_passphrase(args.passphrase_file, args.lang) if is_locked(args.root) else None
    now_us = centre.clock.stamp().utc_us
    sign_intermediates(args.root, passphrase, args.centre / "keys", centre.store.device, now_us,
                       args.forget)
    say(args, N_("The intermediates of {folder} are signed; the folder {root} can go back to its place."),
        folder=args.centre, root=args.root)


def _issue(args: argparse.Namespace) -> None:
    from central.devices.desk import check_device
    from central.devices.issue import issue
    from central.keys import load_public_key
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    check_device(args.device, centre.store.device)
    pem = issue(centre, args.device, load_public_key(args.key))
    try:
        args.out.write_text(pem, encoding="ascii")
    except OSError as error:
        raise CannotWrite(path=args.out, why=error.strerror) from None
    say(args, N_("The certificate of {device} is in {path}."), device=args.device, path=args.out)


def _add(args: argparse.Namespace) -> None:
    from central.devices.issue import add_box
    from central.files import read_pem
    from central.wiring import open_centre

    device = add_box(open_centre(args.centre), read_pem(args.certificate))
    say(args, N_("{device} is known from now on."), device=device)


def _boxes(args: argparse.Namespace) -> None:
    from central.web.boxes import box_views
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    with centre.store.read() as tx:
        lines = box_views(tx, centre.store.device, centre.clock.stamp().utc_us, args.lang)
    print_table([N_("Box"), N_("Chain"), N_("Records here"), N_("Last word"), N_("State")],
                [(one.device, one.chain or "—", one.up_to + 1, one.heard, one.state) for one in lines],
                N_("No box is known yet: docs/setup.md says how one joins."), args.lang)


def _claim(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    token, devices = centre.desk().claim(args.device, args.serial, args.hours), centre.config.devices
    say(args, N_("The place of {device} is kept for {hours} hours. Say at the box:"), device=args.device,
        hours=args.hours)
    print(f"  zaitang-edge join FOLDER --centre https://{devices.names[0]}:{devices.port} --token {token} "
          f"--pin {centre.root_fingerprint}")


def _pending(args: argparse.Namespace) -> None:
    from central.devices.claims import public_key
    from central.web.boxes import CHINA_MIN
    from central.wiring import open_centre
    from common.reasons import moment_words
    from evidence.seal import keyid_of

    centre = open_centre(args.centre)
    with centre.store.read() as tx:
        waiting = [(claim, len(tx.keys_of(claim.device))) for claim in tx.claims("waiting")]
    print_table(
        [N_("Box"), N_("Serial number"), N_("Address"), N_("Came"), N_("Keys that are believed"), N_("Key")],
        [(claim.device, claim.serial, claim.asked_from, moment_words(claim.asked_us or 0, CHINA_MIN, args.lang), known,
          keyid_of(public_key(claim.evidence_key or ""))) for claim, known in waiting],
        N_("No box waits for approval."), args.lang)


def _approve(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    body = open_centre(args.centre).desk().approve(args.device)
    say(args, N_("{device} is certified; its key is {keyid}."), device=body.device, keyid=body.keyid)


def _refuse(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    open_centre(args.centre).desk().refuse(args.device, args.reason)
    say(args, N_("{device} is refused."), device=args.device)


def _revoke(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    desk = open_centre(args.centre).desk()
    for body in desk.revoke(args.device, args.reason, args.key, args.untrusted_from):
        say(args, N_("The key {keyid} of {device} is believed no longer."), keyid=body.keyid, device=body.device)


def _pack(args: argparse.Namespace) -> None:
    from central.devices.pack import pack_box
    from central.wiring import open_centre

    done = pack_box(open_centre(args.centre), args.device, args.to)
    say(args, N_("{path} holds what is here of {device}: chains: {chains}, records: {records}, orders: {orders}, "
                 "segments on record: {video}. At the box with the new card: zaitang-edge restore {path} --box DIR"),
        path=args.to, device=args.device, chains=done.chains, records=done.records, orders=done.orders,
        video=done.video)


def _broker(args: argparse.Namespace) -> None:
    from central.devices.broker import Broker
    from central.devices.errors import NoTls
    from central.wiring import open_centre
    from common.logs import setup
    from common.signals import on_signal

    setup()
    centre = open_centre(args.centre)
    if not centre.config.broker.tls:
        raise NoTls
    broker = Broker(centre)
    on_signal(broker.stop)
    broker.run()


def _broker_config(args: argparse.Namespace) -> None:
    from central.devices.broker import write_for_others
    from central.wiring import open_centre

    write_for_others(open_centre(args.centre), args.to)
    say(args, FOR_OTHERS, folder=args.to)


def _devices(args: argparse.Namespace) -> None:
    from central.devices.server import serve_devices
    from central.wiring import open_centre
    from common.logs import setup

    setup()
    serve_devices(open_centre(args.centre), args.port, args.lang)
