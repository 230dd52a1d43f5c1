"""A centre that is served by real HTTP, with a class that runs now, its box, and people who are signed in."""
from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.web.app import create_app
from central.web.patience import PatientProtocol
from central.web.server import listen
from central.wiring import Centre, init_centre
from tests.central.console import COOKIE, session_of
from tests.central.helpers import PLAN, Box, write_plan


def running_class(centre: Centre, folder: Path) -> Box:
    """A class whose class-hour goes on, by the clock of this machine, and its box."""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(hours=8)
    hours = (f"{{ kind = \"theory\", start = {now - datetime.timedelta(minutes=20):%Y-%m-%dT%H:%M:00}, "
             f"end = {now + datetime.timedelta(minutes=40):%Y-%m-%dT%H:%M:00} }}")
    centre.account_desk().put_institution("school-a", "学校甲", "411202", None)
    text = PLAN.split("hours = [")[0] + f"hours = [{hours}]\n"
    paths = write_plan(folder, 'institution = "school-a"\n' + text)
    add_class(centre.store, centre.names, read_plan(paths[0]), read_names(paths[1]), paths[0])
    box = Box(centre)
    box.genesis(centre.clock.stamp().utc_us)
    centre.collector().take(box.messages())
    return box


@contextmanager
def serving(centre: Centre, port: int = 0) -> Iterator[int]:
    """Serve the console in a thread, as `zaitang-central serve` does. Gives the port."""
    listening = listen("127.0.0.1", port)
    config = uvicorn.Config(create_app(centre), http=PatientProtocol, log_level="error", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_site(folder: Path) -> Iterator[tuple[Centre, Box]]:
    """A new centre in a folder, with that class."""
    centre = init_centre(folder / "centre", test_keys=True)
    try:
        yield centre, running_class(centre, folder)
    finally:
        centre.store.close()


def viewer(centre: Centre, port: int, name: str) -> httpx.Client:
    """Somebody who is signed in, by real HTTP."""
    token = session_of(centre, "supervisor", "411200", name)
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={COOKIE: token}, timeout=20)
