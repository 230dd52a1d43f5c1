"""Accounts and institutions are made and changed, each change a record; with both databases."""
from __future__ import annotations

import pytest

from central.accounts.desk import LINK_US, AccountDesk
from central.accounts.door import Door
from central.accounts.errors import (
    AccountExists,
    BadInstitutionName,
    BadPassword,
    BadScope,
    LastAdministrator,
    LinkOver,
    OwnRole,
)
from central.errors import BadRegion, UnknownAccount, UnknownInstitution
from central.wiring import Centre
from evidence.bodies import AccountChanged, Institution, body_of
from tests.central.helpers import MORNING, FixedClock

PASSWORD = "correct horse battery"


@pytest.fixture
def desk(centre: Centre) -> AccountDesk:
    return centre.account_desk()


@pytest.fixture
def door(centre: Centre) -> Door:
    return centre.door()


def told(centre: Centre) -> list[tuple[str, str, str, str | None, str | None]]:
    with centre.store.read() as tx:
        bodies = [body_of(sealed.record) for sealed in tx.of_type("account")]
    return [(one.account, one.what, one.role, one.scope, one.by) for one in bodies if isinstance(one, AccountChanged)]


def test_what_becomes_of_an_account_is_on_record(centre: Centre, desk: AccountDesk) -> None:
    desk.put_institution("school-1", " 学校 ", "411202", None)
    desk.add("wang", "administrator", None, None, PASSWORD)
    desk.add("li", "supervisor", "411200", "wang")
    desk.link("li", "wang")
    desk.change("li", "institution", "school-1", "wang")
    desk.disable("li", "wang")
    desk.enable("li", "wang")
    desk.totp_on("li", b"sealed", 7, "li")
    desk.totp_off("li", None)
    desk.set_password("li", PASSWORD, "li")
    assert told(centre) == [
        ("wang", "added", "administrator", None, None), ("li", "added", "supervisor", "411200", "wang"),
        ("li", "link", "supervisor", "411200", "wang"), ("li", "changed", "institution", "school-1", "wang"),
        ("li", "disabled", "institution", "school-1", "wang"), ("li", "enabled", "institution", "school-1", "wang"),
        ("li", "totp.on", "institution", "school-1", "li"), ("li", "totp.off", "institution", "school-1", None),
        ("li", "password", "institution", "school-1", "li"),
    ]
    with centre.store.read() as tx:
        found = tx.audited(account="li")
        assert [one.type for one in found] == ["account"] * 8 and found[0].seq > found[-1].seq
        records = b"".join(sealed.envelope for sealed in tx.of_type("account"))
        kept = tx.account("li")
    assert PASSWORD.encode() not in records and kept is not None and PASSWORD not in str(kept)
    (body,) = [body_of(one.record) for one in centre_records(centre, "institution")]
    assert body == Institution("school-1", "学校", "411202")


def centre_records(centre: Centre, type_: str) -> list:
    with centre.store.read() as tx:
        return tx.of_type(type_)


def test_what_is_refused_leaves_no_record(centre: Centre, desk: AccountDesk) -> None:
    desk.add("wang", "administrator", None, None, PASSWORD)
    before = told(centre)
    for error, call in [
        (AccountExists, lambda: desk.add("wang", "administrator", None, None, PASSWORD)),
        (BadScope, lambda: desk.add("li", "supervisor", "41", None)),
        (UnknownInstitution, lambda: desk.add("li", "institution", "nowhere", None)),
        (BadPassword, lambda: desk.add("li", "administrator", None, None, "short")),
        (BadPassword, lambda: desk.set_password("wang", "1234567890", None)),
        (UnknownAccount, lambda: desk.set_password("li", PASSWORD, None)),
        (UnknownAccount, lambda: desk.disable("li", None)), (UnknownAccount, lambda: desk.link("li", None)),
        (LastAdministrator, lambda: desk.disable("wang", None)),
        (LastAdministrator, lambda: desk.change("wang", "auditor", "410000", None)),
        (BadRegion, lambda: desk.put_institution("school-1", "学校", "41120", None)),
        (BadInstitutionName, lambda: desk.put_institution("school-1", "\u200b", "411202", None)),
        (BadInstitutionName, lambda: desk.put_institution("school-1", "x" * 101, "411202", None)),
    ]:
        with pytest.raises(error):
            call()
    assert told(centre) == before and centre_records(centre, "institution") == []


def test_an_administrator_who_cannot_log_in_is_no_other_administrator(desk: AccountDesk) -> None:
    desk.add("wang", "administrator", None, None, PASSWORD)
    desk.add("li", "administrator", None, None)
    with pytest.raises(LastAdministrator):
        desk.disable("wang", None)
    desk.set_password("li", PASSWORD, None)
    desk.disable("wang", None)
    with pytest.raises(LastAdministrator):
        desk.disable("li", None)


def test_a_link_leads_once_within_a_day_to_a_password(
    centre: Centre, clock: FixedClock, desk: AccountDesk, door: Door
) -> None:
    desk.add("li", "supervisor", "411200", None)
    link = desk.link("li", None)
    assert desk.owner_of_link(link).name == "li"
    with pytest.raises(BadPassword):
        door.enter_by_link(link, "short")
    entered = door.enter_by_link(link, PASSWORD)
    actor = door.actor(entered.token)
    assert entered.whole and actor is not None and (actor.account, actor.scope) == ("li", "411200")
    for use in (lambda: desk.owner_of_link(link), lambda: desk.use_link(link, PASSWORD)):
        with pytest.raises(LinkOver):
            use()
    assert told(centre)[-1] == ("li", "password", "supervisor", "411200", "li")
    late = desk.link("li", None)
    clock.utc_us = MORNING + LINK_US
    with pytest.raises(LinkOver):
        desk.use_link(late, PASSWORD)


def test_a_new_link_a_new_password_and_disabling_end_an_old_link(desk: AccountDesk) -> None:
    desk.add("li", "supervisor", "411200", None)
    first, second = desk.link("li", None), desk.link("li", None)
    desk.set_password("li", PASSWORD, None)
    third = desk.link("li", None)
    desk.disable("li", None)
    desk.enable("li", None)
    for link in (first, second, third, "", "x" * 5000):
        with pytest.raises(LinkOver):
            desk.owner_of_link(link)


def test_attack_an_administrator_gives_nobodys_rights_to_the_own_account(desk: AccountDesk) -> None:
    """Else whoever makes accounts would decide, and see video, a moment later, under one name."""
    for name in ("wang", "zhou"):
        desk.add(name, "administrator", None, None, PASSWORD)
    with pytest.raises(OwnRole):
        desk.change("wang", "supervisor", "410000", "wang")
    assert desk.change("wang", "supervisor", "410000", "zhou").role == "supervisor"
