"""Whoever guesses is one, however many addresses of IPv6 its machine has."""
from __future__ import annotations

import pytest

from central.accounts.errors import TooManyWrong
from central.accounts.tries import ADDRESS, HERE, STRANGE, Tries

OTHER = "2001:db8:0:1::1"


def test_one_machine_with_many_ipv6_addresses_tries_no_more_passwords_than_another() -> None:
    tries = Tries()
    for number in range(ADDRESS.amount):
        tries.wrong_password(f"account-{number}", f"2001:db8::{number:x}")
    with pytest.raises(TooManyWrong):
        tries.check_password("wang", "2001:db8::ffff:1")
    tries.check_password("wang", OTHER)


def test_nor_more_of_one_account_and_whoever_knows_it_begins_anew() -> None:
    tries = Tries()
    for number in range(HERE.amount):
        tries.wrong_password("wang", f"2001:db8::{number:x}")
    with pytest.raises(TooManyWrong):
        tries.check_password("wang", "2001:db8::ffff")
    tries.right_password("wang", "2001:db8::fffe")
    tries.check_password("wang", "2001:db8::ffff")


def test_nor_more_links_of_trainees() -> None:
    tries = Tries()
    for number in range(STRANGE.amount):
        tries.wrong_link(f"2001:db8::{number:x}")
    with pytest.raises(TooManyWrong):
        tries.check_link("2001:db8::ffff")
    tries.check_link(OTHER)
