"""Every alarm that a box or the centre writes has words."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

import common
from common.alarms import ALARMS, DETAILS, REFUSALS, alarm_words, refusal_of_box

ROOT = Path(common.__file__).parent.parent
KINDS = "camera|storage|segment|order|receipt|rollcall|chain|update"
WRITTEN = re.compile(rf'(?:Alarm\(|[._]alarm\((?:tx, )?|\.once\(|_refuse\(|: )"((?:{KINDS})\.\w+)"')


def test_every_code_that_is_written_has_words() -> None:
    places = [path for end in ("edge", "central") for path in (ROOT / end).rglob("*.py")]
    written = {code for path in places for code in WRITTEN.findall(path.read_text(encoding="utf-8"))}
    assert len(written) >= 12 and written <= set(ALARMS)


def test_camera_file_and_record_are_named() -> None:
    assert alarm_words("camera.silent", {"camera": "room"}, "zh") == "摄像头曾有一段时间没有画面（教室摄像头）"
    fork = {"device": "box-1", "chain": "ab", "seq": 4, "kept": "1", "refused": "2"}
    assert alarm_words("chain.fork", fork, "en") == (
        "A box sent two different records with the same number (record 4 of box-1)")
    assert alarm_words("storage.full", {"free": 3}, "en").endswith("until there is room")
    assert "later.code" in alarm_words("later.code", {"seq": 1}, "zh")


@pytest.mark.parametrize("name", ["lang", "msgid", "self", "code", "why", "camera", *DETAILS])
@pytest.mark.parametrize("value", [None, 1.5, "{x}", [1], {"a": 1}])
def test_whatever_a_box_writes_the_pages_say_its_alarms(name: str, value: object) -> None:
    for code in (*ALARMS, "later.code"):
        assert alarm_words(code, {"seq": 4, "days": 3, name: value}, "en")


def test_why_an_order_was_refused_is_told_with_the_alarm() -> None:
    from edge.sync import errors

    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refused)}
    assert codes - {errors.Refused.code} == set(REFUSALS)
    for code in REFUSALS:
        zh, en = (alarm_words("order.refused", {"code": code, "order": "ab"}, lang) for lang in ("zh", "en"))
        assert en.endswith(f"({REFUSALS[code]})") and zh.isascii() is False and not set(REFUSALS[code].split()) <= set(
            zh.split())
    assert refusal_of_box("later", "en").endswith("later")
