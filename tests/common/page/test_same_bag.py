"""The page and zaitang-verify say the same of whatever is done to a whole bag,
        where both look. The manifests are written
anew after each change, so that they betray nothing."""
from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.bagging import finish, finish_tags
from tests.common.page.conftest import Reader
from tests.verify.bagging import edit_json, whole_bag
from tests.verify.making import put
from verify.cli import verify

Change = Callable[[Path], object]
Bytes = Callable[[bytes], bytes]
FINDINGS, INDEX, NAMES = "data/findings.json", "data/index.json", "data/names.json"
PAYLOADS, TAGS, DECLARATION, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bagit.txt", "bag-info.txt"


def text(path: str, change: Bytes) -> Change:
    return lambda bag: put(bag / path, change((bag / path).read_bytes()))


def value(path: str, change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda bag: edit_json(bag / path, change)


def added(path: str) -> Change:
    return lambda bag: put(bag / path, b"x")


def away(*paths: str) -> Change:
    return lambda bag: [(bag / path).unlink() for path in paths]


def instead(old: bytes, new: bytes) -> Bytes:
    return lambda data: data.replace(old, new, 1)


def beside(more: bytes) -> Bytes:
    """One more key in a JSON object, or whatever stands there."""
    return instead(b'"v": 1', b'"v": 1, ' + more)


def end(more: bytes) -> Bytes:
    return lambda data: data + more


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Bytes:
    return lambda data: b"".join(change(data.splitlines(keepends=True)))


NO_JSON: dict[str, Bytes] = {
    "a mark before": lambda data: b"\xef\xbb\xbf" + data, "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "nothing": lambda _: b"", "spaces behind": end(b"  \n\t"), "a zero": end(b"\0"), "a hard space": end(b"\xc2\xa0"),
    "a page break": end(b"\x0c"), "a list": lambda data: b"[" + data + b"]", "null": lambda _: b"null",
    "a key twice": beside(b'"v": 1'), "a key twice, escaped": beside(b'"\\u0076": 1'), "another key": beside(b'"z": 1'),
    "1.0": instead(b'"v": 1', b'"v": 1.0'), "1e0": instead(b'"v": 1', b'"v": 1e0'),
    "true": instead(b'"v": 1', b'"v": true'), "a text": instead(b'"v": 1', b'"v": "1"'),
    "version 2": instead(b'"v": 1', b'"v": 2'), "no class": instead(b'"class"', b'"klass"'),
    "NaN": beside(b'"z": NaN'), "-0": beside(b'"z": -0'), "-0.0": beside(b'"z": -0.0'), "2.0": beside(b'"z": 2.0'),
    "1e2": beside(b'"z": 1E2'), "1e400": beside(b'"z": 1e400'), "2^53+1": beside(b'"z": 9007199254740993'),
    "deep": beside(b'"z": ' + b"[" * 31 + b"]" * 31), "too deep": beside(b'"z": ' + b"[" * 32 + b"]" * 32),
    "endless": beside(b'"z": ' + b"[" * 200_000 + b"]" * 200_000), "half a character": beside(b'"z": "\\ud800"'),
    "half a character as a key": beside(b'"\\ud800": 1'), "both halves": beside(b'"\\ud83d\\ude00": 1'),
    "a prototype": beside(b'"__proto__": {"class": 1}'), "not UTF-8": beside(b'"z": "\xe9"'),
    "a long text": beside(b'"z": "' + b"x" * 20_000_000 + b'"'),
    "many texts": beside(b'"z": ["",' + b'"",' * 500_000 + b'""]'),
    "a control character": beside(b'"z": "\x01"'), "escapes": beside(b'"z": "1.5 \\\\\\" : \\""'),
    "lines of Unicode": beside(b'"z": "\xe2\x80\xa8"'),
}

SAID: dict[str, Change] = {
    "names: a name above": value(NAMES, lambda v: v.update(name="x")),
    "names: a version below": value(NAMES, lambda v: v["people"][0].update(v=1)),
    "names: no list": value(NAMES, lambda v: v.pop("people")),
    "names: null": value(NAMES, lambda v: v.update(people=None)),
    "names: nobody": value(NAMES, lambda v: v.update(people=[])),
    "names: no name": value(NAMES, lambda v: v["people"][0].update(name=None)),
    "names: another": value(NAMES, lambda v: v["people"][1].update(name="Li Hua ")),
    "names: twice": value(NAMES, lambda v: v["people"].append(v["people"][0])),
    "names: salt and a line": value(NAMES, lambda v: v["people"][0].update(salt=v["people"][0]["salt"] + "\n")),
    "names: erased": away(NAMES), "sheets: erased": away("data/sheets/2026-03-02-am/1.jpg"),
    "both: erased": away(NAMES, "data/sheets/2026-03-02-am/1.jpg"),
    "findings: rules -1": value(FINDINGS, lambda v: v.update(rules=-1)),
    "findings: rules null": value(FINDINGS, lambda v: v.update(rules=None)),
    "findings: later rules": value(FINDINGS, lambda v: v.update(rules=999, findings=[])),
    "findings: no finding": value(FINDINGS, lambda v: v.update(rules=999, findings=[{"rule": "R1"}])),
    "findings: no flag": value(FINDINGS, lambda v: v.update(rules=999, findings=[{"rule": "x", "result": "",
    "flag": 1}])),
    "findings: earlier": value(FINDINGS, lambda v: v.update(as_of="2026-03-01T00:00:00.000000Z")),
    "findings: no list": value(FINDINGS, lambda v: v.update(findings={})),
    "index: another export": value(INDEX, lambda v: v.update(export="0" * 64)),
    "index: no export": value(INDEX, lambda v: v.pop("export")),
    "index: no recordings": value(INDEX, lambda v: v.pop("blocks")),
    "index: no recording": value(INDEX, lambda v: v.update(blocks=[{}])),
    "index: nothing of removed ones": value(INDEX, lambda v: v.pop("removed")),
    "index: removed null": value(INDEX, lambda v: v.update(removed=None)),
    "index: one less": value(INDEX, lambda v: v["segments"].pop()),
    "index: one twice": value(INDEX, lambda v: v["segments"].append(v["segments"][0])),
    "index: another order": value(INDEX, lambda v: v["segments"].reverse()),
    "index: removed, and is not": value(INDEX, lambda v: v["removed"].append(v["segments"].pop())),
    "index: another camera": value(INDEX, lambda v: v["segments"][0].update(camera="other")),
    "index: more of one": value(INDEX, lambda v: v["segments"][0].update(x="y")),
    "index: true as a number": value(INDEX, lambda v: v["segments"][0].update(seq=True)),
    "paper: empty": text("data/index.pdf", lambda _: b""), "paper: gone": away("data/index.pdf"),
    "page: another": text("verify.html", lambda _: b"whole"), "page: gone": away("verify.html"),
    "an empty folder": lambda bag: (bag / "data/class/tree").mkdir(),
}
FILES = (
    "x", "data/x", "data/class/x", "data/class/.DS_Store", ".DS_Store", "Data/x.json", "data/Names.json",
    "data/names.json ",
    "data/CLASS/x", "data/sheets/a/1.jpg", "data/sheets/a/1.JPG", "data/sheets/a/b/1.jpg", "data/sheets/1.jpg",
    "data/sheets/-a/1.jpg", f"data/sheets/{'a' * 101}/1.jpg", "data/sheets/\u00e9/1.jpg", "data/class/u\u0308.txt",
    "data/class/\u00fc.txt", "data/class/a\u202eb", "data/class/a%b", "data/class/a%25b", "data/class/%0A",
    "data/class/a\\b",
    "data/class/a\nb", "data/class/a\rb", "data/class/<img src=x onerror=alert(1)>", "data/class/tree/seen",
    "data/class/tree/0/checkpoint", "data/class/chains/x.jsonl", "data/class/segments/box-1/x.mp4", "fetch.txt",
    "manifest-md5.txt", "manifest-sha512.txt", "data/class/data/class/manifest.json")
INFOS: dict[str, Bytes] = {
    "not UTF-8": end(b"Contact-Name: \xff\n"), "a label more": end(b"Contact-Name: Li\n"),
    "no value": end(b"Contact-Name: \n"),
    "no space": end(b"Contact-Name:x\n"), "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "no end": lambda data: data[:-1],
    "an empty line": end(b"\n"), "an empty line before": lambda data: b"\n" + data,
    "a mark before": lambda data: b"\xef\xbb\xbf" + data,
    "twice": lines(lambda all_: [*all_, all_[0]]), "twice, other capitals": end(b"payload-oxum: 1.1\n"),
    "nothing": lambda _: b"",
    "large": end(b"Contact-Name: " + b"x" * 66_000 + b"\n"), "folded": end(b"Contact-Name: x\n  y\n"),
    "another order": lines(sorted),
    "a larger number": instead(b"Payload-Oxum: ", b"Payload-Oxum: 0"), "a space": instead(b"\n", b" \n"),
    "a zero": end(b"Contact-Name: \0\n"), "a line of Unicode": end(b"Contact-Name: \xc2\x85\x0b\n"),
    "CR": end(b"Contact-Name: a\rb\n"),
}
MANIFESTS: dict[str, Bytes] = {
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"), "a mark before": lambda data: b"\xef\xbb\xbf" + data,
    "no end": lambda data: data[:-1], "nothing": lambda _: b"", "an empty line": end(b"\n"),
    "another order": lines(lambda all_: all_[::-1]),
    "twice": lines(lambda all_: [*all_, all_[0]]), "one less": lines(lambda all_: all_[1:]),
    "capitals": lambda data: data[:64].upper() + data[64:],
    "a star": instead(b"  ", b" *"), "one space": instead(b"  ", b" "), "three": instead(b"  ", b"   "),
    "a tab": instead(b"  ", b"\t"),
    "a point": instead(b"  ", b"  ./"), "upwards": end(b"0" * 64 + b"  data/class/../../../etc/passwd\n"),
    "a zero": end(b"\0\n"),
    "a space behind": instead(b"\n", b" \n"), "a file that is not there": end(b"0" * 64 + b"  data/class/gone\n"),
    "one beside": end(b"0" * 64 + b"  gone.txt\n"), "not UTF-8": end(b"0" * 64 + b"  data/\xff\n"),
    "itself": end(b"0" * 64 + b"  tagmanifest-sha256.txt\n"),
    "a long name": end(b"0" * 64 + b"  data/" + b"x" * 20_000_000 + b"\n"),
    "another hash": lambda data: (b"1" if data[:1] == b"0" else b"0") + data[1:],
}


def in_all(paths: tuple[str, ...], changes: Mapping[str, Bytes]) -> dict[str, Change]:
    return {f"{path}: {name}": text(path, change) for path in paths for name, change in changes.items()}


def unsealed(_: Path) -> None:
    """Nothing is written anew."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_bag(tmp_path_factory.mktemp("same") / "bag")


@pytest.mark.long
@pytest.mark.parametrize(("changes", "seal"), [
    ({"nothing at all": unsealed}, unsealed),
    (in_all((FINDINGS, INDEX, NAMES), NO_JSON), finish), (SAID, finish), ({name: added(name) for name in FILES},
        finish),
    (in_all((INFO,), INFOS), finish_tags), (in_all((PAYLOADS, TAGS, DECLARATION), MANIFESTS), unsealed),
    (in_all((PAYLOADS, DECLARATION), MANIFESTS), finish_tags),
], ids=["nothing", "JSON", "derived", "files", "bag-info", "manifests", "manifests sealed"])
def test_both_say_the_same_of_a_bag(
    changes: Mapping[str, Change], seal: Change, good: Path, tmp_path: Path, reader: Reader,
) -> None:
    differ = {}
    for name, change in changes.items():
        bag = tmp_path / "bag"
        shutil.rmtree(bag, ignore_errors=True)
        shutil.copytree(good, bag)
        change(bag)
        seal(bag)
        ours, said = verify(bag, None, "en").problems, reader.check(bag)
        if said.whole is not (not ours):
            differ[name] = [str(one) for one in ours[:2]], said.whole, said.problems[:2]
    assert differ == {}
