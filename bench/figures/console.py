"""Row `console`: how long the pages of the console take at a centre of a city, on the server."""
from __future__ import annotations

import dataclasses
import functools
import gc
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from bench.console_seed import BOXES, CLASSES_EACH, HEAVY_EVERY, SURNAMES, check, seeded
from bench.harness import Figures
from central.accounts.desk import digest
from central.accounts.door import new_visit
from central.overview.judge import inputs_hash
from central.overview.name_keys import NameKeys
from central.overview.worker import Worker
from central.store.accounts import Session
from central.store.summaries import Judgement, Wanted
from central.web.app import create_app
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
             f"{'page':34} {'times':>5} {'p50':>8} {'p95':>8} {'CPU p50':>8} {'CPU p95':>8} {'bytes':>9}"]
    for name, one in figures.items():
        lines.append(f"{name:34} {one['times']:5} {one['p50_ms']:8.1f} {one['p95_ms']:8.1f} {one['cpu_p50_ms']:8.1f} "
                     f"{one['cpu_p95_ms']:8.1f} {one['bytes']:9,}")
    return lines, {"records": records, "classes": listed, "pages": figures}


def follow(centre: Centre, judge_s: float = 20) -> str:
    """The worker lists all classes and judges for a while, and one class of each kind that the seeder makes; what it
    did not come to takes the judgement of its kind, so that pages and filters have what they have in the end."""
    worker = Worker(centre.store, centre.names, NameKeys(centre.keys.names_key), centre.clock)
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
                like, class_id=class_id, leaves=leaves, inputs=inputs_hash(inputs[class_id])))
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

    def shown(number: int, each: int) -> str:
        return _got(app, f"/classes/class-{number:04}-{each}", {})

    yield "overview", _timed(lambda: home({}))
    yield "overview, filtered, running", _timed(lambda: home({"running": "1", "sort": "title", "descending": "0"}))
    yield "overview, flags of two weeks", _timed(lambda: home(
        {"verdict": "flag", "since": "2026-03-01", "until": "2026-03-14", "sort": "missing"}))
    yield "overview, a page far behind", _timed(_far(home))
    yield "search, class", _timed(lambda: sought(f"{dice.randrange(boxes):04}-{dice.randrange(5)}"))
    yield "search, surname", _timed(lambda: sought(dice.choice(SURNAMES)))
    yield "search, pseudonym", _timed(lambda: sought("p-00000000"))
    light = [(number, each) for number in range(1, min(boxes, 15)) if number % 50 for each in (2, 4)]
    yield "class, cold", _timed(functools.partial(_next, iter(light * 9), shown), len(light))
    warm = [dice.choice(light) for _ in range(TIMES)]
    yield "class, warm", _timed(functools.partial(_next, iter(warm), shown), TIMES)
    heavy = list(range(0, boxes, 50))[:HEAVY]
    turns = iter([(number, 0) for number in heavy])
    yield "large class (40 × 60), cold", _timed(functools.partial(_next, turns, shown), len(heavy))
    yield "large class (40 × 60), warm", _timed(lambda: shown(heavy[-1], 0))


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


def _next(turns: Iterator[tuple[int, int]], shown: Callable[[int, int], str]) -> str:
    return shown(*next(turns))


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


def _timed(page: Callable[[], str], times: int = TIMES) -> dict[str, Any]:
    """Wall and CPU milliseconds of a page; the first time is one of them only where it is cold on purpose."""
    wall, cpu, size = [], [], 0
    if times >= TIMES // 2:
        page()
        times -= 1
    gc.collect()
    for _ in range(times):
        at, used = time.perf_counter(), time.process_time()
        size = len(page().encode())
        wall.append(1000 * (time.perf_counter() - at))
        cpu.append(1000 * (time.process_time() - used))
    return {"times": len(wall), "p50_ms": _part(wall, 50), "p95_ms": _part(wall, 95), "cpu_p50_ms": _part(cpu, 50),
            "cpu_p95_ms": _part(cpu, 95), "bytes": size}


def _part(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


FIGURES = Figures("console", "pages of the console at a centre of a city, milliseconds on the server", measure)

