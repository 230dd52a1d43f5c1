"""Why a message was refused: the sentence that was kept in English, told in the reader's language."""
from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.errors import WrongTopic
from central.ingest.collector import Message
from central.web.refusals import parameters, reason_words
from central.wiring import Centre
from common.texts import words
from evidence.errors import BadCertificate, BadRecord, BadShape, ChainBroken, Expected, Fork, ZaitangError
from tests.central.console import signed_in

PLAIN = st.text(string.ascii_letters + string.digits + "-._", max_size=20)


@pytest.mark.parametrize("error", [
    BadRecord(why="not base64"), Fork(device="box-1", seq=3), ChainBroken(device="box-1", seq=4),
    WrongTopic(topic="box-2", device="box-1"), BadRecord(why=BadShape(where="envelope", key="sig", why="is missing")),
    BadCertificate(where="certificate", why="it is of another site"),
    BadShape(where="body", key="person", why=Expected(what="text")),
])
def test_it_says_in_chinese_what_the_error_itself_would_say(error: ZaitangError) -> None:
    name, said = type(error).__name__, str(error)
    assert reason_words(name, said, "en") == said
    assert reason_words(name, said, "zh") == words(error, "zh") != said


@pytest.mark.parametrize(("name", "said"), [
    ("NoSuchError", "whatever"), ("Fork", "something else"), ("BadRecord", ""), ("Fork", "x" * 10_000), ("", "")])
def test_what_no_text_made_stays_as_it_is(name: str, said: str) -> None:
    assert reason_words(name, said, "zh") == said


@given(PLAIN, PLAIN, PLAIN)
def test_parameters_are_those_that_made_the_sentence(one: str, two: str, three: str) -> None:
    for text in ("{a}: the certificate of {b} says: {c}", "record {a} of {b} (is {c})", "{a} – {b} – {c}!"):
        assert parameters(text, text.format(a=one, b=two, c=three)) == {"a": one, "b": two, "c": three}
    assert parameters("{a} and {a}", f"{one} and {one}") == {"a": one}
    assert parameters("{a} and {a}", f"{one} and {one}x") is None


@given(st.text(max_size=300), st.sampled_from(["BadRecord", "BadShape", "Fork", "BadSeal", "ZaitangError"]))
def test_whatever_came_is_told_without_a_failure(said: str, name: str) -> None:
    assert isinstance(reason_words(name, said, "zh"), str)


def test_the_page_of_boxes_says_it_in_its_language(centre: Centre) -> None:
    centre.collector().take([Message("box-9", b"{}")])
    client = signed_in(centre, "administrator")
    zh, en = (client.get(f"/boxes?lang={lang}").text for lang in ("zh", "en"))
    assert "not a record" in en and "not a record" not in zh and ">不是证据记录</td>" in zh and ">envelope：" in zh
