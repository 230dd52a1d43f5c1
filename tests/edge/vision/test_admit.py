"""Whether a pack may be used for a class under a policy: only where the class's own people show it, or nobody asks."""
from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from edge.vision.admit import refusal
from edge.vision.calibrate import Threshold
from evidence.strangers import LEAST_PEOPLE

REAL, DEMO = load_policy("sanmenxia-2023"), load_policy("demo")
ALLOWED = 15_000
MODELS = Path(__file__).parents[3] / "models"
THRESHOLDS = st.builds(
    Threshold, st.integers(0, 1_000_000), st.sampled_from(["manifest", "gallery"]), st.integers(0, 80),
    st.none() | st.integers(0, 1_000_000))


@given(THRESHOLDS)
def test_only_what_the_people_of_the_class_show_passes_and_a_demonstration_asks_nobody(threshold: Threshold) -> None:
    why = refusal(threshold, REAL)
    shown = threshold.source == "gallery" and threshold.fpir_ppm is not None and threshold.fpir_ppm <= ALLOWED
    assert (why is None) == shown
    assert shown or (why == "few") == (threshold.source == "manifest")
    assert refusal(threshold, DEMO) is None


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.toml")), ids=lambda one: one.stem)
def test_every_pack_wants_the_ten_people_of_whom_the_sentences_speak(path: Path) -> None:
    """Finding, alarm and terminal say “ten” (common/reasons.py, common/alarms.py, edge/terminal/seen.py); the plan page
    too, from ten people on (central/plans/foresight.py)."""
    assert tomllib.loads(path.read_text(encoding="utf-8"))["calibration"]["min_people"] == LEAST_PEOPLE == 10
