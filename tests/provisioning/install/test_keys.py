"""The passphrase of keys: sealed to the machine by systemd-creds as it is, the keys of an end under it, none lost."""
from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from central.cli import main as central_main
from central.keys import load_centre_keys, make_centre_keys
from central.locked import FIRST, OTHERS
from central.locked import LOCK as CENTRE_LOCK
from common import lock
from edge.cli import main as edge_main
from edge.keys import LOCK as BOX_LOCK
from edge.keys import SECRET, load_device_key, make_waiting_keys
from evidence.errors import BadInput
from provisioning.install import lent
from provisioning.install.ends import end_items
from provisioning.install.host import Host
from provisioning.install.items import Item
from provisioning.install.keys import BOX_KEYS, CENTRE_KEYS, LOCKED
from provisioning.install.lent import LENT
from provisioning.install.options import Options
from provisioning.install.release import Source
from provisioning.install.said import InstallError
from provisioning.install.user import BOX, CENTRE
from provisioning.install.words import too_old

WORDS = "a long passphrase\n"
KEYS_CREDENTIAL = BOX_KEYS.credential
pytestmark = pytest.mark.skipif(not shutil.which("systemd-creds"), reason="systemd is older than 250, or not here")


def test_the_installer_knows_what_each_end_locks() -> None:
    """It runs before anything is installed, so it has names of its own."""
    assert (BOX_KEYS.secret, CENTRE_KEYS.secret, CENTRE_KEYS.first) == (SECRET, (*OTHERS, FIRST), FIRST)
    assert (BOX_KEYS.name, CENTRE_KEYS.name) == (BOX_LOCK.credential, CENTRE_LOCK.credential)
    assert LOCKED == lock.HEAD


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is run; of the programs of systemd a stand-in, by a key of the test's own: the machine's own is not made."""
    found = list[list[str]]()

    def run(host: Host, *words: str | Path) -> list[str]:
        said = [str(word) for word in words]
        found.append(said)
        if said[0] == "systemd-creds":
            source, target = Path(said[-2]), Path(said[-1])
            data = source.read_bytes()
            target.write_bytes(b"sealed" + data if said[1] == "encrypt" else data.removeprefix(b"sealed"))
        elif "lock-keys" in said:
            given = next(word.partition("=")[2] for word in said if word.startswith("CREDENTIALS_DIRECTORY="))
            assert (Path(given) / "zaitang.keys").read_text() == WORDS
            assert not host.at(KEYS_CREDENTIAL).exists()
            key = host.at(f"{BOX}/keys/device.pem")
            key.write_bytes(LOCKED + key.read_bytes())
        return []

    monkeypatch.setattr(Host, "run", run)
    monkeypatch.setattr(Host, "succeeds", lambda host, *words: Path(words[-2]).read_bytes().startswith(b"sealed")
                        and run(host, *words) == [])
    monkeypatch.setattr(lent.os, "chown", lambda *_: None)
    monkeypatch.setattr(Host, "ids", lambda *_: (0, 0))
    return found


def keys_item(host: Host) -> Item:
    passphrase = host.at("/root-passphrase")
    passphrase.write_text(WORDS)
    for folder in ("/run", "/etc"):
        host.at(folder).mkdir(exist_ok=True)
    return next(item for item in end_items(Options("box", Source(host.root, "1.0", False), keys_file=passphrase))
                if item.name == "keys")


def test_keys_that_lie_in_plain_are_locked_and_the_passphrase_is_no_file_of_the_disk(
    host_of: Callable[..., Host], called: list[list[str]], said: list[str],
) -> None:
    host = host_of()
    item = keys_item(host)
    key = host.at(f"{BOX}/keys/device.pem")
    key.parent.mkdir(parents=True)
    key.write_text("plain")
    assert not item.done(host)
    item.do(host)
    assert item.done(host) and item.mark(host) is None, "what opens the keys stays as they do"
    credential = host.at(KEYS_CREDENTIAL)
    assert credential.stat().st_mode & 0o777 == 0o600 and credential.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in credential.parent.iterdir()] == ["zaitang.keys"]
    assert not host.at(LENT).exists() and not list(host.at("/run").iterdir())
    assert "a long passphrase" not in str(called) and "restart zaitang-box.target" in said[-1]
    encrypted = called[0]
    assert encrypted[:5] == ["systemd-creds", "encrypt", "--with-key=auto", "--tpm2-pcrs=", "--name=zaitang.keys"]
    key.write_text("made later, in plain")
    assert not item.done(host)
    key.write_bytes(LOCKED)
    assert item.done(host)
    for other in (b"sealed another passphrase", b"of a TPM that was cleared"):
        credential.write_bytes(other)
        assert not item.done(host)


def test_a_box_that_is_not_made_yet_gets_the_passphrase_alone(
    host_of: Callable[..., Host], called: list[list[str]],
) -> None:
    host = host_of()
    item = keys_item(host)
    assert not item.done(host)
    item.do(host)
    assert item.done(host) and not any("lock-keys" in one for one in called)


@pytest.mark.parametrize("fails", ["decrypt", "lock-keys"])
def test_what_fails_leaves_the_credential_as_it_was(
    host_of: Callable[..., Host], called: list[list[str]], monkeypatch: pytest.MonkeyPatch, fails: str,
) -> None:
    host = host_of()
    item = keys_item(host)
    host.at(f"{BOX}/keys").mkdir(parents=True)
    host.at(f"{BOX}/keys/device.pem").write_text("plain")
    real = Host.run

    def run(host: Host, *words: str | Path) -> list[str]:
        if fails in words:
            raise InstallError("x", "x")
        return real(host, *words)

    monkeypatch.setattr(Host, "run", run)
    if fails == "decrypt":
        monkeypatch.setattr(Host, "succeeds", lambda *_: False)
    with pytest.raises(InstallError):
        item.do(host)
    assert not list(host.at(KEYS_CREDENTIAL).parent.iterdir()) and not item.done(host) and not host.at(LENT).exists()
    assert host.at(f"{BOX}/keys/device.pem").read_text() == "plain"


NEW = "another long passphrase\n"


class Changing:
    """A box or a centre whose keys are locked for real, by its own commands; of the programs of systemd stand-ins."""

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
        self.host, self.keys, self.steps, self.monkeypatch = host, host.at(f"{folder}/keys"), -1, monkeypatch
        self.end = "centre" if folder == CENTRE else "box"
        self.its = CENTRE_KEYS if folder == CENTRE else BOX_KEYS
        self.lock, self.main = (CENTRE_LOCK, central_main) if folder == CENTRE else (BOX_LOCK, edge_main)
        monkeypatch.setattr(lock, "COST", 2)
        monkeypatch.setattr(Host, "run", lambda _, *words: self._run([str(word) for word in words]))
        monkeypatch.setattr(Host, "succeeds", lambda _, *words: self._creds([str(word) for word in words]))
        monkeypatch.setattr(lent.os, "chown", lambda *_: None)
        monkeypatch.setattr(Host, "ids", lambda *_: (0, 0))
        for path in ("/run", "/etc", "/root"):
            host.at(path).mkdir(exist_ok=True)
        if folder == CENTRE:
            self.keys.parent.mkdir(parents=True)
            make_centre_keys(self.keys, self.keys.parent / "root", "centre", 0, True, None)
        else:
            make_waiting_keys(self.keys)
        self.key = self._key()

    def item(self, words: str, change: bool = True) -> Item:
        self.host.at("/root/words").write_text(words)
        options = Options(self.end, Source(self.host.root, "1.0", False), keys_file=self.host.at("/root/words"),
                          change_keys=change)
        return next(item for item in end_items(options) if item.name.endswith("keys"))

    def opens(self, words: str) -> bool:
        with self.monkeypatch.context() as patch:
            self.host.at(f"/root/{self.its.name}").write_text(words)
            patch.setenv("CREDENTIALS_DIRECTORY", str(self.host.at("/root")))
            try:
                return self._key() == self.key
            except BadInput:
                return False

    def held(self) -> str:
        return self.host.at(self.its.credential).read_text().removeprefix("sealed")

    def _key(self) -> str:
        if self.end == "centre":
            return load_centre_keys(self.keys).signer.keyid
        return load_device_key(self.keys).private_bytes_raw().hex()

    def _run(self, words: list[str]) -> list[str]:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps -= 1
        if words[0] == "systemd-creds":
            assert self._creds(words)
            return []
        given = next(word.partition("=")[2] for word in words if word.startswith("CREDENTIALS_DIRECTORY="))
        command = words[words.index("--lang"):]
        at = command.index(self.its.option) + 1
        command[at] = str(self.host.at(command[at]))
        with self.monkeypatch.context() as patch:
            patch.setenv("CREDENTIALS_DIRECTORY", given)
            if self.main(command):
                raise InstallError("x", "x")
        return []

    def _creds(self, words: list[str]) -> bool:
        source, target = Path(words[-2]), Path(words[-1])
        data = source.read_bytes()
        if words[1] == "decrypt" and not data.startswith(b"sealed"):
            return False
        target.write_bytes(b"sealed" + data if words[1] == "encrypt" else data.removeprefix(b"sealed"))
        return True


@pytest.mark.parametrize("folder", [BOX, f"{BOX}/.new", CENTRE])
@pytest.mark.parametrize("steps", range(4))
def test_the_passphrase_is_changed_and_whatever_cuts_it_off_the_machine_opens_the_keys(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch, steps: int, folder: str,
) -> None:
    end = Changing(host_of(), monkeypatch, folder)
    end.item(WORDS, change=False).do(end.host)
    with pytest.raises(InstallError):
        end.item(NEW, change=False).do(end.host)
    assert end.opens(WORDS) and end.held() == WORDS, "another one is refused, unless that is what was asked for"
    changed, end.steps = end.item(NEW), steps
    with pytest.raises(KeyboardInterrupt) if steps < 3 else nullcontext():
        changed.do(end.host)
    assert end.opens(end.held()) and end.held() == (WORDS if steps < 2 else NEW)
    end.steps = -1
    assert changed.done(end.host) == (steps == 3)
    end.item(NEW, change=steps != 2).do(end.host)  # what was begun is ended also by who does not say it again
    assert changed.done(end.host) and end.held() == NEW and end.opens(NEW) and not end.opens(WORDS)
    assert not end.host.at(LENT).exists() and not list(end.host.at("/run").iterdir())


@pytest.mark.parametrize("folder", [BOX, CENTRE])
def test_a_change_of_what_the_machine_does_not_open_is_refused(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch, folder: str,
) -> None:
    end = Changing(host_of(), monkeypatch, folder)
    end.item(WORDS, change=False).do(end.host)
    end.host.at(end.its.credential).write_text("of a TPM that was cleared")
    with pytest.raises(InstallError) as refused:
        end.item(NEW).do(end.host)
    assert "give that one first" in refused.value.said.en and end.opens(WORDS) and not end.opens(NEW)
    end.item(WORDS, change=False).do(end.host)
    # Cut off before the credential is replaced.
    end.lock.relock_keys(end.keys, WORDS.strip().encode(), NEW.strip().encode())
    assert not end.item(WORDS, change=False).done(end.host)
    end.item(NEW, change=False).do(end.host)
    assert end.opens(NEW) and not end.opens(WORDS) and end.held() == NEW


def test_a_key_that_a_centre_made_in_plain_later_is_seen(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a process that had been started before they were locked."""
    end = Changing(host_of(), monkeypatch, CENTRE)
    item = end.item(WORDS, change=False)
    item.do(end.host)
    assert item.done(end.host)
    (end.keys / "people.key").write_bytes(b"plain")
    (end.keys / "people.key").chmod(0o600)
    assert not item.done(end.host)
    item.do(end.host)
    assert item.done(end.host) and end.opens(WORDS) and LOCKED in (end.keys / "people.key").read_bytes()


def test_a_system_that_cannot_encrypt_it_refuses(tmp_path: Path) -> None:
    options = Options("box", Source(tmp_path, "1.0", False))
    given = Options("box", Source(tmp_path, "1.0", False), keys_file=tmp_path)
    jetpack = ("ubuntu", "22.04")
    assert [len(too_old(*one)) for one in (
        (options, jetpack), (given, jetpack), (given, ("debian", "12")))] == [0, 1, 0]


def test_systemd_takes_the_words(tmp_path: Path) -> None:
    """Under the key that `auto` is before the disk is there, so that this machine gets none; else as the installer."""
    (tmp_path / "words").write_text(WORDS)
    for verb, source, target in (("encrypt", "words", "sealed"), ("decrypt", "sealed", "opened")):
        how = ["--with-key=auto-initrd", "--tpm2-pcrs="] if verb == "encrypt" else []
        subprocess.run(["systemd-creds", verb, *how, "--name=zaitang.keys", tmp_path / source, tmp_path / target],
                       capture_output=True, timeout=30, check=True)
    assert (tmp_path / "opened").read_text() == WORDS
