"""Every file that is handed in as a photograph gets a clear answer, in bounded memory, from all that looks at it."""
from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from common.texts import words
from edge.enrol.errors import NoFace, Unreadable
from edge.enrol.photos import MAX_PIXELS, describe, read_photo
from edge.vision.liveness import BadSight, FaceMesh, PassiveScore
from edge.vision.pack import Pack
from evidence.errors import BadInput
from tests.edge.vision.abuse import Case, cases, encode

MORE_KB = 700_000
"""How much the largest memory of the process may grow: below what one of the bombs alone would take."""


@pytest.fixture(scope="module")
def abuse(pictures) -> list[Case]:
    return list(cases(pictures.group, list(pictures.portraits.values())))


def look(pack: Pack, file: Path) -> str:
    """What comes of a file; every part of a pack looks at the two largest faces."""
    try:
        bgr = read_photo(file)
    except BadInput as error:
        assert file.name in words(error, "zh") and file.name in words(error, "en")
        return "refused"
    assert bgr.dtype == np.uint8 and bgr.ndim == 3 and bgr.shape[2] == 3 and bgr.size <= 3 * MAX_PIXELS
    faces = pack.detect(bgr, "photo")
    for face in faces[:2]:
        vector = pack.embed(bgr, face)
        assert vector.shape == (128,) and np.isfinite(vector).all()
        assert abs(int(pack.similarity(vector, vector[None])[0]) - 1_000_000) <= 10
        score = pack.passive(bgr, face)
        assert isinstance(score, BadSight) or 0 <= score.live_ppm <= 1_000_000 if score else pack.liveness == "none"
        assert isinstance(score, PassiveScore | BadSight | None) and isinstance(pack.mesh(bgr, face), FaceMesh | None)
    return "faces" if faces else "nobody"


def wrong_answers(pack: Pack, folder: Path, chosen: list[Case]) -> list[tuple[str, str, str]]:
    """File, what came of it and what must have; and no file may make the process grow without bounds."""
    before, wrong = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for name, data, must in chosen:
        file = folder / name
        file.write_bytes(data)
        came = look(pack, file)
        if must not in (came, "any"):
            wrong.append((name, came, must))
        file.unlink()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MORE_KB
    return wrong


def test_there_are_many_kinds_of_abuse(abuse: list[Case]) -> None:
    assert len(abuse) >= 300 and len({name for name, _, _ in abuse}) == len(abuse)
    assert sum(must == "refused" for _, _, must in abuse) > 30 and sum(must == "faces" for _, _, must in abuse) > 30


@pytest.mark.long
def test_every_file_gets_a_clear_answer(lab: Pack, abuse: list[Case], tmp_path: Path) -> None:
    assert wrong_answers(lab, tmp_path, abuse) == []


def test_builtin_answers_too(builtin: Pack, abuse: list[Case], tmp_path: Path) -> None:
    """The frontal detector finds fewer of them; what is refused is refused by the reader of files."""
    small = [(name, data, must if must != "faces" else "any") for name, data, must in abuse if len(data) < 20_000]
    assert wrong_answers(builtin, tmp_path, small[::8]) == []


@pytest.mark.parametrize("name", ["builtin", "lab"])
def test_a_long_thin_picture_of_a_film_is_looked_at_in_bounded_memory(
    request: pytest.FixtureRequest, name: str,
) -> None:
    """A frame of a clip comes by no reader of files."""
    pack = request.getfixturevalue(name)
    for width, height in ((16_000, 2), (2, 16_000)):
        for view in ("terminal", "room", "photo"):
            assert pack.detect(np.full((height, width, 3), 127, np.uint8), view) == []


@pytest.mark.parametrize(("width", "height"), [(60_000, 10), (10, 60_000), (400_000, 10)])
def test_a_photograph_of_two_kilobytes_asks_for_no_gigabytes(
    builtin: Pack, tmp_path: Path, width: int, height: int,
) -> None:
    file = tmp_path / "p-1.png"
    file.write_bytes(encode("png", np.full((height, width, 3), 127, np.uint8)))
    with pytest.raises(Unreadable, match=r"p-1\.png"):
        describe(builtin, file, strict=True)


def test_the_border_of_a_picture_without_a_face_is_bounded(tmp_path: Path) -> None:
    """It is laid around the largest picture that is read at all."""
    asked = []

    class Blind:
        def detect(self, bgr: np.ndarray, view: str) -> list[object]:
            asked.append(bgr.shape[:2])
            return []

        embed = None

    file = tmp_path / "p-1.png"
    file.write_bytes(encode("png", np.full((200, 4000, 3), 127, np.uint8)))
    with pytest.raises(NoFace):
        describe(Blind(), file, strict=True)  # type: ignore[arg-type]
    assert asked == [(200, 4000), (600, 4400)]


def test_real_photographs_are_answered_as_well(lab: Pack, shared: Path) -> None:
    groups = sorted((shared / "data" / "groups").glob("bbt*.jpg"))
    assert groups and all(look(lab, file) == "faces" for file in groups)
