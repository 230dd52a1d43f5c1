"""Why the box takes nothing from a message of the centre. `code` goes into the alarm record."""
from __future__ import annotations

from typing import ClassVar

from evidence.errors import VerificationError


class Refused(VerificationError):
    """A message that is not taken."""

    code: ClassVar[str] = "refused"
    text = "a message of the centre was refused: {why}"


class NotAMessage(Refused):
    code = "not_a_message"
    text = "a message of the centre was refused: it cannot be read ({why})"


class NotTheCentre(Refused):
    code = "not_the_centre"
    text = "a message of the centre was refused: it is not signed by this site's centre ({why})"


class NotThisBox(Refused):
    code = "not_this_box"
    text = "an order was refused: it names other boxes than {device}"


class NotNewer(Refused):
    code = "not_newer"
    text = "an order was refused: its number {number} is not above {known}, which this box has"


class UnknownPolicy(Refused):
    code = "unknown_policy"
    text = "an order was refused: this box does not have its policy {policy} in that version"


class WrongKey(Refused):
    code = "wrong_key"
    text = "an order was refused: it is for another key than this box has"


class RevokedSigner(Refused):
    code = "revoked_signer"
    text = "a withdrawal was not followed: the centre has revoked the key that signed it"


class BadNames(Refused):
    code = "bad_names"
    text = "an order was refused: {why}"


class NotOurChain(Refused):
    code = "not_our_chain"
    text = "a receipt was refused: {why}"


class NotACheckpoint(Refused):
    code = "not_a_checkpoint"
    text = "a checkpoint was refused: {why}"
