"""`make demo`: prepares the pictures, starts a site, plays the course or a live class, shows the verdict."""
from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import av
import httpx

from common.texts import LANGS, N_, own_language, translate, words
from edge.cameras.address import shown
from evidence.errors import BadInput, ZaitangError
from provisioning.demo import live, media, people, play, private, report, truth, user_media
from provisioning.demo.box import CODE, RATE
from provisioning.demo.services import Services
from provisioning.demo.site import WATCHER, Site

BUILD = Path("build/demo")
LOGS = BUILD / "logs"
LOCALES = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}
LOG_IN = N_("Log in to the console by one of these links: each leads once to a password of your own.")
WATCHES = N_("The account {account}, which you find among the accounts and on record, is the demo's own: it compares"
             " the pages.")
ENROLS = N_("“Enrol a face” at the terminal opens with the maintenance code {code}. There the instructor {name} can"
            " choose a PIN, with which it opens from then on.")
ROLES = {"supervisor": N_("supervisor"), "institution": N_("training institution"),
         "administrator": N_("administrator")}
STOPPED = N_("The demo was ended before its verdict: nothing was judged")
AGREES = N_("as it should be: what is shown agrees with what happened")
VERIFIED = N_("as it should be: the evidence is verified")
"""Of a film of the user and of a live class nobody but the people there knows what happened."""
FOREIGN = (OSError, httpx.HTTPError, sqlite3.Error, av.FFmpegError, BrokenProcessPool)
"""What the world and the libraries may raise; anything else is a mistake of ours and keeps its traceback."""


class AnotherRuns(BadInput):
    text = "another demo is running in {folder}: end it first"


class HalfGiven(BadInput):
    text = "VIDEO and GALLERY belong together: give both, or neither for the built-in course"


class FilmOrLive(BadInput):
    text = "VIDEO plays a film, RTSP and CAMERA play a live camera: give one or the other"


class DemoFailed(ZaitangError):
    text = "the demo cannot go on: {why}. What its processes said is in {logs}"


def main() -> int:
    """Exit status: 0 the verdict is right, or Ctrl-C ended it before; 1 it is not or something failed; 2 bad input."""
    args = _arguments()
    # A shell that starts us in the background has SIGINT ignored; whoever sends it means it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(args)
    except ZaitangError as error:
        print(words(error, args.lang), file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    except FOREIGN as error:
        print(words(DemoFailed(why=_plain(error), logs=LOGS), args.lang), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{translate(STOPPED, args.lang)}", file=sys.stderr)
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--rtsp")
    parser.add_argument("--camera")
    parser.add_argument("--lang", choices=LANGS)
    args = parser.parse_args()
    if args.lang is not None:
        os.environ["LC_ALL"] = LOCALES[args.lang]  # the commands that the demo runs find it there
    args.lang = own_language()
    return args


def _run(args: argparse.Namespace) -> int:
    wish = live.Wish(args.rtsp, args.camera)
    if wish.live and args.video is not None:
        raise FilmOrLive
    if not wish.live and (args.video is None) != (args.gallery is None):
        raise HalfGiven
    say = _Teller(time.monotonic(), args.lang)
    with _alone(BUILD):
        if wish.live:
            return _live(wish, args.gallery, say)
        return _course(args.video, args.gallery, say)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two demos in one folder would undo each other; and nobody else looks into it. Raises AnotherRuns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnotherRuns(folder=folder) from None
        private.keep_private(folder)
        yield


def _begin() -> None:
    """Remove what an earlier run has left: arguments, sources and ports are good, this one starts."""
    for old in (BUILD / "site", BUILD / "export"):
        shutil.rmtree(old, ignore_errors=True)
    for name in (report.REPORT, report.VERDICT):
        (BUILD / name).unlink(missing_ok=True)


def _course(video: Path | None, gallery: Path | None, say: _Teller) -> int:
    """The built-in course, or the user's own film played through it."""
    films, names = _media(video, gallery, say)
    with Services(LOGS) as services:
        site = Site((BUILD / "site").resolve(), services)
        _begin()
        _start_centre(site, names, say)
        say(N_("enrolling {count} people from photographs: liveness cannot be checked"), count=len(names))
        site.enrol(films.gallery)
        site.start_box(films)
        say.addresses(site)
        say(N_("the course plays {rate} times as fast as real time"), rate=RATE)
        play.play(site, services, say, say.lang)
        say(N_("waiting for the roll call and for the last receipts"))
        play.drain(site, services)
        if video is not None:
            return _conclude(site, services, say, lambda _: [])
        return _conclude(site, services, say, lambda made: _wrong(made, say.lang), AGREES)


def _live(wish: live.Wish, gallery: Path | None, say: _Teller) -> int:
    """One class on the real clock, filmed by a live camera."""
    cameras = live.cameras(wish)
    photos = None if gallery is None else _usable(gallery, say)
    for source in dict.fromkeys(camera.source for camera in cameras):
        say(N_("looking at {source} …"), source=shown(source))
        live.probe(source, BUILD / "probe", say.lang)
    enrolled = None
    if photos is not None:
        enrolled = BUILD / "live-gallery"
        shutil.rmtree(enrolled, ignore_errors=True)
        user_media.write_gallery(photos, enrolled)
    names = list(photos or [translate(live.NOBODY, say.lang)])
    with Services(LOGS) as services:
        site = Site((BUILD / "site").resolve(), services, live.make_plan(live.now(), len(photos or ()), say.lang))
        _begin()
        live.announce(site.plan, len(cameras) > 1, photos is not None, say)
        _start_centre(site, names, say)
        site.enrol_live(enrolled)
        site.start_live(cameras)
        say.addresses(site)
        live.run(site, services, say, say.lang)
        say(N_("waiting for the roll call and for the last receipts"))
        play.drain(site, services, live.DRAIN_S, roll_call=enrolled is not None)
        return _conclude(site, services, say, lambda made: live.lacks(made, site.plan, say.lang))


def _start_centre(site: Site, names: list[str], say: _Teller) -> None:
    say(N_("making keys and certificates, starting broker, collector and console"))
    site.start_centre()
    site.open_console()
    site.add_class(names)


def _wrong(made: report.Report, lang: str) -> list[str]:
    return truth.differences(made["findings"], made["blocks"], lang)


def _conclude(site: Site, services: Services, say: _Teller, judge: report.Judge, right: str = VERIFIED) -> int:
    """Report, and the sentence `right` where nothing is wrong; unless DEMO=once keep the pages until Ctrl-C."""
    made = report.make(site, services, BUILD, say.seconds(), say.lang, judge)
    good = report.tell(made, site, BUILD, say.lang)
    if good:
        say(right)
    if os.environ.get("DEMO") != "once":
        say.addresses(site)
        say(N_("Ctrl-C ends the demo"))
        _until_interrupted(services)
        print()
        say(N_("the demo ends; its report stays in {report}"), report=BUILD / report.REPORT)
    return 0 if good else 1


def _until_interrupted(services: Services) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            services.check()
            time.sleep(1)


class _Teller:
    """Prints how far the demo is, with the seconds since its beginning."""

    def __init__(self, began: float, lang: str) -> None:
        self._began, self.lang = began, lang

    def __call__(self, msgid: str, **params: object) -> None:
        said = {name: words(value, self.lang) if isinstance(value, ZaitangError) else value
                for name, value in params.items()}
        print(f"[{self.seconds():5.0f} s] {translate(msgid, self.lang, **said)}", flush=True)

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def addresses(self, site: Site) -> None:
        terminal, console = (translate(word, self.lang) for word in (N_("terminal"), N_("console")))
        print(f"\n  {terminal}  {site.terminal}\n  {console}  {site.console}", flush=True)
        print(f"\n  {translate(ENROLS, self.lang, code=CODE, name=people.INSTRUCTOR)}", flush=True)
        if site.links:
            print(f"\n  {translate(LOG_IN, self.lang)}", flush=True)
        for role, link in site.links.items():
            print(f"  {translate(ROLES[role], self.lang)}  {link}", flush=True)
        if site.links:
            print(f"\n  {translate(WATCHES, self.lang, account=WATCHER)}", flush=True)
        print(flush=True)


def _media(video: Path | None, gallery: Path | None, say: _Teller) -> tuple[media.Media, list[str]]:
    if video is None or gallery is None:
        return media.prepare(BUILD / "media", say.lang), list(people.NAMES)
    found = _usable(gallery, say)
    say(N_("preparing the video …"))
    return user_media.prepare(BUILD / "user-media", video, found, say.lang), list(found)


def _usable(gallery: Path, say: _Teller) -> dict[str, list[Path]]:
    return user_media.with_usable_photos(user_media.people_of(gallery), lambda name, why: say(
        N_("{name} is left out of the course: {why}"), name=name, why=why))


def _plain(error: BaseException) -> str:
    """What went wrong in the words of whoever raised it, with the file if there is one."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
