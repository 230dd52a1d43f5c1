"""`zaitang-central`: reads the command line and hands on. Nothing heavy is imported before the command is known."""
from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from central.commands import say
from common.commands import Parser, asked_language
from common.texts import N_, own_language, words
from evidence.errors import BadInput, ZaitangError

if TYPE_CHECKING:
    from common.lock import Lock

CONTRADICTED = N_("A box of this class saw the centre's tree of {size} records, and the tree does not begin with it any"
                  " more: the database was restored from a backup, or changed. zaitang-verify will say so. The records"
                  " of the boxes are whole.")
CARRY_AWAY = N_("Carry {root} away now, on two sticks, and remove it here: with it and its passphrase anybody can be "
                "every box and every centre of this site. It is needed again in five years at most, for `root sign`.")
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    # What a centre writes shows people and names them: nobody else on the machine may read it.
    os.umask(0o077)
    args = _parser(asked_language(argv)).parse_args(argv)
    try:
        return int(args.do(args) or 0)
    except ZaitangError as error:
        print(words(error, args.lang), file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    except KeyboardInterrupt:
        return 130


def _parser(lang: str = "en") -> Parser:
    parser = Parser(prog="zaitang-central", description="The centre: collector and console.", lang=lang)
    parser.add_language(own_language())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    box_commands = importlib.import_module("central.devices.cli")
    init = commands.add_parser("init", help="make a centre's folder: configuration, root and keys, database")
    init.add_argument("folder", type=Path, help="the folder of the new centre: a new or an empty one")
    init.add_argument("--test-keys", action="store_true", help="mark the keys as test keys, which only a demo accepts")
    init.add_argument("--database", default="", metavar="ADDRESS",
                      help="keep records in this empty database of PostgreSQL, not in the folder")
    box_commands.add_passphrase(init)
    init.set_defaults(do=_init)
    box_commands.add_commands(commands, _command)
    importlib.import_module("common.lock_cli").add_commands(commands, "--centre", _lock)
    _add_class(commands)
    _add_statements(commands)
    _add_reviews(commands)
    importlib.import_module("central.decision_cli").add_commands(commands, _command)
    _command(commands, "collect", _collect, "take records from the broker, keep them, send receipts and orders")
    serve = _command(commands, "serve", _serve, "serve the console")
    serve.add_argument("--host", help="another address than centre.toml says; a loopback one without a certificate")
    serve.add_argument("--port", type=int, help="another port than centre.toml says; 0: a free one")
    export = _command(commands, "export", _export, "write a class to a folder that zaitang-verify can check")
    export.add_argument("class_id", metavar="CLASS")
    export.add_argument("--to", type=Path, required=True, metavar="DIR",
                        help="the folder to write; it must not exist yet")
    _add_move(commands)
    _add_tree(commands)
    importlib.import_module("central.archive.cli").add_commands(commands, _command)
    importlib.import_module("central.dossier.cli").add_commands(commands, _command)
    importlib.import_module("central.orders.cli").add_commands(commands)
    importlib.import_module("central.bucket.cli").add_commands(commands)
    importlib.import_module("central.backup.cli").add_commands(commands)
    importlib.import_module("central.scrub.cli").add_commands(commands)
    importlib.import_module("central.alarms.cli").add_commands(commands, _command)
    importlib.import_module("central.webhook.cli").add_commands(commands, _command)
    importlib.import_module("central.keeping.cli").add_commands(commands, _command)
    importlib.import_module("central.stated_cli").add_commands(commands)
    importlib.import_module("central.support_cli").add_commands(commands)
    importlib.import_module("central.plans.cli").add_commands(commands)
    importlib.import_module("central.doctor.cli").add_commands(commands, _command)
    importlib.import_module("central.update_cli").add_commands(commands)
    _command(commands, "sealing-key", _sealing_key, "print the key to which boxes seal ID numbers and lists of people")
    roster = _command(commands, "roster", _roster,
                      "take a list of people that a box sealed; write its names for `class add`")
    roster.add_argument("file", type=Path, metavar="FILE", help="the sealed list that the box wrote")
    roster.add_argument("--names", type=Path, required=True, metavar="NAMES.toml",
                        help="the file of names to write, for `class add`")
    kept = commands.add_parser("database", help="where records are kept").add_subparsers(required=True, metavar="WHAT")
    _command(kept, "move", _move_database, "move what zaitang.db holds to the database that centre.toml names")
    importlib.import_module("central.accounts.cli").add_commands(commands, _command)
    return parser


def _lock() -> Lock:
    from central.locked import LOCK

    return LOCK


def _add_class(commands: Commands) -> None:
    group = commands.add_parser("class", help="classes").add_subparsers(required=True, metavar="WHAT")
    add = _command(group, "add", _class_add, "sign a class's plan and roster as an order to its boxes")
    add.add_argument("plan", type=Path, metavar="PLAN.toml", help="the class, its boxes and hours: docs/setup.md")
    add.add_argument("--names", type=Path, required=True, metavar="NAMES.toml",
                     help="its people: names and who is an instructor")
    _command(group, "list", _class_list, "all classes")
    show = _command(group, "show", _class_show, "plan and people of a class")
    show.add_argument("class_id", metavar="CLASS")


def _add_statements(commands: Commands) -> None:
    assessed = _command(commands, "assessed", _assessed, "state that a class was assessed: its video is kept from then")
    assessed.add_argument("class_id", metavar="CLASS")
    assessed.add_argument("--on", required=True, metavar="DATE", help="the day, like 2026-04-02")
    dispute = _command(commands, "dispute", _dispute, "state that a dispute about a class began or ended")
    dispute.add_argument("class_id", metavar="CLASS")
    dispute.add_argument("what", choices=("open", "close"), help="whether it begins or ends")
    dispute.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
    dispute.add_argument("--dispute", metavar="ID", help="which one ends, if several are open")
    hold = _command(commands, "hold", _hold, "hold the video of a class whatever its time, for a court or an authority")
    hold.add_argument("class_id", metavar="CLASS")
    hold.add_argument("what", choices=("place", "lift"), help="whether it begins or ends")
    hold.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
    hold.add_argument("--by", required=True, metavar="ACCOUNT",
                      help="the supervisor who says so, of a region that holds the class; kept for ever")
    hold.add_argument("--hold", metavar="ID", help="which one ends, if several are placed")


def _add_reviews(commands: Commands) -> None:
    review = _command(commands, "review", _review, "answer for a recording, after a look at it; the rule counts this")
    review.add_argument("class_id", metavar="CLASS")
    review.add_argument("block", metavar="BLOCK", help="like 2026-03-02-am, or a class-hour")
    review.add_argument("--answer", required=True, choices=("complete", "missing", "open"),
                        help="everyone is shown, somebody is missing, or it cannot be decided")
    review.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
    review.add_argument("--by", required=True, metavar="ACCOUNT",
                        help="the supervisor who answers, of a region that holds the class; kept for ever")
    point = _command(commands, "point", _point, "say which trainee is seen in a frame: that trainee is shown")
    point.add_argument("class_id", metavar="CLASS")
    point.add_argument("person", metavar="PERSON", help="pseudonym, or name")
    point.add_argument("--segment", required=True, metavar="HASH", help="the SHA-256 of the file")
    point.add_argument("--at", type=float, required=True, metavar="SECONDS", help="after the beginning of the file")
    point.add_argument("--box", default="", metavar="X,Y,W,H", help="where in the picture, in pixels")
    point.add_argument("--by", required=True, metavar="ACCOUNT",
                       help="the supervisor who points, of a region that holds the class; kept for ever")


def _command(commands: Commands, name: str, do: object, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help)
    parser.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    parser.set_defaults(do=do)
    return parser


def _add_move(commands: Commands) -> None:
    move = _command(commands, "order-templates", _move, "order that face templates may move to another box")
    move.add_argument("class_id", metavar="CLASS")
    move.add_argument("--from", dest="source", required=True, metavar="BOX", help="the box that has the faces")
    move.add_argument("--to", dest="target", required=True, metavar="BOX", help="the box that gets them")
    move.add_argument("--people", nargs="+", default=(), metavar="ID", help="pseudonyms; without it the whole class")
    move.add_argument("--days", type=int, default=7, metavar="N", help="for how long the order holds")


def _add_tree(commands: Commands) -> None:
    group = commands.add_parser("tree", help="the transparency tree").add_subparsers(required=True, metavar="WHAT")
    _command(group, "key", _tree_key, "print the key with which the tree's checkpoints are checked")
    _command(group, "checkpoint", _tree_checkpoint, "sign how the tree looks now, and print that")
    _command(group, "trust-clock", _tree_trust,
             "say that the clock of this machine is right now, after a time that was wrong or without a time server, "
             "and sign again")
    write = _command(group, "write", _tree_write, "write the tree to a folder, for a witness without a network")
    write.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder to write to")
    cosigned = _command(group, "cosigned", _tree_cosigned, "keep what a witness cosigned")
    cosigned.add_argument("file", type=Path, metavar="FILE", help="the cosigned checkpoint that the witness wrote")


def _init(args: argparse.Namespace) -> None:
    from central.passphrase import asked_passphrase
    from central.wiring import init_centre
    from evidence.certs import fingerprint

    passphrase = None if args.test_keys else asked_passphrase(args.passphrase_file, args.lang, new=True)
    centre = init_centre(args.folder, args.test_keys, passphrase=passphrase, database=args.database, lang=args.lang)
    say(args, N_("The centre is ready in {folder}. Fingerprint of its root: {root}"), folder=args.folder,
        root=fingerprint(centre.keys.root))
    if not args.test_keys:
        say(args, CARRY_AWAY, root=args.folder / "root")


def _class_add(args: argparse.Namespace) -> None:
    from central.classes.orders import add_class
    from central.classes.plan import read_names, read_plan
    from central.wiring import open_centre

    plan, people = read_plan(args.plan), read_names(args.names)
    centre = open_centre(args.centre)
    order = add_class(centre.store, centre.names, plan, people, args.plan)
    say(args, N_("Order {number} of class {class_id} is signed: {people} people, {hours} class-hours."),
        number=order.number, class_id=order.class_id, people=len(order.roster), hours=len(order.hours))


def _class_list(args: argparse.Namespace) -> None:
    from central.classes.orders import latest_orders
    from central.wiring import open_centre
    from common.tables import print_table

    with open_centre(args.centre).store.read() as tx:
        rows = [(class_id, order.number, len(order.roster), order.policy.id, order.title)
                for class_id, (_, order) in latest_orders(tx).items()]
    print_table([N_("Class"), N_("Order"), N_("People"), N_("Policy"), N_("Title")], rows, N_("No class is planned."),
                args.lang)


def _class_show(args: argparse.Namespace) -> None:
    from central.classes.orders import order_of
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    with centre.store.read() as tx:
        _, order = order_of(tx, args.class_id)
        names = centre.names.open_all(args.class_id, tx.sealed_names(args.class_id))
    print(f"{order.class_id}\t{order.number}\t{order.policy.id}\t{order.title}")
    for place in order.boxes:
        print(f"{place.device}\t{place.room}")
    for hour in order.hours:
        print(f"{hour.hour}\t{hour.kind}\t{hour.start}\t{hour.end}")
    for one in order.roster:
        print(f"{one.person}\t{one.role}\t{names[one.person].name if one.person in names else '-'}")


def _assessed(args: argparse.Namespace) -> None:
    from central.classes.statements import state_assessment
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    state_assessment(centre.store, args.class_id, args.on, centre.clock.stamp().utc_us)
    say(args, N_("It is stated that class {class_id} was assessed on {date}; its boxes keep the video from then."),
        class_id=args.class_id, date=args.on)


def _dispute(args: argparse.Namespace) -> None:
    from central.classes.statements import close_dispute, open_dispute
    from central.wiring import open_centre

    store = open_centre(args.centre).store
    if args.what == "open":
        body = open_dispute(store, args.class_id, args.reason)
        said = N_("Dispute {dispute} about class {class_id} is open: its boxes remove none of its video.")
    else:
        body = close_dispute(store, args.class_id, args.reason, args.dispute)
        said = N_("Dispute {dispute} about class {class_id} is over; its video is kept from now on as the rule says.")
    say(args, said, dispute=body.dispute, class_id=args.class_id)


def _hold(args: argparse.Namespace) -> None:
    from central.accounts.actions import Action
    from central.classes.holds import lift_hold, place_hold
    from central.commands import named
    from central.wiring import open_centre

    store = open_centre(args.centre).store
    by = named(args, store, Action.HOLD)
    if args.what == "place":
        body = place_hold(store, args.class_id, args.reason, by)
        said = N_("Hold {hold} is placed: no video of class {class_id} is removed, whatever its time.")
    else:
        body = lift_hold(store, args.class_id, args.reason, args.hold, by)
        said = N_("Hold {hold} is lifted; the video of class {class_id} is kept from now on as the rule says.")
    say(args, said, hold=body.hold, class_id=args.class_id)


def _review(args: argparse.Namespace) -> None:
    from central.review_cli import review

    review(args)


def _point(args: argparse.Namespace) -> None:
    from central.review_cli import point

    point(args)


def _collect(args: argparse.Namespace) -> None:
    import gc

    from central.alone import alone
    from central.ingest.signatures import spare
    from central.tree.keeper import kept
    from central.wiring import open_centre
    from common.logs import setup
    from common.signals import on_signal

    setup()
    centre = open_centre(args.centre)
    with alone(args.centre), spare() as signatures:
        link = centre.broker_link(signatures)
        on_signal(link.stop)
        # Garbage is never among what is here by now; looking there again and again took a fifth of the time.
        gc.collect()
        gc.freeze()
        with kept(centre.keeper(), link.stop):
            link.run()


def _serve(args: argparse.Namespace) -> None:
    from central.web.server import serve
    from central.wiring import open_centre

    serve(open_centre(args.centre), args.host, args.port, args.lang)


def _export(args: argparse.Namespace) -> None:
    from central.export import export_class
    from central.wiring import open_centre

    done = export_class(open_centre(args.centre), args.class_id, args.to)
    say(args, N_("Class {class_id} is in {folder}, checked."), class_id=args.class_id, folder=done.folder)
    if done.contradicted is not None:
        say(args, CONTRADICTED, size=done.contradicted)


def _move(args: argparse.Namespace) -> None:
    from central.classes.moves import order_move
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    now_us = centre.clock.stamp().utc_us
    sealed, body = order_move(centre.store, args.class_id, args.source, args.target, args.people, args.days, now_us)
    say(args, N_("Faces of {people} people may move from {source} to {target} until {expires}. Order: {order}"),
        people=len(body.people), source=body.source, target=body.target, expires=body.expires, order=sealed.hash)


def _sealing_key(args: argparse.Namespace) -> None:
    from central.keys import sealing_key

    print(sealing_key(args.centre / "keys").public_key().public_bytes_raw().hex())


def _roster(args: argparse.Namespace) -> None:
    from central.classes.lists import take_list
    from central.keys import sealing_key

    class_id, count = take_list(args.centre, sealing_key(args.centre / "keys"), args.file, args.names)
    say(args, N_("The names of {count} people of class {class_id} are in {path}; their numbers stay sealed."),
        count=count, class_id=class_id, path=args.names)


def _tree_key(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    print(open_centre(args.centre).tree().key.text)


def _tree_checkpoint(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    stated = centre.checkpoint()
    print(stated.note.bytes().decode(), end="")


def _tree_trust(args: argparse.Namespace) -> None:
    from central.signing import trust_clock
    from central.wiring import open_centre
    from evidence.times import utc_text

    centre = open_centre(args.centre)
    stamp = centre.clock.stamp()
    wrong = trust_clock(centre.store, stamp)
    if wrong is not None:
        say(args, N_("The centre signs again; {time}, which it had signed, is on record as wrong."), time=wrong)
    else:
        say(args, N_("The centre signs again, by {time}, the clock of this machine. Nobody sets it: that you call it"
                     " right is on record, and counts for some 66 hours and until the machine starts again."),
            time=utc_text(stamp.utc_us))


def _tree_write(args: argparse.Namespace) -> None:
    from central.tree.folder import write_tree
    from central.wiring import open_centre

    size = write_tree(open_centre(args.centre), args.to)
    say(args, N_("The tree of {size} records is in {folder}."), size=size, folder=args.to)


def _tree_cosigned(args: argparse.Namespace) -> None:
    from central.tree.witnesses import read_cosigned, take_cosignatures
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    for name in take_cosignatures(centre.store, centre.witnesses, read_cosigned(args.file)):
        say(args, N_("The word of the witness {witness} is kept."), witness=name)


def _move_database(args: argparse.Namespace) -> None:
    from central.place import move_database

    count = move_database(args.centre)
    say(args, N_("{count} records are in the database that centre.toml names; the old file is put aside as {path}."),
        count=count, path=args.centre / "zaitang.db.moved")


if __name__ == "__main__":
    sys.exit(main())
