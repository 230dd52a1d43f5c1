"""Who may connect to a machine of ours: the rules, what they are made of, and what nft says to them."""
from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.centre_toml import TEMPLATES
from provisioning.install.firewall import (
    ANYWHERE,
    LOCAL,
    centre_ports,
    lets_in,
    metrics_port,
    networks,
    rules,
    ssh_ports,
)

NFT = shutil.which("nft", path="/usr/sbin:/usr/bin:/sbin")
NETS = st.lists(st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str), st.sampled_from(
    [*LOCAL, *ANYWHERE, "10.1.0.0/16", "10.1.2.0/24"])), max_size=5)
PORTS = st.lists(st.integers(1, 65535), max_size=3, unique=True)


def nft(text: str, word: str = "", times: int = 1) -> subprocess.CompletedProcess[str]:
    """What nft says, in a network of its own, and at the end which rules there are."""
    if NFT is None:
        pytest.skip("nft is not here: apt-get install nftables")
    alone = ("unshare", "-n" if os.geteuid() == 0 else "-rn", "/bin/sh", "-euc")
    script = 'rules=$(cat); for i in $(seq $1); do echo "$rules" | $2 $3 -f /dev/stdin; done; $2 list ruleset'
    return subprocess.run([*alone, script, "-", str(times), NFT, word], input=text, capture_output=True, text=True,
                          timeout=30, check=False)


@pytest.mark.parametrize("admin", [LOCAL, ANYWHERE, ("10.1.2.0/24",), ("2001:db8::/32",)])
@pytest.mark.parametrize("ends", [("box",), ("centre",), ("box", "centre")])
def test_nft_takes_them(ends: tuple[str, ...], admin: tuple[str, ...]) -> None:
    ports = (8470, 8471, 8883) if "centre" in ends else ()
    text = rules(ends, admin, (22, 2222), ports, ("10.9.0.0/16", "fd00::/8"), (9105,))
    done = nft(text, "-c")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_nft_would_say_what_is_wrong() -> None:
    assert nft(rules(("box",), LOCAL, (22,), ()).replace("policy drop", "policy perhaps"), "-c").returncode != 0


def test_told_twice_they_stand_once_and_others_rules_stay() -> None:
    other = "table inet theirs {\n  chain input {\n    type filter hook input priority 10; policy accept;\n  }\n}\n"
    done = nft(other + rules(("box",), LOCAL, (22,), ()), times=2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("table inet zaitang") == done.stdout.count("table inet theirs") == 1
    assert done.stdout.count("policy drop") == 2 and "192.168.0.0/16" in done.stdout


def test_a_box_lets_in_maintenance_alone_and_nothing_through() -> None:
    text = rules(("box",), ("10.1.2.0/24",), (22,), ())
    assert re.findall(r"^ *(.*tcp dport.*)$", text, re.M) == ["ip saddr { 10.1.2.0/24 } tcp dport { 22 } accept"]
    assert text.count("policy drop") == 2 and "hook forward" in text and "hook output" not in text


def test_a_centre_lets_in_what_boxes_and_browsers_ask_for_and_leaves_others_ways_alone() -> None:
    text = rules(("centre",), ANYWHERE, (22,), (443, 8471, 8883))
    assert "tcp dport { 443, 8471, 8883 } accept" in text and "hook forward" not in text
    assert "meta nfproto ipv4 tcp dport { 22 } accept" in text


@given(NETS, PORTS, NETS, PORTS)
def test_only_what_was_named_is_let_in(admin: list[str], ports: list[int], metrics: list[str], at: list[int]) -> None:
    text = rules(("box", "centre"), networks(admin), (22,), ports, networks(metrics), at)
    opened = {int(port) for line in re.findall(r"tcp dport \{ (.*?) \}", text) for port in line.split(", ")}
    assert opened <= {22, *ports, *at} and set(ports) <= opened
    assert (22 in opened) >= bool(admin)
    assert text.count("{") == text.count("}")


@given(NETS.filter(bool), st.ip_addresses().map(str))
def test_who_may_come_by_ssh_is_told_as_the_rules_tell_it(nets: list[str], address: str) -> None:
    admin = networks(nets)
    found = ipaddress.ip_address(address)
    # A server of both kinds tells an old address in the clothes of a new one.
    found = getattr(found, "ipv4_mapped", None) or found
    assert lets_in(admin, address) == (found.is_loopback or any(found in ipaddress.ip_network(net) for net in admin))


def test_a_login_at_the_machine_is_not_locked_out() -> None:
    assert lets_in((), "") and lets_in((), "127.0.0.1")
    assert lets_in(LOCAL, "fe80::1%eth0") and lets_in(LOCAL, "::ffff:10.0.0.1")
    assert not lets_in(LOCAL, "203.0.113.7")


@pytest.mark.parametrize("words", [["10.0.0"], ["10.0.0.0/33"], ["x"], [""], ["10.0.0.0/8; drop"]])
def test_what_is_no_network_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError):
        networks(words)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_centre_is_reached_where_it_will_listen(lang: str) -> None:
    assert centre_ports(TEMPLATES[lang].format(test="false", database="")) == (8470, 8471, 8883) == centre_ports("")


@given(*[st.integers(1, 65535)] * 3, st.booleans(), st.sampled_from(["zh", "en"]))
def test_ports_are_those_of_the_file(web: int, devices: int, broker: int, tls: bool, lang: str) -> None:
    put = {"port = 8470": f"port = {web}  # of ours", "port = 8471": f"port={devices}",
           "port = 1883": f"port = {broker}", "tls = false": f"tls = {str(tls).lower()}"}
    # In one go: a number may be one that is there to be replaced.
    text = re.sub("|".join(put), lambda found: put[found[0]], TEMPLATES[lang].format(test="false", database=""))
    read = tomllib.loads(text)
    assert (read["web"]["port"], read["devices"]["port"], read["broker"]["tls"]) == (web, devices, tls)
    assert centre_ports(text) == tuple(sorted({web, devices, broker if tls else 8883}))


@given(st.text())
def test_any_text_has_ports(text: str) -> None:
    assert all(0 < port < 1 << 16 for port in (*centre_ports(text), *ssh_ports(text)))
    assert 0 <= metrics_port(text) < 1 << 16


def test_metrics_and_ssh_are_where_they_are_said_to_be() -> None:
    assert metrics_port('[web]\nport = 1\n[metrics]\nhost = "0.0.0.0"\nport = 9_105\n') == 9105
    assert metrics_port("#[metrics]\n#port = 9105\n") == 0
    assert ssh_ports("#Port 22\nPort 2222\nport 2200\n") == (2200, 2222)
    assert ssh_ports("Subsystem sftp\nPort 99999\n") == (22,)


def test_the_unit_is_taken_and_shut_in(tmp_path: Path) -> None:
    unit = Path(__file__).parents[3] / "provisioning/system/nftables-zaitang.service"
    made = tmp_path / "etc/systemd/system"
    made.mkdir(parents=True)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    shutil.copy(unit, made)
    (tmp_path / "usr/sbin").mkdir()
    (tmp_path / "usr/sbin/nft").write_text("#!/bin/sh\n")
    (tmp_path / "usr/sbin/nft").chmod(0o755)

    def analyze(*words: str) -> str:
        done = subprocess.run(["systemd-analyze", words[0], f"--root={tmp_path}", *words[1:], unit.name],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    assert analyze("verify") == ""
    said = analyze("security", "--offline=true")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found and float(found[1]) <= 2.0, said


NEIGHBOUR = """
ip link set lo up
unshare -n sleep 60 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
ip link add name ours type veth peer name theirs netns $other
there() { nsenter -t $other -n "$@"; }
ip address add 10.1.2.1/24 dev ours && ip address add 10.9.9.1/24 dev ours && ip link set ours up
there ip address add 10.1.2.2/24 dev theirs && there ip address add 10.9.9.2/24 dev theirs
there ip link set theirs up
echo "$RULES" | $NFT -f /dev/stdin
"$PYTHON" -c "$SERVE" &
sleep 0.5
there "$PYTHON" -c "$CALL" 10.1.2:22 10.9.9:22 10.1.2:8080 10.1.2:8470
"""
SERVE = "import socket, time; kept = [socket.create_server(('', port)) for port in (22, 8080, 8470)]; time.sleep(30)"
CALL = """
import socket, sys
for way in sys.argv[1:]:
    net, port = way.split(":")
    try:
        socket.create_connection((net + ".1", int(port)), 0.3, (net + ".2", 0)).close()
    except OSError:
        continue
    print(way)
"""


def test_a_neighbour_reaches_what_the_rules_name_and_nothing_else() -> None:
    if NFT is None or os.geteuid() != 0:
        pytest.skip("nft is not here, or nobody may make a network: apt-get install nftables, and be root")

    def reached(text: str) -> list[str]:
        done = subprocess.run(
            ["unshare", "-n", "--fork", "--pid", "--mount-proc", "--kill-child", "/bin/sh", "-euc", NEIGHBOUR],
            env={**os.environ, "RULES": text, "NFT": NFT or "", "PYTHON": sys.executable, "SERVE": SERVE, "CALL": CALL},
            capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    assert reached(rules(("box",), ("10.1.2.0/24",), (22,), ())) == ["10.1.2:22"]
    assert reached(rules(("centre",), ANYWHERE, (22,), (8470,))) == ["10.1.2:22", "10.9.9:22", "10.1.2:8470"]
