"""A centre whose keys lie under a passphrase: what reads or makes one goes on with it, and nothing does without."""
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from central.authority import CA, TLS_CA, load_authority, sign_intermediates, tls_authorities
from central.backup.make import make
from central.cli import main
from central.devices.own import keep_certificate
from central.doctor import gather
from central.errors import BadKeyFile
from central.keys import accounts_key, load_centre_keys, sealing_key
from central.locked import LOCK, secret_files
from central.plans.ids import people_key
from central.wiring import Centre, init_centre, open_centre
from common import lock
from common.lock import is_locked
from tests.central.helpers import MORNING, FixedClock

WORD, NEW = b"a long passphrase", b"the next passphrase"
BACKUP = b"correct horse battery"
SHUT = "it is locked, and no passphrase came with this call"
LOADERS: dict[str, Callable[[Path], object]] = {
    "centre.key": load_centre_keys, "names.key": load_centre_keys, "sealing.key": sealing_key,
    "accounts.key": accounts_key, "people.key": people_key,
    "ca.pem": lambda keys: load_authority(keys / CA), "tls-ca.pem": lambda keys: list(tls_authorities(keys)),
}
COMMANDS = (
    ("collect",), ("serve",), ("devices",), ("broker",), ("webhook", "run"), ("alarms", "run"), ("box", "list"),
    ("sealing-key",), ("user", "list"), ("tree", "key"), ("root", "sign", "--root", "{to}"), ("doctor",),
    ("backup", "make", "--to", "{to}", "--passphrase-file", "{word}"))


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The passphrase as systemd hands it over, cheap to try."""
    path = tmp_path / "given" / LOCK.credential
    path.parent.mkdir()
    path.write_bytes(WORD + b"\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    monkeypatch.setattr(lock, "COST", 2)
    return path


@pytest.fixture
def folder(tmp_path: Path, new_centre: Path) -> Path:
    """Of a centre whose keys lie in plain, all of them made."""
    shutil.copytree(new_centre, tmp_path / "centre")
    for load in LOADERS.values():
        load(tmp_path / "centre/keys")
    return tmp_path / "centre"


@pytest.fixture
def locked(folder: Path, given: Path) -> Path:
    LOCK.lock_keys(folder / "keys", WORD)
    return folder


def all_locked(keys: Path) -> bool:
    return all(is_locked((keys / name).read_bytes()) for name in secret_files(keys))


def test_every_secret_file_of_a_centre_is_known(folder: Path) -> None:
    """What is not, is public; the rest that may lie here says why in the first lines of central/locked.py."""
    others = {path.name for path in (folder / "keys").iterdir()} - set(secret_files(folder / "keys"))
    assert others == {"centre.pem", "root.pem", "tls-root.pem"} and set(LOADERS) == set(secret_files(folder / "keys"))


@pytest.mark.parametrize("name", LOADERS)
def test_each_key_opens_with_the_passphrase_alone(
    locked: Path, given: Path, monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:
    keys, load = locked / "keys", LOADERS[name]
    load(keys)
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    given.write_bytes(NEW)
    with pytest.raises(BadKeyFile, match="the passphrase does not open it"):
        load(keys)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(BadKeyFile, match=SHUT):
        load(keys)
    assert before == {path.name: path.read_bytes() for path in keys.iterdir()}


def test_a_new_centre_has_locked_keys_where_a_passphrase_is_given(tmp_path: Path, given: Path) -> None:
    init_centre(tmp_path / "centre", test_keys=True, clock=FixedClock()).store.close()
    keys = tmp_path / "centre/keys"
    assert all_locked(keys) and load_centre_keys(keys).name == "centre"
    assert load_authority(keys / CA) and {(keys / one).stat().st_mode & 0o777 for one in secret_files(keys)} == {0o600}


@pytest.mark.parametrize(("name", "make_one"), [
    ("sealing.key", lambda keys: sealing_key(keys).private_bytes_raw()), ("accounts.key", accounts_key),
    ("people.key", people_key),
])
def test_a_key_that_is_made_later_is_locked_as_the_others_are(
    folder: Path, given: Path, monkeypatch: pytest.MonkeyPatch, name: str, make_one: Callable[[Path], bytes],
) -> None:
    keys = folder / "keys"
    (keys / name).unlink()
    assert make_one(keys) and not is_locked((keys / name).read_bytes()), "the others lie in plain"
    LOCK.lock_keys(keys, WORD)
    (keys / name).unlink()
    for word in (NEW, None):
        given.write_bytes(word) if word else given.unlink()
        with pytest.raises(BadKeyFile, match=r"centre\.key"):
            make_one(keys)
        assert not list(keys.glob(f"*{name}*")), "with another passphrase, or none, it would be lost or lie open"
    given.write_bytes(WORD)
    LOCK.relock_keys(keys, WORD, NEW)
    with pytest.raises(BadKeyFile, match="is being changed"):
        make_one(keys)
    LOCK.lock_keys(keys, WORD)
    made = make_one(keys)
    assert is_locked((keys / name).read_bytes()) and make_one(keys) == made


def test_authorities_are_made_anew_and_earlier_ones_go_on_to_sign(locked: Path) -> None:
    keys = locked / "keys"
    first = load_authority(keys / TLS_CA)
    sign_intermediates(locked / "root", None, keys, "centre", MORNING)
    now = list(tls_authorities(keys))
    assert all_locked(keys) and len(now) == 2 and len(secret_files(keys)) == len(LOADERS) + 1
    assert now[1].certificate == first.certificate and now[0].certificate != first.certificate
    assert now[1].key.private_bytes_raw() == first.key.private_bytes_raw()
    sign_intermediates(locked / "root", None, keys, "centre", MORNING, forget=True)
    assert all_locked(keys) and len(list(tls_authorities(keys))) == 1
    assert keep_certificate(keys, "centre", ["centre.example"], MORNING)


def test_a_centre_runs_and_its_doctor_reads_its_certificates(locked: Path) -> None:
    centre = open_centre(locked, FixedClock())
    try:
        assert centre.keep_certificate() and centre.door() and centre.plans()
        assert gather._certificates(centre)
    finally:
        centre.store.close()


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_without_the_passphrase_says_so_and_what_to_do(
    locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    (tmp_path / "word").write_bytes(BACKUP)
    (tmp_path / "word").chmod(0o600)
    said = [one.format(to=tmp_path / "to", word=tmp_path / "word") for one in words]
    for lang, told in (("en", SHUT), ("zh", "本次调用没有得到口令")):
        assert main(["--lang", lang, *said, "--centre", str(locked)]) == 2
        err = capsys.readouterr().err
        assert told in err and "--keys-passphrase-file" in err and len(err.splitlines()) == 1


def test_an_update_tries_the_database_without_any_key(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert main(["schema", "--try", "--centre", str(locked)]) == 0


def test_a_backup_comes_back_with_the_passphrase_that_the_keys_had(
    locked: Path, given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    centre: Centre = open_centre(locked, FixedClock())
    backup = make(centre, tmp_path / "to", BACKUP, False, lambda _: None)
    root = centre.root_fingerprint
    centre.store.close()
    for name, word in (("word", BACKUP), ("old", WORD), ("new", NEW)):
        (tmp_path / name).write_bytes(word)
        (tmp_path / name).chmod(0o600)
    again = ["backup", "restore", str(backup.folder), "--passphrase-file", str(tmp_path / "word"), "--centre",
             str(tmp_path / "again")]
    given.write_bytes(NEW)  # another machine, or it was changed since
    for file, lang, told in (("", "en", "does not open"), ("", "zh", "当时的密钥口令"), ("new", "en", "does not open")):
        option = ["--keys-passphrase-file", str(tmp_path / file)] if file else []
        assert main(["--lang", lang, *again, *option]) == 2
        said = capsys.readouterr().err
        assert told in said and "--keys-passphrase-file" in said and "keys/" in said
        assert not (tmp_path / "again").exists()
    (tmp_path / "old").chmod(0o644)
    assert main(["--lang", "en", *again, "--keys-passphrase-file", str(tmp_path / "old")]) == 2
    assert "chmod 600" in capsys.readouterr().err
    (tmp_path / "old").chmod(0o600)
    assert main(["--lang", "en", *again, "--keys-passphrase-file", str(tmp_path / "old")]) == 0
    assert root in capsys.readouterr().out
    assert all_locked(tmp_path / "again/keys")
    given.write_bytes(WORD)
    assert load_centre_keys(tmp_path / "again/keys")
    shutil.rmtree(tmp_path / "again")
    assert main(["--lang", "en", *again]) == 0, "of this machine no passphrase need be told"
