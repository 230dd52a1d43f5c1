"""`make demo`: prepares the pictures, starts a site, plays the course, shows the verdict."""
from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.texts import N_, translate, words
from evidence.errors import BadInput, ZaitangError
from provisioning.demo import media, people, play, truth, user_media
from provisioning.demo.services import Services, tool
from provisioning.demo.site import RATE, Site

BUILD = Path("build/demo")


class AnotherRuns(BadInput):
    text = "another demo is running in {folder}: end it first"


class HalfGiven(BadInput):
    text = "VIDEO and GALLERY belong together: give both, or neither for the built-in course"


def main() -> int:
    """Exit status: 0 the verdict is right, 1 it is not or something failed, 2 bad input, 130 interrupted."""
    args = _arguments()
    # A shell that starts us in the background has SIGINT ignored; whoever sends it means it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with _alone(BUILD):
            return _demo(args.video, args.gallery, os.environ.get("DEMO") == "once")
    except ZaitangError as error:
        print(words(error, _lang()), file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    except KeyboardInterrupt:
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--gallery", type=Path)
    return parser.parse_args()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two demos in one folder would undo each other. Raises AnotherRuns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AnotherRuns(folder=folder) from None
        yield


def _demo(video: Path | None, gallery: Path | None, once: bool) -> int:
    say = _Teller(time.monotonic(), _lang())
    if (video is None) != (gallery is None):
        raise HalfGiven
    films, names = _media(video, gallery, say)
    folder = BUILD / "site"
    for old in (folder, BUILD / "export"):
        shutil.rmtree(old, ignore_errors=True)
    for old in (BUILD / "report.json", BUILD / "verify.json"):
        old.unlink(missing_ok=True)
    with Services(BUILD / "logs") as services:
        site = Site(folder.resolve(), services)
        say(N_("making keys and certificates, starting broker, collector and console"))
        site.start_centre()
        site.add_class(names)
        say(N_("enrolling {count} people from photographs: liveness cannot be checked"), count=len(names))
        site.enrol(films.gallery)
        site.start_box(films)
        say.addresses(site)
        say(N_("the course plays {rate} times as fast as real time"), rate=RATE)
        play.play(site, services, say, say.lang)
        say(N_("waiting for the roll call and for the last receipts"))
        play.drain(site, services)
        report = _report(site, services, say.seconds())
        wrong = truth.differences(report["findings"]) if video is None else []
        _tell(report, wrong, site)
        if not once:
            say.addresses(site)
            say(N_("Ctrl-C ends the demo"))
            _keep(services)
    return 1 if wrong or not report["verified"] else 0


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
        print(f"\n  {terminal}  {site.terminal}\n  {console}  {site.console}\n", flush=True)


def _media(video: Path | None, gallery: Path | None, say: play.Say) -> tuple[media.Media, list[str]]:
    if video is None or gallery is None:
        return media.prepare(BUILD / "media", _lang()), list(people.NAMES)
    found = user_media.with_usable_photos(user_media.people_of(gallery), lambda name, why: say(
        N_("{name} is left out of the course: {why}"), name=name, why=why))
    say(N_("preparing the video …"))
    return user_media.prepare(BUILD / "user-media", video, found), list(found)


def _report(site: Site, services: Services, seconds: float) -> dict[str, Any]:
    export = BUILD / "export"
    shutil.rmtree(export, ignore_errors=True)
    play.export(site, services, export)
    verdict = BUILD / "verify.json"
    command = [tool("zaitang-verify"), export, "--root", site.root, "--json", verdict]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    found, names = json.loads(verdict.read_text()), site.names()
    for finding in found["findings"]:
        if "trainees" in finding:
            finding["trainees"] = [names.get(person, person) for person in finding["trainees"]]
    report = {
        "export": str(export.resolve()),
        "segments": sorted(str(path.resolve()) for path in (export / "segments").rglob("*.mp4")),
        "findings": found["findings"],
        "liveness": "not_checked",
        "terminal": site.terminal,
        "console": site.console,
        "seconds": round(seconds, 1),
        "verified": checked.returncode == 0,
        "problems": found["problems"],
        "records": found["records"],
    }
    part = BUILD / "report.json.part"
    part.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    os.replace(part, BUILD / "report.json")
    return report


def _tell(report: dict[str, Any], wrong: list[str], site: Site) -> None:
    subprocess.run([tool("zaitang-verify"), report["export"], "--root", site.root, "--lang", _lang()], check=False)
    print(BUILD / "report.json")
    for line in [*report["problems"], *wrong]:
        print(translate(N_("not as it should be: {what}"), _lang(), what=line), file=sys.stderr)


def _keep(services: Services) -> None:
    while True:
        services.check()
        time.sleep(1)


def _lang() -> str:
    return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


if __name__ == "__main__":
    sys.exit(main())
