"""What is looked after beside a server: all of it, while it is served."""
from __future__ import annotations

import time

from fastapi import FastAPI
from fastapi.testclient import TestClient

from central.renewing import look_after


def test_several_things_are_looked_after_until_the_server_ends() -> None:
    app, seen = FastAPI(), list[str]()
    for name in ("certificate", "pieces"):
        look_after(app, lambda name=name: seen.append(name), 0.01)  # type: ignore[misc]
    with TestClient(app):
        deadline = time.monotonic() + 30
        while set(seen) != {"certificate", "pieces"}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    count = len(seen)
    time.sleep(0.1)
    assert len(seen) == count
