"""Enrolment from photographs: all or nothing, every bad file named at once, no face under two names."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from common.sheets import Name, seal_sheet
from edge.cli import main
from edge.enrol.enrol import SEARCHES, enrol
from edge.enrol.errors import (
    NoPhotos,
    NoSuchClass,
    OtherFace,
    PersonTwice,
    PhotosRefused,
    SamePerson,
    SeveralOfName,
    UnknownPerson,
)
from edge.enrol.photos import photo_files
from edge.errors import FacesChanged
from edge.store.people import NewFace
from edge.wiring import Box
from evidence.bodies import Enrolment, FaceErased, body_of
from tests.edge.enrol.test_guide import crowd

CLASS = "class-1"


def stored(box: Box) -> tuple[int, int]:
    """How many templates and enrolment records there are."""
    return len(box.store.templates(CLASS, "builtin")), len(box.store.records_of("enrolment"))


def run(box: Box, folder: Path, capsys: pytest.CaptureFixture[str], class_id: str = CLASS) -> tuple[int, str]:
    command = ["--lang", "en", "enrol", "--box", str(box.folder), "--class", class_id, "--photos", str(folder)]
    status = main(command)
    captured = capsys.readouterr()
    return status, captured.err + captured.out


def test_seven_people_are_enrolled_by_the_command(
    face_box: Box, photo_folder: Path, capsys: pytest.CaptureFixture[str], builtin
) -> None:
    status, told = run(face_box, photo_folder, capsys)
    assert status == 0 and "class-1: 7" in told and stored(face_box) == (7, 7)
    body = body_of(face_box.store.records_of("enrolment")[0].record)
    assert body == Enrolment(CLASS, "p-1", "builtin", builtin.sha256, 1, "none")
    again, _ = run(face_box, photo_folder, capsys)
    assert again == 0 and stored(face_box) == (7, 14)


@pytest.mark.long
def test_who_consented_on_paper_has_the_best_photograph_kept_for_the_sheet(
    face_box: Box, photo_folder: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """As at the terminal: one aligned crop, encrypted, and none without a consent."""
    sharp = cv2.imread(str(photo_folder / "p-1.png"))
    (photo_folder / "p-1").mkdir()
    (photo_folder / "p-1.png").rename(photo_folder / "p-1" / "b.png")
    for name, size in (("a.png", 5), ("c.png", 7)):
        cv2.imwrite(str(photo_folder / "p-1" / name), cv2.GaussianBlur(sharp, (size, size), 0))
    status, told = run(face_box, photo_folder, capsys)
    assert status == 0 and "no photograph of them is kept" in told
    assert [face_box.store.shot(CLASS, person) for person in ("p-1", "p-2")] == [None, None]
    command = ["enrol", "--box", str(face_box.folder), "--class", CLASS, "--photos", str(photo_folder)]
    assert main([*command, "--consent-on-paper"]) == 0
    kept = {person: face_box.store.shot(CLASS, person) or b"" for person in ("p-1", "p-2")}
    crops = {person: cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR) for person, shot in kept.items()}
    assert {crop.shape for crop in crops.values()} == {(224, 224, 3)}
    edges = [cv2.Laplacian(one, cv2.CV_32F).var() for one in (crops["p-1"], cv2.GaussianBlur(crops["p-1"], (9, 9), 0))]
    assert edges[0] > 3 * edges[1], "the sharp one of the three"
    files = [path.read_bytes() for path in face_box.folder.rglob("*") if path.is_file()]
    assert not any(shot[-400:] in data for shot in kept.values() for data in files), "it lies on the disk encrypted"
    assert main(command) == 0 and face_box.store.shot(CLASS, "p-1") is None, "enrolled again without a consent"
    erased = body_of(face_box.store.records_of("face.erased")[-1].record)
    assert isinstance(erased, FaceErased) and (erased.why, erased.shots) == ("again", 1)


@pytest.mark.long
def test_all_bad_photos_are_named_and_nothing_is_stored(
    face_box: Box, photo_folder: Path, pictures, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(photo_folder / "p-2.png"), np.full((200, 200, 3), 100, np.uint8))
    cv2.imwrite(str(photo_folder / "p-3.png"), pictures.group)
    (photo_folder / "p-4.png").write_bytes(b"\x89PNG broken")
    status, told = run(face_box, photo_folder, capsys)
    assert status == 2 and stored(face_box) == (0, 0) and "Traceback" not in told
    assert "p-2.png: no face found" in told and "p-3.png: 6 faces found" in told and "p-4.png: cannot be read" in told
    assert "p-1.png" not in told


def test_people_are_found_by_name_and_strangers_are_refused(face_box: Box, photo_folder: Path, builtin) -> None:
    names = {f"p-{n}": Name(name, "01" * 16) for n, name in enumerate(("王秀英", "李强", "李强"), 1)}
    face_box.store.put_names(CLASS, seal_sheet(names, face_box.keys.sealing_key, CLASS))
    (photo_folder / "p-1.png").rename(photo_folder / "王秀英.png")
    files = photo_files(photo_folder)
    assert "p-1" in enrol(face_box.store, builtin, CLASS, files, lambda: None)
    for wrong in ("张三", "李强"):
        with pytest.raises(PhotosRefused) as caught:
            enrol(face_box.store, builtin, CLASS, {wrong: files["王秀英"]}, lambda: None)
        assert isinstance(caught.value.problems[0], SeveralOfName if wrong == "李强" else UnknownPerson)
    with pytest.raises(PhotosRefused) as caught:
        enrol(face_box.store, builtin, CLASS, {"王秀英": files["王秀英"], "p-1": files["p-2"]}, lambda: None)
    assert isinstance(caught.value.problems[0], PersonTwice)


def test_one_face_under_two_names_is_refused_also_against_earlier_enrolments(
    face_box: Box, photo_folder: Path, builtin
) -> None:
    files = photo_files(photo_folder)
    enrol(face_box.store, builtin, CLASS, {"p-1": files["p-1"], "p-2": files["p-2"]}, lambda: None)
    with pytest.raises(PhotosRefused) as caught:
        enrol(face_box.store, builtin, CLASS, {"p-3": files["p-1"]}, lambda: None)
    assert isinstance(caught.value.problems[0], SamePerson) and stored(face_box) == (2, 2)


def test_a_face_of_another_class_of_this_box_is_refused_under_another_name(
    face_box: Box, photo_folder: Path, builtin, templates
) -> None:
    """Else who comes for somebody in the one class comes for somebody else in the other."""
    files, key = photo_files(photo_folder), face_box.keys.sealing_key
    face_box.store.enrol([NewFace(
        templates["p-1"], Enrolment("class-2", "p-91", "builtin", builtin.sha256, 1, "none"))])
    face_box.store.put_names("class-2", seal_sheet({"p-91": Name("王秀英", "01" * 16)}, key, "class-2"))
    face_box.store.put_names(CLASS, seal_sheet(
        {"p-1": Name("王秀英", "02" * 16), "p-3": Name("李强", "03" * 16)}, key, CLASS))
    with pytest.raises(PhotosRefused, match=r"王秀英 \(p-91, class-2\)") as caught:
        enrol(face_box.store, builtin, CLASS, {"李强": files["p-1"], "p-2": files["p-2"]}, lambda: None)
    assert isinstance(caught.value.problems[0], SamePerson) and stored(face_box) == (0, 1)
    assert enrol(face_box.store, builtin, CLASS, {"王秀英": files["p-1"]}, lambda: None) == ["p-1"]


def test_another_persons_photograph_does_not_replace_an_enrolled_face(
    face_box: Box, photo_folder: Path, builtin, capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever comes ever after would be the other one; at the terminal it stops, too."""
    files, key = photo_files(photo_folder), face_box.keys.sealing_key
    face_box.store.put_names(CLASS, seal_sheet({"p-1": Name("王秀英", "02" * 16)}, key, CLASS))
    enrol(face_box.store, builtin, CLASS, {"p-1": files["p-1"]}, lambda: None)
    before = face_box.store.templates(CLASS, "builtin")["p-1"]
    for number in range(1, 8):
        if number != 7:
            (photo_folder / f"p-{number}.png").unlink()
    (photo_folder / "p-7.png").rename(photo_folder / "王秀英.png")
    status, told = run(face_box, photo_folder, capsys)
    assert status == 2 and "王秀英.png does not look like the face that is enrolled here for 王秀英 (p-1" in told
    assert stored(face_box) == (1, 1) and (face_box.store.templates(CLASS, "builtin")["p-1"] == before).all()
    with pytest.raises(PhotosRefused) as caught:
        enrol(face_box.store, builtin, CLASS, photo_files(photo_folder), lambda: None)
    assert [type(problem) for problem in caught.value.problems] == [OtherFace]


def test_people_who_come_to_two_classes_hide_no_duplicate_among_photographs(
    face_box: Box, photo_folder: Path, builtin, templates,
) -> None:
    """Held against themselves, they would raise the limit of the search for all."""
    faces, store = crowd(12, 4), face_box.store
    for class_id, people in (("class-2", faces), ("class-3", faces[:3])):
        store.put_templates(class_id, "builtin", {
            f"q-{at}": rows[:2] if class_id == "class-2" else rows[2:] for at, rows in enumerate(people)})
    earlier = 0.77 * templates["p-1"] + 0.23 * crowd(13, 4)[12][:1]
    assert 590_000 < builtin.similarity(templates["p-1"][0], earlier)[0] < 620_000
    store.put_templates("class-3", "builtin", {"q-90": earlier.astype(np.float32)})
    with pytest.raises(PhotosRefused, match=r"q-90, class-3") as caught:
        enrol(store, builtin, CLASS, {"p-1": photo_files(photo_folder)["p-1"]}, lambda: None)
    assert [type(problem) for problem in caught.value.problems] == [SamePerson]


def test_who_has_another_face_here_is_named_also_without_a_sheet_of_names(
    face_box: Box, photo_folder: Path, builtin,
) -> None:
    files = photo_files(photo_folder)
    enrol(face_box.store, builtin, CLASS, {"p-1": files["p-1"]}, lambda: None)
    with pytest.raises(PhotosRefused, match=r"enrolled here for p-1 \(p-1, class-1\)"):
        enrol(face_box.store, builtin, CLASS, {"p-1": files["p-7"]}, lambda: None)


def test_two_names_that_stood_the_wrong_way_round_are_put_right_at_the_terminal(
    face_box: Box, photo_folder: Path, builtin,
) -> None:
    files = photo_files(photo_folder)
    enrol(face_box.store, builtin, CLASS, {"p-1": files["p-1"], "p-7": files["p-7"]}, lambda: None)
    with pytest.raises(PhotosRefused) as caught:
        enrol(face_box.store, builtin, CLASS, {"p-1": files["p-7"], "p-7": files["p-1"]}, lambda: None)
    assert [type(problem) for problem in caught.value.problems] == [OtherFace, OtherFace]


def test_a_face_that_comes_between_search_and_store_is_searched_too(
    face_box: Box, photo_folder: Path, builtin, templates, monkeypatch: pytest.MonkeyPatch,
) -> None:
    files, real, others = photo_files(photo_folder), face_box.store.enrol, ["p-2", "p-3", "p-4", "p-5", "p-6", "p-7"]

    def late(faces, facts=(), searched=None):
        if others:  # the terminal enrols somebody in this moment: first strangers, then the same face
            who = others.pop(0)
            vectors = templates["p-1" if who == left else who]
            real([NewFace(vectors, Enrolment(CLASS, who, "builtin", builtin.sha256, 1, "none"))])
        real(faces, facts, searched)

    monkeypatch.setattr(face_box.store, "enrol", late)
    left = "p-3"
    with pytest.raises(PhotosRefused) as caught:
        enrol(face_box.store, builtin, CLASS, {"p-1": files["p-1"]}, lambda: None)
    assert [type(problem) for problem in caught.value.problems] == [SamePerson]
    left = ""
    with pytest.raises(FacesChanged):
        enrol(face_box.store, builtin, CLASS, {"p-7": files["p-7"]}, lambda: None)
    assert len(others) == 6 - 2 - SEARCHES and "p-1" not in face_box.store.templates(CLASS, "builtin")


def folder_of(path: Path, person: str, pictures: list[np.ndarray]) -> None:
    (path / person).mkdir(parents=True)
    for number, picture in enumerate(pictures, 1):
        cv2.imwrite(str(path / person / f"{number}.png"), picture)


@pytest.mark.long
@pytest.mark.parametrize("mixed", ["p-1 p-1 p-2", "p-1 p-1 p-2 p-2"])
def test_photos_of_two_people_under_one_name_are_refused_by_file(
    face_box: Box, tmp_path: Path, pictures, capsys: pytest.CaptureFixture[str], mixed: str,
) -> None:
    people = mixed.split()
    folder_of(tmp_path / "photos", "p-1", [pictures.portraits[one] for one in people])
    status, told = run(face_box, tmp_path / "photos", capsys)
    assert status == 2 and stored(face_box) == (0, 0)
    assert all((f"p-1/{number}.png does not look like the person of p-1/1.png" in told) is (one == "p-2")
               for number, one in enumerate(people, 1))


def test_wrong_names_and_bad_photos_are_told_together(
    face_box: Box, photo_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photo_folder / "p-1.png").rename(photo_folder / "nobody.png")
    (photo_folder / "p-2.png").write_bytes(b"no picture")
    status, told = run(face_box, photo_folder, capsys)
    assert "nobody.png: nobody in class class-1 is called nobody; see `zaitang-edge people`" in told
    assert status == 2 and "p-2.png: cannot be read" in told


@pytest.mark.long
def test_the_same_face_is_told_with_the_name_and_what_to_do(
    face_box: Box, photo_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"p-1": Name("王秀英", "01" * 16), "p-3": Name("李强", "02" * 16), "p-4": Name("李强", "03" * 16)}
    face_box.store.put_names(CLASS, seal_sheet(names, face_box.keys.sealing_key, CLASS))
    for number in range(2, 8):
        (photo_folder / f"p-{number}.png").rename(photo_folder.parent / f"p-{number}.png")
    assert run(face_box, photo_folder, capsys)[0] == 0
    (photo_folder / "p-1.png").rename(photo_folder / "p-2.png")
    status, told = run(face_box, photo_folder, capsys)
    assert status == 2 and "王秀英 (p-1)" in told and "twins" in told
    (photo_folder / "p-2.png").rename(photo_folder / "李强.png")
    status, told = run(face_box, photo_folder, capsys)
    assert status == 2 and "several people of this class are called 李强" in told and "p-3, p-4" in told


def test_an_unknown_class_and_an_empty_folder_are_told(
    face_box: Box, photo_folder: Path, tmp_path: Path, builtin
) -> None:
    with pytest.raises(NoSuchClass, match="class-9"):
        enrol(face_box.store, builtin, "class-9", photo_files(photo_folder), lambda: None)
    (tmp_path / "none").mkdir()
    for folder in (tmp_path / "none", tmp_path / "missing"):
        with pytest.raises(NoPhotos):
            photo_files(folder)


def test_a_person_may_have_a_folder_of_photos_but_not_a_file_beside_it(photo_folder: Path) -> None:
    (photo_folder / "p-8").mkdir()
    for name in ("1.png", "2.png", ".hidden.png", "notes.txt"):
        (photo_folder / "p-8" / name).write_bytes(b"x")
    assert [file.name for file in photo_files(photo_folder)["p-8"]] == ["1.png", "2.png"]
    (photo_folder / "p-8.png").write_bytes(b"x")
    with pytest.raises(PhotosRefused):
        photo_files(photo_folder)
