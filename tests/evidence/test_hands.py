"""Who had a way into whose account, and what becomes of decisions of two accounts that may be one person."""
from __future__ import annotations

from typing import Any

import pytest

from evidence.bodies import AccountChanged
from evidence.hands import RENEWS, WAYS_IN, Hands
from evidence.times import HOUR, MINUTE
from tests.evidence.course import Chain, Course, at
from tests.evidence.deciding import decide, stand, voids

MADE = "2026-03-01 09:00"


def account(chain: Chain, name: str, what: str, by: str | None, when: str = MADE, role: str = "supervisor") -> None:
    body: Any = AccountChanged(name, what, role, None, by)  # type: ignore[arg-type]
    chain.add("account", body, at(when))


@pytest.mark.parametrize("what", sorted(WAYS_IN))
def test_attack_an_account_that_one_decider_opened_is_not_the_second_person(made: Course, what: str) -> None:
    """Whoever made accounts once, and decides now, made one for that, or took one over by a link."""
    account(made.centre, "li", what, "wang")
    first = decide(made, "first", "withdraw", "wang")
    decide(made, "second", "withdraw", "li", first)
    assert voids(made) == [None, "one_hand"] and stand(made).round.state == "first"
    assert made.story().decisions[-1].opened_by == ("wang",)
    decide(made, "second", "withdraw", "zhao", first)
    assert voids(made)[-1] is None and stand(made).answer == "withdraw"


def test_attack_nor_through_a_third_account_nor_the_other_way_round(made: Course) -> None:
    account(made.centre, "admin-2", "added", "wang", role="administrator")
    account(made.centre, "li", "added", "admin-2")
    first = decide(made, "first", "withdraw", "li")
    decide(made, "second", "withdraw", "wang", first)
    assert voids(made) == [None, "one_hand"]
    assert made.story().decisions[0].opened_by == ("admin-2", "wang")


def test_accounts_that_somebody_else_made_decide_and_tell_who_did(made: Course) -> None:
    """An office has one administrator, who made all of them, and decides nothing."""
    for name in ("wang", "li"):
        account(made.centre, name, "added", "admin")
        account(made.centre, name, "password", name)
    first = decide(made, "first", "withdraw", "wang")
    decide(made, "second", "withdraw", "li", first)
    assert stand(made).answer == "withdraw"
    assert [one.opened_by for one in made.story().decisions] == [("admin",), ("admin",)]


@pytest.mark.parametrize("what", sorted(RENEWS))
def test_attack_an_account_that_was_made_or_opened_just_before_decides_nothing(made: Course, what: str) -> None:
    when = at("2026-03-20 12:00")
    account(made.centre, "li", what, "admin", "2026-03-20 12:00")
    decide(made, "first", "withdraw", "li", when="2026-03-21 11:59")
    assert voids(made) == ["fresh"] and made.policy.account_us == 24 * HOUR
    first = decide(made, "first", "withdraw", "li", when="2026-03-21 12:00")
    assert first.utc_us == when + 24 * HOUR and voids(made)[-1] is None
    account(made.centre, "wang", what, None, "2026-03-21 12:00")
    decide(made, "second", "withdraw", "wang", first, when="2026-03-22 11:00")
    assert voids(made)[-1] == "fresh", "nor one that a command opened"


def test_what_comes_later_undoes_no_decision(made: Course) -> None:
    first = decide(made, "first", "withdraw", "wang")
    decide(made, "second", "withdraw", "li", first)
    account(made.centre, "li", "link", "wang", "2026-03-25 09:00")
    assert voids(made) == [None, None] and stand(made).answer == "withdraw"


def test_a_box_says_nothing_of_accounts(made: Course) -> None:
    account(made.boxes["box-1"], "li", "added", "wang")
    first = decide(made, "first", "withdraw", "wang")
    decide(made, "second", "withdraw", "li", first)
    assert voids(made) == [None, None]


def test_a_new_password_of_ones_own_opens_the_account_to_nobody() -> None:
    chain = Chain("centre", Course().centre.clock, is_box=False)
    account(chain, "li", "password", "li")
    account(chain, "li", "totp.on", "li")
    hands = Hands((record, AccountChanged("li", str(record.body["what"]), "supervisor", None, "li"))
                  for record in chain.records[1:])
    assert hands.behind("li") == frozenset() and hands.renewed_us("li") is None and not hands.one_hand("li", "li")
    assert hands.renewed_us("nobody") is None and MINUTE
