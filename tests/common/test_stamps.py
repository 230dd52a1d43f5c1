"""Time stamps against an authority made with openssl: what it stamped holds, everything else is refused."""
from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from central.clock import SystemClock
from central.export import export_class
from central.tree.errors import NoStamp
from central.tree.keeper import Keeper
from central.tree.stamp import Authority
from central.wiring import init_centre
from common.stamps import MAX_STAMP, check_stamp, request_stamp, stamped_at
from evidence.errors import BadStamp
from tests.central.helpers import MORNING, SIMULATED, Box, put, segment_of
from tests.central.test_classes import add
from tests.common.authority import TestAuthority
from verify.cli import main

pytest.importorskip("rfc3161_client", reason="the set-up has not installed it yet")
DATA = b"a checkpoint\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def answer(authority: TestAuthority) -> bytes:
    return authority.answer(request_stamp(DATA).data)


def test_what_was_stamped_holds(authority: TestAuthority, answer: bytes) -> None:
    before = int(time.time()) - 3600
    assert stamped_at(answer, DATA) == check_stamp(answer, DATA, [authority.root]) >= before


def test_a_stamp_over_something_else_is_refused(authority: TestAuthority, answer: bytes) -> None:
    with pytest.raises(BadStamp, match="stamps something else"):
        check_stamp(answer, b"another", [authority.root])
    with pytest.raises(BadStamp, match="another request"):
        stamped_at(answer, DATA, nonce=1)


def test_a_stamp_of_another_authority_is_refused(answer: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadStamp, match="no authority that was given"):
        check_stamp(answer, DATA, [TestAuthority(tmp_path).root])


def test_a_root_whose_name_is_no_text_is_no_crash(authority: TestAuthority, answer: bytes) -> None:
    name = authority.root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert isinstance(name, str)
    der = authority.root.public_bytes(Encoding.DER).replace(name.encode(), b"\xff" * len(name.encode()))
    with pytest.raises(BadStamp, match=r"no authority|cannot be read"):
        check_stamp(answer, DATA, [x509.load_der_x509_certificate(der)])


@pytest.mark.parametrize(("oid", "value"), [
    ("2.5.29.17", "3002a300"), ("1.3.6.1.5.5.7.1.1", "3008300606022a03a500"),
])
def test_attack_a_certificate_with_names_that_cannot_be_read_is_no_crash(
    tmp_path: Path, oid: str, value: str,
) -> None:
    odd = TestAuthority(tmp_path, stamper=f"{oid} = DER:{value}")
    with pytest.raises(BadStamp):
        check_stamp(odd.answer(request_stamp(DATA).data), DATA, [odd.root])


@given(st.data())
def test_a_changed_stamp_is_refused(authority: TestAuthority, answer: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(answer) - 1))
    changed = answer[:at] + bytes([answer[at] ^ data.draw(st.integers(1, 255))]) + answer[at + 1:]
    try:
        found = check_stamp(changed, DATA, [authority.root])
    except BadStamp:
        return
    assert found == stamped_at(answer, DATA)  # a byte that says nothing


@given(st.binary(max_size=100))
def test_bytes_are_a_stamp_or_refused(data: bytes) -> None:
    with pytest.raises(BadStamp):
        stamped_at(data, DATA)
    with pytest.raises(BadStamp):
        stamped_at(data + bytes(MAX_STAMP), DATA)


def test_an_authority_that_fails_is_told(authority: TestAuthority) -> None:
    with authority.served() as url:
        for broken in (b"", b"x" * (MAX_STAMP + 10), authority.answer(request_stamp(b"other").data)):
            authority.broken = broken
            with pytest.raises(NoStamp):
                Authority(url).stamp(DATA)
        authority.broken = None
    with pytest.raises(NoStamp):
        Authority(url).stamp(DATA)


def test_the_day_s_checkpoint_is_stamped_exported_and_verified(
    authority: TestAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=SystemClock())
    add(centre, tmp_path)
    box = Box(centre, clock=SIMULATED)
    box.genesis()
    box.append(segment_of(b"video", MORNING, 60), MORNING + 61_000_000)
    centre.collector().take(box.messages())
    put(centre, b"video")
    with authority.served() as url:
        Keeper(centre.tree(), centre.store, centre.clock, 60, Authority(url).stamp, centre.keys.test).tick()
    folder = export_class(centre, "welder-1", tmp_path / "out").folder
    centre.store.close()
    assert [path.name for path in folder.rglob("stamp.tsr")] == ["stamp.tsr"]
    assert main([str(folder), "--lang", "en"]) == 0
    assert "none of an authority that was given (--stamp-root)" in capsys.readouterr().out
    assert main([str(folder), "--lang", "en", "--stamp-root", str(authority.folder / "root.pem")]) == 0
    assert "A time-stamping authority that was given stamped the tree of" in capsys.readouterr().out
    other = tmp_path / "other"
    other.mkdir()
    TestAuthority(other)
    assert main([str(folder), "--lang", "en", "--stamp-root", str(other / "root.pem")]) == 0
    assert "but none of an authority that was given (--stamp-root): anybody can have made it" in capsys.readouterr().out
    assert main([str(folder), "--lang", "en", "--stamp-root", str(tmp_path / "none")]) == 2
