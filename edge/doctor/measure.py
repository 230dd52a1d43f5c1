"""From what was gathered to numbers for Prometheus, named and in units as its conventions want: seconds, bytes. Pure.

What they mean and which to be alarmed by: docs/health.md."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import Metric

from common.numbers import Names
from edge.doctor.judge import SLOWED, UNDER_VOLTAGE, Volume
from evidence.records import ClockState
from evidence.times import SECOND

MB = 1_000_000
NAMES = Names("zaitang_box")


def processes(runs: Mapping[str, bool], refused: Mapping[str, Mapping[str, str]]) -> Iterator[Metric]:
    """As `judge.processes`."""
    yield NAMES.gauges("process_running", "Whether a process of the box runs.", "role",
                       {role: float(does) for role, does in runs.items()})
    yield NAMES.gauges("process_refused", "Whether a process ended because something is to be put right first.", "role",
                       {role: float(role in refused) for role in runs})


def cameras(_: Sequence[str], recorder: Mapping[str, object] | None) -> Iterator[Metric]:
    """As `judge.cameras`."""
    yield NAMES.gauge("recorder_answers", "Whether the recorder answers.", float(recorder is not None))
    if recorder is None:
        return
    yield NAMES.gauge("recording", "Whether the room is recorded now.", float(recorder.get("recording") is True))
    yield NAMES.gauge("room_camera_ok", "Whether the room camera can be opened.",
                      float(recorder.get("camera_trouble") is None))
    age_ms, lasting = recorder.get("step_age_ms"), recorder.get("alarms")
    if isinstance(age_ms, int):
        yield NAMES.gauge("recorder_step_age_seconds", "Seconds since the recorder's loop last went on.", age_ms / 1000)
    if isinstance(lasting, Sequence):
        yield NAMES.gauge("recorder_alarms", "Alarms of the recorder that last.", len(lasting))


def recorded(records: int, newest_us: int | None) -> Iterator[Metric]:
    """`records`: in the box's chain; `newest_us`: when its newest segment was recorded (UTC µs)."""
    yield NAMES.counter("records", "Records in the chain of this box.", records)
    if newest_us is not None:
        yield NAMES.gauge("last_segment_timestamp_seconds", "When the newest segment of video was recorded.",
                          newest_us / SECOND)


def disks(volumes: Sequence[Volume], _: int | None) -> Iterator[Metric]:
    """As `judge.disks`."""
    here = {one.role: one for one in volumes if one.away is None}
    yield NAMES.gauges("volume_ok", "Whether a volume of video can be used.", "volume",
                       {one.role: float(one.away is None) for one in volumes})
    yield NAMES.gauges("volume_free_bytes", "Bytes that are free on a volume of video.", "volume",
                       {role: one.free_mb * MB for role, one in here.items()})
    yield NAMES.gauges("volume_size_bytes", "Size of a volume of video.", "volume",
                       {role: one.size_mb * MB for role, one in here.items()})
    yield NAMES.gauges("volume_reserve_bytes", "Bytes that must stay free: below that nothing is recorded.", "volume",
                       {role: one.reserve_mb * MB for role, one in here.items()})


def clock(state: ClockState) -> Iterator[Metric]:
    """As the kernel tells it."""
    yield NAMES.gauge("clock_synchronised", "Whether somebody sets the clock.", float(state.synced))
    yield NAMES.gauge("clock_max_error_seconds", "How wrong the clock may be.", state.max_error_us / SECOND)


def heat(celsius: float | None, throttled: int | None) -> Iterator[Metric]:
    """As `judge.heat`; nothing where the machine does not tell."""
    if celsius is not None:
        yield NAMES.gauge("temperature_celsius", "Of the hottest part.", celsius)
    if throttled is not None:
        yield NAMES.gauge("under_voltage", "Whether the power is too weak now.", float(bool(throttled & UNDER_VOLTAGE)))
        yield NAMES.gauge("throttled", "Whether the processor runs slower now.", float(bool(throttled & SLOWED)))


def certificate(days: int, until: str) -> Iterator[Metric]:
    """As `judge.certificate`; the day on which it ends counts as its end."""
    if until:
        yield NAMES.gauge("certificate_expiry_timestamp_seconds", "When the certificate of the box's connections ends.",
                          datetime.fromisoformat(f"{until}T00:00:00+00:00").timestamp())


def backlog(records: int, oldest_s: int | None, files: int, mb: int, failures: int) -> Iterator[Metric]:
    """As `judge.backlog`."""
    yield NAMES.gauge("receipts_waiting", "Records that wait for the centre's receipt.", records)
    yield NAMES.gauge("receipts_oldest_waiting_seconds", "Age of the oldest record without a receipt.", oldest_s or 0)
    yield NAMES.gauge("upload_waiting_files", "Files of video that are to be sent.", files)
    yield NAMES.gauge("upload_waiting_bytes", "Bytes of video that are to be sent.", mb * MB)
    yield NAMES.gauge("upload_failures", "Tries to send video that failed in a row.", failures)
