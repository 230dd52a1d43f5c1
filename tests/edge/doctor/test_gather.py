"""What the doctor finds on the network: of real sockets, and of what the kernel tells of its ports."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.doctor import gather, judge
from edge.doctor.judge import Place


def test_of_a_link_the_kernel_tells(tmp_path: Path) -> None:
    ports = (("eth0", True, "1\n"), ("eth1", True, "0\n"), ("wlan0", True, None), ("veth1", False, "1\n"))
    for name, device, carrier in ports:
        (tmp_path / name).mkdir()
        if device:
            (tmp_path / name / "device").mkdir()
        if carrier is not None:
            (tmp_path / name / "carrier").write_text(carrier)
    assert gather._links(tmp_path) == {"eth0": True, "eth1": False, "wlan0": False}


def test_the_road_to_a_host_is_told_by_the_address_from_which_it_leads() -> None:
    assert gather._place("127.0.0.1") == Place(True, "127.0.0.1")
    assert gather._place("no-such-host.invalid") == Place(named=False)


@pytest.mark.parametrize(("links", "places", "wanted"), [
    ({"eth0": True}, {}, ["good"]), ({}, {}, ["untold"]), ({"eth0": False}, {"c": Place(True, "10.0.0.5")}, ["bad"]),
    ({"eth0": True}, {"c": Place(True, "10.0.0.5")}, ["good"]), ({}, {"c": Place(True)}, ["bad"]),
    ({}, {"c": Place(named=False), "d": Place(True, "10.0.0.5")}, ["bad", "good"])])
def test_what_is_said_of_the_network(links: dict[str, bool], places: dict[str, Place], wanted: list[str]) -> None:
    found = list(judge.network(links, places))
    assert [one.state for one in found] == wanted and all(one.todo for one in found if one.state == "bad")
