"""What a centre states of the chains of its boxes becomes a finding that costs nobody anything."""
from __future__ import annotations

import pytest

from evidence.fold import fold
from evidence.receipts import Receipt, by_chain
from evidence.rules import Finding, findings
from evidence.times import utc_text
from tests.evidence.course import Course, at, codes, sha

DAY, AS_OF = "2026-03-02", at("2026-04-01 00:00")


def course() -> Course:
    made = Course()
    made.half_day(DAY, "am", "theory")
    made.order()
    made.film(f"{DAY} 07:58", "09:42")
    return made


def state(made: Course, code: str, when: str, device: str = "box-1", **params: object) -> None:
    made.centre.add("alarm", {"code": code, "params": {"device": device, **params}}, at(when))


def judged(made: Course, *receipted: str) -> dict[str, Finding]:
    last = made.boxes["box-1"].records[-1]
    given = [Receipt(1, "centre", last.device, last.chain, last.seq, sha("head"), 0, utc_text(at(when)))
             for when in receipted]
    story = fold(made.records, "c-1", made.policy, receipts=by_chain(given))
    return {one.rule: one for one in findings(story, made.policy, AS_OF)}


@pytest.mark.parametrize("code", ["chain.cut", "chain.fork", "chain.left"])
def test_what_was_done_to_a_chain_is_a_finding_and_no_flag(code: str) -> None:
    made = course()
    assert "chains" not in judged(made)
    r1 = judged(made)["R1"]
    state(made, code, f"{DAY} 12:00")
    found = judged(made)
    assert codes(found["chains"]) == [code.replace(".", "_")] and found["R1"] == r1
    assert (found["chains"].result, found["chains"].flag) == ("warning", False)
    assert found["chains"].reasons[0].params == {"count": 1, "boxes": ("box-1",)}
    assert found["chains"].records == (made.centre.records[-1].key,)


@pytest.mark.parametrize(("last", "head", "healed"), [(0, "head", True), (1, "head", False), (0, "other", False)])
def test_a_chain_that_came_to_its_end_after_all_is_no_finding(last: int, head: str, healed: bool) -> None:
    """The centre had stated that it was left before: the receipt must be for that very record."""
    made = course()
    box = made.boxes["box-1"].records[-1]
    state(made, "chain.left", f"{DAY} 12:00", before=box.chain, last=box.seq + last, have=0, head_hash=sha(head))
    assert "chains" in judged(made)
    assert ("chains" not in judged(made, f"{DAY} 12:05")) is healed


def test_params_that_no_centre_writes_harm_nothing() -> None:
    made = course()
    state(made, "chain.left", f"{DAY} 12:00", before=["x"], last={"y": 1}, head_hash=None)
    assert codes(judged(made, f"{DAY} 12:05")["chains"]) == ["chain_left"]


def test_of_another_box_of_before_the_class_or_of_the_box_itself_it_says_nothing() -> None:
    made = course()
    state(made, "chain.cut", f"{DAY} 12:00", device="box-9")
    state(made, "chain.cut", "2026-01-01 12:00")
    made.boxes["box-1"].add("alarm", {"code": "chain.cut", "params": {"device": "box-1"}}, at(f"{DAY} 12:00"))
    assert "chains" not in judged(made)


@pytest.mark.parametrize(("since", "heard", "told"), [
    (f"{DAY} 08:10", (f"{DAY} 08:30",), True), ("2026-03-01 18:05", (f"{DAY} 09:00",), True),
    ("2026-03-01 18:05", (), True), ("2026-03-01 18:05", (f"{DAY} 07:40",), False),
    (f"{DAY} 18:00", (), False), (f"{DAY} 09:39", (), False),
])
def test_a_silence_is_told_if_it_reaches_into_a_class_hour(since: str, heard: tuple[str, ...], told: bool) -> None:
    made = course()
    state(made, "box.silent", utc(since, 11), since=utc_text(at(since)))
    found = judged(made, *heard)
    assert ("chains" in found) is told
    if told:
        assert codes(found["chains"]) == ["box_silent"] and found["chains"].reasons[0].params["since"] == (
            f"{since}:00",)


@pytest.mark.parametrize("params", [{"device": []}, {"device": "box-1", "since": 5}, {"device": None}, {"since": "x"},
                                    {"device": "box-1", "since": "x"}])
def test_an_alarm_of_another_shape_breaks_nothing(params: dict[str, object]) -> None:
    made = course()
    made.centre.add("alarm", {"code": "box.silent", "params": params}, at(f"{DAY} 18:00"))
    assert "chains" not in judged(made)


def utc(when: str, minutes: int) -> str:
    hour, minute = divmod(int(when[-5:-3]) * 60 + int(when[-2:]) + minutes, 60)
    return f"{when[:-5]}{hour:02}:{minute:02}"
