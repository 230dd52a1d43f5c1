"""The address of a PostgreSQL database: what is understood, what is refused, and that a password is never repeated."""
from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.config import load_config
from central.store.address import LOCAL, SOCKETS, Address, address_of
from central.store.errors import BadAddress
from common.texts import words
from evidence.errors import BadShape

HEAD = 'device = "centre"\nname = "c"\n'


@pytest.mark.parametrize(("text", "address"), [
    ("postgresql://zaitang@db.example/evidence", Address("db.example", "evidence", "zaitang")),
    ("postgresql://db.example:5433/evidence", Address("db.example", "evidence", "", 5433)),
    ("postgresql:///evidence", Address(SOCKETS, "evidence")),
    ("postgresql://zai@/evidence?host=/run/pg", Address("/run/pg", "evidence", "zai")),
    ("postgresql://[::1]:5432/e", Address("::1", "e", "", 5432)),
    ("postgresql://10.0.0.7/e?sslrootcert=/etc/ca.pem", Address("10.0.0.7", "e", files={"sslrootcert": "/etc/ca.pem"})),
])
def test_an_address_is_understood(text: str, address: Address) -> None:
    assert address_of(text) == address
    assert address_of(str(address).replace("%2F", "/") if "%2F" not in str(address) else text) is not None


def test_no_address_is_none() -> None:
    assert address_of("") is None


@pytest.mark.parametrize("text", [
    "postgresql://a@db.example/e?host=/run/pg", "postgresql://a,b/e", "postgresql://db.example", "postgresql://h/",
    "postgresql://h/e#f", "postgresql://h:99999/e", "postgresql://h:x/e", "postgresql://[::1/e", "postgresql://h/a/b",
    "postgresql://h/e?sslmode=disable", "postgresql://h/e?host=evil", "postgresql://h/e?sslcert=relative",
    "postgresql://h/e?options=-c%20fsync=off", "postgresql://h/e?sslkey=/a&sslkey=/b", "postgresql://h/e?sslkey",
    "postgresql://h/e%20host=x", "postgresql://a%00b@h/e", "mysql://h/e", "postgresql://h/e\n", 'postgresql://h/"e',
    "postgresql://" + "h" * 600 + "/e",
])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        address_of(text)


@given(st.text(max_size=60).map("postgresql://{}".format) | st.text(max_size=600))
def test_whatever_is_written_there_is_an_address_or_refused(text: str) -> None:
    try:
        address = address_of(text)
    except BadAddress:
        return
    assert address is None or (address.database and address.host)
    assert address is None or address.host.startswith("/") or address.host in LOCAL or address.tls["sslmode"]


def test_another_machine_proves_who_it_is() -> None:
    for text in ("postgresql://db.example/e", "postgresql://10.0.0.7/e?sslrootcert=/etc/ca.pem"):
        address = address_of(text)
        assert address is not None and address.tls["sslmode"] == "verify-full"
        assert address.tls["sslrootcert"] in ("system", "/etc/ca.pem")
    near = address_of("postgresql://127.0.0.1/e")
    assert near is not None and near.tls == {}


@pytest.mark.parametrize("text", [
    "postgresql://zaitang:geheim@db.example/e", "postgresql://zaitang:geheim@h:x/e", "postgresql://h/e?password=geheim",
    "postgresql://zaitang:geheim", "http://zaitang:geheim@h/e",
])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_password_is_refused_and_not_repeated(tmp_path: Path, text: str, lang: str) -> None:
    with pytest.raises(BadAddress) as caught:
        address_of(text)
    assert "geheim" not in words(caught.value, lang)
    (tmp_path / "centre.toml").write_text(f'{HEAD}database = "{text}"\n')
    with pytest.raises(BadShape, match="database") as shape:
        load_config(tmp_path)
    assert "geheim" not in words(shape.value, lang) and "geheim" not in str(shape.value)
