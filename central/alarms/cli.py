"""`zaitang-central alarms run|list` and `zaitang-central mail test|status`: tell people what is wrong, and see what was
told."""
from __future__ import annotations

import argparse
from collections.abc import Callable

from central.commands import opened, say
from common.texts import N_, translate

Add = Callable[..., argparse.ArgumentParser]
SHOWN = 100
NONE, NO_LETTER = N_("No alarm was told yet."), N_("No letter waits, and none was given up of late.")
SUBJECT = N_("[{centre}] A test of mail")
BODY = N_("This centre can send mail. Whoever wants alarms says so in the console: {address}own/alarms")
TAKEN = N_("The server took it.")
STATES = {"said": N_("said"), "begun": N_("begun"), "over": N_("over")}
WAITS, GIVEN_UP = N_("waits"), N_("given up")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], add: Add) -> None:
    """Add both. `add`: adds a command that takes the centre's folder."""
    alarms = commands.add_parser("alarms", help="tell people what is wrong").add_subparsers(
        required=True, metavar="WHAT")
    add(alarms, "run", _run, "look for alarms, and send the mail that accounts want, until it is stopped")
    add(alarms, "list", _list, "the newest alarms that people were told")
    mail = commands.add_parser("mail", help="mail of alarms").add_subparsers(required=True, metavar="WHAT")
    test = add(mail, "test", _test, "send one mail now, and say what the server answered")
    test.add_argument("--to", required=True, metavar="ADDRESS", help="who gets it")
    add(mail, "status", _status, "which letters wait, which were given up and why")


def _run(args: argparse.Namespace) -> None:
    import threading

    from central.alone import alone
    from common.logs import setup
    from common.signals import on_signal

    setup()
    centre, stop = opened(args), threading.Event()
    on_signal(stop.set)
    with alone(args.centre, "alarms"):
        if centre.config.mail.host:
            mailer = centre.mailer()
            threading.Thread(target=mailer.run, args=(stop,), name="mail", daemon=True).start()
        centre.watcher().run(stop)


def _list(args: argparse.Namespace) -> None:
    from central.alarms.words import CHINA_MIN, place, sentence
    from common.reasons import moment_words
    from common.tables import print_table

    centre = opened(args)
    with centre.store.read() as tx:
        found = tx.newest_alarms(SHOWN)
    rows = [(one.number, moment_words(one.at_us, CHINA_MIN, args.lang), translate(STATES[one.state], args.lang),
             one.code, place(one, args.lang), sentence(one, args.lang)) for one in found]
    print_table([N_("Number"), N_("Time"), N_("State"), N_("Code"), N_("Where"), N_("What")], rows, NONE, args.lang)


def _test(args: argparse.Namespace) -> None:
    import secrets

    from central.errors import MailRefused
    from central.mail.addresses import check_address
    from central.mail.post import message, post

    centre = opened(args)
    to, server = check_address(args.to), centre.mail_server()
    subject = translate(SUBJECT, args.lang, centre=centre.config.name)
    body = translate(BODY, args.lang, address=centre.config.web.address) + "\n"
    made = message(server.mail, to, subject, body, secrets.token_hex(16), centre.clock.stamp().utc_us)
    answer = post(server, made)
    if not answer.taken:
        raise MailRefused(why=answer.why)
    say(args, TAKEN)


def _status(args: argparse.Namespace) -> None:
    from central.alarms.words import CHINA_MIN
    from common.reasons import moment_words
    from common.tables import print_table

    centre = opened(args)
    with centre.store.read() as tx:
        found = [*tx.waiting_letters(SHOWN), *tx.given_up_letters(SHOWN)]
    rows = [(one.account or "-", moment_words(one.made_us, CHINA_MIN, args.lang), one.subject, one.tries,
             translate(WAITS if one.done_us is None else GIVEN_UP, args.lang), translate(one.why, args.lang) or "-")
            for one in found]
    print_table([N_("Account"), N_("Made"), N_("Subject"), N_("Tries"), N_("State"), N_("Why")], rows, NO_LETTER,
                args.lang)
