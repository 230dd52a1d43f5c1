"""What the commands of `zaitang-central` share: the open centre, a sentence said in the caller's language, sizes."""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from common.texts import translate

if TYPE_CHECKING:
    from central.accounts.actions import Action
    from central.store.store import Store
    from central.wiring import Centre


def opened(args: argparse.Namespace) -> Centre:
    """The centre of `--centre`; whoever asks closes its store. Raises what `open_centre` raises."""
    from central.wiring import open_centre

    return open_centre(args.centre)


def named(args: argparse.Namespace, store: Store, action: Action) -> str:
    """The account of `--by`, which may do this for the class in the console, too. Raises HasNoRight."""
    from central.accounts.scope import check_right

    with store.read() as tx:
        check_right(tx, args.by, action, args.class_id)
    return str(args.by)


def say(args: argparse.Namespace, msgid: str, **params: object) -> None:
    """Print a sentence of the catalogues, in the language of `--lang`."""
    print(translate(msgid, args.lang, **params))


def gb(size: int) -> str:
    """`size` bytes as gigabytes, to a tenth."""
    return f"{size / 1e9:.1f}"
