"""From what was gathered of a centre to what is said: for each thing whether it is well, and what to do. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from central.contact import Contact, contact
from common.health import Check
from common.texts import N_
from evidence.records import ClockState
from evidence.times import SECOND

DAY_S, HOUR_S = 86_400, 3_600
MOST_BEHIND = 1_000
"""Records that boxes have made and that are not here: more is no matter of moments."""
ROOM_LOW, ROOM_OUT = 10, 3
"""Per cent of a disk."""
SLOW_MS = 1_000
CHECK_DAYS = 40
READ_AGAIN = N_("`zaitang-central backup check BACKUP --centre DIR`, once a month")
BACKUP_S, BACKUP_LATE_S = 2 * DAY_S, 7 * DAY_S
CHECKPOINT_S = 26 * HOUR_S
"""One is issued each day in any case."""
WITNESS_S = 2 * DAY_S
SLACK_S = 600
"""So long a grown tree may be without a checkpoint beyond `checkpoint_s`."""


@dataclasses.dataclass(frozen=True)
class Box:
    """A box as it was heard last. `heard_us`: UTC µs by the centre's clock; `waiting`: records for whose receipt it
    waits, by its own word; `behind`: records that it has made and that are not here; `synced`: whether its clock was
    set; `gone_us`: since when the broker calls it away, as nobody signs."""

    heard_us: int | None
    waiting: int = 0
    behind: int = 0
    synced: bool = True
    gone_us: int | None = None

    def contact(self, now_us: int) -> Contact:
        """Whether it is there. `now_us`: UTC µs."""
        return contact(self.heard_us, now_us, self.gone_us)


@dataclasses.dataclass(frozen=True)
class Lifetime:
    """Of a certificate. `days`: left; `look`, `bad`: below so many; `todo`: what to do then."""

    days: int
    until: str
    look: int
    bad: int
    todo: str


@dataclasses.dataclass(frozen=True)
class Tree:
    """`size`: of the newest checkpoint, and `issued_s` when; `leaves`: of the tree; `witnessed_s`: when a witness
    cosigned last; times in seconds since the epoch."""

    leaves: int
    size: int
    issued_s: int | None
    witnesses: int
    witnessed_s: int | None


@dataclasses.dataclass(frozen=True)
class Backup:
    """The last one. `at_us`: UTC µs; `rotten`: files by hash in its folder that rotted, of which there is no whole
    copy; `checked_us`: when somebody read a backup again last."""

    at_us: int
    rotten: int
    checked_us: int | None


def processes(runs: Mapping[str, bool]) -> Iterator[Check]:
    """`runs`: by name."""
    for name in sorted(name for name, does in runs.items() if not does):
        yield Check(PROCESSES, "bad", N_("{name} does not run"), {"name": name}, N_(
            "start it: `systemctl start zaitang-{name}`; its words: `journalctl -u zaitang-{name}`"))
    if all(runs.values()):
        yield Check(PROCESSES, "good", N_("all {count} processes run"), {"count": len(runs)})


def reached(places: Mapping[str, str | None]) -> Iterator[Check]:
    """`places`: what listens where → why it does not answer; None: it does."""
    for place, why in places.items():
        if why is None:
            yield Check(BROKER, "good", N_("{place} answers"), {"place": place})
        else:
            yield Check(BROKER, "bad", N_("{place} does not answer: {why}"), {"place": place, "why": why}, N_(
                "no record comes in meanwhile, and boxes keep theirs: look whether zaitang-broker and zaitang-devices "
                "run, and at their words (`journalctl -u zaitang-broker`)"))


def collector(boxes: Mapping[str, Box]) -> Iterator[Check]:
    """How far it is behind what boxes say of themselves."""
    behind = sum(one.behind for one in boxes.values())
    if behind > MOST_BEHIND:
        yield Check(COLLECTOR, "look", N_("{records} records of {boxes} boxes are not here yet"), {
            "records": behind, "boxes": sum(one.behind > 0 for one in boxes.values())}, N_(
            "look at *processes* and *broker*; after an outage this passes by itself"))
    else:
        yield Check(COLLECTOR, "good", N_("{records} records of boxes are on their way"), {"records": behind})


def boxes(found: Mapping[str, Box], now_us: int) -> Iterator[Check]:
    """Which are not heard. `now_us`: UTC µs."""
    away = [name for name, one in sorted(found.items()) if one.contact(now_us) in ("away", "gone")]
    unset = [name for name, one in sorted(found.items()) if not one.synced and name not in away]
    if away:
        yield Check(BOXES, "look", N_("{count} of {all} boxes are not heard: {some}"), {
            "count": len(away), "all": len(found), "some": _some(away)}, N_(
            "call the places where they stand: power, network cable; `zaitang-edge doctor` there says more"))
    else:
        yield Check(BOXES, "good", N_("all {all} boxes that were ever heard are heard"), {"all": len(found)})
    if unset:
        yield Check(BOXES, "look", N_("the clock of {count} boxes is not set: {some}"), {
            "count": len(unset), "some": _some(unset)}, N_("their video and sign-ins do not count until it is: see "
                                                           "docs/setup.md, *The clock*"))


def clock(state: ClockState, refuses: Mapping[str, str] | None) -> Iterator[Check]:
    """As the kernel tells it. `refuses`: why the centre does not sign by it, by language."""
    if refuses is not None:
        yield Check(CLOCK, "bad", N_("nothing is signed: {why}"), {"why": refuses}, N_(
            "set the clock (`timedatectl`, `chronyc sources`); if it is right, `zaitang-central tree trust-clock "
            "--centre DIR`"))
    elif not state.synced:
        yield Check(CLOCK, "bad", N_("nobody sets the clock of this machine"), {}, N_(
            "give it a time server that it reaches (`timedatectl`, `chronyc sources`)"))
    else:
        yield Check(CLOCK, "good", N_("the clock is set, to {error} ms at most"), {"error": state.max_error_us // 1000})


def disk(rooms: Mapping[str, tuple[int, int]]) -> Iterator[Check]:
    """`rooms`: folder → bytes free, and in all."""
    for folder, (free, size) in rooms.items():
        share, params = free * 100 // max(1, size), {"folder": folder, "free": free // 1_000_000_000}
        state = "bad" if share < ROOM_OUT else "look" if share < ROOM_LOW else "good"
        yield Check(DISK, state, N_("{folder}: {free} GB free"), params, "" if state == "good" else N_(  # type: ignore[arg-type]
            "make room: a larger disk, a bucket (docs/storage.md), less in `[replay] cache_gb`; without room no record "
            "is taken"))


def database(records: int, ms: int) -> Iterator[Check]:
    """`ms`: how long it took to answer."""
    if ms > SLOW_MS:
        yield Check(DATABASE, "look", N_("the database took {ms} ms to answer"), {"ms": ms}, N_(
            "look at the disk and the load of the machine (`iostat`, `top`)"))
    else:
        yield Check(DATABASE, "good", N_("the database answers, and holds {records} records"), {"records": records})


def certificates(found: Mapping[str, Lifetime]) -> Iterator[Check]:
    """`found`: by what each is for."""
    for what, one in found.items():
        state = "bad" if one.days < one.bad else "look" if one.days < one.look else "good"
        yield Check(CERTIFICATES, state, N_("the certificate {what} holds {days} more days, until {until}"), {  # type: ignore[arg-type]
            "what": what, "days": one.days, "until": one.until}, "" if state == "good" else one.todo)


def backup(last: Backup | None, now_us: int) -> Iterator[Check]:
    """`now_us`: UTC µs."""
    make = N_("`sudo systemctl start zaitang-backup` makes one now; if it does not, `journalctl -u zaitang-backup` "
              "says why (docs/database.md)")
    if last is None:
        yield Check(BACKUP, "look", N_("no backup was made yet"), {}, make)
        return
    age_s = max(0, now_us - last.at_us) // SECOND
    state = "bad" if age_s > BACKUP_LATE_S else "look" if age_s > BACKUP_S else "good"
    yield Check(BACKUP, state, N_("the last backup is {hours} hours old"), {"hours": age_s // HOUR_S},  # type: ignore[arg-type]
                "" if state == "good" else make)
    if last.rotten:
        yield Check(BACKUP, "bad", N_("{count} files in the folder of the backups have rotted, and no whole copy is "
                                      "there"), {"count": last.rotten}, N_(
            "put backups on another disk, and make one now; keep the old folder"))
    if last.checked_us is None:
        yield Check(BACKUP, "look", N_("no backup was read again since this centre keeps note of it"), {},
                    READ_AGAIN)
    else:
        days = max(0, now_us - last.checked_us) // SECOND // DAY_S
        late = days > CHECK_DAYS
        yield Check(BACKUP, "look" if late else "good", N_("a backup was read again, and found whole, {days} days ago"),
                    {"days": days}, READ_AGAIN if late else "")


def tree(found: Tree, now_s: int, checkpoint_s: int) -> Iterator[Check]:
    """Checkpoints and witnesses. `now_s`: seconds since the epoch; `checkpoint_s`: as centre.toml says."""
    mend = N_("look at the collector, which signs them, and at *clock*")
    age_s = None if found.issued_s is None else max(0, now_s - found.issued_s)
    if age_s is None:
        yield Check(TREE, "look", N_("no checkpoint was signed yet"), {}, mend)
    elif age_s > CHECKPOINT_S or (found.leaves > found.size and age_s > checkpoint_s + SLACK_S):
        yield Check(TREE, "bad", N_("the last checkpoint is {minutes} minutes old, and {records} records came since"), {
            "minutes": age_s // 60, "records": found.leaves - found.size}, mend)
    else:
        yield Check(TREE, "good", N_("the last checkpoint, of {records} records, is {minutes} minutes old"), {
            "records": found.size, "minutes": age_s // 60})
    if not found.witnesses:
        yield Check(TREE, "look", N_("centre.toml names no witness: nobody else vouches for this centre"), {}, N_(
            "name one or two ([tree] witnesses; docs/witness.md)"))
    elif found.witnessed_s is None or now_s - found.witnessed_s > WITNESS_S:
        yield Check(TREE, "look", N_("no witness has cosigned within two days"), {}, N_(
            "ask who runs it: `zaitang-verify witness` (docs/witness.md)"))
    else:
        yield Check(TREE, "good", N_("a witness cosigned {hours} hours ago"), {
            "hours": max(0, now_s - found.witnessed_s) // HOUR_S})


def overview(behind: int) -> Iterator[Check]:
    """`behind`: records that its worker has not looked at yet."""
    if behind > MOST_BEHIND:
        yield Check(OVERVIEW, "look", N_("the overview is {records} records behind"), {"records": behind}, N_(
            "it catches up by itself; if it does not, restart the console (`systemctl restart zaitang-console`)"))
    else:
        yield Check(OVERVIEW, "good", N_("the overview is up with the records"))


def video(spoilt: int) -> Iterator[Check]:
    """`spoilt`: files that were found to be no more what was recorded, and were not made good."""
    if spoilt:
        yield Check(VIDEO, "look", N_("{count} files of video are not what was recorded any more"), {
            "count": spoilt}, N_("`zaitang-central scrub status` names them; boxes and copies are "
                                 "asked for them (docs/storage.md)"))
    else:
        yield Check(VIDEO, "good", N_("no stored video is known to be spoilt"))


def aside(sizes: Sequence[int]) -> Iterator[Check]:
    """`sizes`: bytes of each changed file that was put aside when a whole one took its place."""
    if sizes:
        yield Check(ASIDE, "look", N_("{count} changed files ({mb} MB) were put aside (objects/aside)"), {
            "count": len(sizes), "mb": -(-sum(sizes) // 1_000_000)}, N_(
            "find out how they came to be: an alarm (`centre.file_changed`) names each. They go "
            "with their video, when its time is over (docs/storage.md)"))
    else:
        yield Check(ASIDE, "good", N_("no changed file was put aside"))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


PROCESSES, BROKER, COLLECTOR, BOXES = N_("processes"), N_("broker"), N_("collector"), N_("boxes")
CLOCK, DISK, DATABASE, CERTIFICATES = N_("clock"), N_("disk"), N_("database"), N_("certificates")
BACKUP, TREE, OVERVIEW, VIDEO = N_("backup"), N_("tree"), N_("overview"), N_("video")
ASIDE = N_("put aside")
