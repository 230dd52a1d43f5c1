"""A live camera instead of films: `make demo RTSP=… CAMERA=… GALLERY=…`, one short class on the real clock."""
from __future__ import annotations

import dataclasses
import datetime
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.kernel_clock import kernel_clock_state
from common.reasons import length_words
from common.texts import N_, translate
from edge.cameras.address import shown
from evidence.errors import BadInput
from provisioning.demo import day, play
from provisioning.demo.box import CameraSetting
from provisioning.demo.services import Services, tool
from provisioning.demo.site import Site

LEAD_S, LEAD_EACH_S = 60, 2
"""From making the plan to the first class-hour: to make keys, start everything, and enrol each of the people."""
THEORY, PAUSE, PRACTICE = timedelta(minutes=3), timedelta(minutes=1), timedelta(minutes=17)
"""Practice is a little longer than the fifteen unbroken minutes that each of its class-hours needs."""
BEFORE, AFTER = timedelta(seconds=15), timedelta(seconds=20)
"""When start and end are pressed, before and after the class-hours."""
TELL_S = 60
PROBE_S, PROBE_TIMEOUT_S = 2, 60
DRAIN_S = 600
SCHEMES = {"rtsp", "rtsps"}
NOBODY = N_("trainee without a photo")
TITLE = N_("Live demonstration")
TOO_LITTLE = N_("only {got} of {want} of the class-hours were recorded")
ENOUGH_PCT = 90
TIMED_OUT = N_("nothing came within {seconds} s")


class BadRtsp(BadInput):
    text = "RTSP is {value}: {why}. An address looks like rtsp://192.168.1.64:554/stream1"


class BadCamera(BadInput):
    text = "CAMERA is {value}: {why}. Cameras of this machine: {found}"


class NoPicture(BadInput):
    text = "no picture comes from {source}: {why}"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What was asked for: addresses as given, or None."""

    rtsp: str | None
    camera: str | None

    @property
    def live(self) -> bool:
        return self.rtsp is not None or self.camera is not None


def cameras(wish: Wish) -> list[CameraSetting]:
    """The box's cameras. A network camera serves the room and the check-in, over a connection each; a device can be
    opened only once: it serves the room, or the check-in beside a network camera. Raises BadRtsp, BadCamera."""
    network = None if wish.rtsp is None else rtsp_source(wish.rtsp)
    device = None if wish.camera is None else device_source(wish.camera)
    room, door = network or device, device or network
    found = [] if room is None else [CameraSetting("room", room)]
    return found if door is None or network is None else [*found, CameraSetting("terminal", door)]


def rtsp_source(value: str) -> str:
    """The source of an RTSP address. Raises BadRtsp."""
    clear = shown(value)
    if not value or not value.isprintable() or " " in value:
        raise BadRtsp(value=repr(clear), why=N_("an address has no spaces and is not empty"))
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadRtsp(value=clear, why=N_("its host or port cannot be read")) from None
    if parts.scheme not in SCHEMES:
        raise BadRtsp(value=clear, why=N_("it does not begin with rtsp://"))
    if not host:
        raise BadRtsp(value=clear, why=N_("it names no host"))
    return value


def device_source(value: str) -> str:
    """The source of a camera device. Raises BadCamera."""
    path, why = Path(value), None
    try:
        if not stat.S_ISCHR(path.stat().st_mode):
            why = N_("it is no device")
        elif not os.access(path, os.R_OK | os.W_OK):
            why = N_("you may not use it (sudo usermod -aG video $USER, then log in again)")
    except (OSError, ValueError):
        why = N_("there is no such device")
    if why is not None:
        found = ", ".join(str(one) for one in sorted(Path("/dev").glob("video*")))
        raise BadCamera(value=repr(value), why=why, found=found or N_("nothing at all"))
    return f"v4l2:{path}"


def probe(source: str, folder: Path, lang: str) -> None:
    """See that a picture comes, by recording two seconds of it into `folder`, which is gone afterwards.

    Raises NoPicture."""
    command = [tool("zaitang-edge"), "--lang", lang, "record", "--source", source, "--out", folder,
               "--seconds", PROBE_S]
    shutil.rmtree(folder, ignore_errors=True)
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace",
                              check=False, timeout=PROBE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        why = translate(TIMED_OUT, lang, seconds=PROBE_TIMEOUT_S)
        raise NoPicture(source=shown(source), why=why) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [str(done.returncode)]
        raise NoPicture(source=shown(source), why=lines[-1].replace(source, shown(source)))


def make_plan(now: datetime.datetime, people: int, lang: str) -> day.Plan:
    """A class-hour of theory and one of practice that begin in a minute or two, on a full minute. `now`: with its zone.
    """
    soonest = now + timedelta(seconds=LEAD_S + LEAD_EACH_S * people)
    start = soonest.replace(second=0, microsecond=0) + timedelta(minutes=1)
    second = start + THEORY + PAUSE
    hours = (day.Hour("theory-1", "theory", start, start + THEORY),
             day.Hour("practice-1", "practical", second, second + PRACTICE))
    offset = now.utcoffset() or timedelta()
    return day.Plan(f"live-{start:%Y-%m-%d-%H%M}", translate(TITLE, lang), hours, offset // timedelta(minutes=1))


def announce(plan: day.Plan, door: bool, gallery: bool, say: play.Say) -> None:
    """Say what will happen, how long it takes, and what cannot be seen in it."""
    start, end = plan.hours[0].start, plan.hours[-1].end
    say(N_("the class runs on the real clock from {start} to {end}: {minutes} minutes; the verdict comes a few minutes "
           "later"), start=f"{start:%H:%M}", end=f"{end:%H:%M}", minutes=(end - start) // timedelta(minutes=1))
    if not door:
        say(N_("the one camera films the room: nobody can check in"))
    if not gallery:
        say(N_("without GALLERY nobody is enrolled: nobody can be recognised"))
    if not kernel_clock_state().synced:
        say(N_("the clock of this machine is not synchronised (timedatectl): who is seen does not count, and rules that"
               " depend on the time stay undecided"))


def run(site: Site, services: Services, say: play.Say, lang: str) -> None:
    """Press start and end at their times, and tell every minute how far the class is. Raises PageSilent, PageRefused,
    ProcessFailed."""
    first, last = site.plan.hours[0].start, site.plan.hours[-1].end
    _until(first - BEFORE, services)
    site.press("start", {"class": site.plan.class_id}, lang)
    say(N_("start pressed"))
    while (told := now() + timedelta(seconds=TELL_S)) < last:
        _until(told, services)
        _tell(site.state(lang), say)
    _until(last + AFTER, services)
    play.end(site, lang)
    say(N_("end pressed"))


def lacks(report: Mapping[str, Any], plan: day.Plan, lang: str) -> list[str]:
    """What a report of a live class lacks, whatever the camera saw: most of the class must have been recorded."""
    planned_s = round(sum((hour.end - hour.start).total_seconds() for hour in plan.hours))
    if report["media_s"] * 100 >= ENOUGH_PCT * planned_s:
        return []
    return [translate(TOO_LITTLE, lang, got=length_words(int(report["media_s"]), lang),
                      want=length_words(planned_s, lang))]


def _tell(state: Mapping[str, Any], say: play.Say) -> None:
    recording, people, unseen = state["recording"], state["people"], state["unseen"]
    say(N_("{clock}: {recording}, unbroken for {minutes} min; {come} of {due} checked in; {seen}"),
        clock=state["clock"], recording=recording["text"], minutes=recording.get("unbroken_s", 0) // 60,
        come=people["trainees_in"], due=people["due"], seen=unseen["title" if unseen["advice"] else "text"])


def _until(moment: datetime.datetime, services: Services) -> None:
    while (left := (moment - now()).total_seconds()) > 0:
        services.check()
        time.sleep(min(1.0, left))


def now() -> datetime.datetime:
    """The real time, in the zone of this machine."""
    return datetime.datetime.now().astimezone()
