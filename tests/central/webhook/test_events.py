"""What others are told of a class, and when: every change of what matters once, and nobody's name."""
from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from central.classes.decisions import case_of
from central.classes.stories import tell
from central.webhook.events import AWAITED_US, Summary, again_us, event_of, kinds_of, read_summary, summary_of
from central.wiring import Centre
from evidence.canonical import canonical, sha256_hex
from tests.central.course import PEOPLE
from tests.central.test_decisions import decided
from tests.central.test_reviews import CLASS, NOW

SUMMARIES = st.builds(
    Summary, st.sampled_from(["clear", "flag", "review"]), st.sampled_from([(), ("a",), ("a", "b")]), st.booleans(),
    st.sampled_from(["none", "first", "decided", "stale"]), st.sampled_from([None, "keep", "withdraw"]), st.booleans())


@given(SUMMARIES)
def test_what_was_told_is_read_back_and_is_no_news(now: Summary) -> None:
    assert read_summary(now.text()) == now and kinds_of(now, now) == []


@given(SUMMARIES, SUMMARIES)
def test_each_kind_at_most_once_and_for_its_own_reason(before: Summary, now: Summary) -> None:
    kinds = kinds_of(before, now)
    assert len(kinds) == len({*kinds})
    assert ("closed" in kinds) == (now.over and not before.over)
    said = ("state", "answer", "final")
    assert ("decision" in kinds) == any(getattr(before, one) != getattr(now, one) for one in said)
    assert ("flag" in kinds) >= (before.verdict != now.verdict)


def test_the_life_of_a_class() -> None:
    steps = [Summary(), Summary("review", ("a",)), Summary("flag", ("a", "b", "c")), Summary("flag", ("a", "b", "d")),
             Summary("flag", ("a", "b", "d"), True), Summary("flag", ("a", "b", "d"), True, "first"),
             Summary("flag", ("a", "b", "d"), True, "decided", "withdraw"),
             Summary("flag", ("a", "b", "d"), True, "decided", "withdraw", True),
             Summary("clear", (), True, "stale"), Summary("clear", ("a",), True, "stale")]
    assert [kinds_of(*pair) for pair in itertools.pairwise(steps)] == [
        ["flag"], ["flag"], ["flag"], ["closed"], ["decision"], ["decision"], ["decision"], ["flag", "decision"], []]


def test_an_event_holds_all_that_matters_of_a_class_and_nobodys_name(played: Centre, tmp_path: Path) -> None:
    decided(played, by="wang", name="王科长")
    with played.store.read() as tx:
        case = case_of(tell(played.store, tx, CLASS, NOW))
        people = [*PEOPLE, *tx.sealed_names(CLASS), "wang", "王科长"]
    event = event_of("decision", case, "centre", NOW)
    body = json.loads(event.body)
    assert canonical(body) == event.body and body["id"] == event.id
    rest = {name: value for name, value in body.items() if name != "id"}
    assert event.id == f"evt_{sha256_hex(canonical(rest))[:32]}"
    assert [one for one in people if one in event.body.decode()] == []
    assert (body["class"], body["verdict"], body["over"], body["simulated"]) == (CLASS, "flag", True, True)
    assert body["decision"] == {"state": "first", "answer": None, "final": False}
    assert body["findings"] == case.findings and summary_of(case).recordings == tuple(body["recordings"])


def test_time_alone_changes_a_class_when_a_class_hour_is_over_or_a_notice_ends(played: Centre) -> None:
    with played.store.read() as tx:
        case = case_of(tell(played.store, tx, CLASS, NOW))
    assert again_us(case, NOW) is None, "all of it is over"
    units = sorted({unit.settled_us for unit in (*case.told.story.hours, *case.told.story.blocks)})
    assert again_us(case, units[0] - 1) == units[0] and again_us(case, units[-1]) is None
    waits = dataclasses.replace(case, standing=dataclasses.replace(case.standing, final_us=NOW + 5))
    assert again_us(waits, NOW) == NOW + 5 and again_us(waits, NOW + 5) is None


def test_a_class_whose_box_is_awaited_is_looked_at_again_before_a_record_of_it_comes(played: Centre) -> None:
    """What ends the waiting may be a record of no class: others would be told of the flag at the next one of this class
    alone, and there may be none."""
    with played.store.read() as tx:
        case = case_of(tell(played.store, tx, CLASS, NOW))
    story, last_us = case.told.story, max(one.settled_us for one in case.told.story.blocks)
    assert again_us(case, last_us) is None
    late = dataclasses.replace(story.blocks[-1], awaited=("101",))
    told = dataclasses.replace(case.told, story=dataclasses.replace(story, blocks=(*story.blocks[:-1], late)))
    waiting = dataclasses.replace(case, told=told)
    assert again_us(waiting, last_us) == last_us + AWAITED_US
    assert again_us(waiting, late.settled_us - 1) == late.settled_us
