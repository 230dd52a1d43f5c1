"""Whether a zip may be opened as a spreadsheet: few members, none that unpacks to much more, no macros, plain XML."""
from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib

from central.plans.table_errors import (
    BombSpreadsheet,
    BrokenSpreadsheet,
    LockedSpreadsheet,
    MacroSpreadsheet,
    NoSpreadsheet,
)

MAX_MEMBERS, MAX_UNPACKED, MAX_RATIO, SMALL = 200, 16 << 20, 250, 1 << 20
"""`MAX_RATIO`: a member above SMALL may not unpack to so many times its packed size. A table full of equal rows that a
spreadsheet program saved stays below 100."""
MAX_TAGS, MAX_OTHER_TAGS = 300_000, 30_000
"""Elements in all; and outside of sheets and their texts, where each costs more to read."""
XML = (".xml", ".rels", ".vml")
_DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
READ = 1 << 16


def check_archive(data: bytes, name: str) -> None:
    """Raises BombSpreadsheet, BrokenSpreadsheet, LockedSpreadsheet, MacroSpreadsheet, NoSpreadsheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members, name)
            tags = others = 0
            for member in members:
                if member.filename.lower().endswith(XML):
                    xml = _unpacked(archive, member, name)
                    _check_xml(xml, name)
                    tags += xml.count(b"<") - xml.count(b"</")
                    others += 0 if _in_table(member.filename) else xml.count(b"<") - xml.count(b"</")
            if tags > MAX_TAGS or others > MAX_OTHER_TAGS:
                raise BombSpreadsheet(file=name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        raise BrokenSpreadsheet(file=name) from error


def _check_members(members: list[zipfile.ZipInfo], name: str) -> None:
    names = [member.filename for member in members]
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise BombSpreadsheet(file=name)
    if any(member.file_size > SMALL and member.file_size > MAX_RATIO * member.compress_size for member in members):
        raise BombSpreadsheet(file=name)
    if any(member.flag_bits & 1 for member in members):
        raise LockedSpreadsheet(file=name)
    if any("vbaproject" in one.lower() or "/macrosheets/" in one.lower() for one in names):
        raise MacroSpreadsheet(file=name)
    if len(set(names)) < len(names) or any(stat.S_ISLNK(member.external_attr >> 16) for member in members):
        raise BrokenSpreadsheet(file=name)
    if "xl/workbook.xml" not in names:
        raise NoSpreadsheet(file=name)


def _in_table(member: str) -> bool:
    return member.startswith("xl/worksheets/") or member == "xl/sharedStrings.xml"


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """What a member holds: never more than it says, whose sum is bounded."""
    parts, left = list[bytes](), member.file_size
    with archive.open(member) as stream:
        while part := stream.read(READ):
            left -= len(part)
            if left < 0:
                raise BombSpreadsheet(file=name)
            parts.append(part)
    return b"".join(parts)


def _check_xml(xml: bytes, name: str) -> None:
    """No document type and no entities, in UTF-8, so that nobody hides them in another encoding."""
    encoding = _ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf"))
    if (encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii")) or b"\0" in xml[:200] or _DECLARED.search(xml):
        raise BrokenSpreadsheet(file=name)
