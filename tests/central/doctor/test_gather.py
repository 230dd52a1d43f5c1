"""The doctor at a real centre: on the command line, on its page, and as numbers; nothing of it names anybody."""
from __future__ import annotations

import dataclasses
import fcntl
import json
import socket
import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from central import cli
from central.alone import alone
from central.backup.noted import note_checked, note_made
from central.config import Metrics
from central.doctor import measure
from central.doctor.gather import LOOKS, examiner, metrics
from central.doctor.judge import Box as Told
from central.doctor.measure import MOST_BOXES, NAMES
from central.overview.worker import CURSOR
from central.wiring import Centre
from common.examining import Examiner
from common.exporter import exported
from common.numbers import Numbers, app_of
from common.reaching import is_held
from evidence.bodies import SessionStart
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.records import Stamp
from evidence.times import MINUTE, SECOND
from tests.central.console import signed_in
from tests.central.helpers import MORNING, REAL, Box, FixedClock, Message


def heard(centre: Centre, device: str, records: int, taken: int) -> Box:
    """A box with so many records, of which the centre took some, and which says that it has them all."""
    box = Box(centre, device, chain=f"{len(device):02x}" * 15 + device[-2:].replace("-", "0"))
    box.genesis()
    for number in range(records - 1):
        box.append(SessionStart("welder-1", f"s-{number}", "button"), MORNING - MINUTE + number)
    stamp = Stamp("b0", 7200 * SECOND, MORNING, dataclasses.replace(REAL, synced=False))
    beat = heartbeat_of(box.sealed[-1], stamp, 3, {})
    messages = [*box.messages()[:taken], Message(device, seal_heartbeat(beat, box.signer), "heartbeats")]
    centre.collector().take(messages)
    return box


def numbers(centre: Centre) -> dict[tuple[str, str], float]:
    look = Examiner(centre, LOOKS, lambda: centre.clock.stamp().utc_us)
    with exported(app_of(NAMES, look), "127.0.0.1", 0) as port, urllib.request.urlopen(
            f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    assert all(line.startswith(("# HELP zaitang_centre_", "# TYPE zaitang_centre_", "zaitang_centre_"))
               for line in text.splitlines())
    return {(one.name, ",".join(one.labels.values())): one.value
            for family in text_string_to_metric_families(text) for one in family.samples}


def test_the_numbers_are_what_the_centre_holds(centre: Centre) -> None:
    heard(centre, "box-1", 6, taken=4)
    note_made(centre.store, MORNING - MINUTE, 2)
    with centre.store.write() as tx:
        tx.set_meta(CURSOR, "1")
        leaves = tx.leaves()
    centre.checkpoint()
    found = numbers(centre)
    assert found["zaitang_centre_records_total", ""] == leaves
    assert found["zaitang_centre_records_behind", ""] == 2
    assert found["zaitang_centre_box_receipts_waiting", "box-1"] == 3
    assert found["zaitang_centre_box_heard_timestamp_seconds", "box-1"] == MORNING / SECOND
    assert found["zaitang_centre_box_clock_synchronised", "box-1"] == 0
    assert found["zaitang_centre_boxes", "heard"] == 1 and found["zaitang_centre_boxes_left_out", ""] == 0
    assert found["zaitang_centre_backup_timestamp_seconds", ""] == (MORNING - MINUTE) / SECOND
    assert found["zaitang_centre_backup_rotten_files", ""] == 2
    assert ("zaitang_centre_backup_checked_timestamp_seconds", "") not in found
    assert found["zaitang_centre_checkpoint_timestamp_seconds", ""] == MORNING // SECOND
    assert found["zaitang_centre_records_without_checkpoint", ""] == 0
    assert found["zaitang_centre_overview_behind_records", ""] == leaves - 2
    assert found["zaitang_centre_process_running", "collector"] == 0
    assert found["zaitang_centre_listener_up", "broker"] == 0 and found["zaitang_centre_check_state", "broker"] == 2
    assert [about for name, about in found if name == "zaitang_centre_unlooked"] == []


def test_a_box_that_goes_silent_is_counted_as_away(centre: Centre, clock: FixedClock) -> None:
    heard(centre, "box-1", 3, taken=3)
    clock.utc_us += 4 * MINUTE
    found = numbers(centre)
    assert found["zaitang_centre_boxes", "away"] == 1 and found["zaitang_centre_boxes", "heard"] == 0


def test_a_box_that_the_broker_calls_away_counts_before_its_silence_tells(centre: Centre, clock: FixedClock) -> None:
    heard(centre, "box-1", 3, taken=3)
    with centre.store.write() as tx:
        tx.put_gone({"box-1": clock.utc_us + 30 * SECOND}, ())
    clock.utc_us += 90 * SECOND
    found = numbers(centre)
    assert found["zaitang_centre_boxes", "away"] == 1 and found["zaitang_centre_boxes", "heard"] == 0


def test_of_too_many_boxes_some_are_left_out_and_counted() -> None:
    found = {one.name: one for one in measure.boxes(
        {f"box-{number:05d}": Told(MORNING) for number in range(MOST_BOXES + 7)}, MORNING)}
    assert len(found["zaitang_centre_box_heard_timestamp_seconds"].samples) == MOST_BOXES
    assert found["zaitang_centre_boxes_left_out"].samples[0].value == 7


def test_labels_name_things_and_boxes_and_nobody(centre: Centre) -> None:
    heard(centre, "box-1", 3, taken=3)
    labels = {key for family in Numbers(NAMES, examiner(centre)).collect()
              for one in family.samples for key in one.labels}
    assert labels == {"version", "process", "listener", "contact", "device", "folder", "certificate", "about"}


def test_a_process_that_runs_is_seen_by_its_lock(centre: Centre) -> None:
    with alone(centre.folder):
        assert numbers(centre)["zaitang_centre_process_running", "collector"] == 1


def test_who_looks_whether_a_process_runs_keeps_none_from_starting(centre: Centre) -> None:
    path = centre.folder / "collector.lock"
    path.touch()
    with path.open() as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        threading.Timer(0.05, fcntl.flock, (look, fcntl.LOCK_UN)).start()
        with alone(centre.folder):
            assert is_held(path)


def test_who_tells_people_is_missed_where_anybody_is_told(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--lang", "en", "doctor", "--centre", str(centre.folder)]
    cli.main(command)
    assert "alarms does not run" not in capsys.readouterr().out
    path = centre.folder / "centre.toml"
    path.write_text(path.read_text().replace("[mail]\nhost = \"\"", "[mail]\nhost = \"smtp.example\"").replace(
        'sender = ""', 'sender = "z@x.example"'))
    cli.main(command)
    assert "[mend it] processes: alarms does not run\n    → start it: `systemctl start" in capsys.readouterr().out
    with alone(centre.folder, "alarms"):
        cli.main(command)
    assert "alarms does not run" not in capsys.readouterr().out


def test_what_was_put_aside_is_told_with_its_size(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    for number, folder in enumerate((centre.objects.folder, centre.sheets.folder), 1):
        (folder / "aside").mkdir(parents=True)
        (folder / "aside" / f"{'ab' * 32}.{number}").write_bytes(bytes(700_000))
    cli.main(["--lang", "en", "doctor", "--centre", str(centre.folder)])
    said = capsys.readouterr().out
    assert "put aside: 2 changed files (2 MB) were put aside" in said and "`centre.file_changed`" in said


def test_the_command_says_what_is_to_mend_first(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(centre.folder)
    assert cli.main(["--lang", "en", "doctor", "--centre", folder]) == 1
    said = capsys.readouterr().out
    assert said.startswith("[mend it] processes: collector does not run\n    → start it: `systemctl start")
    assert "[look at it] backup: no backup was made yet" in said
    assert said.rindex("[mend it]") < said.index("[look at it]")
    assert cli.main(["--lang", "zh", "doctor", "--centre", folder]) == 1
    assert "`systemctl start zaitang-collector`" in capsys.readouterr().out  # no word of a command is translated
    assert cli.main(["--lang", "zh", "doctor", "--centre", folder, "--json"]) == 1
    assert {one["about"] for one in json.loads(capsys.readouterr().out)} >= {
        "processes", "broker", "collector", "boxes", "clock", "disk", "database", "certificates", "backup", "tree",
        "overview", "video"}


def test_a_centre_that_was_never_started_is_told_so(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    path = centre.folder / "centre.toml"
    path.write_text(path.read_text("utf-8").replace("tls = false", "tls = true", 1), "utf-8")
    (centre.folder / "keys" / "tls.pem").unlink(missing_ok=True)
    assert cli.main(["--lang", "en", "doctor", "--centre", str(centre.folder)]) == 1
    said = capsys.readouterr().out
    assert said.count("this centre was never started") == 2 and "Errno" not in said


def test_the_page_is_for_administrators_in_both_languages(centre: Centre) -> None:
    note_made(centre.store, MORNING, 0)
    note_checked(centre.store, MORNING)
    page = signed_in(centre)
    said = page.get("/health?lang=en")
    assert said.status_code == 200 and said.text.index("collector does not run") < said.text.index("no stored video")
    assert "2026-03-02" in said.text.replace("March 2, 2026", "2026-03-02").replace("Mar 2, 2026", "2026-03-02")
    assert "有问题须处理" in page.get("/health?lang=zh").text
    assert signed_in(centre, "supervisor", "411200").get("/health").status_code == 403


def test_a_port_in_the_configuration_and_nothing_else_serves_them(centre: Centre) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = dataclasses.replace(centre.config, metrics=Metrics(port))
    address = f"http://127.0.0.1:{port}/metrics"
    with metrics(centre), pytest.raises(OSError):
        urllib.request.urlopen(address, timeout=5)
    with metrics(dataclasses.replace(centre, config=config)), urllib.request.urlopen(address, timeout=20) as answer:
        assert b"zaitang_centre_info" in answer.read()
