"""The words of alarms: one sentence for every code that a box or the centre writes, and what its parameters add. Where
it depends on why, the sentence goes by `code:why`."""
from __future__ import annotations

import string
from collections.abc import Mapping

from common.texts import N_, translate

ALARMS = {
    "camera.silent": N_("The camera sent no picture for a while"),
    "camera.broken": N_("The connection to a camera broke"),
    "camera.stepped": N_("The time stamps of the camera jumped: a new recording began"),
    "camera.no_keyframes": N_(
        "A camera sends no keyframes: set it to one every one or two seconds, or its video cannot be cut or looked at"),
    "clock.set": N_("The clock of this box was set: a new recording began"),
    "camera.overrun": N_("The box was too busy to take every picture of a camera"),
    "recorder.stuck": N_(
        "The recorder hangs because the video disk does not answer: check the disk and its cable; "
        "if that does not help, switch the box off and on"),
    "storage.full": N_("The video disk is full: nothing is recorded until there is room"),
    "storage.wrong_volume": N_("The video disk is not the one that belongs to this box"),
    "storage.failed": N_("The video disk refuses to write"),
    "storage.days_left": N_("The video disk will soon be full; nothing is deleted before its time"),
    "storage.rotten": N_("A video file is not what was recorded any more"),
    "storage.removal_held": N_(
        "A dispute or a hold keeps video files that were about to be deleted, their time being over"),
    "storage.repaired": N_("A video file that was damaged is whole again"),
    "storage.second_away": N_("The second video disk is not there or refuses to write; video stays on the first"),
    "storage.second_full": N_("The second video disk is full; video stays on the first"),
    "segment.damaged": N_("A video file was damaged before it was finished"),
    "segment.quarantined": N_("A video file that nobody expected was put aside"),
    "segment.lost": N_("A video file is missing on this box"),
    "order.refused": N_("An order of the centre was refused"),
    "receipt.refused": N_("A receipt of the centre does not match this box"),
    "gap.refused": N_("A request of the centre to send records again was refused"),
    "centre.lost": N_("The centre asks again for records that it had: it may have lost some, and gets them again"),
    "store.full": N_("The database of this box could not be written for a while: look for room on its disk"),
    "rollcall.segment_gone": N_("The roll call left out a video file that is missing"),
    "rollcall.segment_differs": N_("The roll call left out a video file that was changed"),
    "rollcall.died": N_("The roll call failed at a video file and left it out"),
    "rollcall.unreadable": N_("The roll call left out a video file that cannot be read"),
    "sheet.refused": N_("The centre does not take a contact sheet that it had ordered: its time is over there"),
    "sheet.unmade": N_("A contact sheet that the centre ordered could not be made"),
    "rollcall.pack_refused": N_("The model pack of this box is refused for a class: no roll call of it is made"),
    "rollcall.pack_refused:few": N_(
        "No roll call of this class is made, as too few of it have a face on this box: nobody knows how many strangers "
        "would be taken for them. Enrol at least ten of the class, and its video is looked at; if it has no more "
        "people, sign in by PIN and have people review its recordings"),
    "rollcall.pack_refused:loose": N_(
        "No roll call of this class is made, as the model pack of this box takes too many strangers for its people. "
        "Give the box another pack (opencv) and enrol the class with it; its video is looked at then"),
    "hour.at_risk": N_("A class-hour is in danger: it is not being recorded, or its picture does not count"),
    "hour.lost": N_("A class-hour was not recorded long enough, and there is no time left"),
    "picture.black": N_("The picture of a camera is black: it does not count"),
    "picture.covered": N_("A camera is covered: its picture does not count"),
    "picture.frozen": N_("The picture of a camera stands still: it does not count"),
    "picture.looped": N_("A camera shows what was recorded earlier: it does not count"),
    "picture.segment_gone": N_("The picture of a video file could not be checked: the file is missing"),
    "picture.segment_differs": N_("The picture of a video file could not be checked: the file was changed"),
    "picture.died": N_("The check of the picture failed at a video file and left it out"),
    "picture.unreadable": N_("The picture of a video file could not be checked: it cannot be read"),
    "enrol.same_face": N_("One face was to be enrolled under two names: an enrolment was stopped"),
    "enrol.other_face": N_("Another face was to be enrolled under a name that has one: an enrolment was stopped"),
    "enrol.two_faces": N_("The pictures of an enrolment did not show one face: they were taken again"),
    "enrol.overruled": N_("An enrolment that had been stopped was finished: an instructor confirmed it"),
    "template.unreadable": N_(
        "The face description of a person cannot be read any more: enrol the person again"),
    "pin.wrong": N_("The PIN of an instructor was entered wrongly"),
    "pin.locked": N_("A PIN was locked after too many wrong tries"),
    "centre.rolled_back": N_("The centre was rolled back: its tree has fewer records than this box saw before"),
    "centre.two_trees": N_("The centre shows two different trees of one size: it hides something from somebody"),
    "checkpoint.refused": N_("A checkpoint of the centre was refused"),
    "tree.damaged": N_(
        "The centre's tree does not fit what it signed before: it signs no checkpoint until that is put right"),
    "update.rolled_back": N_("An update of this box did not hold and was put back: the release before runs again"),
    "update.rolled_back:processes": N_(
        "An update of this box was put back by itself, as its processes did not stay up: the release before runs "
        "again"),
    "update.rolled_back:doctor": N_(
        "An update of this box was put back by itself, as with it something ailed the box that did not before: the "
        "release before runs again"),
    "update.rolled_back:starts": N_(
        "An update of this box was put back by itself, as the machine started twice before it had shown that it holds: "
        "the release before runs again"),
    "update.rolled_back:asked": N_("Somebody at this box went back from an update to the release before"),
    "update.stays": N_(
        "An update of this box does not hold, and there is no way back from it: look at the box, and bring a newer "
        "release"),
    "upload.refused": N_("The centre does not take a video file: the box tries again and again"),
    "centre.clock": N_(
        "Nobody sets the clock of the centre, or it is behind a time that the centre signed: receipts and checkpoints "
        "wait. See to its time server; if the clock is right: zaitang-central tree trust-clock"),
    "centre.clock:put_right": N_("A time that the centre signed was wrong; somebody said so, and it signs again"),
    "centre.clock:trusted": N_(
        "Nobody sets the clock of the centre; somebody said that it is right, and it signs by it"),
    "centre.full": N_(
        "The disk of the centre is full, or nearly so: until there is room it takes no video, or only from boxes that "
        "bring no more than they film in a day"),
    "centre.file_rotten": N_(
        "A video file at the centre is not what was recorded any more: its box is asked for it again"),
    "centre.file_repaired": N_("A video file at the centre that was damaged or missing is whole again"),
    "centre.file_lost": N_("A video file is missing at the centre: its box is asked for it again"),
    "centre.file_changed": N_(
        "A video file at the centre was changed and has come again from its box: the changed one lies in "
        "objects/aside"),
    "chain.fork": N_("A box sent two different records with the same number"),
    "quarantine.full": N_(
        "A box sent so much that cannot be believed that not all of it is kept: for each reason the first messages and "
        "the newest are"),
    "box.floods": N_(
        "A box brings more than classes make: the centre takes no more of it for now, and the box keeps it"),
    "box.floods:chains": N_(
        "A box begins one chain after another: the centre takes no new one of it for a day. Find out who has its key"),
    "claim.refused": N_("A box was refused that came with a token of this centre"),
    "chain.cut": N_(
        "A box says that its records end earlier than they did: some were removed, or an old copy of it is running"),
    "box.silent": N_("Nothing has come from a box for a while: is it on, and has it a network?"),
    "broker.dropped": N_("The message broker threw messages away because its queues were full; boxes send them again"),
    "broker.disk": N_(
        "The disk of the message broker is full: what waits there would be lost if the broker ended, and boxes would "
        "send it again. Make room"),
    "broker.disk:read_only": N_(
        "The disk of the message broker cannot be written: what waits there would be lost if the broker ended, and "
        "boxes would send it again. See to the disk"),
    "broker.away": N_(
        "The centre has not reached its message broker for five minutes: nobody hears the boxes, which keep everything "
        "until it runs again"),
    "broker.refused": N_(
        "The message broker does not take what a box sends: is it set up as the centre sets it up?"),
    "broker.dates": N_(
        "The centre cannot reach its own broker: the broker's certificate does not hold by the clock of this machine. "
        "Set the clock; if it is right, start the broker again, or write its folder anew (zaitang-central "
        "broker-config)"),
    "broker.own": N_(
        "The broker does not take the centre's certificate. Set the clock of this machine; if it is right, start the "
        "broker again, or write its folder anew (zaitang-central broker-config)"),
    "broker.stranger": N_(
        "Whoever answers in the place of the broker is not of this site: the centre tells it nothing"),
    "clock.apart": N_(
        "The clocks of a box and of its centre differ: find out which one is wrong, and have it set. What is recorded "
        "meanwhile is told as of uncertain time"),
    "centre.dates": N_(
        "The centre's certificate does not hold by the clock of this box: set the clock; if it is right, call the "
        "centre. Records wait here meanwhile"),
    "centre.stranger": N_("Whoever answers in the centre's place is not the centre: this box tells it nothing"),
    "certificate.not_renewed": N_(
        "The certificate with which this box reaches its centre was not renewed: check the network, then call the "
        "centre. Records wait here meanwhile"),
    "database.failed": N_("The database of the centre could not be written for a while; nothing was lost"),
    "database.set_back": N_(
        "The database of the centre had forgotten what the centre certified or revoked, as after going back to a "
        "backup: it is on record again, and who was revoked stays revoked"),
    "chain.broken": N_("A record of a box does not follow from the one before it"),
    "chain.hole": N_(
        "A record of a box does not come although the centre asked for it again and again, and nothing after it counts "
        "as received: see whether it was refused, and why"),
    "chain.left": N_(
        "A box began a new chain, and the one before is not here to its end, or nobody knows where that was: ask why, "
        "and have its card kept"),
}
REFUSALS = {
    "not_newer": N_("the box has a newer plan of this class"),
    "unknown_policy": N_("the box does not know this version of the policy: bring its software up to date"),
    "wrong_key": N_("what came is sealed to a key that the box has no more: look whether it was set up anew"),
    "bad_names": N_("the box cannot read the names that came with it"),
    "not_this_box": N_("it is meant for other boxes"),
    "not_a_message": N_("the box cannot read it: bring its software up to date"),
    "not_the_centre": N_("it is not signed by the centre of this site"),
    "revoked_signer": N_("the key that signed it is revoked"),
    "not_our_chain": N_("it does not fit what the box has recorded: an old copy of the box may be running"),
    "not_a_checkpoint": N_("it is no checkpoint of the centre"),
}
"""Why a box takes nothing from a message of the centre, by the code that it states."""
REFUSED_BY = N_("the box gave the reason {code}")
OTHER = N_("Something went wrong: {code}")
DETAILS = {
    "camera": "{camera}",
    "file": N_("file {file}"),
    "seq": N_("record {seq} of {device}"),
    "days": N_("days left: {days}"),
    "today": N_("the date here: {today}"),
    "status": N_("answer {status}"),
    "since": N_("{device}, since {since}"),
    "release": N_("release {release}"),
    "messages": N_("{messages} messages"),
    "seconds": N_("{seconds} s"),
    "apart_s": N_("{device}: {apart_s} s"),
    "signed": "{signed}",
    "least": N_("pack {pack}: {people} enrolled, {least} needed"),
    "strangers_ppm": N_("pack {pack}: {strangers_ppm} of 1000000 strangers, {allowed_ppm} allowed"),
}
CAMERAS = {"room": N_("room camera"), "terminal": N_("terminal camera")}
WITH = N_("{sentence} ({details})")


_NAMED = frozenset(name for text in DETAILS.values() for _, name, _, _ in string.Formatter().parse(text) if name)
"""What the words take. A box writes whatever it likes beside it."""


def alarm_words(code: str, params: Mapping[str, object], lang: str, roles: Mapping[str, str] = {}) -> str:
    """An alarm as one sentence; a code that this version does not know is shown as it is.

    `roles`: the role of each camera, by its id. One that is not among them is the room's: of no other do records speak.
    """
    sentence = translate(ALARMS.get(f"{code}:{params.get('why')}") or ALARMS.get(code, OTHER), lang, code=code)
    camera = CAMERAS.get(roles.get(str(params.get("camera")), "room"), CAMERAS["room"])
    told = {name: value for name, value in params.items() if name in _NAMED}
    known = {"device": "?", "pack": "?", "people": "?", "allowed_ppm": "?", **told, "camera": translate(camera, lang)}
    details = [translate(text, lang, **known) for name, text in DETAILS.items() if name in params]
    if str(params.get("code")) in REFUSALS:
        details.append(refusal_of_box(str(params["code"]), lang))
    return translate(WITH, lang, sentence=sentence, details=", ".join(details)) if details else sentence


def refusal_of_box(code: str, lang: str) -> str:
    """Why a box took nothing from a message; a code that this version does not know is shown as it is."""
    return translate(REFUSALS[code], lang) if code in REFUSALS else translate(REFUSED_BY, lang, code=code)
