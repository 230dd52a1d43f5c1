"""The console's journey in a real browser over HTTPS, with a box, a broker and a centre that run as they do: from the
first link to a flag that two people decide, an objection, and a dossier whose figures are those of the records."""
from __future__ import annotations

import io
import json
import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyotp
import pytest
from playwright.sync_api import Browser, Error, Page, expect
from pypdf import PdfReader

from evidence.logproof import read_consistency
from evidence.merkle import check_consistency
from evidence.notes import unbase64
from provisioning.demo.services import Services, run
from tests.central.course import AWAY, PEOPLE, PLAN
from tests.central.helpers import write_plan
from tests.contract.held import HeldCourse
from tests.contract.secure_site import CHROMIUM, PASSWORD, SecureSite, browser_at, somebody
from tests.contract.told_dossier import (
    ANSWERED,
    CLASS,
    MISSED,
    OBJECTS,
    SCHOOL,
    TITLE,
    WHY_FIRST,
    WHY_SECOND,
    code_in,
    is_what_the_records_say,
    says_the_same,
)

pytestmark = [
    pytest.mark.long, pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
ACCOUNTS = {"li": ("supervisor", "411200"), "zhao": ("supervisor", "411200"), "school": ("institution", "smx"),
            "sun": ("auditor", "411200"), "nanyang": ("supervisor", "411300")}


@pytest.fixture
def site(tmp_path: Path, services: Services) -> SecureSite:
    made = SecureSite(tmp_path, services)
    made.start()
    return made


@pytest.fixture
def browser(site: SecureSite) -> Iterator[Browser]:
    with browser_at(site) as opened:
        yield opened


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).first.click()


def choose_password(page: Page, link: str) -> None:
    """A one-time link leads to a password of one's own."""
    page.goto(link)
    for name in ("password", "again"):
        page.fill(f"[name={name}]", PASSWORD)
    press(page, "保存并登录")


def set_up(site: SecureSite, browser: Browser) -> dict[str, Page]:
    """The first administrator comes by the link of the command line, states the institution, and makes the accounts;
    everybody chooses a password. Whose page it is, by account."""
    said = site.central("user", "add", "wang", "--role", "administrator", "--link")
    link = re.search(r"https://\S+/welcome/\S+", said)
    assert link is not None and link[0].startswith(site.address), said
    master = somebody(browser, site).new_page()
    choose_password(master, link[0])
    master.get_by_role("link", name="培训机构", exact=True).click()
    for name, value in (("institution", "smx"), ("name", SCHOOL), ("region", "411202")):
        master.fill(f"[name={name}]", value)
    press(master, "登记")
    pages = {"wang": master}
    for account, (role, scope) in ACCOUNTS.items():
        master.goto("/accounts")
        master.fill("[name=account]", account)
        master.select_option("[name=role]", role)
        master.fill("[name=scope]", scope)
        press(master, "新建，并生成设置首个密码的链接")
        pages[account] = somebody(browser, site).new_page()
        choose_password(pages[account], master.inner_text("#link"))
    return pages


def is_kept_to_tls(site: SecureSite, browser: Browser, page: Page) -> None:
    """Nothing is said in the open, and no cookie can be carried there."""
    page.goto("/?lang=zh")
    for cookie in page.context.cookies():
        assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] in ("Lax", "Strict"), cookie
    assert "__Host-zaitang" in {cookie["name"] for cookie in page.context.cookies()}
    answer = page.goto(site.address.replace("https", "http") + "/boxes")
    assert page.url == f"{site.address}/boxes", "who was here by TLS comes back by TLS"
    assert answer is not None and answer.headers["strict-transport-security"] == "max-age=31536000"
    stranger = browser.new_context().new_page()
    with pytest.raises(Error):
        stranger.goto(site.address.replace("https", "http"))
    with httpx.Client(verify=ssl.create_default_context(cafile=site.ca), trust_env=False) as client:
        here = f"https://localhost:{site.console}/sign-in"
        assert client.get(here).status_code == 200
        assert client.get(here, headers={"host": "elsewhere.example"}).status_code == 421
    stranger.context.close()


def log_in_with_code(page: Page) -> None:
    """Codes of an app are switched on once, and asked for besides the password from then on."""
    page.goto("/own")
    page.get_by_role("link", name="开启").click()
    totp = pyotp.TOTP(page.inner_text("main code").replace(" ", ""))
    page.fill("[name=code]", totp.now())
    page.fill("[name=password]", PASSWORD)
    press(page, "开启")
    expect(page.get_by_role("status")).to_contain_text("今后登录时还需输入应用中的验证码。")
    used = page.context.cookies()
    press(page, "退出登录")
    page.fill("[name=account]", "li")
    page.fill("[name=password]", PASSWORD)
    press(page, "登录")
    assert page.url.endswith("/sign-in/code")
    page.goto("/classes/welder-1")
    assert "/sign-in" in page.url, "the password alone opens nothing"
    page.goto("/sign-in/code")
    page.fill("[name=code]", totp.at(int(time.time()) + totp.interval))  # each code counts once
    press(page, "登录")
    assert page.context.cookies() != used


def take_plan(site: SecureSite) -> None:
    """The centre signs the class as an order, and the box takes it the day before."""
    people = "people = [" + ", ".join(f'{{ name = "{name}" }}' for name in PEOPLE) + "]"
    plan, names = write_plan(site.folder, f'institution = "smx"\n{PLAN}', people)
    site.central("class", "add", plan, "--names", names)
    site.start_sync("2026-03-01T08:00:00.000000Z")
    with site.open() as centre:
        def taken() -> bool:
            with centre.store.read() as tx:
                return bool(tx.of_type("order.accepted", CLASS))

        site.services.wait("box", taken)
    site.services.stop("box")


def hold(site: SecureSite) -> dict[str, str]:
    """Four half-days, at three of which one trainee is away; all records and files come to the centre. Names by
    pseudonym, as the box knows them."""
    course = HeldCourse(site.box, CLASS)
    course.hold()
    site.start_sync("2026-03-03T07:30:00.000000Z")
    with site.open() as centre:
        site.services.wait("box", lambda: course.at(centre))
    site.services.stop("box")
    course.close()
    return course.names


def until_overview(page: Page, section: str, says: str) -> None:
    """The overview is judged by a process beside the console, within seconds."""
    page.goto("/")
    for _ in range(120):
        if says in page.inner_text(f"section[aria-labelledby={section}]"):
            return
        page.wait_for_timeout(500)
        page.reload()
    pytest.fail(f"{says}: {page.inner_text('main')}")


def flag_among_what_needs_me(page: Page, says: str, needs: str) -> None:
    """From the overview to the class. `says`, `needs`: what stands there."""
    until_overview(page, "flags", says)
    assert "目前待办" in page.inner_text("h1") and "预警" in page.inner_text("section[aria-labelledby=flags]")
    page.locator("section[aria-labelledby=flags]").get_by_role("link", name=TITLE).click()
    page.wait_for_url(f"**/classes/{CLASS}")
    head = page.inner_text(".verdict")
    assert "预警" in head and AWAY in head and re.search(r"3\s*/ 3", head), head
    assert "模拟时钟" in page.inner_text("body") and needs in page.inner_text("section.needs")


def review(page: Page) -> None:
    """A missed recording is looked at, its video plays, and somebody answers for it."""
    page.locator(f"#rec-{MISSED[0]} h3 a").click()
    row = page.locator("table.people tr", has_text=AWAY)
    assert "未出现" in row.inner_text() and "未签到" in row.inner_text(), row.inner_text()
    expect(page.locator("article .check.whole")).to_be_visible()
    page.get_by_label("核查预警").check()
    press(page, "在此播放")
    page.locator("a.seek").first.click()
    expect(page.locator(".wall")).to_contain_text("14:13:")
    page.get_by_label("未显示全员").check()
    page.fill("#reviews ~ form [name=reason], section[aria-labelledby=reviews] [name=reason]", "整段看过，未见该学员")
    press(page, "记录在案")
    assert "整段看过，未见该学员" in page.inner_text("section[aria-labelledby=reviews]")


def decide(page: Page, reason: str) -> str:
    """Propose, or agree, that the class loses the subsidy. What the page says of where it stands."""
    page.goto(f"/classes/{CLASS}/decision")
    page.locator("input[name=answer][value=withdraw]").check()
    page.fill("[name=reason]", reason)
    press(page, "提交决定")
    return page.inner_text("section[aria-labelledby=decided]")


def object_and_answer(school: Page, supervisor: Page) -> None:
    """The institution objects; a supervisor rejects it with a reason, and what was decided stands."""
    school.goto("/")
    school.get_by_role("link", name=TITLE).first.click()
    school.get_by_role("link", name="异议", exact=True).click()
    assert school.locator("input[name=how]").count() == 0, "it does not answer itself"
    school.fill("[name=text]", OBJECTS)
    press(school, "提交异议")
    supervisor.goto(f"/classes/{CLASS}/decision")
    assert OBJECTS in supervisor.inner_text("section[aria-labelledby=objections]")
    assert "有异议尚未办结，决定未生效。" in supervisor.inner_text("section[aria-labelledby=decided]")
    supervisor.goto(f"/classes/{CLASS}/objections")
    assert OBJECTS in supervisor.inner_text("main")
    supervisor.get_by_label("认定不成立").check()
    supervisor.fill("[name=text]", ANSWERED)
    press(supervisor, "记录在案")
    school.reload()
    assert ANSWERED in school.inner_text("#o-1") and "不成立" in school.inner_text("#o-1")


def only_what_is_theirs(pages: dict[str, Page]) -> None:
    """An auditor reads and decides nothing; a supervisor of another city finds no such class anywhere."""
    auditor, elsewhere, school = pages["sun"], pages["nanyang"], pages["school"]
    auditor.goto(f"/classes/{CLASS}/decision?lang=en")
    said = auditor.inner_text("main")
    assert "Two persons have decided the same: “" in said and "Your account may read this page." in said
    assert auditor.locator("input[name=answer]").count() == 0
    auditor.get_by_role("link", name="Who looked").click()
    looked = auditor.inner_text("main")
    assert all(name in looked for name in ("li", "zhao", "school")) and "wang" not in looked
    school.goto(f"/classes/{CLASS}/decision")
    assert school.locator("input[name=answer]").count() == 0
    for page in (auditor, school):
        for path in ("decision", f"blocks/{MISSED[0]}/review", "objections/o-1"):
            assert post(page, f"/classes/{CLASS}/{path}") == 403, path
    assert post(pages["zhao"], "/accounts") == 403 and post(auditor, f"/classes/{CLASS}/objections") == 403
    elsewhere.goto("/")
    assert TITLE not in elsewhere.inner_text("main")
    for path in ("", "/decision", "/objections", "/dossier", f"/blocks/{MISSED[0]}"):
        answer = elsewhere.goto(f"/classes/{CLASS}{path}")
        assert answer is not None and answer.status == 404 and TITLE not in elsewhere.content(), path
    assert post(elsewhere, f"/classes/{CLASS}/decision") == 404


def post(page: Page, path: str) -> int:
    """The status of the answer to a form that no page of this person shows, sent with their own cookie and token."""
    token = page.locator("form [name=token]").first.input_value()
    return int(page.evaluate("""async ([path, token]) => (await fetch(path, {method: "POST", redirect: "manual",
        headers: {"content-type": "application/x-www-form-urlencoded"}, body: new URLSearchParams({token})})).status""",
        [path, token]))


def download(page: Page, button: str) -> bytes:
    """What the page makes and sends by itself."""
    page.goto(f"/classes/{CLASS}")
    page.get_by_role("link", name="档案与导出").click()
    with page.expect_download(timeout=60_000) as loading:
        page.get_by_role("button", name=button).click()
    return loading.value.path().read_bytes()


def verified(site: SecureSite) -> tuple[Path, dict[str, Any]]:
    """The class exported, and what `zaitang-verify` finds in it."""
    export, out = site.folder / "export", site.folder / "verified.json"
    site.central("export", CLASS, "--to", export)
    run("zaitang-verify", export, "--root", site.root, "--json", out)
    found: dict[str, Any] = json.loads(out.read_text())
    assert found["ok"] and found["pinned"] and found["problems"] == []
    return export, found


def the_code_holds(site: SecureSite, page: Page, code: str, told: dict[str, Any], found: dict[str, Any]) -> None:
    """The code on paper is of this root, and the tree in the export goes on from the one that it names."""
    proof, newest = told["proof"], found["trees"][-1]
    assert proof["root_fingerprint"] == found["signer"]["root"] and proof["address"].startswith(site.address)
    (site.folder / "code.txt").write_text(code)
    assert CLASS in site.central("check-dossier", site.folder / "code.txt")
    lines = code.splitlines()
    assert (lines[1], lines[4], lines[6]) == (proof["origin"], CLASS, told["findings_sha256"])
    page.goto(f"/log/consistency?old={lines[2]}&size={newest['size']}")
    grown = read_consistency((page.inner_text("pre")).encode())
    root = bytes.fromhex(newest["root_hash"])
    check_consistency(int(lines[2]), unbase64(lines[3]), newest["size"], root, grown.hashes)


def test_from_the_first_link_to_a_dossier_that_is_what_the_records_say(site: SecureSite, browser: Browser) -> None:
    pages = set_up(site, browser)
    li, zhao = pages["li"], pages["zhao"]
    is_kept_to_tls(site, browser, li)
    take_plan(site)
    names = hold(site)
    log_in_with_code(li)
    flag_among_what_needs_me(li, "未显示全员 3 次", "预警：须由一人作初审决定。")
    review(li)
    said = decide(li, WHY_FIRST)
    assert WHY_FIRST in said and li.locator("input[name=answer]").count() == 0, "not both decisions"
    flag_among_what_needs_me(zhao, "已初审，待复核", "已有一人决定：须由第二人复核。")
    assert "两人决定一致：“执行条款规定的后果：取消补贴资格或不予认可”。" in decide(zhao, WHY_SECOND)
    object_and_answer(pages["school"], zhao)
    until_overview(li, "flags", "没有待决定的预警。")
    only_what_is_theirs(pages)
    paper, book, told = (download(zhao, name) for name in ("PDF（补贴申报材料）", "Excel（XLSX）", "JSON"))
    export, found = verified(site)
    said = json.loads(told)
    is_what_the_records_say(said, export, found, names)
    read = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper)).pages)
    says_the_same(re.sub(r"\s", "", read), openpyxl.load_workbook(io.BytesIO(book)), said)
    the_code_holds(site, zhao, code_in(read), said, found)
