"""Revocation as the centre tells it: the same cut as an auditor's, at once."""
from __future__ import annotations

from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.classes.stories import Stories
from central.cli import main
from central.devices.errors import RevokedAlready
from central.orders.boxes import orders
from central.wiring import Centre
from evidence.bodies import SessionStart
from evidence.times import MINUTE, utc_text
from tests.central.helpers import MORNING, Box, FixedClock, write_plan


def test_the_story_leaves_out_what_had_no_receipt_before_the_theft(
    centre: Centre, clock: FixedClock, tmp_path: Path
) -> None:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    box, collector, stories = Box(centre), centre.collector(), Stories(centre.store, clock)
    box.genesis()
    box.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    collector.take(box.messages())
    clock.utc_us += 10 * MINUTE
    box.append(SessionStart("welder-1", "s-2", "button"), MORNING + MINUTE)
    collector.take(box.messages()[2:])
    assert [one.session for one in stories.tell("welder-1").story.sessions] == ["s-1", "s-2"]
    centre.desk().revoke("box-1", "stolen", None, utc_text(MORNING + 5 * MINUTE))
    told = stories.tell("welder-1")
    assert [one.session for one in told.story.sessions] == ["s-1"]
    (finding,) = [one for one in told.findings if one.rule == "keys"]
    assert (finding.result, finding.flag, finding.reasons[0].params["count"]) == ("open", False, 1)


def test_the_moment_of_a_theft_can_be_moved_earlier_and_never_later(
    centre: Centre, clock: FixedClock, tmp_path: Path
) -> None:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    box, collector, stories = Box(centre), centre.collector(), Stories(centre.store, clock)
    box.genesis()
    box.append(SessionStart("welder-1", "s-1", "button"), MORNING)
    collector.take(box.messages())
    clock.utc_us += 10 * MINUTE
    noon, theft, before = (utc_text(MORNING + minutes * MINUTE) for minutes in (9, 5, -5))
    desk = centre.desk()

    def sessions() -> list[str]:
        return [one.session for one in stories.tell("welder-1").story.sessions]

    desk.revoke("box-1", "lost", None, theft)
    assert sessions() == ["s-1"]
    for moment in (None, noon, theft):
        with pytest.raises(RevokedAlready) as refused:
            desk.revoke("box-1", "later", None, moment)
        assert refused.value.params["since"] == theft
    (body,) = desk.revoke("box-1", "it was away the day before", box.signer.keyid, before)
    assert (body.keyid, body.untrusted_from) == (box.signer.keyid, before)
    assert sessions() == [], "the earliest moment counts"
    with pytest.raises(RevokedAlready):
        desk.revoke("box-1", "later", None, theft)
    with centre.store.read() as tx:
        assert tx.denied() == {box.signer.keyid}
        told = [body for _, body in orders(tx)]
    assert len(told) == 1, "boxes are not told of moments, so they are told once"


def test_a_new_key_is_revoked_beside_one_that_was_before(centre: Centre) -> None:
    """All keys of a box: whichever is believed still, or gets an earlier moment."""
    old, new = Box(centre), Box(centre, chain="cd" * 16)
    centre.desk().revoke("box-1", "lost", old.signer.keyid, utc_text(MORNING - 9 * MINUTE))
    (body,) = centre.desk().revoke("box-1", "stolen", None, utc_text(MORNING - 5 * MINUTE))
    assert body.keyid == new.signer.keyid
    bodies = centre.desk().revoke("box-1", "long ago", None, utc_text(MORNING - 60 * MINUTE))
    assert {one.keyid for one in bodies} == {old.signer.keyid, new.signer.keyid}


def test_revoking_on_the_command_line(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    box, folder = Box(centre), str(centre.folder)
    revoke = ["--lang", "en", "box", "revoke", "box-1", "--reason", "stolen", "--centre", folder]
    assert main([*revoke, "--untrusted-from", "yesterday"]) == 2
    assert "yesterday is not a moment that has been" in capsys.readouterr().err
    assert main(revoke) == 0
    assert f"The key {box.signer.keyid} of box-1 is believed no longer." in capsys.readouterr().out
    assert main(revoke) == 2
    assert "of box-1 were revoked before, untrusted from" in capsys.readouterr().err
    assert main([*revoke[:4], "box-9", *revoke[5:]]) == 2
    assert "no such key of a box box-9" in capsys.readouterr().err


def test_claiming_and_refusing_on_the_command_line(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(centre.folder)
    assert main(["--lang", "en", "box", "claim", "box-7", "--serial", "ab12", "--centre", folder]) == 0
    said = capsys.readouterr().out
    assert "zaitang-edge join FOLDER --centre https://localhost:8471 --token " in said
    assert f"--pin {centre.root_fingerprint}" in said
    assert main(["--lang", "en", "box", "pending", "--centre", folder]) == 0
    assert capsys.readouterr().out == "No box waits for approval.\n"
    for command in (["approve", "box-7"], ["refuse", "box-7", "--reason", "x"]):
        assert main(["--lang", "en", "box", *command, "--centre", folder]) == 2
        assert "no box box-7 waits for approval" in capsys.readouterr().err


def test_a_broker_without_tls_is_not_run_and_its_folder_is_written(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "broker", "--centre", str(centre.folder)]) == 2
    assert "write tls = true into its section [broker]" in capsys.readouterr().err
    command = ["--lang", "en", "broker-config", "--centre", str(centre.folder), "--to"]
    assert main([*command, str(tmp_path / "mosquitto")]) == 0
    assert "send Mosquitto SIGHUP" in capsys.readouterr().out
    assert (tmp_path / "mosquitto" / "revoked.pem").read_text().startswith("-----BEGIN X509 CRL-----")
    (tmp_path / "file").write_text("")
    assert main([*command, str(tmp_path / "file" / "below")]) == 2
    assert "cannot be written" in capsys.readouterr().err
