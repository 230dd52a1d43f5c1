"""What root starts as the user of the services can do nothing to root: by its terminal, by a link, by a module."""
from __future__ import annotations

import os
import pty
import pwd
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central.centre_toml import TEMPLATES
from provisioning.install.ends import NEW_CENTRE, end_items
from provisioning.install.host import Host
from provisioning.install.journal import FOLDER, Journal
from provisioning.install.lent import AS_USER, CREDENTIALS
from provisioning.install.options import Options
from provisioning.install.plan import COMMAND, LENT_KEYS
from provisioning.install.release import Source
from provisioning.install.said import InstallError, Said
from tests.provisioning.install.conftest import DEBIAN

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
USER = "nobody"
"""Stands in for the user, which is not on every machine."""
PYTHON = "/usr/bin/python3"
TIOCSTI = Path("/proc/sys/dev/tty/legacy_tiocsti")
TYPE = 'import fcntl, termios; fcntl.ioctl({}, termios.TIOCSTI, b"#")'
OWN = TYPE.format(0), TYPE.format(2), "import os; " + TYPE.format('os.open("/dev/tty", os.O_RDWR)')
"""By what it was given, and by the name that each has for its own."""
as_user = [USER if word == "zaitang" else word for word in AS_USER]


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """The command in the PATH, of a program that is Python here."""
    path = tmp_path / "zaitang-central"
    path.write_text(re.sub(r"(-u|--) zaitang ", rf"\1 {USER} ", COMMAND.format(command=PYTHON)))
    assert path.read_text().count(USER) == 2
    path.chmod(0o755)
    return path


def at_a_terminal(line: str, typed: bytes = b"", after: bytes = b"") -> tuple[str, str]:
    """What a line of a shell says at a terminal, where `typed` is typed `after` it said something; and what the shell
    reads there next, before anybody types."""
    child, terminal = pty.fork()
    if child == 0:
        # Dash ends with what an interrupt ends, unless it does something about it. What is started to ignore it, as
        # all that a script has in the background, stays deaf to it, and so does what it starts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv("/bin/sh", ["sh", "-c", f"trap : INT; {line}\necho ENDED; IFS= read -r rest; echo \"rest=[$rest]\""])
    said, end, ended = b"", time.monotonic() + 20, False
    while time.monotonic() < end and b"rest=[" not in said:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
        if typed and after in said:
            os.write(terminal, typed)
            typed = b""
        if b"ENDED" in said and not ended:
            os.write(terminal, b"\n")
            ended = True
    os.close(terminal)
    os.waitpid(child, 0)
    before, _, then = said.decode().partition("ENDED")
    return before, then.partition("rest=[")[2].partition("]")[0]


@pytest.mark.parametrize("code", OWN)
@pytest.mark.parametrize("by", ["", "| cat", "2> /dev/null"])
def test_a_command_types_nothing_into_the_terminal_of_root(wrapper: Path, code: str, by: str) -> None:
    assert at_a_terminal(f"{wrapper} -c '{code}' {by}")[1] == ""


def test_without_that_it_would_and_what_the_installer_starts_does_not() -> None:
    if TIOCSTI.exists() and not int(TIOCSTI.read_text()):
        pytest.skip("nobody may type on this kernel")
    for code in OWN:
        assert at_a_terminal(f"runuser -u {USER} -- {PYTHON} -c '{code}'")[1] == "#"
        assert at_a_terminal(f"{' '.join(as_user)} {PYTHON} -c '{code}'")[1] == ""


def test_a_passphrase_is_asked_for_at_the_terminal_and_not_shown(wrapper: Path) -> None:
    code = 'import getpass; print("got", getpass.getpass("Passphrase: ")[::-1])'
    for by in ("", "| cat"):
        said = at_a_terminal(f"{wrapper} -c '{code}' {by}", b"secret\n", after=b"Passphrase: ")[0]
        assert "got terces" in said and "secret" not in said


def test_an_interrupt_is_for_the_command(wrapper: Path) -> None:
    code = 'import time\ntry: print("begun", flush=True); time.sleep(60)\nexcept KeyboardInterrupt: print("tidied")'
    assert "tidied" in at_a_terminal(f"{wrapper} -c '{code}'", b"\x03", after=b"begun")[0]


def test_an_interrupt_before_a_pipe_leaves_nothing_running(wrapper: Path) -> None:
    code = 'import os, sys, time; print(f"pid={os.getpid()} begun", file=sys.stderr); time.sleep(60)'
    said = at_a_terminal(f"{wrapper} -c '{code}' | cat", b"\x03", after=b"begun")[0]
    assert _gone(int(re.findall(r"pid=(\d+)", said)[0]))


def test_pipes_and_files_come_through_as_they_are(wrapper: Path, tmp_path: Path) -> None:
    given = bytes(range(256)) * 1000
    (tmp_path / "given").write_bytes(given)
    code = ("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); print('e', file=sys.stderr); "
            "sys.exit(int(sys.argv[1]))")
    with (tmp_path / "given").open("rb") as file:
        done = subprocess.run([wrapper, "-c", code, "3"], stdin=file, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, given, b"e\n")
    done = subprocess.run([wrapper, "-c", code, "0"], input=given, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, given)


def test_words_come_through_and_nothing_is_imported_from_the_folder_of_the_user(wrapper: Path) -> None:
    code = "import os, sys; print(sys.argv[1:], os.getuid(), sys.flags.no_user_site, os.environ['HOME'])"
    words = ["--centre", "a b", "-c", "$HOME", "--", ""]
    done = subprocess.run([wrapper, "-c", code, *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == f"{words} {pwd.getpwnam(USER).pw_uid} 1 /var/lib/zaitang\n", done.stderr


def test_what_the_installer_starts_imports_nothing_from_there_and_ends_with_it(host_of: Callable[..., Host]) -> None:
    assert host_of().run(*as_user, PYTHON, "-c", "import sys; print(sys.flags.no_user_site)") == ["1"]
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen([*as_user, PYTHON, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout
        inner = int(child.stdout.readline())
        child.kill()
    assert _gone(inner)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One below which the user sees what it may; the folders of pytest are root's alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a centre that is half made, and the user's own, as everything above it is open to."""
    monkeypatch.setattr(Host, "run", lambda host, *words: [" ".join(map(str, words))])
    with tempfile.TemporaryDirectory() as name:
        root, there = Path(name), pwd.getpwnam(USER)
        (root / "etc").mkdir()
        (root / "etc/passwd").write_text(f"zaitang:x:{there.pw_uid}:\n")
        (root / "etc/group").write_text(f"zaitang:x:{there.pw_gid}:\n")
        (root / "run").mkdir()
        (root / "passphrase").write_text("a long passphrase\n")
        (root / NEW_CENTRE[1:]).mkdir(parents=True)
        root.chmod(0o755)
        os.chown(root / NEW_CENTRE[1:], there.pw_uid, there.pw_gid)
        yield root / NEW_CENTRE[1:] / "centre.toml"


def _make_centre(root: Path, told: list[Said] | None = None) -> None:
    options = Options("centre", Source(root, "1.0", bundle=False), names=("c.example",),
                      passphrase_file=root / "passphrase")
    item = next(item for item in end_items(options) if item.key == "command:centre")
    say = (lambda said: None) if told is None else told.append
    item.do(Host(root, DEBIAN, Journal(root / FOLDER[1:] / "installed.json"), say=say))


def test_settings_of_a_new_centre_are_written_by_the_rights_of_the_user(centre: Path) -> None:
    root, groups = centre.parents[4], os.getgroups()
    centre.write_text(TEMPLATES["en"])
    os.chown(centre, *[pwd.getpwnam(USER).pw_uid] * 2)
    _make_centre(root)
    assert "c.example" in centre.read_text()
    assert (os.geteuid(), os.getegid(), os.getgroups()) == (0, 0, groups)
    of_root = root / "etc/secret.toml"
    of_root.write_text(TEMPLATES["en"])
    for mode in (0o644, 0o600):
        of_root.chmod(mode)
        centre.unlink()
        centre.symlink_to(of_root)
        with pytest.raises(PermissionError):
            _make_centre(root)
        assert of_root.read_text() == TEMPLATES["en"] and os.geteuid() == 0


def test_a_command_of_root_gets_what_opens_the_keys_and_nobody_else_sees_it(
    wrapper: Path, tmp_path: Path, open_folder: Path,
) -> None:
    lent = open_folder / "zaitang-keys"
    text = wrapper.read_text().replace(CREDENTIALS, str(tmp_path / "sealed")).replace(LENT_KEYS, str(lent))
    wrapper.write_text(text.replace("chown zaitang", f"chown {USER}"))
    (tmp_path / "sealed").mkdir()
    opener = tmp_path / "systemd-creds"
    opener.write_text('#!/bin/sh\n[ "$1 $2 $4" = "decrypt --name=${3##*/} -" ] && cat "$3"\n')
    opener.chmod(0o755)
    code = ("import os, sys; d = os.environ.get('CREDENTIALS_DIRECTORY')\n"
            "print(d and [open(f'{d}/{one}').read() for one in sorted(os.listdir(d))], sys.argv[1:], sys.stdin.read())")

    def called() -> str:
        return subprocess.run([wrapper, "-c", code, "a b"], capture_output=True, text=True, timeout=30, check=True,
                              input="given", env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"}).stdout

    assert called() == "None ['a b'] given\n" and not lent.exists()
    # Of a machine that is both; the words of either end alone come alike.
    for name, word in (("zaitang.keys", "a long passphrase"), ("zaitang.centre-keys", "another one")):
        (tmp_path / "sealed" / name).write_text(word)
        (tmp_path / "sealed" / name).chmod(0o600)
    for _ in range(2):
        assert called() == "['another one', 'a long passphrase'] ['a b'] given\n"
    found = {(path.name, path.stat().st_mode & 0o777, path.stat().st_uid) for path in lent.iterdir()}
    uid = pwd.getpwnam(USER).pw_uid
    assert found == {("zaitang.keys", 0o600, uid), ("zaitang.centre-keys", 0o600, uid)} and lent.stat().st_uid == 0
    (lent / "zaitang.centre-keys").unlink()
    (tmp_path / "sealed/zaitang.centre-keys").unlink()
    assert called() == "['a long passphrase'] ['a b'] given\n"
    # A machine that cannot open it any more says so, and its commands still run.
    opener.write_text("#!/bin/sh\necho refused >&2; exit 1\n")
    (lent / "zaitang.keys").unlink()
    plain = [wrapper, "-c", "print('runs')"]
    done = subprocess.run(plain, capture_output=True, text=True, timeout=30, check=True,
                          env={"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"})
    assert (done.stdout, done.stderr) == ("runs\n", "refused\n") and not list(lent.iterdir())


def test_a_centre_that_a_kill_left_half_made_is_made_anew_and_tells_its_fingerprint(
    centre: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran, told = list[tuple[object, ...]](), list[Said]()
    centre.write_text(TEMPLATES["en"])
    os.chown(centre, *[pwd.getpwnam(USER).pw_uid] * 2)
    monkeypatch.setattr(Host, "run", lambda host, *words: ran.append(words) or ["Fingerprint"])
    _make_centre(centre.parents[4], told)
    assert [next(word for word in ("rm", "init", "mv") if word in words) for words in ran] == ["rm", "init", "mv"]
    assert [said.en.strip() for said in told] == ["Fingerprint"]


def _gone(process: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if ") Z " in Path(f"/proc/{process}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_what_a_program_of_the_user_says_is_no_order_to_the_terminal_of_root(tmp_path: Path) -> None:
    host = Host(tmp_path, DEBIAN, Journal(tmp_path / "installed.json"), owns=False)
    assert host.run("printf", r"\033]0;x\007 第一\tline\n") == ["?]0;x? 第一?line"]
    with pytest.raises(InstallError, match="\\?c") as caught:
        host.run("sh", "-c", r"printf '\033c\n'; exit 1")
    assert "\033" not in "".join(caught.value.said)
