"""Regions, roles, scopes and names; and that docs/accounts.md says of each role what the table says."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.accounts.actions import MAY, ROLES, Action, may
from central.accounts.errors import BadAccountName, BadScope, NoSuchRole
from central.accounts.people import check_name, check_role, check_scope, region_holds
from tests.project.conftest import ROOT

CODES = st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)


@pytest.mark.parametrize(("region", "place", "holds"), [
    ("411200", "411202", True), ("411200", "411200", True), ("410000", "411202", True), ("411202", "411202", True),
    ("411202", "411203", False), ("411202", "411200", False), ("411200", "411302", False), ("410000", "420100", False),
    ("411000", "411002", True), ("411000", "411102", False),
])
def test_what_a_region_holds(region: str, place: str, holds: bool) -> None:
    assert region_holds(region, place) == holds


@given(CODES, CODES, CODES)
def test_holding_is_an_order(a: str, b: str, c: str) -> None:
    assert region_holds(a, a)
    assert not (region_holds(a, b) and region_holds(b, c)) or region_holds(a, c)
    assert not (region_holds(a, b) and region_holds(b, a)) or a == b


@given(st.text(max_size=70))
def test_only_ids_are_names(name: str) -> None:
    try:
        assert check_name(name) == name
    except BadAccountName:
        assert not (name.isascii() and name.isalnum() and name.islower() and len(name) <= 64)


@pytest.mark.parametrize(("role", "scope", "good"), [
    ("administrator", None, True), ("administrator", "411200", False), ("supervisor", "411200", True),
    ("supervisor", None, False), ("supervisor", "school-1", False), ("auditor", "410000", True),
    ("auditor", "41", False), ("auditor", "٤١١٢٠٢", False), ("institution", "school-1", True),
    ("institution", None, False), ("institution", "School", False),
])
def test_each_role_has_its_kind_of_scope(role: str, scope: str | None, good: bool) -> None:
    known = check_role(role)
    if good:
        assert check_scope(known, scope) == scope
    else:
        with pytest.raises(BadScope):
            check_scope(known, scope)


def test_another_role_is_none() -> None:
    with pytest.raises(NoSuchRole):
        check_role("root")


def test_every_action_is_somebodys_and_auditors_change_nothing() -> None:
    assert set(MAY) == set(Action) and all(MAY.values())
    changes = {Action.REVIEW, Action.DECIDE, Action.OBJECT, Action.ANSWER_OBJECTION, Action.INSPECT,
               Action.MANAGE_CLASS, Action.CLAIM_BOX, Action.DEVICES, Action.ACCOUNTS, Action.INSTITUTIONS,
               Action.SURVEY}
    assert not [action for action in changes if may("auditor", action)]
    assert not may("institution", Action.DECIDE) and not may("administrator", Action.DECIDE)


@pytest.mark.parametrize("name", ["accounts.md", "accounts.zh-CN.md"])
def test_the_document_has_the_table(name: str) -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in (ROOT / "docs" / name).read_text("utf-8").splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): [cell == "✓" for cell in row[2:]] for row in rows if len(row) == 6}
    assert told == {action.value: [may(role, action) for role in ROLES] for action in Action}
