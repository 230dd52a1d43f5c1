"""Keys of both ends under a passphrase: what the machine hands over opens them, nothing else does; none is lost."""
from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from central.cli import main as central_main
from central.errors import BadKeyFile as BadCentreKeyFile
from central.keys import accounts_key, load_centre_keys, make_centre_keys
from central.locked import FIRST, OTHERS
from central.locked import LOCK as CENTRE_LOCK
from common import lock as common_lock
from common.lock import HEAD, NEXT, Lock, lock, new_salt, unlock
from edge.cli import main as edge_main
from edge.errors import BadKeyFile
from edge.keys import LOCK as BOX_LOCK
from edge.keys import SECRET, load_keys, make_box_keys, self_certified
from evidence.errors import BadInput
from provisioning.install.keys import BESIDE, BOX_KEYS, CENTRE_KEYS, LOCKED

WORD, NEW = b"a long passphrase", b"the next passphrase"


@dataclasses.dataclass
class End:
    """A box or a centre whose keys lie in plain, and the passphrase `given` as systemd hands it over. `load`: reads all
    its secret keys."""

    folder: Path
    given: Path
    lock: Lock
    load: Callable[[], tuple[bytes, ...]]
    main: Callable[[list[str]], int]
    option: str

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def secret(self) -> list[str]:
        return list(self.lock.secret(self.keys))

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.keys.iterdir()}

    def opens(self, word: bytes) -> bool:
        self.given.write_bytes(word)
        try:
            return bool(self.load())
        except BadInput:
            return False

    def do(self, command: str, *more: str) -> int:
        return self.main(["--lang", "en", command, self.option, str(self.folder), *more])


@pytest.fixture(params=["box", "centre"])
def end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> End:
    folder, given = tmp_path / "end", tmp_path / "given"
    given.mkdir()
    folder.mkdir()
    if request.param == "box":
        make_box_keys(folder / "keys", self_certified("box-1", 0))

        def of_box() -> tuple[bytes, ...]:
            keys = load_keys(folder / "keys")
            return keys.device.private_bytes_raw(), keys.sealing.private_bytes_raw(), keys.data

        made = End(folder, given / "zaitang.keys", BOX_LOCK, of_box, edge_main, "--box")
    else:
        make_centre_keys(folder / "keys", folder / "root", "centre", 0, True, None)
        accounts_key(folder / "keys")

        def of_centre() -> tuple[bytes, ...]:
            keys = load_centre_keys(folder / "keys")
            secret = [CENTRE_LOCK.plain(folder / "keys" / name) for name in CENTRE_LOCK.secret(folder / "keys")]
            return keys.signer.keyid.encode(), keys.names_key, *secret

        made = End(folder, given / "zaitang.centre-keys", CENTRE_LOCK, of_centre, central_main, "--centre")
    # With the end of line that an editor leaves.
    made.given.write_bytes(WORD + b"\r\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    monkeypatch.setattr(common_lock, "COST", 2)
    return made


def test_plain_keys_load_as_before_and_the_same_keys_are_locked(
    end: End, capsys: pytest.CaptureFixture[str],
) -> None:
    before, public = end.load(), set(end.files()) - set(end.secret)
    plain = [end.files()[name] for name in end.secret]
    assert end.do("lock-keys") == 0
    assert f"locked now ({len(end.secret)} files)" in capsys.readouterr().out
    assert end.load() == before
    assert not any(secret in data for data in end.files().values() for secret in (b"PRIVATE KEY", *plain))
    assert all(end.files()[name].startswith(HEAD) for name in end.secret)
    assert all(b"CERTIFICATE" in end.files()[name] for name in public)
    files = end.files()
    assert end.do("lock-keys") == 0
    assert "locked already" in capsys.readouterr().out
    assert files == end.files()


def test_without_the_passphrase_they_do_not_load_and_the_error_says_what_to_do(
    end: End, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    before = end.load()
    end.lock.lock_keys(end.keys, WORD)
    end.given.write_bytes(b"another passphrase")
    with pytest.raises((BadKeyFile, BadCentreKeyFile), match="does not open"):
        end.load()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises((BadKeyFile, BadCentreKeyFile), match="no passphrase came"):
        end.load()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))  # of a unit with other credentials
    with pytest.raises((BadKeyFile, BadCentreKeyFile), match="no passphrase came"):
        end.load()
    (tmp_path / end.lock.credential).write_bytes(WORD)
    assert end.load() == before


def test_with_another_passphrase_or_none_nothing_is_locked(
    end: End, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    name = end.secret[0]
    (end.keys / name).write_bytes(lock(name, (end.keys / name).read_bytes(), b"the first passphrase", new_salt()))
    before = end.files()
    with pytest.raises((BadKeyFile, BadCentreKeyFile), match=name):
        end.lock.lock_keys(end.keys, WORD)
    end.given.write_bytes(b"too short\nfor the first line counts")
    assert end.do("lock-keys") == 2
    assert "12 to 1024" in capsys.readouterr().err
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert end.do("lock-keys") == 2
    assert "--keys-passphrase-file" in capsys.readouterr().err
    assert before == end.files()


def test_whatever_a_power_cut_leaves_loads_and_is_locked_by_the_next_try(end: End) -> None:
    before, left, names = end.load(), [0], end.secret
    for killed_after in range(len(names)):
        plain = end.files()
        left[0] = killed_after

        def cut(path: Path, content: bytes) -> None:
            if not left[0]:
                raise OSError("cut")
            left[0] -= 1
            end.lock.replace(path, content)

        with pytest.raises((BadKeyFile, BadCentreKeyFile), match="cut"):
            dataclasses.replace(end.lock, replace=cut).lock_keys(end.keys, WORD)
        assert end.load() == before
        assert end.files()[names[-1]] == plain[names[-1]], "where the last is locked, all are"
        assert end.lock.lock_keys(end.keys, WORD) == len(names) - killed_after
        assert end.load() == before
        for name, data in plain.items():
            (end.keys / name).write_bytes(data)


@pytest.fixture
def locked(end: End) -> End:
    end.lock.lock_keys(end.keys, WORD)
    return end


def test_the_passphrase_is_changed_and_the_keys_stay_the_same(
    locked: End, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    before, names, words = locked.load(), set(locked.files()), tmp_path / "new"
    words.write_bytes(NEW + b"\n")
    assert locked.do("relock-keys", "--new-passphrase-file", str(words)) == 0
    assert f"({len(locked.secret)} files)" in capsys.readouterr().out
    assert locked.opens(WORD) and locked.opens(NEW) and not locked.opens(b"some other words")
    locked.given.write_bytes(NEW)
    assert locked.do("lock-keys") == 0
    assert locked.load() == before and not locked.opens(WORD)
    assert set(locked.files()) == names
    assert {(locked.keys / name).stat().st_mode & 0o777 for name in locked.secret} == {0o600}
    assert locked.lock.relock_keys(locked.keys, WORD, NEW) == 0, "said again it changes nothing"
    words.write_bytes(b"too short\n")
    locked.given.write_bytes(NEW)
    assert locked.do("relock-keys", "--new-passphrase-file", str(words)) == 2
    assert "12 to 1024" in capsys.readouterr().err


def test_a_kill_while_the_passphrase_changes_leaves_keys_that_what_the_machine_holds_opens(
    locked: End, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before each rename: the old one opens them until the machine holds the new one, and from then on that does."""
    held, left, real, count, before = [WORD], [0], os.rename, len(locked.secret), locked.files()

    def rename(source: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        real(source, target)

    def change() -> None:
        locked.lock.relock_keys(locked.keys, WORD, NEW)
        held[0] = NEW
        locked.lock.lock_keys(locked.keys, NEW)

    for steps in range(2 * count + 1):
        held[0], left[0] = WORD, steps
        killed = pytest.raises(KeyboardInterrupt) if steps < 2 * count else contextlib.nullcontext()
        with monkeypatch.context() as patch, killed:
            patch.setattr(os, "rename", rename)
            change()
        assert locked.opens(held[0])
        assert locked.opens(WORD) == (steps < count + 1)
        change()
        assert locked.opens(NEW) and not locked.opens(WORD) and not list(locked.keys.glob("*.next"))
        for name, data in before.items():
            (locked.keys / name).write_bytes(data)


def test_a_change_that_was_begun_is_taken_back_and_a_wrong_passphrase_changes_nothing(locked: End) -> None:
    locked.lock.relock_keys(locked.keys, WORD, NEW)
    before = locked.files()
    for change in (lambda: locked.lock.lock_keys(locked.keys, b"some other words"),
                   lambda: locked.lock.relock_keys(locked.keys, b"some other words", b"still another one")):
        with pytest.raises((BadKeyFile, BadCentreKeyFile), match="does not open"):
            change()
    assert before == locked.files()
    assert locked.lock.lock_keys(locked.keys, WORD) == 0
    assert locked.opens(WORD) and not locked.opens(NEW)
    assert not list(locked.keys.glob("*.next"))


def test_no_file_stands_for_another_and_none_is_opened_that_was_changed() -> None:
    locked = lock("data.key", b"secret", WORD, new_salt())
    assert unlock("data.key", locked, WORD) == b"secret"
    for name, data in (("device.pem", locked), ("data.key", locked[:-1]), ("data.key", HEAD), ("data.key", HEAD + b"x"),
                       *(("data.key", locked[:at] + b"\x00" + locked[at + 1:]) for at in (20, 40, 50) if locked[at])):
        assert unlock(name, data, WORD) is None


def test_the_installer_knows_a_locked_key_and_the_name_of_the_passphrase(end: End) -> None:
    assert LOCKED == HEAD and BESIDE == NEXT
    known = BOX_KEYS if end.option == "--box" else CENTRE_KEYS
    assert (known.name, known.option, known.first) == (end.lock.credential, end.option, end.secret[-1])
    assert known.secret == (SECRET if end.option == "--box" else (*OTHERS, FIRST))
    (end.keys / "console.key").write_bytes(b"somebody's own, which neither locks")
    assert [path.name for path in known.files(end.keys)] == end.secret
