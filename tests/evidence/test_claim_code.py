"""The code of a new box: of its keys and its serial number, and read however somebody types it."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.claim_code import LENGTH, LETTERS, claim_code, read_claim_code

KEY, TLS = bytes(range(32)), bytes(range(32, 64))


def test_the_code_of_these_keys_is_this_one_in_every_release() -> None:
    """Both ends reckon it, and need not be of the same release."""
    assert claim_code(KEY, TLS, "100000003d1d1c36") == "TCZR-12RR-TYW1"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.text(max_size=64))
def test_another_key_or_serial_number_has_another_code(key: bytes, tls: bytes, serial: str) -> None:
    code = claim_code(key, tls, serial)
    assert len(code.replace("-", "")) == LENGTH and read_claim_code(code) == code
    for other in (claim_code(tls, key, serial) if key != tls else "", claim_code(key, tls, serial + "0")):
        assert other != code


@given(st.text(alphabet=LETTERS, min_size=LENGTH, max_size=LENGTH))
def test_a_code_is_read_as_people_type(plain: str) -> None:
    wanted = read_claim_code(plain)
    typed = plain.lower().replace("0", "o").replace("1", "l")
    assert wanted == read_claim_code(typed) == read_claim_code(f" {typed[:5]} {typed[5:]}\n")


@given(st.text(max_size=200))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = read_claim_code(text)
    assert code is None or read_claim_code(code) == code


def test_what_is_too_long_or_too_short_or_holds_other_letters_is_none() -> None:
    for wrong in ("", "TCZR-12RR-TYW", "TCZR-12RR-TYW1T", "UCZR-12RR-TYW1", "TCZR-12RR-TYW在"):
        assert read_claim_code(wrong) is None
