"""Which passwords may be, and that a wrong name costs as much as a wrong password."""
from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from central.accounts import passwords
from central.accounts.errors import BadPassword
from central.accounts.passwords import COMMON, LEAST, MOST, Passwords, check_password


@pytest.mark.parametrize("password", [
    "short", "123456789", "1234567890", "Password123", "aaaaaaaaaaaa", "abababababab", "li-supervisor",
    "LI-SUPERVISOR", "li-supervisor2026", "x" * (MOST + 1), "ＰＡＳＳＷＯＲＤ１２３",
])
def test_what_cannot_be_a_password(password: str) -> None:
    with pytest.raises(BadPassword):
        check_password(password, "li-supervisor")


@pytest.mark.parametrize("password", ["correct horse", "三门峡的春天来得早一些", "no digits needed at all",
                                      "x1y2z3w4v5", "q" * 60 + "wz"])
def test_what_can(password: str) -> None:
    check_password(password, "li")


def test_each_common_one_is_long_enough_to_be_meant() -> None:
    assert all(LEAST <= len(one) <= MOST and one == one.casefold() for one in COMMON)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_only_the_password_is_right(one: str, other: str) -> None:
    made = Passwords()
    kept = made.hash(one)
    assert made.right(kept, one)
    same = passwords._plain(one) == passwords._plain(other)
    assert made.right(kept, other) == same


def test_however_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Passwords()
    assert made.right(made.hash("é" * 12), "e\u0301" * 12)


def test_no_account_takes_as_much_work_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Passwords()
    kept = made.hash("the right password")
    made.right(None, "warm")
    calls: list[str] = []
    for name in ("hash", "verify"):
        whole = getattr(PasswordHasher, name)
        monkeypatch.setattr(PasswordHasher, name, lambda self, *args, name=name, whole=whole: (
            calls.append(name), whole(self, *args))[1])
    counts = []
    for stored in (kept, None, "not a hash"):
        calls.clear()
        assert not made.right(stored, "another password")
        counts.append(list(calls))
    assert counts == [["verify"]] * 3


def test_a_hash_of_other_parameters_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Passwords().hash("the right password")
    assert not Passwords().stale(kept)
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert Passwords().stale(kept) and Passwords().right(kept, "the right password")


def test_the_parameters_of_the_product_are_those_of_rfc_9106() -> None:
    made = PasswordHasher()
    assert (made.type.name, made.time_cost, made.memory_cost, made.parallelism) == ("ID", 3, 65536, 4)
