"""Three machines on one: a box, a centre and an office, each in a network namespace of its own, with cables between.

    box 10.98.1.2 —— 10.98.1.1 centre 10.98.2.1 —— 10.98.2.2 office

Nothing in them reaches the network of the machine, nor is reached from it. The box's cable can be pulled, or its way up
to the centre made slow. What is started in a namespace ends with whoever started it.
"""
from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

Where = Literal["box", "centre", "office"]
CENTRE, CENTRE_FOR_OFFICE = "10.98.1.1", "10.98.2.1"
"""The centre's addresses: on the box's cable, on the office's."""
SETUP = """
mount -t tmpfs none /run
for name in box centre office; do ip netns add $name; ip -n $name link set lo up; done
join() {
  ip -n $1 link add name centre type veth peer name $1 netns centre
  ip -n centre addr add $2.1/24 dev $1; ip -n centre link set $1 up
  ip -n $1 addr add $2.2/24 dev centre; ip -n $1 link set centre up
}
join box 10.98.1; join office 10.98.2
echo ready; exec cat
"""
BURST, LATENCY_MS = "8kb", 400
"""Of a slow line: what it lets through at once, and how long it keeps what waits."""


class Network:
    """The namespaces, until `close`. Skips the test where nobody may make any."""

    def __init__(self) -> None:
        unshare = shutil.which("unshare")
        if unshare is None or shutil.which("nsenter") is None or not _allowed(unshare):
            pytest.skip("network namespaces are not allowed here")
        self._holder = subprocess.Popen([unshare, "-rmn", "sh", "-ec", SETUP], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None and self._holder.stderr is not None
        if self._holder.stdout.readline() != "ready\n":
            pytest.fail(self._holder.stderr.read())

    def command(self, where: Where, *words: object) -> list[str]:
        """A command line that runs `words` there, as the process that it starts, and ends with whoever starts it."""
        holder = self._holder.pid
        return ["nsenter", f"--target={holder}", "--user", "--preserve-credentials",
                f"--net=/proc/{holder}/root/run/netns/{where}", "setpriv", "--pdeathsig", "KILL", *map(str, words)]

    def script(self, file: Path, where: Where, program: str) -> Path:
        """A file that runs `program` there, for whoever starts it by its path."""
        words = " ".join(f"'{word}'" for word in self.command(where, program))
        file.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        file.chmod(0o755)
        return file

    def pull(self) -> None:
        """Nothing passes between box and centre any more, and neither is told."""
        self._ip("link", "set", "centre", "down")

    def plug(self) -> None:
        self._ip("link", "set", "centre", "up")

    def forget(self) -> None:
        """The box's kernel says nothing more on the connections that it had, as when its power failed. Pull the cable
        before it, so that nobody is told."""
        subprocess.run(self.command("box", "ss", "--no-header", "--tcp", "--kill", "dst", CENTRE), check=True,
                       stdout=subprocess.DEVNULL)

    def slow(self, kbit: int) -> None:
        """From the box to the centre no more than so many thousand bits a second pass."""
        self._tc("replace", "tbf", "rate", f"{kbit}kbit", "burst", BURST, "latency", f"{LATENCY_MS}ms")

    def fast(self) -> None:
        self._tc("delete")

    def close(self) -> None:
        self._holder.communicate()

    def _ip(self, *words: str) -> None:
        subprocess.run(self.command("box", "ip", *words), check=True)

    def _tc(self, do: str, *words: str) -> None:
        subprocess.run(self.command("box", "tc", "qdisc", do, "dev", "centre", "root", *words), check=True)


@functools.cache
def _allowed(unshare: str) -> bool:
    probe = "mount -t tmpfs none /run && ip netns add probe && ip link add name one type veth peer name two netns probe"
    return not subprocess.run([unshare, "-rmn", "sh", "-c", probe], capture_output=True, check=False).returncode


def can_be_slow(network: Network) -> bool:
    """Whether the kernel can limit a line (tbf)."""
    words: Sequence[str] = network.command("office", "tc", "qdisc", "replace", "dev", "lo", "root", "tbf", "rate",
                                           "100mbit", "burst", "1mb", "latency", "50ms")
    return not subprocess.run(words, capture_output=True, check=False).returncode
