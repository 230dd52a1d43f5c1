"""The text of consent names what the law asks for, in both languages; what was said last counts."""
from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.enrol.consent import consent_text, kept_until, standings
from edge.enrol.consents import consents
from edge.plans import newest_orders
from edge.wiring import Box
from evidence.bodies import Consent, ConsentWithdrawn, body_of

CLASS = "class-1"


@pytest.mark.parametrize(("lang", "words"), [
    ("zh", ["某职校", "0371-1", "测试班", "2026-04-01", "签到", "拒绝", "撤回", "密码", "敏感个人信息", "加密"]),
    ("en", ["某职校", "0371-1", "测试班", "2026-04-01", "check you in", "refuse", "withdraw", "PIN", "sensitive"]),
])
def test_the_text_says_who_what_for_which_data_how_long_and_the_other_way(
    face_box: Box, lang: str, words: list[str],
) -> None:
    order = newest_orders(face_box.store.orders())[CLASS]
    shown = consent_text(order, "某职校", "0371-1", lang)  # type: ignore[arg-type]
    assert [word for word in words if word not in shown.text] == [] and "{" not in shown.text
    assert shown.sha256 == hashlib.sha256(shown.text.encode()).hexdigest() and shown.until == kept_until(order)
    nameless = consent_text(order, "", "", lang)  # type: ignore[arg-type]
    assert "{" not in nameless.text and "：。" not in nameless.text and nameless.sha256 != shown.sha256


def test_a_refusal_has_no_end(face_box: Box) -> None:
    shown = consent_text(newest_orders(face_box.store.orders())[CLASS], "", "", "zh")
    assert shown.said(CLASS, "p-1", False).until is None and shown.said(CLASS, "p-1", True).until == shown.until


@given(st.lists(st.sampled_from(["given", "refused", "withdrawn"]), min_size=1, max_size=6))
def test_what_was_said_last_counts(said: list[str]) -> None:
    from tests.edge.enrol.records import sealed_all

    bodies = [ConsentWithdrawn(CLASS, "p-1", "terminal") if one == "withdrawn"
              else Consent(CLASS, "p-1", one == "given", "0" * 64, "zh", None, "terminal") for one in said]
    records = sealed_all(bodies)
    found = standings(reversed(records), CLASS)["p-1"]
    assert found.said == said[-1]
    assert found.consent == (records[-1].hash if said[-1] == "given" else None)
    assert standings(records, "class-2") == {}


def test_consents_are_read_from_the_store(face_box: Box) -> None:
    body = Consent(CLASS, "p-1", False, "0" * 64, "en", None, "terminal")
    sealed = face_box.store.append("consent", body)
    assert consents(face_box.store, CLASS)["p-1"].said == "refused" and body_of(sealed.record) == body
