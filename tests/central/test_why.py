"""A reason on record is read in the language of whoever reads it."""
from __future__ import annotations

import pytest

from central.web.reasons import said_before, why_words


@pytest.mark.parametrize(("why", "zh", "en"), [
    ("日常巡查", "日常巡查", "routine inspection"),
    ("check of a flag: 第二次", "核查预警: 第二次", "check of a flag: 第二次"),
    ("停电后复查", "停电后复查", "停电后复查"),
    ("after: a power cut", "after: a power cut", "after: a power cut"), ("", "", "")])
def test_what_was_chosen_is_said_again_in_the_readers_language(why: str, zh: str, en: str) -> None:
    assert (why_words(why, "zh"), why_words(why, "en")) == (zh, en)


def test_a_form_knows_what_was_chosen_in_another_language() -> None:
    assert said_before("日常巡查: x").fields == {"reason": "routine", "why": "x"}
    assert said_before("停电后复查").fields == {"reason": "other", "why": "停电后复查"}
