"""The words of findings: every reason, rule, result, answer and verdict, so that a school head understands them."""
from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from babel.dates import format_date

from common.reasons_stated import CONTROLS, STATED
from common.texts import N_, translate, words
from evidence.blocks import local

REASONS: dict[str, str] = {
    "not_recorded": N_("nothing about this rule is recorded"),
    "no_theory_hours": N_("the plan has no theory class-hours"),
    "no_practical_hours": N_("the plan has no practical class-hours"),
    "hours_pending": N_("class-hours that are not over yet and not judged: {count}"),
    "theory_covered": N_("theory class-hours recorded from beginning to end: {count}"),
    "hour_not_covered": N_("{name}: {missing} of this theory class-hour are not recorded"),
    "hour_uncertain": N_("{name}: {missing} are not recorded, or in video whose time is uncertain"),
    "hour_awaited": N_(
        "{name}: {missing} are not recorded so far, but the box in {rooms} has not reported past this class-hour:"
        " undecided"
    ),
    "hour_unseen": N_(
        "{name}: recorded, but of {length} nobody has looked yet whether the picture is a live one: undecided"
    ),
    "hour_stale": N_(
        "{name}: recorded, but {length} of it show one and the same picture or what was recorded earlier: undecided"
    ),
    "gap": N_("{name}: no recording from {from_time} to {to_time} ({length})"),
    "gap_uncertain": N_(
        "{name}: from {from_time} to {to_time} ({length}) there is video, but its time is uncertain: it does not count"
    ),
    "stretches_long": N_(
        "practical class-hours with at least {need_min} unbroken minutes: {count}; the shortest stretch has"
        " {shortest_min} minutes"
    ),
    "stretches_unseen": N_(
        "practical class-hours whose picture nobody has looked at yet: {count}; a black, covered, frozen or repeated"
        " picture would break their stretch"
    ),
    "stretch_short": N_(
        "{name}: the longest unbroken recording is {longest_min} min {longest_s} s; {need_min} minutes are required"
    ),
    "stretch_uncertain": N_(
        "{name}: the longest unbroken recording is {longest_min} min {longest_s} s; more video is there, but its time"
        " is uncertain"
    ),
    "stretch_unseen": N_(
        "{name}: {longest_min} min {longest_s} s are recorded without a break, but nobody has looked yet whether the"
        " picture of {need_min} unbroken minutes counts: undecided"
    ),
    "stretch_shared": N_(
        "{name}: {longest_min} min {longest_s} s are recorded without a break, but a part of the {need_min} unbroken"
        " minutes is also in a recording of another class or another box: undecided"
    ),
    "stretch_awaited": N_(
        "{name}: the longest unbroken recording so far is {longest_min} min {longest_s} s, but the box in {rooms} has"
        " not reported past this class-hour: undecided"
    ),
    "nothing_recorded": N_("no video of this class is recorded"),
    "kept_until": N_(
        "files of video on record: {count}; no record says that any was removed before {until}, until when they must be"
        " kept"
    ),
    "dispute_open": N_(
        "a dispute about the class ({why}) is open since {since_date}; the years count from its end, and not from the"
        " last class-hour on {date}, by which it would be {else_until} (the centre's record {seq})"
    ),
    "counted_dispute": N_(
        "the years count from the end of a dispute about the class ({why}) on {since_date}, and not from the last"
        " class-hour on {date}: so the day is {until} instead of {else_until} (the centre's record {seq})"
    ),
    "counted_assessment": N_(
        "the years count from the assessment on {since_date}, and not from the last class-hour on {date}: so the day is"
        " {until} instead of {else_until} (the centre's record {seq})"
    ),
    "hold_placed": N_(
        "the video of the class is held since {since_date} ({why}): until that is lifted nothing of it may be removed,"
        " whatever its time (the centre's record {seq})"
    ),
    "removed_held": N_("video file {file} was removed on {date}; the video of the class was held then ({why})"),
    "removed_held_unsure": N_(
        "video file {file} was removed; the video of the class was held for a time ({why}), and the clock does not"
        " prove that it was removed before or after: undecided"
    ),
    "damaged_both": N_(
        "video file {file} is not what was recorded any more, neither at its box nor at the centre (the box's record"
        " {seq}): no whole copy is known"
    ),
    "damaged_box": N_(
        "video file {file} is not at its box as it was recorded any more (record {seq} of {device}); whether the centre"
        " has a whole copy no record says"
    ),
    "damaged_centre": N_(
        "video file {file} is not at the centre as it was recorded any more (the centre's record {seq}); no record says"
        " that its box has not got it"
    ),
    "removed_early": N_("video file {file} was removed on {date}; it must be kept until {until}"),
    "kept_dispute": N_(
        "files of video on record: {count}; no record says that any was removed before its time; a dispute about the"
        " class is not over, and until then they must be kept"
    ),
    "removed_disputed": N_("video file {file} was removed on {date}; a dispute about the class was not over"),
    "removed_disputed_unsure": N_(
        "video file {file} was removed; a dispute about the class was open, and the clock of the box does not prove"
        " that it was removed before: undecided"
    ),
    "r4_signed": N_(
        "recordings: {count}; trainees signed in for them by face: {faces}, by PIN with an instructor's word: {pins}"
    ),
    "r4_only_shown": N_("{name}: shown in the recording, but no sign-in: {trainees}"),
    "r4_neither": N_("{name}: no sign-in, not shown in the recording, and no approved leave: {trainees}"),
    "r4_none": N_(
        "{name}: the recording shows people (most in view at once: {headcount}), but nobody used the check-in at all"
    ),
    "r4_nobody_accepted": N_("{name}: nobody is signed in; attempts at the terminal: {count}"),
    "r4_nothing": N_("{name}: nobody signed in, and no recording shows anybody: undecided"),
    "r4_awaited": N_(
        "{name}: no sign-in of {trainees} so far, but the box in {rooms} has not reported past it: undecided"
    ),
    "r4_uncertain": N_(
        "{name}: no sign-in of {trainees} that counts; the time of some of theirs is uncertain: undecided"
    ),
    "o2_few": N_("instructors in the plan: {count}; at least {need} are required"),
    "o2_nobody": N_("{name}: trainees signed in: {count}, but no instructor"),
    "o2_ratio": N_(
        "{name}: trainees signed in: {count}, instructors signed in: {teachers}; at most {ratio} trainees for each"
    ),
    "o2_kept": N_(
        "instructors in the plan: {teachers}; in each of {count} recordings at most {ratio} trainees signed in for each"
        " instructor who signed in"
    ),
    "o2_workplaces": N_("workplaces per trainee are not recorded"),
    "o7_opening": N_("came to the opening ({name}): by face {faces}, by PIN {pins}; on the roster: {due}"),
    "o7_evidence": N_(
        "average number of people that {count} recordings show, without instructors who are recognised: {mean};"
        " instructors who are recognised: {teachers}"
    ),
    "o7_no_evidence": N_("average number of people that the recordings show: no roll call yet"),
    "o7_inspections": N_("average number of people at inspections: no inspection is recorded"),
    "o9_anchored": N_("people whose face is enrolled: {count}; each tied to an ID card, once and with consent"),
    "o9_inspector": N_(
        "an inspector's number was typed at the box for {trainees}; nothing confirms it yet: {numbers}"
    ),
    "o9_same_face": N_("an enrolment was stopped because the face is known under another name: {trainees}"),
    "o9_other_face": N_("an enrolment was stopped because the name has another face: {trainees}"),
    "o9_overruled": N_("an enrolment that had been stopped was finished on an instructor's word: {trainees}"),
    "o9_unanchored": N_("nobody vouches whose face this is (no ID card, no inspector): {trainees}"),
    "o9_no_consent": N_("a face is enrolled without a consent on record: {trainees}"),
    "o9_unordered": N_("face templates came from another box without an order of the centre: {trainees}"),
    "o9_unenrolled": N_("no face is enrolled, and no refusal is on record: {trainees}"),
    "o9_again": N_("{trainee}: a face was enrolled again {count} times, last on {date}"),
    "o9_late": N_(
        "{trainee} was enrolled only on {date}, after recordings to which they neither came nor are shown: {blocks}"
    ),
    "pin_share": N_(
        "sign-ins by PIN: {pins} of {count} ({percent} %); more than {limit} % are told, so that somebody asks why"
    ),
    "pin_confirmer_away": N_(
        "{name}: sign-ins by PIN confirmed by {trainees}, who did not sign in themselves: {count}"
    ),
    "pin_unconfirmed": N_("sign-ins by PIN that no instructor confirmed, and that do not count: {count} ({trainees})"),
    "pin_self": N_("sign-ins by PIN that the person confirmed alone, and that do not count: {count} ({trainees})"),
    "pin_stranger": N_(
        "sign-ins by PIN confirmed by somebody who is no instructor of the class, and that do not count: {count}"
        " ({trainees})"
    ),
    "checkins_forbidden": N_(
        "check-ins by a face whose use was refused or withdrawn before, and that do not count: {count} ({trainees})"
    ),
    "checkins_unlikely": N_(
        "check-ins that claim an earlier first sight than is believable; the time of their record counts: {count}"
    ),
    "refused_not_live": N_(
        "attempts refused because the face was not alive: {count}; that alone is nothing against the class"
    ),
    "refused_liveness_missing": N_("attempts refused because nothing showed that the face was alive: {count}"),
    "refused_second_factor_missing": N_(
        "attempts refused because people look alike and the own PIN was not given: {count}"
    ),
    "refused_unknown": N_("attempts in which nobody was recognised: {count}"),
    "signed_out_early": N_("{name}: {trainee} signed out at {at_time}, well before its end"),
    "removed_unsure": N_(
        "video file {file} was removed; it must be kept until {until}, and the clock of the box does not prove that"
        " this day had come: undecided"
    ),
    "r3_tally": N_(
        "recordings: {count}; not showing everyone: {missing}; undecided: {open}; the limit of the clause: {limit}"
    ),
    "someone_missing": N_(
        "{name}: the recording does not show {trainees} (most people in view at once, without instructors who are"
        " recognised: {headcount}; on the roster: {due})"
    ),
    "not_identified": N_(
        "{name}: {trainees} cannot be recognised in the recording, but checked in, and as many people may be in view"
        " (at most {headcount} of {due}): undecided"
    ),
    "no_usable_video": N_("{name}: only {usable_min} of {due_min} minutes are recorded usably: undecided"),
    "occasion_awaited": N_("{name}: the box in {rooms} has not reported past this recording: undecided"),
    "time_uncertain": N_(
        "{name}: {doubtful_min} min of video may be of this recording, but when they were filmed is uncertain:"
        " undecided"
    ),
    "sign_uncertain": N_(
        "{name}: {trainees} are not shown, and when they signed in is uncertain; it may have been then: undecided"
    ),
    "occasion_rollcall_pending": N_("{name}: the roll call of this recording is not finished: undecided"),
    "occasion_rollcall_refused": N_("{name}: no roll call of this recording is made: undecided"),
    "pack_refused_few": N_(
        "{name}: so few people of the class have a face on the box in {rooms} that nobody knows for whom it would take"
        " a stranger. Enrol at least ten, and its video is looked at; if the class has no more, a person must review"
        " its recordings"
    ),
    "pack_refused_loose": N_(
        "{name}: the model pack of the box in {rooms} takes too many strangers for people of this class. Give the box"
        " the pack opencv and enrol the class with it, and its video is looked at; else a person must review it"
    ),
    "occasion_unpictured": N_(
        "{name}: nobody has looked yet whether the picture of this recording is a live one: undecided"
    ),
    "occasion_nobody_due": N_("{name}: nobody is on the list of those who are due: undecided"),
    "reviewed_complete": N_(
        "{name}: {reviewer} reviewed the recording: everyone is shown ({why}); this counts, the records alone say:"
        " {own}"
    ),
    "reviewed_missing": N_(
        "{name}: {reviewer} reviewed the recording: somebody is missing ({why}); this counts, the records alone say:"
        " {own}"
    ),
    "reviewed_open": N_(
        "{name}: {reviewer} reviewed the recording: it cannot be decided ({why}); this counts, the records alone say:"
        " {own}"
    ),
    "reviewed_before": N_(
        "{name}: it was reviewed before the roll calls that are here now; look whether the answer still holds"
    ),
    "reviews_void": N_(
        "reviews without a reason or without a name, or of what the plan had at another time then; they do not count:"
        " {count}"
    ),
    "pointed_out": N_("{name}: {trainee} is shown because {who} pointed them out in the picture of {at_time}"),
    "rollcalls_void": N_(
        "roll calls of another box than the one that filmed, or with numbers that cannot be; they do not count: {count}"
    ),
    "pointed_void": N_(
        "people pointed out who are not on the roster, or at a moment of which there is no video of this class whose"
        " time is certain, or without a name of who pointed; that does not count: {count}"
    ),
    "in_two_rooms": N_(
        "{name}: {trainees} were recognised in two rooms at the same time; nobody can be, so neither counts"
    ),
    "occasion_unlooked": N_("{name}: of most of its video the roll call could not look at enough pictures"),
    "rollcall_short": N_(
        "{name}: in {count} of its files many pictures could not be decoded and looked at; so the headcount is no proof"
    ),
    "left_out_gone": N_(
        "{name}: the roll call left out {count} of its files, which were not there ({at_time}); so the headcount is no"
        " proof"
    ),
    "left_out_differs": N_(
        "{name}: the roll call left out {count} of its files, which were changed after they were recorded ({at_time});"
        " so the headcount is no proof"
    ),
    "left_out_died": N_(
        "{name}: the roll call left out {count} of its files, at which it failed ({at_time}); so the headcount is no"
        " proof"
    ),
    "left_out_unreadable": N_(
        "{name}: the roll call left out {count} of its files, which it could not read ({at_time}); so the headcount is"
        " no proof"
    ),
    "unseen_small": N_("{name}: {trainees} may be among faces that are too small to be told: move the camera nearer"),
    "unseen_turned": N_("{name}: {trainees} may be among people who never show their face from the front"),
    "unseen_dark": N_("{name}: {trainees} may be there, but the picture or the faces are too dark"),
    "unseen_blurred": N_("{name}: {trainees} may be among faces that are too blurred to be told"),
    "unseen_mask": N_("{name}: {trainees} may be among people whose face is covered, as by a mask"),
    "unseen_gear": N_(
        "{name}: {trainees} may be there in protective gear: covered, as no bare-face roll call shows otherwise"
    ),
    "unseen_alike": N_("{name}: {trainees} may be a face that looks just as much like another person"),
    "unseen_near": N_("{name}: {trainees} may be a face that looks like them, but not enough"),
    "unseen_full": N_("{name}: {trainees} may be there: as many people are in view as are due"),
    "unseen_no_template": N_(
        "{name}: {trainees} may be faces without a name: no template, so no roll call can recognise them"
    ),
    "unseen_beside": N_(
        "{name}: {trainees} were recognised at its edge, but at a moment just before it began or after it ended"
    ),
    "unseen_reach": N_(
        "{name}: {trainees} may be there, but further back: the models of a box cannot see small faces. Give it the"
        " model pack opencv, or move the camera nearer"
    ),
    "bareface_held": N_(
        "{name}: protective gear is worn; bare-face roll calls held: {count} ({at_time}); in those that were looked at,"
        " at most {headcount} of {due} were in view"
    ),
    "bareface_unlooked": N_(
        "{name}: protective gear is worn; {count} bare-face roll calls were held, but there are no two of them that say"
        " how many there were: of each all video must be looked at, be bright and clear, and show somebody, and people"
        " must be counted, not faces alone"
    ),
    "bareface_once": N_(
        "{name}: protective gear is worn; bare-face roll calls held: {count} ({at_time}); only two, {apart_min} min"
        " apart, prove that somebody is not there"
    ),
    "bareface_none": N_(
        "{name}: protective gear is worn, and no bare-face roll call was held (put off: {put_off}; not answered:"
        " {unanswered})"
    ),
    "camera_lacking": N_(
        "{name}: cameras that recorded less than others of their room: {cameras}; so the headcount is no proof"
    ),
    "room_unfilmed": N_(
        "{name}: the box in {rooms} recorded nothing for long while its session ran, or was off after people had signed"
        " in there or as the centre heard nothing of it, and who signed in and may sit there is shown nowhere; so the"
        " headcount is no proof"
    ),
    "room_silent": N_(
        "{name}: the box in {rooms} had no session and no video then: it was off, or nobody was there. If the class was"
        " there, nobody could be shown or sign in there; then a person must review this recording"
    ),
    "camera_hazy": N_(
        "{name}: cameras that were dark, covered, dazzled, in smoke or out of focus, or showed an old picture for long:"
        " {cameras}; so the headcount is no proof"
    ),
    "nobody_in_view": N_(
        "{name}: nobody at all was found in its video: the room was empty, or the camera looks elsewhere; a person must"
        " look, the headcount is no proof"
    ),
    "always_still": N_(
        "{name}: camera {camera} of the box {device} in {room} always shows {count} that look like people and never"
        " move, over half a day and more; they are things and in no headcount"
    ),
    "still_heads": N_(
        "{name}: in the headcount, up to {count} who showed no face and did not move: people asleep, or things that do"
        " not always stand there"
    ),
    "faces_only": N_(
        "{name}: only faces were counted, as the model pack finds no people who look away; so the headcount is no proof"
    ),
    "depends_on_reading": N_("the verdict depends on how the clause is read; it is another one if {readings}"),
    "limit_one_review": N_("one recording is enough under this document, so people decide: a review is required"),
    "occasions_pending": N_("recordings that are not over yet and not counted: {count}"),
    "left_early": N_("{name}: {trainee} is shown only at the beginning or only at the end"),
    "roster_shrank": N_(
        "{trainee} was taken off the roster on {date} ({why}; approved by {approver}) after recordings that do not show"
        " them: {blocks}"
    ),
    "roster_backdated": N_(
        "a change of the roster for {trainee} was recorded on {recorded} but dated {date}; it holds only from its"
        " record on ({why}; approved by {approver})"
    ),
    "plan_changed": N_("a later plan changed or dropped class-hours that had already begun: {when}"),
    "policy_changed": N_("later plans put the class under another policy, or another version of it: {count}"),
    "session_unpressed": N_("{date}, {at_time}: the recording began by itself as planned; nobody pressed start"),
    "corrected_in": N_(
        "{date}, {at_time}: class {was} was started instead of this one and put right on {recorded} ({why}); video"
        " files that count for this class because of it: {count}"
    ),
    "corrected_out": N_(
        "{date}, {at_time}: this class was started by mistake; put right on {recorded} ({why}), its video counts for"
        " class {counts_for}"
    ),
    "corrected_late": N_(
        "{date}, {at_time}: on {recorded} it was said that this recording counts for class {counts_for} instead of"
        " {was} ({why}); that was more than 24 hours after its start, so nothing is moved"
    ),
    "corrected_unsure": N_(
        "{date}, {at_time}: it was said that this recording counts for class {counts_for} instead of {was} ({why}); the"
        " box had been started again since, and its clock does not prove that this was within 24 hours of the start, so"
        " nothing is moved"
    ),
    "corrected_unstarted": N_(
        "{date}, {at_time}: it was said that a recording counts for class {counts_for} instead of {was} ({why}), but"
        " its class was never started before that, so nothing is moved"
    ),
    "picture_black": N_("{name}: camera {camera} shows a black picture from {from_time} to {to_time} ({length})"),
    "picture_covered": N_("{name}: camera {camera} is covered from {from_time} to {to_time} ({length})"),
    "picture_frozen": N_(
        "{name}: camera {camera} shows one and the same picture from {from_time} to {to_time} ({length})"
    ),
    "picture_looped": N_(
        "{name}: camera {camera} shows from {from_time} to {to_time} ({length}) what was recorded earlier"
    ),
    "picture_reused": N_(
        "{name}: camera {camera} shows from {from_time} to {to_time} ({length}) what another class or another box had"
        " recorded before"
    ),
    "picture_shared": N_(
        "{name}: camera {camera} shows from {from_time} to {to_time} ({length}) what is also in a recording of another"
        " class or another box, which says that it filmed it earlier: undecided"
    ),
    "picture_looped_like": N_(
        "{name}: what moves before camera {camera} from {from_time} to {to_time} ({length}) resembles an earlier"
        " recording; only a part of the picture moves, so it counts"
    ),
    "picture_twice": N_(
        "picture records that say something else than the first one of the same video, and do not count: {count}"),
    "picture_glare": N_("{name}: camera {camera} is dazzled from {from_time} to {to_time} ({length}); it counts"),
    "picture_smoke": N_(
        "{name}: camera {camera} sees little, as in smoke, from {from_time} to {to_time} ({length}); it counts"
    ),
    "picture_defocus": N_(
        "{name}: camera {camera} is out of focus from {from_time} to {to_time} ({length}); it counts"
    ),
    "picture_missing": N_(
        "video files whose picture was not looked at for what does not count, though later records of their box are"
        " here: {count}"
    ),
    "video_reused": N_("video files that are the same recording as another one, and were not counted: {count}"),
    "video_copied": N_(
        "video files with pictures that the centre held before they were filmed, byte for byte, as a recording of"
        " another class or another box: {count} (first recorded by {boxes})"),
    "video_reused_elsewhere": N_(
        "video files of which pictures are also, byte for byte, in a recording of another class or another box; this"
        " alone proves nothing against this class: {count}"),
    "code_not_seen": N_(
        "codes that the terminal showed to the room camera and that the recording does not show: {count} ({when})"),
    "code_not_read": N_("codes that the terminal showed, not looked for in the recording yet: {count}"),
    "code_not_recorded": N_(
        "codes that the terminal showed just when nothing was recorded, in half-days that are recorded otherwise:"
        " {count} ({when})"),
    "code_never_shown": N_("{name}: the policy asks for codes on the terminal's screen, and none was shown"),
    "doubt_simulated": N_("records made with a simulated clock, which are never evidence: {count}"),
    "doubt_clock": N_("records made while the clock of the box was not set: {count}"),
    "doubt_moved": N_("records made after the clock of the box was moved while it ran: {count}"),
    "doubt_early": N_(
        "records that say an earlier time than the newest checkpoint of the centre that their box had seen before:"
        " {count}"),
    "doubt_ahead": N_("records that say a later time than the centre's receipt for them: {count}"),
    "doubt_offline": N_(
        "records that reached the centre so long after the time that they say that nobody but the box can tell when"
        " they were made; their time is uncertain: {count}"),
    "centre_clock": N_(
        "the times that the centre signed contradict each other, so its own clock was wrong; of these receipts and"
        " checkpoints nothing counts against a box that this may explain: {count}"),
    "centre_ahead": N_(
        "records of the centre that say a later time than it stated afterwards, when its clock was behind or put right;"
        " when they were made is uncertain: {count}"),
    "receipts_unknown": N_(
        "the manifest does not say which receipts there are, so nobody can tell when the centre received what the boxes"
        " state; export the class again"),
    "doubt_boot": N_("video files filmed before a restart, whose time no record tells: {count}"),
    "doubt_late": N_("video files that the box stated long after they were filmed, although it was running: {count}"),
    "doubt_step": N_("video files whose length and the clock of the box disagree: {count}"),
    "doubt_revoked": N_("records signed by a key that the centre believes no longer: {count}"),
    "key_revoked": N_(
        "the centre revoked the key of the box {device}, untrusted from {since}; its records that have no earlier"
        " receipt of the centre are not believed: {count}"
    ),
    "doubt_gaps": N_("video files whose record does not list every interruption: {count}"),
    "chain_cut": N_(
        "the centre stated that the records of {boxes} ended earlier than they had: some were removed, or an old copy"
        " ran: {count}"),
    "chain_fork": N_("the centre stated that {boxes} gave one number to two different records: {count}"),
    "chain_left": N_(
        "the centre stated that {boxes} began a new chain, and that the one before is not at the centre to its end, or"
        " nobody knows where that was: {count}"),
    "box_silent": N_(
        "the centre stated that nothing came from {boxes} while a class-hour was due: {count} (since {since})"),
    "records_unreadable": N_("records of this class that cannot be read: {count}"),
    "removed_already": N_("it was removed, and a record says so"),
    "remove_over": N_("it had to be kept until {until}"),
    "keep_until": N_("it must be kept until {until}"),
    "keep_no_class": N_("it belongs to no class"),
    "keep_no_plan": N_("this box has no plan of its class"),
    "keep_no_period": N_("the policy of its class is not on this box in that version, or does not say how long"),
    "keep_no_end": N_("the plan of its class has no class-hour, so nobody knows when it ended"),
    "keep_time_uncertain": N_("its time is uncertain"),
    "keep_clock_unsure": N_("the clock of this box is not set, or was moved"),
    "keep_centre_time": N_("the centre has signed no receipt after {until} yet"),
    "keep_unfinished": N_("its run is still being recorded or recovered"),
    "keep_no_receipt": N_("the centre has not confirmed its record"),
    "keep_not_sent": N_("it was not sent to the centre yet"),
    "keep_twice": N_("another record names the same video"),
    "keep_unplanned": N_("nobody planned its class here"),
    "keep_policy_gone": N_("the policy of its class is not here in that version, or does not say how long"),
    "keep_own_clock": N_("the clock of the centre is not set"),
    "keep_clock_behind": N_("the clock of the centre is before a time that the centre signed"),
    "keep_no_witness": N_("no box and no witness has said by its own clock that it is later than {until}"),
    "keep_lacks_copy": N_("the policy wants {wanted} copies until then, and {there} are known"),
    "held_undecided": N_("held: two persons have not come to an end about its class"),
    "held_objection": N_("held: an objection about its class is open"),
    "held_unjudged": N_("held: its class cannot be judged with all that is here"),
    "held_flag": N_("held: a consequence is proposed for its class"),
    "held_review": N_("held: its class is to be reviewed"),
    "held_dispute": N_("held: a dispute about its class is not over"),
    "held_hold": N_("held: the centre placed a hold on the video of its class"),
    "waits_flag": N_("waits until two persons have decided on the consequence that is proposed for the class"),
    "waits_undecided": N_("waits until two persons have come to an end about the class"),
    "waits_objection": N_("waits until the objection about the class is handled"),
    "waits_dispute": N_("waits until the dispute about the class is over"),
    "waits_hold": N_("waits until the hold on the class is lifted"),
} | STATED

RULES: dict[str, str] = {
    "R1": N_("Theory is recorded in full"),
    "R2": N_("15 unbroken minutes in every practical class-hour"),
    "R3": N_("Recordings show everyone on the roster"),
    "R4": N_("Face check-ins are kept"),
    "R5": N_("Supervision by live view, replay and check-ins"),
    "R6": N_("The authority inspects at least once"),
    "R7": N_("Video is kept for three years"),
    "R8": N_("Make-up lessons"),
    "R9": N_("Satisfaction survey"),
    "O1": N_("Class size"),
    "O2": N_("Teachers and workplaces per trainee"),
    "O3": N_("Length of class-hours"),
    "O4": N_("Share of practice"),
    "O5": N_("Share of online theory"),
    "O6": N_("Class-hours of certificate courses"),
    "O7": N_("Headcounts"),
    "O8": N_("No overlapping trainings"),
    "O9": N_("Real names"),
    "O10": N_("Who may attend"),
    "O11": N_("Online class-hours"),
    "checkins": N_("Check-ins at the terminal"),
    "left_early": N_("Shown only early or only late, or signed out early"),
    "roster": N_("Changes of the roster"),
    "plan": N_("Changes of the plan"),
    "unpressed": N_("Recordings that nobody started"),
    "corrected": N_("Wrongly started classes that were put right"),
    "video": N_("Re-used video"),
    "screen_code": N_("Code on the screen"),
    "picture": N_("What the picture shows"),
    "clock": N_("Time"),
    "keys": N_("Keys of the boxes"),
    "chains": N_("Records and word of the boxes"),
    "records": N_("Unreadable records"),
}

RESULTS: dict[str, str] = {
    "violated": N_("violated"),
    "warning": N_("warning"),
    "open": N_("undecided"),
    "satisfied": N_("satisfied"),
    "not_recorded": N_("not recorded"),
}

VERDICTS: dict[str, str] = {
    "clear": N_("clear"),
    "flag": N_("flag: the clause's consequence is proposed, two people decide"),
    "review": N_("review required"),
}

ANSWERS: dict[str, str] = {
    "shown": N_("shown"),
    "not_identifiable": N_("not identifiable"),
    "covered": N_("covered"),
    "absent": N_("absent"),
}

NOT_JUDGED = N_("not judged: a time is uncertain")
"""Instead of absent, where the time of video or of a check-in is uncertain."""
NOT_ALL = N_("not seen in what was looked at")
"""Instead of absent, where much was not recorded, or a roll call left out video, or could not look at enough of its
pictures."""

WHYS: dict[str, str] = {
    "small": N_("faces too small"),
    "turned": N_("never from the front"),
    "dark": N_("too dark"),
    "blurred": N_("too blurred"),
    "mask": N_("mask"),
    "gear": N_("protective gear"),
    "alike": N_("too similar to another person"),
    "near": N_("similar, but not enough"),
    "few": N_("similar, but too seldom for so many looks"),
    "still": N_("still picture"),
    "full": N_("as many people in view as are due"),
    "two_rooms": N_("in two rooms at once"),
    "no_template": N_("no template of the face"),
    "beside": N_("seen best just before or after"),
    "reach": N_("the models cannot see small faces"),
}
"""Why somebody is not identifiable, or covered, in few words."""

STATES: dict[str, str] = {
    "complete": N_("everyone shown"),
    "missing": N_("not everyone shown"),
    "open": N_("undecided"),
}

READINGS: dict[str, str] = {
    "block": N_("half-days are counted"),
    "class_hour": N_("class-hours are counted"),
    "came": N_("only those who checked in at the opening must be shown"),
    "leave": N_("those on approved leave are left out"),
}

HALVES = {"am": N_("{date}, morning"), "pm": N_("{date}, afternoon")}
MAKE_UP = N_("{name} (make-up)")
PART = N_("{name}, part {number}")
AND = {"zh": "、", "en": ", "}
_BLOCK = re.compile(r"(\d{4}-\d\d-\d\d)-(am|pm)(-makeup)?(?:-(\d+))?")


def reason_words(reason: Any, lang: str, names: Mapping[str, str]) -> str:
    """A `Reason` as a sentence; a code that this version does not know is shown as it is."""
    msgid = REASONS.get(reason.code)
    if msgid is None:
        return f"{reason.code} {dict(reason.params)}"
    params = {name: _shown(name, value, lang, names) for name, value in reason.params.items()}
    return translate(msgid, lang, **params, **_derived(reason.params, lang))


def finding_words(finding: Any, lang: str, names: Mapping[str, str]) -> list[str]:
    """The reasons of a finding as sentences. What O9 says of one trainee after the other is in the order of their
    names."""
    found = list(finding.reasons)
    if finding.rule == "O9":
        of_one = [at for at, one in enumerate(found) if "trainee" in one.params]
        ordered = sorted((found[at] for at in of_one), key=lambda one: _by_name(_called(one.params["trainee"], names)))
        for at, one in zip(of_one, ordered, strict=True):
            found[at] = one
    return [words(one, lang, names) for one in found]


def _called(person: str, names: Mapping[str, str]) -> str:
    return names.get(person, person)


def _by_name(name: str) -> bytes:
    """GB 18030 has the common characters in the order of their sounds, as a class book has them."""
    return name.encode("gb18030", "replace")


def rule_words(rule: str, lang: str) -> str:
    """The title of a rule."""
    return translate(RULES.get(rule, rule), lang)


def answer_words(answer: str, why: Iterable[str], lang: str) -> str:
    """The answer of a roll call, and why for who is not identifiable or covered."""
    said = translate(ANSWERS[answer], lang)
    reasons = AND[lang].join(translate(WHYS[one], lang) for one in why if one in WHYS)
    return translate(N_("{answer}: {why}"), lang, answer=said, why=reasons) if reasons else said


def block_words(block_id: str, lang: str) -> str:
    """The name of a block: 2026-03-02-am is “2026年3月2日上午”."""
    match = _BLOCK.fullmatch(block_id)
    if match is None:
        return block_id
    date, half, make_up, number = match.groups()
    name = translate(HALVES[half], lang, date=date_words(date, lang))
    if number:
        name = translate(PART, lang, name=name, number=number)
    return translate(MAKE_UP, lang, name=name) if make_up else name


@functools.lru_cache(maxsize=4096)  # a page says the same few dates thousands of times, and Babel takes its time
def date_words(iso: str, lang: str) -> str:
    """A date of the class's own clock."""
    return format_date(datetime.date.fromisoformat(iso), "medium", locale="zh_CN" if lang == "zh" else "en")


def moment_words(us: int, offset_min: int, lang: str) -> str:
    """A moment, UTC microseconds, on a clock so many minutes east of UTC: date and time to the second."""
    when = local(us, offset_min)
    return f"{date_words(when.date().isoformat(), lang)} {when:%H:%M:%S}"


def minute_words(moment: str, lang: str) -> str:
    """A moment on the clock of a class, like 2026-03-02 08:30."""
    day, time = moment.split(" ")
    return f"{date_words(day, lang)} {time}"


def zone_words(offset_min: int) -> str:
    """The zone of a clock, like UTC+8 or UTC-3:30."""
    hours, minutes = divmod(abs(offset_min), 60)
    return f"UTC{'-' if offset_min < 0 else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def length_words(seconds: int, lang: str) -> str:
    """A length of time."""
    minutes, rest = divmod(seconds, 60)
    return translate(N_("{minutes} min {seconds} s"), lang, minutes=minutes, seconds=rest)


def _derived(params: Mapping[str, Any], lang: str) -> dict[str, str]:
    """What sentences say of a class-hour or block (`name`), and of lengths (`missing` of seconds, `length`)."""
    found: dict[str, str] = {}
    if {"id", "date", "start", "end"} <= set(params):
        times = f"{params['start']}–{params['end']}"
        block = _BLOCK.fullmatch(params["id"])
        place = block_words(params["id"], lang) if block else date_words(params["date"], lang)
        found["name"] = f"{place} {times}"
    for name, said in (("missing_s", "missing"), ("seconds", "length")):
        if name in params:
            found[said] = length_words(params[name], lang)
    return found


def _shown(name: str, value: Any, lang: str, names: Mapping[str, str]) -> str:
    each: Callable[[str], str] = {
        "trainee": lambda v: _called(v, names),
        "trainees": lambda v: _called(v, names),
        "blocks": lambda v: block_words(v, lang),
        "when": lambda v: f"{date_words(v[:10], lang)}{v[10:]}",
        "own": lambda v: translate(STATES[v], lang) if v in STATES else v,
        "readings": lambda v: translate(READINGS[v], lang) if v in READINGS else v,
        "date": lambda v: date_words(v, lang),
        "until": lambda v: date_words(v, lang),
        "since_date": lambda v: date_words(v, lang),
        "else_until": lambda v: date_words(v, lang),
        "recorded": lambda v: date_words(v, lang),
        "begins": lambda v: date_words(v, lang),
        "controls": lambda v: translate(CONTROLS[v], lang) if v in CONTROLS else v,
    }.get(name, str)
    if not isinstance(value, tuple | list):
        return each(value)
    said = [each(one) for one in value]
    return AND[lang].join(sorted(said, key=_by_name) if name == "trainees" and names else said)
