"""A list of people: read in the encodings and headers that people have, all errors at once, no number left in clear."""
from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from central.cli import main as central_main
from common.sheets import BadRoster, Listed, open_roster
from edge.cli import main
from edge.enrol.errors import EmptyRoster, NoColumn, NotText, OtherClass, RosterRefused, RosterTooLarge
from edge.enrol.roster import namesakes, read_roster
from edge.setup import make_box
from edge.wiring import Box
from evidence.errors import BadInput
from tests.edge.enrol.conftest import PEOPLE

CLASS = "class-1"
TODAY = datetime.date(2026, 3, 2)
A, B, C = "11010519491231002X", "410102199003071234", "410102198511112226"


def right(number: str) -> str:
    """The number with the check character that fits."""
    from common.id_numbers import check_of

    return number[:17] + check_of(number[:17])


B, C = right(B), right(C)
GOOD = f"姓名,身份证号,角色\n王秀英,{A},学员\n李强, {B} ,\n陈老师,'{C},教师\n"
PEOPLE_READ = [Listed("王秀英", A, "trainee"), Listed("李强", B, "trainee"), Listed("陈老师", C, "instructor")]


@pytest.mark.parametrize("data", [
    GOOD.encode(), GOOD.encode("utf-8-sig"), GOOD.encode("gb18030"), GOOD.replace("\n", "\r\n").encode(),
    GOOD.replace(",", "\t").encode(), GOOD.replace(",", ";").encode(), GOOD.replace("\n李强", "\n\n,,\n李强").encode(),
    GOOD.replace("姓名,身份证号,角色", " Name ,ID number,Role").replace("学员", "Trainee").encode(),
    GOOD.replace("姓名", "序号,姓名").replace("\n王", "\n1,王").replace("\n李", "\n2,李").replace("\n陈", "\n3,陈")
    .encode(),
    GOOD.replace(A, A.lower()).encode(),
])
def test_lists_as_people_have_them(data: bytes) -> None:
    assert read_roster(data, TODAY, {}) == PEOPLE_READ


def test_everything_that_is_wrong_is_told_at_once_by_row_and_without_numbers() -> None:
    text = (f"姓名,身份证号,角色\n王秀英,{A[:-1]}1,学员\n,{B},学员\n李强,4.10102E+17,学员\n\n赵敏,{C},校长\n周,{C},\n"
            "王秀英,,\n,,x\n"
            f"孙\u202e,{right('41010219900230123')},\n")
    with pytest.raises(RosterRefused) as caught:
        read_roster(text.encode(), TODAY, {})
    told = [(int(str(one.params["row"])), type(one).__name__) for one in caught.value.problems]
    assert told == [(2, "NumberInRow"), (3, "NameInRow"), (4, "NumberInRow"), (6, "RoleInRow"), (7, "TwiceInRoster"),
                    (8, "NumberInRow"), (9, "RowTooShort"), (10, "NameInRow"), (10, "NumberInRow")]
    assert A[:17] not in str(caught.value) and C not in str(caught.value)
    assert "mistyped" in str(caught.value) and "date of birth" in str(caught.value) and "rounded" in str(caught.value)


def test_namesakes_are_told_apart_by_their_numbers() -> None:
    text = f"姓名,身份证号\n张伟,{A}\n张伟（1）,{B}\n张伟,{C}\n"
    people = [Listed("张伟（2）", A, "trainee"), Listed("张伟（1）", B, "trainee"), Listed("张伟（3）", C, "trainee")]
    assert read_roster(text.encode(), TODAY, {}) == people
    assert read_roster(text.encode(), TODAY, {one.name: one.role for one in people}) == people
    with pytest.raises(RosterRefused, match="row 3: the ID number stands in row 2 already"):
        read_roster(f"姓名,身份证号\n张伟,{A}\n张伟,{A}\n".encode(), TODAY, {})


def test_a_plan_of_the_centre_is_compared_with() -> None:
    assert len(read_roster(GOOD.encode(), TODAY, {"王秀英": "trainee", "李强": "trainee", "陈老师": "instructor"})) == 3
    with pytest.raises(RosterRefused) as caught:
        read_roster(GOOD.encode(), TODAY, {"王秀英": "instructor", "陈老师": "instructor"})
    assert [type(one).__name__ for one in caught.value.problems] == ["RoleDiffers", "UnknownInRow"]


def test_the_list_of_another_class_is_one_line() -> None:
    with pytest.raises(OtherClass, match="class-9"):
        read_roster(GOOD.encode(), TODAY, {"赵敏": "trainee", "周芷若": "trainee"}, "class-9")


def test_full_width_digits_are_named_as_such() -> None:
    wide = A.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    with pytest.raises(RosterRefused, match="full-width"):
        read_roster(f"姓名,身份证号\n王秀英,{wide}\n".encode(), TODAY, {})


def test_who_has_the_name_of_another_is_told() -> None:
    people = read_roster(f"姓名,身份证号\n张伟,{A}\n张伟,{B}\n李强,{C}\n".encode(), TODAY, {})
    assert namesakes(people) == ["张伟"] and namesakes(people[1:]) == []


@pytest.mark.parametrize("class_id", ["../../evil", "/tmp/evil", "a/b", "..", "Klasse", "班", ""])
@pytest.mark.parametrize("command", ["roster import", "enrol", "consent", "people"])
def test_a_class_id_of_another_form_writes_nothing_anywhere(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, class_id: str,
) -> None:
    file, key = tmp_path / "list.csv", tmp_path / "centre.key"
    file.write_text(GOOD)
    key.write_text(X25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    more = {"roster import": ["--file", str(file), "--centre-key", str(key)], "enrol": ["--photos", str(tmp_path)]}
    before = sorted(tmp_path.rglob("*"))
    said = ["--lang", "en", *command.split(), "--box", str(named_box.folder), "--class", class_id]
    assert main(said + more.get(command, [])) == 2
    assert "cannot be the id of a class" in capsys.readouterr().err
    assert [path for path in sorted(tmp_path.rglob("*")) if "-wal" not in path.name and "-shm" not in path.name] == [
        path for path in before if "-wal" not in path.name and "-shm" not in path.name]


def test_a_wrong_key_is_told_before_the_rows(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    file, key = tmp_path / "list.csv", tmp_path / "centre.key"
    file.write_text("no list")
    key.write_text("no key")
    command = ["--lang", "en", "roster", "import", "--box", str(named_box.folder), "--class", CLASS]
    assert main([*command, "--file", str(file), "--centre-key", str(key)]) == 2
    assert "column" not in capsys.readouterr().err


@pytest.mark.parametrize("which", ["--file", "--centre-key"])
def test_a_pipe_holds_nothing_up(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str], which: str,
) -> None:
    files = {"--file": tmp_path / "list.csv", "--centre-key": tmp_path / "centre.key"}
    files["--file"].write_text(GOOD)
    files["--centre-key"].write_text(X25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    files[which].unlink()
    os.mkfifo(files[which])
    command = ["--lang", "en", "roster", "import", "--box", str(named_box.folder), "--class", CLASS]
    assert main([*command, *(str(part) for item in files.items() for part in item)]) == 1
    assert f"{files[which]}: it is not a plain file" in capsys.readouterr().err


@pytest.mark.parametrize(("data", "error"), [
    (b"", EmptyRoster), ("姓名,身份证号\n".encode(), EmptyRoster), ("姓名,手机\n王,1\n".encode(), NoColumn),
    (b"\x89PNG\r\n\x1a\n\0\0\0", NotText), (b"PK\x03\x04" + bytes(99), NotText),
    (b"x" * (1 << 20) + b"x", RosterTooLarge),
    (b"name,id\n" + b"a,1\n" * 1001, RosterTooLarge), (b'name,id\n"a,1\n', NotText),
])
def test_what_is_no_list_is_told(data: bytes, error: type[BadInput]) -> None:
    with pytest.raises(error):
        read_roster(data, TODAY, {})


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: ("姓名,身份证号\n" + text).encode()))
def test_any_bytes_are_a_list_or_one_of_our_errors(data: bytes) -> None:
    try:
        assert read_roster(data, TODAY, {})
    except BadInput as error:
        assert str(error)


def every_file(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_import_leaves_no_number_on_the_box_and_the_centre_can_read_it(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    centre, file, key = X25519PrivateKey.generate(), tmp_path / "list.csv", tmp_path / "centre.key"
    rows = [f"{name},{right(f'41010219900307{index:03}')},学员" for index, name in enumerate(PEOPLE.values(), 1)]
    file.write_text("\n".join(["姓名,身份证号,角色", *rows]), encoding="gb18030")
    key.write_text(centre.public_key().public_bytes_raw().hex() + "\n")
    command = ["--lang", "en", "roster", "import", "--box", str(named_box.folder), "--class", CLASS]
    command += ["--file", str(file)]
    assert main(command) == 2 and "--centre-key" in capsys.readouterr().err
    assert main([*command, "--centre-key", key.read_text().strip()]) == 0, "the key itself, as the command prints it"
    capsys.readouterr()
    assert main([*command, "--centre-key", str(key)]) == 0
    told = capsys.readouterr().out
    assert "7 people of class class-1" in told and "no order" not in told and f"delete {file} now" in told
    held = every_file(named_box.folder)
    numbers = [row.split(",")[1] for row in rows]
    assert [number for number in numbers if number.encode() in held or number[6:14].encode() in held] == []
    sealed = (named_box.folder / "roster" / f"{CLASS}.sealed").read_bytes()
    class_id, people = open_roster(sealed, centre)
    assert class_id == CLASS and [one.number for one in people] == numbers
    with pytest.raises(BadRoster):
        open_roster(sealed, X25519PrivateKey.generate())
    with pytest.raises(BadRoster):
        open_roster(sealed[:-1], centre)


def test_a_class_without_an_order_and_a_list_in_the_box_are_told(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    key = tmp_path / "centre.key"
    key.write_text(X25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    inside, outside = named_box.folder / "list.csv", tmp_path / "list.csv"
    outside.write_text(GOOD, encoding="utf-8")
    inside.write_text("x")
    command = ["--lang", "en", "roster", "import", "--box", str(named_box.folder), "--centre-key", str(key)]
    assert main([*command, "--class", "class-9", "--file", str(outside)]) == 0
    assert "no order for class class-9" in capsys.readouterr().out and named_box.store.names("class-9") == {}
    assert main([*command, "--class", "class-9", "--file", str(inside)]) == 2
    assert "own folder" in capsys.readouterr().err
    assert main([*command, "--class", CLASS, "--file", str(outside)]) == 2
    assert "row 4: 陈老师 is not in the class" in capsys.readouterr().err
    key.write_text("no key")
    assert main([*command, "--class", "class-9", "--file", str(outside)]) == 2
    assert "sealing key" in capsys.readouterr().err


def test_on_a_box_that_waits_for_its_certificate_the_list_is_checked_and_nothing_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    make_box(tmp_path / "box", "box-1", "demo", "", "en")
    file, before = tmp_path / "list.csv", every_file(tmp_path / "box")
    command = ["--lang", "en", "roster", "import", "--box", str(tmp_path / "box"), "--class", CLASS]
    command += ["--file", str(file)]
    file.write_text(GOOD.replace(A, A[:-1] + "1"), encoding="utf-8")
    assert main(command) == 2
    told = capsys.readouterr()
    assert "row 2: the ID number is mistyped" in told.err and "certif" not in told.err and not told.out
    file.write_text(GOOD, encoding="utf-8")
    assert main(command) == 2
    told = capsys.readouterr()
    assert told.out == "the list is in order (3 people), but nothing was sealed:\n"
    assert "`zaitang-edge join`" in told.err and "`zaitang-edge certify`" in told.err
    inside = tmp_path / "box" / "list.csv"
    inside.write_text(GOOD, encoding="utf-8")
    assert main([*command, "--file", str(inside)]) == 2 and "own folder" in capsys.readouterr().err
    inside.unlink()
    assert every_file(tmp_path / "box") == before


def test_the_centre_makes_the_names_of_a_class_of_it(
    named_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole road, by the commands of both ends alone."""
    def central(status: int, *args: str) -> str:
        capsys.readouterr()
        assert central_main(["--lang", "en", *args, "--centre", str(centre)]) == status
        told = capsys.readouterr()
        return told.out + told.err

    centre, names, key, file = (tmp_path / name for name in ("centre", "names.toml", "centre.key", "list.csv"))
    assert central_main(["init", str(centre), "--test-keys"]) == 0
    key.write_text(central(0, "sealing-key"))
    assert central(0, "sealing-key") == key.read_text()
    file.write_text(GOOD, encoding="utf-8")
    command = ["roster", "import", "--box", str(named_box.folder), "--class", "class-9", "--file", str(file)]
    assert main([*command, "--centre-key", str(key)]) == 0
    sealed = str(named_box.folder / "roster" / "class-9.sealed")
    assert "3 people of class class-9" in central(0, "roster", sealed, "--names", str(names))
    assert "陈老师" in names.read_text() and A not in names.read_text() and A.encode() not in every_file(centre)
    assert "names.toml" in central(2, "roster", sealed, "--names", str(names))
    assert "another centre" in central(2, "roster", str(file), "--names", str(tmp_path / "other.toml"))
    plan = tmp_path / "plan.toml"
    plan.write_text('class = "class-9"\ntitle = "焊工"\npolicy = "demo"\nboxes = [{ device = "box-1", room = "" }]\n'
                    'hours = [{ kind = "theory", start = 2026-03-02T08:30:00, end = 2026-03-02T09:15:00 }]\n')
    assert "3 people" in central(0, "class", "add", str(plan), "--names", str(names))
