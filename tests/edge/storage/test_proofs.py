"""Files of sealed pictures: one person's are overwritten and the others stay, and they go with their segment only."""
from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.storage.move import move
from edge.storage.proofs import LARGEST_PIECE, MAGIC, blank, drop_with, files_of, packed, places, read_file, wipe
from edge.storage.shelf import Entry
from edge.storage.sweep import remove, sweep
from evidence.retention import Decision
from tests.edge.storage.conftest import MakeSite, Site, files, with_second

SEALED = st.binary(max_size=52).map(lambda data: hashlib.sha256(data).digest()[:8] + data)
"""As sealed pictures are: none is of zeros only, and none lies within another one."""
PIECES = st.lists(SEALED, min_size=1, max_size=8, unique=True)


def hashes(data: bytes) -> list[str]:
    return [hashlib.sha256(data[at : at + length]).hexdigest() for at, length in places(data)]


@given(pieces=PIECES)
def test_what_was_packed_is_found_in_its_order(pieces: list[bytes]) -> None:
    data = packed(pieces)
    assert [data[at : at + length] for at, length in places(data)] == pieces


@given(data=st.binary(max_size=200), pieces=PIECES, cut=st.integers(0, 400))
def test_hostile_bytes_give_only_whole_pieces(data: bytes, pieces: list[bytes], cut: int) -> None:
    whole = packed(pieces)
    assert list(places(data)) == [] or data.startswith(MAGIC)
    found = list(places(whole[:cut] + data))
    assert all(0 < length <= LARGEST_PIECE and at + length <= cut + len(data) for at, length in found)


@given(pieces=PIECES, choice=st.data())
def test_pieces_of_one_person_go_and_the_others_keep_place_and_hash(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], choice: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("run") / "000000.ab.faces"
    path.write_bytes(packed(pieces))
    names = [hashlib.sha256(piece).hexdigest() for piece in pieces]
    wanted = set(choice.draw(st.lists(st.sampled_from(names))))
    keep = set(choice.draw(st.lists(st.sampled_from(names)))) - wanted
    for _ in range(2):
        blank(path, wanted, keep)
    assert path.exists() == bool(keep)
    if keep:
        after = path.read_bytes()
        assert len(after) == len(packed(pieces))
        assert [name for name in hashes(after) if name in names] == [name for name in names if name not in wanted]
        assert not any(piece in after for piece, name in zip(pieces, names, strict=True) if name in wanted)


def test_a_wiped_file_was_overwritten_before_its_name_went(tmp_path: Path) -> None:
    path, other = tmp_path / "run" / "000000.ab.faces", tmp_path / "link"
    path.parent.mkdir()
    path.write_bytes(b"face" * 1000)
    other.hardlink_to(path)
    wipe(path)
    assert not path.parent.exists() and other.read_bytes() == bytes(4000)
    wipe(path)
    blank(path, {"ab"}, {"cd"})
    assert read_file(path) == b""


def test_only_files_of_that_segment_go_with_it(tmp_path: Path) -> None:
    run = tmp_path / "r-1"
    run.mkdir()
    for name in ("000001.ab.faces", "000001.cd.faces", "000001.ef.new", "0000011.ab.faces", "000002.ab.faces"):
        (run / name).write_bytes(b"")
    assert [path.name for path in files_of(run, {"ab"})] == ["000001.ab.faces", "0000011.ab.faces", "000002.ab.faces"]
    drop_with(tmp_path, "r-1/000001.mp4")
    assert sorted(path.name for path in run.iterdir()) == ["0000011.ab.faces", "000002.ab.faces"]
    for file in ("r-1/0000011.mp4", "r-1/000002.mp4", "r-2/000000.mp4"):
        drop_with(tmp_path, file)
    assert list(tmp_path.iterdir()) == []


def proofs(site: Site) -> list[str]:
    return sorted(path.name for path in (site.box.video / "proofs").rglob("*.faces"))


def test_pictures_go_with_the_video_that_is_removed_and_stay_on_this_volume_when_it_is_moved(
    make_site: MakeSite, second: Path,
) -> None:
    site = make_site(with_second(second))
    segments = [site.film(number) for number in range(3)]
    volumes = site.keeper.volumes()
    for segment in segments:
        volumes["first"].write("proofs", segment.file.replace(".mp4", ".ab.faces"), packed([b"a picture"]))
    moved = segments[0]
    move(Entry(0, "r-1", moved.file, moved.sha256, moved.size), volumes, site.box.store, lambda count: None)
    assert files(site.box.video) == [one.file for one in segments[1:]] and len(proofs(site)) == 3
    for segment in segments[:2]:
        remove(site.box.store, Decision(segment, "remove", ()), "2029-03-02", "test")
        site.receipt(site.clock.now)
        sweep(site.box.store, volumes, ())
    assert proofs(site) == ["000002.ab.faces"] and files(site.box.video) == [segments[2].file]
    assert site.box.store.garbage() == []


def test_nothing_is_written_where_the_disk_is_gone(site: Site) -> None:
    volume = site.keeper.first()
    site.box.video.rename(site.box.folder / "away")
    site.box.video.mkdir()
    with pytest.raises(OSError, match="identity file"):
        volume.write("proofs", "r-1/000000.ab.faces", b"faces")
    assert list(site.box.video.iterdir()) == []
