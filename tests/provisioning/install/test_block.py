"""Lines of ours in a file of somebody else."""
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.install.apply import install, remove
from provisioning.install.block import BEGIN, END, Block, with_block
from provisioning.install.host import Host
from provisioning.install.said import InstallError, Said

NAME = "/boot/firmware/config.txt"
BYTES = b"# \xff of theirs\r\n[cm4]\r\notg_mode=1\r\n"
ONE = Block(NAME, Said("一", "one"), lines=("[all]", "dtoverlay=i2c-rtc,ds3231"))
OTHER = Block(NAME, Said("二", "two"), lines=("[all]", "dtparam=rtc_bbat_vchg=3000000"))
LINES = st.text(st.characters(exclude_categories=("Cs",))).filter(lambda text: "zaitang" not in text)


def put(host: Host, content: bytes) -> Path:
    path = host.at(NAME)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_ours_stand_at_the_end_once_are_replaced_and_go_again(host_of: Callable[..., Host]) -> None:
    path = put(host_of(), BYTES)
    path.chmod(0o755)
    assert install(host_of(), [ONE], "box") == 1 and install(host_of(), [ONE], "box") == 0
    assert path.read_bytes() == BYTES + b"# >>> zaitang\n[all]\ndtoverlay=i2c-rtc,ds3231\n# <<< zaitang\n"
    path.write_bytes(path.read_bytes() + b"later=1\r\n")
    assert install(host_of(), [OTHER], "box") == 1
    ours = b"# >>> zaitang\n[all]\ndtparam=rtc_bbat_vchg=3000000\n# <<< zaitang\n"
    assert path.read_bytes() == BYTES + ours + b"later=1\r\n"
    assert remove(host_of(), "box") == 1
    assert path.read_bytes() == BYTES + b"later=1\r\n" and path.stat().st_mode & 0o777 == 0o755


def test_the_file_stays_the_same_one_and_what_is_theirs_is_not_written_anew(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = put(host_of(), BYTES)
    file, written = path.stat().st_ino, list[tuple[int, bytes]]()
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda to, data, at: written.append((at, data)) or real(to, data, at))
    install(host_of(), [ONE], "box")
    install(host_of(), [OTHER], "box")
    remove(host_of(), "box")
    assert path.stat().st_ino == file and path.read_bytes() == BYTES
    assert all(at >= len(BYTES) for at, _ in written) and len(written) == 3


def test_where_there_is_no_such_file_it_says_so(host_of: Callable[..., Host]) -> None:
    with pytest.raises(InstallError, match="boot partition"):
        install(host_of(), [ONE], "box")


def test_a_file_that_went_meanwhile_is_no_error(host_of: Callable[..., Host]) -> None:
    path = put(host_of(), b"a=1\n")
    install(host_of(), [ONE], "box")
    path.unlink()
    assert remove(host_of(), "box") == 1 and not path.exists()


@given(LINES, LINES)
def test_nothing_of_theirs_changes(before: str, after: str) -> None:
    ours, others = f"{BEGIN}\na\n{END}\n", f"{BEGIN}\nb\n{END}\n"
    ended = before if before.endswith("\n") or not before else before + "\n"
    text = with_block(before, ours) + after
    assert text == ended + ours + after
    assert with_block(text, others) == ended + others + after
    assert with_block(f"{text}\n{others}", ours) == text + "\n"
    assert with_block(text, "") == ended + after
