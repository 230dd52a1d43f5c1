"""The passphrase of a box's keys: sealed to the machine by systemd-creds as it is, the keys under it, none lost."""
from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from edge import lock
from edge.cli import main
from edge.errors import BadKeyFile
from edge.keys import load_device_key, make_waiting_keys, relock_keys
from provisioning.install import ends
from provisioning.install.ends import BOX, KEYS_CREDENTIAL, LENT, LOCKED, end_items
from provisioning.install.host import Host
from provisioning.install.items import Item
from provisioning.install.options import Options
from provisioning.install.release import Source
from provisioning.install.said import InstallError
from provisioning.install.words import too_old

WORDS = "a long passphrase\n"
pytestmark = pytest.mark.skipif(not shutil.which("systemd-creds"), reason="systemd is older than 250, or not here")


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
    monkeypatch.setattr(ends.os, "chown", lambda *_: None)
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
    """A box whose keys are locked for real, by the box's own commands; of the programs of systemd stand-ins."""

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
        self.host, self.keys, self.steps, self.monkeypatch = host, host.at(f"{folder}/keys"), -1, monkeypatch
        monkeypatch.setattr(lock, "COST", 2)
        monkeypatch.setattr(Host, "run", lambda _, *words: self._run([str(word) for word in words]))
        monkeypatch.setattr(Host, "succeeds", lambda _, *words: self._creds([str(word) for word in words]))
        monkeypatch.setattr(ends.os, "chown", lambda *_: None)
        monkeypatch.setattr(Host, "ids", lambda *_: (0, 0))
        for path in ("/run", "/etc", "/root"):
            host.at(path).mkdir(exist_ok=True)
        make_waiting_keys(self.keys)
        self.key = load_device_key(self.keys).private_bytes_raw()

    def item(self, words: str, change: bool = True) -> Item:
        self.host.at("/root/words").write_text(words)
        options = Options("box", Source(self.host.root, "1.0", False), keys_file=self.host.at("/root/words"),
                          change_keys=change)
        return next(item for item in end_items(options) if item.name == "keys")

    def opens(self, words: str) -> bool:
        with self.monkeypatch.context() as patch:
            self.host.at("/root/zaitang.keys").write_text(words)
            patch.setenv("CREDENTIALS_DIRECTORY", str(self.host.at("/root")))
            try:
                return load_device_key(self.keys).private_bytes_raw() == self.key
            except BadKeyFile:
                return False

    def held(self) -> str:
        return self.host.at(KEYS_CREDENTIAL).read_text().removeprefix("sealed")

    def _run(self, words: list[str]) -> list[str]:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps -= 1
        if words[0] == "systemd-creds":
            assert self._creds(words)
            return []
        given = next(word.partition("=")[2] for word in words if word.startswith("CREDENTIALS_DIRECTORY="))
        command = words[words.index("--lang"):]
        command[command.index("--box") + 1] = str(self.host.at(command[command.index("--box") + 1]))
        with self.monkeypatch.context() as patch:
            patch.setenv("CREDENTIALS_DIRECTORY", given)
            if main(command):
                raise InstallError("x", "x")
        return []

    def _creds(self, words: list[str]) -> bool:
        source, target = Path(words[-2]), Path(words[-1])
        data = source.read_bytes()
        if words[1] == "decrypt" and not data.startswith(b"sealed"):
            return False
        target.write_bytes(b"sealed" + data if words[1] == "encrypt" else data.removeprefix(b"sealed"))
        return True


@pytest.mark.parametrize("folder", [BOX, f"{BOX}/.new"])
@pytest.mark.parametrize("steps", range(4))
def test_the_passphrase_is_changed_and_whatever_cuts_it_off_the_machine_opens_the_keys(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch, steps: int, folder: str,
) -> None:
    box = Changing(host_of(), monkeypatch, folder)
    box.item(WORDS, change=False).do(box.host)
    with pytest.raises(InstallError):
        box.item(NEW, change=False).do(box.host)
    assert box.opens(WORDS) and box.held() == WORDS, "another one is refused, unless that is what was asked for"
    changed, box.steps = box.item(NEW), steps
    with pytest.raises(KeyboardInterrupt) if steps < 3 else nullcontext():
        changed.do(box.host)
    assert box.opens(box.held()) and box.held() == (WORDS if steps < 2 else NEW)
    box.steps = -1
    assert changed.done(box.host) == (steps == 3)
    box.item(NEW, change=steps != 2).do(box.host)  # what was begun is ended also by who does not say it again
    assert changed.done(box.host) and box.held() == NEW and box.opens(NEW) and not box.opens(WORDS)
    assert not box.host.at(LENT).exists() and not list(box.host.at("/run").iterdir())


def test_a_change_of_what_the_machine_does_not_open_is_refused(
    host_of: Callable[..., Host], monkeypatch: pytest.MonkeyPatch,
) -> None:
    box = Changing(host_of(), monkeypatch, BOX)
    box.item(WORDS, change=False).do(box.host)
    box.host.at(KEYS_CREDENTIAL).write_text("of a TPM that was cleared")
    with pytest.raises(InstallError) as refused:
        box.item(NEW).do(box.host)
    assert "give that one first" in refused.value.said.en and box.opens(WORDS) and not box.opens(NEW)
    box.item(WORDS, change=False).do(box.host)
    relock_keys(box.keys, WORDS.strip().encode(), NEW.strip().encode())  # cut off before the credential is replaced
    assert not box.item(WORDS, change=False).done(box.host)
    box.item(NEW, change=False).do(box.host)
    assert box.opens(NEW) and not box.opens(WORDS) and box.held() == NEW


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
