"""`zaitang-central plan …`: templates, imports, drafts, what would change, publishing, whether the boxes took it."""
from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from central.commands import say
from common.reasons import AND
from common.texts import N_, translate, words

if TYPE_CHECKING:
    from central.plans.draft import Draft
    from central.plans.plans import Plans
    from central.plans.schedule import Planned
    from central.plans.views import File, Shown

WRITTEN = N_("{path} is written; fill in its first sheet and hand it to `plan import`.")
DRY = N_("Nothing was kept: this is what would come of it.")
KEPT = N_("The draft of class {class_id} is kept as version {version}: {people} people, {hours} class-hours.")
SAME = N_("Nothing would change: the draft says what is published.")
REFUSED = N_("It could not be published now: {why}")
AGAINST = N_("{rule} is against this plan: {why}")
EARLIER = N_("Was in class {class_id} ({title}), which is not assessed yet (O8): {people}")
EARLIER_ON = N_("Was in class {class_id} ({title}), assessed on {date}, which is too short a time ago (O8): {people}")
PUBLISHED = N_("Order {number} of class {class_id} is signed, with {events} roster events and {leaves} leaves.")
BESIDE = N_("Of class {class_id} {events} roster events and {leaves} leaves are signed; order {number} stays in force.")
DISCARDED = N_("The draft of class {class_id} is forgotten.")
FORGOTTEN = N_("The ID number of {person} is erased: nothing finds this person in another class any more.")
TAKEN, WAITING = N_("accepted at {time}"), N_("awaited since {time}")
UNHEARD = N_("awaited since {time}; the box has never reported to this centre")
NO_DRAFT, UNNAMED = N_("No class is drafted."), N_("order {number}")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `plan` to the parser of `zaitang-central`."""
    plan = commands.add_parser("plan", help="prepare, change and publish the plan of a class")
    actions = plan.add_subparsers(required=True, metavar="WHAT")
    _add_files(actions)
    for name, do, said in (
        ("show", _show, "the draft of a class, and what keeps it from being published"),
        ("diff", _diff, "what publishing the draft would change"),
        ("publish", _publish, "sign what the draft changes, for the boxes of the class"),
        ("status", _status, "whether the boxes have taken the plan in force"),
        ("discard", _discard, "forget a draft"),
    ):
        _of_class(actions, name, do, said)
    _add_hours(actions)
    _add_people(actions)


def _add_files(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    template = actions.add_parser("template", help="write an .xlsx file that an institution fills in")
    template.add_argument("which", choices=("roster", "schedule"), help="list of people, or class-hours")
    template.add_argument("--to", type=Path, required=True, metavar="FILE.xlsx", help="the file to write: a new one")
    template.add_argument("--class", dest="class_id", metavar="ID", help="with the class-hours of this class in it")
    template.add_argument("--centre", type=Path, metavar="DIR", help="the centre's folder, for --class")
    template.set_defaults(do=_template)
    load = _command(actions, "import", _import, "take a schedule and a list of people into the draft of a class")
    load.add_argument("--class", dest="class_id", required=True, metavar="ID",
                      help="the class: a new one, or one that is there")
    load.add_argument("--schedule", type=Path, metavar="FILE",
                      help=".xlsx or CSV with 日期, 开始时间, 结束时间, 课程类型 …")
    load.add_argument("--roster", type=Path, metavar="FILE",
                      help=".xlsx or CSV with 姓名, 身份证号, 角色 …, or a list that a box sealed (.sealed)")
    load.add_argument("--title", metavar="TEXT", help="what people call the class")
    load.add_argument("--policy", metavar="ID", help="of one that comes with the product, or a .toml file")
    load.add_argument("--box", action="append", default=[], metavar="DEVICE=ROOM",
                      help="once for each box of the class")
    load.add_argument("--institution", metavar="ID", help="whose class it is")
    load.add_argument("--dry-run", action="store_true", help="check and show, keep nothing")
    _command(actions, "list", _list, "all drafts")


def _add_hours(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = _of_class(actions, "add", _add, "put a class-hour into the draft")
    add.add_argument("--at", required=True, metavar="TIME", help="local time, like 2026-03-02T08:30")
    repeat = _of_class(actions, "repeat", _repeat, "put class-hours into the draft by a pattern")
    repeat.add_argument("--on", required=True, metavar="DAYS", help="weekdays, like mon,wed")
    repeat.add_argument("--first", required=True, metavar="DATE", help="from this day on, like 2026-03-02")
    repeat.add_argument("--last", required=True, metavar="DATE", help="up to this day")
    repeat.add_argument("--begin", required=True, metavar="HH:MM", help="when the first one of a day begins")
    repeat.add_argument("--end", required=True, metavar="HH:MM", help="by when a day's class-hours are over")
    repeat.add_argument("--count", type=int, required=True, metavar="N", help="class-hours a day")
    repeat.add_argument("--pause", type=int, default=10, metavar="MIN", help="break between two of them")
    repeat.add_argument("--most", type=int, default=0, metavar="N", help="stop after so many class-hours")
    repeat.add_argument("--without", nargs="+", default=[], metavar="DATE", help="days that are left out")
    for parser in (add, repeat):
        parser.add_argument("--minutes", type=int, default=45, metavar="MIN", help="length of a class-hour")
        parser.add_argument("--kind", required=True, choices=("theory", "practical", "online"),
                            help="kind of class-hour")
        parser.add_argument("--gear", action="store_true", help="protective gear is worn")
        parser.add_argument("--room", default="", metavar="TEXT", help="where it is taught")
        parser.add_argument("--teacher", action="append", default=[], metavar="NAME",
                            help="who teaches; once for each")
    add.add_argument("--make-up", nargs="+", metavar="NAME", help="who makes up for something: it is for them alone")
    move = _of_class(actions, "move", _move, "give a class-hour of the draft another time")
    move.add_argument("hour", metavar="HOUR", help="its id, like h3")
    move.add_argument("--at", required=True, metavar="TIME", help="local time, like 2026-03-02T08:30")
    move.add_argument("--minutes", type=int, metavar="MIN", help="another length")
    remove = _of_class(actions, "remove", _remove, "leave a class-hour out of the draft")
    remove.add_argument("hour", metavar="HOUR", help="its id, like h3")


def _add_people(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    event = _of_class(actions, "event", _event, "somebody joins or leaves a published class")
    event.add_argument("kind", choices=("enrolment", "late_entry", "withdrawal", "substitution"),
                       help="what happens")
    event.add_argument("--person", metavar="NAME", help="who leaves: name or pseudonym")
    event.add_argument("--newcomer", type=Path, metavar="FILE",
                       help="who joins: a list like that of `plan import`, with one person")
    event.add_argument("--effective", required=True, metavar="TIME", help="local time from which it holds")
    leave = _of_class(actions, "leave", _leave, "an approved absence")
    leave.add_argument("person", metavar="NAME", help="name or pseudonym")
    leave.add_argument("--from", dest="start", required=True, metavar="TIME", help="local time, like 2026-03-02T08:30")
    leave.add_argument("--to", dest="end", required=True, metavar="TIME", help="local time, like 2026-03-02T08:30")
    for parser in (event, leave):
        parser.add_argument("--reason", required=True, metavar="TEXT", help="kept for ever: names nobody")
        parser.add_argument("--approver", required=True, metavar="NAME", help="who approved it; kept for ever")
    undo = _of_class(actions, "undo", _undo, "take a roster event or leave out of the draft again")
    undo.add_argument("number", type=int, metavar="N", help="which one: from 1 on, as `plan diff` lists them")
    forget = _of_class(actions, "forget-number", _forget, "erase somebody's ID number")
    forget.add_argument("person", metavar="NAME", help="name or pseudonym")


def _command(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, do: object, said: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=said)
    parser.add_argument("--centre", type=Path, required=True, metavar="DIR", help="the centre's folder")
    parser.set_defaults(do=do)
    return parser


def _of_class(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, do: object, said: str
) -> argparse.ArgumentParser:
    parser = _command(actions, name, do, said)
    parser.add_argument("class_id", metavar="CLASS", help="its id, like welder-2026-03")
    return parser


def _template(args: argparse.Namespace) -> None:
    from central.errors import CannotWrite
    from central.files import PUBLIC, write_new
    from central.plans.errors import NoSuchTemplate, TemplateEnding
    from central.plans.template import rows_of, workbook

    if args.to.suffix.lower() != ".xlsx":
        raise TemplateEnding(path=args.to)
    rows: tuple[Planned, ...] = ()
    if args.class_id is not None:
        if args.centre is None or args.which != "schedule":
            raise NoSuchTemplate()
        shown = _plans(args).show(args.class_id)
        rows = rows_of(shown.draft.hours, shown.names, shown.draft.utc_offset_min)
    try:
        write_new(args.to, workbook(args.which, args.lang, rows), PUBLIC)
    except OSError as error:
        raise CannotWrite(path=args.to, why=error.strerror) from None
    say(args, WRITTEN, path=args.to)


def _import(args: argparse.Namespace) -> None:
    from central.plans.table import read_file
    from central.plans.views import ClassSpec, File
    from evidence.bodies import Place

    places = [Place(device.strip(), room.strip()) for device, _, room in (one.partition("=") for one in args.box)]
    policy = args.policy
    beside = Path(policy).parent if policy else Path()
    spec = ClassSpec(args.class_id, args.title, Path(policy).name if policy else None, tuple(places) or None,
                     args.institution, beside=beside)
    schedule = None if args.schedule is None else File(args.schedule.name, read_file(args.schedule))
    shown = _plans(args).take(spec, schedule, _roster(args), keep=not args.dry_run)
    if args.dry_run:
        say(args, DRY)
    else:
        _kept(args, shown)
    _print(args, shown)


def _roster(args: argparse.Namespace) -> File | None:
    """The list of people; one that a box sealed is opened, and checked like any other, for anybody can seal one."""
    from central.plans.sealed import opened
    from central.plans.table import read_file
    from central.plans.views import File

    if args.roster is None:
        return None
    return opened(File(args.roster.name, read_file(args.roster)), args.class_id, args.centre / "keys", args.lang)


def _list(args: argparse.Namespace) -> None:
    from common.tables import print_table

    rows = [(kept.class_id, kept.version, draft.based_on or "-", len(draft.people), len(draft.hours), draft.title)
            for kept, draft in _plans(args).kept()]
    print_table([N_("Class"), N_("Version"), N_("Order"), N_("People"), N_("Hours"), N_("Title")], rows, NO_DRAFT,
                args.lang)


def _show(args: argparse.Namespace) -> None:
    from central.plans.changes import KINDS, ROLES

    shown = _plans(args).show(args.class_id)
    draft, lang = shown.draft, args.lang
    print(f"{draft.class_id}\t{draft.policy.id}\t{draft.institution or '-'}\t{draft.title}")
    for place in draft.boxes:
        print(f"{place.device}\t{place.room}")
    for one in draft.hours:
        people = AND[lang].join(shown.names.get(person, person) for person in one.make_up or ())
        time = f"{draft.moment(one.start_us)}–{draft.moment(one.end_us)[-5:]}"
        print(f"{one.hour}\t{translate(KINDS[one.kind], lang)}\t{time}\t{one.room}\t{people}")
    for person in draft.people:
        print(f"{person.person}\t{translate(ROLES[person.role], lang)}\t{shown.names.get(person.person, '-')}")
    _warn(args, shown)


def _diff(args: argparse.Namespace) -> None:
    _print(args, _plans(args).show(args.class_id))


def _publish(args: argparse.Namespace) -> None:
    done = _plans(args).publish(args.class_id, None)
    say(args, PUBLISHED if done.fresh else BESIDE, class_id=args.class_id, number=done.order, events=done.events,
        leaves=done.leaves)


def _status(args: argparse.Namespace) -> None:
    from evidence.times import utc_text

    number, boxes = _plans(args).state(args.class_id)
    say(args, UNNAMED, number=number)
    for one in boxes:
        said = TAKEN if one.accepted else WAITING if one.introduced else UNHEARD
        print(f"{one.device}\t{one.room}\t{translate(said, args.lang, time=utc_text(one.since_us))}")


def _discard(args: argparse.Namespace) -> None:
    _plans(args).discard(args.class_id)
    say(args, DISCARDED, class_id=args.class_id)


def _add(args: argparse.Namespace) -> None:
    from central.plans.draft import DraftHour, add_hours
    from evidence.times import MINUTE, utc_text

    plans = _plans(args)
    draft = plans.show(args.class_id).draft
    at_us, make_up = _moment(args.at, draft), args.make_up and tuple(_people(plans, args.class_id, args.make_up))
    hour = DraftHour("", args.kind, utc_text(at_us), utc_text(at_us + args.minutes * MINUTE), args.gear, make_up,
                     args.room, _people(plans, args.class_id, args.teacher))
    _changed(args, plans.edit(args.class_id, None, lambda one, _, now_us: add_hours(one, [hour], now_us)))


def _repeat(args: argparse.Namespace) -> None:
    from central.plans.draft import add_hours
    from central.plans.errors import PatternWrong
    from central.plans.pattern import Pattern, hours_by

    plans = _plans(args)
    draft = plans.show(args.class_id).draft
    try:
        days = frozenset(DAYS.index(day.strip().lower()) for day in args.on.split(","))
        begin, end = (datetime.time.fromisoformat(time) for time in (args.begin, args.end))
        first, last, *without = (datetime.date.fromisoformat(day) for day in (args.first, args.last, *args.without))
    except ValueError:
        raise PatternWrong() from None
    pattern = Pattern(days, first, last, begin, end, args.count, args.minutes, args.pause, args.kind, args.most,
                      args.gear, args.room, _people(plans, args.class_id, args.teacher), frozenset(without))
    hours = hours_by(pattern, draft.utc_offset_min)
    _changed(args, plans.edit(args.class_id, None, lambda one, _, now_us: add_hours(one, hours, now_us)))


def _move(args: argparse.Namespace) -> None:
    from central.plans.draft import move_hour
    from evidence.times import MINUTE, utc_text

    plans = _plans(args)
    draft = plans.show(args.class_id).draft
    was, at_us = draft.hour(args.hour), _moment(args.at, draft)
    end_us = at_us + (was.end_us - was.start_us if args.minutes is None else args.minutes * MINUTE)
    _changed(args, plans.edit(args.class_id, None, lambda one, _, now_us: move_hour(
        one, args.hour, utc_text(at_us), utc_text(end_us), now_us)))


def _remove(args: argparse.Namespace) -> None:
    from central.plans.draft import remove_hour

    _changed(args, _plans(args).edit(
        args.class_id, None, lambda one, _, now_us: remove_hour(one, args.hour, now_us)))


def _event(args: argparse.Namespace) -> None:
    from central.plans.roster_changes import Why
    from central.plans.table import read_file
    from central.plans.views import File

    plans = _plans(args)
    newcomer = None if args.newcomer is None else plans.newcomer(File(args.newcomer.name, read_file(args.newcomer)))
    at_us = _moment(args.effective, plans.show(args.class_id).draft)
    _changed(args, plans.event(args.class_id, None, args.kind, args.person, newcomer, at_us,
                               Why(args.reason, args.approver)))


def _leave(args: argparse.Namespace) -> None:
    from central.plans.roster_changes import Why, add_leave

    plans = _plans(args)
    draft, person = plans.show(args.class_id).draft, plans.person(args.class_id, args.person)
    start_us, end_us = _moment(args.start, draft), _moment(args.end, draft)
    _changed(args, plans.edit(args.class_id, None, lambda one, published, now_us: add_leave(
        one, published, person, start_us, end_us, Why(args.reason, args.approver), now_us)))


def _undo(args: argparse.Namespace) -> None:
    from central.plans.roster_changes import drop_change

    _changed(args, _plans(args).edit(args.class_id, None, lambda one, _, __: drop_change(one, args.number)))


def _forget(args: argparse.Namespace) -> None:
    _plans(args).forget_number(args.class_id, args.person)
    say(args, FORGOTTEN, person=args.person)


def _moment(text: str, draft: Draft) -> int:
    """UTC in microseconds of a local time of the class. Raises NotAMoment."""
    from central.plans.pattern import moment_us

    return moment_us(text, draft.utc_offset_min)


def _people(plans: Plans, class_id: str, names: list[str]) -> tuple[str, ...]:
    return tuple(plans.person(class_id, name) for name in names)


def _changed(args: argparse.Namespace, shown: Shown) -> None:
    _kept(args, shown)
    _print(args, shown)


def _kept(args: argparse.Namespace, shown: Shown) -> None:
    say(args, KEPT, class_id=shown.draft.class_id, version=shown.version, people=len(shown.draft.people),
        hours=len(shown.draft.hours))


def _print(args: argparse.Namespace, shown: Shown) -> None:
    from central.plans.changes import change_words

    for number, change in shown.numbered():
        print(f"{number or '-'}\t{change_words(change, shown.names, args.lang)}")
    if not shown.changes:
        say(args, SAME)
    _warn(args, shown)


def _warn(args: argparse.Namespace, shown: Shown) -> None:
    from central.plans.foresight import FEW
    from evidence.strangers import LEAST_PEOPLE

    for refusal in shown.refusals:
        say(args, REFUSED, why=words(refusal, args.lang))
    for finding in shown.foreseen:
        for reason in finding.reasons:
            say(args, AGAINST, rule=finding.rule, why=words(reason, args.lang, shown.names))
    if shown.few is not None:
        say(args, FEW, people=shown.few, least=LEAST_PEOPLE)
    for one in shown.earlier:
        people = AND[args.lang].join(shown.names.get(person, person) for person in one.people)
        say(args, EARLIER if one.over is None else EARLIER_ON, class_id=one.class_id, title=one.title, people=people,
            date=one.over)


def _plans(args: argparse.Namespace) -> Plans:
    from central.wiring import open_centre

    return open_centre(args.centre).plans()
