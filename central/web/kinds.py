"""The words for kinds of records, and for why a message was refused."""
from __future__ import annotations

from common.texts import N_, translate

RECORDS = {
    "genesis": N_("beginning of a chain"),
    "order.class": N_("class order"),
    "order.accepted": N_("class order accepted"),
    "roster.event": N_("change of the roster"),
    "leave": N_("approved leave"),
    "assessment": N_("assessment of a class"),
    "dispute": N_("dispute about a class"),
    "consent": N_("consent to the use of the face, or refusal"),
    "consent.withdrawn": N_("consent withdrawn"),
    "enrolment": N_("enrolment"),
    "face.erased": N_("face data erased"),
    "order.templates": N_("order to move face templates"),
    "templates.moved": N_("face templates moved"),
    "session.start": N_("start press"),
    "session.end": N_("end press"),
    "session.corrected": N_("wrongly started class put right"),
    "segment": N_("video file"),
    "checkin": N_("attempt to check in"),
    "checkin.pin": N_("sign-in by PIN"),
    "pin.set": N_("PIN set or replaced"),
    "rollcall": N_("roll call of a video file"),
    "bareface": N_("bare-face roll call"),
    "look": N_("look at pictures of faces"),
    "sheet": N_("contact sheet made for the centre"),
    "picture": N_("check of the picture of a video file"),
    "code.shown": N_("code shown to the room camera"),
    "code.read": N_("search for a code in a video file"),
    "pointed": N_("person pointed out in a picture"),
    "review": N_("review of a recording"),
    "objection": N_("objection to what is found of a class"),
    "decision": N_("decision about a flag"),
    "inspection": N_("inspection of a class"),
    "survey": N_("satisfaction survey of a class"),
    "imported": N_("facts of another system or paper"),
    "alarm": N_("alarm"),
    "checkpoint.seen": N_("checkpoint of the centre's tree"),
    "chain.begun": N_("new chain after an earlier one of this box"),
    "segment.removed": N_("removal of a video file"),
    "video.reused": N_("video seen elsewhere"),
    "export": N_("export of a class"),
    "device.approved": N_("box certified"),
    "device.refused": N_("box refused"),
    "device.revoked": N_("key of a box revoked"),
    "order.box": N_("order to a box"),
    "order.answered": N_("answer of a box to an order"),
    "live.ended": N_("live pictures are over"),
    "hold": N_("video of a class held"),
    "video.removed": N_("video removed at the centre"),
    "erasure.asked": N_("erasure of a face asked for"),
    "person.erased": N_("face data of a person erased"),
    "institution": N_("training institution stated"),
    "account": N_("account of the console made or changed"),
    "look.centre": N_("look at something in the console"),
}
REFUSED = {
    "BadRecord": N_("not a record"),
    "BadSeal": N_("the seal does not hold"),
    "WrongSigner": N_("signed with another key"),
    "BadCertificate": N_("the certificate is not to be trusted"),
    "TestKey": N_("signed with a test key"),
    "UnknownSigner": N_("from a box that is not known here"),
    "RevokedKey": N_("signed with a revoked key"),
    "WrongTopic": N_("sent in the name of another box"),
    "WrongPlace": N_("a record that does not belong there"),
    "Fork": N_("two different records with the same number"),
    "ChainBroken": N_("does not follow from the record before it"),
}


def record_kind(type_: str, lang: str) -> str:
    """What a record is; a type that this version does not know is shown as it is."""
    return translate(RECORDS.get(type_, type_), lang)


def refusal(error: str, lang: str) -> str:
    """Why a message was refused, by the name of the error."""
    return translate(REFUSED.get(error, error), lang)
