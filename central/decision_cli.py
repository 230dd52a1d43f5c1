"""`zaitang-central decide` and `objection`: what there is to decide, who decided what, who objects, who answered."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from central.commands import named, say
from common.texts import N_, translate, words

if TYPE_CHECKING:
    from central.classes.decisions import Case
    from central.wiring import Centre
    from evidence.standing import Standing

Add = Callable[..., argparse.ArgumentParser]
SAYS = N_("R3 says: {verdict}")
FINDINGS = N_("Findings: {hash}")
REVIEWED = N_("Reviewed by {by}: {block}, {answer}. Reason: {why}")
OBJECTS = N_("Open objection {objection} of {source}: {text}")
ON_RECORD = N_("It is on record. {stage}, by {name}.")
FINAL = N_("It is final.")
FINAL_FROM = N_("It is final from {at} on, after the public notice, if nobody objects.")
NOT_FINAL = N_("It is not final while an objection is open.")
RAISED = N_("Objection {objection} to the findings of class {class_id} is on record; its boxes remove none of its"
            " video.")
HANDLED = N_("Objection {objection} of class {class_id} is now: {state}")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], add: Add) -> None:
    """Add both to the parser of `zaitang-central`. `add`: adds a command that takes the centre's folder."""
    one = add(commands, "decide", _decide,
                      "say what there is to decide about a class; with --stage, be one of two persons who decide")
    one.add_argument("class_id", metavar="CLASS")
    one.add_argument("--stage", choices=("first", "second"), help="whether you are the first or the second person")
    one.add_argument("--answer", choices=("withdraw", "keep", "correct", "reopen", "stand"),
                     help="the consequence of the clause, no consequence, or something must be put right first; of a "
                          "decision that is final: reopen it, or (the second person) it stays")
    one.add_argument("--reason", metavar="TEXT", help="kept for ever: names nobody")
    one.add_argument("--by", metavar="ACCOUNT", help="who decides; kept for ever")
    one.add_argument("--findings", metavar="HASH", help="refuse if the findings are other ones now than these")
    group = commands.add_parser("objection", help="objections of schools and trainees").add_subparsers(
        required=True, metavar="WHAT")
    new = add(group, "raise", _raise, "a school or a trainee objects to what is found of a class")
    new.add_argument("class_id", metavar="CLASS")
    new.add_argument("--from", dest="source", required=True, choices=("school", "trainee"), help="who objects")
    new.add_argument("--person", metavar="PERSON", help="which trainee: pseudonym, or name")
    new.add_argument("--text", required=True, metavar="TEXT", help="kept for ever: names nobody")
    new.add_argument("--by", required=True, metavar="ACCOUNT", help="the institution's that brings it; kept for ever")
    said = add(group, "answer", _answer, "answer an objection, or end it with that")
    said.add_argument("class_id", metavar="CLASS")
    said.add_argument("objection", metavar="OBJECTION", help="which one, like o-1")
    said.add_argument("--as", dest="how", required=True, choices=("answered", "withdrawn", "upheld", "rejected"),
                      help="answered leaves it open")
    said.add_argument("--text", required=True, metavar="TEXT", help="kept for ever: names nobody")
    said.add_argument("--by", required=True, metavar="ACCOUNT",
                      help="the supervisor who answers, or the institution's that withdraws it; kept for ever")
    add(group, "list", _list, "the objections of a class, oldest first").add_argument(
        "class_id", metavar="CLASS")


def _decide(args: argparse.Namespace) -> None:
    from central.classes.decisions import decide, look_at
    from central.errors import SayAll
    from central.wiring import open_centre
    from common.decisions import STAGES

    centre = open_centre(args.centre)
    now_us = centre.clock.stamp().utc_us
    case = look_at(centre.store, args.class_id, now_us)
    if args.stage is None:
        _tell(case, args)
        return
    if None in (args.answer, args.reason, args.by):
        raise SayAll(needed="--answer, --reason, --by")
    _check_decider(centre, args.class_id, args.by)
    made = decide(centre.store, args.class_id, args.stage, args.answer, args.reason, args.by, args.by,
                  args.findings or case.findings, now_us)
    say(args, ON_RECORD, stage=translate(STAGES[made.body.stage], args.lang), name=made.body.by_name)
    _stands(made.after, case.told.order.utc_offset_min, args)


def _check_decider(centre: Centre, class_id: str, account: str) -> None:
    """Whether the account decides about the class in the console, too. Raises NotADecider."""
    from central.accounts.actions import Action
    from central.accounts.scope import may_for
    from central.classes.decision_errors import NotADecider

    with centre.store.read() as tx:
        if not may_for(tx, account, Action.DECIDE, class_id):
            raise NotADecider(class_id=class_id, account=account[:64])


def _tell(case: Case, args: argparse.Namespace) -> None:
    """What a decider reads: the verdict, who reviewed, who decided why, who objects."""
    from common.decisions import LATE, SOURCES, decision_words
    from common.reasons import STATES, VERDICTS, block_words, moment_words

    offset, lang = case.told.order.utc_offset_min, args.lang
    if case.r3 is not None:
        say(args, SAYS, verdict=translate(VERDICTS[case.r3.verdict], lang))
        print(*(words(reason, lang, {}) for reason in case.r3.reasons[:1]))
    say(args, FINDINGS, hash=case.findings)
    for one in case.reviews:
        say(args, REVIEWED, by=one.reviewer, block=block_words(one.block, lang),
            answer=translate(STATES[one.answer], lang), why=one.reason)
    for objection in (one for one in case.told.story.objections if one.open):
        say(args, OBJECTS, objection=objection.objection, source=translate(SOURCES[objection.source], lang),
            text=objection.text)
        if objection in case.standing.late:
            say(args, LATE)
    for fact in case.told.story.decisions:
        print(decision_words(fact, moment_words(fact.at_us, offset, lang), lang))
    _stands(case.standing, offset, args)


def _stands(now: Standing, offset_min: int, args: argparse.Namespace) -> None:
    from common.decisions import round_words
    from common.reasons import moment_words

    print(round_words(now.round, args.lang))
    if now.round.state != "decided":
        return
    if now.final or now.final_us is None:
        say(args, FINAL if now.final else NOT_FINAL)
    else:
        say(args, FINAL_FROM, at=moment_words(now.final_us, offset_min, args.lang))


def _raise(args: argparse.Namespace) -> None:
    from central.accounts.actions import Action
    from central.classes.objections import pseudonym_of, raise_objection
    from central.wiring import open_centre

    centre, who = open_centre(args.centre), args.person
    by = named(args, centre.store, Action.OBJECT)
    if who is not None:
        who = pseudonym_of(centre.store, centre.names, args.class_id, " ".join(who.split()))
    made = raise_objection(centre.store, args.class_id, args.source, who, args.text, by)
    say(args, RAISED, objection=made.objection, class_id=args.class_id)


def _answer(args: argparse.Namespace) -> None:
    from central.accounts.actions import Action
    from central.classes.objections import handle_objection
    from central.wiring import open_centre
    from common.decisions import OBJECTIONS

    store = open_centre(args.centre).store
    by = named(args, store, Action.OBJECT if args.how == "withdrawn" else Action.ANSWER_OBJECTION)
    made = handle_objection(store, args.class_id, args.objection, args.how, args.text, by)
    say(args, HANDLED, objection=made.objection, class_id=args.class_id,
        state=translate(OBJECTIONS[made.state], args.lang))


def _list(args: argparse.Namespace) -> None:
    from central.classes.objections import list_objections
    from central.wiring import open_centre
    from common.decisions import OBJECTIONS, SOURCES
    from common.tables import print_table

    rows = [(one.objection, translate(SOURCES[one.source], args.lang), one.person or "-", one.text,
             translate(OBJECTIONS[one.state], args.lang), one.answer or "-", one.handled_by or "-")
            for one in list_objections(open_centre(args.centre).store, args.class_id)]
    head = [N_("Objection"), N_("Raised by"), N_("Trainee"), N_("Text"), N_("State"), N_("Answer"), N_("Handled by")]
    print_table(head, rows, N_("Nobody objects."), args.lang)
