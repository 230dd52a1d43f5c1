"""The demo's report: the class exported, verified, and told as the console shows it."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from common.texts import N_, translate
from provisioning.demo import play
from provisioning.demo.services import CommandFailed, Services, tool
from provisioning.demo.site import Site

REPORT, VERDICT, EXPORT = "report.json", "verify.json", "export"
Report: TypeAlias = Mapping[str, Any]
Judge: TypeAlias = Callable[[Report], Sequence[str]]
"""From a report to what is not as it should be, in words."""


def make(site: Site, services: Services, build: Path, seconds: float, lang: str, judge: Judge) -> dict[str, Any]:
    """Export and verify the class, and write report.json. Raises CommandFailed, PageSilent, PageRefused."""
    export = build / EXPORT
    shutil.rmtree(export, ignore_errors=True)
    play.export(site, services, export)
    found, verified = _verify(site, export, build / VERDICT, lang)
    names = site.names()
    for finding in found["findings"]:
        if "trainees" in finding:
            finding["trainees"] = [names.get(person, person) for person in finding["trainees"]]
    report: dict[str, Any] = {
        "export": str(export.resolve()),
        "segments": sorted(str(path.resolve()) for path in (export / "segments").rglob("*.mp4")),
        "findings": found["findings"],
        "blocks": blocks(site.shown()),
        "liveness": "not_checked",
        "terminal": site.terminal,
        "console": site.console,
        "log_in": dict(site.links),
        "seconds": round(seconds, 1),
        "verified": verified,
        "problems": found["problems"],
        "records": found["records"],
        "media_s": found["media_s"],
    }
    report["differences"] = list(judge(report))
    part = build / f"{REPORT}.part"
    part.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    os.replace(part, build / REPORT)
    return report


def blocks(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who checked in and who was shown in each recording, by name, from what the console tells of a class."""
    names: Mapping[str, str] = {one["person"]: one["name"] for one in shown["trainees"]}

    def who(block: Mapping[str, Any], there: Callable[[Mapping[str, Any]], bool]) -> list[str]:
        return [names.get(one["person"], one["person"]) for one in block["presences"] if there(one)]

    return [{
        "block": block["recording"],
        "due": len(block["presences"]),
        "checked_in": who(block, lambda one: bool(one["signed_in"])),
        "shown": who(block, lambda one: one["answer"] == "shown"),
    } for block in shown["recordings"]]


def tell(report: Mapping[str, Any], site: Site, build: Path, lang: str) -> bool:
    """Print the verdict and what is not as it should be. True when nothing is."""
    subprocess.run([tool("zaitang-verify"), report["export"], "--root", site.root, "--lang", lang], check=False)
    print(build / REPORT)
    for line in (*report["problems"], *report["differences"]):
        print(translate(N_("not as it should be: {what}"), lang, what=line), file=sys.stderr)
    return bool(report["verified"]) and not report["differences"]


def _verify(site: Site, export: Path, verdict: Path, lang: str) -> tuple[dict[str, Any], bool]:
    command: list[str | Path] = [tool("zaitang-verify"), export, "--root", site.root, "--json", verdict, "--lang", lang]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not verdict.is_file():
        raise CommandFailed(name="zaitang-verify", code=done.returncode, words=(done.stderr or done.stdout).strip())
    return dict(json.loads(verdict.read_text())), done.returncode == 0
