"""Decisions at the centre: what is refused in words, what is sealed, who decided between look and word; the commands,
the page, and what zaitang-verify makes anew of an export."""
from __future__ import annotations

import dataclasses
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from central.classes import reviews
from central.classes.decision_errors import (
    ClassNotOver,
    DecidedAlready,
    DecidedForGood,
    FindingsChanged,
    FirstRuns,
    FreshAccount,
    HasReviewed,
    NoFirst,
    NoGround,
    NothingToDecide,
    ObjectionOpen,
    OneHand,
    SamePerson,
    StillComing,
    TheseChanged,
)
from central.classes.decisions import Case, Made, decide, look_at, turn
from central.classes.errors import BadBy
from central.classes.objections import handle_objection, raise_objection
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.reviews import state_review
from central.cli import main
from central.errors import BadReason, NotDecided, UnknownClass
from central.export import export_class
from central.store.store import keep_all
from central.wiring import Centre
from evidence import decisions as decision_rules
from evidence import standing as standing_rules
from evidence.bodies import Alarm, Decision, body_of
from evidence.policy import Policy
from evidence.rules import RULES_VERSION
from evidence.seal import seal_record
from evidence.shape import encode
from evidence.standing import findings_hash
from evidence.times import HOUR
from tests.central.case_pages import SCHOOL, belongs
from tests.central.console import send, signed_in
from tests.central.course import PEOPLE, PLAN
from tests.central.helpers import write_plan
from tests.central.test_reviews import CLASS, FIRST, NOW, PRACTICE
from verify.cli import main as verify_main


def decided(
    centre: Centre, stage: str = "first", answer: str = "withdraw", by: str = "wang", shown: str | None = None,
    class_id: str = CLASS, reason: str = "三次录像均未显示全员", name: str = "王科长", now_us: int = NOW,
) -> Made:
    shown = look(centre).findings if shown is None else shown
    return decide(centre.store, class_id, stage, answer, reason, by, name, shown, now_us)  # type: ignore[arg-type]


def look(centre: Centre) -> Case:
    return look_at(centre.store, CLASS, NOW)


def kept(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [body_of(one.record) for one in tx.of_type("decision")]


def test_two_persons_decide_on_what_was_shown_and_the_record_says_on_what(played: Centre) -> None:
    """One trainee is away in three practices: a flag."""
    case = look(played)
    assert case.r3 and case.r3.verdict == "flag" and case.over and case.standing.round.state == "none"
    assert case.findings == findings_hash(case.told.findings)
    first = decided(played)
    assert first.after.round.state == "first"
    with played.store.read() as tx:
        (sealed,) = tx.of_type("decision")
        heads = {(one.device, one.chain): (one.up_to, one.head_hash) for one in tx.heads("box-1")}
        receipts = {chain: tx.receipts(*chain) for chain in heads}
    body = body_of(sealed.record)
    assert body == first.body and isinstance(body, Decision)
    assert (body.stage, body.answer, body.by, body.by_name, body.rules) == (
        "first", "withdraw", "wang", "王科长", RULES_VERSION)
    assert (body.findings, body.verdict, body.recordings) == (case.findings, "flag", case.r3.recordings)
    chains = {(one.device, one.chain): one for one in body.chains}
    own = chains.pop((played.store.device, played.store.chain))
    assert own.up_to == sealed.record.seq - 1, "it rests on what stood before it"
    assert {chain: (one.up_to, one.head_hash) for chain, one in chains.items()} == heads
    assert {chain: one.receipted for chain, one in chains.items()} == {
        chain: told[-1][0] for chain, told in receipts.items()}
    second = decided(played, "second", by="zhao")
    assert second.body.first == sealed.hash and second.after.round.state == "decided"
    assert second.after.answer == "withdraw" and second.after.final, "the demo has no public notice"
    assert look(played).findings == case.findings, "a decision changes no finding"


REFUSED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"class_id": "no"}, UnknownClass), ({"reason": " "}, BadReason), ({"reason": "长" * 501}, BadReason),
    ({"by": ""}, BadBy), ({"name": "a\u202eb"}, BadBy), ({"shown": "0" * 64}, FindingsChanged),
    ({"stage": "second"}, NoFirst),
]


def test_a_decision_that_says_too_little_or_comes_too_early_is_refused(played: Centre) -> None:
    for change, error in REFUSED:
        with pytest.raises(error):
            decided(played, **change)
    assert kept(played) == []


def test_the_second_is_somebody_else_who_reviewed_nothing_and_nobody_decides_twice(played: Centre) -> None:
    state_review(played.store, CLASS, FIRST, "complete", "看过", "赵 主任", NOW)
    decided(played)
    for change, error in (({"by": "Wang "}, SamePerson), ({"by": "u-3", "name": "赵 主任"}, HasReviewed),
                          ({"by": "赵  主任"}, HasReviewed), ({"stage": "first", "by": "li"}, FirstRuns)):
        with pytest.raises(error):
            decided(played, **{"stage": "second", "by": "zhao", "name": "钱"} | change)
    assert len(kept(played)) == 1
    decided(played, "second", by="zhao", name="钱")
    for stage in ("first", "second"):
        with pytest.raises(DecidedAlready):
            decided(played, stage, by="li")
    assert len(kept(played)) == 2


def test_while_an_objection_is_open_the_second_waits(played: Centre) -> None:
    decided(played)
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    with pytest.raises(ObjectionOpen, match="o-1"):
        decided(played, "second", by="zhao")
    handle_objection(played.store, CLASS, "o-1", "rejected", "名册无误", "li")
    assert decided(played, "second", by="zhao").after.final


def test_what_is_undecided_convicts_nobody_and_what_is_clear_is_not_decided(played: Centre) -> None:
    state_review(played.store, CLASS, PRACTICE, "open", "看不清", "王", NOW)
    assert (r3 := look(played).r3) and r3.verdict == "review"
    with pytest.raises(NoGround, match="2 recordings do not show everyone, and the consequence needs 3"):
        decided(played)
    first = decided(played, answer="keep")
    assert first.after.round.state == "first"
    state_review(played.store, CLASS, PRACTICE, "complete", "看清了", "王", NOW)
    told = look(played).standing.round
    assert (told.state, told.changed) == ("stale", ("verdict",))
    with pytest.raises(NothingToDecide):
        decided(played, "second", "keep", by="zhao")


def test_findings_that_change_make_it_stale_and_a_new_first_begins(played: Centre) -> None:
    decided(played, answer="keep")
    decided(played, "second", "keep", by="zhao")
    shown = look(played).findings
    state_review(played.store, CLASS, PRACTICE, "open", "看不清", "王", NOW)
    told = look(played).standing
    assert (told.round.state, told.answer) == ("stale", None)
    with pytest.raises(FindingsChanged):
        decided(played, "second", "keep", by="li", shown=shown)
    with pytest.raises(NoFirst):
        decided(played, "second", "keep", by="li")
    assert decided(played, answer="keep", by="li").after.round.state == "first"


def test_before_the_class_is_over_nobody_decides(played: Centre, tmp_path: Path) -> None:
    more = PLAN.replace("hours = [", "hours = [\n  { kind = \"practical\", start = 2026-03-09T08:30:00, "
                        "end = 2026-03-09T09:15:00 },")
    people = "people = [" + ", ".join(f'{{ name = "{name}" }}' for name in PEOPLE) + "]"
    plan, names = write_plan(tmp_path, more, people)
    add_class(played.store, played.names, read_plan(plan), read_names(names), plan)
    case = look(played)
    assert case.r3 and case.r3.verdict == "flag" and not case.over
    with pytest.raises(ClassNotOver):
        decided(played)
    assert kept(played) == []


def test_of_two_who_decide_at_once_one_is_told_to_look_again(played: Centre) -> None:
    """Telling a class takes a while: both saw that nobody had decided."""
    shown, both, ends = look(played).findings, threading.Barrier(2), []
    store = played.store

    class Waiting:
        """The store; whoever writes waits until both have looked."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def write(self) -> Any:
            both.wait(60)
            return store.write()

    def run(by: str) -> None:
        try:
            ends.append(decide(Waiting(), CLASS, "first", "keep", "x", by, by, shown, NOW))  # type: ignore[arg-type]
        except NotDecided as error:
            ends.append(error)

    people = [threading.Thread(target=run, args=(by,)) for by in ("wang", "zhao")]
    for one in people:
        one.start()
    for one in people:
        one.join(100)
    assert sorted(type(one).__name__ for one in ends) == ["Made", "SaidMore"]
    assert len(kept(played)) == 1


class Between:
    """The store; before somebody writes, something else comes."""

    def __init__(self, centre: Centre, comes: Callable[[], object], times: int = 1) -> None:
        self._store, self._comes, self._left = centre.store, comes, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self) -> Any:
        if self._left:
            self._left -= 1
            self._comes()
        return self._store.write()


def alarm(centre: Centre, code: str = "camera.silent") -> None:
    """A record of the class's box that changes no finding of it."""
    with centre.store.read() as tx:
        head = tx.heads("box-1")[-1]
        last = tx.record(head.device, head.chain, head.up_to)
    assert last is not None
    body = Alarm(code, {"camera": "none"})
    record = dataclasses.replace(last.record, type="alarm", body=encode(body), seq=last.record.seq + 1, prev=last.hash)
    with centre.store.write() as tx:
        keep_all(tx, [seal_record(record, centre.keys.signer)])
        tx.advance(head.device, head.chain)


def test_attack_records_that_come_between_look_and_word_are_looked_at(played: Centre) -> None:
    """Telling a class takes seconds. What changes a finding meanwhile is told, what changes none is taken along."""
    shown = look(played)
    other = Between(played, lambda: state_review(played.store, CLASS, PRACTICE, "open", "看不清", "王", NOW))
    with pytest.raises(TheseChanged, match="on R3, R4 have become other ones"):
        decide(other, CLASS, "first", "keep", "x", "wang", "wang", shown.basis, NOW,  # type: ignore[arg-type]
               shown.said, shown.marks)
    assert kept(played) == []
    case, quiet = look(played), Between(played, lambda: alarm(played))
    made = decide(quiet, CLASS, "first", "keep", "x", "wang", "wang", case.basis, NOW,  # type: ignore[arg-type]
                  case.said, case.marks)
    with played.store.read() as tx:
        head = tx.heads("box-1")[-1]
    assert next(one.up_to for one in made.body.chains if one.chain == head.chain) == head.up_to, "it rests on that, too"
    with pytest.raises(StillComing):
        decide(Between(played, lambda: alarm(played), 9), CLASS, "second", "keep", "x",  # type: ignore[arg-type]
               "zhao", "zhao", look(played).basis, NOW)
    assert len(kept(played)) == 1


@pytest.fixture
def run(played: Centre, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    def say(lang: str, *args: str) -> tuple[int, list[str]]:
        rc = main(["--lang", lang, *args, "--centre", str(played.folder)])
        told = capsys.readouterr()
        return rc, (told.out + told.err).splitlines()
    return say


def test_the_commands_say_what_there_is_to_decide_and_what_was_decided(
    played: Centre, run: Callable[..., tuple[int, list[str]]]
) -> None:
    for name in ("wang", "zhao"):
        played.account_desk().add(name, "supervisor", "410000", None)
    rc, lines = run("en", "decide", CLASS)
    assert rc == 0 and lines[0].startswith("R3 says: flag") and lines[-1] == "Nobody has decided yet."
    shown = next(line for line in lines if line.startswith("Findings: ")).removeprefix("Findings: ")
    first = ("decide", CLASS, "--stage", "first", "--answer", "withdraw", "--reason", "looked", "--by", "wang")
    assert run("en", *first, "--findings", "0" * 64)[0] == 2
    assert run("en", *first, "--findings", shown) == (
        0, ["It is on record. First decision, by wang.", "One person has decided; a second one is needed."])
    assert run("en", "decide", CLASS, "--stage", "second") == (
        2, ["whoever decides says everything: --answer, --reason, --by"])
    rc, lines = run("zh", "decide", CLASS)
    said = "wang 初审：执行条款规定的后果：取消补贴资格或不予认可。理由：looked"
    assert rc == 0 and any(said in line for line in lines)
    assert lines[-1] == "已有一人初审，还需另一人复核。"
    second = ("decide", CLASS, "--stage", "second", "--answer", "withdraw", "--reason", "一致", "--by")
    assert run("zh", *second, "wang") == (2, ["初审由 wang 作出：复核须由另一人作出"])
    assert run("zh", *second, "zhao") == (0, [
        "已记录。zhao 的复核。", "两人决定一致：“执行条款规定的后果：取消补贴资格或不予认可”。", "决定已生效。"])


def test_attack_no_command_decides_for_who_may_not_decide(
    played: Centre, run: Callable[..., tuple[int, list[str]]]
) -> None:
    desk = played.account_desk()
    desk.add("admin", "administrator", None, None)
    desk.add("gone", "supervisor", "410000", None)
    desk.disable("gone", None)
    desk.add("far", "supervisor", "420100", None)
    said = ("decide", CLASS, "--stage", "first", "--answer", "keep", "--reason", "x", "--by")
    for name in ("nobody", "admin", "gone", "far"):
        rc, lines = run("en", *said, name)
        assert rc == 2 and lines[0].startswith(f"{name} is no account of a supervisor")
    assert kept(played) == []


def test_attack_two_accounts_of_one_hand_are_not_two_persons(played: Centre) -> None:
    desk = played.account_desk()
    desk.add("wang", "administrator", None, None, "a long password")
    desk.add("other", "administrator", None, None, "a long password")
    desk.add("li", "supervisor", "410000", "wang")
    desk.change("wang", "supervisor", "410000", "other")
    decided(played, by="wang")
    with pytest.raises(OneHand, match="wang"):
        decided(played, "second", by="li")
    page = signed_in(played, name="li").get(f"/classes/{CLASS}/decision?lang=en").text
    assert "could be one person" in page and 'name="findings"' not in page
    decided(played, "second", by="zhao")
    assert look(played).standing.answer == "withdraw"


def test_attack_a_centre_that_takes_both_decisions_of_one_hand_is_told_by_its_own_export(
    played: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its program was changed, and asked nobody: the records of its accounts are in the same chain."""
    played.account_desk().add("li", "supervisor", "410000", "wang")
    first = decided(played, by="wang")
    assert first.after.round.first is not None
    with played.store.write() as tx:
        played.store.append(tx, dataclasses.replace(
            first.body, stage="second", by="li", by_name="李", first=first.after.round.first.hash))
    here = look(played).told.story
    assert [(one.void, one.opened_by) for one in here.decisions] == [(None, ()), ("one_hand", ("wang",))]
    told = verified(export_class(played, CLASS, tmp_path / "out").folder, tmp_path / "a.json")
    assert (told["state"], told["answer"]) == ("first", None)
    assert [(one["void"], one["opened_by"]) for one in told["decisions"]] == [(None, []), ("one_hand", ["wang"])]
    said = capsys.readouterr().out
    assert "The account had been made or opened by wang." in said and "one was made or opened by the other" in said


def test_attack_an_account_of_a_moment_ago_decides_nothing(played: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Policy, "account_us", 24 * HOUR)
    now_us = played.clock.stamp().utc_us
    played.account_desk().add("li", "supervisor", "410000", "admin")
    with pytest.raises(FreshAccount, match="24 hours"):
        decided(played, by="li", now_us=now_us)
    page = signed_in(played, name="li").get(f"/classes/{CLASS}/decision?lang=zh").text
    assert "24 小时之内" in page and 'name="findings"' not in page and kept(played) == []
    assert decided(played, by="li", now_us=now_us + 25 * HOUR).body.by == "li"


def test_what_is_final_is_reopened_on_its_page_by_two(played: Centre) -> None:
    wang, zhao = (signed_in(played, "supervisor", "410000", name) for name in ("wang", "zhao"))
    decided(played)
    decided(played, "second", by="zhao")
    path = f"/classes/{CLASS}/decision"

    def says(client: TestClient, answer: str) -> int:
        case = look(played)
        said = {"stage": turn(case)[0], "answer": answer, "reason": "新的证据", "findings": case.basis}
        return send(client, path, **said).status_code

    page = wang.get(f"{path}?lang=en").text
    assert 'value="reopen"' in page and 'value="keep"' not in page
    assert says(wang, "reopen") == 303
    page = zhao.get(f"{path}?lang=zh").text
    assert "wang 提出重新处理，尚待另一人答复" in page and 'value="stand"' in page
    assert says(wang, "reopen") == 422 and look(played).standing.answer == "withdraw"
    assert says(zhao, "reopen") == 303
    told = look(played).standing
    assert (told.round.state, told.round.changed) == ("stale", ("reopened",))
    assert "两人决定重新处理" in zhao.get(f"{path}?lang=zh").text and "原决定重新有效" not in zhao.get(path).text
    assert decided(played, answer="keep").after.round.state == "first"


def test_attack_nobody_alone_changes_what_a_final_decision_rests_on(
    played: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class of these tests has a simulated clock, of which no notice ends: here it has."""
    decided(played)
    decided(played, "second", by="zhao")
    final = look(played).standing
    assert final.final
    state_review(played.store, CLASS, PRACTICE, "missing", "看过", "王", NOW)
    monkeypatch.setattr(reviews, "standing", lambda *_: final)
    monkeypatch.setattr(Policy, "notice_us", 7 * 24 * HOUR)
    with pytest.raises(DecidedForGood):
        state_review(played.store, CLASS, PRACTICE, "complete", "看过", "王", NOW)


def test_a_late_objection_is_shown_as_late(played: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(played)
    decided(played, "second", by="zhao")
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    assert look(played).standing.final_us is None
    monkeypatch.setattr(standing_rules, "is_late", lambda *_: True)
    monkeypatch.setattr(decision_rules, "is_late", lambda *_: True)
    client = signed_in(played, "supervisor", "410000")
    for path in ("", "/decision", "/objections"):
        assert "逾期：在公示期结束后提出" in client.get(f"/classes/{CLASS}{path}?lang=zh").text
        assert "Late: it came after the public notice" in client.get(f"/classes/{CLASS}{path}?lang=en").text
    assert look(played).standing.final


def test_the_head_of_the_class_says_what_was_decided(played: Centre) -> None:
    client = signed_in(played, "supervisor", "410000")

    def head(lang: str) -> str:
        page = client.get(f"/classes/{CLASS}?lang={lang}").text
        return page[page.index("<aside") : page.index("</aside>")]

    undecided = "A flag proposes the consequence of the clause. Two people decide."
    assert undecided in head("en")
    decided(played)
    assert "已有一人初审，还需另一人复核。" in head("zh")
    decided(played, "second", by="zhao")
    assert "“执行条款规定的后果：取消补贴资格或不予认可”" in head("zh") and "起生效。" in head("zh")
    assert "the subsidy is withdrawn" in head("en") and "It is final since" in head("en")
    assert undecided not in head("en") and "须由两人作出决定" not in head("zh")
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    assert "It is not final while an objection is open." in head("en")


def test_pages_speak_of_a_public_notice_only_where_the_policy_has_one(
    played: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(played)
    decided(played, "second", by="zhao")
    client = signed_in(played, "supervisor", "410000")
    without, late = "The policy has no public notice", "One that comes after the public notice is late"
    for path in ("", "/decision", "/objections"):
        page = client.get(f"/classes/{CLASS}{path}?lang=en").text
        assert without in page and late not in page
        assert "本政策不设公示期" in client.get(f"/classes/{CLASS}{path}?lang=zh").text
    monkeypatch.setattr(Policy, "notice_us", 7 * 24 * HOUR)
    page = client.get(f"/classes/{CLASS}/objections?lang=en").text
    assert late in page and without not in page
    assert without not in client.get(f"/classes/{CLASS}/decision?lang=en").text


def test_the_commands_take_objections_and_their_answers(
    played: Centre, run: Callable[..., tuple[int, list[str]]], tmp_path: Path,
) -> None:
    belongs(played, tmp_path)
    played.account_desk().add("school-1", "institution", SCHOOL, None)
    played.account_desk().add("li", "supervisor", "411200", None)
    rc, lines = run("en", "objection", "raise", CLASS, "--from", "trainee", "--person", "赵敏", "--text", "我在场",
                    "--by", "school-1")
    assert (rc, lines) == (0, [f"Objection o-1 to the findings of class {CLASS} is on record; its boxes remove none of"
                               " its video."])
    assert run("en", "dispute", CLASS, "close", "--reason", "x") == (
        2, ["dispute d-1 belongs to objection o-1, which is open: answer that, and it ends with it"])
    assert any("Open objection o-1 of a trainee: 我在场" in line for line in run("en", "decide", CLASS)[1])
    said = ("objection", "answer", CLASS, "o-1", "--text", "录像中没有本人", "--by", "li", "--as")
    assert run("zh", *said, "answered") == (0, [f"班次 {CLASS} 的异议 o-1 现为：已答复，尚未办结"])
    assert run("zh", *said, "rejected") == (0, [f"班次 {CLASS} 的异议 o-1 现为：不成立"])
    assert run("zh", *said, "upheld")[0] == 2
    again = ("objection", "raise", CLASS, "--from", "school", "--text", "名册有误", "--by", "school-1")
    assert run("zh", *again)[0] == 0
    back = ("objection", "answer", CLASS, "o-2", "--text", "已核对", "--as", "withdrawn", "--by", "school-1")
    assert run("zh", *back) == (
        0, [f"班次 {CLASS} 的异议 o-2 现为：已撤回"])
    rc, lines = run("zh", "objection", "list", CLASS)
    person = next(one.person for one in look(played).told.story.objections)
    assert rc == 0 and lines[1].split() == ["o-1", "学员", person, "我在场", "不成立", "录像中没有本人", "li"]


def test_the_page_of_the_class_tells_who_decided_and_whether_that_still_holds(played: Centre) -> None:
    client = signed_in(played)
    page = client.get(f"/classes/{CLASS}?lang=zh").text
    assert "尚无人作出决定。" in page and "没有异议。" in page
    decided(played)
    assert "依据的正是本页的判定结果" in client.get(f"/classes/{CLASS}?lang=zh").text
    decided(played, "second", by="zhao", name="赵主任")
    raise_objection(played.store, CLASS, "school", None, "<b>名册</b>有误", "school-1")
    page = client.get(f"/classes/{CLASS}", headers={"accept-language": "zh"}).text
    for text in ("决定与异议", "王科长（wang） 初审", "赵主任（zhao） 复核", "&lt;b&gt;名册&lt;/b&gt;有误",
                 "有异议尚未办结，决定未生效", "全部判定结果的哈希不同"):
        assert text in page
    handle_objection(played.store, CLASS, "o-1", "answered", "请补充证明", "wu")
    handle_objection(played.store, CLASS, "o-1", "upheld", "名册确有误", "li")
    state_review(played.store, CLASS, PRACTICE, "complete", "看过", "王", NOW)
    page = client.get(f"/classes/{CLASS}?lang=en").text
    assert "on another verdict, other recordings or another policy than those of this page" in page
    assert "What was decided on is not so any more (an objection was upheld)" in page
    (steps,) = re.findall(r'<ol class="steps">(.*?)</ol>', page, re.S)
    told = [steps.index(word) for word in (
        "school-1", "objects", "&lt;b&gt;名册&lt;/b&gt;有误", "wu", "answers, and it stays open", "请补充证明", "li ",
        "upholds it", "名册确有误")]
    assert told == sorted(told), "the whole course of the objection, each with who said it"


def test_the_page_of_a_decision_that_fell_does_not_contradict_itself(played: Centre) -> None:
    """It falls where nothing is left to decide, and holds again when the findings are those again."""
    client, path = signed_in(played, "supervisor", "410000"), f"/classes/{CLASS}/decision"
    decided(played)
    decided(played, "second", by="zhao")
    assert look(played).standing.answer == "withdraw"
    state_review(played.store, CLASS, PRACTICE, "complete", "看过", "王", NOW)
    assert look(played).standing.round.state == "stale"
    page = client.get(f"{path}?lang=zh").text
    assert "原决定不再有效；有预警或须核查的，重新初审。" in page and "须重新初审" not in page
    assert "原决定重新有效" in page and "没有需要决定的事项" in page
    assert "what was decided holds again" in client.get(f"{path}?lang=en").text
    state_review(played.store, CLASS, PRACTICE, "missing", "又看", "王", NOW)
    assert look(played).standing.answer == "withdraw"
    assert "原决定重新有效" not in client.get(f"{path}?lang=zh").text


def test_an_upheld_objection_is_not_undone_by_findings(played: Centre) -> None:
    decided(played)
    decided(played, "second", by="zhao")
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    handle_objection(played.store, CLASS, "o-1", "upheld", "名册确有误", "li")
    page = signed_in(played).get(f"/classes/{CLASS}/decision?lang=zh").text
    assert "原决定不再有效" in page and "原决定重新有效" not in page


def test_who_reviews_after_two_have_decided_is_told_that_it_may_fall(played: Centre) -> None:
    client = signed_in(played, "supervisor", "410000")
    says = {"zh": "届时原决定不再有效", "en": "then their decision does not hold any more"}

    def told(lang: str) -> int:
        return client.get(f"/classes/{CLASS}/blocks/{PRACTICE}?lang={lang}").text.count(says[lang])

    decided(played)
    assert told("zh") == 0
    decided(played, "second", by="zhao")
    assert (told("zh"), told("en")) == (2, 2), "beside the review, and beside the pointing"


def verified(folder: Path, out: Path, *more: str) -> dict[str, Any]:
    assert verify_main([str(folder), "--lang", "en", "--json", str(out), *more]) == 0
    (one,) = json.loads(out.read_text("utf-8"))["decided"]
    return dict(one)


def test_zaitang_verify_makes_the_findings_anew_on_which_was_decided(
    played: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(played)
    raise_objection(played.store, CLASS, "school", None, "名册有误", "school-1")
    handle_objection(played.store, CLASS, "o-1", "rejected", "名册无误", "li")
    decided(played, "second", by="zhao")
    with played.store.write() as tx:
        played.store.append(tx, dataclasses.replace(decided_body(played), findings="0" * 64, by="eve"))
        played.store.append(tx, dataclasses.replace(decided_body(played), rules=RULES_VERSION + 1))
        gone = dataclasses.replace(decided_body(played).chains[0], chain="0" * 32)
        played.store.append(tx, dataclasses.replace(decided_body(played), chains=(gone,)))
        wrong = dataclasses.replace(decided_body(played).chains[0], head_hash="0" * 64)
        played.store.append(tx, dataclasses.replace(decided_body(played), chains=(wrong,)))
    folder = export_class(played, CLASS, tmp_path / "out").folder
    told = verified(folder, tmp_path / "a.json")
    assert (told["state"], told["answer"], told["final"]) == ("decided", "withdraw", True)
    assert [(one["stage"], one["recomputed"], one["void"]) for one in told["decisions"]] == [
        ("first", "same", None), ("second", "same", None), ("first", "other", "running"),
        ("first", "rules", "running"), ("first", "records", "running"), ("first", "other", "running")]
    assert [(one["objection"], one["from"], one["state"]) for one in told["objections"]] == [
        ("o-1", "school", "rejected")]
    assert [(step["state"], step["by"], step["text"]) for step in told["objections"][0]["steps"]] == [
        ("raised", "school-1", "名册有误"), ("rejected", "li", "名册无误")]
    said = capsys.readouterr().out
    assert said.count("Made anew from the records of then, the findings are the ones that were decided on.") == 2
    assert "THE FINDINGS THAT WERE DECIDED ON ARE NOT THOSE" in said and "li rejects it: 名册无误" in said
    state_review(played.store, CLASS, PRACTICE, "open", "看不清", "王", NOW)
    later = export_class(played, CLASS, tmp_path / "later").folder
    told = verified(later, tmp_path / "b.json")
    assert (told["state"], told["changed"], told["answer"]) == ("stale", ["verdict", "recordings"], None)
    assert [one["recomputed"] for one in told["decisions"]][:2] == ["same", "same"], "what they decided on, of then"


def decided_body(centre: Centre) -> Decision:
    found = kept(centre)[0]
    assert isinstance(found, Decision)
    return found
