"""`zaitang-verify witness`: watch a centre's tree and cosign it. 0 cosigned, 1 the centre is caught, 2 no look."""
from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common.commands import Parser, asked_language
from common.texts import LANGS, N_, own_language, translate, words
from evidence.errors import BadInput, VerificationError
from verify.folder import shown
from verify.source import Website, open_source
from verify.witness import Look, load_witness, look, new_key, read_log_key, write_whole

FIRST = N_("First look: the centre shows a tree of {size} records. From now on it can only grow. Cosigned.")
GREW = N_("The tree grew from {before} to {size} records, and nothing before was changed. Cosigned.")
SAME = N_("The tree still has {size} records. Cosigned.")
KEY = N_("Give this key to the centre (centre.toml, witnesses) and to whoever verifies exports (--witness):")


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = _parser(asked_language(argv))
    args = parser.parse_args(argv)
    try:
        if args.new is not None:
            key = new_key(args.key, args.new).text
            print(translate(KEY, args.lang))
            print(key)
            return 0
        if args.log is None or args.log_key is None or args.state is None:
            parser.error(translate(N_("--log, --log-key and --state are needed"), args.lang))
        return _watch(args)
    except BadInput as error:
        _complain(error, args.lang)
        return 2
    except KeyboardInterrupt:
        return 130


def _watch(args: argparse.Namespace) -> int:
    """Look once, or again and again: until the centre is caught. What could not be read is tried again then."""
    while True:
        status = _once(args)
        if args.every is None or status == 1:
            return status
        time.sleep(args.every)


def _once(args: argparse.Namespace) -> int:
    try:
        witness, log = load_witness(args.key), read_log_key(args.log_key)
        source = open_source(args.log)
        found = look(source, log, witness, args.state, int(time.time()))
        _hand_over(args, found)
        if isinstance(source, Website):
            source.cosign(found.cosigned.bytes())
    except VerificationError as error:
        _complain(error, args.lang)
        return 1
    except BadInput as error:
        _complain(error, args.lang)
        return 2
    size, before = found.stated.checkpoint.size, found.before
    text = FIRST if before is None else SAME if before == size else GREW
    print(translate(text, args.lang, size=size, before=before), flush=True)
    return 0


def _hand_over(args: argparse.Namespace, found: Look) -> None:
    """The cosigned checkpoint as a file, where one is asked for. Raises CannotWrite."""
    if args.to is not None:
        write_whole(args.to, found.cosigned.bytes())


def _complain(error: BadInput | VerificationError, lang: str) -> None:
    print(shown(words(error, lang)), file=sys.stderr, flush=True)


def _parser(lang: str) -> Parser:
    parser = Parser(
        lang=lang,
        prog="zaitang-verify witness",
        description="Watch a centre's tree as an independent witness: demand a proof that it only grew, and cosign it. "
        "Exit status: 0 cosigned; 1 the centre was caught; 2 it could not be looked at.",
    )
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key of this witness")
    parser.add_argument("--new", metavar="NAME", help="make that key, called NAME, and print what others need of it")
    parser.add_argument("--log", metavar="PLACE", help="the address of the tree, or a folder that the centre wrote")
    parser.add_argument("--log-key", metavar="KEY", help="the key of the tree, or a file with it")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remembers what was seen last: keep it safe")
    parser.add_argument("--every", type=_seconds, metavar="SECONDS", help="look again and again")
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the cosigned checkpoint to this file")
    parser.add_argument("--lang", choices=LANGS, default=own_language(), help="language of the sentences")
    return parser


def _seconds(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 86400:
        raise ValueError
    return value


if __name__ == "__main__":
    sys.exit(main())
