"""The page of a class: however it comes to be shown, it is the page of now, or says of when it is."""
from __future__ import annotations

import dataclasses
import random
import shutil
import threading
from pathlib import Path

import pytest

from central.classes.decisions import Stage, decide, look_at
from central.classes.kept_files import KeptFiles
from central.classes.objections import raise_objection
from central.classes.reviews import state_review
from central.classes.stories import Stories
from central.web import class_pages
from central.web.class_pages import RUNNING_US, ClassPage, ClassPages
from central.wiring import Centre, open_centre
from evidence.bodies import Alarm, CentreLook, ClassOrder, Segment, SegmentRemoved
from evidence.errors import ZaitangError
from evidence.times import HOUR, MINUTE, SECOND
from tests.central.console import signed_in
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of
from tests.central.overview.conftest import City, worker_of

CLASS, BLOCK, FILM = "welder-1", "2026-03-02-am", b"a film"


@pytest.fixture
def city(centre: Centre, clock: FixedClock, tmp_path: Path) -> City:
    return City(centre, clock, tmp_path, worker_of(centre, clock))


def pages_of(centre: Centre) -> ClassPages:
    """Of a process that has just begun."""
    return ClassPages(centre, Stories(centre.store, centre.clock, centre.kept_files))


def worked_out(centre: Centre, lang: str) -> ClassPage:
    """The page by who remembers nothing."""
    other = dataclasses.replace(centre)
    other.__dict__["kept_files"] = KeptFiles(centre.folder / "nothing", centre.keys.names_key)
    return ClassPages(other, Stories(centre.store, centre.clock)).of(CLASS, lang)


@dataclasses.dataclass
class Days:
    """What happens to a class, by chance."""

    city: City
    order: ClassOrder
    box: Box
    dice: random.Random

    def happens(self) -> str:
        """Something; its name."""
        step = self.dice.choice([
            self.time, self.time, self.taught, self.alarm, self.filmed, self.removed, self.looked, self.reviewed,
            self.objected, self.decided, self.erased, self.planned, self.brought, self.behind])
        try:
            step()
        except ZaitangError as why:  # what people may not say now, nobody has said
            return f"{step.__name__}, refused: {why}"
        return step.__name__

    def time(self) -> None:
        self.city.clock.utc_us += self.dice.choice([SECOND, MINUTE, 20 * MINUTE, HOUR, 9 * HOUR, 30 * HOUR])

    def taught(self) -> None:
        people = [one.person for one in self.order.roster]
        self.city.teach(self.box, CLASS, self.dice.sample(people, 2), start=self.last + MINUTE)

    def alarm(self) -> None:
        self.said(Alarm("camera.silent", {"camera": "room"}, CLASS))

    def filmed(self) -> None:
        film = bytes([self.dice.randrange(200)])
        self.said(segment_of(film, self.last, 60, class_id=CLASS, session=f"s-{CLASS}"))
        put(self.city.centre, film)

    def removed(self) -> None:
        films = [str(one.record.body["sha256"]) for one in self.box.sealed if one.record.type == "segment"]
        self.said(SegmentRemoved(self.dice.choice(films or ["0" * 64]), "retention", "li"))

    def looked(self) -> None:
        self.stated(CentreLook("li", self.dice.choice(["class", "video"]), "supervisor", CLASS))

    def reviewed(self) -> None:
        state_review(self.city.centre.store, CLASS, BLOCK, self.dice.choice(["missing", "complete"]), "looked", "王",
                     self.city.clock.utc_us)

    def objected(self) -> None:
        raise_objection(self.city.centre.store, CLASS, "school", None, "not so", "li")

    def decided(self) -> None:
        shown = look_at(self.city.centre.store, CLASS, self.city.clock.utc_us).findings
        stage: Stage = self.dice.choice(["first", "second"])
        by = self.dice.choice(["li", "zhao"])
        decide(self.city.centre.store, CLASS, stage, "withdraw", "not shown", by, by, shown, self.city.clock.utc_us)

    def erased(self) -> None:
        with self.city.centre.store.write() as tx:
            tx.erase_name(CLASS, self.dice.choice(self.order.roster).person)

    def planned(self) -> None:
        self.order = self.city.add(CLASS)

    def brought(self) -> None:
        put(self.city.centre, FILM)

    def behind(self) -> None:
        """A record comes before the one that it follows."""
        for at in (self.last + SECOND, self.last + 2 * SECOND):
            self.box.append(Alarm("camera.silent", {"camera": "room"}, CLASS), at)
        self.city.centre.collector().take(self.box.messages()[-1:])

    def said(self, body: Alarm | Segment | SegmentRemoved) -> None:
        self.box.append(body, self.last + SECOND)
        self.city.send(self.box)

    def stated(self, body: CentreLook) -> None:
        with self.city.centre.store.write() as tx:
            self.city.centre.store.append(tx, body)

    @property
    def last(self) -> int:
        return max(self.box.sealed[-1].record.utc_us, MORNING)


@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.long) for one in (1, 2, 3))])
def test_a_page_that_was_kept_is_the_page_that_is_worked_out_now(
    city: City, monkeypatch: pytest.MonkeyPatch, seed: int,
) -> None:
    """In the process that kept it and in the next, whatever came since: of a box, of people, of time, of files."""
    monkeypatch.setattr(class_pages, "RUNNING_US", 0)
    dice = random.Random(seed)
    days = Days(city, city.add(CLASS), city.box(), dice)
    here, ahead = pages_of(city.centre), Stories(city.centre.store, city.clock, city.centre.kept_files)
    shown = 0
    for number in range(16):
        what, lang = days.happens(), dice.choice(["zh", "en"])
        now = worked_out(city.centre, lang)
        assert here.of(CLASS, lang) == now, (number, what)
        assert pages_of(city.centre).of(CLASS, lang) == now, (number, what)
        if dice.random() < 0.4:
            ClassPages(city.centre, ahead).keep(ahead.tell(CLASS))
            shown += 1
    assert shown > 2


def test_what_people_decide_is_on_every_page(played: Centre) -> None:
    here, now_us = pages_of(played), played.clock.stamp().utc_us
    stages: tuple[Stage, ...] = ("first", "second")
    for stage in (None, *stages):
        if stage is not None:
            shown = look_at(played.store, CLASS, now_us).findings
            decide(played.store, CLASS, stage, "withdraw", "未显示全员", stage, stage, shown, now_us)
        page = here.of(CLASS, "zh")
        assert page == worked_out(played, "zh") == pages_of(played).of(CLASS, "zh")
        assert page.c.decided.state == {None: "none", "first": "first", "second": "decided"}[stage]
        pages_of(played).keep(Stories(played.store, played.clock).tell(CLASS))
        assert pages_of(played).of(CLASS, "zh") == page


def test_what_was_kept_ahead_is_not_worked_out_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    order = city.add(CLASS)
    city.teach(city.box(), CLASS, [one.person for one in order.roster[:2]])
    now = worked_out(city.centre, "zh")
    before = pages_of(city.centre)
    before.keep(Stories(city.centre.store, city.clock).tell(CLASS))
    monkeypatch.setattr(Stories, "tell", None)
    assert pages_of(city.centre).of(CLASS, "zh") == now


def test_what_was_kept_before_the_database_was_set_back_is_not_shown_after(city: City, clock: FixedClock) -> None:
    """Other records have the same numbers then, and receipts of the same records other times."""
    order, box = city.add(CLASS), city.box()
    back = open_centre(shutil.copytree(city.centre.folder, city.folder / "back"), clock)

    def kept_there() -> ClassPage:
        pages_of(city.centre).keep(Stories(city.centre.store, clock).tell(CLASS))
        shutil.copytree(city.centre.folder / "kept", back.folder / "kept", dirs_exist_ok=True)
        now = worked_out(back, "zh")
        assert pages_of(back).of(CLASS, "zh") == now
        return now

    city.teach(box, CLASS, [order.roster[0].person])
    clock.utc_us += MINUTE
    back.collector().take(box.messages())
    (here, there) = (Stories(one.store, clock).tell(CLASS) for one in (city.centre, back))
    assert here.chains[0] == there.chains[0] and here.inputs != there.inputs, "the receipts are of other times"
    kept_there()
    for centre, text in ((city.centre, "the one"), (back, "the other")):
        raise_objection(centre.store, CLASS, "school", None, text, "li")
    assert "the other" in str(kept_there()) and "the one" in str(pages_of(city.centre).of(CLASS, "zh"))
    back.store.close()


def test_of_an_erased_name_no_file_can_be_opened(city: City) -> None:
    order = city.add(CLASS)
    pages_of(city.centre).keep(Stories(city.centre.store, city.clock).tell(CLASS))
    _, named = pages_of(city.centre)._names(CLASS)
    assert city.centre.kept_files.get(CLASS, "zh", named) is not None
    with city.centre.store.write() as tx:
        tx.erase_name(CLASS, order.roster[0].person)
    _, others = pages_of(city.centre)._names(CLASS)
    assert others != named and city.centre.kept_files.get(CLASS, "zh", others) is None


def test_while_a_class_hour_runs_a_page_is_of_a_moment_ago_and_says_so(city: City) -> None:
    order, pages = city.add(CLASS), pages_of(city.centre)
    city.teach(city.box(), CLASS, [one.person for one in order.roster[:2]])
    city.clock.utc_us = MORNING + MINUTE
    first = pages.of(CLASS, "zh")
    city.clock.utc_us += RUNNING_US
    assert pages.of(CLASS, "zh") == first != worked_out(city.centre, "zh")


def test_a_page_that_takes_long_is_of_before_and_says_so(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as it is read it is the page of now; what a person says is always in it."""
    city.add(CLASS)
    box = city.box()
    city.clock.utc_us = MORNING - MINUTE
    client = signed_in(city.centre)
    path, said = f"/classes/{CLASS}?lang=en", "later records of its boxes are being read"
    assert said not in client.get(path).text
    monkeypatch.setattr(class_pages, "WAIT_S", 0.0)
    monkeypatch.setattr(class_pages, "FEW", 0)
    go, ended = threading.Event(), threading.Event()
    tell = Stories.tell

    def slow(stories: Stories, class_id: str) -> object:
        assert go.wait(60)
        try:
            return tell(stories, class_id)
        finally:
            ended.set()

    monkeypatch.setattr(Stories, "tell", slow)
    city.clock.utc_us = MORNING + MINUTE
    html = client.get(path).text
    assert "What is of now is being worked out" in html and "data-renew" in html and said not in html
    for minute in (1, 2):
        box.append(Alarm("camera.silent", {"camera": "room"}, CLASS), MORNING + minute * MINUTE)
    city.send(box)
    html = client.get(path).text
    assert f"2 {said}" in html and "data-renew" in html and "The camera sent no picture" not in html
    go.set()
    assert ended.wait(60)
    monkeypatch.setattr(class_pages, "WAIT_S", 60.0)
    html = client.get(path).text
    assert said not in html and "data-renew" not in html and html.count("The camera sent no picture") == 2
    monkeypatch.setattr(class_pages, "WAIT_S", 0.0)
    box.append(Alarm("camera.silent", {"camera": "room"}, CLASS), MORNING + 3 * MINUTE)
    city.send(box)
    raise_objection(city.centre.store, CLASS, "school", None, "we were there", "li")
    html = client.get(path).text
    assert "we were there" in html and said not in html
    box.append(Alarm("camera.silent", {"camera": "room"}, CLASS), MORNING + 4 * MINUTE)
    city.send(box)
    city.follow()
    assert said not in client.get(path).text, "the overview says it already"
    box.append(Alarm("camera.silent", {"camera": "room"}, CLASS), MORNING + 5 * MINUTE)
    city.send(box)
    monkeypatch.setattr(class_pages, "FEW", 1000)
    assert said not in client.get(path).text, "few records are read at once"
