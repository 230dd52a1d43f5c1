"""The page of facts from elsewhere: a template for each rule, taken back with its source, or refused in a sentence."""
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from central.classes.import_templates import TEMPLATES
from central.classes.imports import ImportSaid
from central.classes.plan import MAX_FILE, toml_of
from central.papers import MAX_PAPER
from central.wiring import Centre
from evidence.bodies import Imported
from evidence.shape import decode
from tests.central.case_pages import BASE, belongs, kept, school, send_files, supervisor, text
from tests.central.console import send
from tests.central.course import PEOPLE

pytestmark = pytest.mark.long

PAGE = f"{BASE}/facts"
FACTS = f"""\
rule = "O8"
source = "省技能人才管理服务信息系统"
[o8]
earlier = [{{ person = "{PEOPLE[0]}", training = "面点师 2026-01", assessed = 2026-02-20 }}]
"""


@pytest.fixture
def owned(played: Centre, tmp_path: Path) -> Centre:
    belongs(played, tmp_path)
    return played


@pytest.mark.parametrize("rule", TEMPLATES)
def test_each_template_is_understood_once_it_says_where_it_stands(rule: str) -> None:
    value = toml_of(TEMPLATES[rule].encode(), "x")
    said = decode(ImportSaid, value | {"file": "0" * 64}, "x", strict=True)
    assert said.rule == rule and getattr(said, rule.lower()) is not None
    assert said.source == "", "as it is it is refused"


def test_facts_become_a_record_and_the_rule_judges_them(owned: Centre) -> None:
    li = supervisor(owned, "li")
    template = li.get(f"{PAGE}/O8.toml")
    assert template.text == TEMPLATES["O8"] and "welder-1.O8.toml" in template.headers["content-disposition"]
    answer = send_files(li, PAGE, {"facts": ("o8.toml", FACTS.encode())})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#O8")
    (body,) = kept(owned, "imported")
    assert isinstance(body, Imported) and body.by == "li"
    assert body.file == hashlib.sha256(FACTS.encode()).hexdigest()
    page = li.get(f"{PAGE}?lang=en")
    assert "面点师 2026-01" in text(page) and f"{BASE}/papers/{body.file}" in page.text
    source = b"%PDF-1.7 the export"
    named = FACTS.replace("[o8]", 'file = "export.pdf"\n[o8]').encode()
    assert send_files(li, PAGE, {"facts": ("o8.toml", named), "source": ("e.pdf", source)}).status_code == 303
    (*_, body) = kept(owned, "imported")
    assert isinstance(body, Imported) and body.file == hashlib.sha256(source).hexdigest()
    assert li.get(f"{BASE}/papers/{body.file}").content == source


def test_what_is_no_fact_is_refused_and_nothing_is_kept(owned: Centre) -> None:
    li, good = supervisor(owned, "li"), FACTS.encode()
    for files, said in [
        ({}, "choose the filled-in template"), ({"facts": ("o8.toml", b"\xff")}, "not UTF-8"),
        ({"facts": ("o8.toml", b"rule = ")}, "o8.toml"), ({"facts": ("o8.toml", b"rule = 'O9'")}, "o8.toml"),
        ({"facts": ("o8.toml", TEMPLATES["O8"].encode())}, "source"),
        ({"facts": ("o8.toml", FACTS.replace(PEOPLE[0], "谁").encode())}, "谁"),
        ({"facts": ("o8.toml", FACTS.replace("[o8]", 'file = "x.pdf"\n[o8]').encode())}, "x.pdf"),
        ({"facts": ("o8.toml", b"#" * (MAX_FILE + 1))}, "o8.toml"),
        ({"facts": ("o8.toml", good), "source": ("x", b"\0" * (MAX_PAPER + 1))}, "too large"),
    ]:
        answer = send_files(li, f"{PAGE}?lang=en", {"unread": ("x", b""), **files})
        assert answer.status_code == 422, said
        assert said in answer.text.split('role="alert">')[1].split("</p>")[0], said
    assert kept(owned, "imported") == [] and not list((owned.folder / "objects" / "papers").glob("*"))
    assert school(owned).get(PAGE).status_code == 403
    assert li.get(f"{PAGE}/R3.toml").status_code == 404


def test_a_form_becomes_a_record_and_a_refused_one_keeps_what_was_typed(owned: Centre) -> None:
    li = supervisor(owned, "li")
    page = li.get(f"{PAGE}?lang=en").text
    assert 'id="fill-O8"' in page and page.index("Fill in") < page.index("Bring it as a file")
    person = page.split('name="person.0"')[1].split(f">{PEOPLE[0]}<")[0].rpartition('value="')[2].partition('"')[0]
    typed = {"rule": "O8", "person.0": person, "training.0": "面点师 2026-01", "assessed.0": "2026-02-20", "where": " "}
    refused = send(li, f"{PAGE}?lang=en", **typed)
    assert refused.status_code == 422 and "source" in refused.text.split('role="alert">')[1].split("</p>")[0]
    assert 'value="面点师 2026-01"' in refused.text and f'value="{person}" selected' in refused.text
    assert kept(owned, "imported") == [] and not list((owned.folder / "objects" / "papers").glob("*"))
    answer = send(li, PAGE, **typed | {"where": "省技能人才管理服务信息系统"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#O8")
    (body,) = kept(owned, "imported")
    assert isinstance(body, Imported) and body.by == "li" and body.o8 and body.o8.earlier[0].person == person
    assert person in li.get(f"{BASE}/papers/{body.file}").text, "what was typed is the paper"
    assert "面点师 2026-01" in text(li.get(PAGE))
    assert send(li, f"{PAGE}?lang=zh", rule="O6").text.count("请填写：合格证书培训") == 1
