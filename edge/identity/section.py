"""Puts a section into box.toml: where the file shows it, commented out, else at its end."""
from __future__ import annotations

from edge.config import parse_box
from evidence.errors import BadShape


def with_section(data: bytes, section: str, where: str) -> bytes:
    """box.toml with a section that it has not; every other line means what it meant. `section`: its head and
    lines `key = value`. Raises BadShape."""
    appended = data.rstrip(b"\n") + b"\n\n" + section.encode()
    wanted = parse_box(appended, where)
    shown = _uncommented(data.decode(), section)
    if shown is None:
        return appended
    try:
        return shown if parse_box(shown, where) == wanted else appended
    except BadShape:
        return appended


def _uncommented(text: str, section: str) -> bytes | None:
    """The section in the place of the one that is commented out; None where there is no such place, or several."""
    lines = text.split("\n")
    head = section.partition("\n")[0]
    if lines.count(f"#{head}") != 1:
        return None
    first = lines.index(f"#{head}") + 1
    last = next((at for at in range(first, len(lines)) if lines[at][:1] != "#" or lines[at][:2] == "#["), len(lines))
    told = {line.partition(" = ")[0]: line for line in section.splitlines()[1:]}
    shown = [told.pop(line[1:].partition(" = ")[0], line) for line in lines[first:last]]
    return "\n".join([*lines[: first - 1], head, *told.values(), *shown, *lines[last:]]).encode()
