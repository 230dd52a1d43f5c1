"""Every sentence that the screen says, by what it is about. Keys of the catalogue (common/locale)."""
from __future__ import annotations

from common.texts import N_

KINDS = {"theory": N_("theory"), "practical": N_("practice"), "online": N_("online")}

BANNERS = {
    "revoked": N_(
        "The centre has revoked this box: nobody can sign in here. Video is recorded as before. Call the centre"),
    "clock": N_(
        "The clock of this box is not set: until it is, neither video nor sign-ins count, and no class starts by "
        "itself. Press start, do not switch the box off, and have the network and the time service checked"),
    "liveness": N_("Liveness is not checked here: a photograph is not a living person, yet it would pass"),
    "simulated": N_("Simulated time, {rate} times as fast: nothing here is real"),
    "test": N_("Test keys: these records prove nothing"),
}

SIMULATED = N_("Simulated time: nothing here is real")
"""Where it runs as fast as real time."""

RECORDING = {
    "recording": N_("Recording"),
    "waiting": N_("Waiting for the camera"),
    "stopped": N_("Not recording"),
    "silent": N_("The room camera sends no picture: check its cable and power"),
    "refused": N_("Nothing can be recorded: check the video disk"),
    "stuck": N_("The recorder hangs: the video disk does not answer. Check the disk and its cable"),
    "absent": N_("The recorder does not answer; the video is not being kept"),
    "unable": N_("Not recording: see above"),
}
"""`unable`: the recorder is absent, and a notice says why."""

UNLOOKED = N_("Recorded, but the picture was not looked at: it is undecided whether it counts")
NEED = {
    "still": N_("{time} more without a break"),
    "done": N_("Long enough without a break"),
    "whole": N_("Must be recorded in full; no break so far"),
    "missed": N_("Missing: {time} of at most {allowed}"),
}
"""What the class-hour still needs."""

DEADLINE = {
    "running": N_("If the recording breaks, it must be back before {clock}"),
    "hold": N_("The recording must not break now: there is no time for another {minutes} minutes"),
    "waiting": N_("Recording must begin before {clock}, or this class-hour does not count"),
    "at_risk": N_("Recording must begin before {clock}, or this class-hour does not count"),
    "late": N_("Recording must begin now, or this class-hour does not count"),
    "begun": N_(
        "Start was pressed and nothing is recorded: it must be before {clock}, or this class-hour does not count"),
    "begun_late": N_("Start was pressed and nothing is recorded: it must be now, or this class-hour does not count"),
    "ailing": N_("The picture must show something before {clock}, or this class-hour does not count"),
    "ailing_late": N_("The picture must show something now, or this class-hour does not count"),
    "lost": N_("This class-hour has no room left for {minutes} minutes without a break"),
    "lost_whole": N_("Too much of this class-hour is not recorded"),
}
"""The last moment, big and plain."""
UNBROKEN, WHOLE = N_("without a break"), N_("recorded")
"""What the ring and its number count."""
POSSIBLE = N_("At most {time} still possible")

CHECKIN = {
    "closed": N_("Check-in opens before the next class-hour"),
    "closed_over": N_("Check-in is closed: no class-hour follows on this box"),
    "closed_revoked": N_("Check-in is closed: the centre has revoked this box"),
    "closed_overrun": N_("Check-in is closed: the planned class-hours of this half-day are over"),
    "no_camera": N_("The check-in camera sends no picture"),
    "camera_unset": N_("This box has no check-in camera: box.toml names none"),
    "loading": N_("Face recognition is starting: one moment, please"),
    "no_pack": N_("Faces cannot be recognised: the model pack cannot be loaded"),
    "pack_missing": N_("Faces cannot be recognised: the model pack is not on this box (zaitang-edge models fetch)"),
    "no_liveness": N_("This box cannot check that a face is alive, and the policy demands it: no face check-in"),
    "nobody_enrolled": N_("Nobody of this class has a face on this box yet"),
    "unrecorded": N_("This box cannot record anything just now. If it lasts, have its disk put right"),
    "enrolling": N_("Somebody is being enrolled"),
    "look": N_("Please look into the camera"),
    "closer": N_("Please come a little closer"),
    "one": N_("One person at a time, please"),
    "hold": N_("Hold still for a moment"),
    "challenge": N_("Please do what is asked"),
    "pin_wanted": N_("{name}: somebody else looks very much like you. Please give your PIN too"),
    "too_loose": N_(
        "Too few of this class have a face on this box, or its models mix them up: no face check-in"),
}

ASKED = {
    "ready": N_("Please look straight into the camera"),
    "ready_mouth": N_("Please look straight into the camera, with your mouth shut"),
    "turn_left": N_("Turn your head to your left"),
    "turn_right": N_("Turn your head to your right"),
    "blink": N_("Close both eyes, count to one, and open them"),
    "open_mouth": N_("Open your mouth wide, then close it"),
    "made": N_("Good. Look into the camera again"),
    "made_mouth": N_("Good. Shut your mouth, and look into the camera again"),
}
"""What a challenge asks for; left and right are the person's own."""

ANSWERS = {
    "accepted": N_("Checked in"),
    "again": N_("Already checked in"),
    "unknown": N_("Not recognised. Please try again or speak to the instructor"),
    "not_live": N_("Please come in person: this does not look like a living face"),
    "no_response": N_("Not checked in: this is not what was asked. Step aside and try again, or ask the instructor"),
    "bad_input": N_("Not checked in: your face is cut off or too small. Stand in the middle of the picture"),
    "liveness_missing": N_("Not checked in: this box cannot check that a face is alive, and the policy demands it"),
    "second_factor_missing": N_("Not checked in: somebody else looks very much like you. Please give your PIN too"),
}

SIGNED_OUT = {"accepted": N_("Signed out"), "again": N_("Already signed out")}
"""Answers that are another word when people leave."""
ONLY_OUT = N_("Only signed out, not signed in: speak to the instructor")
"""Who signs out without having signed in is not told that all is well."""
DIRECTION = {"in": N_("Sign in"), "out": N_("Sign out")}
QUEUE = {
    "in": N_("Queueing is not lateness: the first sight of your face counts"),
    "out": N_("The class is nearly over: a look into the camera signs you out"),
}
"""Said while the desk waits."""
NO_FACES = ("no_camera", "camera_unset", "no_pack", "pack_missing", "no_liveness", "too_loose", "loading")
"""States of the desk in which nobody can come by face."""
BY_HAND = N_("Tap “Without my face”: name, PIN, and the instructor confirms")
"""What there is to do meanwhile."""

BY_PIN = N_("(PIN)")
"""Beside the name of somebody who signed in without the face."""

POSES = {
    "front": N_("Look straight into the camera"),
    "left": N_("Turn your head to your left"),
    "right": N_("Turn your head to your right"),
    "up": N_("Raise your chin a little"),
    "down": N_("Lower your chin a little"),
    "silent": N_("The check-in camera sends no picture"),
}
"""What an enrolment asks for."""
STOPPED = {
    "same_face": N_("This face is enrolled already under another name. Another instructor must decide"),
    "other_face": N_("This is not the face that was enrolled for this name before. Another instructor must decide"),
}
OTHER_NAME = N_("This face is enrolled already as {name}. Is it really another person?")
OTHER_CLASS = N_("This face is enrolled already as {name}, in class {title}. Is it really another person?")
"""For whoever decides, and nobody else."""

SYNC = {
    "all": N_("The centre has confirmed every record"),
    "some": N_("{waiting} records wait for the centre's receipt"),
    "none": N_("This box has no centre"),
}

BARE = {
    "asking": N_("Bare-face roll call, once it is safe: all stop, mask and helmet off, look at the camera in the room"),
    "showing": N_("Mask and helmet off. Look at the camera in the room"),
}
BARE_FIRST = N_("Bare-face roll call: instructor, sign in first")
BARE_BEGIN = N_("It is safe: begin")
BARE_BY = N_("Bare faces: all stop, mask and helmet off, look at the room camera. The instructor who says that it is "
             "safe presses the own name")
"""Where several instructors are here, each of whom has a button with the name alone."""

WATCHED = N_("Somebody is looking into this room live")
WATCHED_SINCE = N_("Somebody is looking into this room live (since {time})")
WATCHED_BY = N_("Supervising office or training institution, on record")
"""The sign while the room is looked at from afar. The box knows the account, not whose it is: both are named."""
LOOKS = N_("Looked at live today: {count}")
LOOKED = {
    "over": N_("{time}–{end} · {form} · {order}"),
    "open": N_("Since {time}, not over yet · {form} · {order}"),
    "lost": N_("From {time}, until {end} at the latest · {form} · {order}"),
    "nothing": N_("{time}: asked for, nothing was sent · {order}"),
}
LOOKED_FORM = {"video": N_("live video"), "pictures": N_("single pictures")}
LOOKED_ORDER = N_("order {number}")
"""When the room was looked at live; by the number of the order the centre knows who it was, and why."""
AND = {"zh": "、", "en": ", "}

REASONS = (
    N_("Power cut"), N_("Equipment does not work"), N_("The class ended earlier today"),
    N_("The class moved to another room"),
)
"""Usual reasons for an end before its time, as buttons."""
CORRECTIONS = (N_("The wrong class was started by mistake"), N_("Two classes changed places"))
"""Usual reasons for putting a class right."""
UNSAID = N_("The button was held twice; no reason was given")

SINCE = {
    "pressed": N_("In class since {time}"),
    "plan": N_("Began by itself at {time}: please press start"),
}
OVERRUN = N_("The planned class-hours of this half-day are over")
END_SOON = N_("Press end when the class is done")
NO_LESSON = N_("No class is planned on this box")
HOUR = N_("Class-hour {number} of {of}")
