"""The words of reasons that rest on the plan, on what the centre states, and on what other systems say of a class."""
from __future__ import annotations

from common.texts import N_

STATED: dict[str, str] = {
    "no_hours": N_("the plan has no class-hours"),
    "no_online_hours": N_("the plan has no online class-hours"),
    "imported_void": N_(
        "what was imported for this rule cannot be used, because it does not hold what the rule needs; import it "
        "again"
    ),
    "o1_kept": N_("trainees on the roster at most: {count}; a class may have {limit}"),
    "o1_over": N_("on {date} the roster has {count} trainees; a class may have {limit}"),
    "o1_over_plan": N_("the roster has {count} trainees; a class may have {limit}"),
    "o2_places": N_("workplaces were counted at {count} inspections: never more than {ratio} trainees for each"),
    "o2_crowded": N_(
        "on {date} an inspection counted {count} trainees and {workplaces} workplaces; at most {ratio} trainees for "
        "each"
    ),
    "o3_kept": N_("class-hours in the plan: {count}; none is shorter than {limit} minutes"),
    "o3_short": N_(
        "class-hours shorter than {limit} minutes: {count}; the shortest has {shortest_min} minutes ({when})"
    ),
    "o4_kept": N_(
        "practical class-hours: {count} of {total} ({percent} %), online ones included in the total; at least {limit}"
        " % are required"
    ),
    "o4_short": N_(
        "only {count} of {total} class-hours are practical ({percent} %), online ones included in the total; at least"
        " {limit} % are required"
    ),
    "o5_kept": N_("online class-hours: {count} of {total} in all ({percent} %); at most {limit} % may be online"),
    "o5_over": N_(
        "too many class-hours are online: {count} of {total} in all ({percent} %); at most {limit} % may be"
    ),
    "o5_reading": N_(
        "if the share of the theory class-hours alone were counted, it would be {count} of {total} ({percent} %), and"
        " the answer another one: it depends on how the clause is read"
    ),
    "o5_platform_unknown": N_("nothing says whether the online platform is in the catalogue"),
    "o5_listed": N_("the online platform is in the catalogue: {platforms} (says: {source})"),
    "o5_unlisted": N_("the online platform is not in the catalogue: {platforms} (says: {source})"),
    "o6_none": N_("this is no course for a certificate of completion (says: {source})"),
    "o6_kept": N_("class-hours in the plan: {count}; at least {limit} are required"),
    "o6_short": N_("the plan has only {count} class-hours; at least {limit} are required"),
    "o6_expressly": N_("for this course {count} class-hours are stated expressly, and these count (says: {source})"),
    "o7_counted": N_("on the day of the opening ({date}) an inspector counted {count} trainees"),
    "o7_inspected": N_("inspections at the place: {count}; trainees there on average: {mean}"),
    "o7_remote": N_("inspections from afar, counted apart: {count}; trainees there on average: {mean}"),
    "o8_kept": N_(
        "trainees compared with earlier subsidised trainings: {count}; nobody came too early (says: {source})"
    ),
    "o8_early": N_(
        "{trainee} began this class on {begins}; the earlier training {training} was assessed on {date}, less than "
        "{months} month before"
    ),
    "o8_unassessed": N_(
        "{trainee} began this class on {begins}; the earlier training {training} was not assessed by then"
    ),
    "o8_uncompared": N_("nobody looked whether these had an earlier training: {trainees}"),
    "o9_backed": N_(
        "people whose face is enrolled: {count}; each tied to an ID card, or to an inspector's word at the opening "
        "that the centre backs ({backed}), once and with consent"
    ),
    "o10_surveyed": N_("people were surveyed before the opening"),
    "o10_unsurveyed": N_("people were not surveyed before the opening"),
    "o10_compared": N_("the particulars of people were compared"),
    "o10_uncompared": N_("the particulars of people were not compared"),
    "o10_students": N_("in-school students among the trainees: {count}"),
    "o10_students_unknown": N_("nothing says how many of the trainees are in-school students"),
    "o10_mismatched": N_("trainees whose job does not match the course: {count}"),
    "o10_mismatched_unknown": N_("nothing says whether the trainees' jobs match the course"),
    "o10_kept": N_("apprentices in {year}, this class included: {count}; the cap of a year is {limit}"),
    "o10_over": N_("too many apprentices in {year}: {count}, this class included; the cap of a year is {limit}"),
    "o10_cap_unknown": N_(
        "apprentices in {year}, this class included: {count}; the cap that is stated, {limit}, is none of those that "
        "the policy names ({caps}): undecided"
    ),
    "o11_kept": N_("the online platform keeps to what is demanded (says: {source})"),
    "o11_unknown": N_("of the online platform it is not known: {controls}: undecided"),
    "o11_fast_forward": N_("the online platform lets people play fast forward"),
    "o11_windows": N_("the online platform lets people learn in several windows"),
    "o11_prompts": N_(
        "the online platform asks nothing for {count} minutes; at most {limit} may pass without a prompt"
    ),
    "o11_live_face": N_("the online platform does not compare a living face"),
    "o11_in_order": N_("the online platform lets people learn out of order"),
    "o11_photos": N_("the online platform keeps no pictures at random"),
    "r5_used": N_(
        "the authority looked: at live pictures {live} times, at recordings {video} times, at check-ins {checkins} "
        "times"
    ),
    "r5_none": N_(
        "no look of the authority is on record, at live pictures, recordings or check-ins; that is nothing against "
        "the school"
    ),
    "r6_field": N_(
        "{date}, {from_time}–{to_time}: inspected at {place} by {inspector}; trainees there: {headcount}, teachers: "
        "{teachers}"
    ),
    "r6_remote": N_(
        "{date}, {from_time}–{to_time}: inspected from afar ({place}) by {inspector}; trainees there: {headcount}, "
        "teachers: {teachers}"
    ),
    "r6_opening": N_(
        "{date}, {from_time}–{to_time}: inspected at the opening, at {place}, by {inspector}; trainees there: "
        "{headcount}, teachers: {teachers}"
    ),
    "r6_remark": N_("remark of the inspection on {date}: {remark}"),
    "r6_unsigned": N_("no signed sheet of the inspection on {date} is on record"),
    "r6_pending": N_(
        "no inspection is on record yet; the authority is to inspect the class at least once while it goes on"
    ),
    "r6_none": N_(
        "the class is over and no inspection is on record: this is for the authority, and nothing against the school"
    ),
    "inspections_void": N_(
        "inspections that do not count, because they were stated before they were over, or are of days without class-"
        "hours: {count}"
    ),
    "r8_none": N_("the plan has no make-up class-hours"),
    "r8_hours": N_(
        "make-up class-hours in the plan: {count}; they count for the attendance rate and cure no recording of R3"
    ),
    "r8_missed": N_(
        "{trainee} did not attend {count} class-hours (on approved leave {leave}, undecided {open}); made up: "
        "{made_up}, not made up: {left}"
    ),
    "r8_absent": N_("{name}: {trainees} were asked to this make-up class-hour and were not there"),
    "r8_late": N_("{name}: this make-up class-hour came after the assessment"),
    "r8_recorded": N_("{name}: this make-up class-hour is recorded in full"),
    "r8_unrecorded": N_("{name}: this make-up class-hour is not recorded in full"),
    "r8_unsure": N_("{name}: whether this make-up class-hour is recorded in full is undecided"),
    "r8_consent": N_("make-up class-hours to which the authority agreed: {count} ({approver})"),
    "r8_no_consent": N_("{name}: no consent of the authority to this make-up class-hour is on record: undecided"),
    "r9_pending": N_("the survey comes after the training; none is closed yet"),
    "r9_none": N_("the training is over and no survey is closed"),
    "r9_kept": N_(
        "satisfied: {count} of {answered} who answered ({percent} %); asked were {asked}; at least {limit} % are "
        "required"
    ),
    "r9_below": N_(
        "satisfied: only {count} of {answered} who answered ({percent} %); asked were {asked}; at least {limit} % are"
        " required"
    ),
    "r9_few": N_(
        "too few answered: {answered} of {asked} ({percent} %), less than {limit} %; that may not say what the others"
        " think: undecided"
    ),
    "r9_nobody": N_("nobody of {asked} who were asked answered: undecided"),
    "r9_early": N_("the survey was closed before the last class-hour was over: undecided"),
    "r9_denominator": N_("only {count} were asked; {due} trainees are on the roster"),
    "r9_ahead": N_("the survey was stated before it was closed: it does not count"),
    "r9_numbers": N_(
        "the numbers of the survey cannot be right: more answered than were asked, or more are satisfied than "
        "answered; state it again"
    ),
}

CONTROLS: dict[str, str] = {
    "fast_forward": N_("fast forward"),
    "windows": N_("several windows"),
    "prompts": N_("prompts"),
    "live_face": N_("comparison of a living face"),
    "in_order": N_("learning in order"),
    "photos": N_("pictures kept at random"),
}
"""What O11 asks of an online platform."""
