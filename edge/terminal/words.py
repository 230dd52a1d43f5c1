"""Every sentence that the screen says, by what it is about. Keys of the catalogue (common/locale)."""
from __future__ import annotations

from common.texts import N_

KINDS = {"theory": N_("theory"), "practical": N_("practice"), "online": N_("online")}

BANNERS = {
    "liveness": N_("Liveness is not checked here: a photograph is not a living person, yet it would pass"),
    "simulated": N_("Simulated time, {rate} times as fast: nothing here is real"),
    "test": N_("Test keys: these records prove nothing"),
}

RECORDING = {
    "recording": N_("Recording"),
    "waiting": N_("Waiting for the camera"),
    "stopped": N_("Not recording"),
    "silent": N_("The room camera sends no picture"),
    "refused": N_("Nothing can be recorded: the video disk refuses"),
    "absent": N_("The recorder does not answer; the video is not being kept"),
}

CHECKIN = {
    "closed": N_("Check-in opens before the next class-hour"),
    "no_camera": N_("The check-in camera sends no picture"),
    "loading": N_("Face recognition is starting: one moment, please"),
    "no_pack": N_("Faces cannot be recognised: the model pack cannot be loaded"),
    "no_liveness": N_("This box cannot check that a face is alive, and the policy demands it: no face check-in"),
    "nobody_enrolled": N_("Nobody of this class has a face on this box yet"),
    "look": N_("Please look into the camera"),
    "closer": N_("Please come a little closer"),
    "one": N_("One person at a time, please"),
    "hold": N_("Hold still for a moment"),
}

ANSWERS = {
    "accepted": N_("Checked in"),
    "again": N_("Already checked in"),
    "unknown": N_("Not recognised. Please try again or speak to the instructor"),
    "not_live": N_("Please come in person: this does not look like a living face"),
    "liveness_missing": N_("Not checked in: this box cannot check that a face is alive, and the policy demands it"),
}

UNSEEN = {
    "none": N_("Nothing has been looked at yet"),
    "waiting": N_("The roll call waits for the first minutes of video"),
    "some": N_("Seen so far: {seen} of {due}"),
    "all": N_("Everybody was seen in this recording"),
}
UNSEEN_LAST = {
    "some": N_("In the last recording: {seen} of {due} seen"),
    "all": N_("Everybody was seen in the last recording"),
}

SYNC = {
    "all": N_("The centre has confirmed every record"),
    "some": N_("{waiting} records wait for the centre's receipt"),
    "none": N_("This box has no centre"),
}

NO_LESSON = N_("No class is planned on this box")
HOUR = N_("Class-hour {number} of {of}")
