"""`zaitang-central review` and `point`: what was said, what the records alone say, what the rule says now."""
from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

from central.accounts.actions import Action
from central.classes.reviews import point_out, state_review
from central.commands import named, say
from central.wiring import Centre, open_centre
from common.reasons import AND, STATES, VERDICTS, answer_words, block_words
from common.texts import N_, translate, words
from evidence.rules import R3Finding
from evidence.story import Presence

REVIEWED = N_("{block}: it is on record that {by} answers: {answer}")
ALONE = N_("The records alone say: {answer}")
UNSEEN = N_("Not shown: {people}")
OTHER = N_("The policy counts other recordings; this one counts only under another reading")
AFTER = N_("R3 says now: {verdict}")
POINTED = N_("{block}: it is on record that {by} points out {person}")
ANSWER = N_("The answer for {person} is now: {answer}")
NOT_DUE = N_("{person} is not due in that recording, so nothing changes for it")


def review(args: argparse.Namespace) -> None:
    """State a review. Raises HasNoRight, what `state_review` raises."""
    centre = open_centre(args.centre)
    by, now_us = named(args, centre.store, Action.REVIEW), centre.clock.stamp().utc_us
    made = state_review(centre.store, args.class_id, args.block, args.answer, args.reason, by, now_us)
    lang, names = args.lang, _names(centre, args.class_id)
    say(args, REVIEWED, block=block_words(made.body.block, lang), by=made.body.reviewer,
        answer=translate(STATES[made.body.answer], lang))
    say(args, ALONE, answer=translate(STATES[made.own.state], lang))
    if made.unseen:
        say(args, UNSEEN, people=AND[lang].join(_answered(made.unseen, names, lang)))
    if not made.counted:
        say(args, OTHER)
    _after(made.after, made.body.block, names, args)


def point(args: argparse.Namespace) -> None:
    """Point somebody out. Raises HasNoRight, what `point_out` raises."""
    centre = open_centre(args.centre)
    by = named(args, centre.store, Action.REVIEW)
    made = point_out(
        centre.store, centre.names, args.class_id, " ".join(args.person.split()), args.segment.lower(), args.at,
        args.box, by, centre.clock.stamp().utc_us)
    lang, names = args.lang, _names(centre, args.class_id)
    person = names.get(made.body.person, made.body.person)
    say(args, POINTED, block=block_words(made.block, lang), by=made.body.by, person=person)
    if made.presence is None:
        say(args, NOT_DUE, person=person)
    else:
        say(args, ANSWER, person=person, answer=answer_words(made.presence.answer, made.presence.why, lang))
    _after(made.after, made.block, names, args)


def _names(centre: Centre, class_id: str) -> Mapping[str, str]:
    with centre.store.read() as tx:
        return {one: name.name for one, name in centre.names.open_all(class_id, tx.sealed_names(class_id)).items()}


def _answered(people: Iterable[Presence], names: Mapping[str, str], lang: str) -> list[str]:
    return [f"{names.get(one.person, one.person)} ({answer_words(one.answer, one.why, lang)})" for one in people]


def _after(finding: R3Finding, block: str, names: Mapping[str, str], args: argparse.Namespace) -> None:
    """The verdict, the tally, and what is said of this recording."""
    say(args, AFTER, verdict=translate(VERDICTS[finding.verdict], args.lang))
    for reason in finding.reasons:
        if reason.code == "r3_tally" or reason.params.get("id") == block:
            print(words(reason, args.lang, names))
