"""Keys under a passphrase: what the machine hands over opens them, nothing else does, and none is ever lost."""
from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from edge import keys as edge_keys
from edge import lock as edge_lock
from edge.cli import main
from edge.errors import BadKeyFile, BadKeys
from edge.keys import (
    SECRET,
    load_device_key,
    load_keys,
    lock_keys,
    make_box_keys,
    make_waiting_keys,
    relock_keys,
    self_certified,
)
from edge.lock import CREDENTIAL, HEAD, NEXT, lock, new_salt, unlock
from provisioning.install.ends import BESIDE, KEYS_CREDENTIAL, LOCKED
from provisioning.install.plan import COMMAND

WORD = b"a long passphrase"


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The passphrase as systemd hands it over, with the end of line that an editor leaves."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / CREDENTIAL).write_bytes(WORD + b"\r\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))
    return tmp_path / "given" / CREDENTIAL


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A box whose keys lie in plain."""
    make_box_keys(tmp_path / "box/keys", self_certified("box-1", 0))
    return tmp_path / "box"


def test_new_keys_are_locked_where_a_passphrase_is_given_and_load_with_it_alone(
    tmp_path: Path, given: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = tmp_path / "box/keys"
    make_box_keys(keys, self_certified("box-1", 0))
    device = load_keys(keys).device.private_bytes_raw()
    assert all((keys / name).read_bytes().startswith(HEAD) for name in SECRET)
    assert b"CERTIFICATE" in (keys / "device.crt").read_bytes()
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    given.write_bytes(b"another passphrase")
    with pytest.raises(BadKeyFile, match="does not open"):
        load_keys(keys)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(BadKeyFile, match="no passphrase came"):
        load_keys(keys)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))  # of a unit with other credentials
    with pytest.raises(BadKeyFile, match="no passphrase came"):
        load_device_key(keys)
    (tmp_path / CREDENTIAL).write_bytes(WORD)
    assert load_keys(keys).device.private_bytes_raw() == device


def test_a_box_that_waits_for_its_centre_has_locked_keys_too(tmp_path: Path, given: Path) -> None:
    public = make_waiting_keys(tmp_path / "keys")
    assert all((tmp_path / "keys" / name).read_bytes().startswith(HEAD) for name in SECRET)
    assert "PUBLIC KEY" in public and load_device_key(tmp_path / "keys")


def test_plain_keys_load_as_before_and_the_same_keys_are_locked(
    box: Path, given: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    before = load_keys(box / "keys")
    assert main(["--lang", "en", "lock-keys", "--box", str(box)]) == 0
    assert "locked now (3 files)" in capsys.readouterr().out
    after = load_keys(box / "keys")
    assert (after.device.private_bytes_raw(), after.sealing.private_bytes_raw(), after.data) == (
        before.device.private_bytes_raw(), before.sealing.private_bytes_raw(), before.data)
    assert not any(secret in path.read_bytes() for path in (box / "keys").iterdir()
                   for secret in (before.data, b"PRIVATE KEY"))
    files = {path: path.read_bytes() for path in (box / "keys").iterdir()}
    assert main(["--lang", "en", "lock-keys", "--box", str(box)]) == 0
    assert "locked already" in capsys.readouterr().out
    assert files == {path: path.read_bytes() for path in (box / "keys").iterdir()}


def test_with_another_passphrase_or_none_nothing_is_locked(
    box: Path, given: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    salt = new_salt()
    locked = lock("data.key", (box / "keys/data.key").read_bytes(), b"the first passphrase", salt)
    (box / "keys/data.key").write_bytes(locked)
    before = {path: path.read_bytes() for path in (box / "keys").iterdir()}
    with pytest.raises(BadKeyFile, match=r"data\.key"):
        lock_keys(box / "keys", WORD)
    given.write_bytes(b"too short\nfor the first line counts")
    assert main(["--lang", "en", "lock-keys", "--box", str(box)]) == 2
    assert "12 to 1024" in capsys.readouterr().err
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert main(["--lang", "en", "lock-keys", "--box", str(box)]) == 2
    assert "--keys-passphrase-file" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in (box / "keys").iterdir()}


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_whatever_a_power_cut_leaves_loads_and_is_locked_by_the_next_try(
    box: Path, given: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int,
) -> None:
    data, real, left = load_keys(box / "keys").data, edge_keys.replace, [killed_after]

    def cut(path: Path, content: bytes) -> None:
        if not left[0]:
            raise OSError("cut")
        left[0] -= 1
        real(path, content)

    monkeypatch.setattr(edge_keys, "replace", cut)
    with pytest.raises(BadKeys):
        lock_keys(box / "keys", WORD)
    assert load_keys(box / "keys").data == data
    # By the last of them the installer sees whether all are.
    assert not (box / "keys/device.pem").read_bytes().startswith(HEAD)
    monkeypatch.setattr(edge_keys, "replace", real)
    assert lock_keys(box / "keys", WORD) == 3 - killed_after
    assert load_keys(box / "keys").data == data


NEW = b"the next passphrase"


def opens(box: Path, given: Path, word: bytes) -> bool:
    given.write_bytes(word)
    try:
        return bool(load_keys(box / "keys").data)
    except BadKeyFile:
        return False


@pytest.fixture
def locked(box: Path, given: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A box whose keys are locked, by a passphrase that is cheap to try."""
    monkeypatch.setattr(edge_lock, "COST", 2)
    lock_keys(box / "keys", WORD)
    return box


def test_the_passphrase_is_changed_and_the_keys_stay_the_same(
    locked: Path, given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    before, words = load_keys(locked / "keys").data, tmp_path / "new"
    words.write_bytes(NEW + b"\n")
    command = ["--lang", "en", "relock-keys", "--box", str(locked), "--new-passphrase-file", str(words)]
    assert main(command) == 0 and "(3 files)" in capsys.readouterr().out
    assert opens(locked, given, WORD) and opens(locked, given, NEW) and not opens(locked, given, b"some other words")
    given.write_bytes(NEW)
    assert main(["--lang", "en", "lock-keys", "--box", str(locked)]) == 0
    assert load_keys(locked / "keys").data == before and not opens(locked, given, WORD)
    assert {path.name for path in (locked / "keys").iterdir()} == {*SECRET, "device.crt", "root.crt"}
    assert {path.stat().st_mode & 0o777 for path in (locked / "keys").iterdir()} == {0o600}
    assert relock_keys(locked / "keys", WORD, NEW) == 0, "said again it changes nothing"
    words.write_bytes(b"too short\n")
    assert main(command) == 2 and "12 to 1024" in capsys.readouterr().err


@pytest.mark.parametrize("steps", range(7))
def test_a_kill_while_the_passphrase_changes_leaves_keys_that_what_the_machine_holds_opens(
    locked: Path, given: Path, monkeypatch: pytest.MonkeyPatch, steps: int,
) -> None:
    """Before each rename: the old one opens them until the machine holds the new one, and from then on that does."""
    held, left, real = [WORD], [steps], os.rename

    def rename(source: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(source, target)

    def change() -> None:
        relock_keys(locked / "keys", WORD, NEW)
        held[0] = NEW
        lock_keys(locked / "keys", NEW)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) if steps < 6 else contextlib.nullcontext():
        patch.setattr(os, "rename", rename)
        change()
    assert opens(locked, given, held[0])
    assert opens(locked, given, WORD) == (steps < 4)
    change()
    assert opens(locked, given, NEW) and not opens(locked, given, WORD)


def test_a_change_that_was_begun_is_taken_back_and_a_wrong_passphrase_changes_nothing(
    locked: Path, given: Path,
) -> None:
    relock_keys(locked / "keys", WORD, NEW)
    before = {path: path.read_bytes() for path in (locked / "keys").iterdir()}
    for change in (lambda: lock_keys(locked / "keys", b"some other words"),
                   lambda: relock_keys(locked / "keys", b"some other words", b"still another one")):
        with pytest.raises(BadKeyFile, match="does not open"):
            change()
    assert before == {path: path.read_bytes() for path in (locked / "keys").iterdir()}
    assert lock_keys(locked / "keys", WORD) == 0
    assert opens(locked, given, WORD) and not opens(locked, given, NEW)
    assert not list((locked / "keys").glob("*.next"))


def test_no_file_stands_for_another_and_none_is_opened_that_was_changed(tmp_path: Path) -> None:
    locked = lock("data.key", b"secret", WORD, new_salt())
    assert unlock(tmp_path / "data.key", locked, WORD) == b"secret"
    for path, data in (("device.pem", locked), ("data.key", locked[:-1]), ("data.key", HEAD), ("data.key", HEAD + b"x"),
                       *(("data.key", locked[:at] + b"\x00" + locked[at + 1:]) for at in (20, 40, 50) if locked[at])):
        with pytest.raises(BadKeyFile, match=path):
            unlock(tmp_path / path, data, WORD)


def test_the_installer_knows_a_locked_key_and_the_name_of_the_passphrase() -> None:
    assert LOCKED == HEAD and BESIDE == NEXT and KEYS_CREDENTIAL.endswith("/" + CREDENTIAL) and CREDENTIAL in COMMAND
