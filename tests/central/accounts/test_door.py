"""Who comes in, for how long, and who does not; with both databases."""
from __future__ import annotations

import pyotp
import pytest
from argon2 import PasswordHasher

from central.accounts import passwords
from central.accounts.codes import STEP_S
from central.accounts.desk import digest
from central.accounts.door import IDLE_US, STEP_US, WHOLE_US, Door, form_token
from central.accounts.errors import (
    BadLabel,
    BadPassword,
    CodesOnAlready,
    NotThePassword,
    SignInRefused,
    TooManyTokens,
    TooManyWrong,
)
from central.accounts.passwords import Passwords
from central.accounts.people import Actor
from central.errors import NotSignedIn, NotTheCode
from central.wiring import Centre
from evidence.times import MINUTE
from tests.central.helpers import MORNING, FixedClock

PASSWORD, OTHER = "correct horse battery", "another long sentence"
AT = "10.0.0.7"


@pytest.fixture
def door(centre: Centre) -> Door:
    door = centre.door()
    door.desk.add("wang", "administrator", None, None, PASSWORD)
    door.desk.add("li", "supervisor", "411200", None, PASSWORD)
    return door


def in_(door: Door, name: str = "li", password: str = PASSWORD, at: str = AT) -> str:
    return door.enter(name, password, at).token


def test_who_has_the_password_is_in(door: Door) -> None:
    token = in_(door)
    assert door.actor(token) == Actor("li", "supervisor", "411200")
    assert in_(door) != token, "each session has a token of its own"


def test_the_token_is_nowhere(centre: Centre, door: Door) -> None:
    token = in_(door)
    with centre.store.read() as tx:
        assert tx.session(token) is None and tx.session(digest(token)) is not None
    assert form_token(token) not in (token, digest(token))


def test_all_that_is_wrong_is_told_alike(door: Door) -> None:
    door.desk.add("gone", "supervisor", "411200", None, PASSWORD)
    door.desk.disable("gone", None)
    door.desk.add("fresh", "supervisor", "411200", None)
    said = set()
    for name, password in (("li", OTHER), ("nobody", PASSWORD), ("gone", PASSWORD), ("fresh", ""), ("fresh", PASSWORD),
                           ("", ""), ("\ud800", "\ud800"), ("LI", PASSWORD), ("x" * 9000, "y" * 9000)):
        with pytest.raises(SignInRefused) as caught:
            in_(door, name, password, at=f"10.0.1.{len(said)}")
        said.add(str(caught.value))
    assert len(said) == 1


def test_an_unknown_name_costs_one_hash_as_a_wrong_password_does(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    whole = PasswordHasher.verify
    with pytest.raises(SignInRefused):
        in_(door, "warm")
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *args: (calls.append(args[0]), whole(self, *args))[1])
    for number, name in enumerate(("li", "nobody", "no/name"), 1):
        with pytest.raises(SignInRefused):
            in_(door, name, OTHER)
        assert len(calls) == number


def test_a_session_ends_by_idling_and_in_any_case(clock: FixedClock, door: Door) -> None:
    token = in_(door)
    clock.utc_us = MORNING + IDLE_US - 1
    assert door.actor(token) is not None
    clock.utc_us += IDLE_US - 1
    assert door.actor(token) is not None, "whoever is here goes on"
    clock.utc_us += IDLE_US
    assert door.actor(token) is None
    token, begun_us = in_(door), clock.utc_us
    while clock.utc_us < begun_us + WHOLE_US - 20 * MINUTE:
        clock.utc_us += 20 * MINUTE
        assert door.actor(token) is not None
    clock.utc_us += 20 * MINUTE
    assert door.actor(token) is None


def test_a_clock_that_went_back_does_not_make_a_session_last(clock: FixedClock, door: Door) -> None:
    token = in_(door)
    clock.utc_us = MORNING - 2 * MINUTE
    assert door.actor(token) is None


def test_sessions_that_ended_are_forgotten(centre: Centre, clock: FixedClock, door: Door) -> None:
    token = in_(door)
    clock.utc_us += IDLE_US + 1
    in_(door, "wang")
    with centre.store.read() as tx:
        assert tx.session(digest(token)) is None


def test_a_new_password_ends_all_sessions_but_the_own(door: Door) -> None:
    here, elsewhere, others = in_(door), in_(door), in_(door, "wang")
    actor = door.actor(here)
    assert actor is not None
    with pytest.raises(NotThePassword):
        door.change_password(actor, OTHER, OTHER, AT)
    fresh = door.change_password(actor, PASSWORD, OTHER, AT)
    assert door.actor(here) is None and door.actor(elsewhere) is None
    assert door.actor(fresh.token) is not None and door.actor(others) is not None
    with pytest.raises(SignInRefused):
        in_(door)
    assert in_(door, password=OTHER)


def test_who_is_disabled_is_out_at_once_and_stays_out(door: Door) -> None:
    token = in_(door)
    door.desk.disable("li", "wang")
    assert door.actor(token) is None
    door.desk.enable("li", "wang")
    assert door.actor(token) is None


def test_another_role_holds_from_the_next_request_on(door: Door) -> None:
    token = in_(door)
    door.desk.change("li", "auditor", "410000", "wang")
    assert door.actor(token) == Actor("li", "auditor", "410000")


def test_leaving_ends_the_session(door: Door) -> None:
    token, other = in_(door), in_(door)
    door.leave(token)
    assert door.actor(token) is None and door.actor(other) is not None


@pytest.mark.parametrize("token", [None, "", "x", "\ud800", "é" * 5000])
def test_any_other_token_is_nobodys(door: Door, token: str | None) -> None:
    assert door.actor(token) is None


# --- codes


def with_codes(door: Door, clock: FixedClock) -> pyotp.TOTP:
    actor = door.actor(in_(door))
    assert actor is not None
    secret, sealed = door.offer_codes(actor)
    totp = pyotp.TOTP(secret)
    door.take_codes(actor, sealed, totp.generate_otp(step(clock)), PASSWORD, AT)
    clock.utc_us += STEP_S * 1_000_000
    return totp


def step(clock: FixedClock) -> int:
    return clock.utc_us // 1_000_000 // STEP_S


def test_with_codes_a_password_alone_is_half_a_session(clock: FixedClock, door: Door) -> None:
    totp = with_codes(door, clock)
    half = door.enter("li", PASSWORD, AT)
    assert not half.whole and door.actor(half.token) is None and door.half(half.token) == "li"
    with pytest.raises(NotTheCode):
        door.code(half.token, "000000" if totp.generate_otp(step(clock)) != "000000" else "111111")
    entered = door.code(half.token, totp.generate_otp(step(clock)))
    assert entered.whole and entered.token != half.token and door.actor(entered.token) is not None
    assert door.half(half.token) is None and door.actor(half.token) is None


def test_a_code_is_taken_once(clock: FixedClock, door: Door) -> None:
    totp = with_codes(door, clock)
    code = totp.generate_otp(step(clock))
    door.code(door.enter("li", PASSWORD, AT).token, code)
    with pytest.raises(NotTheCode):
        door.code(door.enter("li", PASSWORD, AT).token, code)
    with pytest.raises(NotTheCode):
        door.code(door.enter("li", PASSWORD, AT).token, totp.generate_otp(step(clock) - 1))


def test_the_code_that_switched_codes_on_opens_nothing(clock: FixedClock, door: Door) -> None:
    totp = with_codes(door, clock)
    with pytest.raises(NotTheCode):
        door.code(door.enter("li", PASSWORD, AT).token, totp.generate_otp(step(clock) - 1))


def test_a_half_session_waits_five_minutes(clock: FixedClock, door: Door) -> None:
    totp = with_codes(door, clock)
    half = door.enter("li", PASSWORD, AT)
    clock.utc_us += STEP_US
    with pytest.raises(NotSignedIn):
        door.code(half.token, totp.generate_otp(step(clock)))


def test_codes_are_switched_on_with_password_and_code_for_oneself(clock: FixedClock, door: Door) -> None:
    li, wang = door.actor(in_(door)), door.actor(in_(door, "wang"))
    assert li is not None and wang is not None
    secret, sealed = door.offer_codes(li)
    code = pyotp.TOTP(secret).generate_otp(step(clock))
    with pytest.raises(NotThePassword):
        door.take_codes(li, sealed, code, OTHER, AT)
    with pytest.raises(NotTheCode):
        door.take_codes(li, sealed, "12", PASSWORD, AT)
    with pytest.raises(NotTheCode):
        door.take_codes(wang, sealed, code, PASSWORD, AT)
    assert door.enter("li", PASSWORD, AT).whole


def test_an_administrator_brings_back_who_lost_the_telephone(clock: FixedClock, door: Door) -> None:
    with_codes(door, clock)
    door.desk.totp_off("li", "wang")
    assert door.enter("li", PASSWORD, AT).whole


def test_a_link_does_not_lead_around_the_codes(clock: FixedClock, door: Door) -> None:
    with_codes(door, clock)
    entered = door.enter_by_link(door.desk.link("li", "wang"), OTHER)
    assert not entered.whole and door.actor(entered.token) is None


def test_attack_a_stolen_session_and_the_password_get_neither_codes_nor_token_nor_password(
    clock: FixedClock, door: Door
) -> None:
    """Whoever sits down at a session that was left open knows the password, and has no telephone."""
    li = door.actor(in_(door))
    assert li is not None
    early = door.offer_codes(li)
    totp = with_codes(door, clock)
    for secret, sealed in (early, door.offer_codes(li)):
        with pytest.raises(CodesOnAlready):
            door.take_codes(li, sealed, pyotp.TOTP(secret).generate_otp(step(clock)), PASSWORD, AT)
    for code in ("", "12", totp.generate_otp(step(clock) - 1)):
        with pytest.raises(NotTheCode):
            door.make_token(li, "x", PASSWORD, AT, code)
        with pytest.raises(NotTheCode):
            door.change_password(li, PASSWORD, OTHER, AT, code)
    code = totp.generate_otp(step(clock))
    assert door.make_token(li, "x", PASSWORD, AT, code)
    with pytest.raises(NotTheCode):
        door.change_password(li, PASSWORD, OTHER, AT, code)
    clock.utc_us += STEP_S * 1_000_000
    with pytest.raises(BadPassword):
        door.change_password(li, PASSWORD, "short", AT, totp.generate_otp(step(clock)))
    assert door.change_password(li, PASSWORD, OTHER, AT, totp.generate_otp(step(clock))).whole, "nor was it used up"


def test_attack_codes_of_a_session_are_guessed_no_oftener_than_at_the_door(clock: FixedClock, door: Door) -> None:
    with_codes(door, clock)
    li = Actor("li", "supervisor", "411200")
    for _ in range(8):
        with pytest.raises(NotTheCode):
            door.make_token(li, "x", PASSWORD, AT, "12")
    with pytest.raises(TooManyWrong):
        door.change_password(li, PASSWORD, OTHER, AT, "12")
    half = door.enter("li", PASSWORD, AT)
    with pytest.raises(TooManyWrong):
        door.code(half.token, "12")


def test_attack_a_half_session_that_a_new_password_ended_is_not_made_whole(
    clock: FixedClock, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner changes the stolen password while the thief's code is on its way."""
    totp, half = with_codes(door, clock), door.enter("li", PASSWORD, AT)
    known = door.half(half.token)
    door.desk.set_password("li", OTHER, None)
    monkeypatch.setattr(door, "half", lambda _: known)
    with pytest.raises(NotSignedIn):
        door.code(half.token, totp.generate_otp(step(clock)))


def test_attack_a_session_begun_with_a_stolen_password_ends_when_codes_come_on(clock: FixedClock, door: Door) -> None:
    thief, owner = in_(door), door.actor(in_(door))
    assert owner is not None and door.actor(thief) is not None
    secret, sealed = door.offer_codes(owner)
    own = door.take_codes(owner, sealed, pyotp.TOTP(secret).generate_otp(step(clock)), PASSWORD, AT)
    assert door.actor(thief) is None and door.actor(own.token) == owner


# --- too many tries


def wrong(door: Door, count: int, at: str = AT, name: str = "li") -> None:
    for _ in range(count):
        with pytest.raises(SignInRefused):
            in_(door, name, OTHER, at)


def test_who_guesses_waits_and_nobody_else(door: Door) -> None:
    wrong(door, 8)
    with pytest.raises(TooManyWrong):
        in_(door)
    assert in_(door, at="10.0.0.8"), "the owner, elsewhere"
    assert in_(door, "wang"), "another account, from there"


def test_attack_a_burst_of_guesses_gets_no_further_than_one_after_the_other(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the burst are let in before the first of them is found wrong; the right one comes when eight were."""
    def right(self: Passwords, kept: str | None, password: str) -> bool:
        monkeypatch.undo()
        wrong(door, 8)
        return True

    monkeypatch.setattr(Passwords, "right", right)
    with pytest.raises(TooManyWrong):
        door.enter("li", PASSWORD, AT)


def test_what_was_wrong_before_the_right_one_is_forgotten(door: Door) -> None:
    for _ in range(3):
        wrong(door, 7)
        assert in_(door)


def test_guessing_one_account_from_everywhere_ends_too(door: Door) -> None:
    for number in range(30):
        wrong(door, 1, f"10.0.2.{number}")
    with pytest.raises(TooManyWrong):
        in_(door, at="10.0.3.1")


def test_trying_many_accounts_from_one_place_ends_too(door: Door) -> None:
    for number in range(60):
        wrong(door, 1, name=f"a{number}")
    with pytest.raises(TooManyWrong):
        in_(door, "wang")


def test_nothing_is_hashed_for_who_has_to_wait(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(door, 8)
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: pytest.fail("it was"))
    with pytest.raises(TooManyWrong):
        in_(door)


def test_codes_are_not_guessed(clock: FixedClock, door: Door) -> None:
    totp = with_codes(door, clock)
    good = totp.generate_otp(step(clock))
    half = door.enter("li", PASSWORD, AT)
    for number in range(8):
        with pytest.raises(NotTheCode):
            door.code(half.token, f"{(int(good) + number + 7) % 1_000_000:06d}x")
    with pytest.raises(TooManyWrong):
        door.code(half.token, good)


def test_a_hash_of_yesterdays_parameters_is_made_anew(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    centre.account_desk().add("li", "supervisor", "411200", None, PASSWORD)
    with centre.store.read() as tx:
        before = tx.account("li")
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert centre.door().enter("li", PASSWORD, AT).whole
    with centre.store.read() as tx:
        after = tx.account("li")
    assert before is not None and after is not None
    assert "t=1," in str(before.password) and "t=2," in str(after.password)
    assert centre.door().enter("li", PASSWORD, AT).whole


# --- tokens for programs


def test_a_token_lets_a_program_in_for_its_account(centre: Centre, clock: FixedClock) -> None:
    desk, door = centre.account_desk(), centre.door()
    desk.add("li", "supervisor", "411200", None, PASSWORD)
    me = Actor("li", "supervisor", "411200")
    with pytest.raises(NotThePassword):
        door.make_token(me, "x", "something else", "127.0.0.1")
    token = door.make_token(me, " the province ", PASSWORD, "127.0.0.1")
    assert door.bearer(token) == me and door.actor(token) is None, "it is no session"
    with centre.store.read() as tx:
        (kept,) = tx.api_tokens("li")
    assert (kept.label, kept.token, kept.used_us) == ("the province", digest(token), clock.utc_us)
    assert token not in repr(kept) and door.bearer(token + "x") is None and door.bearer("") is None
    desk.change("li", "auditor", "410000", None)
    assert door.bearer(token) == Actor("li", "auditor", "410000")


@pytest.mark.parametrize("how", ["revoked", "password", "disabled", "a year"])
def test_a_token_ends(centre: Centre, clock: FixedClock, how: str) -> None:
    desk, door = centre.account_desk(), centre.door()
    desk.add("li", "auditor", "411200", None, PASSWORD)
    token, other = (desk.make_token("li", label, None) for label in ("a", "b"))
    if how == "revoked":
        desk.revoke_token("li", digest(token), "li")
        desk.revoke_token("li", digest(token), "li")
        assert door.bearer(other) is not None
    elif how == "password":
        desk.set_password("li", OTHER, None)
    elif how == "disabled":
        desk.disable("li", None)
        desk.enable("li", None)
    else:
        clock.utc_us += 365 * 24 * 3600 * 10**6
    assert door.bearer(token) is None


def test_nobody_revokes_what_is_anothers(centre: Centre) -> None:
    desk, door = centre.account_desk(), centre.door()
    for name in ("li", "wang"):
        desk.add(name, "auditor", "411200", None, PASSWORD)
    token = desk.make_token("li", "a", None)
    desk.revoke_token("wang", digest(token), "wang")
    assert door.bearer(token) is not None


def test_tokens_have_a_label_and_are_few(centre: Centre) -> None:
    desk = centre.account_desk()
    desk.add("li", "auditor", "411200", None, PASSWORD)
    for bad in ("", "  ", "x" * 61, "a\nb"):
        with pytest.raises(BadLabel):
            desk.make_token("li", bad, None)
    for number in range(10):
        desk.make_token("li", str(number), None)
    with pytest.raises(TooManyTokens):
        desk.make_token("li", "one more", None)
    with centre.store.read() as tx:
        changes = [one.record.body["what"] for one in tx.of_type("account")]
        said = "".join(one.payload.decode() for one in tx.of_type("account"))
    assert changes == ["added", *["token.made"] * 10] and "zt_" not in said
