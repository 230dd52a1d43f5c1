"""The PDF: its text against the facts, both languages, names that try to be markup, the same bytes again."""
from __future__ import annotations

import dataclasses
import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from central.dossier.pdf import Nothing, html, pdf
from central.dossier.proof import code_text
from central.dossier.shape import Decision, Facts, Inspection, Objection
from central.dossier.words import Words
from evidence.rules.o7 import Mean
from evidence.story import ObjectionStep
from tests.central.dossier.classes import NAMES, dossier, flagged, flagged_course, nothing, two_rooms
from tests.evidence.course import at

REF = ("centre", "ab" * 16, 9)


def text_of(data: bytes) -> str:
    """All of its text, without blanks: where a line is broken says nothing."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest) -> tuple[str, bytes, str]:
    data = pdf(flagged(), request.param)
    return request.param, data, text_of(data)


@pytest.mark.long
def test_every_figure_of_the_tables_is_printed(made: tuple[str, bytes, str]) -> None:
    lang, _, text = made
    facts, say = flagged(), Words(flagged(), lang)
    for one in facts.trainees:
        hours = one.hours
        assert plain(f"{one.name}{hours.due}{hours.attended}{hours.made_up}{hours.on_leave}{hours.missed}{hours.open}"
                     f"{say.percent(hours.ppm)}{one.blocks_due}{one.blocks_signed}{one.blocks_late}"
                     f"{one.blocks_shown}") in text
    for hour in facts.hours[:-1]:
        assert plain(f"{say.length(hour.planned_us)}{say.length(hour.covered_us)}"
                     f"{say.share(hour.covered_us, hour.planned_us)}{say.length(hour.longest_us)}") in text
    for block in facts.recordings:
        assert plain(f"{say.block(block.block)}{block.due}{block.faces}{block.pins}{block.late}{block.absent}"
                     f"{block.teachers}{block.shown}{block.headcount}") in text


@pytest.mark.long
def test_every_finding_is_printed_with_its_reasons(made: tuple[str, bytes, str]) -> None:
    lang, _, text = made
    say = Words(flagged(), lang)
    for one in flagged().findings:
        assert plain(say.rule(one)) in text
        if one.finding.result != "not_recorded":
            assert all(plain(reason) in text for reason in say.reasons(one)), one.finding.rule


@pytest.mark.long
def test_the_code_and_the_moment_are_printed(made: tuple[str, bytes, str]) -> None:
    lang, data, text = made
    assert plain(code_text(flagged())) in text
    pages = [plain(page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]
    moment = plain(Words(flagged(), lang).full(flagged().head.as_of_us))
    assert all(moment in page and f"{number}/{len(pages)}" in page for number, page in enumerate(pages, 1))


@pytest.mark.long
def test_the_file_is_tagged_named_and_has_bookmarks(made: tuple[str, bytes, str]) -> None:
    lang, data, _ = made
    reader = PdfReader(io.BytesIO(data))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == ("zh-CN" if lang == "zh" else "en")
    assert root["/MarkInfo"]["/Marked"].value is True and "/StructTreeRoot" in root
    assert reader.metadata is not None and "c-1" in str(reader.metadata.title)
    assert sum(isinstance(one, dict) for one in reader.outline) >= 1
    assert b"pdfuaid" in root["/Metadata"].get_data()


@pytest.mark.long
def test_the_same_facts_give_the_same_bytes(made: tuple[str, bytes, str]) -> None:
    lang, data, _ = made
    assert lang == "en" or pdf(dossier(flagged_course()), lang) == data


def test_what_has_no_record_is_left_to_be_signed_by_hand() -> None:
    page = html(flagged(), "zh")
    form = page[page.index('class="form"') : page.index("二、判定结果")]
    assert form.count("检查人员签字") == 3 and "初审人" in form and "复核人" in form
    assert form.count("无记录</span>") == 1 + 5 + 5 + 1 + 1 + 1 + 2


STEPS = (
    ObjectionStep("raised", at("2026-03-20 10:00"), "学校", "设备故障", REF),
    ObjectionStep("answered", at("2026-03-20 11:00"), "王科长", "请补充说明", REF),
    ObjectionStep("rejected", at("2026-03-20 12:00"), "李科长", "已核对", REF))
OBJECTED = Objection("o-1", STEPS[0].at_us, "school", "学校", "设备故障", "rejected", "已核对", "李科长", REF, STEPS)


def stated() -> Facts:
    looks = tuple(Inspection(kind, at(when), at(when) + 1, "101 教室", 2, people, None, "正常", "王检查", REF)
                  for kind, when, people in (
                      ("opening", "2026-03-02 09:00", 4), ("field", "2026-03-03 09:00", 3),
                      ("remote", "2026-03-03 15:00", 2), ("field", "2026-03-05 08:10", 2)))
    counts = dataclasses.replace(flagged().headcounts, inspections=Mean(2, 2_500_000))
    return dataclasses.replace(
        flagged(), inspections=looks, headcounts=counts,
        objections=(OBJECTED,),
        decisions=decisions(None))


def decisions(final_us: int | None, state: str = "decided") -> tuple[Decision, ...]:
    """Of two persons. `final_us`: from when they are in effect; None while an objection is open."""
    final = final_us is not None
    return (Decision(at("2026-03-21 10:00"), "first", "初审甲", "a", "keep", "核对无误", state, final, final_us, REF),
            Decision(at("2026-03-21 11:00"), "second", "复核乙", "b", "keep", "同意", state, final, final_us, REF))


def test_the_first_page_says_what_was_decided_and_from_when() -> None:
    def first(facts: Facts, lang: str) -> str:
        page = html(facts, lang)
        return page[page.index('<div class="verdict') : page.index('class="glance')]

    since = dataclasses.replace(stated(), decisions=decisions(at("2026-03-21 11:00")))
    assert "由两人决定" in first(flagged(), "zh") and "<b>决定</b>" not in first(flagged(), "zh")
    assert "两人决定一致：“不作处理”。有异议尚未办结，决定未生效。" in first(stated(), "zh")
    said = first(since, "en")
    when = Words(since, "en").full(at("2026-03-21 11:00"))
    assert f"Two persons have decided the same: “no consequence”. It is final since {when}." in said
    assert "two people decide" not in html(since, "en") and "由两人决定" not in html(since, "zh")
    stale = first(dataclasses.replace(stated(), decisions=decisions(None, "stale")), "en")
    assert "it does not hold any more" in stale and "two people decide" in stale


def test_what_people_stated_fills_the_form() -> None:
    page = html(stated(), "zh")
    form = page[page.index('class="form"') : page.index("二、判定结果")]
    assert form.count("王检查") == 4 and "培训期间检查情况（3）" in form
    assert "2.5 人（检查 2 次）" in form and "不成立" in form
    told = [form.index(step) for step in (
        "学校 提出异议：设备故障", "王科长 答复，尚未办结：请补充说明", "李科长 认定异议不成立：已核对")]
    assert told == sorted(told), "the whole course of the objection"
    assert form.count("中心第 9 条记录</a>") >= 3 and "centre #9" not in page
    console = stated().proof.address.partition("log/")[0]
    assert console.startswith("http") and f'<a href="{console}records/centre/{"ab" * 16}/9">' in form
    assert "原因：核对无误" in form and "原因：同意" in form, "a decision is told with its reason"
    assert "初审甲" in form and "复核乙" in form and "无记录</span>" not in form


def test_a_decision_that_holds_no_longer_fills_nothing() -> None:
    stale = tuple(dataclasses.replace(one, state="stale") for one in stated().decisions)
    page = html(dataclasses.replace(stated(), decisions=stale), "zh")
    assert "初审甲" not in page and "复核乙" not in page


@pytest.mark.long
def test_a_class_in_two_rooms() -> None:
    assert "实训车间(box-2)" in text_of(pdf(dossier(two_rooms()), "zh"))


def test_a_class_of_which_nothing_is_known() -> None:
    text = text_of(pdf(dossier(nothing()), "en"))
    assert plain("video files on record 0; at the centre 0; removed 0") in text
    assert plain("0 of 4 on the roster signed in") in text


EVIL = ["<script>alert(1)</script>", "<img src=file:///etc/passwd>", "{{ 7*7 }}", "</svg><h1>X", "&amp;",
        '"\'--></style>', "\u202egnp.exe", "\x00\x1b\ud800\uffff", "李　娜", "ｶﾞ𠮷", "url(http://127.0.0.1:1/x)",
        "a" * 500, "\n\r\t", "\U0001f469\u200d\U0001f527"]
READ = EVIL[:-1]
"""Without what no font here can draw: the text of such a page cannot be read back."""


def test_names_are_text_and_nothing_else() -> None:
    names = dict(zip(("t-1", "t-2", "t-3", "t-4"), EVIL, strict=False))
    page = html(dossier(flagged_course(), names), "zh")
    assert "<script" not in page and "<img" not in page and "49" not in names["t-3"] and "{{ 7*7 }}" in page
    assert "&lt;/svg&gt;&lt;h1&gt;X" in page


@pytest.mark.long
def test_no_odd_name_breaks_the_file() -> None:
    odd = tuple(dataclasses.replace(flagged().trainees[0], name=name) for name in READ)
    text = text_of(pdf(dataclasses.replace(flagged(), trainees=odd), "zh"))
    assert "<script>alert(1)</script>980001" in text
    assert "gnp.exe" in text and "\u202e" not in text


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(EVIL), st.text(max_size=80)), min_size=5, max_size=5))
def test_no_name_breaks_the_file(names: list[str]) -> None:
    facts = dossier(two_rooms(), dict(zip(NAMES, names, strict=True)))
    assert len(PdfReader(io.BytesIO(pdf(facts, "zh"))).pages) >= 4


@settings(max_examples=4, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(EVIL), st.text(max_size=80)), min_size=4, max_size=4))
def test_no_name_becomes_markup(names: list[str]) -> None:
    """As many elements as with plain names, whatever these hold."""
    def tags(page: str) -> int:
        return len(re.findall(r"<[a-zA-Z/!]", page))

    odd, well = (dataclasses.replace(flagged(), trainees=tuple(
        dataclasses.replace(one, name=name) for one, name in zip(flagged().trainees, given_, strict=True)))
        for given_ in (names, ["甲"] * 4))
    assert tags(html(odd, "zh")) == tags(html(well, "zh"))


def test_nothing_is_fetched() -> None:
    with pytest.raises(ValueError, match="fetches nothing"):
        Nothing().fetch("file:///etc/passwd")


@pytest.mark.long
def test_the_largest_class_is_laid_out_in_bounded_room() -> None:
    """80 trainees, 100 half-days: what fits into a long test; 200 take 20 seconds of a core (docs/dossier.md)."""
    facts = flagged()
    block, hour = facts.recordings[0], facts.hours[0]
    trainees = tuple(dataclasses.replace(facts.trainees[number % 4], marks=(("both", "absent")[number % 2],) * 100)
                     for number in range(80))
    large = dataclasses.replace(facts, trainees=trainees, recordings=(block,) * 100, hours=(hour,) * 400)
    pages = PdfReader(io.BytesIO(pdf(large, "zh"))).pages
    assert 20 <= len(pages) <= 60


@pytest.mark.long
@pytest.mark.parametrize("hours", range(24, 60, 6))
def test_the_code_its_text_and_the_key_of_the_tree_stand_on_one_page(hours: int) -> None:
    """Wherever the tables before them end: no last page holds the key alone."""
    facts = flagged()
    filled = dataclasses.replace(facts, hours=(facts.hours[0],) * hours)
    pages = [plain(page.extract_text()) for page in PdfReader(io.BytesIO(pdf(filled, "en"))).pages]
    (last,) = (number for number, page in enumerate(pages) if "Keyofthetree" in page)
    assert all(said in pages[last] for said in ("Textofthecode", "zaitang-verifyDIR", plain(facts.proof.key)))


def test_what_no_page_can_hold_is_counted() -> None:
    facts = flagged()
    large = dataclasses.replace(facts, hours=(facts.hours[0],) * 1500)
    page = html(large, "en")
    assert "and 500 more, in the XLSX and the JSON" in page
