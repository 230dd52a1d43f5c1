"""What a form says of a rule is what a file of the same would say; what lacks is named."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.classes.import_templates import TEMPLATES
from central.web.case.facts_form import CONTROLS, MOST_NUMBER, PARTS, import_of, said_of
from central.web.errors import BadNumber, FactLacks
from common.texts import translate
from evidence.errors import BadInput
from evidence.shape import encode

PEOPLE = ("p-1", "p-2", "p-3")
GOOD: list[tuple[str, dict[str, str], dict[str, object]]] = [
    ("R8", {"hours": "h8 h9", "approver": "张科长"}, {"hours": ["h8", "h9"], "approver": "张科长"}),
    ("O5", {"platform.0": "省平台", "listed.0": "yes", "platform.2": "另一", "learnt.p-1": "4", "minutes.p-1": "190",
            "learnt.p-3": "2"},
     {"platforms": [{"name": "省平台", "listed": True}, {"name": "另一", "listed": False}],
      "people": [{"person": "p-1", "hours": 4, "minutes": 190}, {"person": "p-3", "hours": 2}]}),
    ("O6", {"certificate": "yes"}, {"certificate": True}),
    ("O6", {"certificate": "no", "hours": "56"}, {"certificate": False, "hours": 56}),
    ("O8", {}, {"earlier": []}),
    ("O8", {"person.1": "p-2", "training.1": "面点师", "assessed.1": "2026-02-20", "person.4": "p-1",
            "training.4": "电工", "left": "p-3"},
     {"earlier": [{"person": "p-2", "training": "面点师", "assessed": "2026-02-20"},
                  {"person": "p-1", "training": "电工"}], "people": ["p-1", "p-2"]}),
    ("O10", {"surveyed": "yes", "compared": "no"}, {"surveyed": True, "compared": False}),
    ("O10", {"surveyed": "yes", "compared": "yes", "students": "0", "mismatched": "3", "year": "2026", "count": "180",
             "cap": "200"},
     {"surveyed": True, "compared": True, "students": 0, "mismatched": 3,
      "apprentices": {"year": 2026, "count": 180, "cap": 200}}),
    ("O11", {"windows": "no", "live_face": "yes", "photos": "", "popup_min": "5"},
     {"windows": False, "live_face": True, "popup_min": 5}),
]


def fields(typed: Mapping[str, str]) -> tuple[Callable[[str], str], Callable[[str], Sequence[str]]]:
    return lambda name: typed.get(name, ""), lambda name: typed.get(name, "").split()


@pytest.mark.parametrize(("rule", "typed", "part"), GOOD)
def test_a_form_says_what_a_file_would(rule: str, typed: dict[str, str], part: dict[str, object]) -> None:
    assert said_of(rule, *fields(typed), PEOPLE) == part
    said, text = import_of(rule, "省平台导出", part)
    assert said.rule == rule and getattr(said, rule.lower()) is not None
    kept = json.loads(text)
    assert kept.pop("rule") == rule and kept.pop("source") == "省平台导出"
    assert list(kept) == [rule.lower()] and kept[rule.lower()] == encode(getattr(said, rule.lower()))


@pytest.mark.parametrize(("rule", "typed", "error", "key"), [
    ("R8", {"approver": "张"}, FactLacks, "make-up class-hours"), ("R8", {"hours": "h9"}, FactLacks, "Approver"),
    ("O5", {"learnt.p-1": "4"}, FactLacks, "Platform"), ("O5", {"platform.0": "x", "learnt.p-1": "-4"}, BadNumber, ""),
    ("O6", {}, FactLacks, "Certificate course"), ("O6", {"certificate": "yes", "hours": "4.5"}, BadNumber, ""),
    ("O8", {"training.0": "面点师"}, FactLacks, "Trainee"), ("O8", {"person.0": "p-1"}, FactLacks, "Earlier training"),
    ("O8", {"assessed.7": "2026-02-20"}, FactLacks, "Trainee"), ("O10", {"surveyed": "yes"}, FactLacks, "compared"),
    ("O10", {"surveyed": "no", "compared": "no", "year": "2026"}, FactLacks, "Apprentices"),
    ("O11", {"popup_min": str(MOST_NUMBER + 1)}, BadNumber, ""),
])
def test_what_lacks_or_is_no_number_is_named(rule: str, typed: dict[str, str], error: type[BadInput], key: str) -> None:
    with pytest.raises(error) as refused:
        said_of(rule, *fields(typed), PEOPLE)
    assert key in str(refused.value.params["key"])
    assert translate(str(refused.value.params["key"]), "zh") != refused.value.params["key"]


@given(st.sampled_from(sorted(PARTS)), st.dictionaries(st.sampled_from([
    "hours", "approver", "platform.0", "listed.0", "learnt.p-1", "minutes.p-1", "certificate", "person.0", "training.0",
    "assessed.0", "left", "surveyed", "compared", "students", "year", "count", "cap", "popup_min", *CONTROLS]),
    st.sampled_from(["", "yes", "no", "1", "x", "-1", "٣", "9" * 40, "2026-02-20"])))
def test_whatever_is_typed_is_a_part_or_a_sentence(rule: str, typed: dict[str, str]) -> None:
    try:
        import_of(rule, "x", said_of(rule, *fields(typed), PEOPLE))
    except BadInput as error:
        assert str(error)


def test_there_is_a_form_for_each_template() -> None:
    assert set(PARTS) == set(TEMPLATES)
