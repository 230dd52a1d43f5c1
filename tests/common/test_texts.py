"""Every sentence for people has its Chinese words, with the same parameters; English is the key itself."""
from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import string
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from babel.messages.extract import extract_from_dir

import common
from central.classes.decision_errors import SamePerson
from common import reasons
from common.reasons import WHYS, answer_words
from common.texts import LANGS, LOCALE, N_, catalogue, language, own_language, translate, words
from evidence.canonical import MAX_BYTES
from evidence.errors import BadRecord, BadShape, ZaitangError
from evidence.records import read_record
from evidence.rollcall import Why
from evidence.rules import Reason
from evidence.shape import Between, decode

ROOT = Path(common.__file__).parent.parent
PACKAGES = ("evidence", "common", "verify", "edge", "central", "models", "provisioning")
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.svg", "jinja2.ext:babel_extract"),
           ("**.js", "javascript")]


@dataclasses.dataclass(frozen=True)
class Document:
    name: str
    commitment: str | None = None
    size: Annotated[int, Between(1, 3)] | None = None
    kind: Literal["theory", "practical"] | None = None


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if found.name.rsplit(".", 1)[-1] != "__main__":
                yield found.name


def every_error(cls: type[ZaitangError] = ZaitangError) -> Iterator[type[ZaitangError]]:
    for child in cls.__subclasses__():
        yield child
        yield from every_error(child)


def error_texts() -> dict[str, str]:
    """Sentence → class, of every error in the product whose module can be imported here."""
    for name in modules():
        if re.search(r"(^|[._])errors?$", name) or "ZaitangError" in source(name) or "BadInput" in source(name):
            importlib.import_module(name)
    ours = (cls for cls in every_error() if cls.__module__.split(".")[0] in PACKAGES)
    return {cls.text: f"{cls.__module__}.{cls.__name__}" for cls in ours}


def source(module: str) -> str:
    path = ROOT / (module.replace(".", "/") + ".py")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def marked_texts() -> dict[str, str]:
    """Sentence → place, of everything marked with `_`, `N_` or a gettext call in Python and in templates."""
    found: dict[str, str] = {}
    keywords = {"_": None, "N_": None, "gettext": None, "translate": None, "trans": None}
    for package in PACKAGES:
        for file, line, message, _, _ in extract_from_dir(ROOT / package, method_map=METHODS, keywords=keywords):
            for one in (message,) if isinstance(message, str) else message[:1]:
                found[one] = f"{package}/{file}:{line}"
    return {text: place for text, place in found.items() if text}


def parameters(text: str) -> set[str]:
    """The parameters of a sentence: {name} or %(name)s."""
    braces = {name for _, name, _, _ in string.Formatter().parse(text) if name} if "%(" not in text else set()
    return braces | set(re.findall(r"%\((\w+)\)", text))


def check(texts: dict[str, str]) -> None:
    zh = catalogue("zh")
    missing = {text: place for text, place in texts.items() if zh.gettext(text) == text and re.search("[a-z]{2}", text)
               and not re.fullmatch(r"[\W\d_]*(\{\w+\}[\W\d_]*)+", text)}
    assert not missing, "no Chinese words for:\n" + "\n".join(f"{place}: {text}" for text, place in missing.items())
    wrong = {text: place for text, place in texts.items() if parameters(zh.gettext(text)) != parameters(text)}
    assert not wrong, "other parameters in Chinese:\n" + "\n".join(f"{place}: {text}" for text, place in wrong.items())


def test_every_error_has_its_chinese_words() -> None:
    check(error_texts())


def test_every_marked_text_has_its_chinese_words() -> None:
    check(marked_texts())


def test_every_reason_rule_and_state_has_its_chinese_words() -> None:
    tables = [reasons.REASONS, reasons.RULES, reasons.RESULTS, reasons.VERDICTS, reasons.ANSWERS, reasons.READINGS]
    check({text: code for table in tables for code, text in table.items()})


def test_every_reason_that_the_rules_give_has_words() -> None:
    given = set()
    for path in (ROOT / "evidence" / "rules").glob("*.py"):
        given |= set(re.findall(r'(?:reason\(|code = |else )"([a-z0-9_]+)"', path.read_text(encoding="utf-8")))
    given |= {f"reviewed_{one}" for one in ("complete", "missing", "open")}
    given |= {f"doubt_{one}" for one in ("simulated", "clock", "boot", "step", "gaps")}
    given |= {f"occasion_{one}" for one in ("rollcall_pending", "rollcall_refused", "nobody_due")}
    given |= {f"pack_refused_{one}" for one in ("few", "loose")}
    given -= {"complete", "missing", "open", "satisfied", "violated", "not_applicable", "block", "class_hour", "review",
              "warning"}
    assert len(given) > 25 and given <= set(reasons.REASONS)


def test_no_sentence_is_translated_twice() -> None:
    seen: dict[str, str] = {}
    for path in sorted((LOCALE / "zh_CN").glob("*.po")):
        for msgid, msgstr in re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', path.read_text(encoding="utf-8"), re.M):
            assert seen.setdefault(msgid, msgstr) == msgstr, f"{path.name}: {msgid} has two translations"


@pytest.mark.parametrize(("asked", "lang"), [
    (None, "zh"), ("", "zh"), ("zh-CN", "zh"), ("en_US.UTF-8", "en"), ("EN", "en"), ("fr", "zh")])
def test_chinese_unless_english_is_asked_for(asked: str | None, lang: str) -> None:
    assert language(asked) == lang and lang in LANGS


@pytest.mark.parametrize(("env", "lang"), [
    ({}, "zh"),
    ({"LANG": "en_US.UTF-8"}, "en"), ({"LANG": "en"}, "en"), ({"LANG": "EN-gb"}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"),
    ({"LANG": ""}, "zh"), ({"LANG": "C.UTF-8"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "zh"), ({"LANG": "enm"}, "zh"),
    ({"LC_ALL": "en_GB", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
    ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh"),
    ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "en"),
    ({"LC_TIME": "en_US.UTF-8"}, "zh"),
])
def test_a_command_speaks_the_language_of_its_environment(env: dict[str, str], lang: str) -> None:
    assert own_language(env) == lang


@pytest.mark.parametrize("command", ["edge.cli", "central.cli", "verify.cli"])
def test_every_command_keeps_the_one_rule(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = importlib.import_module(command)._parser

    def unasked() -> str:
        return str(parser().get_default("lang"))

    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert unasked() == "zh"
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert unasked() == "en"


def test_errors_in_both_languages() -> None:
    error = BadShape(where="a.toml", key="r3", why=BadRecord(why="x"))
    assert words(error, "en") == "a.toml: r3: not a record: x"
    assert words(error, "zh") == "a.toml：r3：不是证据记录：x"
    assert translate(N_("violated"), "zh") == "不符合"


@pytest.mark.parametrize("data", [
    b"{", b"[]", b"\xff", b'{"a": 1}', b"[" * 9000, b" " * (MAX_BYTES + 1), b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    b"{}", b'{"a":1.5}',
])
def test_what_is_wrong_with_a_record_is_said_in_chinese(data: bytes) -> None:
    with pytest.raises(BadRecord) as caught:
        read_record(data)
    said = words(caught.value, "zh")
    assert said.startswith("不是证据记录：")
    assert not re.search("[A-Za-z]{2}", re.sub("JSON|RFC|record", "", said)), said


@pytest.mark.parametrize(("value", "said"), [
    ({"name": 3}, "a.toml：name：应为加引号的文字"), ({}, "a.toml：name：缺少这一项"),
    ([], "a.toml：（整个文件）：应为表"),
    ({"name": "x", "commitment": "0", "age": 3}, "a.toml：age：没有这一项"),
])
def test_what_is_wrong_in_a_document_is_said_in_chinese(value: object, said: str) -> None:
    with pytest.raises(BadShape) as caught:
        decode(Document, value, "a.toml", strict=True)
    assert words(caught.value, "zh") == said


def test_an_account_whose_name_is_a_word_of_the_catalogue_keeps_it() -> None:
    assert translate("supervisor", "zh") == "监管人员"
    assert words(SamePerson(by="supervisor"), "zh").count("supervisor") == 1


def test_ranges_and_choices_are_said_in_chinese() -> None:
    with pytest.raises(BadShape) as caught:
        decode(Document, {"name": "x", "size": 9}, "a.toml")
    assert words(caught.value, "zh") == "a.toml：size：9 超出范围（1 至 3）"
    with pytest.raises(BadShape, match=r"kind: expected one of: theory, practical") as caught:
        decode(Document, {"name": "x", "kind": "lab"}, "a.toml")
    assert words(caught.value, "zh") == "a.toml：kind：应为以下之一：theory, practical"


def test_reasons_name_blocks_dates_people_and_minutes() -> None:
    block = {"id": "2026-03-03-am", "date": "2026-03-03", "start": "08:00", "end": "09:40"}
    reason = Reason("someone_missing", {**block, "trainees": ("t-4",), "headcount": 3, "due": 4})
    assert words(reason, "zh", {"t-4": "张三"}) == (
        "2026年3月3日上午 08:00–09:40：录像未显示 张三（画面中同时最多 3 人，不含已识别的教师；名册 4 人）")
    assert words(reason, "en").startswith("Mar 3, 2026, morning 08:00–09:40: the recording does not show t-4")
    gap = Reason("gap", {**block, "id": "h-1", "from_time": "08:10:00", "to_time": "08:15:00", "seconds": 300})
    assert words(gap, "zh").endswith("08:10:00 至 08:15:00 没有录像（5 分 0 秒）")


def test_a_code_of_a_later_version_is_shown_as_it_is() -> None:
    assert "later_code" in words(Reason("later_code", {"x": 1}), "zh")


def test_answers_say_why_in_both_languages() -> None:
    assert answer_words("not_identifiable", ("small", "dark"), "en") == "not identifiable: faces too small, too dark"
    assert answer_words("covered", ("gear",), "zh") == "面部遮挡：防护用具"
    assert answer_words("absent", (), "en") == "absent"
    assert set(WHYS) == set(typing.get_args(Why))
