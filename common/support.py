"""A file for whoever helps: what machine and product are there, what was logged; nothing that tells of a person.

Our own logs cannot carry a name (common/logs.py). Of lines that others wrote, tracebacks and words of libraries, only
places in our code are kept, and how many lines were withheld. Pseudonyms of people are masked everywhere."""
from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from common.texts import N_, translate
from evidence.errors import BadInput

MOST_LINES, MOST_LINE = 20_000, 4_000
"""Log lines of a file for support, the newest; characters of one."""
JOURNAL_S = 30.0
DAYS = 7
PERSON = re.compile(r"\bp-[0-9a-f]{6,64}\b")
MASKED = "p-***"
_PLACE = re.compile(r'\s*File "[^"]*?((?:edge|central|common|evidence|verify)/[\w/]+\.py)", line (\d+), in (\w+)')
_OURS = frozenset({"t", "level", "from", "event"})
UNITS = "zaitang-*"
STDOUT = Path("-")
OUT = N_("the file")
JOURNALS = (Path("/var/log/journal"), Path("/run/log/journal"))
NO_LOG = {
    "silent": N_("there is no log in it: journalctl is not on this machine, or does not answer"),
    "closed": N_("there is no log in it: this user may not read it. Call the command by sudo; if that was done, put "
                 "the user zaitang into the group systemd-journal (the installer does)"),
    "empty": N_("there is no log in it: systemd keeps none of the last seven days here"),
}
"""Why a file has no lines of a log."""


class SupportExists(BadInput):
    text = "{path} is there already; name another file"


class CannotWriteSupport(BadInput):
    text = "{path} cannot be written: {why}. With `--out - > FILE` your shell writes it, where you may"


def hand_over(path: Path, parts: Mapping[str, object], written: str, lang: str) -> None:
    """Write the file, with the log of our units, and say so: `written` is a sentence of the catalogue that takes the
    path; where there is no log, why. Raises SupportExists, CannotWriteSupport."""
    lines, why = journal(UNITS)
    write(path, parts, cleaned(lines))
    said = sys.stderr if path == STDOUT else sys.stdout
    print(translate(written, lang, path=translate(OUT, lang) if path == STDOUT else path), file=said)
    if why is not None:
        print(translate(NO_LOG[why], lang), file=said)


def write(path: Path, parts: Mapping[str, object], journal: Iterable[str]) -> None:
    """Write a zip with a JSON file for each part and `journal.jsonl`; whole or not at all, for its owner alone. `-` is
    standard output, which may be a file where we may write none.

    Raises SupportExists, CannotWriteSupport."""
    if path == STDOUT:
        try:
            _pack(sys.stdout.buffer, parts, journal)
            sys.stdout.flush()
        except OSError as error:
            raise CannotWriteSupport(path=path, why=error.strerror or str(error)) from None
        return
    part = path.with_name(f".{path.name}.part")
    try:
        if path.exists():
            raise SupportExists(path=path)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            _pack(file, parts, journal)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        raise SupportExists(path=path) from None
    except OSError as error:
        raise CannotWriteSupport(path=path, why=error.strerror or str(error)) from None
    finally:
        _away(part)


def _pack(file: IO[bytes], parts: Mapping[str, object], journal: Iterable[str]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, value in parts.items():
            made.writestr(f"{name}.json", mask(json.dumps(value, ensure_ascii=False, indent=1)))
        made.writestr("journal.jsonl", "".join(f"{line}\n" for line in journal))


def _away(part: Path) -> None:
    with contextlib.suppress(OSError):  # of a folder that nobody of ours may look into it was said
        part.unlink(missing_ok=True)


def mask(text: str) -> str:
    """Without pseudonyms of people."""
    return PERSON.sub(MASKED, text)


def cleaned(lines: Iterable[str]) -> Iterator[str]:
    """Of log lines those of ours, and of other lines the places in our code; at the end how many were withheld."""
    withheld = 0
    for line in lines:
        if (own := _own(line)) is not None:
            yield own
        elif place := _PLACE.match(line[:MOST_LINE]):
            yield json.dumps({"at": f"{place[1]}:{place[2]}", "in": place[3]})
        else:
            withheld += 1
    if withheld:
        yield json.dumps({"withheld": withheld})


def _own(line: str) -> str | None:
    """A line that common/logs.py wrote, masked; None: somebody else did."""
    if len(line) > MOST_LINE:
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not found.keys() >= _OURS:
        return None
    return mask(json.dumps(found, ensure_ascii=True))


def journal(pattern: str) -> tuple[list[str], str | None]:
    """The newest lines of units that match, as systemd kept them; where there are none, why, as a key of NO_LOG."""
    command = ["journalctl", "--no-pager", "--quiet", "--output=cat", f"--since=-{DAYS}d", f"--lines={MOST_LINES}",
               f"--unit={pattern}"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=JOURNAL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return [], "silent"
    lines = done.stdout.decode("utf-8", "replace").splitlines()[-MOST_LINES:]
    return lines, None if lines else "empty" if _may_read(JOURNALS) else "closed"


def _may_read(folders: Iterable[Path]) -> bool:
    """Whether we may read what systemd itself logged, as far as there is anything."""
    return all(os.access(path, os.R_OK) for folder in folders for path in folder.glob("*/system*.journal"))


def about() -> dict[str, Any]:
    """The machine and what is installed, by version."""
    release = {}
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {"PRETTY_NAME": "unknown"}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return {"system": release.get("PRETTY_NAME", ""), "kernel": platform.release(), "machine": platform.machine(),
            "model": _model(), "processors": os.cpu_count(), "memory_mb": memory >> 20,
            "python": sys.version.split()[0], "packages": dict(sorted(packages.items()))}


def _model() -> str:
    """Of a board that tells it in its device tree."""
    try:
        return Path("/proc/device-tree/model").read_bytes()[:100].rstrip(b"\0").decode("ascii", "replace")
    except OSError:
        return ""


def space(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """Of each folder that is there: bytes in all and free on its volume."""
    found: list[dict[str, Any]] = []
    for folder in folders:
        try:
            told = os.statvfs(folder)
        except OSError as error:
            found.append({"folder": str(folder), "error": error.strerror})
            continue
        found.append({"folder": str(folder), "bytes": told.f_blocks * told.f_frsize,
                      "free": told.f_bavail * told.f_frsize})
    return found
