"""From everything that is known to the one state that the page shows. Pure; sentences in the language asked for."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from common.alarms import alarm_words
from common.texts import translate
from edge.checkin.view import Ask, Direction
from edge.terminal import words
from edge.terminal.bareface import Shown
from edge.terminal.live_sign import Watched
from edge.terminal.looks import LiveLook
from edge.terminal.memory import AlarmFact
from edge.terminal.notices import DEFAULT_OFFSET_MIN, Notices
from edge.terminal.progress import Live
from edge.terminal.schedule import Lesson, Session
from edge.terminal.seen import Seen, late_notice, unseen
from edge.terminal.signed import people
from evidence.blocks import local
from evidence.bodies import ClassOrder
from evidence.enforce import Chance
from evidence.policy import Number
from evidence.story import Block
from evidence.times import MINUTE, SECOND, utc_text

ALARM_US = 15 * MINUTE
"""How long an alarm stays on the screen, in real time."""


@dataclasses.dataclass(frozen=True)
class Sight:
    """What the check-in camera sees now. `state`: a key of words.CHECKIN; `faces`: x, y, width, height in ppm of the
    frame; `frame`: counts frames; `result`: the last attempt's answer, or None once it is old. `ask`: the gesture that
    is asked now; `person`: whose PIN is wanted. `direction`: what a face does here just now."""

    state: str
    frame: int
    faces: tuple[tuple[int, int, int, int], ...] = ()
    result: Result | None = None
    ask: Ask | None = None
    person: str | None = None
    direction: Direction = "in"


@dataclasses.dataclass(frozen=True)
class Result:
    """An answer that is still on the screen. `person` None: nobody known."""

    attempt: str
    answer: str
    person: str | None
    at_us: int
    direction: Direction = "in"
    lost: bool = False
    """Somebody signs out who never signed in."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Everything that one state is made of. Times are UTC microseconds of the box's clock."""

    now_us: int
    rate: int
    device: str
    lesson: Lesson | None
    session: Session | None
    session_order: ClassOrder | None
    chance: Chance | None
    correctable: Session | None
    today: Sequence[ClassOrder]
    live: Live
    sight: Sight
    block: Block | None
    """The one whose sign-ins are shown."""
    pin_share: Number | None
    """Percent of sign-ins by PIN above which people look why."""
    seen: Seen | None
    seen_of: str
    """The title of its class, where the page is about another one, or none."""
    behind_us: int | None
    """How much video of this box waits for its roll call."""
    again_us: int
    """How much will be looked at again."""
    refused: str | None
    """Why no roll call of the class of `seen` is made with this pack, if none is."""
    names: Mapping[str, str]
    notices: Notices
    banners: Sequence[str]
    alarms: Sequence[AlarmFact]
    cameras: Mapping[str, str]
    """The role of each camera."""
    waiting: int | None
    looks: Sequence[LiveLook]
    """When the room was looked at live."""
    watched: Watched | None
    """Whether it is now."""


def state(facts: Facts, lang: str) -> dict[str, Any]:
    """The JSON value of /state.json."""
    return {
        "v": 1,
        "lang": lang,
        "now": utc_text(facts.now_us),
        "clock": _clock(facts, facts.now_us),
        "banners": facts.notices.banners(lang) + late_notice(facts.seen, facts.session is not None, lang) + [
            {"code": code, "text": _banner(code, facts.rate, lang)} for code in facts.banners
        ],
        "lesson": _lesson(facts, lang),
        "session": _session(facts, lang),
        "correction": _correction(facts),
        "recording": _recording(facts, lang),
        "checkin": _checkin(facts, lang),
        "people": _people(facts, lang),
        "unseen": unseen(
            facts.seen, facts.session is not None, facts.behind_us, facts.names, lang, facts.again_us,
            facts.refused, facts.seen_of),
        "alarms": _alarms(facts, lang),
        "earlier": _earlier(facts, lang),
        "sync": _sync(facts.waiting, lang),
        "looks": _looks(facts, lang),
    }


def bare(shown: Shown | None, names: Mapping[str, str], lang: str) -> dict[str, Any] | None:
    """The bare-face roll call that is asked for, or under way; None: neither. Where several instructors are here, each
    has a button with the name, so that the record says whose word it was; where none is, nobody can begin it."""
    if shown is None:
        return None
    several, asking = len(shown.teachers) > 1, shown.phase == "asking"
    begin = [{"person": one, "text": names.get(one, one) if several else translate(words.BARE_BEGIN, lang)}
             for one in shown.teachers]
    text = words.BARE_BY if several else words.BARE["asking"] if shown.teachers else words.BARE_FIRST
    return {
        "phase": shown.phase, "text": translate(text if asking else words.BARE[shown.phase], lang),
        "left_s": None if shown.left_us is None else -(-shown.left_us // SECOND),
        "begin": begin,
    }


def live_sign(watched: Watched | None, offset_min: int, lang: str) -> dict[str, str] | None:
    """The sign that somebody looks into this room from afar; None: nobody does."""
    if watched is None:
        return None
    time = "" if watched.since_us is None else f"{local(watched.since_us, offset_min):%H:%M}"
    text = translate(words.WATCHED_SINCE, lang, time=time) if time else translate(words.WATCHED, lang)
    return {"text": text, "who": translate(words.WATCHED_BY, lang)}


def _banner(code: str, rate: int, lang: str) -> str:
    if code == "simulated" and rate == 1:
        return translate(words.SIMULATED, lang)
    return translate(words.BANNERS[code], lang, rate=rate)


def _order(facts: Facts) -> ClassOrder | None:
    return facts.session_order or (facts.lesson.order if facts.lesson else None)


def _clock(facts: Facts, at_us: int) -> str:
    order = _order(facts)
    return f"{local(at_us, order.utc_offset_min if order else DEFAULT_OFFSET_MIN):%H:%M:%S}"


def _lesson(facts: Facts, lang: str) -> dict[str, Any]:
    order, lesson = _order(facts), facts.lesson
    if order is None:
        return {"phase": "none", "text": translate(words.NO_LESSON, lang)}
    room = next((place.room for place in order.boxes if place.device == facts.device), "")
    over = translate(words.OVERRUN, lang) if facts.session is not None else ""
    value: dict[str, Any] = {"class": order.class_id, "title": order.title, "room": room, "phase": "over", "text": over}
    if lesson is not None:
        start = local(lesson.span.start_us, order.utc_offset_min)
        value |= {
            "phase": lesson.phase,
            "hour": lesson.hour.hour,
            "kind": translate(words.KINDS[lesson.hour.kind], lang),
            "text": translate(words.HOUR, lang, number=lesson.number, of=lesson.of),
            "day": _day(facts, lesson.span.start_us),
            "start": f"{start:%H:%M}",
            "end": f"{local(lesson.span.end_us, order.utc_offset_min):%H:%M}",
        }
    return value


def _session(facts: Facts, lang: str) -> dict[str, Any] | None:
    session, its = facts.session, facts.chance
    if session is None:
        return None
    since, by = _clock(facts, session.since_us)[:5], "pressed" if session.pressed else "plan"
    return {
        "id": session.session, "class": session.class_id, "since": since, "pressed": session.pressed,
        "text": translate(words.SINCE[by], lang, time=since),
        "early": its is not None and not its.whole and its.state != "done",
    }


def _correction(facts: Facts) -> dict[str, Any] | None:
    """What “wrong class?” asks; None when there is nothing to put right, or nothing else today."""
    session = facts.correctable
    others = [order for order in facts.today if session is not None and order.class_id != session.class_id]
    if session is None or not others:
        return None
    title = next((order.title for order in facts.today if order.class_id == session.class_id), session.class_id)
    return {
        "session": session.session, "title": title,
        "others": [{"class": order.class_id, "title": order.title} for order in others],
    }


def _recording(facts: Facts, lang: str) -> dict[str, Any]:
    said = facts.live.state if facts.notices.refusal is None else "unable"
    value: dict[str, Any] = {"state": facts.live.state, "text": translate(words.RECORDING[said], lang)}
    its = facts.chance
    if its is None and facts.session is not None and facts.lesson is None:
        value["deadline"] = translate(words.END_SOON, lang)
    if its is not None:
        value |= {
            "whole": its.whole,
            "unbroken_s": its.unbroken_us // SECOND,
            "shown_s": min(its.shown_us, its.needed_us) // SECOND,
            "unit": translate(words.WHOLE if its.whole else words.UNBROKEN, lang),
            "needed_s": its.needed_us // SECOND,
            "still_s": -(-its.still_us // SECOND),
            "possible_s": its.possible_us // SECOND,
            "done": its.still_us == 0,
            "missed_s": its.missed_us // SECOND,
            "share": min(1000, 1000 * its.shown_us // max(1, its.needed_us)),
            "chance": its.state,
            "restart_by": None if its.restart_by_us is None else _clock(facts, its.restart_by_us),
            "need": _need(its, lang),
            "deadline": _deadline(facts, its, lang),
            "possible": _possible(its, lang),
        }
    return value


def _need(its: Chance, lang: str) -> str:
    if its.unseen:
        return translate(words.UNLOOKED, lang)
    if its.whole:
        code = "missed" if its.missed_us > SECOND else "whole"
        times = {"time": _length(its.missed_us), "allowed": _length(its.allowed_us)}
        return translate(words.NEED[code], lang, **times)
    if its.state in ("at_risk", "lost"):
        return ""
    code, time = "still" if its.still_us else "done", _length(-(-its.still_us // SECOND) * SECOND)
    return translate(words.NEED[code], lang, time=time)


def _deadline(facts: Facts, its: Chance, lang: str) -> str:
    """The last moment at which a start still complies; nothing where none matters."""
    code: str = its.state
    left_us = None if its.restart_by_us is None else its.restart_by_us - facts.now_us
    if code == "done" or (its.whole and code in ("running", "waiting")):
        return ""
    if code == "lost" and its.whole:
        code = "lost_whole"
    elif left_us is not None and left_us <= 0:
        code = "hold" if code == "running" else "ailing_late" if its.ailing else "late"
    elif its.ailing and code in ("waiting", "at_risk"):
        code = "ailing"
    pressed = facts.session is not None and facts.session.pressed and facts.live.state != "recording"
    if pressed and code in ("waiting", "at_risk", "late"):
        code = "begun_late" if code == "late" else "begun"  # Start cannot be pressed again
    clock = "" if its.restart_by_us is None else _clock(facts, its.restart_by_us)
    return translate(words.DEADLINE[code], lang, clock=clock, minutes=its.needed_us // MINUTE)


def _possible(its: Chance, lang: str) -> str:
    if its.whole or its.state in ("done", "at_risk", "lost"):
        return ""
    return translate(words.POSSIBLE, lang, time=_length(its.possible_us))


def _length(us: int) -> str:
    minutes, seconds = divmod(us // SECOND, 60)
    return f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _checkin(facts: Facts, lang: str) -> dict[str, Any]:
    sight, result = facts.sight, None
    if sight.result is not None:
        answer, lost = sight.result.answer, sight.result.lost
        result = {
            "attempt": sight.result.attempt, "answer": answer, "good": answer in ("accepted", "again") and not lost,
            "name": _name(facts, sight.result.person), "time": _clock(facts, _counted_us(facts, sight.result))[:5],
            "text": translate(words.ONLY_OUT if lost else answer_words(answer, sight.result.direction), lang),
        }
    said = _closed(facts) if sight.state == "closed" else sight.state
    by_hand = words.BY_HAND if sight.state in (*words.NO_FACES, "nobody_enrolled") else None
    hint = words.QUEUE[sight.direction] if sight.state in ("look", "closer") else by_hand
    sentence = words.CHECKIN[said] if sight.ask is None else words.ASKED[_asked(sight.ask)]
    return {
        "open": sight.state != "closed", "state": sight.state, "direction": sight.direction,
        "title": translate(words.DIRECTION[sight.direction], lang),
        "hint": "" if hint is None else translate(hint, lang),
        "text": translate(sentence, lang, name=_name(facts, sight.person)),
        "ask": None if sight.ask is None else dataclasses.asdict(sight.ask), "person": sight.person,
        "frame": sight.frame, "faces": [list(face) for face in sight.faces], "result": result,
    }


def answer_words(answer: str, direction: Direction) -> str:
    """The msgid of an answer: signing out is said as such."""
    return words.SIGNED_OUT.get(answer, words.ANSWERS[answer]) if direction == "out" else words.ANSWERS[answer]


def _counted_us(facts: Facts, result: Result) -> int:
    """The time of an answer: the first sight of the face once its record is known, as in the list."""
    block = facts.block
    if block is None or result.answer not in ("accepted", "again"):
        return result.at_us
    own = next((one for one in (*block.attendance, *block.teachers) if one.person == result.person), None)
    counted = None if own is None else own.in_us if result.direction == "in" else own.out_us
    return result.at_us if counted is None else counted


def _asked(ask: Ask) -> str:
    """What is said: look ahead before and after each gesture; the mouth is shut before it can open, and afterwards."""
    if ask.gesture == "open_mouth" and ask.stage != "asked":
        return f"{ask.stage}_mouth"
    return ask.gesture if ask.stage == "asked" else ask.stage


def _closed(facts: Facts) -> str:
    """Why the desk is closed."""
    if "revoked" in facts.banners:
        return "closed_revoked"
    if facts.lesson is not None:
        return "closed"
    return "closed_overrun" if facts.session is not None else "closed_over"


def _people(facts: Facts, lang: str) -> dict[str, Any]:
    return people(facts.block, facts.names, lambda us: _clock(facts, us)[:5], facts.pin_share, lang)


def _alarms(facts: Facts, lang: str) -> list[dict[str, str]]:
    """What still matters: said a while ago at most, and today; each once."""
    found: dict[str, AlarmFact] = {}
    for alarm in reversed(facts.alarms):
        if facts.now_us - alarm.at_us <= ALARM_US * facts.rate and not _day(facts, alarm.at_us):
            found.setdefault(alarm.code, alarm)
    return [_alarm(facts, alarm, lang) for alarm in found.values()]


def _earlier(facts: Facts, lang: str) -> list[dict[str, str]]:
    """The alarms that are over, newest first, as long as they are remembered."""
    now = {(one["code"], one["at"]) for one in _alarms(facts, lang)}
    told = [_alarm(facts, alarm, lang) for alarm in reversed(facts.alarms)]
    return [one for one in told if (one["code"], one["at"]) not in now]


def _alarm(facts: Facts, alarm: AlarmFact, lang: str) -> dict[str, str]:
    time = f"{_day(facts, alarm.at_us)} {_clock(facts, alarm.at_us)[:5]}".strip()
    text = alarm_words(alarm.code, alarm.params, lang, facts.cameras)
    return {"code": alarm.code, "at": utc_text(alarm.at_us), "time": time, "text": text}


def _day(facts: Facts, at_us: int) -> str:
    """The date of a moment, if it is not today."""
    order = _order(facts)
    offset_min = order.utc_offset_min if order else DEFAULT_OFFSET_MIN
    then, today = (local(us, offset_min).date() for us in (at_us, facts.now_us))
    return "" if then == today else f"{then:%m-%d}" if then.year == today.year else f"{then:%Y-%m-%d}"


def _looks(facts: Facts, lang: str) -> dict[str, Any]:
    """Those of today, newest first."""
    today = [one for one in facts.looks if not _day(facts, one.until_us) or one.until_us > facts.now_us]
    lines = [_looked(facts, one, lang) for one in reversed(today)]
    return {"title": translate(words.LOOKS, lang, count=len(lines)), "lines": lines}


def _looked(facts: Facts, look: LiveLook, lang: str) -> str:
    began_us = _began(facts, look)
    time = f"{_day(facts, began_us)} {_clock(facts, began_us)[:5]}".strip()
    kind = "over" if look.ended else "open" if facts.now_us < look.until_us else "lost"
    form = words.AND[lang].join(translate(words.LOOKED_FORM[one], lang) for one in sorted(look.forms, reverse=True))
    number = words.AND[lang].join(str(number) for number in look.numbers)
    word = words.LOOKED[kind if look.sent else "nothing"]
    order = translate(words.LOOKED_ORDER, lang, number=number)
    return translate(word, lang, time=time, end=_clock(facts, look.until_us)[:5], form=form, order=order)


def _began(facts: Facts, look: LiveLook) -> int:
    """Of a look that goes on what the sign says, some seconds beside its order or first picture: both are seen at
    once."""
    since_us = facts.watched.since_us if facts.watched is not None and not look.ended else None
    return since_us if since_us is not None and abs(since_us - look.began_us) < MINUTE else look.began_us


def _sync(waiting: int | None, lang: str) -> dict[str, Any]:
    code = "none" if waiting is None else "some" if waiting else "all"
    return {"state": code, "waiting": waiting or 0, "text": translate(words.SYNC[code], lang, waiting=waiting or 0)}


def _name(facts: Facts, person: str | None) -> str:
    """The name, or the pseudonym where no sheet of names has come."""
    return "" if person is None else facts.names.get(person, person)
