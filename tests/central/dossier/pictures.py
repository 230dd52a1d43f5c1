"""`python -m tests.central.dossier.pictures`: makes docs/img/dossier.png and dossier.zh.png anew.

Three pages of the dossier of an invented class, laid out for it and shown by the PDF viewer of a browser.
"""
from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from central.dossier.pdf import pdf
from central.dossier.shape import Facts
from common.texts import translate
from tests.central.dossier.classes import dossier, signs_in
from tests.evidence.course import Course

OUT = Path(__file__).parents[3] / "docs" / "img"
FILES = {"en": "dossier.png", "zh": "dossier.zh.png"}
CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
"""The old headless mode, which Playwright asks for, has no viewer of PDF."""
VIEW, WIDTH, GAP, COLOURS = {"width": 900, "height": 1270}, 516, 8, 96
GREY = (160, 148, 140)
TRIES, STEP_MS = 40, 500
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙", "伟芳娜洋静敏强磊军艳勇杰"


def invented() -> Facts:
    """Twelve people, ten half-days; one comes to seven, one is late in the plan, one is ill for a day."""
    people = tuple(f"t-{number + 1}" for number in range(12))
    course, days = Course(people), [f"2026-03-{day:02}" for day in (2, 3, 4, 5, 6)]
    for day in days:
        course.half_day(day, "am", "theory")
        course.half_day(day, "pm")
    course.order()
    course.roster_event("late_entry", "t-13", "2026-03-03 00:00", "2026-03-02 18:00")
    for number, (day, hour) in enumerate((day, hour) for day in days for hour in (8, 14)):
        there = tuple(person for person in (*people, *(("t-13",) if number > 1 else ()))
                      if not (person == "t-7" and number in (3, 6, 7)) and not (person == "t-4" and number in (4, 5)))
        signs_in(course, day, hour, (*there[:9], "teacher"))
        for person in there[9:]:
            course.check_in(person, f"{day} {hour - 1:02}:49")
        end = f"{hour:02}:58" if number == 2 else f"{hour + 1:02}:42"
        course.film(f"{day} {hour - 1:02}:58", end, there)
    course.leave("t-4", "2026-03-04 00:00", "2026-03-04 23:00")
    names = {person: SURNAMES[n % 12] + GIVEN[n % 12] for n, person in enumerate((*people, "t-13"))}
    facts = dossier(course, {**names, "t-13": "郑强", "teacher": "陈敏"})
    head = dataclasses.replace(facts.head, title="焊工（初级）2026 年第 3 期", class_id="welder-3")
    return dataclasses.replace(facts, head=head)


def page_of(browser: Browser, path: Path, number: int) -> np.ndarray:
    """One page, BGR, without the viewer around it."""
    page = browser.new_page(viewport=VIEW)  # type: ignore[arg-type]
    page.goto(f"{path.as_uri()}#page={number}&toolbar=0&navpanes=0&view=Fit")
    for _ in range(TRIES):
        page.wait_for_timeout(STEP_MS)
        shown = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
        paper = np.argwhere((shown > 250).all(axis=2))
        if len(paper) > shown.shape[0] * shown.shape[1] // 2 and (shown < 100).any():
            break
    page.close()
    (top, left), (bottom, right) = paper.min(axis=0), paper.max(axis=0)
    return shown[top : bottom + 1, left : right + 1]


def sheet(pages: list[np.ndarray]) -> np.ndarray:
    """Pages side by side, BGR."""
    small = [cv2.resize(one, (WIDTH, WIDTH * 297 // 210), interpolation=cv2.INTER_AREA) for one in pages]
    gap = np.full((small[0].shape[0], GAP, 3), GREY, np.uint8)
    return np.hstack([part for one in small for part in (one, gap)][:-1])


def main() -> int:
    """Exit status 2 without a browser."""
    if not CHROMIUM.exists():
        print(f"{CHROMIUM} is not here: apt-get install chromium", file=sys.stderr)
        return 2
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS, headless=False)
        for lang, name in FILES.items():
            path = Path(folder) / f"{lang}.pdf"
            path.write_bytes(pdf(invented(), lang))
            texts = [page.extract_text() for page in PdfReader(path).pages]
            chart = next(n for n, text in enumerate(texts, 1) if n > 2 and translate("3. Attendance", lang) in text)
            picture = sheet([page_of(browser, path, number) for number in (1, 2, chart)])
            few = Image.fromarray(picture[:, :, ::-1]).quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(OUT / name, optimize=True)
            print(OUT / name)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
