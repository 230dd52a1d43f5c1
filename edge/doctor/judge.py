"""From what was gathered to what is said: for each thing whether it is well, and what to do where it is not. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from common.health import Check, State, failed
from common.texts import N_
from edge.config import BUILTIN
from evidence.records import ClockState

DAY_S, HOUR_S = 86_400, 3_600
HOT_C, TOO_HOT_C = 75, 85
"""A Raspberry Pi slows down from 80 °C and more from 85 °C (Raspberry Pi documentation, frequency management)."""
DAYS_SOON, DAYS_NEAR = 30, 7
CERTIFICATE_DAYS = 14
WAITING_S = HOUR_S
AIR = N_("give it air: clean the fan, open the box, move it away from the heating")
UNDER_VOLTAGE, SLOWED, WAS_UNDER_VOLTAGE, WAS_SLOWED = 1 << 0, 1 << 1 | 1 << 2 | 1 << 3, 1 << 16, 7 << 17
"""Bits of `get_throttled` of a Raspberry Pi's firmware: now, and at some time since it started."""


@dataclasses.dataclass(frozen=True)
class Volume:
    """Of video. `free_mb`, `reserve_mb`, `size_mb`: MB (10⁶ bytes); `role`: first or second; `away`: why it cannot be
    used, by language."""

    role: str
    folder: str
    free_mb: int
    reserve_mb: int
    size_mb: int
    away: Mapping[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Place:
    """A host of the centre. `named`: its name has an address; `own`: by which address this box goes there, empty where
    no road leads."""

    named: bool
    own: str = ""


def processes(runs: Mapping[str, bool], refused: Mapping[str, Mapping[str, str]]) -> Iterator[Check]:
    """`runs`: by role; `refused`: why one does not, by role and language."""
    if not any(runs.values()):
        yield Check(PROCESSES, "bad", N_("nothing of this box runs"), {}, N_(
            "start it: `systemctl start zaitang-box.target`, or `zaitang-edge run`"))
        return
    for role, why in refused.items():
        yield Check(PROCESSES, "bad", N_("{role} refuses: {why}"), {"role": role, "why": why}, N_(
            "mend what it says; it is tried again by itself"))
    for role in sorted(role for role, does in runs.items() if not does and role not in refused):
        yield Check(PROCESSES, "bad", N_("{role} does not run"), {"role": role}, N_(
            "look at its words: `journalctl -u zaitang-{role}`"))
    if all(runs.values()) and not refused:
        yield Check(PROCESSES, "good", N_("all {count} processes run"), {"count": len(runs)})


def cameras(roles: Sequence[str], recorder: Mapping[str, object] | None, slow_ms: int = 5_000) -> Iterator[Check]:
    """`roles`: of the cameras in box.toml. `recorder`: what the recorder says of itself; None: it does not answer."""
    if "room" not in roles:
        yield Check(CAMERAS, "bad", N_("box.toml names no camera of the room: nothing can be recorded"), {}, N_(
            "name one ([[cameras]], id = \"room\"); `zaitang-edge cameras` says what is plugged in"))
    elif recorder is None:
        yield Check(CAMERAS, "bad", N_("the recorder does not answer"), {}, N_("see *processes*"))
    elif recorder.get("camera_trouble") is not None:
        yield Check(CAMERAS, "bad", N_("no picture of the room: {why}"), {"why": recorder["camera_trouble"]}, N_(
            "look at cable, plug and power of the camera; then `zaitang-edge cameras --box DIR --picture test.jpg`"))
    elif _number(recorder.get("step_age_ms")) > slow_ms:
        yield Check(CAMERAS, "bad", N_("the recorder has stood still for {seconds} s"), {
            "seconds": _number(recorder.get("step_age_ms")) // 1000}, N_(
            "the disk of the video does not answer: look at its cable and power"))
    else:
        yield Check(CAMERAS, "good", N_("the room is seen"))
    if "terminal" not in roles:
        yield Check(CAMERAS, "look", N_("box.toml names no camera at the terminal: people check in by PIN alone"),
                    todo=N_("name one ([[cameras]], id = \"terminal\"), if faces are meant to be checked in"))


def disks(volumes: Sequence[Volume], days: int | None) -> Iterator[Check]:
    """`days`: of class for which there is room on all of them at least; None: cannot tell yet."""
    for one in volumes:
        if one.away is not None:
            yield failed(DISK, one.away)
        else:
            yield from disk(one.folder, one.free_mb, one.reserve_mb, days)


def disk(folder: str, free_mb: int, reserve_mb: int, days: int | None) -> Iterator[Check]:
    """Of one volume. `days`: of class for which there is room on all of them at least; None: cannot tell yet."""
    params = {"folder": folder, "free": free_mb, "reserve": reserve_mb, "days": days}
    make_room = N_("make room: `zaitang-edge storage prune --dry-run` says what may go; or a larger or a second disk")
    if free_mb < reserve_mb:
        yield Check(DISK, "bad", N_("{folder}: {free} MB free, but {reserve} MB must stay free: nothing is recorded"),
                    params, make_room)
    elif days is not None and days < DAYS_SOON:
        yield Check(DISK, "bad" if days < DAYS_NEAR else "look",
                    N_("{folder}: {free} MB free, room for {days} days of class"), params, make_room)
    else:
        yield Check(DISK, "good", N_("{folder}: {free} MB free"), params)


def clock(state: ClockState) -> Iterator[Check]:
    """As the kernel tells it."""
    if state.source == "simulated":
        yield Check(CLOCK, "look", N_("the clock is simulated: only a demo accepts that"))
    elif not state.synced:
        yield Check(CLOCK, "bad", N_("nobody sets the clock: neither video nor sign-ins count until it is set"), {}, N_(
            "give it a time server that it reaches (`timedatectl`, `chronyc sources`; docs/setup.md, *The clock*)"))
    else:
        yield Check(CLOCK, "good", N_("the clock is set, to {error} ms at most"), {"error": state.max_error_us // 1000})


def heat(celsius: float | None, throttled: int | None) -> Iterator[Check]:
    """`celsius`: of the hottest zone; `throttled`: a Raspberry Pi's own word. None: this machine does not tell."""
    if celsius is None:
        yield Check(HEAT, "untold", N_("this machine does not tell how hot it is"))
    else:
        state: State = "bad" if celsius >= TOO_HOT_C else "look" if celsius >= HOT_C else "good"
        yield Check(HEAT, state, N_("the hottest part has {celsius} °C"), {"celsius": round(celsius)},
                    "" if state == "good" else AIR)
    if throttled is None:
        return
    power = N_("use the power supply that came with it, and a short cable")
    if throttled & UNDER_VOLTAGE:
        yield Check(POWER, "bad", N_("the power is too weak now: disks and cameras may fail"), {}, power)
    elif throttled & WAS_UNDER_VOLTAGE:
        yield Check(POWER, "look", N_("the power was too weak since the start"), {}, power)
    else:
        yield Check(POWER, "good", N_("the power is enough"))
    if throttled & (SLOWED | WAS_SLOWED):
        yield Check(HEAT, "look", N_("the processor runs slower, or did since the start, to stay cool"), todo=AIR)


def network(links: Mapping[str, bool], places: Mapping[str, Place]) -> Iterator[Check]:
    """`links`: by the name of a network port, whether its link is up; `places`: where the centre listens, by host."""
    if links and not any(links.values()):
        yield Check(NETWORK, "bad", N_("no network port has a link ({ports})"), {"ports": ", ".join(sorted(links))}, N_(
            "plug the network cable in at both ends; a lamp at the socket lights up"))
        return
    for host, place in places.items():
        if not place.named:
            yield Check(NETWORK, "bad", N_("nobody tells the address of {host} (DNS)"), {"host": host}, N_(
                "look at the name server that the router gives (`resolvectl`), or ask whoever looks after the network"))
        elif not place.own:
            yield Check(NETWORK, "bad", N_("no road leads from this box to {host}: it has no address of its own, or no "
                                           "router"), {"host": host}, N_(
                "look at the cable and at the router, which gives addresses (DHCP); `ip address`, `ip route`"))
        else:
            yield Check(NETWORK, "good", N_("this box has the address {own} towards {host}"), {
                "own": place.own, "host": host})
    if not places:
        yield Check(NETWORK, "good", N_("the network has a link")) if any(links.values()) else Check(
            NETWORK, "untold", N_("this machine tells of no network port"))


def centre(addresses: Mapping[str, str | None], revoked: str | None) -> Iterator[Check]:
    """`addresses`: host:port → why it cannot be reached, None where it can. `revoked`: why the key was revoked."""
    if revoked is not None:
        yield Check(CENTRE, "bad", N_("the centre has revoked the key of this box ({reason})"), {"reason": revoked}, N_(
            "call the centre: this box takes no check-ins any more"))
    if not addresses:
        yield Check(CENTRE, "look", N_("box.toml names no centre: everything stays here, and no class comes"), {}, N_(
            "`zaitang-edge join` (docs/setup.md)"))
    for address, why in addresses.items():
        if why is None:
            yield Check(CENTRE, "good", N_("{address} can be reached"), {"address": address})
        else:
            yield Check(CENTRE, "bad", N_("{address} cannot be reached: {why}"), {"address": address, "why": why}, N_(
                "look at the network cable and the router, then ask the centre. Recording goes on, records wait here"))


def certificate(days: int, until: str) -> Iterator[Check]:
    """`days`: left; `until`: the last day, empty where there is no certificate."""
    if not until:
        yield Check(CERTIFICATE, "bad", N_("this box has no certificate for its connections"), {}, N_(
            "it comes by itself once the centre is reached; if it does not, call the centre"))
    elif days < 0:
        yield Check(CERTIFICATE, "bad", N_("its certificate ended on {until}"), {"until": until}, N_(
            "it is renewed by itself once the centre is reached: look at *centre* and *clock*"))
    elif days < CERTIFICATE_DAYS:
        yield Check(CERTIFICATE, "look", N_("its certificate holds {days} more days, until {until}"),
                    {"days": days, "until": until}, N_(
                        "it should have been renewed by itself: look at *centre*, call the centre"))
    else:
        yield Check(CERTIFICATE, "good", N_("its certificate holds until {until}"), {"until": until})


def backlog(records: int, oldest_s: int | None, files: int, mb: int, failures: int) -> Iterator[Check]:
    """`records` without a receipt, the oldest of which was made `oldest_s` seconds ago; `files` of video to send, and
    how often sending failed in a row."""
    if oldest_s is not None and oldest_s > WAITING_S:
        yield Check(BACKLOG, "bad" if oldest_s > DAY_S else "look",
                    N_("{records} records wait for the receipt of the centre, the oldest for {hours} h"), {
                        "records": records, "hours": oldest_s // HOUR_S}, N_(
                        "look at *centre* and *clock*; if both are well, ask the centre whether its own clock is set"))
    else:
        yield Check(BACKLOG, "good", N_("{records} records wait for the receipt of the centre"), {"records": records})
    if files:
        yield Check(BACKLOG, "look" if failures else "good", N_("{files} files of video to send ({mb} MB)"), {
            "files": files, "mb": mb}, N_("see `zaitang-edge status` for why") if failures else "")


def pack(name: str, missing: Sequence[str]) -> Iterator[Check]:
    """`missing`: files of the pack that are not here, or are others."""
    if missing:
        yield Check(PACK, "bad", N_("files of the model pack {pack} are missing or are others: {files}"), {
            "pack": name, "files": ", ".join(missing)}, N_(
                "log in (Ctrl+Alt+F2, or SSH) and fetch them: `sudo zaitang-edge models fetch {pack}`"))
    elif name == BUILTIN:
        yield Check(PACK, "look", N_("the model pack {pack} is for trying things out: it sees no small faces and names "
                                     "few"), {"pack": name}, N_(
            "log in (Ctrl+Alt+F2, or SSH) and bring another: `sudo zaitang-edge models fetch opencv`; then write "
            "`pack = \"opencv\"` under `[vision]` of box.toml and start the box anew (docs/setup.md)"))
    else:
        yield Check(PACK, "good", N_("the model pack {pack} is whole"), {"pack": name})


def last_segment(end: str | None, found: Literal["whole", "differs", "gone"]) -> Iterator[Check]:
    """Of the newest file of video: when it ended, and what lies there now."""
    if end is None:
        yield Check(VIDEO, "untold", N_("nothing was recorded yet"))
    elif found == "whole":
        yield Check(VIDEO, "good", N_("the newest video, until {end}, is what was recorded"), {"end": end})
    elif found == "gone":
        yield Check(VIDEO, "bad", N_("the newest video, until {end}, is not where it was recorded"), {"end": end}, N_(
            "look whether the disk is mounted; touch nothing else, and call the centre"))
    else:
        yield Check(VIDEO, "bad", N_("the newest video, until {end}, is not what was recorded"), {"end": end}, N_(
            "the disk may be dying: put a new one in, keep the old one, and call the centre"))


def page(address: str, why: str | None) -> Iterator[Check]:
    """Of the check-in screen. `why` it does not answer; None: it does."""
    if why is None:
        yield Check(TERMINAL, "good", N_("the page of the terminal answers"))
    else:
        yield Check(TERMINAL, "bad", N_("the page of the terminal ({address}) does not answer: {why}"), {
            "address": address, "why": why}, N_("see *processes*; then `systemctl restart zaitang-terminal`"))


def update(failed: Mapping[str, str | None] | None, runs: str) -> Iterator[Check]:
    """`failed`: the last release that did not hold (`release`, `back_to`, `why`); `runs`: the release that runs."""
    if failed is not None and runs in (failed["back_to"], failed["release"]):
        says = (N_("release {release} did not hold here; release {back_to} runs again") if runs == failed["back_to"]
                else N_("release {release} does not hold here, and there is no way back from it"))
        yield Check(RELEASE, "look", says, failed, N_(
            "`zaitang-update status` says why; that release is not tried again: bring a newer one"))
    else:
        yield Check(RELEASE, "good", N_("release {release} runs"), {"release": runs})


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


PROCESSES, CAMERAS, DISK, CLOCK = N_("processes"), N_("cameras"), N_("disk"), N_("clock")
HEAT, POWER, CENTRE, CERTIFICATE = N_("heat"), N_("power"), N_("centre"), N_("certificate")
NETWORK, BACKLOG, PACK, VIDEO = N_("network"), N_("backlog"), N_("pack"), N_("video")
TERMINAL, RELEASE = N_("terminal"), N_("release")
