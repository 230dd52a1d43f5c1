"""docs/health.md lists every number that is told and none other, and docs/alerts.yml asks for such alone."""
from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable

import pytest
import yaml
from prometheus_client import Metric

import central.doctor.judge as of_centre
import central.doctor.measure as centre
import edge.doctor.judge as of_box
import edge.doctor.measure as box
from common.examining import Examiner, Look
from common.health import Check
from common.numbers import Numbers
from evidence.records import ClockState
from tests.project.conftest import ROOT

RULES = ROOT / "docs" / "alerts.yml"
SET = ClockState(True, 0, "kernel", 1)


def of_looks(names: object) -> Iterable[Metric]:
    fails = Look("b", lambda _: [][0])  # type: ignore[arg-type,return-value]
    looks = [Look("a", lambda _: (), lambda: [Check("a", "good", "a")]), fails]
    return Numbers(names, Examiner(None, looks, lambda: 0)).collect()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def told() -> set[str]:
    """`name{label}` of all numbers."""
    runs = {"recorder": True}
    answers = {"recording": True, "camera_trouble": None, "step_age_ms": 1, "alarms": []}
    families = [
        *box.processes(runs, {}), *box.cameras([], answers), *box.recorded(1, 1), *box.clock(SET), *box.heat(1.0, 0),
        *box.disks([of_box.Volume("first", "/v", 1, 1, 1)], None), *box.certificate(1, "2027-01-01"),
        *box.backlog(1, 1, 1, 1, 1), *centre.processes(runs), *centre.reached({"broker x": None}),
        *centre.clock(SET, None), *centre.boxes({"box-1": of_centre.Box(1)}, 1),
        *centre.disk({"/c": (1, 1)}), *centre.database(1, 1),
        *centre.certificates({"of the site": of_centre.Lifetime(1, "2027-01-01", 1, 1, "")}),
        *centre.backup(of_centre.Backup(1, 1, 1), 1), *centre.tree(of_centre.Tree(1, 1, 1, 1, 1), 1, 1),
        *centre.overview(1), *centre.video(1), *of_looks(box.NAMES), *of_looks(centre.NAMES)]
    assert all(family.documentation.endswith((".", "never were.")) and family.samples for family in families)
    return {one.name + (f"{{{','.join(one.labels)}}}" if one.labels else "")
            for family in families for one in family.samples}


@pytest.mark.parametrize("name", ["health.md", "health.zh-CN.md"])
def test_the_document_lists_what_is_told(told: set[str], name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    listed = re.findall(r"^\| `(zaitang_[a-z_{}]+)` \| .+ \|$", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    both = {one for one in told if one.startswith("zaitang_centre_") and one.replace("centre", "box") in told}
    assert {*listed, *both} == told


def test_the_rules_ask_for_what_is_told(told: set[str]) -> None:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 15
    labels = {name.partition("{")[0]: set(filter(None, name.partition("{")[2].rstrip("}").split(","))) for name in told}
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        asked = set(re.findall(r"zaitang_[a-z_]+", rule["expr"]))
        assert asked <= set(labels), rule["alert"]
        said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert said <= {"instance"}.union(*(labels[one] for one in asked)), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "warning")


def test_prometheus_takes_the_rules() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    subprocess.run(["promtool", "check", "rules", str(RULES)], check=True, capture_output=True)
