"""What an update asks of systemd: to start an end anew, and how its units are."""
from __future__ import annotations

import dataclasses
import subprocess

from provisioning.install.said import InstallError

RESTART_S, ASK_S = 300, 30
UP = ("initializing", "starting", "running", "degraded", "maintenance")
ASKED = "LoadState,ActiveState,NRestarts,ConditionResult,ConditionTimestampMonotonic"


@dataclasses.dataclass(frozen=True)
class Unit:
    """`up`: it runs; `deaths`: how often systemd had to start it again by itself."""

    name: str
    up: bool
    deaths: int


def restart(target: str) -> None:
    """Start a target and everything that is part of it anew. Raises InstallError."""
    _run(RESTART_S, "restart", target)


def goes_on() -> bool:
    """Whether systemd answers and the machine does not go down: what it refuses then says nothing of a release."""
    try:
        done = subprocess.run(["systemctl", "is-system-running"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() in UP


def reload() -> None:
    """Have unit files read again. Raises InstallError."""
    _run(ASK_S, "daemon-reload")


def units(target: str) -> list[Unit]:
    """The services that a target wants, but those that are not for this machine now: of a box its first boot or all
    else has a condition that does not hold. Raises InstallError."""
    wanted = _run(ASK_S, "show", "--property=Wants", "--value", target).split()
    found = []
    for name in sorted(one for one in wanted if one.endswith(".service")):
        lines = _run(ASK_S, "show", f"--property={ASKED}", name).splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        # A condition that was never looked at does not hold either, and such a service was never started.
        waits = told.get("ConditionResult") == "no" and told.get("ConditionTimestampMonotonic", "0") != "0"
        if told.get("LoadState") == "loaded" and not (waits and told.get("ActiveState") == "inactive"):
            found.append(Unit(name, told.get("ActiveState") == "active", int(told.get("NRestarts") or 0)))
    return found


def _run(limit_s: int, *words: str) -> str:
    try:
        done = subprocess.run(["systemctl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=limit_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"systemctl {words[0]} 失败：{error}", f"systemctl {words[0]} failed: {error}") from error
    if done.returncode:
        raise InstallError(f"systemctl {words[0]} 失败：{done.stderr.strip()[-500:]}",
                           f"systemctl {words[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
