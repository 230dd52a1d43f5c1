"""Codes of an app: each once, one step of skew, secrets that open for their account alone."""
from __future__ import annotations

import pyotp
import pytest

from central.accounts.codes import STEP_S, CodeBox, address, new_secret, picture, step_of

NOW_US = 1_772_411_400 * 1_000_000
HERE = NOW_US // 1_000_000 // STEP_S
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(step: int) -> str:
    return pyotp.TOTP(SECRET).generate_otp(step)


@pytest.mark.parametrize(("step", "after", "taken"), [
    (HERE, -1, HERE), (HERE - 1, -1, HERE - 1), (HERE + 1, -1, HERE + 1), (HERE - 2, -1, None), (HERE + 2, -1, None),
    (HERE, HERE, None), (HERE, HERE + 1, None), (HERE + 1, HERE, HERE + 1),
])
def test_a_code_holds_for_its_step_and_one_beside_it_once(step: int, after: int, taken: int | None) -> None:
    assert step_of(SECRET, code(step), NOW_US, after) == taken


@pytest.mark.parametrize("wrong", ["", "000", "abcdef", "١٢٣٤٥٦", "\ud800", "1" * 500])
def test_anything_else_is_no_code(wrong: str) -> None:
    assert step_of(SECRET, wrong, NOW_US, -1) is None


def test_spaces_are_how_apps_show_it() -> None:
    whole = code(HERE)
    assert step_of(SECRET, f" {whole[:3]} {whole[3:]}", NOW_US, -1) == HERE


def test_the_algorithm_is_that_of_rfc_6238() -> None:
    assert pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8).generate_otp(1111111109 // 30) == "07081804"


def test_a_secret_opens_for_its_account_and_key_alone() -> None:
    box, secret = CodeBox(b"k" * 32), new_secret()
    sealed = box.seal("li", secret)
    assert box.open("li", sealed) == secret and secret.encode() not in sealed
    assert box.open("wang", sealed) is None and CodeBox(b"q" * 32).open("li", sealed) is None
    assert box.open("li", b"") is None and box.open("li", sealed[:-1]) is None


def test_what_an_app_reads() -> None:
    text = address(SECRET, "li", "在堂 <中心>")
    assert text.startswith("otpauth://totp/") and f"secret={SECRET}" in text and "<" not in text
    drawn = picture(text)
    assert drawn.startswith("<svg") and "script" not in drawn and SECRET not in drawn
