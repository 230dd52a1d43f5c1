"""Fifteen unbroken minutes, judged from raw packets alone: slow, and simple enough to be seen to be right.

    A stretch is a row of packets, the first a keyframe, in which
    - no packet is missing that was in a file,
    - no packet begins more than the limit after the end of all video before it,
    - none reaches back by more than the tolerance, or before the first,
    - media time and CLOCK_BOOTTIME never part by more than the tolerance.

    A packet that is told to last for hours lasts as long as the others; nothing of its file is believed.

Where packets are late, what lies at the very edge of a class-hour may or may not belong to it: the judge then gives the
least and the most. Where the two clocks part by about the tolerance it depends on how a drift is followed: it abstains.
"""
from __future__ import annotations

import bisect
import dataclasses
import itertools
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


def rows(camera: Camera, packets: Sequence[Packet], by_clock: bool = True) -> list[list[Packet]] | None:
    """Cut into stretches. None: undecided. Not `by_clock`: only holes cut, and files that are gone.

    A run of the recorder begins with a keyframe. One that is set to let a longer hole pass writes on after it.
    """
    found: list[list[Packet]] = []
    running, row = False, False
    first_us = end_us = least_us = most_us = 0
    for packet in packets:
        lead_us = packet.pts_us - packet.mono_us
        hole_us = packet.pts_us - end_us
        if running:
            over = hole_us > camera.max_gap_us
            if by_clock:
                parts = lead_us > most_us + TOLERANCE or lead_us < least_us - TOLERANCE
                might = lead_us > least_us + TOLERANCE or lead_us < most_us - TOLERANCE
                over = over or parts or -hole_us > TOLERANCE or packet.pts_us < first_us
                if might and not over:
                    return None
            running = not over
            row = row and running and hole_us <= MAX_GAP
        if not running and packet.key:
            running, row = True, False
            least_us = most_us = lead_us
            first_us = end_us = packet.pts_us
        if running:
            end_us = max(end_us, packet.pts_us + packet.duration_us)
            least_us, most_us = min(least_us, lead_us), max(most_us, lead_us)
            row = row and packet not in camera.gone
            if row:
                found[-1].append(packet)
            elif packet not in camera.gone:
                row = True
                found.append([packet])
        if packet == camera.lie:
            running = False
    return found


@dataclasses.dataclass(frozen=True)
class Stretches:
    """All stretches of one camera whose wall time is certain, and those for which it may be."""

    camera: Camera
    sure: list[tuple[Life, list[Packet]]]
    maybe: list[tuple[Life, list[Packet]]]


def stretches_of(camera: Camera) -> Stretches | None:
    """None: undecided."""
    found = Stretches(camera, [], [])
    for life in camera.lives:
        if _stepped_unstated(camera, life):
            return None
        sure, maybe = _believed(camera, life)
        for believed, kept in ((_without_the_lie(camera, sure), found.sure), (maybe, found.maybe)):
            cut = rows(camera, believed)
            if cut is None:
                return None
            kept += [(life, row) for row in cut]
    return found


def judge(found: Stretches, hour: Span) -> Judged:
    """One camera in one class-hour."""
    least = [_inside(found.camera, row, life.packets, hour)[0] for life, row in found.sure]
    most = [_inside(found.camera, row, life.packets, hour)[1] for life, row in found.maybe]
    return Judged(max(least, default=0), max(most, default=0))


def longest_without_a_hole(camera: Camera) -> int:
    """Whatever the clocks say: no stretch can be longer than all its pictures and the holes between them."""
    found = [row for life in camera.lives for row in rows(camera, life.packets, by_clock=False) or ()]
    return max((_most(row) for row in found), default=0)


def _most(row: list[Packet]) -> int:
    holes = (max(0, after.pts_us - before.pts_us - before.duration_us) for before, after in itertools.pairwise(row))
    return sum(holes) + sum(one.duration_us for one in row)


def _believed(camera: Camera, life: Life) -> tuple[list[Packet], list[Packet]]:
    """The packets whose wall time is certain, and those for which it may be: a wall clock that is moved by more than
    the tolerance takes with it what this start of the box states from then on."""
    if camera.step is None or abs(camera.step[1]) <= TOLERANCE:
        return life.packets, life.packets
    step_us = camera.step[0]
    if all(one.boot_us > step_us for one in camera.lives if one.boot == life.boot):
        return life.packets, life.packets
    unsealed_us = step_us - _unsealed_us(camera)
    return ([one for one in life.packets if one.true_us < unsealed_us],
            [one for one in life.packets if one.true_us < step_us])


def _without_the_lie(camera: Camera, packets: list[Packet]) -> list[Packet]:
    """What is in no file with a packet that is told to last for hours."""
    if camera.lie is None:
        return packets
    since_us = camera.lie.true_us - _unsealed_us(camera)
    return [one for one in packets if one.true_us < since_us or one.true_us > camera.lie.true_us]


def _stepped_unstated(camera: Camera, life: Life) -> bool:
    """Whether a kill left no record of the wall clock after it was moved: then nobody knows that it was."""
    if camera.step is None or not life.killed or not life.packets:
        return False
    return 0 <= life.packets[-1].true_us + SETTLED_US - camera.step[0] < _unsealed_us(camera) + SETTLED_US


def _unsealed_us(camera: Camera) -> int:
    """How long after a packet came it is stated at the latest, if nothing is killed."""
    return camera.segment_us + camera.gop * camera.frame_us + SETTLED_US


def _inside(camera: Camera, row: list[Packet], packets: list[Packet], hour: Span) -> tuple[int, int]:
    """How much of a stretch lies inside the class-hour, at least and at most. A file is placed by its first packet."""
    leads = [one.true_us - one.pts_us for one in (*_in_its_first_file(camera, row, packets), *row)]
    offsets = _offsets(camera, row)
    early_us, late_us = min(leads) + min(offsets), max(leads) + max(offsets)
    start_us, end_us = row[0].pts_us, _end_us(row)
    least = min(end_us, hour.end_us - late_us) - max(start_us, hour.start_us - early_us)
    most = min(end_us, hour.end_us - early_us) - max(start_us, hour.start_us - late_us)
    return max(0, least), max(0, most)


def _in_its_first_file(camera: Camera, row: list[Packet], packets: list[Packet]) -> list[Packet]:
    """What may have come into the same file before the stretch began."""
    if camera.max_gap_us == MAX_GAP and not camera.gone:
        return []
    since_us = row[0].true_us - camera.segment_us - camera.gop * camera.frame_us - TOLERANCE - camera.max_gap_us
    first, last = (bisect.bisect_left(packets, at_us, key=_arrival) for at_us in (since_us, row[0].true_us))
    return packets[first:last]


def _arrival(packet: Packet) -> int:
    return packet.true_us


def _offsets(camera: Camera, row: list[Packet]) -> set[int]:
    """A small step of the wall clock counts from a packet on, or from the segment on in which it is stated."""
    stated_us = row[-1].true_us + _unsealed_us(camera)
    return {camera.offset_us(row[0].true_us), camera.offset_us(stated_us)}


def _end_us(row: list[Packet]) -> int:
    return max(one.pts_us + one.duration_us for one in row)
