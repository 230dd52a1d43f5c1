"""A class from the institution's tables to the box: in a real browser, with a console, broker, collector and box that
run as they do, each under TLS."""
from __future__ import annotations

import datetime
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from edge.wiring import open_box
from provisioning.demo.services import Services
from tests.central.plans.tables import number
from tests.contract.secure_site import CHROMIUM, DEVICE, PASSWORD, SecureSite, browser_at, somebody

pytestmark = [
    pytest.mark.long, pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
INSTITUTION = "smx"
ROOM = "101 教室"
PEOPLE = (("张伟", number(1), "学员"), ("王芳", number(2), "学员"), ("陈老师", number(91), "教师"))


@pytest.fixture
def site(tmp_path: Path, services: Services) -> SecureSite:
    """A centre that runs and has certified a box, an institution with an account, and an administrator."""
    site = SecureSite(tmp_path, services)
    site.start()
    with site.open() as centre:
        desk = centre.account_desk()
        desk.put_institution(INSTITUTION, "三门峡职业培训学校", "411202", None)
        desk.add("zhao", "institution", INSTITUTION, None, PASSWORD)
        desk.add("wang", "administrator", None, None, PASSWORD)
    return site


@pytest.fixture
def browser(site: SecureSite) -> Iterator[Browser]:
    with browser_at(site) as opened:
        yield opened


def log_in(browser: Browser, site: SecureSite, name: str) -> Page:
    page = somebody(browser, site).new_page()
    page.goto("/sign-in?lang=en")
    page.fill("[name=account]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    return page


def filled(page: Page, which: str, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """The template, as it is downloaded, with these rows."""
    with page.expect_download() as loading:
        page.locator(f"a[href='/plans/template/{which}']").click()
    book = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes()))
    for at, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            book.worksheets[0].cell(at, column, value)
    data = io.BytesIO()
    book.save(data)
    return {"name": f"{which}.xlsx", "mimeType": "application/octet-stream", "buffer": data.getvalue()}


def make_draft(page: Page, first: datetime.date) -> None:
    """Three mistakes are told at once, and what is corrected becomes a draft without a box."""
    page.goto("/plans")
    page.get_by_role("link", name="New class").click()
    page.fill("[name=class_id]", "welder-9")
    page.fill("[name=title]", "焊工第 9 期")
    page.set_input_files("[name=roster]", filled(page, "roster", [
        ("张伟", number(1), None, "学员"), ("王芳", "1234", None, "学员")]))
    page.set_input_files("[name=schedule]", filled(page, "schedule", [
        (str(first), "08:30", "09:15", "theory"), ("3月2日", "09:25", "10:10", "theory"),
        (str(first), "morning", "15:10", "theory")]))
    page.get_by_role("button", name="Make the draft").click()
    places = page.locator(".wrongs tbody tr").all_inner_texts()
    assert [place.split("\t")[:3] for place in places] == [
        ["Roster", "3", "ID number"], ["Schedule", "3", "Date"], ["Schedule", "4", "Start"]], places
    people = filled(page, "roster", [(name, id_number, None, role) for name, id_number, role in PEOPLE])
    page.set_input_files("[name=roster]", people)
    page.set_input_files("[name=schedule]", filled(page, "schedule", [
        (str(first), "08:30", "09:15", "theory"), (str(first), "09:25", "10:10", "theory")]))
    page.get_by_role("button", name="Make the draft").click()
    page.wait_for_url("**/plans/welder-9")


def test_an_institution_plans_a_class_and_its_box_takes_it(
    site: SecureSite, services: Services, browser: Browser,
) -> None:
    site.start_sync()
    first = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=7)
    page = log_in(browser, site, "zhao")
    make_draft(page, first)
    assert "has no box" in page.inner_text("main")

    master = log_in(browser, site, "wang")
    master.goto("/plans/welder-9/class")
    master.select_option("[name=box] >> nth=0", DEVICE)
    master.fill("[name=room] >> nth=0", ROOM)
    master.get_by_role("button", name="Change the draft").click()
    master.wait_for_url("**/plans/welder-9#changes")

    page.goto("/plans/welder-9/pattern")
    page.locator("[name=on]").nth((first + datetime.timedelta(days=1)).weekday()).check()
    page.fill("[name=first]", str(first))
    page.fill("[name=last]", str(first + datetime.timedelta(days=14)))
    page.get_by_role("button", name="Add them to the draft").click()
    page.wait_for_url("**/plans/welder-9#weeks")
    assert page.locator(".slot").count() == 2 + 2 * 4

    page.get_by_role("link", name="Publish …").click()
    page.get_by_role("button", name="Publish: sign order 1").click()
    page.wait_for_url("**/plans/welder-9#boxes")
    deadline = time.monotonic() + 90
    while page.locator(".chip.clear", has_text="accepted").count() == 0:
        services.check()
        assert time.monotonic() < deadline, page.inner_text("main")
        page.wait_for_timeout(500)
        page.reload()
    box = open_box(site.box)
    try:
        assert sorted(box.store.names("welder-9").values()) == sorted(name for name, *_ in PEOPLE)
    finally:
        box.store.close()
