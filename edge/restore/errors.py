"""Why nothing was restored."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError


class NotJoined(BadInput):
    text = "{folder} has not joined a centre yet: first `zaitang-edge join`, under the name that the box had"


class NoPack(BadInput):
    text = "{path} is neither a pack of a box (`zaitang-central box pack`) nor an exported class: {why}"


class OtherBox(BadInput):
    text = "{path} is of the box {theirs}; this one is {device}"


class OtherCentre(BadInput):
    text = "{path} is not of the centre that this box has joined: {why}"


class PackBroken(VerificationError):
    """Of a pack or an export that is not as its centre made it; `why` may be an error."""

    text = "nothing was restored, {path} is not as the centre made it: {why}"


class LacksOrders(BadInput):
    text = (
        "{path} lacks {count} of the orders that the box took: take a pack (`zaitang-central box pack`), an exported "
        "class does not have all of them")


class OtherRecords(BadInput):
    text = (
        "chain {chain} is at this box already, with other records, or fewer, than in {path}: nothing was restored. If "
        "it was restored from an older pack, begin with an empty box again")
