"""`zaitang-central user …` and `institution …`: accounts as they are made on the centre's own machine."""
from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from central.commands import say
from common.texts import N_, translate

if TYPE_CHECKING:
    from central.accounts.desk import AccountDesk
    from central.config import Web

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Command: TypeAlias = Callable[..., argparse.ArgumentParser]
ROLES = ("supervisor", "institution", "auditor", "administrator")
NAMED, ROLE = "the account", "what it may do: docs/accounts.md"
_ON, _OFF = N_("on"), N_("off")
ASK, AGAIN = N_("Password of {account}: "), N_("Once more: ")
LINK = N_("Hand this over: it leads once, within a day, to a new password.\n{link}")
TOKEN = N_("Hand this over now: it is shown this once.")
NO_ACCOUNT = N_("There is no account yet. `zaitang-central user add --centre DIR NAME --role administrator --link`"
                " makes the first.")


def add_commands(commands: Commands, command: Command) -> None:
    """Put them below `user` and `institution`."""
    user = commands.add_parser("user", help="accounts of the console").add_subparsers(required=True, metavar="WHAT")
    add = command(user, "add", _add, "make an account, with a password or a link that leads to one")
    add.add_argument("account", metavar="NAME", help="small letters, digits and . _ - ; it stands in records for ever")
    add.add_argument("--role", required=True, choices=ROLES, help=ROLE)
    _add_scope(add)
    way = add.add_mutually_exclusive_group()
    _add_password_file(way)
    way.add_argument("--link", action="store_true", help="print a link that leads once, within a day, to a password")
    command(user, "list", _list, "all accounts")
    change = command(user, "change", _change, "give an account another role or scope")
    change.add_argument("account", metavar="NAME", help=NAMED)
    change.add_argument("--role", required=True, choices=ROLES, help=ROLE)
    _add_scope(change)
    password = command(user, "password", _password, "set a new password, or print a link that leads to one")
    password.add_argument("account", metavar="NAME", help=NAMED)
    way = password.add_mutually_exclusive_group()
    _add_password_file(way)
    way.add_argument("--link", action="store_true", help="print a link that leads once, within a day, to a password")
    token = command(
        user, "token", _token, "print a token with which a program reads the API for an account, for a year")
    token.add_argument("account", metavar="NAME", help=NAMED)
    token.add_argument("--label", required=True, metavar="TEXT", help="what it is for")
    for name, do, help in (("disable", _disable, "let nobody log in with an account; who has is out"),
                           ("enable", _enable, "as before it was disabled"),
                           ("totp-off", _totp_off, "ask an account for no codes any more, as after a lost telephone")):
        command(user, name, do, help).add_argument("account", metavar="NAME", help=NAMED)
    group = commands.add_parser("institution", help="who holds classes").add_subparsers(required=True, metavar="WHAT")
    put = command(group, "add", _institution, "state an institution; stated again, the newest counts")
    put.add_argument("institution", metavar="ID", help="as plans name it: institution = \"ID\"")
    put.add_argument("--name", required=True, metavar="TEXT", help="its name, as on its seal")
    put.add_argument("--region", required=True, metavar="CODE", help="six digits, as in GB/T 2260, like 411202")
    command(group, "list", _institutions, "all institutions")


def _add_scope(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--region", metavar="CODE",
                      help="of a supervisor or auditor: six digits; 00 at the end: the whole")
    what.add_argument("--institution", metavar="ID", help="of an institution's account")


def _add_password_file(group: argparse._MutuallyExclusiveGroup) -> None:
    group.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is the password")


def _add(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    desk, password = centre.account_desk(), None if args.link else _asked(args)
    kept = desk.add(args.account, args.role, args.region or args.institution, None, password)
    say(args, N_("The account {account} is there."), account=kept.name)
    if args.link:
        _print_link(args, centre.config.web, desk.link(kept.name, None))


def _password(args: argparse.Namespace) -> None:
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    desk = centre.account_desk()
    if args.link:
        _print_link(args, centre.config.web, desk.link(args.account, None))
        return
    desk.set_password(args.account, _asked(args), None)
    say(args, N_("The password of {account} is set; whoever was logged in with the old one is out."),
        account=args.account)


def _change(args: argparse.Namespace) -> None:
    _desk(args).change(args.account, args.role, args.region or args.institution, None)
    say(args, N_("The account {account} is changed."), account=args.account)


def _disable(args: argparse.Namespace) -> None:
    _desk(args).disable(args.account, None)
    say(args, N_("The account {account} is disabled; whoever was logged in with it is out."), account=args.account)


def _enable(args: argparse.Namespace) -> None:
    _desk(args).enable(args.account, None)
    say(args, N_("The account {account} may log in again."), account=args.account)


def _totp_off(args: argparse.Namespace) -> None:
    _desk(args).totp_off(args.account, None)
    say(args, N_("The account {account} is asked for no code any more."), account=args.account)


def _token(args: argparse.Namespace) -> None:
    token = _desk(args).make_token(args.account, args.label, None)
    print(translate(TOKEN, args.lang), file=sys.stderr)
    print(token)


def _list(args: argparse.Namespace) -> None:
    from central.web.people import person_view
    from common.tables import print_table

    people = [person_view(kept, {}, args.lang) for kept in _desk(args).accounts()]
    rows = [(one.name, one.role_words, one.scope, one.state, translate(_ON if one.codes else _OFF, args.lang))
            for one in people]
    print_table([N_("Account"), N_("Role"), N_("Reaches"), N_("State"), N_("Codes")], rows, NO_ACCOUNT, args.lang)


def _institution(args: argparse.Namespace) -> None:
    body = _desk(args).put_institution(args.institution, args.name, args.region, None)
    say(args, N_("The institution {institution} is on record: {name}, region {region}."),
        institution=body.institution, name=body.name, region=body.region)


def _institutions(args: argparse.Namespace) -> None:
    from central.classes.institutions import institutions_of
    from central.wiring import open_centre
    from common.tables import print_table

    with open_centre(args.centre).store.read() as tx:
        rows = [(one.institution, one.name, one.region) for one in institutions_of(tx).values()]
    print_table([N_("Id"), N_("Its name"), N_("Region")], rows, N_("No institution is known yet."), args.lang)


def _desk(args: argparse.Namespace) -> AccountDesk:
    from central.wiring import open_centre

    return open_centre(args.centre).account_desk()


def _asked(args: argparse.Namespace) -> str:
    """The first line of the file, or what is typed twice where nobody sees it. Raises NobodyTypes, PassphrasesDiffer,
    BadKeyFile."""
    from central.accounts.errors import NobodyTypes
    from central.errors import PassphrasesDiffer
    from central.files import read

    if args.password_file is not None:
        return read(args.password_file).split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")
    if not sys.stdin.isatty():
        raise NobodyTypes
    typed = getpass.getpass(translate(ASK, args.lang, account=args.account))
    if getpass.getpass(translate(AGAIN, args.lang)) != typed:
        raise PassphrasesDiffer
    return typed


def _print_link(args: argparse.Namespace, web: Web, token: str) -> None:
    say(args, LINK, link=f"{web.address}welcome/{token}")
