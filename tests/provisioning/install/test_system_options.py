"""What is said about a machine: remembered, checked, and never so that somebody locks himself out."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.install.firewall import ANYWHERE, LOCAL
from provisioning.install.said import InstallError
from provisioning.install.system_options import (
    ASKED,
    REMEMBERED,
    SystemOptions,
    admin,
    memory,
    remembered,
    system_options,
    with_session,
)
from provisioning.install.words import parser

PROJECT = Path(__file__).parents[3]
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def asked(*words: str, end: str = "box") -> dict[str, object]:
    return vars(parser("en").parse_args([end, *words]))


def test_what_is_not_said_is_as_it_was_said_before(tmp_path: Path) -> None:
    first = system_options(asked("--ntp", "ntp.example", "--rotate", "90", "--no-kiosk", "--admin-net", "10.1.2.3/16"),
                           tmp_path, {}, "box")
    assert (first.ntp, first.rotate, first.kiosk, first.admin_net) == (("ntp.example",), 90, False, ("10.1.0.0/16",))
    (tmp_path / "etc/zaitang").mkdir(parents=True)
    (tmp_path / REMEMBERED[1:]).write_bytes(memory(first))
    assert system_options(asked(), tmp_path, {}, "box") == first
    second = system_options(asked("--kiosk", "--rotate", "0"), tmp_path, {}, "box")
    assert (second.ntp, second.rotate, second.kiosk) == (("ntp.example",), 0, True)


def test_the_machine_says_the_rest(tmp_path: Path) -> None:
    for name, text in (("etc/ssh/sshd_config.d/a.conf", "Port 2222\n"), ("etc/ssh/sshd_config", "#Port 22\n"), (
            "var/lib/zaitang/centre/centre.toml", "[web]\nport = 443\n[metrics]\nport = 9105\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = system_options(asked(end="centre"), tmp_path, {}, "centre")
    assert (found.ssh_ports, found.ports, found.metrics_ports) == ((2222,), (443, 8471, 8883), (9105,))
    assert system_options({}, tmp_path / "empty", {}, "centre") == SystemOptions()


def test_nobody_locks_himself_out(tmp_path: Path) -> None:
    far, near = ({"SSH_CONNECTION": f"{address} 50000 192.0.2.1 22"} for address in ("203.0.113.7", "192.168.1.5"))
    system_options({}, tmp_path, near, "box")
    with pytest.raises(InstallError, match="--admin-net"):
        system_options({}, tmp_path, far, "box")
    system_options(asked("--admin-net", "203.0.113.0/24"), tmp_path, far, "box")
    system_options({}, tmp_path, far, "centre")
    # Who takes everything away opens everything.
    system_options(asked("--uninstall"), tmp_path, far, "box")


def test_nobody_locks_himself_out_by_a_port(tmp_path: Path) -> None:
    came = {"SSH_CONNECTION": "192.168.1.5 50000 192.168.1.9 2222"}
    with pytest.raises(InstallError, match="Port 2222"):
        system_options({}, tmp_path, came, "box")
    (tmp_path / "etc/ssh").mkdir(parents=True)
    (tmp_path / "etc/ssh/sshd_config").write_text("ListenAddress 0.0.0.0:2222\nListenAddress [::]:2223\n"
                                                  "ListenAddress 10.0.0.1\nListenAddress fe80::1\n")
    assert system_options({}, tmp_path, came, "box").ssh_ports == (22, 2222, 2223)


def test_sudo_does_not_hide_how_somebody_came() -> None:
    """It hands on none of the environment but what is on its list."""
    ask = ("import os; from provisioning.install.system_options import with_session;"
           "print(with_session(os.environ).get('SSH_CONNECTION'))")
    hides = ["env", "-i", f"PYTHONPATH={PROJECT}", sys.executable, "-c", ask]
    shell = ["sh", "-c", '"$@"; true', "sh", *hides]
    told = "203.0.113.7 50000 192.0.2.1 22"
    own = {key: value for key, value in os.environ.items() if key != "SSH_CONNECTION"} | {"SSH_CONNECTION": told}
    done = subprocess.run(shell, env=own, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == told


def test_a_process_above_that_is_gone_or_above_itself_holds_nobody_up(tmp_path: Path) -> None:
    assert with_session({}, tmp_path, 7) == {} and with_session({"SSH_CONNECTION": "x"}, tmp_path, 7) != {}
    (tmp_path / "7").mkdir()
    (tmp_path / "7/status").write_text("Name:\tsh\nPPid:\t7\n")
    assert with_session({}, tmp_path, 7) == {}


def test_a_box_is_for_its_house_and_a_centre_may_stand_far_away() -> None:
    assert admin(SystemOptions(), "box") == LOCAL and admin(SystemOptions(), "centre") == ANYWHERE
    assert admin(SystemOptions(admin_net=("10.0.0.0/8",)), "centre") == ("10.0.0.0/8",)


@pytest.mark.parametrize("words", [
    ("--admin-net", "10.0.0.0/33"), ("--metrics-net", "x"), ("--ntp", "a b"), ("--ntp", "a\nmakestep 1 -1"),
    ("--data-disk", "../x"), ("--data-disk", "a b"), ("--data-disk", "x" * 17)])
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, words: tuple[str, str]) -> None:
    with pytest.raises(InstallError) as caught:
        system_options(asked(*(f"{words[0]}={words[1]}",)), tmp_path, {}, "box")
    assert caught.value.said.zh != caught.value.said.en


@given(st.dictionaries(st.sampled_from(ASKED) | st.text(), JSON) | JSON)
def test_any_memory_is_read_or_refused(found: object) -> None:
    try:
        before = remembered(json.dumps(found))
        options = system_options(before, Path("/nowhere"), {}, "centre")
    except InstallError:
        return
    assert remembered(memory(options).decode()).keys() == set(ASKED)
    assert remembered("{") == {}
