"""Several people of one name in a class: each gets a name of its own, as （1）, （2） … Pure."""
from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Sequence


def apart(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The names in their order, each different from the others and from those that are `taken`."""
    called, used, found = Counter(names), {*names, *taken}, list[str]()
    for name in names:
        one = name
        if name and (called[name] > 1 or name in taken):
            one = next(free for count in itertools.count(1) if (free := f"{name}（{count}）") not in used)
            used.add(one)
        found.append(one)
    return found


def without_suffix(name: str) -> str:
    """A name as an ID card has it: without what tells namesakes apart, and without spaces."""
    return re.sub(r"(?<=.)[（(][^（()）]*[)）]$", "", "".join(name.split()))
