"""The code on paper: what it says, and that the centre finds paper that is not its own."""
from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.dossier import proof
from central.dossier.errors import NeverSigned, NotAProof, NotInTree, NotYetThen, OtherFindings, OtherTree
from central.dossier.gather import gather
from central.dossier.made import state_made
from central.dossier.proof import Code, check_code, code_text, read_code
from central.errors import UnknownClass
from central.export import export_class
from central.wiring import Centre
from evidence.bodies import Review, body_of
from evidence.errors import ZaitangError
from tests.central.dossier.classes import flagged
from verify.cli import main as verify

pytestmark = pytest.mark.long

DOCS = Path(__file__).parents[3] / "docs"
GOOD = code_text(flagged())


def code_of(centre: Centre) -> Code:
    return read_code(code_text(gather(centre, "welder-1", centre.checkpoint())))


def test_a_code_is_read_back() -> None:
    code, facts = read_code(GOOD + "\n"), flagged()
    assert (code.origin, code.size, code.class_id) == (facts.proof.origin, facts.proof.size, "c-1")
    assert (code.signed_us, code.findings_sha256) == (facts.proof.signed_us, facts.findings_sha256)
    assert read_code(GOOD.replace("\n", "  \r\n ")) == code


def test_its_first_lines_are_those_that_the_centre_signed(played: Centre) -> None:
    stated = played.checkpoint()
    text = code_text(gather(played, "welder-1", stated))
    assert "\n".join(text.splitlines()[1:4]) + "\n" == stated.note.text


@pytest.mark.parametrize("wrong", [
    "", "x", GOOD[1:], GOOD + "\nmore", GOOD.replace("4711", "0"), GOOD.replace("4711", "９"),
    GOOD.replace("c-1", "C 1"), GOOD.replace("T", "x"),
    GOOD.replace("/1\n", "/2\n"), GOOD.replace("=\n", "\n"), "x\n" * 8, GOOD * 9])
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(NotAProof):
        read_code(wrong)


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_a_misread_sign_is_refused_or_another_code(place: int, sign: str) -> None:
    try:
        read = read_code(GOOD[:place] + sign + GOOD[place + 1 :])
    except ZaitangError:
        return
    assert isinstance(read, Code)


def test_paper_of_this_centre_holds_also_later(played: Centre) -> None:
    code = code_of(played)
    check_code(played, code)
    facts = gather(played, "welder-1", played.checkpoint())
    state_made(played, facts)
    with played.store.write() as tx:  # the class is judged otherwise afterwards
        played.store.append(tx, Review("welder-1", "2026-03-02-pm", "complete", "seen", "Wang"))
    assert code_of(played).findings_sha256 != code.findings_sha256
    check_code(played, code)


def test_paper_that_is_not_of_this_centre_is_found(played: Centre) -> None:
    code = code_of(played)
    for changed, error in (
        ({"origin": "zaitang/other"}, OtherTree), ({"size": code.size + 1}, NeverSigned),
        ({"signed_us": code.signed_us + 10**6}, NeverSigned), ({"root": bytes(32)}, NotInTree),
        ({"findings_sha256": "0" * 64}, OtherFindings), ({"class_id": "nobody"}, UnknownClass),
    ):
        with pytest.raises(error):
            check_code(played, dataclasses.replace(code, **changed))  # type: ignore[arg-type]


def test_a_class_that_was_planned_later_is_in_no_earlier_tree(played: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_of(played)
    with played.store.read() as tx, pytest.raises(NotYetThen):
        proof.told_at(played.store, tx, "welder-1", 1, code.signed_us)


def test_that_a_dossier_was_made_is_on_record(played: Centre) -> None:
    facts = gather(played, "welder-1", played.checkpoint())
    body = body_of(state_made(played, facts).record)
    assert body.class_id == "welder-1" and [head.device for head in body.heads] == ["box-1"]  # type: ignore[union-attr]
    assert body.segments == facts.files.on_record  # type: ignore[union-attr]


def test_an_auditor_computes_the_same_hash_without_the_centre(played: Centre, tmp_path: Path) -> None:
    """By the very lines of docs/dossier.md, from an export and `zaitang-verify`."""
    code = code_of(played)
    export_class(played, "welder-1", tmp_path / "export")
    assert verify([str(tmp_path / "export"), "--root", played.root_fingerprint, "--json", str(tmp_path / "OUT")]) == 0
    for name in ("dossier.md", "dossier.zh-CN.md"):
        text = (DOCS / name).read_text(encoding="utf-8")
        command = text[text.index("python3 -c '") :].partition("'")[2].partition("'")[0]
        done = subprocess.run([sys.executable, "-c", command, str(tmp_path / "OUT")], capture_output=True, text=True,
                              check=True)
        assert done.stdout.strip() == code.findings_sha256
