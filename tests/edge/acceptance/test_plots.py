"""Plots: an SVG that any reader parses and a PNG of the same figure, without dates, with any name of a species."""
from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib import font_manager

from edge.acceptance.attacks import attacks
from edge.acceptance.clips import Clip
from edge.acceptance.identify import Search, identification
from edge.acceptance.plots import attack_bars, det_curve
from edge.acceptance.watch import Watched
from edge.drawing import has_chinese
from edge.vision.calibrate import Threshold
from evidence.bodies import Candidate


def made_up(mated: int, strangers: int) -> list[Search]:
    rng = np.random.default_rng(1)
    return [
        Search(name, Candidate("a" if name == "a" else "b", round(1e6 * score)), None)
        for name, middle, count in (("a", 0.7, mated), ("x", 0.2, strangers))
        for score in rng.normal(middle, 0.1, count)
    ]


def texts(svg: bytes) -> str:
    return "\n".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text"))


def check(files: dict[str, bytes]) -> str:
    assert set(files) == {".svg", ".png"} and b"dc:date" not in files[".svg"]
    picture = cv2.imdecode(np.frombuffer(files[".png"], np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape[1] > 600 and picture.std() > 5
    return texts(files[".svg"])


def test_a_curve_shows_the_threshold_and_how_many_there_were() -> None:
    found = identification(["a", "b"], made_up(80, 200), Threshold(450_000, "gallery", 2, 9000), 50_000)
    files = det_curve(found, "some pack")
    assert files is not None
    said = check(files)
    assert "threshold 0.450, 95 % intervals" in said and "not found (n = 80)" in said and "(n = 200)" in said
    assert "some pack" in said and "every threshold" in said
    assert files == det_curve(found, "some pack"), "equal figures are equal files"


def test_without_strangers_there_is_no_curve() -> None:
    assert det_curve(identification(["a"], made_up(8, 0), Threshold(1, "gallery", 2), 0), "") is None


def test_bars_take_any_name_of_a_species(recwarn: pytest.WarningsRecorder) -> None:
    seen = [(Clip(Path("x"), species, None), Watched(answer, ()))
            for species, answer in ((None, "live"), ("手机", "live"), ("a$x$_b", "fake"), ("m" * 200, "fake"))]
    said = check(attack_bars(attacks(seen), "some pack"))
    assert "APCER 手机" in said and "BPCER" in said and "1 of 1" in said
    assert "95 % interval" in said and "mmm…" in said and "a$x$_b" in said
    assert not [one for one in recwarn if "findfont" in str(one.message)
                or (has_chinese() and "missing from font" in str(one.message))], "boxes in the PNG"


def test_a_measured_zero_says_0_on_the_edge() -> None:
    found = identification(["a", "b"], made_up(80, 200), Threshold(999_000, "gallery", 2, 0), 50_000)
    assert found.fpir is not None and found.fpir.hits == 0
    said = check(det_curve(found, "some pack") or {}).splitlines()
    assert said.count("0") == 2 and "1 %" in said  # both edges; one failure in 200 has a place of its own


@pytest.mark.parametrize("known", [True, False])
def test_words_are_chinese_where_a_font_can_show_them(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = ["DejaVu Sans", *(["Noto Sans CJK SC"] if known else [])]
    monkeypatch.setattr(font_manager, "get_font_names", lambda: fonts)
    seen = [(Clip(Path("x"), None, None), Watched("live", ()))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this machine may have no such font
        said = texts(attack_bars(attacks(seen), "some pack", "zh")[".svg"])
    assert ("区间" in said) is known and ("interval" in said) is not known
