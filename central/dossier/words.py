"""The facts of a dossier in the words of one language: what both the PDF and the XLSX say the same way."""
from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from central.dossier.shape import ClassHour, Facts, Gap, Judged, RosterEntry, SignIn
from central.web.gaps import NOT_DUE
from central.web.links import record_words
from central.web.localtime import LocalTime
from central.web.matrix import STATES
from central.web.signs import ANSWERS, FORBIDDEN, NO_RESPONSE, OUT, PINS, VOID
from central.web.timeline import KINDS
from common.clauses import clause_words
from common.decisions import ANSWERS as OUTCOMES
from common.decisions import STATES as ROUNDS
from common.decisions import final_words, step_words
from common.reasons import AND, READINGS, RESULTS, VERDICTS, block_words, finding_words, length_words, rule_words
from common.texts import N_, translate
from evidence.rules import R3Finding
from evidence.story import ObjectionStep, Ref
from evidence.times import SECOND

CHECKPOINT = "log/checkpoint"
"""Where a console shows checkpoints, behind its address."""
NOT_RECORDED = N_("no record")
MAKE_UP = N_("make-up, {kind}")
SIGNS = {**ANSWERS, "no_response": NO_RESPONSE, "out": OUT, "forbidden": FORBIDDEN, **VOID,
         "pin_in": PINS["in"], "pin_out": PINS["out"]}
WAYS = {"face": N_("by face"), "pin": N_("PIN")}
MARKS = {
    "both": N_("signed in and shown in the recording"),
    "signed": N_("signed in, not shown in the recording"),
    "shown": N_("shown in the recording, did not sign in"),
    "leave": N_("approved leave"),
    "absent": N_("neither signed in nor shown"),
    "open": N_("undecided"),
    "pending": N_("not over yet"),
}
COVERAGE = {
    "covered": N_("recorded"),
    "uncertain": N_("recorded, but its time is uncertain: it does not count"),
    "missing": N_("not recorded"),
    "pending": N_("not over yet"),
    "online": NOT_DUE,
}
ENTRIES = {
    "enrolment": N_("Enrolled"),
    "late_entry": N_("Late entry"),
    "withdrawal": N_("Withdrawal"),
    "substitution": N_("Substitution"),
    "order": N_("By a new plan"),
    "leave": N_("On leave"),
}
ENTERS, LEAVES, REPLACED = N_("{name} joins"), N_("{name} leaves"), N_("{name} comes instead of {other}")
FALLEN = N_("two persons had decided, and it does not hold any more")
SHOWN_VERDICTS = {"flag": N_("Flag"), "review": N_("Review required"), "clear": N_("clear")}


class Words:
    """Says things of one dossier in one language (`zh` or `en`), by the class's own clock."""

    def __init__(self, facts: Facts, lang: str) -> None:
        self.facts, self.lang = facts, lang
        self.local = LocalTime(facts.head.utc_offset_min, lang)
        self.colon, self.semicolon = ("：", "；") if lang == "zh" else (": ", "; ")
        self.comma = AND[lang]

    def __call__(self, msgid: str, **params: object) -> str:
        return translate(msgid, self.lang, **params)

    def full(self, us: int) -> str:
        """Date, time to the second and the zone."""
        return self.local.exact(us)

    def minute(self, us: int) -> str:
        """Date and time to the minute."""
        return f"{self.local.date(us)} {self.local.clock(us)}"

    def dates(self) -> str:
        """From the first day of the class to the last."""
        head = self.facts.head
        if head.first_us is None or head.last_us is None:
            return self(NOT_RECORDED)
        first, last = self.local.date(head.first_us), self.local.date(head.last_us)
        return first if first == last else f"{first} – {last}"

    def percent(self, ppm: int | None) -> str:
        """Like 97.5 %, rounded down, so that 100 means all of it."""
        return self(NOT_RECORDED) if ppm is None else f"{ppm // 1000 / 10:.1f}%"

    def share(self, part: int, whole: int) -> str:
        """A part in percent; a dash of nothing."""
        return self.percent(1_000_000 * part // whole) if whole else "—"

    def tenths(self, ppm: int | None) -> str:
        """A mean of people, rounded as O7 rounds it."""
        if ppm is None:
            return self(NOT_RECORDED)
        tenths = (ppm + 50_000) // 100_000
        return f"{tenths // 10}.{tenths % 10}"

    def length(self, us: int) -> str:
        """A length of time in minutes and seconds."""
        return length_words(us // SECOND, self.lang)

    def block(self, block: str) -> str:
        """The name of a recording."""
        return block_words(block, self.lang)

    def name(self, person: str | None) -> str:
        """A name; the pseudonym of who has none."""
        return self.facts.names.get(person, person) if person else "—"

    def title(self) -> str:
        """The title of the policy."""
        head = self.facts.head
        return head.policy_title_en if self.lang == "en" else head.policy_title

    def kind(self, hour: ClassHour) -> str:
        """Theory, practice, online; whether it is a make-up."""
        kind = self(KINDS[hour.kind])
        return self(MAKE_UP, kind=kind) if hour.make_up else kind

    def gap(self, gap: Gap) -> str:
        """What is not recorded, and why."""
        start, end = self.local.seconds(gap.start_us), self.local.seconds(gap.end_us)
        return f"{start}–{end} {self(gap.why)}"

    def state(self, state: str) -> str:
        """What a recording is for R3."""
        return self(STATES[state])

    def rule(self, judged: Judged) -> str:
        """Number and title of a rule; what stands beside the rules has a title only."""
        rule, title = judged.finding.rule, rule_words(judged.finding.rule, self.lang)
        return f"{rule} {title}" if rule[1:].isdigit() else title

    def result(self, judged: Judged) -> str:
        """The result; of R3 the verdict too."""
        return self(RESULTS[judged.finding.result])

    def verdict(self, verdict: str) -> str:
        """What R3 comes to. A flag on which two persons have decided is not one that they still have to decide."""
        done = verdict == "flag" and any(one.state == "decided" for one in self.facts.decisions)
        return self((SHOWN_VERDICTS if done else VERDICTS)[verdict])

    def decided(self) -> str:
        """What two persons decided, and from when it is in effect; empty where nobody decided anything."""
        if not self.facts.decisions:
            return ""
        last = self.facts.decisions[-1]
        if last.state == "stale":
            return self(FALLEN)
        said = self(ROUNDS[last.state], answer=self(OUTCOMES[last.outcome]))
        if last.state != "decided":
            return said
        at = None if last.final_us is None else self.full(last.final_us)
        return ("" if self.lang == "zh" else " ").join((said, final_words(at, last.final, self.lang)))

    def reasons(self, judged: Judged) -> list[str]:
        """One sentence each."""
        return finding_words(judged.finding, self.lang, self.facts.names)

    def readings(self, judged: Judged) -> list[str]:
        """What other readings of the clause give; R3 only."""
        found = judged.finding
        if not isinstance(found, R3Finding):
            return []
        return [self(N_("If {reading}: not showing everyone {missing}, undecided {open} – {verdict}"),
                     reading=self(READINGS[one.name]), missing=one.missing, open=one.open,
                     verdict=self(SHOWN_VERDICTS[one.verdict])) for one in found.readings]

    def sign(self, sign: SignIn) -> str:
        """What came of an attempt."""
        return self(SIGNS[sign.answer], name=self.name(sign.by))

    def entry(self, entry: RosterEntry) -> str:
        """Who joins, leaves, is on leave."""
        if entry.kind == "leave":
            return self.name(entry.leaves)
        if entry.joins and entry.leaves:
            return self(REPLACED, name=self.name(entry.joins), other=self.name(entry.leaves))
        return self(ENTERS if entry.joins else LEAVES, name=self.name(entry.joins or entry.leaves))

    def together(self, parts: Sequence[str]) -> str:
        """A list in one line."""
        return AND[self.lang].join(parts)

    def record(self, ref: Ref) -> str:
        """A record, as everywhere."""
        return record_words(ref[0], ref[2], self.facts.head.centre, self.lang)

    def link(self, ref: Ref) -> Markup:
        """A record, with the address of its page in the console; without one where nobody knows that."""
        console, (device, chain, seq) = self.facts.proof.address.partition(CHECKPOINT)[0], ref
        if not console:
            return escape(self.record(ref))
        return Markup('<a href="{}">{}</a>').format(f"{console}records/{device}/{chain}/{seq}", self.record(ref))

    def step(self, one: ObjectionStep) -> str:
        """What was said of an objection."""
        return step_words(one, self.minute(one.at_us), self.lang, self.facts.names)

    def clause(self, judged: Judged) -> str:
        """The place in its document, and what that is about."""
        return clause_words(judged.finding.clause, self.facts.documents, self.lang)
