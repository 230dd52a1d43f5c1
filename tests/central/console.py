"""Somebody who is signed in to the console of a centre: a client with a session, without typing a password."""
from __future__ import annotations

from fastapi.testclient import TestClient
from httpx import Response

from central.accounts.desk import digest
from central.accounts.door import form_token, new_visit
from central.store.accounts import Session
from central.web.app import create_app
from central.wiring import Centre

HERE = "http://127.0.0.1:8470"
COOKIE = "zaitang"


def session_of(centre: Centre, role: str = "administrator", scope: str | None = None, name: str | None = None) -> str:
    """What the cookie of somebody with this role and scope holds; the account is made if it is not there."""
    name = name or "-".join(part for part in (role, scope) if part)
    with centre.store.read() as tx:
        known = tx.account(name) is not None
    if not known:
        centre.account_desk().add(name, role, scope, None)
    token, now_us = new_visit(), centre.clock.stamp().utc_us
    with centre.store.write() as tx:
        tx.put_session(Session(digest(token), name, True, now_us, now_us))
    return token


def signed_in(
    centre: Centre, role: str = "administrator", scope: str | None = None, name: str | None = None, base_url: str = HERE
) -> TestClient:
    """A client of the console whose owner is signed in."""
    client = TestClient(create_app(centre), base_url=base_url)
    become(client, session_of(centre, role, scope, name))
    return client


def program(centre: Centre, role: str = "administrator", scope: str | None = None) -> TestClient:
    """A program with a token of somebody with this role and scope."""
    session_of(centre, role, scope)
    name = "-".join(part for part in (role, scope) if part)
    token = centre.account_desk().make_token(name, "test", None)
    return TestClient(create_app(centre), base_url=HERE, headers={"authorization": f"Bearer {token}"})


def become(client: TestClient, token: str) -> None:
    """Let a client carry another session."""
    client.cookies.set(COOKIE, token, domain="127.0.0.1", path="/")


def send(client: TestClient, path: str, follow: bool = False, **fields: str) -> Response:
    """Send a form as a page of this session would."""
    cookie = client.cookies.get(COOKIE) or ""
    return client.post(path, data={"token": form_token(cookie), **fields}, follow_redirects=follow)


def give_reason(client: TestClient, class_id: str, block: str, why: str = "test") -> None:
    """Say why one looks at a recording, as the replay asks first."""
    said = send(client, f"/classes/{class_id}/blocks/{block}/replay", reason="other", why=why)
    assert said.status_code == 303


def media(sha256: str, class_id: str, block: str) -> str:
    """The address of a file, as playlists have it."""
    return f"/media/{sha256}.mp4?class={class_id}&block={block}"
