"""What can go wrong when a box joins a centre or renews its certificate, each as one sentence."""
from __future__ import annotations

from common.texts import N_
from evidence.errors import BadInput, ZaitangError


class BadPin(BadInput):
    text = "{value} is not a fingerprint: 64 hex digits, as `zaitang-central box claim` printed them"


class BadAddress(BadInput):
    text = "{value} is not the address of a centre, like https://centre.example:8471"


class NoSerial(BadInput):
    text = "this machine does not tell its serial number: say the one for which the token was made with --serial"


class CentreAway(ZaitangError):
    text = "the centre at {address} does not answer: {why}"


class NotThePinned(ZaitangError):
    text = (
        "whoever answers at {address} is not the centre with the pinned fingerprint: it has {have}, and {want} was "
        "given; nothing was sent to it"
    )


class StrangeAnswer(ZaitangError):
    text = "the centre's answer cannot be used: {why}"


class Refused(BadInput):
    text = "the centre refused: {why}"


class Revoked(Refused):
    """`orders`: the message of the order that says so, as the centre signed it; not checked."""

    text = "the centre refused: the key of this box was revoked"


class RefusedByPerson(BadInput):
    text = "the centre refused this box: {reason}"


class JoinedAlready(BadInput):
    text = "the box in {folder} has joined already, under the root {root}"


class StillWaiting(BadInput):
    text = "the centre has not approved this box yet; say the same command again later"


WHY = {
    "UnknownToken": N_("this token is not known there: look at it again, or ask for a new one"),
    "TokenExpired": N_("this token has expired: ask for a new one"),
    "TokenUsed": N_("this token was used already, by another key: if not by this box, say so at the centre"),
    "OtherSerial": N_("this token was made for another machine"),
    "OtherName": N_("this token was made for a box of another name than box.toml says"),
    "ClaimedAlready": N_("another machine of this name waits for approval already"),
    "TooManyTries": N_("too many tries were refused; try again in ten minutes"),
    "UnknownBox": N_("it does not know this box"),
    "CentreFailed": N_("it failed; its log says why"),
}
OTHER = N_("it gave no reason that is known here")
