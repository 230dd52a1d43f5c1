"""An exported class: whole it passes; whatever is done to it is named, the first broken thing first."""
from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.policies import policy_bytes
from evidence.bodies import DeviceApproved, DeviceRevoked
from evidence.certs import fingerprint, pem
from evidence.times import HOUR, utc_text
from tests.contract import second_verifier
from tests.evidence.making import REAL, SEALING_KEY, Maker, Site, seed
from tests.evidence.making import START as START_US
from tests.verify.conftest import Run
from tests.verify.making import CLASS, VIDEOS, class_of, listing, order, put, receipt, write_export
from verify.cli import verify
from verify.lines import MOST_WRONG

BOX_CHAIN = f"chains/box-1.{'0' * 32}.jsonl"
CENTRE_CHAIN = f"chains/centre.{'c' * 32}.jsonl"
RECEIPTS = f"receipts/box-1.{'0' * 32}.jsonl"
FIRST, SECOND, THIRD = (f"segments/box-1/r-1/00000{index}.mp4" for index in range(3))


CHECK_IN = {
    "class": CLASS, "session": None, "attempt": "a-1", "pack": "builtin", "pack_sha256": "0" * 64, "provider": "cpu",
    "threshold_ppm": 400_000, "margin_ppm": 50_000, "frames": 5, "votes": 5, "face_px": 90, "seen_mono_us": 1,
    "liveness": "not_checked", "best": {"person": "p-1", "score_ppm": 800_000}, "second": None,
}


def theirs(export: Path, root: str) -> bool:
    """What the second verifier says."""
    try:
        second_verifier.verify(export, root)
    except (second_verifier.Broken, OSError):
        return False
    return True


def rewrite(path: Path, *lines: bytes) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_a_whole_class(export: Path, run: Run) -> None:
    before = listing(export)
    status, result = run(export)
    assert status == 0
    assert {**result, "ok": True, "records": 9, "segments": 3, "media_s": 180.0, "recovered": 1, "pinned": False,
            "problems": [], "trees": []} == result
    assert result["test_key"]
    assert not result["simulated"]
    assert (result["class"], result["as_of"]) == ("welder-1", "2026-03-02T01:40:00.000000Z")
    assert [finding["rule"] for finding in result["findings"]][:3] == ["R1", "R2", "R3"]
    assert result["findings"][0]["result"] == "violated"
    assert listing(export) == before


def test_the_root_is_pinned_in_each_way(export: Path, run: Run, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    site = class_of()[0]
    public = site.root_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    put(tmp_path / "key.pem", public)
    put(tmp_path / "root.pem", pem(site.root).encode())
    fingerprint = run(export)[1]["signer"]["root"]
    colons = ":".join(fingerprint[at:at + 2] for at in range(0, 64, 2)).upper()
    for root in (fingerprint, colons, str(tmp_path / "key.pem"), str(tmp_path / "root.pem")):
        status, result = run(export, "--root", root)
        assert (status, result["pinned"]) == (0, True)


def test_another_root_is_named_first(export: Path, run: Run) -> None:
    status, result = run(export, "--root", "0" * 64)
    assert status == 1
    assert not result["pinned"]
    assert result["problems"][0].startswith("signed under the root a050837d")


def test_a_class_that_somebody_made_anew_under_his_own_root(tmp_path: Path, run: Run) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    theirs = Site(root_key=Ed25519PrivateKey.from_private_bytes(seed("thief")))
    export = write_export(tmp_path / "export", theirs, *class_of()[1:])
    status, result = run(export)
    assert status == 1
    assert "it names another root" in result["problems"][0]


@pytest.mark.parametrize(("name", "says"), [
    (FIRST, "segment r-1/000000.mp4 of box-1 was changed"),
    (BOX_CHAIN, "record 3 of box-1 was changed"),
    (CENTRE_CHAIN, "record 1 of centre was changed"),
    (RECEIPTS, f"{RECEIPTS} was changed"),
    ("manifest.json", "manifest.json is not the export that the centre sealed"),
    ("policy.toml", "policy.toml was changed"),
    ("root.pem", "root.pem: the certificate cannot be trusted"),
])
def test_a_flipped_byte_is_named(export: Path, run: Run, name: str, says: str) -> None:
    path = export / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    status, result = run(export)
    assert (status, result["ok"], result["findings"]) == (1, False, [])
    assert says in result["problems"][0]


@pytest.mark.parametrize(("name", "says"), [
    (SECOND, "segment r-1/000001.mp4 of box-1 is missing"),
    (BOX_CHAIN, f"the chain {'0' * 32} of box-1 is missing"),
    (CENTRE_CHAIN, f"the chain {'c' * 32} of centre is missing"),
    ("manifest.json", "manifest.json is missing"),
    ("policy.toml", "policy.toml is missing"),
])
def test_a_missing_file_is_named(export: Path, run: Run, name: str, says: str) -> None:
    (export / name).unlink()
    status, result = run(export)
    assert status == 1
    assert result["problems"] == [says]


def test_receipts_may_not_be_left_out(export: Path, run: Run) -> None:
    assert "receives" not in str(run(export)[1]["cannot_tell"])
    shutil.rmtree(export / "receipts")
    status, result = run(export)
    assert (status, result["problems"]) == (1, [f"{RECEIPTS} is missing"])


def test_one_receipt_may_not_be_left_out_nor_added(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    export = write_export(tmp_path / "export", site, box, centre)
    for lines in ([], [receipt(box, centre, 2), (export / RECEIPTS).read_bytes().strip()]):
        rewrite(export / RECEIPTS, *lines)
        status, result = run(export)
        assert (status, result["problems"][0]) == (
            1, f"{RECEIPTS} was changed: it is not the file of receipts that the centre sealed")


def test_an_export_that_does_not_say_which_receipts_there_are_leaves_the_time_open(tmp_path: Path, run: Run) -> None:
    """A class that came 200 hours late is told from one in time by its receipts alone."""
    export = write_export(tmp_path / "export", *class_of(), whole=False)
    for _ in range(2):
        status, result = run(export)
        assert status == 0 and "which receipts there are" in str(result["cannot_tell"])
        (clock,) = [one for one in result["findings"] if one["rule"] == "clock"]
        assert clock["result"] == "open" and "receipts_unknown" in str(clock["reasons"])
        shutil.rmtree(export / "receipts", ignore_errors=True)


def test_a_box_plays_the_centre(tmp_path: Path, run: Run) -> None:
    """One stolen key of a box makes a chain "of a centre", with a plan, a manifest and receipts of its own."""
    for thief in ("box-1", "box-2"):
        site, box, _ = class_of()
        centre = Maker(site, thief, "c" * 32, REAL, None, role="box")
        centre.add("order.class", order("demo"))
        export = write_export(tmp_path / thief, site, box, centre)
        status, result = run(export, "--root", fingerprint(site.root))
        assert status == 1
        assert "it is for a box, and a centre is expected" in result["problems"][0]
        assert not theirs(export, fingerprint(site.root))


def test_a_centre_with_the_name_and_key_of_a_box(tmp_path: Path, run: Run) -> None:
    site, box, _ = class_of()
    centre = site.centre("box-1")
    centre.add("order.class", order("demo"))
    export = write_export(tmp_path / "export", site, box, centre)
    status, result = run(export)
    assert status == 1 and "box-1 speaks as the centre with the name or the key of a box" in result["problems"]
    assert not theirs(export, fingerprint(site.root))


def test_a_centre_is_no_box(tmp_path: Path, run: Run) -> None:
    site, _, centre = class_of()
    box = Maker(site, "box-1", "0" * 32, REAL, SEALING_KEY, role="centre")
    export = write_export(tmp_path / "export", site, box, centre)
    status, result = run(export)
    assert status == 1 and "it is for a centre, and a box is expected" in result["problems"][0]
    assert not theirs(export, fingerprint(site.root))


def test_a_key_of_a_box_that_the_centre_never_certified_is_told(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    assert "certified the key with which box-1 signs" in str(
        run(write_export(tmp_path / "one", site, box, centre))[1]["cannot_tell"])
    site, box, centre = class_of()
    centre.add("device.approved", DeviceApproved("box-1", "", box.signer.keyid, pem(box.certificate)))
    assert "certified" not in str(run(write_export(tmp_path / "two", site, box, centre))[1]["cannot_tell"])


def test_a_removal_by_another_box_excuses_no_missing_video(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    other = site.box("box-2", "2" * 32)
    other.add("segment.removed", {"segment": hashlib.sha256(VIDEOS[1]).hexdigest(), "reason": "x", "by": "y"})
    export = write_export(tmp_path / "export", site, box, centre, others=(other,))
    assert run(export)[0] == 0
    (export / SECOND).unlink()
    status, result = run(export)
    assert (status, result["problems"]) == (1, ["segment r-1/000001.mp4 of box-1 is missing"])
    assert not theirs(export, fingerprint(site.root))


def test_without_its_root_an_export_needs_one_to_be_given(export: Path, run: Run, tmp_path: Path) -> None:
    shutil.move(export / "root.pem", tmp_path / "root.pem")
    status, result = run(export, "--root", str(tmp_path / "root.pem"))
    assert (status, result["problems"]) == (1, ["root.pem is missing"])
    assert run(export)[0] == 1


def test_records_removed_swapped_repeated_and_cut(export: Path, run: Run) -> None:
    path = export / BOX_CHAIN
    good = path.read_bytes().splitlines()
    for lines, says in (
        ([*good[:2], *good[3:]], ["record 2 of box-1 is missing"]),
        ([good[0], good[2], good[1], *good[3:]], ["the records of box-1 are not in their order: 1 stands behind 2"]),
        (good[:-1], ["the end of the chain of box-1 was cut: 5 records are here, a signed head says 6"]),
        (good[1:], ["record 0 of box-1 is missing"]),
        ([*good, good[-1]], ["the records of box-1 are not in their order: 5 stands behind 5", (
            "a record of box-1 was added: number 5 stands in the chain twice or beyond its signed head")]),
    ):
        rewrite(path, *lines)
        status, result = run(export)
        assert (status, result["problems"][:len(says)]) == (1, says)


def test_a_record_beyond_the_head_was_added(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    export = write_export(tmp_path / "export", site, box, centre)
    more = box.add("alarm", {"code": "camera.silent", "params": {}})
    with (export / BOX_CHAIN).open("ab") as file:
        file.write(more.envelope + b"\n")
    assert run(export)[1]["problems"] == [
        "a record of box-1 was added: number 6 stands in the chain twice or beyond its signed head"]


@pytest.mark.parametrize("extra", [
    "notes.txt", "segments/box-1/r-1/000009.mp4", "segments/box-2/r-1/000000.mp4", f"chains/box-1.{'1' * 32}.jsonl",
    f"receipts/box-9.{'1' * 32}.jsonl", "segments/box-1/r-1/.hidden", "segments/box-1/r-1/在堂.mp4",
])
def test_a_file_that_nothing_names_was_added(export: Path, run: Run, extra: str) -> None:
    put(export / extra, b"x")
    assert run(export)[1]["problems"] == [f"{extra} is not named by any record: it was added"]


def test_swapped_segments(export: Path, run: Run) -> None:
    one, two = (export / FIRST).read_bytes(), (export / THIRD).read_bytes()
    (export / FIRST).write_bytes(two)
    (export / THIRD).write_bytes(one)
    assert run(export)[1]["problems"] == [
        "segment r-1/000000.mp4 of box-1 was swapped: it holds what record 5 says of r-1/000002.mp4",
        "segment r-1/000002.mp4 of box-1 was swapped: it holds what record 3 says of r-1/000000.mp4",
    ]


def test_a_longer_segment(export: Path, run: Run) -> None:
    (export / FIRST).write_bytes((export / FIRST).read_bytes() + b"x" * 100)
    assert run(export)[1]["problems"] == [
        "segment r-1/000000.mp4 of box-1 was changed: it has 113 bytes, record 3 says 13"]


def test_a_segment_that_a_record_removed_may_be_absent(tmp_path: Path, run: Run) -> None:
    export = write_export(tmp_path / "export", *class_of(removed=1))
    (export / SECOND).unlink()
    status, result = run(export)
    assert (status, result["removed"]) == (0, 1)
    (export / FIRST).unlink()
    assert run(export)[1]["problems"] == ["segment r-1/000000.mp4 of box-1 is missing"]


def test_links_and_special_files_are_not_read(export: Path, run: Run, tmp_path: Path) -> None:
    shutil.move(export / FIRST, tmp_path / "elsewhere.mp4")
    (export / FIRST).symlink_to(tmp_path / "elsewhere.mp4")
    assert run(export)[1]["problems"] == [f"{FIRST} was not read: it is a link"]
    (export / FIRST).unlink()
    os.mkfifo(export / FIRST)
    assert run(export)[1]["problems"] == [f"{FIRST} was not read: it is not a plain file"]
    (export / FIRST).unlink()
    shutil.move(export / "segments", tmp_path / "segments")
    (export / "segments").symlink_to(tmp_path / "segments")
    problems = run(export)[1]["problems"]
    assert "segments was not read: it is a link" in problems


def test_a_link_where_a_file_may_be_absent_is_told(tmp_path: Path, run: Run) -> None:
    """Of a removed segment, and of receipts in an export that does not say which there are: it was added."""
    export = write_export(tmp_path / "export", *class_of(removed=1), whole=False)
    receipts, *_ = sorted((export / "receipts").iterdir())
    for path in (export / SECOND, receipts):
        shutil.move(path, tmp_path / "elsewhere")
        assert run(export)[0] == 0
        path.symlink_to(tmp_path / "elsewhere")
        assert run(export)[1]["problems"] == [f"{path.relative_to(export)} was not read: it is a link"]
        path.unlink()
        shutil.move(tmp_path / "elsewhere", path)


def test_names_with_control_characters_are_shown_escaped(
    export: Path, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    put(export / "a\x1b[2Jb\n", b"")
    (export / os.fsdecode(b"\xff\xfe")).touch()
    status, result = run(export)
    assert status == 1
    assert result["problems"][0].startswith("a\\x1b[2Jb\\n is not named")
    assert "\x1b" not in capfd.readouterr().out


def test_a_giant_line_is_refused(export: Path, run: Run) -> None:
    with (export / BOX_CHAIN).open("r+b") as file:
        file.truncate(1 << 24)
    problems = run(export)[1]["problems"]
    assert problems[0].endswith("the line is longer than any envelope")
    with (export / "manifest.json").open("r+b") as file:
        file.truncate(1 << 24)
    assert run(export)[1]["problems"][0].startswith("manifest.json was not read: more than")


def test_a_file_of_empty_lines_is_not_read_to_its_end(export: Path, run: Run) -> None:
    put(export / BOX_CHAIN, b"\n" * 300_000)
    status, told = run(export)
    assert status == 1 and MOST_WRONG <= len(told["problems"]) <= MOST_WRONG + 5


def test_a_file_that_ends_within_a_line(export: Path, run: Run) -> None:
    path = export / BOX_CHAIN
    path.write_bytes(path.read_bytes()[:-1])
    assert run(export)[1]["problems"][0] == f"line 6 of {BOX_CHAIN} was changed: the file ends within the line"


def test_a_receipt_for_more_than_is_here(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    export = write_export(tmp_path / "export", site, box, centre, whole=False)
    box.add("alarm", {"code": "camera.silent", "params": {}})
    rewrite(export / RECEIPTS, receipt(box, centre, 6))
    assert run(export)[1]["problems"][0].startswith("the end of the chain of box-1 was cut: 6 records are here")


def test_a_receipt_that_the_centre_did_not_sign(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    export = write_export(tmp_path / "export", site, box, centre, whole=False)
    centre.signer = box.signer
    rewrite(export / RECEIPTS, receipt(box, centre, 5))
    assert "signed by the key" in run(export)[1]["problems"][0]


@pytest.mark.parametrize("policy", ["sanmenxia-2023", "zhengzhou-2022"])
def test_a_real_policy_takes_no_test_key(tmp_path: Path, run: Run, policy: str) -> None:
    status, result = run(write_export(tmp_path / "export", *class_of(policy), policy))
    assert status == 1
    assert result["problems"][0] == "box-1: signed with a test key, which only the demo policy accepts" or (
        result["problems"][0].startswith("centre: signed with a test key"))
    status, result = run(write_export(tmp_path / "real", *class_of(policy, test=False), policy))
    assert (status, result["test_key"]) == (0, False)


def test_a_class_is_judged_by_the_policy_of_its_plan(tmp_path: Path, run: Run) -> None:
    export = write_export(tmp_path / "export", *class_of("sanmenxia-2023", test=False), "demo")
    status, result = run(export)
    assert (status, result["findings"]) == (1, [])
    assert result["problems"] == ["the findings are by the policy demo, but the plan of the class is under"
                                  " sanmenxia-2023, or under another version"]


def test_a_check_in_without_liveness_is_told(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    site, box, centre = class_of()
    box.add("checkin", CHECK_IN)
    status, result = run(write_export(tmp_path / "export", site, box, centre))
    assert (status, result["liveness_checked"]) == (0, False)
    assert "Liveness not checked" in capsys.readouterr().out
    assert run(write_export(tmp_path / "other", *class_of()))[1]["liveness_checked"]


def test_a_real_policy_takes_no_simulated_clock(tmp_path: Path, run: Run) -> None:
    policy = "sanmenxia-2023"
    export = write_export(tmp_path / "export", *class_of(policy, test=False, simulated=True), policy)
    assert run(export)[1]["problems"][-1] == (
        "6 records of box-1 were made with a simulated clock, which only the demo policy accepts")
    status, result = run(write_export(tmp_path / "demo", *class_of(simulated=True)))
    assert (status, result["simulated"]) == (0, True)


@pytest.mark.parametrize("synced", [True, False])
def test_a_public_notice_is_over_by_a_set_clock_of_the_centre_alone(tmp_path: Path, run: Run, synced: bool) -> None:
    """As in its console: a person may say that a clock is right, so that it signs, but not that a notice is over."""
    policy = "zhengzhou-2022"
    site, box, centre = class_of(policy, test=False)
    hash_, later_us = hashlib.sha256(policy_bytes(policy)).hexdigest(), START_US + 24 * HOUR
    said = {"class": CLASS, "answer": "keep", "reason": "looked", "findings": "0" * 64, "verdict": "review",
            "recordings": [], "policy": {"id": policy, "sha256": hash_}, "rules": 1, "as_of": utc_text(later_us),
            "chains": []}
    first = centre.add("decision", {**said, "stage": "first", "by": "wang", "by_name": "wang", "first": None}, later_us)
    centre.add("decision", {**said, "stage": "second", "by": "li", "by_name": "li", "first": first.hash}, later_us)
    centre.clock = dataclasses.replace(REAL, synced=synced)
    export = write_export(
        tmp_path / "export", site, box, centre, policy, as_of_us=later_us + 30 * 24 * HOUR)
    (decided,) = run(export)[1]["decided"]
    assert (decided["state"], decided["final"]) == ("decided", synced)


def test_a_box_is_not_its_own_reviewer(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    box.add("review", {"class": "welder-1", "block": "b", "answer": "complete", "reason": "", "reviewer": "x"})
    assert run(write_export(tmp_path / "export", site, box, centre))[1]["problems"] == [
        "record 6 of box-1 is of type review, which does not belong into this chain"]


def test_a_body_that_cannot_be_used(tmp_path: Path, run: Run) -> None:
    site, box, centre = class_of()
    export = write_export(tmp_path / "export", site, box, centre)
    (export / "policy.toml").write_bytes(b"id = ")
    assert run(export)[1]["problems"] == ["policy.toml was changed: it is not the policy that the export names"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_byte_of_any_file_is_found(export: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(listing(export))))
    path = export / name
    good = path.read_bytes()
    bad = bytearray(good)
    bad[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bad)
    try:
        assert not verify(export, None, "en").ok
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize(("moments", "left_out"), [
    ([START_US + HOUR + 1], 0), ([START_US + HOUR], 6),
    ([START_US + HOUR + 1, START_US + HOUR], 6), ([START_US + HOUR, START_US + HOUR + 1], 6)])
def test_what_a_revoked_key_signed_without_an_earlier_receipt_is_not_believed(
    tmp_path: Path, run: Run, moments: list[int], left_out: int
) -> None:
    """Of several moments the earliest counts, in whatever order they were stated."""
    site, box, centre = class_of()
    for since in moments:
        body = DeviceRevoked("box-1", box.signer.keyid, "stolen", utc_text(since))
        centre.add("device.revoked", body, START_US + 2 * HOUR)
    status, result = run(write_export(tmp_path / "export", site, box, centre))
    assert (status, result["problems"]) == (0, [])
    found = {finding["rule"]: finding for finding in result["findings"]}
    assert found["keys"]["result"] == "open"
    assert [reason["params"]["count"] for reason in found["keys"]["reasons"]] == [left_out]
    assert (found["R1"]["result"] == "violated") == (left_out == 0)
