"""The demo's box.toml: the played course on a simulated clock, or a live camera on the real one. Pure."""
from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Sequence
from datetime import timedelta

from provisioning.demo import day

CODE = "246810"
"""Of whoever maintains the demo's box: no secret, it is printed."""
RATE = 120
"""Simulated seconds per real one."""


@dataclasses.dataclass(frozen=True)
class CameraSetting:
    """`role`: room or terminal. `start`: when a film's first packet is due; None for a real camera."""

    role: str
    source: str
    start: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Ports:
    """Loopback ports of the broker, the console and the terminal."""

    broker: int
    console: int
    terminal: int


def simulated_clock(start: datetime.datetime, anchor_us: int, boot_id: str, rate: int) -> str:
    """A clock that reads `start` until `anchor_us` of CLOCK_BOOTTIME, leaving out what lies between the half-days."""
    skips = ", ".join(f'{{ at = "{day.utc(at)}", to = "{day.utc(to)}" }}' for at, to in _skips())
    return f'''[clock]
source = "simulated"
start = "{day.utc(start)}"
rate = {rate}
anchor_boot_us = {anchor_us}
boot_id = "{boot_id}"
skips = [{skips}]
'''


PLAYED = """[recorder]
segment_s = 300

[rollcall]
every_s = 40

[checkin]
every_ms = 100
"""
"""What a course needs that is played so much faster than real time."""
LIVE = """[rollcall]
every_s = 10
"""
"""A small machine keeps up with looking at a picture every ten seconds."""


def box_toml(ports: Ports, parts: Sequence[str], cameras: Sequence[CameraSetting]) -> str:
    """The whole file. `parts`: tables of the clock and of what differs from a box's defaults."""
    head = f'device = "{day.DEVICE}"\nroom = "{day.ROOM}"\npolicy = "demo"\n'
    wired = (f'[terminal]\nport = {ports.terminal}\n\n[sync]\nbroker = "127.0.0.1"\nport = {ports.broker}\n'
             f'segments = "http://127.0.0.1:{ports.console}"\nconsole = "http://127.0.0.1:{ports.console}"\n\n'
             f'[enrol]\ncode = "{CODE}"\n')
    return "\n".join([head, *parts, wired, *map(_camera, cameras)])


def _camera(camera: CameraSetting) -> str:
    # The strings of JSON are strings of TOML too.
    text = (f'[[cameras]]\nid = "{camera.role}"\nrole = "{camera.role}"\n'
            f'source = {json.dumps(camera.source, ensure_ascii=False)}\n')
    return text if camera.start is None else f'{text}start = "{day.utc(camera.start)}"\n'


def _skips() -> list[tuple[datetime.datetime, datetime.datetime]]:
    """The clock leaves out what lies between the half-days: from six minutes after an end press on."""
    pairs = zip(day.COURSE, day.COURSE[1:], strict=False)
    return [(before.presses[1] + timedelta(minutes=6), after.check_in - timedelta(minutes=3))
            for before, after in pairs]
