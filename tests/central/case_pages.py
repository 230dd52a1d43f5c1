"""The course of a class that belongs to an institution, and the people who decide about it."""
from __future__ import annotations

import html
import re
from pathlib import Path

from fastapi.testclient import TestClient
from httpx import Response

from central.accounts.door import form_token
from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.wiring import Centre
from evidence.bodies import Body, body_of
from tests.central.console import COOKIE, signed_in
from tests.central.course import PEOPLE, PLAN
from tests.central.helpers import write_plan

CLASS, FIRST, PRACTICE = "welder-1", "2026-03-02-am", "2026-03-02-pm"
BASE = f"/classes/{CLASS}"
SCHOOL = "school-a"


def belongs(centre: Centre, folder: Path, plan: str = PLAN) -> None:
    """A later plan says whose class it is: of a school in Sanmenxia."""
    centre.account_desk().put_institution(SCHOOL, "三门峡职业培训学校", "411202", None)
    people = "people = [" + ", ".join(f'{{ name = "{name}" }}' for name in PEOPLE) + "]"
    paths = write_plan(folder, f'institution = "{SCHOOL}"\n{plan}', people)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])


def supervisor(centre: Centre, name: str) -> TestClient:
    """Somebody of the city, signed in."""
    return signed_in(centre, "supervisor", "411200", name)


def school(centre: Centre) -> TestClient:
    """Somebody of the institution, signed in."""
    return signed_in(centre, "institution", SCHOOL, "school")


def kept(centre: Centre, kind: str) -> list[Body | None]:
    """The centre's records of a kind about the class."""
    with centre.store.read() as tx:
        return [body_of(one.record) for one in tx.of_type(kind, CLASS)]


def shown(page: Response, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


def text(page: Response) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def send_files(
    client: TestClient, path: str, files: dict[str, tuple[str, bytes]], **fields: str | list[str]
) -> Response:
    """A form with files."""
    told = {"token": form_token(client.cookies.get(COOKIE) or ""), **fields}
    return client.post(path, data=told, files=files, follow_redirects=False)
