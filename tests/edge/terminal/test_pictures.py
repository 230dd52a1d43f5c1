"""The pictures of docs/terminal.md: the command still finds its way through the pages."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from .pictures import GAP, HALF, PANEL, screens, sheet
from .test_browser import ARGS, CHROMIUM


def test_screens_stand_in_two_columns_and_none_covers_another() -> None:
    whole = sheet([np.full((800, 1280, 3), 40 * number, np.uint8) for number in range(5)])
    assert whole.shape == (3 * HALF[1] + 2 * GAP, 2 * HALF[0] + GAP, 3)
    assert [int(whole[y, x, 0]) for y in (0, 412, 824) for x in (0, 652)][:5] == [0, 40, 80, 120, 160]


@pytest.mark.long
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_six_different_screens_in_each_language(tmp_path: Path, lang: str) -> None:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        found = screens(browser.new_page(viewport=PANEL, reduced_motion="reduce"), tmp_path, lang)  # type: ignore[arg-type]
        browser.close()
    assert len(found) == 6 and {picture.shape for picture in found} == {(800, 1280, 3)}
    assert len({picture.tobytes() for picture in found}) == 6
