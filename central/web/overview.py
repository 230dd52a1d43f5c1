"""The overview in words: what needs somebody, the list of classes with its filters, what a search found."""
from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from central.overview.overview import ClassLine, Overview, Page, RunningLine, region_prefix
from central.store.live import BoxState
from central.store.summaries import SORTS, Summary, Wanted
from central.web.boxes import CHINA_MIN, BoxView
from central.web.contact import WORDS, since
from central.web.errors import BadFilter
from central.web.localtime import LocalTime
from common.decisions import ANSWERS
from common.reasons import AND
from common.texts import N_, translate
from evidence.times import MINUTE

VERDICTS = {
    "flag": N_("Flag"), "review": N_("Review required"), "noted": N_("No flag, other findings"),
    "clear": N_("Clear so far"), "none": N_("Not judged"), "unjudged": N_("not judged yet"),
    "error": N_("cannot be judged"),
}
RECORDING = {
    "recording": N_("being recorded"), "quiet": N_("started, but no video comes"), "ended": N_("ended early"),
    "idle": N_("not started"),
}
TROUBLES = {
    "chain.fork": N_("two copies of it run"), "chain.cut": N_("its records end earlier than they did"),
    "revoked": N_("its key is revoked"), "expired": N_("its certificate has expired"), "silent": WORDS["away"],
    "gone": N_("not connected now; last heard {since}"),
    "full": N_("nearly full: {free} GB free"), "apart": N_("its clock is {apart} s ahead"),
    "expires": N_("its certificate ends on {date}"), "refused": N_("messages of it that were refused: {refused}"),
    "waiting": N_("records of it without a receipt: {waiting}"),
}
OF_BOX = ("expired", "full", "apart", "expires", "refused")
"""Those that are of no single chain."""
BAD = 40
STALE = N_("judged {time}; records have come since, or time has passed")
JUDGED = N_("judged as of {time}")
JUDGED_SIMULATED = N_("judged {time}, as of the latest record of its boxes")
BEING = N_("being judged")
ROUNDS = {
    "first": N_("one person has decided; the second is to come"), "decided": N_("two persons have decided: {answer}"),
    "returned": N_("the second person sent it back"), "disagreed": N_("the two persons disagree"),
    "stale": N_("decided on what is not so any more"),
}
BEHIND = N_("{behind} classes have to be judged again, {unseen} new records are not looked through yet: that goes on by"
            " itself.")
AGAIN = N_("Classes that have to be judged again: {behind}; that goes on by itself.")
COMING = N_("Records have come to this centre that are not looked through yet; that goes on by itself.")
FELL = N_("two persons had decided, and it does not hold any more")
OBJECTION = N_("an objection waits for an answer")
FIELDS = {
    "region": N_("Region (six digits)"), "institution": N_("Institution"), "verdict": N_("Verdict"),
    "since": N_("from (date)"), "until": N_("until (date)"), "sort": N_("sorted by"),
}
NO_NAMES: Mapping[str, str] = MappingProxyType({})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REGION = re.compile(r"[0-9]{6}")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclasses.dataclass(frozen=True)
class LineView:
    """A class in a list."""

    class_id: str
    title: str
    href: str
    place: str
    """The institution; empty where the class is of none."""
    dates: str
    rooms: str
    trainees: int
    verdict: str
    verdict_words: str
    missing: int
    open: int
    violated: int
    round: str
    """Where the decision of two persons stands; empty before the first one."""
    fell: bool
    """Two persons had decided, and it does not hold any more."""
    objection: str
    """That one waits; empty where none does."""
    judged: str
    fresh: bool
    simulated: bool
    liveness: bool
    error: str
    """The kind of error, where it cannot be judged."""


@dataclasses.dataclass(frozen=True)
class RunningView:
    """A class that runs. `state`: recording, quiet, ended or idle."""

    line: LineView
    state: str
    state_words: str
    filmed: str
    heard: tuple[tuple[str, str], ...]
    came: int
    due: int


@dataclasses.dataclass(frozen=True)
class BoxLine:
    """A box that needs somebody."""

    device: str
    heard: str
    troubles: tuple[str, ...]
    bad: bool


@dataclasses.dataclass(frozen=True)
class OverviewView:
    """What needs me now."""

    as_of: str
    flags: tuple[LineView, ...]
    flags_all: int
    reviews: tuple[LineView, ...]
    reviews_all: int
    fallen: tuple[LineView, ...]
    fallen_all: int
    running: tuple[RunningView, ...]
    running_all: int
    boxes: tuple[BoxLine, ...]
    boxes_all: int
    refused: int
    let_go: int
    unseen: int
    going_on: str
    """That something is not judged or looked through yet; empty where nothing is."""
    verdicts: tuple[tuple[str, str, int], ...]


@dataclasses.dataclass(frozen=True)
class ListView:
    """A page of the list of classes. `first`, `more`: the queries of the first and the next page, which is empty at the
    end."""

    lines: tuple[LineView, ...]
    asked: Asked
    first: str
    more: str


SWITCHES = ("running", "undecided", "waiting", "fallen")
"""What is asked for or not."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a form asks for, as it was written: to be shown in it again."""

    q: str = ""
    region: str = ""
    institution: str = ""
    verdict: str = ""
    since: str = ""
    until: str = ""
    running: bool = False
    undecided: bool = False
    waiting: bool = False
    fallen: bool = False
    sort: str = "date"
    descending: bool = True
    after: str = ""

    def query(self, **changes: object) -> str:
        """The same as a query, with other values for some."""
        values = {**dataclasses.asdict(self), **changes}
        values |= {name: "1" if values[name] else "" for name in SWITCHES}
        values["descending"] = "1" if values["descending"] else "0"
        return "?" + urlencode({key: value for key, value in values.items() if value != ""})

    def wanted(self, scope: Wanted, now_us: int) -> Wanted:
        """The classes that are asked for, of those that a person may see."""
        return dataclasses.replace(
            scope, region=region_prefix(self.region), institution=self.institution, verdict=self.verdict,
            text=self.q, from_us=_midnight(self.since), until_us=_midnight(self.until, 1),
            running_us=now_us if self.running else None, undecided=self.undecided,
            waiting=self.waiting, fallen=self.fallen)


def asked_of(params: Mapping[str, str]) -> Asked:
    """A query as a form sends it. Raises BadFilter, which names the field."""
    said = {key: params.get(key, "").strip() for key in ("region", "institution", "verdict", "since", "until", "sort")}
    for field, shape, why in (("region", _REGION, N_("six digits, like 411202")),
                              ("institution", _ID, N_("the id of an institution")),
                              ("since", _DATE, N_("a date like 2026-03-02")),
                              ("until", _DATE, N_("a date like 2026-03-02"))):
        if said[field] and not (shape.fullmatch(said[field]) and (shape is not _DATE or _is_date(said[field]))):
            raise BadFilter(field=FIELDS[field], why=why)
    for field, known in (("verdict", VERDICTS), ("sort", SORTS)):
        if said[field] and said[field] not in known:
            raise BadFilter(field=FIELDS[field], why=", ".join(known))
    on = {name: params.get(name, "") == "1" for name in SWITCHES}
    return Asked(
        params.get("q", "").strip()[:100], said["region"], said["institution"], said["verdict"], said["since"],
        said["until"], on["running"], on["undecided"], on["waiting"], on["fallen"], said["sort"] or "date",
        params.get("descending", "1") != "0", params.get("after", ""))


def overview_view(found: Overview, lang: str, institutions: Mapping[str, str] = NO_NAMES) -> OverviewView:
    """What needs me now, in one language; times are of China. `institutions`: their names by id."""
    local = LocalTime(CHINA_MIN, lang)
    return OverviewView(
        as_of=local.full(found.now_us),
        flags=tuple(line_view(one, local, institutions) for one in found.flags), flags_all=found.flags_all,
        reviews=tuple(line_view(one, local, institutions) for one in found.reviews), reviews_all=found.reviews_all,
        fallen=tuple(line_view(one, local, institutions) for one in found.fallen), fallen_all=found.fallen_all,
        running=tuple(running_view(one, local) for one in found.running), running_all=found.running_all,
        boxes=tuple(box_line(one, local) for one in found.boxes), boxes_all=found.boxes_all, refused=found.refused,
        let_go=found.let_go, unseen=found.unseen, going_on=_going_on(found, lang),
        verdicts=tuple((name, translate(VERDICTS[name], lang), found.verdicts[name])
                       for name in VERDICTS if found.verdicts.get(name)))


def _going_on(found: Overview, lang: str) -> str:
    if found.everybody:
        some = found.behind or found.unseen > 0
        return translate(BEHIND, lang, behind=found.behind, unseen=found.unseen) if some else ""
    said = ([translate(AGAIN, lang, behind=found.behind)] if found.behind else []) + (
        [translate(COMING, lang)] if found.unseen > 0 else [])
    return ("" if lang == "zh" else " ").join(said)


def list_view(page: Page, asked: Asked, lang: str, institutions: Mapping[str, str] = NO_NAMES) -> ListView:
    """A page of the list. `institutions`: their names by id."""
    local = LocalTime(CHINA_MIN, lang)
    return ListView(tuple(line_view(one, local, institutions) for one in page.lines), asked, asked.query(after=""),
                    asked.query(after=page.after) if page.after else "")


def line_view(line: ClassLine, local: LocalTime, institutions: Mapping[str, str] = NO_NAMES) -> LineView:
    """A class in words. What is not known is left out: a class may be of no institution."""
    row = line.summary
    rooms = AND[local.lang].join(f"{room} · {box}" for box, room in line.boxes.items())
    fresh = JUDGED_SIMULATED if row.simulated else JUDGED
    said = fresh if line.fresh else STALE if row.judged_leaf >= 0 else BEING
    judged = translate(said, local.lang, time=local.full(row.judged_us))
    return LineView(
        row.class_id, row.title, f"/classes/{row.class_id}",
        institutions.get(row.institution, row.institution),
        local.dates(row.starts_us, row.ends_us) if row.ends_us else "", rooms, row.trainees,
        row.verdict, translate(VERDICTS[row.verdict], local.lang), row.missing, row.open, row.violated,
        _round(row, local.lang),
        row.fell,
        translate(OBJECTION, local.lang) if row.objections else "", judged, line.fresh,
        row.simulated, row.liveness, row.error)


def _round(row: Summary, lang: str) -> str:
    """Where the decision of two persons stands, and what they decided, as on the page of the class."""
    if row.fell:
        return translate(FELL, lang)
    answer = translate(ANSWERS[row.answer], lang) if row.answer else ""
    return translate(ROUNDS[row.round], lang, answer=answer) if row.round in ROUNDS else ""


def running_view(one: RunningLine, local: LocalTime) -> RunningView:
    """A class that runs, in words."""
    heard = tuple((device, local.full(us) if us is not None else "—") for device, us in one.heard.items())
    return RunningView(
        line_view(one.line, local), one.recording, translate(RECORDING[one.recording], local.lang),
        local.clock(one.filmed_us) if one.filmed_us else "—", heard, one.came, one.due)


def box_line(one: BoxState, local: LocalTime) -> BoxLine:
    """A box in words."""
    says = {"free": "—" if one.free is None else f"{one.free / (1 << 30):.1f}", "apart": one.apart_s,
            "date": local.date(one.expires_us) if one.expires_us is not None else "—", "refused": one.refused,
            "waiting": one.waiting, "since": since(one.heard_us, local)}
    troubles = tuple(translate(TROUBLES[code], local.lang, **says) if code in TROUBLES else code
                     for code in one.troubles)
    return BoxLine(one.device, "—" if one.heard_us is None else local.full(one.heard_us), troubles, one.grade >= BAD)


def beside(view: BoxView, state: BoxState | None, local: LocalTime) -> BoxView:
    """A line of a chain with what else is told of its box on the overview."""
    more = [code for code in state.troubles if code in OF_BOX] if state else []
    if state is None or not more:
        return view
    said = box_line(dataclasses.replace(state, troubles=tuple(more)), local).troubles
    text = ("；" if local.lang == "zh" else "; ").join([view.state] * view.trouble + list(said))
    return dataclasses.replace(view, state=text, trouble=view.trouble or state.grade >= BAD)


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).year >= 1970
    except ValueError:
        return False


def _midnight(text: str, days: int = 0) -> int | None:
    """The beginning of a day of China, or so many days later."""
    if not text:
        return None
    day = datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)
    return (day.days + days) * 24 * 60 * MINUTE - CHINA_MIN * MINUTE
