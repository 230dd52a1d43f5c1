"""Fifteen unbroken minutes, judged from raw packets alone: slow, and simple enough to be seen to be right.

    A stretch is a row of packets, the first a keyframe, in which
    - no packet begins more than the limit after the end of all video before it,
    - none reaches back by more than the tolerance, or before the first,
    - media time and CLOCK_BOOTTIME never part by more than the tolerance.

Where packets are late, what lies at the very edge of a class-hour may or may not belong to it: the judge then gives the
least and the most. Where the two clocks part by about the tolerance it depends on how a drift is followed: it abstains.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from evidence.story import Span
from tests.evidence.timelines import MAX_GAP, TOLERANCE, Camera, Life, Packet

SETTLED_US = 60_000_000
"""More than a restart takes until what was recorded before it is stated."""


@dataclasses.dataclass(frozen=True)
class Judged:
    """The longest stretch inside a class-hour is at least and at most so long."""

    least_us: int
    most_us: int


def rows(packets: Sequence[Packet], by_clock: bool = True) -> list[list[Packet]] | None:
    """Cut into stretches. None: undecided. Not `by_clock`: only holes cut."""
    found: list[list[Packet]] = []
    row: list[Packet] = []
    end_us = least_us = most_us = 0
    for packet in packets:
        lead_us = packet.pts_us - packet.mono_us
        if row:
            hole_us = packet.pts_us - end_us
            cut = hole_us > MAX_GAP
            if by_clock:
                parts = lead_us > most_us + TOLERANCE or lead_us < least_us - TOLERANCE
                might = lead_us > least_us + TOLERANCE or lead_us < most_us - TOLERANCE
                cut = cut or parts or -hole_us > TOLERANCE or packet.pts_us < row[0].pts_us
                if might and not cut:
                    return None
            if cut:
                row = []
        if not row:
            if not packet.key:
                continue
            found.append(row)
            least_us = most_us = lead_us
            end_us = packet.pts_us
        row.append(packet)
        end_us = max(end_us, packet.pts_us + packet.duration_us)
        least_us, most_us = min(least_us, lead_us), max(most_us, lead_us)
    return found


def judge(camera: Camera, hour: Span) -> Judged | None:
    """One camera in one class-hour. None: undecided."""
    least_us = most_us = 0
    for life in camera.lives:
        sure, maybe = _believed(camera, life)
        for packets, surely in ((sure, True), (maybe, False)):
            found = rows(packets)
            if found is None:
                return None
            for row in found:
                least, most = _inside(camera, row, hour)
                if surely:
                    least_us = max(least_us, least)
                else:
                    most_us = max(most_us, most)
    return Judged(least_us, most_us)


def longest_without_a_hole(camera: Camera) -> int:
    """Whatever the clocks say: no stretch can be longer."""
    found = [row for life in camera.lives for row in rows(life.packets, by_clock=False) or ()]
    return max((_end_us(row) - row[0].pts_us for row in found), default=0)


def _believed(camera: Camera, life: Life) -> tuple[list[Packet], list[Packet]]:
    """The packets whose wall time is certain, and those for which it may be: a wall clock that is moved by more than
    the tolerance takes with it what this start of the box states from then on."""
    if camera.step is None or abs(camera.step[1]) <= TOLERANCE:
        return life.packets, life.packets
    step_us = camera.step[0]
    if all(one.boot_us > step_us for one in camera.lives if one.boot == life.boot):
        return life.packets, life.packets
    unsealed_us = step_us - camera.segment_us - camera.gop * camera.frame_us - SETTLED_US
    return ([one for one in life.packets if one.true_us < unsealed_us],
            [one for one in life.packets if one.true_us < step_us])


def _inside(camera: Camera, row: list[Packet], hour: Span) -> tuple[int, int]:
    """How much of a stretch lies inside the class-hour, at least and at most."""
    shifts = [one.true_us + offset_us - one.pts_us for one in row for offset_us in _offsets(camera, one)]
    early_us, late_us = min(shifts), max(shifts)
    start_us, end_us = row[0].pts_us, _end_us(row)
    least = min(end_us, hour.end_us - late_us) - max(start_us, hour.start_us - early_us)
    most = min(end_us, hour.end_us - early_us) - max(start_us, hour.start_us - late_us)
    return max(0, least), max(0, most)


def _offsets(camera: Camera, packet: Packet) -> set[int]:
    """A small step of the wall clock counts from a packet on, or from the segment on in which it is stated."""
    stated_us = packet.true_us + camera.segment_us + camera.gop * camera.frame_us + SETTLED_US
    return {camera.offset_us(packet.true_us), camera.offset_us(stated_us)}


def _end_us(row: list[Packet]) -> int:
    return max(one.pts_us + one.duration_us for one in row)
