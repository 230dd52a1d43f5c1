"""From what was gathered of a centre to numbers for Prometheus, in its units: seconds, bytes. Pure.

What they mean and which to be alarmed by: docs/health.md. Nothing is told of people or classes; of boxes, by their ids,
of no more than `MOST_BOXES`."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import Metric

from central.doctor.judge import Backup, Box, Lifetime, Tree
from common.numbers import Names
from evidence.records import ClockState
from evidence.times import SECOND

NAMES = Names("zaitang_centre")
MOST_BOXES = 1_000
KINDS = {"of the site": "site", "of the connections": "connections", "of the console": "console"}


def processes(runs: Mapping[str, bool]) -> Iterator[Metric]:
    """As `judge.processes`."""
    yield NAMES.gauges("process_running", "Whether a process of the centre runs.", "process",
                       {name: float(does) for name, does in runs.items()})


def reached(places: Mapping[str, str | None]) -> Iterator[Metric]:
    """As `judge.reached`."""
    yield NAMES.gauges("listener_up", "Whether the broker, or what boxes introduce themselves to, answers.", "listener",
                       {place.split(" ")[0]: float(why is None) for place, why in places.items()})


def boxes(found: Mapping[str, Box], now_us: int) -> Iterator[Metric]:
    """As `judge.boxes`."""
    states = dict.fromkeys(("heard", "away", "never"), 0.0)
    for one in found.values():
        there = one.contact(now_us)
        states["away" if there == "gone" else there] += 1
    yield NAMES.gauges("boxes", "Boxes that are heard, that are gone or not heard for three minutes, that never were.",
                       "contact", states)
    yield NAMES.gauge("records_behind", "Records that boxes say they have made and that are not here.",
                      sum(one.behind for one in found.values()))
    named = dict(sorted(found.items())[:MOST_BOXES])
    yield NAMES.gauge("boxes_left_out", "Boxes of which no numbers of their own are told.", len(found) - len(named))
    yield NAMES.gauges("box_heard_timestamp_seconds", "When a box was heard last, by the centre's clock.", "device",
                       {name: one.heard_us / SECOND for name, one in named.items() if one.heard_us is not None})
    yield NAMES.gauges("box_receipts_waiting", "Records for whose receipt a box waits, by its own word.", "device",
                       {name: one.waiting for name, one in named.items()})
    yield NAMES.gauges("box_clock_synchronised", "Whether the clock of a box was set when it was heard last.", "device",
                       {name: float(one.synced) for name, one in named.items()})


def clock(state: ClockState, refuses: Mapping[str, str] | None) -> Iterator[Metric]:
    """As `judge.clock`."""
    yield NAMES.gauge("clock_synchronised", "Whether somebody sets the clock.", float(state.synced))
    yield NAMES.gauge("clock_max_error_seconds", "How wrong the clock may be.", state.max_error_us / SECOND)
    yield NAMES.gauge("signing", "Whether receipts and checkpoints are signed by this clock.", float(refuses is None))


def disk(rooms: Mapping[str, tuple[int, int]]) -> Iterator[Metric]:
    """As `judge.disk`."""
    yield NAMES.gauges("disk_free_bytes", "Bytes that are free where the centre keeps what it has.", "folder",
                       {folder: free for folder, (free, _) in rooms.items()})
    yield NAMES.gauges("disk_size_bytes", "Size of that disk.", "folder",
                       {folder: size for folder, (_, size) in rooms.items()})


def database(records: int, ms: int) -> Iterator[Metric]:
    """As `judge.database`."""
    yield NAMES.counter("records", "Records that are here, of boxes and of the centre.", records)
    yield NAMES.gauge("database_answer_seconds", "How long the database took to answer.", ms / 1000)


def certificates(found: Mapping[str, Lifetime]) -> Iterator[Metric]:
    """As `judge.certificates`; the day on which one ends counts as its end."""
    yield NAMES.gauges("certificate_expiry_timestamp_seconds", "When a certificate ends.", "certificate",
                       {KINDS[what]: datetime.fromisoformat(f"{one.until}T00:00:00+00:00").timestamp()
                  for what, one in found.items()})


def backup(last: Backup | None, _: int) -> Iterator[Metric]:
    """As `judge.backup`."""
    if last is not None:
        yield NAMES.gauge("backup_timestamp_seconds", "When the last backup was made.", last.at_us / SECOND)
        yield NAMES.gauge("backup_rotten_files", "Files of backups that rotted, without a whole copy.", last.rotten)
        if last.checked_us is not None:
            yield NAMES.gauge("backup_checked_timestamp_seconds", "When a backup was last read again and found whole.",
                        last.checked_us / SECOND)


def tree(found: Tree, _: int, __: int) -> Iterator[Metric]:
    """As `judge.tree`."""
    if found.issued_s is not None:
        yield NAMES.gauge("checkpoint_timestamp_seconds", "When the newest checkpoint was signed.", found.issued_s)
        yield NAMES.gauge("records_without_checkpoint", "Records that came since.", max(0, found.leaves - found.size))
    if found.witnessed_s is not None:
        yield NAMES.gauge("witness_timestamp_seconds", "When a witness cosigned last.", found.witnessed_s)


def overview(behind: int) -> Iterator[Metric]:
    """As `judge.overview`."""
    yield NAMES.gauge("overview_behind_records", "Records that the overview's worker has not looked at yet.", behind)


def video(spoilt: int) -> Iterator[Metric]:
    """As `judge.video`."""
    yield NAMES.gauge("spoilt_files", "Files of video that are not what was recorded any more.", spoilt)
