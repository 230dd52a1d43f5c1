"""Who may connect to a machine of ours: rules for nft in a table of our own, beside those of others.

What goes out is not held back: addresses of a centre, of time servers and of DNS change, and a rule by port alone stops
nobody. Instead nothing passes *through* a box, so that cameras beside it reach nothing, and what must not reach a
network has none (systemd/).
"""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

LOCAL = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
"""Networks of a house."""
ANYWHERE = ("0.0.0.0/0", "::/0")
BROKER, DEVICES, CONSOLE = 8883, 8471, 8470

HEAD = """\
# Made by the installer, which replaces it: docs/machine.md. Others' rules stand in tables of their own, and stay.
table inet zaitang
delete table inet zaitang
table inet zaitang {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iif "lo" accept
    # Without these no network works: neighbours and routers, sizes of packets; a ping, to look for a machine.
    icmp type { destination-unreachable, time-exceeded, parameter-problem, echo-request } accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request } accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept
    # An address by DHCP.
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
"""
FORWARD = """\
  # Nothing passes through a box: neither the network of its cameras nor any other reaches the next by it.
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
"""


def rules(ends: Iterable[str], admin: Sequence[str], ssh_ports: Sequence[int], ports: Sequence[int],
          metrics: Sequence[str] = (), metrics_ports: Sequence[int] = ()) -> str:
    """The rules of a machine. `admin`: networks that may come by SSH; `ports`: what everybody may reach by TCP;
    `metrics`: networks that may read metrics."""
    lines = ["    # Maintenance.", *_from(admin, ssh_ports)]
    if metrics and metrics_ports:
        lines += ["    # Metrics, in the open.", *_from(metrics, metrics_ports)]
    if ports:
        lines += ["    # What boxes, browsers and telephones ask for.", f"    tcp dport {_set(ports)} accept"]
    return HEAD + "\n".join(lines) + "\n  }\n" + (FORWARD if "box" in ends else "") + "}\n"


def networks(words: Iterable[str]) -> tuple[str, ...]:
    """Networks as a person writes them, each once, in their one spelling. Raises ValueError."""
    return tuple(dict.fromkeys(str(ipaddress.ip_network(word.strip(), strict=False)) for word in words))


def lets_in(admin: Sequence[str], address: str) -> bool:
    """Whether an address may come by SSH. One that is no address (a local login has none) may."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_loopback or any(mapped in ipaddress.ip_network(one) for one in admin)


def centre_ports(text: str) -> tuple[int, ...]:
    """What a centre.toml has boxes and browsers connect to; what nobody wrote yet is as in a new one. Where it listens
    says that file: a port at which nobody listens lets nobody in. No more of TOML is read than what stands there one
    line each: Python 3.10 has no reader of it."""
    said = _said(text)
    broker = _port(said.get("broker.port"), BROKER) if said.get("broker.tls") == "true" else BROKER
    return tuple(sorted({
        broker, _port(said.get("devices.port"), DEVICES), _port(said.get("web.port"), CONSOLE)}))


def metrics_port(text: str) -> int:
    """Where a box.toml or centre.toml has metrics served; 0: nowhere."""
    return _port(_said(text).get("metrics.port"), 0)


def ssh_ports(config: str) -> tuple[int, ...]:
    """Where sshd listens, by its configuration."""
    said = _ports(r"^\s*port[ \t=]+(\d{1,5})\s*$", config) or {22}
    # An address without a port of its own is at those; at a port where nobody listens nobody comes in.
    return tuple(sorted(said | _ports(r"^\s*listenaddress[ \t=]+(?:[^\s:]+|\[\S+\]):(\d{1,5})\s*$", config)))


def _ports(line: str, config: str) -> set[int]:
    return {port for said in re.findall(line, config, re.M | re.I) if 0 < (port := int(said)) < 1 << 16}


def _said(text: str) -> dict[str, str]:
    found, section = {}, ""
    for line in text.splitlines():
        if head := re.match(r"\s*\[+\s*([\w.]+)\s*\]", line):
            section = head[1]
        elif pair := re.match(r"\s*(\w+)\s*=\s*([\w]+)\s*(?:#.*)?$", line):
            found[f"{section}.{pair[1]}"] = pair[2]
    return found


def _port(said: str | None, otherwise: int) -> int:
    digits = (said or "").replace("_", "")
    return int(digits) if digits.isdecimal() and 0 < int(digits) < 1 << 16 else otherwise


def _from(admin: Sequence[str], ports: Sequence[int]) -> list[str]:
    lines = []
    for version, family, everybody in ((4, "ip", "0.0.0.0/0"), (6, "ip6", "::/0")):
        nets = [str(one) for one in ipaddress.collapse_addresses(  # type: ignore[type-var]  # all of one version
            net for net in map(ipaddress.ip_network, admin) if net.version == version)]
        if nets == [everybody]:
            lines.append(f"    meta nfproto ipv{version} tcp dport {_set(ports)} accept")
        elif nets:
            lines.append(f"    {family} saddr {_set(nets)} tcp dport {_set(ports)} accept")
    return lines


def _set(words: Iterable[object]) -> str:
    return "{ " + ", ".join(map(str, words)) + " }"
