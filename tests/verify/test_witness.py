"""The witness: it cosigns what only grew, remembers before it does, and catches a centre that lies, by name."""
from __future__ import annotations

import fcntl
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.checkpoint import Checkpoint, cosigned_at, open_checkpoint, sign_checkpoint
from evidence.logproof import read_consistency
from evidence.merkle import HASH_BYTES, check_consistency, leaf_hash
from evidence.notes import NoteKey, read_key, read_note, unbase64
from evidence.seal import KeySigner
from evidence.tiles import all_places, grow, root_of, tile_path
from tests.evidence.test_checkpoint import CENTRE, KEY
from verify.cli import main
from verify.witness import load_witness

Run = Callable[..., int]


class Log:
    """A centre that shows whatever the test wants: leaves by number, each of which may be another one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tiles = folder, dict[tuple[int, int], bytes]()

    def show(self, size: int, at: int = 1, key: NoteKey = KEY, **other: bytes) -> Checkpoint:
        """A tree of `size` leaves; `leaf_3=b"x"` puts another leaf there."""
        checkpoint = self.checkpoint(size, **other)
        for level, number, width in all_places(size):
            path = self.folder / "tile" / tile_path(level, number, width)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.tiles[level, number][:width * HASH_BYTES])
        note = sign_checkpoint(checkpoint, key, KeySigner(CENTRE), at)
        (self.folder / "checkpoint").write_bytes(note.bytes())
        return checkpoint

    def checkpoint(self, size: int, **other: bytes) -> Checkpoint:
        """The tree of `size` leaves, as it is shown at other times."""
        leaves = [leaf_hash(other.get(f"leaf_{number}", b"%d" % number)) for number in range(size)]
        _, self.tiles = grow(0, {}, leaves)
        return Checkpoint(KEY.name, size, root_of(lambda level, number, _: self.tiles[level, number], size))


@pytest.fixture
def log(tmp_path: Path) -> Log:
    (tmp_path / "log").mkdir()
    return Log(tmp_path / "log")


@pytest.fixture
def eye(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> NoteKey:
    assert main(["witness", "--key", str(tmp_path / "key"), "--new", "auditor.example/w1", "--lang", "en"]) == 0
    return read_key(capsys.readouterr().out.splitlines()[-1])


@pytest.fixture
def run(tmp_path: Path, eye: NoteKey) -> Run:
    """A look at the log: exit status."""
    def run(*more: str) -> int:
        return main(["witness", "--key", str(tmp_path / "key"), "--log", str(tmp_path / "log"), "--log-key", KEY.text,
                     "--state", str(tmp_path / "seen"), "--to", str(tmp_path / "said"), "--lang", "en", *more])

    return run


@pytest.mark.parametrize("before", [["--lang", "en"], ["--lang=en"], ["--lang", "zh", "--lang", "en"]])
def test_the_language_may_stand_before_the_command(
    before: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*before, "witness", "--key", str(tmp_path / "key"), "--new", "auditor.example/w1"]) == 0
    assert capsys.readouterr().out.startswith("Give this key to the centre")
    assert main([*before, str(tmp_path / "witness")]) == 2  # a path, and no command
    with pytest.raises(SystemExit):
        main([*before, "witness", "--help"])
    assert "zaitang-verify witness" in capsys.readouterr().out


def test_a_tree_that_grows_is_cosigned(run: Run, log: Log, eye: NoteKey, tmp_path: Path) -> None:
    for size in (3, 3, 256, 700):
        checkpoint = log.show(size)
        assert run() == 0
        said = read_note((tmp_path / "said").read_bytes())
        assert said.text == checkpoint.text and cosigned_at(said, eye) is not None
        assert open_checkpoint((tmp_path / "seen").read_bytes(), KEY).checkpoint == checkpoint
    assert not list(tmp_path.glob("seen.before*"))


LIES: dict[str, tuple[dict[str, object], str]] = {
    "rolled back": ({"size": 290}, "THE CENTRE WAS ROLLED BACK: it shows a tree of 290 records and showed one of 300"),
    "two trees of one size": ({"size": 300, "leaf_7": b"other"}, "THE CENTRE SHOWS TWO TREES: of 300 records"),
    "a swapped leaf": ({"size": 400, "leaf_7": b"8", "leaf_8": b"7"}, "THE CENTRE CHANGED ITS PAST"),
    "a removed leaf": ({"size": 400, **{f"leaf_{n}": b"%d" % (n + 1) for n in range(7, 400)}},
                       "THE CENTRE CHANGED ITS PAST"),
}


@pytest.mark.parametrize(("lie", "words"), LIES.values(), ids=LIES)
def test_a_centre_that_lies_is_caught_and_the_proof_is_kept(
    run: Run, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str], lie: dict[str, object], words: str,
) -> None:
    honest = log.show(300, at=1)
    assert run() == 0
    seen, said = (tmp_path / "seen").read_bytes(), (tmp_path / "said").read_bytes()
    shown = log.show(at=2, **lie)  # type: ignore[arg-type]
    for _ in range(2):
        capsys.readouterr()
        assert run() == 1
        told = capsys.readouterr().err
        assert words in told and "seen.before-300-1" in told
    assert ((tmp_path / "seen").read_bytes(), (tmp_path / "said").read_bytes()) == (seen, said)
    notes = [path for path in sorted(tmp_path.glob("seen.*-*")) if ".proof-" not in path.name]
    kept = [open_checkpoint(path.read_bytes(), KEY).checkpoint for path in notes]
    assert kept == [honest, shown]


def test_it_looks_again_until_the_centre_is_caught(
    run: Run, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be read now is looked at again later."""
    portal = tmp_path / "log/checkpoint"
    happens = iter([lambda: log.show(5), lambda: log.show(9), lambda: portal.write_bytes(b"<html>"),
                    lambda: log.show(7), lambda: log.show(7, at=2)])
    monkeypatch.setattr("verify.witness_cli.time.sleep", lambda seconds: next(happens)())
    assert run("--every", "60") == 1
    assert open_checkpoint((tmp_path / "seen").read_bytes(), KEY).checkpoint.size == 9
    assert next(happens, None) is None


@pytest.mark.parametrize("every", ["0", "-1", "x", "90000"])
def test_how_often_is_a_number_of_seconds(run: Run, every: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--every", every)
    assert ended.value.code == 2


def test_a_tree_without_its_tiles_is_not_cosigned(run: Run, log: Log, tmp_path: Path) -> None:
    log.show(300)
    for tile in (tmp_path / "log" / "tile").rglob("*"):
        if tile.is_file():
            tile.write_bytes(bytes(len(tile.read_bytes())))
    assert run() == 2
    assert not (tmp_path / "seen").exists() and not (tmp_path / "said").exists()


def test_an_old_copy_of_an_honest_tree_is_no_proof_against_the_centre(
    run: Run, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """A stick that was left in a drawer, an answer that somebody sends again."""
    log.show(200, at=1)
    shutil.copytree(tmp_path / "log", tmp_path / "old")
    log.show(300, at=2)
    assert run() == 0
    seen = (tmp_path / "seen").read_bytes()
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "old").rename(tmp_path / "log")
    assert run() == 2 and "is older than what this witness saw: a tree of 200 records" in capsys.readouterr().err
    assert (tmp_path / "seen").read_bytes() == seen and not list(tmp_path.glob("seen.*-*"))
    log.show(300, at=1)
    assert run() == 0 and (tmp_path / "seen").read_bytes() == seen
    log.show(400, at=3)
    assert run() == 0


@pytest.mark.parametrize("old", [256, 300])
def test_a_damaged_tile_is_no_proof_against_the_centre(run: Run, log: Log, tmp_path: Path, old: int) -> None:
    log.show(old)
    assert run() == 0
    log.show(700, at=2)
    whole = {path: path.read_bytes() for path in (tmp_path / "log/tile").rglob("*") if path.is_file()}
    for path, data in whole.items():
        for broken in (data[:-1], bytes([data[0] ^ 1]) + data[1:], data[:-1] + bytes([data[-1] ^ 1]), b""):
            path.write_bytes(broken)
            assert run() in (0, 2)
            (tmp_path / "seen").write_bytes(sign_checkpoint(log.checkpoint(old), KEY, KeySigner(CENTRE), 1).bytes())
        path.write_bytes(data)
    assert run() == 0 and not list(tmp_path.glob("seen.*-*"))


@pytest.mark.parametrize("old", [1, 255, 256, 300])
def test_a_changed_past_is_proved_to_whoever_has_the_files(run: Run, log: Log, tmp_path: Path, old: int) -> None:
    """Without the centre, and without the witness."""
    before = log.show(old)
    assert run() == 0
    now = log.show(700, at=2, leaf_0=b"other")
    assert run() == 1
    first, _, rest = (tmp_path / f"seen.proof-{old}-700").read_bytes().partition(b"\n")
    word, size, root = first.decode().split(" ")
    proof = read_consistency(rest)
    assert (word, int(size), proof.number) == ("begins", old, old) and unbase64(root) != before.root
    assert open_checkpoint(proof.note, KEY).checkpoint == now
    check_consistency(old, unbase64(root), now.size, now.root, proof.hashes)


def test_a_partial_tile_that_became_whole_is_found(run: Run, log: Log, tmp_path: Path) -> None:
    log.show(200)
    assert run() == 0
    log.show(300)
    whole = tmp_path / "log" / "tile" / "0" / "000"
    log.show(250)
    (tmp_path / "log" / "tile" / "0" / "000.p" / "250").unlink()
    assert whole.exists() and run() == 0


@pytest.mark.parametrize(
    "note", [b"", b"x" * 70_000, b"\xff\n\n\xe2\x80\x94 a b\n"], ids=["empty", "oversized", "bytes"])
def test_a_forged_or_unreadable_checkpoint_is_refused(run: Run, log: Log, tmp_path: Path, note: bytes) -> None:
    checkpoint = log.show(5)
    forged = sign_checkpoint(checkpoint, KEY, KeySigner(Ed25519PrivateKey.generate()), 1)
    for data in (note, forged.bytes()):
        (tmp_path / "log" / "checkpoint").write_bytes(data)
        assert run() == 2
        assert not (tmp_path / "said").exists()


def test_what_was_seen_is_never_forgotten_in_silence(run: Run, log: Log, tmp_path: Path) -> None:
    log.show(5)
    assert run() == 0
    (tmp_path / "seen").write_bytes(b"damaged")
    assert run() == 2
    assert (tmp_path / "seen").read_bytes() == b"damaged"


def test_two_witnesses_do_not_work_with_one_memory(
    run: Run, log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    log.show(5)
    with (tmp_path / "seen.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run() == 2
    assert "another witness" in capsys.readouterr().err


def test_a_key_is_for_its_owner_alone_and_is_not_overwritten(
    eye: NoteKey, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_witness(path).key == eye
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["witness", "--key", str(path), "--new", "b"]) == 2
    assert capsys.readouterr().out == "", "there is no key to give to anybody"
    assert path.read_bytes() == before
    assert main(["witness", "--key", str(tmp_path / "other"), "--new", "a b"]) == 2


def test_what_is_no_key_no_memory_and_no_log_is_told(run: Run, log: Log, tmp_path: Path) -> None:
    log.show(5)
    assert run("--log-key", "x+y+z") == 2
    assert run("--log-key", str(tmp_path / "none")) == 2
    assert run("--log", str(tmp_path / "none")) == 2
    assert run("--log", "http://127.0.0.1:1/log") == 2
    assert run("--state", str(tmp_path / "no" / "folder")) == 2
    assert run("--to", str(tmp_path)) == 2
    (tmp_path / "key").write_text("PRIVATE+KEY+a+00000000+AAAA\n")
    assert run() == 2
