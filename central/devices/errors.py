"""What can go wrong in central/devices, each as one sentence."""
from __future__ import annotations

from central.errors import DatabaseUnusable
from evidence.errors import BadInput, ZaitangError


class NotForABox(BadInput):
    text = "{device} is this centre itself; no box can be called so"


class BadSerial(BadInput):
    text = "{serial} is not the serial number of a machine: up to 64 letters, digits and - . _"


class BadHours(BadInput):
    text = "a claim holds for 1 to {most} hours"


class NobodyWaits(BadInput):
    text = "no box {device} waits for approval"


class NoSuchKey(BadInput):
    text = "no such key of a box {device} is known here that is still believed"


class RevokedAlready(BadInput):
    text = (
        "keys of {device} were revoked before, untrusted from {since}: they can only be given an earlier moment, with "
        "--untrusted-from")


class BadMoment(BadInput):
    text = "{value} is not a moment that has been, in UTC with Z at its end, like 2026-03-02T00:40:00.000000Z"


class BadRequest(BadInput):
    """What a box sent cannot be used; it hears the sentence."""

    text = "the request cannot be read: {why}"


class UnknownToken(BadRequest):
    text = "this token is not known here: look at it again, or ask for a new one"


class TokenExpired(BadRequest):
    text = "this token has expired: ask for a new one"


class TokenUsed(BadRequest):
    text = "this token was used already, by another key"


class OtherSerial(BadRequest):
    text = "this token was made for another machine than the one with the serial number {serial}"


class OtherName(BadRequest):
    text = "this token was made for the box {device}, not for {name}"


class TooManyTries(BadRequest):
    text = "too many tries were refused; try again in ten minutes"


class ClaimedAlready(BadRequest):
    text = "another machine that calls itself {device} waits for approval already"


class NoRoom(BadRequest):
    text = "too many new machines wait here; introduce yourself again later"


class UnknownCode(BadInput):
    text = (
        'no machine that shows this code has come here: compare it with the screen, which says "A new box. Claim it at '
        'the centre" as soon as it has')


class CodeUsed(BadInput):
    text = "the machine with this code was claimed already"


class NotCompared(BadInput):
    text = "compare the fingerprint with the screen of the machine, and say that it is the same"


class OtherKey(BadInput):
    text = "this is not the machine that was shown when you began: look at it again"


class NameKnown(BadInput):
    text = "a box {device} is known already: only an administrator replaces it"


class BadRoom(BadInput):
    text = "a room is named in up to {most} letters"


class KeyRevoked(BadRequest):
    """`orders`: the message of the centre's order that says so, empty where there is none."""

    text = "the key of this box was revoked"


class UnknownBox(BadRequest):
    text = "no box is known here that has this key"


class BadDevice(BadInput):
    text = "{device} is not a box's id: use up to 64 of a-z 0-9 . _ -, beginning with a letter or digit"


class NoMosquitto(BadInput):
    text = "Mosquitto is not installed here (Debian: sudo apt-get install mosquitto)"


class BrokerEnded(ZaitangError):
    text = "the broker ended by itself (code {code}). Its last words:\n{words}"


class NoTls(BadInput):
    text = "centre.toml says that the broker is reached without TLS: write tls = true into its section [broker]"


class LedgerUnusable(DatabaseUnusable):
    text = "what the centre certified and revoked cannot be read or written in {path}: {why}"


class LedgerDamaged(DatabaseUnusable):
    text = (
        "from byte {at} on {path} is not what the centre wrote: put its newest copy back, or take it away and revoke "
        "again whoever was revoked after the backup of the database was made")


class NothingToPack(BadInput):
    text = "no record of a box {device} is here"


class PackThere(BadInput):
    text = "{path} exists already"


class PackFailed(ZaitangError):
    text = "the pack {path} was not written: {why}"
