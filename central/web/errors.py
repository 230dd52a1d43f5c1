"""What can go wrong with what a page or an upload asks for, each as one sentence."""
from __future__ import annotations

from evidence.errors import BadInput, VerificationError, ZaitangError


class UnknownRecording(BadInput):
    text = "there is no recording of {block} by camera {camera}"


class UnknownEvidence(BadInput):
    text = "there is no record {seq} of {device} at this centre"


class SegmentFileMissing(ZaitangError):
    text = "segment {file} of {device} has not reached the centre yet"


class NotLoopback(BadInput):
    text = (
        "without `certificate` and `key` under [web] in centre.toml the console listens on this machine only; "
        "{host} is refused"
    )


class PortInUse(BadInput):
    text = "port {port} is in use; name another with --port"


class CannotListen(BadInput):
    text = "the console cannot listen at {host}:{port}: {why}"


class DiskFull(ZaitangError):
    text = "the centre's disk is full; nothing more is taken in until there is room"


class TooMuchOfBox(ZaitangError):
    text = "this box brings more than classes make; the centre takes no more of it until later, and the box keeps it"


class SegmentNotStored(BadInput):
    text = "this segment is not at the centre, or its bytes are not those that were recorded"


class UnannouncedSegment(BadInput):
    text = "no accepted record names a segment with this hash"


class FileTooBig(BadInput):
    text = "no segment has more than {most} bytes: nothing of this file is taken"


class TooManyUploads(BadInput):
    text = "so many files at once are not taken from one box, or from all; ask again in a while"


class TooSlow(BadInput):
    text = "the bytes came too slowly; what came of them is kept, go on from there"


class BadPart(BadInput):
    text = "a part is sent with Content-Range, like bytes 0-1048575/5000000, and holds {most} bytes at most"


class NoToken(VerificationError):
    text = "an upload needs a token that the box has signed"


class TokenRefused(VerificationError):
    text = "the token of an upload is refused: {why}"


class BadQuery(BadInput):
    text = "not as /api/openapi.json describes it: {names}"


class NotAllowed(ZaitangError):
    text = "your account may not do this"


class BadForm(ZaitangError):
    text = "this form was not made for you, or is too old: open the page again and send it once more"


class BadServing(BadInput):
    text = "the console cannot be served with that certificate and key: {why}"


class NothingChosen(BadInput):
    text = "choose one of the answers that are offered"


class FactLacks(BadInput):
    text = "fill this in: {key}"


class BadNumber(BadInput):
    text = "{key}: a whole number from 0 to {limit} is needed"


class BadSeconds(BadInput):
    text = "{value} is no number of seconds from the beginning of the file"


class ReasonFirst(ZaitangError):
    text = "nothing plays before you say why you look: open the replay of this recording and give a reason"


class UnclearReason(BadInput):
    text = "choose why you look, in words where it is another reason: {most} characters at most"


class NoMoment(BadInput):
    text = "{value} is no moment of this recording, which goes from {start} to {end}: write a time of day like 09:15:30"


class NothingThere(BadInput):
    text = "camera {camera} recorded nothing at that moment that could be asked for"


class NoReason(BadInput):
    text = "say why you look: it goes on record with your account"


class SignedTwice(BadInput):
    text = "sign in one way only: drawn, typed or scanned"


class PaperNeeded(BadInput):
    text = "the file names {name} as its source: upload that, too"


class NoFacts(BadInput):
    text = "choose the filled-in template (.toml)"


class BadFilter(BadInput):
    text = "{field} is not understood: {why}"


class StillReckoned(BadInput):
    text = "what is kept is still being reckoned; look again in a minute"
