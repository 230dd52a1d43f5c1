"""The page of a recording: what it says equals the records, a review, pointing somebody out, what is refused."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.web.case.summary import percent_words
from central.wiring import Centre
from evidence.bodies import Pointed, Review
from tests.central.case_pages import BASE, FIRST, PRACTICE, belongs, kept, school, shown, supervisor, text
from tests.central.console import give_reason, send
from tests.central.course import AWAY, PEOPLE
from tests.central.test_reviews import CLASS, story, video_of

pytestmark = pytest.mark.long

PAGE = f"{BASE}/blocks/{PRACTICE}"


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


def test_the_page_says_what_the_records_say(owned: Centre) -> None:
    page = supervisor(owned, "li").get(f"{PAGE}?lang=en")
    block = next(one for one in story(owned).blocks if one.id == PRACTICE)
    said = text(page)
    assert page.status_code == 200
    assert f"does not show {AWAY}" in said and "recorded 45 min 0 s of 45 min 0 s (100%)" in said
    assert f"{sum(one.answer == 'shown' for one in block.presences)} / {len(block.roster)}" in said
    for presence in block.presences:
        for sighting in presence.sightings:
            assert f'data-at="{sighting.shown_us}"' in page.text
    for name in PEOPLE:
        assert name in said
    assert "half-days are counted (this policy) 3 0 Flag" in said
    assert f"without who is named and not due {block.headcount_due}" in said
    assert "nobody has asked the box for it Ask the box for the contact sheet" in said
    assert sum(f"{name} · checked in" in said for name in PEOPLE) == 5
    assert kept(owned, "look.centre")[0].block == PRACTICE  # type: ignore[union-attr]


def test_a_review_stands_under_the_account_and_counts_at_once(owned: Centre) -> None:
    li = supervisor(owned, "li")
    answer = send(li, f"{PAGE}/review", answer="complete", reason="  看过录像 ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#reviews")
    (body,) = kept(owned, "review")
    assert isinstance(body, Review)
    assert (body.block, body.answer, body.reason, body.reviewer) == (PRACTICE, "complete", "看过录像", "li")
    said = text(li.get(f"{PAGE}?lang=en"))
    assert "li answers: everyone shown. Reason: 看过录像" in said
    assert "A person answered. The records alone say: not everyone shown" in said


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"answer": "complete", "reason": " "}, "1 to 500 characters"), ({"answer": "", "reason": "x"}, "choose one"),
    ({"answer": "guilty", "reason": "看过"}, "choose one"),
    ({"answer": "open", "reason": "长" * 501}, "1 to 500 characters"),
]


def test_a_review_that_is_refused_keeps_what_was_typed(owned: Centre) -> None:
    li = supervisor(owned, "li")
    for fields, said in REFUSED:
        answer = send(li, f"{PAGE}/review?lang=en", **fields)
        assert answer.status_code == 422 and said in text(answer) and 'role="alert"' in answer.text
        assert fields["reason"].strip() in text(answer)
        if fields["answer"] in ("complete", "open"):
            assert f'value="{fields["answer"]}" required checked' in answer.text
    assert kept(owned, "review") == []


def test_whoever_is_pointed_out_is_shown_and_jumps_there(owned: Centre) -> None:
    li, fact = supervisor(owned, "li"), video_of(owned, PRACTICE)
    away = next(one.person for one in next(b for b in story(owned).blocks if b.id == PRACTICE).presences
                if one.answer == "absent")
    fields = {"person": away, "segment": fact.segment.sha256, "at": "10.5", "box": "10,20,60,70"}
    answer = send(li, f"{PAGE}/point", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#people")
    (body,) = kept(owned, "pointed")
    assert isinstance(body, Pointed)
    assert (body.person, body.segment, body.box, body.by) == (away, fact.segment.sha256, (10, 20, 60, 70), "li")
    assert body.at_us == fact.segment.first_pts_us + 10_500_000
    page = li.get(f"{PAGE}?lang=en")
    assert "pointed out by li" in text(page) and "6 / 6" in text(page)
    assert f'data-at="{fact.span.start_us + 10_500_000}"' in page.text


def test_attack_a_roll_call_that_comes_after_the_page_is_not_claimed_as_seen(owned: Centre) -> None:
    """Nor is a review that somebody else made meanwhile answered without having been read."""
    li, zhao = supervisor(owned, "li"), supervisor(owned, "zhao")
    old = shown(li.get(PAGE), "mark")
    fresh = shown(zhao.get(PAGE), "mark")
    assert send(zhao, f"{PAGE}/review", answer="open", reason="看不清", mark=fresh).status_code == 303
    refused = send(li, f"{PAGE}/review?lang=en", answer="missing", reason="看过", mark=old)
    assert refused.status_code == 409 and "have come since it was shown" in text(refused) and "看过" in refused.text
    assert len(kept(owned, "review")) == 1
    assert send(li, f"{PAGE}/review", answer="missing", reason="看过", mark=shown(refused, "mark")).status_code == 303


NOBODY: list[tuple[dict[str, str], str]] = [
    ({"at": "soon"}, "soon is no number of seconds"), ({"at": "nan"}, "nan is no number"), ({"at": "1e9"}, "seconds"),
    ({"box": "1,2,3"}, "x,y,width,height"), ({"box": "0,0,9999,1"}, "x,y,width,height"),
    ({"person": "nobody"}, "nobody"), ({"segment": "0" * 64}, "0" * 64),
]


def test_what_cannot_be_pointed_out_is_one_sentence(owned: Centre) -> None:
    li, fact, person = supervisor(owned, "li"), video_of(owned, PRACTICE), story(owned).order.roster[0].person
    for change, said in NOBODY:
        fields = {"person": person, "segment": fact.segment.sha256, "at": "1", "box": "", **change}
        answer = send(li, f"{PAGE}/point?lang=en", **fields)
        assert answer.status_code == 422 and said in answer.text.split('role="alert">')[1].split("</p>")[0], change
    assert kept(owned, "pointed") == []


def test_a_class_hour_has_a_page_with_the_video_of_its_half_day(owned: Centre) -> None:
    hour = next(one for one in story(owned).hours if one.block == FIRST)
    li = supervisor(owned, "li")
    give_reason(li, CLASS, FIRST)
    page = li.get(f"{BASE}/blocks/{hour.id}?lang=en")
    assert page.status_code == 200 and "only under another reading" in text(page)
    assert f'src="{BASE}/blocks/{FIRST}/box-1/room.m3u8"' in page.text


def test_a_school_reads_the_page_and_answers_nothing(owned: Centre) -> None:
    page = school(owned).get(f"{PAGE}?lang=en")
    assert page.status_code == 200 and "Point somebody out" not in page.text
    assert '<textarea name="reason"' not in page.text
    assert supervisor(owned, "li").get(f"{BASE}/blocks/nowhere").status_code == 404
    assert send(supervisor(owned, "li"), f"{BASE}/blocks/nowhere/review", answer="open", reason="x").status_code == 404


def test_a_share_is_never_rounded_up() -> None:
    assert [percent_words(ppm) for ppm in (None, 0, 999_999, 1_000_000)] == ["—", "0.0 %", "99.9 %", "100.0 %"]
