"""A contact sheet from both ends' own code: ordered by the centre, made by the box, carried over real sockets, opened,
and gone at both when somebody on it withdraws."""
from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import uvicorn

from central.classes.sheets import order_sheet, pages_of, state_of
from central.devices.issue import issue
from central.errors import SheetNotHere
from central.ingest.collector import Message
from central.orders.boxes import box_order_messages
from central.web.app import create_app
from central.web.patience import PatientProtocol
from central.wiring import Centre, init_centre
from edge.enrol.erase import finish, withdraw
from edge.rollcall.ordered import Maker, make_one
from edge.sheets import SheetFiles
from edge.sync.alarms import Alarms
from edge.sync.carrier import Carrier
from edge.sync.client import CentreTime, make_client
from edge.sync.pace import Pace
from edge.sync.process import make_inbox
from edge.sync.uploader import Limits, Sheets, Uploader
from evidence.certs import pem
from evidence.seal import KeySigner
from evidence.times import MINUTE
from tests.central.helpers import FixedClock
from tests.edge.rollcall.conftest import BLOCK, CLASS, Course, filmed
from tests.edge.rollcall.test_ordered import AGREED, agree, files
from tests.edge.sync.test_uploader import until

SYNC = '[sync]\nbroker = "127.0.0.1"\nsegments = "http://127.0.0.1:9"\n'


@contextlib.contextmanager
def serving(centre: Centre) -> Iterator[str]:
    """The console on a free port; its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(centre), port=0, http=PatientProtocol, log_level="critical"))
    thread, started = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True), threading.Event()
    thread.start()
    while not server.started:
        started.wait(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(60)


def reported(centre: Centre, course: Course) -> int:
    """All records of the box come to the centre; the number of the last one."""
    records = course.box.store.records()
    centre.collector().take([Message("box-1", one.envelope) for one in records])
    return records[-1].record.seq


def test_a_sheet_comes_from_the_box_to_the_reviewer_and_goes_with_the_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = FixedClock()
    centre = init_centre(tmp_path / "centre", test_keys=True, clock=clock)
    root = pem(centre.keys.root)
    monkeypatch.setattr(CentreTime, "now_us", lambda _: clock.utc_us)

    def state() -> str:
        with centre.store.read() as tx:
            return state_of(tx, centre.sheets, CLASS, BLOCK, "box-1", clock.utc_us).state

    with filmed(tmp_path, certify=lambda key: (issue(centre, "box-1", key), root), more=SYNC) as course, \
            serving(centre) as address:
        course.clock.forward(10 * MINUTE)
        clock.utc_us = course.clock.now
        agree(course, *AGREED)
        reported(centre, course)
        order_sheet(centre.store, centre.sheets, centre.sealing_key().public_key().public_bytes_raw().hex(), CLASS,
                    BLOCK, "box-1", "zh", "li.ming", clock.utc_us)
        with centre.store.read() as tx:
            (message,) = box_order_messages(tx, centre.keys.certificate, set(), clock.utc_us).values()
        make_inbox(course.box, "centre").box_orders(message.payload)
        reported(centre, course)
        assert state() == "making"
        maker = Maker(course.box.store, SheetFiles(course.box.folder), lambda one: make_one(course.box, one) is None,
                      course.box.clock.utc_us)
        assert maker.turn()
        seq = reported(centre, course)
        assert state() == "coming" and len(files(course)) == 1

        carrier = Carrier(address, make_client(None), "box-1", "centre", KeySigner(course.box.keys.device), Pace(None))
        uploader = Uploader(
            course.box.store, Alarms(course.box.store), course.box.find_segment, carrier, lambda: 0.0,
            limits=Limits(course.box.config, Pace(None), everything=False),
            sheets=Sheets(SheetFiles(course.box.folder), course.box.clock.utc_us))
        uploader.start()
        until(lambda: not files(course), uploader, seq)
        uploader.stop()
        assert state() == "here"
        with centre.store.read() as tx:
            here = state_of(tx, centre.sheets, CLASS, BLOCK, "box-1", clock.utc_us)
        pages = pages_of(centre.sheets, centre.sealing_key(), here)
        drawn = cv2.imdecode(np.frombuffer(pages[0], np.uint8), cv2.IMREAD_COLOR)
        assert drawn.shape == (1753, 1240, 3) and here.made is not None and here.made.sheet.people == AGREED

        withdraw(course.box.store, CLASS, "p-1", "terminal")
        finish(course.box.store, course.box.folder)
        reported(centre, course)
        assert state() == "erased"
        centre.sweep_sheets()
        assert [path for path in (centre.folder / "objects").rglob("*") if path.is_file()] == []
        with pytest.raises(SheetNotHere):
            pages_of(centre.sheets, centre.sealing_key(), here)
    centre.store.close()
