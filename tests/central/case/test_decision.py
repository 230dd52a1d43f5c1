"""The page of decisions: two accounts, what was shown is what is decided on, who may not reads why before typing."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.classes.decisions import look_at
from central.wiring import Centre
from evidence.bodies import Decision
from tests.central.case_pages import BASE, PRACTICE, belongs, kept, school, shown, supervisor, text
from tests.central.console import give_reason, send
from tests.central.course import AWAY
from tests.central.test_reviews import CLASS, NOW

pytestmark = pytest.mark.long

PAGE, WHY = f"{BASE}/decision", "三次录像均未显示全员"


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


def decides(centre: Centre, who: str, stage: str) -> int:
    client = supervisor(centre, who)
    page = client.get(PAGE)
    basis = shown(page, "findings") if 'name="findings"' in page.text else look_at(centre.store, CLASS, NOW).basis
    return send(client, PAGE, stage=stage, answer="withdraw", reason=WHY, findings=basis).status_code


def test_two_accounts_decide_and_the_records_name_them(owned: Centre) -> None:
    case = look_at(owned.store, CLASS, NOW)
    page = supervisor(owned, "wang").get(f"{PAGE}?lang=en")
    said = text(page)
    assert case.r3 is not None
    assert f"{len(case.r3.recordings)} / 3" in said and AWAY in said and "Nobody has decided yet" in said
    for recording in case.r3.recordings:
        assert f'href="{BASE}/blocks/{recording}"' in page.text
    assert look_at(owned.store, CLASS, NOW).findings in said, "as it is now, the look at this page with it"
    assert decides(owned, "wang", "first") == 303
    page = supervisor(owned, "zhao").get(f"{PAGE}?lang=en")
    assert WHY in text(page) and 'name="stage" value="second"' in page.text
    assert decides(owned, "zhao", "second") == 303
    made = [one for one in kept(owned, "decision") if isinstance(one, Decision)]
    assert [(one.stage, one.by, one.by_name, one.answer) for one in made] == [
        ("first", "wang", "wang", "withdraw"), ("second", "zhao", "zhao", "withdraw")]
    after = look_at(owned.store, CLASS, NOW).standing
    assert after.round.state == "decided" and after.answer == "withdraw"
    said = text(supervisor(owned, "li").get(f"{PAGE}?lang=en"))
    assert "Two persons have decided the same: “" in said and "<textarea" not in said


def test_one_account_makes_not_both_decisions_and_reads_why(owned: Centre) -> None:
    assert decides(owned, "wang", "first") == 303
    page = supervisor(owned, "wang").get(f"{PAGE}?lang=en")
    assert 'name="findings"' not in page.text and "wang" in text(page).split("Decide")[-1]
    assert decides(owned, "wang", "second") == 422
    assert len(kept(owned, "decision")) == 1


def test_one_account_reviews_not_and_decides_second(owned: Centre) -> None:
    li = supervisor(owned, "li")
    assert send(li, f"{BASE}/blocks/{PRACTICE}/review", answer="missing", reason="看过").status_code == 303
    assert decides(owned, "wang", "first") == 303
    page = li.get(f"{PAGE}?lang=en")
    assert 'name="findings"' not in page.text and "li reviewed a recording" in text(page)
    assert decides(owned, "li", "second") == 422 and len(kept(owned, "decision")) == 1
    assert decides(owned, "zhao", "second") == 303


def test_looking_at_the_page_and_at_video_changes_nothing_that_is_decided_on(owned: Centre) -> None:
    """R5 counts the looks of supervisors: they must not make everybody's page stale."""
    wang, zhao = supervisor(owned, "wang"), supervisor(owned, "zhao")
    basis, before = shown(wang.get(PAGE), "findings"), look_at(owned.store, CLASS, NOW).findings
    give_reason(zhao, CLASS, PRACTICE)
    for path in (PAGE, f"{BASE}/blocks/{PRACTICE}/box-1/room.m3u8"):
        assert zhao.get(path).status_code == 200
    assert look_at(owned.store, CLASS, NOW).findings != before
    assert send(wang, PAGE, stage="first", answer="keep", reason="x", findings=basis).status_code == 303


def test_findings_that_changed_meanwhile_are_shown_again_with_what_was_typed(owned: Centre) -> None:
    wang = supervisor(owned, "wang")
    basis = shown(wang.get(PAGE), "findings")
    send(supervisor(owned, "li"), f"{BASE}/blocks/{PRACTICE}/review", answer="open", reason="看不清")
    answer = send(wang, f"{PAGE}?lang=en", stage="first", answer="keep", reason="想好了", findings=basis)
    assert answer.status_code == 409 and "other ones now" in text(answer) and "想好了" in answer.text
    assert shown(answer, "findings") != basis and kept(owned, "decision") == []
    again = send(wang, PAGE, stage="first", answer="keep", reason="想好了", findings=shown(answer, "findings"))
    assert again.status_code == 303


def test_nobody_seconds_a_first_decision_that_the_page_did_not_show(owned: Centre) -> None:
    """Another first decision, and what was objected and ended, leave the findings as they were."""
    assert decides(owned, "wang", "first") == 303
    zhao = supervisor(owned, "zhao")
    page = zhao.get(PAGE)
    old = {name: shown(page, name) for name in ("stage", "findings", "said")}
    for who, stage, answer in (("li", "second", "keep"), ("chen", "first", "withdraw")):
        other = supervisor(owned, who)
        fields = {name: shown(other.get(PAGE), name) for name in ("findings", "said")}
        assert send(other, PAGE, stage=stage, answer=answer, reason="另一理由", **fields).status_code == 303
    refused = send(zhao, f"{PAGE}?lang=en", answer="withdraw", reason="同意王", **old)
    assert refused.status_code == 409 and "read that first" in text(refused) and "同意王" in refused.text
    assert shown(refused, "findings") == old["findings"] and "另一理由" in text(refused)
    assert len(kept(owned, "decision")) == 3
    fresh = {name: shown(refused, name) for name in old}
    assert send(zhao, PAGE, answer="withdraw", reason="同意陈", **fresh).status_code == 303
    assert send(zhao, PAGE, answer="withdraw", reason="x", **{**fresh, "said": "one"}).status_code == 409


def test_what_is_short_of_the_limit_cannot_be_withdrawn_and_says_so_at_the_answer(owned: Centre) -> None:
    send(supervisor(owned, "li"), f"{BASE}/blocks/{PRACTICE}/review", answer="open", reason="看不清")
    page = supervisor(owned, "wang").get(f"{PAGE}?lang=en")
    assert 'value="withdraw" required disabled' in page.text and "the consequence needs 3" in text(page)
    assert 'value="keep" required disabled' not in page.text
    assert decides(owned, "wang", "first") == 422


HALF: list[dict[str, str]] = [
    {"answer": "withdraw", "reason": ""}, {"answer": "", "reason": "x"}, {"answer": "perhaps", "reason": "x"},
    {"stage": "third", "answer": "keep", "reason": "x"}, {"findings": "", "answer": "keep", "reason": "x"},
]


def test_half_a_decision_is_none(owned: Centre) -> None:
    wang = supervisor(owned, "wang")
    basis = shown(wang.get(PAGE), "findings")
    for fields in HALF:
        answer = send(wang, PAGE, **{"stage": "first", "findings": basis, **fields})
        assert answer.status_code == (409 if fields.get("findings") == "" else 422)
        assert 'role="alert"' in answer.text and kept(owned, "decision") == []


def test_a_school_reads_what_is_decided_and_decides_nothing(owned: Centre) -> None:
    page = school(owned).get(f"{PAGE}?lang=en")
    assert page.status_code == 200 and "Supervisors decide" in text(page) and 'name="findings"' not in page.text
    assert send(school(owned), PAGE, stage="first", answer="keep", reason="x").status_code == 403
