"""Who was not seen and why: a word for each, advice for the most of them, in both languages."""
from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import translate
from edge.terminal.seen import (
    ADVICE,
    REASONS,
    REFUSED,
    UNCERTAIN,
    Reason,
    Seen,
    Unseen,
    late_notice,
    seen_in,
    unseen,
)
from edge.vision.admit import Refusal
from evidence.rollcall import Why
from tests.evidence.course import REAL, UNSET, Course, at

WHYS = st.sampled_from(sorted(REASONS))
MISSING = st.lists(st.builds(Unseen, st.sampled_from([f"p-{n}" for n in range(40)]), WHYS, st.booleans()), min_size=1)


def told(missing: list[Unseen], running: bool = True, lang: str = "en") -> dict[str, typing.Any]:
    return unseen(Seen("some", 40, tuple(missing)), running, None, {"p-1": "王秀英"}, lang)


def test_every_why_has_a_word_and_advice_in_both_languages() -> None:
    wanted = {*typing.get_args(Why), "never"}
    assert set(REASONS) == set(ADVICE) == wanted
    for text in (*REASONS.values(), *ADVICE.values()):
        assert translate(text, "zh") != text == translate(text, "en")
    assert all(len(translate(text, "zh")) <= 5 and len(text) <= 14 for text in REASONS.values()), "beside a name"
    assert all(len(text) <= 52 for text in ADVICE.values()), "one line of a small screen"


@given(MISSING)
def test_each_name_has_its_word_and_the_advice_is_about_most_of_those_who_signed_in(missing: list[Unseen]) -> None:
    shown = told(missing)
    assert len(shown["names"]) == len(shown["why"]) == len(missing)
    assert shown["why"] == [REASONS[one.why] for one in missing]
    here = [one.why for one in missing if one.came] or [one.why for one in missing]
    best: list[Reason] = [why for why in here if ADVICE[why] == shown["text"]]
    assert shown["advice"] and best and all(len(best) >= here.count(why) for why in here)
    after = told(missing, running=False)
    assert not after["advice"] and after["text"] not in ADVICE.values(), "there is nothing to do about it any more"


@given(MISSING, st.booleans(), st.booleans())
def test_the_notice_counts_who_signed_in_while_it_can_be_changed(
    missing: list[Unseen], late: bool, running: bool,
) -> None:
    count = sum(one.came for one in missing)
    found = late_notice(Seen("some", 40, tuple(missing), late=late), running, "en")
    assert bool(found) == (late and running and count > 0)
    assert all(f" {count} were not seen" in one["text"] for one in found)


@pytest.mark.parametrize("seen", [None, Seen("waiting"), Seen("all", 3, late=True)])
def test_nobody_is_told_of_where_nobody_is_known_to_be_unseen(seen: Seen | None) -> None:
    assert late_notice(seen, True, "en") == []
    shown = unseen(seen, True, None, {}, "en")
    assert (shown["names"], shown["why"], shown["advice"]) == ([], [], False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_of_video_of_an_uncertain_time_nobody_is_told_as_not_seen(lang: str) -> None:
    """The verdict, the sheet and the console judge nobody by it."""
    for clock, state, names in ((UNSET, "uncertain", []), (REAL, "some", ["t-4"])):
        made = Course(clock=clock)
        made.half_day("2026-03-02")
        made.order()
        made.film("2026-03-02 07:58", "09:42", ("t-1", "t-2", "t-3"))
        story = made.story()
        seen = seen_in(story, story.blocks[0], at("2026-03-02 09:00"))
        assert seen is not None and seen.state == state
        for running in (True, False):
            shown = unseen(seen, running, None, {}, lang)
            assert shown["names"] == names and (translate(UNCERTAIN, lang) in shown["text"]) == (state == "uncertain")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_roll_call_is_made_the_page_says_so_and_what_to_do_before_all_else(lang: str) -> None:
    assert set(REFUSED) == set(typing.get_args(Refusal))
    assert all(len(text) <= 52 and translate(text, "zh") != text for text in REFUSED.values()), "one line"
    some = Seen("some", 3, (Unseen("p-1", "small", True),), called=False)
    for why, sentence in REFUSED.items():
        for seen in (None, Seen("waiting"), some):
            for running in (True, False):
                said = unseen(seen, running, None, {}, lang, refused=why)
                assert translate(sentence, lang) in said["text"] and said["advice"] is running
    assert unseen(some, True, None, {}, lang, refused=None)["text"] == translate(ADVICE["small"], lang)
