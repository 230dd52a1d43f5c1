"""Goes through the items: places what is not there, or takes away what the journal says; can be killed anywhere."""
from __future__ import annotations

from collections.abc import Sequence

from provisioning.install.host import Host
from provisioning.install.items import Item, undo
from provisioning.install.said import InstallError, Said


def missing(host: Host, items: Sequence[Item]) -> list[Item]:
    """What is not done yet. Changes nothing."""
    return [item for item in items if not item.done(host)]


def install(host: Host, items: Sequence[Item], end: str) -> int:
    """Place what is not there, in its order; how many items that were. Raises InstallError."""
    placed = 0
    for number, item in enumerate(items, 1):
        if item.done(host):
            if item.key in host.journal.placed:
                host.journal.put(item.key, host.journal.placed[item.key], end)
            continue
        host.say(Said(f"[{number}/{len(items)}] {item.says.zh}", f"[{number}/{len(items)}] {item.says.en}"))
        mark = item.mark(host)
        if mark is not None:
            host.journal.put(item.key, mark, end)
        item.do(host)
        placed += 1
        if not item.done(host):
            raise InstallError(f"“{item.says.zh}”没有成功：请看日志。",
                               f"“{item.says.en}” did not come about: see the log.")
    return placed


def remove(host: Host, end: str) -> int:
    """Take away what was placed for an end alone, the last first; how many items that were. Raises InstallError."""
    removed = 0
    for key, mark in reversed(list(host.journal.placed.items())):
        ends = host.journal.ends[key]
        if ends == [end]:
            host.say(Said(f"[-] {key}", f"[-] {key}"))
            undo(host, key, mark)
            removed += 1
        if end in ends:
            host.journal.drop(key, end)
    return removed
