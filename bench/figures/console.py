"""Row `console`: how long the pages of the console take at a centre of a city, on the server."""
from __future__ import annotations

import dataclasses
import gc
import itertools
import os
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from bench.console_seed import BOXES, CLASSES_EACH, HEAVY_EVERY, SURNAMES, check, seeded
from bench.harness import Figures
from central.accounts.desk import digest
from central.accounts.door import new_visit
from central.classes.kept_files import KeptFiles
from central.classes.stories import Stories, Told
from central.overview.beside import worker_of
from central.overview.judge import inputs_hash
from central.store.accounts import Session
from central.store.inputs import Inputs
from central.store.summaries import Judgement, Wanted
from central.web.app import create_app
from central.web.class_pages import ClassPages
from central.wiring import Centre

GOAL_MS, TIMES, HEAVY = 200, 60, 3
KEPT, SHARE = "CONSOLE_CENTRE", "CONSOLE_SHARE"
"""Environment: the folder in which the seeded centre is kept for the next run (`make bench ROW=console
CONSOLE_CENTRE=FOLDER`), and one box in how many is made."""


def measure(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Seed the centre or take the one that is kept, let the worker follow, then ask for pages."""
    share = int(os.environ.get(SHARE, "1"))
    place = Path(os.environ.get(KEPT) or folder)
    place.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    centre = seeded(place, share)
    seeding_s = time.perf_counter() - begun
    try:
        verified = check(centre, share=share)
        followed = follow(centre)
        figures = dict(_pages(centre, BOXES // share))
        with centre.store.read() as tx:
            records, listed = tx.leaves(), tx.count_classes(Wanted())
    finally:
        centre.store.close()
    lines = [f"{records:,} records, {BOXES // share:,} boxes, {listed:,} classes; {verified:,} records of five boxes "
             f"verified; made or opened in {seeding_s:.0f} s; goal p95 < {GOAL_MS} ms, on the wall", followed,
             f"{'page':38} {'times':>5} {'p50':>8} {'p95':>8} {'CPU p50':>8} {'CPU p95':>8} {'bytes':>9}"]
    for name, one in figures.items():
        lines.append(f"{name:38} {one['times']:5} {one['p50_ms']:8.1f} {one['p95_ms']:8.1f} {one['cpu_p50_ms']:8.1f} "
                     f"{one['cpu_p95_ms']:8.1f} {one['bytes']:9,}")
    return lines, {"records": records, "classes": listed, "pages": figures}


def follow(centre: Centre, judge_s: float = 20) -> str:
    """The worker lists all classes and judges for a while, and one class of each kind that the seeder makes; what it
    did not come to takes the judgement of its kind, so that pages and filters have what they have in the end."""
    worker = worker_of(centre, Stories(centre.store, centre.clock))
    begun, used = time.perf_counter(), time.process_time()
    worker.step(judge_s)
    took, cpu = time.perf_counter() - begun, time.process_time() - used
    with centre.store.read() as tx:
        rows = tx.summaries_of(tx.class_ids(Wanted()))
        inputs = tx.inputs(tx.boxes_of_classes(rows), centre.store.device)
        leaves = tx.leaves()
    judged = {class_id for class_id, row in rows.items() if row.judged_leaf >= 0}
    kinds: dict[tuple[int, ...], Judgement] = {}
    for class_id in sorted(rows):
        if _kind(class_id) not in kinds:
            kinds[_kind(class_id)] = worker._judged(class_id)
    with centre.store.write() as tx:
        for class_id in rows.keys() - judged:
            like = kinds[_kind(class_id)]
            tx.put_judgement(dataclasses.replace(
                like, class_id=class_id, leaves=leaves, inputs=inputs_hash(inputs[class_id])), like.judged_us)
    return (f"the worker listed all and judged {len(judged):,} classes in {took:.0f} s ({cpu:.0f} s CPU); "
            f"{len(rows) - len(judged):,} took the judgement of one of {len(kinds)} kinds")


def _kind(class_id: str) -> tuple[int, ...]:
    """What the seeder makes of a class (`classes_of`), and its place in the weeks of its box."""
    number, at = (int(part) for part in class_id.split("-")[1:])
    return (-1, at) if number % HEAVY_EVERY == 0 else ((number * CLASSES_EACH + at) % 20, at)


def _pages(centre: Centre, boxes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    dice, app = random.Random(5), _client(centre)

    def home(query: dict[str, str]) -> str:
        return _got(app, "/", query)

    def sought(text: str) -> str:
        return _got(app, "/search", {"q": text})

    yield "overview", _timed(lambda: home({}))
    yield "overview, filtered, running", _timed(lambda: home({"running": "1", "sort": "title", "descending": "0"}))
    yield "overview, flags of two weeks", _timed(lambda: home(
        {"verdict": "flag", "since": "2026-03-01", "until": "2026-03-14", "sort": "missing"}))
    yield "overview, a page far behind", _timed(_far(home))
    yield "search, class", _timed(lambda: sought(f"{dice.randrange(boxes):04}-{dice.randrange(5)}"))
    yield "search, surname", _timed(lambda: sought(dice.choice(SURNAMES)))
    yield "search, pseudonym", _timed(lambda: sought("p-00000000"))
    light = [f"class-{number:04}-{each}" for number in range(1, min(boxes, 15)) if number % HEAVY_EVERY
             for each in (2, 4)]
    heavy = [f"class-{number:04}-0" for number in range(0, boxes, HEAVY_EVERY)][:HEAVY]
    yield from _class_pages(centre, "class (25 × 10)", light)
    yield from _class_pages(centre, "class (40 × 60)", heavy)


def _class_pages(centre: Centre, name: str, classes: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pages of classes, each time by a process that has just begun: those that the worker came to, and the same again;
    those of which it came to all but the newest record; those that it never came to."""
    stories = Stories(centre.store, centre.clock)
    told = [stories.tell(class_id) for class_id in classes]
    keep = ClassPages(centre, stories).keep
    yield f"{name}, kept by the worker", _figures([_measured(partial(_kept, keep, one)) for one in told])
    look = _opened(centre)
    yield f"{name}, first look", _figures([_measured(partial(look, one)) for one in classes])
    again = itertools.cycle(classes)
    yield f"{name}, again", _timed(lambda: look(next(again)))
    for one in told:
        keep(dataclasses.replace(one, inputs=_before(one.inputs)))
    look, dated, now = _opened(centre), [], []
    for class_id in classes:
        dated.append(_measured(partial(look, class_id)))
        now.append(_measured(partial(_read, look, class_id)))
    yield f"{name}, a record came", _figures(dated)
    yield f"{name}, until it is read", _figures(now)
    for one in told:
        keep(one)
    with tempfile.TemporaryDirectory() as folder:
        other = dataclasses.replace(centre)
        other.__dict__["kept_files"] = KeptFiles(Path(folder), centre.keys.names_key)
        look = _opened(other)
        yield f"{name}, kept nowhere", _figures([_measured(partial(look, one)) for one in classes])


def _kept(keep: Callable[[Told], None], told: Told) -> str:
    keep(told)
    return ""


def _opened(centre: Centre) -> Callable[[str], str]:
    """What shows the page of a class, in a process that has just begun."""
    app = _client(centre)
    _got(app, "/search", {"q": "p-00000000"})
    return lambda class_id: _got(app, f"/classes/{class_id}", {})


def _before(inputs: Inputs) -> Inputs:
    """As they were before the newest record of the first chain came."""
    said, revoked, boxes = inputs
    (device, stated, (chain, up_to, _, *rest), *chains), *others = boxes  # type: ignore[misc]
    return said, revoked, ((device, stated, (chain, up_to - 1, "", *rest), *chains), *others)


def _read(look: Callable[[str], str], class_id: str) -> str:
    """The page of now, asked for again until it is there."""
    while "data-renew" in (html := look(class_id)):
        time.sleep(0.02)
    return html


def _far(home: Callable[[dict[str, str]], str]) -> Callable[[], str]:
    """The tenth page, by the places that the pages name."""
    import html
    import re
    from urllib.parse import parse_qsl

    query: dict[str, str] = {}
    for _ in range(9):
        found = re.search(r'rel="next" href="\?([^"#]+)', home(query))
        if found is None:
            break
        query = dict(parse_qsl(html.unescape(found.group(1))))
    return lambda: home(query)


def _client(centre: Centre) -> TestClient:
    """Of a supervisor of the province, who is logged in."""
    name, token, now_us = f"bench-{uuid.uuid4().hex[:8]}", new_visit(), centre.clock.stamp().utc_us
    centre.account_desk().add(name, "supervisor", "410000", None)
    with centre.store.write() as tx:
        tx.put_session(Session(digest(token), name, True, now_us, now_us))
    client = TestClient(create_app(centre), base_url="http://127.0.0.1:8470")
    client.cookies.set("zaitang", token, domain="127.0.0.1", path="/")
    return client


def _got(client: TestClient, path: str, query: dict[str, str]) -> str:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def _timed(page: Callable[[], str]) -> dict[str, Any]:
    """Figures of a page that was asked for before."""
    page()
    return _figures([_measured(page) for _ in range(TIMES)])


def _measured(page: Callable[[], str]) -> tuple[float, float, int]:
    """Milliseconds by the clock and of CPU, of all threads; bytes."""
    gc.collect()
    at, used = time.perf_counter(), time.process_time()
    size = len(page().encode())
    return 1000 * (time.perf_counter() - at), 1000 * (time.process_time() - used), size


def _figures(measured: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    wall, cpu, sizes = ([*values] for values in zip(*measured, strict=True))
    return {"times": len(wall), "p50_ms": _part(wall, 50), "p95_ms": _part(wall, 95), "cpu_p50_ms": _part(cpu, 50),
            "cpu_p95_ms": _part(cpu, 95), "bytes": sizes[-1]}


def _part(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


FIGURES = Figures("console", "pages of the console at a centre of a city, milliseconds on the server", measure)

