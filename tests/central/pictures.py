"""`python -m tests.central.pictures`: makes docs/img/console.png and console.zh.png anew.

With a FOLDER, and names if not all are wanted: every page of the console in both languages, on a screen and on a
telephone, to be looked at.
"""
from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from central.accounts.door import form_token
from central.archive.ask import Away
from central.archive.cli import away_words
from central.archive.decide import Wish
from central.archive.desk import BAG, REQUEST, Why, folder_of, keep_failure
from central.archive.progress import Progress
from central.archive.pull import Terms, pull
from central.devices.introductions import code_of
from central.overview import glance
from central.web.links import link
from common.texts import LANGS
from tests.central.case_pages import BASE, FIRST, PRACTICE
from tests.central.console import COOKIE, session_of
from tests.central.live_box import LiveBox
from tests.central.office import NEW_BOX, WRONG, Office, open_office
from tests.central.plans.making import schedule
from tests.central.test_browser import CHROMIUM, Console

OUT, DOCS = Path(__file__).parents[2] / "docs" / "img", {"en": "console.png", "zh": "console.zh.png"}
ARGS = ["--no-sandbox", "--disable-gpu"]
COLOURS = 64
WIDTHS = {"screen": 1280, "phone": 390}
TALL = 900
WARM_S = 120.0
PLAN = "/plans/welder-2"
PAGES: dict[str, tuple[str, str]] = {
    "overview": ("wang", "/"), "overview-admin": ("admin", "/"), "overview-school": ("school", "/"),
    "filtered": ("wang", "/?verdict=noted&since=2026-03-01#classes"), "filter-wrong": ("wang", "/?region=41"),
    "search": ("wang", "/search?q=赵敏"), "search-nobody": ("school", "/search?q=面点"), "boxes": ("admin", "/boxes"),
    "box-new": ("school", "/boxes/new"), "box-found": ("school", f"/boxes/new?code={code_of(NEW_BOX)}"),
    "boxes-waiting": ("admin", "/boxes/waiting"), "boxes-waiting-school": ("school", "/boxes/waiting"),
    "class": ("wang", BASE), "class-school": ("school", BASE), "class-running": ("wang", "/classes/cook-1"),
    "class-planned": ("wang", "/classes/welder-2"),
    "review": ("wang", f"{BASE}/blocks/{PRACTICE}"), "review-clear": ("school", f"{BASE}/blocks/{FIRST}"),
    "replay": ("wang", f"{BASE}/blocks/{PRACTICE}/replay?at=14:20"),
    "replay-why": ("school", f"{BASE}/blocks/{FIRST}/replay"),
    "replay-gap": ("zhao", f"{BASE}/blocks/{FIRST}/replay?at=09:42"),
    "replay-wrong": ("school", f"{BASE}/blocks/{FIRST}/replay"),
    "decision": ("zhao", f"{BASE}/decision"), "decision-school": ("school", f"{BASE}/decision"),
    "objections": ("zhao", f"{BASE}/objections"), "objections-school": ("school", f"{BASE}/objections"),
    "inspections": ("wang", f"{BASE}/inspections"), "inspection-again": ("wang", f"{BASE}/inspections?replaces=i-2"),
    "facts": ("wang", f"{BASE}/facts"), "survey": ("wang", f"{BASE}/survey"),
    "survey-none": ("wang", "/classes/cook-1/survey"), "dossier": ("wang", f"{BASE}/dossier"),
    "archive": ("wang", "/classes/welder-2/archive"), "archive-ready": ("wang", f"{BASE}/archive"),
    "archive-failed": ("wang", "/classes/cook-1/archive"),
    "record": ("wang", "/records/box-1/" + "ab" * 16 + "/2"), "record-centre": ("admin", "{decision}"),
    "plans": ("school", "/plans"), "plan-new": ("school", "/plans/new"), "plan": ("school", PLAN),
    "plan-draft": ("school", "/plans/welder-3"), "plan-supervisor": ("wang", PLAN),
    **{f"plan-{name}": ("school", f"{PLAN}/{name}") for name in (
        "add", "pattern", "leave", "tables", "class", "publish", "discard", "forget")},
    "plan-hour": ("school", f"{PLAN}/hours/h1"),
    **{f"plan-{name}": ("school", f"{PLAN}/events/{name}") for name in ("joins", "leaves", "instead")},
    "keeping": ("admin", "/keeping"), "health": ("admin", "/health"), "faces": ("wang", f"{BASE}/faces"),
    "exports": ("wang", "/exports"), "audit": ("admin", "/audit"), "looks": ("school", "/looks"),
    "accounts": ("admin", "/accounts"), "account": ("admin", "/accounts/wang"),
    "institutions": ("admin", "/institutions"),
    "own": ("wang", "/own"), "own-codes": ("wang", "/own/codes"),
    "own-alarms": ("wang", "/own/alarms"), "own-alarms-code": ("zhao", "/own/alarms"), "sign-in": ("", "/sign-in"),
    "sign-in-code": ("code", "/sign-in/code"), "welcome": ("", "/welcome/{welcome}"),
    "me-open": ("", "/me/open/{open}"), "me": ("trainee", "/me"), "me-over": ("", "/me"),
    "survey-form": ("", "/survey/{ticket}"),
    "error-403": ("school", "/accounts"), "error-404": ("wang", "/classes/none"),
    "error-422": ("wang", f"{BASE}/blocks/{PRACTICE}"), "plan-mistakes": ("school", "/plans/welder-3/tables"),
    "wall-ask": ("zhao", "/wall"), "wall": ("wang", "/wall"), "live-ask": ("zhao", "/live/box-2"),
    "live": ("wang", "/live/box-2"), "live-school": ("school", "/live/box-2"),
    "own-token": ("wang", "/own"), "facts-lacks": ("wang", "/classes/welder-2/facts"),
}
"""Name of a page: who sees it, and where it is."""


def _mistakes(page: Page) -> None:
    page.set_input_files("[name=schedule]", {
        "name": "课程表.csv", "mimeType": "text/csv", "buffer": schedule(*WRONG).data})
    page.locator("main form button").click()


def _no_reason(page: Page) -> None:
    page.locator("input[name=answer][value=missing]").check()
    page.locator("textarea[name=reason]").fill(" ")
    page.locator("form[action*='/review'] button").click()


def _token(page: Page) -> None:
    page.fill("input[name=label]", "x")
    page.fill('form[action="/own/tokens"] input[name=password]', "not the password")
    page.click('form[action="/own/tokens"] button:not([name])')


def _lacks(page: Page) -> None:
    page.locator("details", has=page.locator("#fill-O8")).first.locator("summary").first.click()
    page.fill("#fill-O8 [name='training.0']", "面点师 2026-01")
    page.fill("#fill-O8 [name=where]", "省技能人才管理服务信息系统")
    page.locator("#fill-O8 button").click()


def _why(page: Page) -> None:
    page.locator("input[value=routine]").check()
    page.locator("main form button").click()


def _no_why(page: Page) -> None:
    page.eval_on_selector("form.reason", "form => { form.noValidate = true; }")  # as a browser without scripts does
    page.locator("input[name=reason][value=other]").check()
    page.locator("main form button").click()


def _look_in(page: Page) -> None:
    page.locator("form[action$='/again'] button").first.click()


ACTS: dict[str, Callable[[Page], None]] = {
    "plan-mistakes": _mistakes, "error-422": _no_reason, "own-token": _token,
    "facts-lacks": _lacks, "replay-wrong": _no_why}
"""What is sent on a page before it is looked at: each of these is refused."""
PRESSED: dict[str, Callable[[Page], None]] = {"live": _look_in, "live-school": _look_in}
"""What opens the page of a room, where nobody pressed it just now."""
COMES = {"live": "[data-now=running]", "live-school": "[data-now=running]", "wall": ".room img:not([hidden])"}
"""What is waited for on a page."""
LOOKS = (("wang", "/live/box-2"), ("wang", "/wall"), ("school", "/live/box-2"))
"""Who said why they look, and at what."""
ASKED: dict[str, Callable[[Page], None]] = {"replay": _why, "replay-gap": _why}
"""What a page asks before it is shown, once an hour."""


def _archives(made: Office) -> None:
    """One that is ready, and one whose box does not answer."""
    for class_id in ("welder-1", "cook-1"):
        folder = folder_of(made.centre.folder, class_id)
        folder.mkdir(parents=True)
        (folder / REQUEST).write_text(json.dumps({"lang": "zh", "sheets": False, "by": "wang", "at_s": 0}))
    pull(made.centre, "welder-1", folder_of(made.centre.folder, "welder-1") / BAG, Wish("zh"), Terms(),
         Progress("zh", None))
    away = [Away("box-2", 3, made.clock.utc_us)]
    keep_failure(folder, Why(**{lang: tuple(away_words(away, lang, 480)) for lang in LANGS}))


@contextmanager
def office(folder: Path) -> Iterator[tuple[Office, Console]]:
    """The office and its console."""
    glance.WAIT_S = WARM_S
    made = open_office(folder)
    _archives(made)
    console = Console(made.centre)
    for who, path in LOOKS:
        token = session_of(made.centre, name=who)
        said = httpx.post(console.address + path, cookies={COOKIE: token},
                          data={"token": form_token(token), "reason": "routine"})
        assert said.status_code == 303
        httpx.get(console.address, cookies={COOKIE: token})  # so that the overview knows what is recorded
    box = LiveBox(made.centre, made.taught, console.address)
    try:
        yield made, console
    finally:
        box.stop()
        console.stop()
        made.centre.store.close()


class Visitors:
    """Whoever looks at pages, each in a browser of their own."""

    def __init__(self, browser: Browser, made: Office, console: Console, lang: str, width: int) -> None:
        self._browser, self._office, self._console, self._lang, self._width = browser, made, console, lang, width
        self._pages: dict[str, Page] = {}

    def open(self, name: str) -> Page:
        """A page, all of it there."""
        who, path = PAGES[name]
        made, page = self._office, self._page(who)
        with made.centre.store.read() as tx:
            decision = tx.of_type("decision", "welder-1")[-1].record.key
        path = path.format(welcome=made.welcome, open=made.open_link, ticket=made.ticket, decision=link(decision).href)
        page.goto(self._console.address + path, wait_until="load")
        if name in ASKED and page.locator("input[name=reason]").count():
            with page.expect_navigation(wait_until="load"):
                ASKED[name](page)
            page.wait_for_function("(document.getElementById('video') || { readyState: 4 }).readyState >= 2 ||"
                                   " document.querySelector('#says')?.textContent.includes('09:4')")
        if name in ACTS:
            with page.expect_navigation(wait_until="load"):
                ACTS[name](page)
        if name in PRESSED and not page.locator("video").count():
            with page.expect_navigation(wait_until="load"):
                PRESSED[name](page)
        if name in COMES:
            page.wait_for_selector(COMES[name])
        return page

    def _page(self, who: str) -> Page:
        if who in self._pages:
            return self._pages[who]
        context = self._browser.new_context(
            viewport={"width": self._width, "height": TALL}, reduced_motion="reduce", bypass_csp=True)
        self._keep(context, "lang", self._lang)
        if who == "code":
            self._keep(context, COOKIE, self._office.code)
        elif who not in ("", "trainee"):
            self._keep(context, COOKIE, session_of(self._office.centre, name=who))
        page = self._pages[who] = context.new_page()
        if who == "trainee":
            page.goto(f"{self._console.address}/me/open/{self._office.new_link()}")
            with page.expect_navigation():
                page.locator("main button").click()
        return page

    def _keep(self, context: BrowserContext, name: str, value: str) -> None:
        context.add_cookies([{"name": name, "value": value, "url": self._console.address}])

    def close(self) -> None:
        """All of them."""
        for page in self._pages.values():
            page.context.close()


def take(made: Office, console: Console, browser: Browser, folder: Path, names: list[str]) -> None:
    """Pictures of pages, as high as each is."""
    folder.mkdir(parents=True, exist_ok=True)
    for lang in DOCS:
        for screen, width in WIDTHS.items():
            visitors = Visitors(browser, made, console, lang, width)
            for name in names:
                visitors.open(name).screenshot(path=folder / f"{name}.{lang}.{screen}.png", full_page=True)
            visitors.close()


def document(made: Office, console: Console, browser: Browser) -> None:
    """The pictures of the documents."""
    for lang, file in DOCS.items():
        visitors = Visitors(browser, made, console, lang, WIDTHS["screen"])
        visitors.open("class").screenshot(path=OUT / file)
        visitors.close()
        with Image.open(OUT / file) as picture:
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(OUT / file, optimize=True)


def main(args: list[str]) -> int:
    """Exit status 2 without a browser or with a page that nobody knows."""
    names = args[1:] or list(PAGES)
    if CHROMIUM is None or set(names) - PAGES.keys():
        print("no browser, or no such page; pages are: " + " ".join(PAGES), file=sys.stderr)
        return 2
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temp, office(Path(temp)) as (made, console):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        if args:
            take(made, console, browser, Path(args[0]), names)
        else:
            document(made, console, browser)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
