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

from common.texts import words
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
    began = time.monotonic()
    if (video is None) != (gallery is None):
        raise HalfGiven
    films, names = _media(video, gallery)
    folder = BUILD / "site"
    shutil.rmtree(folder, ignore_errors=True)
    with Services(BUILD / "logs") as services:
        site = Site(folder.resolve(), services)
        _say(began, "making keys and certificates, starting broker, collector and console")
        site.start_centre()
        site.add_class(names)
        _say(began, f"enrolling {len(names)} people from photographs (liveness cannot be checked)")
        site.enrol(films.gallery)
        site.start_box(films)
        print(f"\n  terminal  {site.terminal}\n  console   {site.console}\n", flush=True)
        _say(began, f"the course plays {RATE} times as fast as real time")
        play.play(site, services, lambda text: _say(began, text))
        _say(began, "waiting for the roll call and for the last receipts")
        play.drain(site, services)
        report = _report(site, services, began)
        wrong = truth.differences(report["findings"]) if video is None else []
        _tell(report, wrong, site)
        if not once:
            print(f"\n  terminal  {site.terminal}\n  console   {site.console}\n\nCtrl-C ends the demo.", flush=True)
            _keep(services)
    return 1 if wrong or not report["verified"] else 0


def _media(video: Path | None, gallery: Path | None) -> tuple[media.Media, list[str]]:
    if video is None or gallery is None:
        return media.prepare(BUILD / "media"), list(people.NAMES)
    found = user_media.people_of(gallery)
    return user_media.prepare(BUILD / "user-media", video, found), list(found)


def _report(site: Site, services: Services, began: float) -> dict[str, Any]:
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
        "seconds": round(time.monotonic() - began, 1),
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
    print(f"report: {BUILD / 'report.json'}")
    for line in [*report["problems"], *wrong]:
        print(f"NOT AS IT SHOULD BE: {line}", file=sys.stderr)


def _keep(services: Services) -> None:
    while True:
        services.check()
        time.sleep(1)


def _lang() -> str:
    return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"


def _say(began: float, text: str) -> None:
    print(f"[{time.monotonic() - began:5.0f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
