"""One console for each centre: a second process is refused in words, whatever ended the first one makes room, and who
collects is not concerned."""
from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest


@pytest.fixture
def folder(new_centre: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(new_centre, tmp_path / "centre"))


class Commands:
    """Commands of the centre, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.started = folder, list[subprocess.Popen[str]]()

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "central.cli", name, "--centre", str(self._folder), *words]
        self.started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return self.started[-1]

    def ends(self, name: str, *words: str) -> tuple[int, str]:
        """Its exit status and what it says of an error."""
        one = self.start(name, *words)
        _, error = one.communicate(timeout=60)
        return one.returncode, error

    def serves(self) -> subprocess.Popen[str]:
        """A console that answers."""
        one = self.start("serve", "--port", "0", "--lang", "en")
        assert one.stdout is not None
        address = re.search(r"http://\S+", one.stdout.readline())
        assert address is not None
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get(address[0], timeout=60, follow_redirects=True).status_code == 200
        return one


@pytest.fixture
def commands(folder: Path) -> Iterator[Commands]:
    made = Commands(folder)
    yield made
    for one in made.started:
        one.kill()
        one.communicate()


def test_a_second_console_is_refused_in_words(commands: Commands, folder: Path) -> None:
    commands.serves()
    code, error = commands.ends("serve", "--port", "0", "--lang", "en")
    assert code == 2 and f"a console of {folder} is already running: stop it first" in error


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_however_it_ended_the_next_one_serves(commands: Commands, how: signal.Signals) -> None:
    first = commands.serves()
    first.send_signal(how)
    first.wait(60)
    commands.serves()


@pytest.mark.long
def test_who_collects_is_not_concerned(commands: Commands, folder: Path) -> None:
    toml = folder / "centre.toml"
    with socket.socket() as held:  # nobody listens there, and nobody else comes to
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        toml.write_text(toml.read_text().replace("port = 1883", f"port = {port}"))
        commands.serves()
        code, error = commands.ends("collect", "--lang", "en")
    assert code == 2 and f"the broker at 127.0.0.1:{port} cannot be reached" in error
