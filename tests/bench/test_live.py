"""What live pictures cost is measured on a real recorder and a real live process."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.figures import live
from bench.harness import Skipped


def test_the_cpu_of_another_process_is_read() -> None:
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**7)); print(flush=True); input()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert live.cpu_s(child.pid) > 0.05
        child.communicate(b"\n")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_both_forms_are_held_against_the_recorder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WINDOW_S", 4.0)
    monkeypatch.setattr(live, "TURNS", 1)
    try:
        lines, found = live.measure(tmp_path)
    except Skipped as why:
        pytest.skip(str(why))
    assert [line.partition(":")[0] for line in lines] == ["video", "pictures"]
    for form in live.FORMS:
        (turn,) = found[form]
        assert turn["alone"] > 0 and turn["live"] > 0 and turn["recorder"] > 0
