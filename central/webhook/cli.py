"""`zaitang-central webhook run|status|again|secret`: tell the systems of others, and see what they took."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from central.wiring import Centre

Add = Callable[..., argparse.ArgumentParser]
NONE = N_("No target: centre.toml names nobody under [[webhook.targets]].")
AGAIN = N_("{target} is told again: {count} events.")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], add: Add) -> None:
    """Add `webhook`. `add`: adds a command that takes the centre's folder."""
    group = commands.add_parser("webhook", help="tell other systems what became of classes").add_subparsers(
        required=True, metavar="WHAT")
    add(group, "run", _run, "look at classes that changed, and tell the targets of centre.toml, until it is stopped")
    add(group, "status", _status, "what each target took, what waits, what it refused")
    again = add(group, "again", _again, "tell a target again: what it refused and what waits, at once")
    again.add_argument("target", metavar="TARGET", help="its name in centre.toml")
    again.add_argument("--all", action="store_true", help="everything from the first event on")
    secret = add(group, "secret", _secret, "print the secret with which a target checks signatures")
    secret.add_argument("target", metavar="TARGET", help="its name in centre.toml")


def _run(args: argparse.Namespace) -> None:
    import threading

    from central.alone import alone
    from central.webhook.worker import Worker
    from central.wiring import open_centre
    from common.logs import setup
    from common.signals import on_signal

    setup()
    centre, stop = open_centre(args.centre), threading.Event()
    on_signal(stop.set)
    with alone(args.centre, "webhook"):
        Worker(centre.store, centre.clock, centre.webhook_targets()).run(stop)


def _status(args: argparse.Namespace) -> None:
    from central.wiring import open_centre
    from common.tables import print_table

    centre = open_centre(args.centre)
    rows, refused = [], []
    with centre.store.read() as tx:
        last = tx.last_event()
        for one in centre.config.webhook.targets:
            state, said = tx.target(one.name), tx.refusals(one.name)
            rows.append((one.name, one.url, state.up_to, last - state.up_to, len(said), state.tries,
                         translate(state.why, args.lang) or "-"))
            refused += [(one.name, number, why) for number, why in said]
    print_table([N_("Target"), N_("Address"), N_("Taken up to"), N_("Waiting"), N_("Refused"), N_("Tries"), N_("Why")],
                rows, NONE, args.lang)
    if refused:
        print_table([N_("Target"), N_("Event"), N_("Why")], refused, NONE, args.lang)


def _again(args: argparse.Namespace) -> None:
    from central.store.outbox import TargetState
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    name = _known(centre, args.target)
    with centre.store.write() as tx:
        state, numbers = tx.target(name), [number for number, _ in tx.refusals(name)]
        up_to = 0 if args.all else min([state.up_to, *(number - 1 for number in numbers)])
        tx.put_target(TargetState(name, up_to))
        tx.forget_refusals(name)
        count = tx.last_event() - up_to
    print(translate(AGAIN, args.lang, target=name, count=count))


def _secret(args: argparse.Namespace) -> None:
    from central.webhook.secret import secret_of, secret_text
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    print(secret_text(secret_of(Path(args.centre), _known(centre, args.target))))


def _known(centre: Centre, target: str) -> str:
    """Raises NoTarget."""
    from central.errors import NoTarget

    if target not in {one.name for one in centre.config.webhook.targets}:
        raise NoTarget(target=target[:64])
    return target
