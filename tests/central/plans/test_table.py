"""Tables in: what spreadsheet programs write is read; what attacks a reader is refused in a sentence, soon."""
from __future__ import annotations

import datetime
import io
import os
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.plans.errors import PlanError
from central.plans.table import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, OLE, read_file, read_table
from central.plans.table_errors import (
    BombSpreadsheet,
    BrokenSpreadsheet,
    LockedSpreadsheet,
    MacroSpreadsheet,
    NoSpreadsheet,
    OldSpreadsheet,
    TableLink,
    TableTooLarge,
    TableUnreadable,
)
from tests.central.plans.tables import MAIN, OFFICE, archive, cell, sheet

SECONDS = 4.0
"""Of processor time for one hostile file, on a slow machine."""


def rows(data: bytes, name: str = "f.xlsx") -> list[tuple[object, ...]]:
    (only,) = read_table(data, name)
    return [row.cells for row in only.rows]


def refused(data: bytes, error: type[PlanError]) -> None:
    began = time.thread_time()
    with pytest.raises(error, match=r"f\.xlsx"):
        read_table(data, "f.xlsx")
    assert time.thread_time() - began < SECONDS


def test_a_spreadsheet_gives_its_values_and_where_they_stand() -> None:
    data = sheet([["课程表"], [], [" a ", 7, 1.5, True, ""], ["", "", "b"]])
    (only,) = read_table(data, "f.xlsx")
    assert only.name == "Sheet1"
    assert [(row.number, row.cells) for row in only.rows] == [
        (1, ("课程表",)), (3, ("a", 7, 1.5, True)), (4, (None, None, "b"))]


def test_of_a_formula_the_value_that_the_program_left_behind() -> None:
    saved = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>WEBSERVICE("http://x")</f></c></row>'
    assert rows(archive(rows=saved)) == [(2,)]


def test_a_hidden_sheet_is_not_read() -> None:
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>' \
               '<sheet name="S" sheetId="1" state="hidden" r:id="r1"/></sheets></workbook>'
    assert len(read_table(archive(), "f.xlsx")) == 1
    assert read_table(archive({"xl/workbook.xml": workbook}), "f.xlsx") == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_csv_in_the_encodings_and_with_the_separators_that_programs_write(encoding: str, separator: str) -> None:
    text = separator.join(("姓名", "证件号码")) + "\r\n" + separator.join(("张伟", '"a b"')) + "\r\n\r\n"
    assert rows(text.encode(encoding), "f.csv") == [("姓名", "证件号码"), ("张伟", "a b")]


def test_a_zip_bomb() -> None:
    refused(archive({"xl/worksheets/sheet2.xml": b"0" * (40 << 20)}), BombSpreadsheet)
    refused(archive({"xl/media/a.png": b"0" * (2 << 20)}), BombSpreadsheet)


def test_a_zip_that_lies_about_its_size() -> None:
    data = bytearray(archive({"xl/worksheets/sheet1.xml": b"0" * (3 << 20)}))
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = 0
        while (place := data.find(signature, place)) >= 0:
            name = data[place + (46 if at == 24 else 30):][:24]
            if name == b"xl/worksheets/sheet1.xml":
                data[place + at:place + at + 4] = (100).to_bytes(4, "little")
            place += 4
    refused(bytes(data), BrokenSpreadsheet)


def test_a_zip_of_many_members() -> None:
    refused(archive({f"xl/worksheets/sheet{number}.xml": "<a/>" for number in range(2, 300)}), BombSpreadsheet)


def test_billion_laughs() -> None:
    laughs = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>" + "".join(
        f"<!ENTITY lol{n} '{f'&lol{n - 1 or str()};' * 10}'>" for n in range(1, 10)) + "]>"
    hostile = f'<?xml version="1.0"?>{laughs}<worksheet xmlns="{MAIN}"><sheetData>&lol9;</sheetData></worksheet>'
    for member in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"):
        refused(archive({member: hostile}), BrokenSpreadsheet)


def test_billion_laughs_in_another_encoding() -> None:
    hostile = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
    refused(archive({"xl/worksheets/sheet1.xml": hostile.encode("utf-16")}), BrokenSpreadsheet)
    refused(archive({"xl/worksheets/sheet1.xml": hostile.replace("utf-16", "utf-7")}), BrokenSpreadsheet)


def test_an_external_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")
    hostile = f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><worksheet xmlns="{MAIN}"><sheetData>' \
              f'<row r="1">{cell("A1", "&b;")}</row></sheetData></worksheet>'
    refused(archive({"xl/worksheets/sheet1.xml": hostile}), BrokenSpreadsheet)


def test_a_million_rows() -> None:
    refused(archive(rows="".join(f'<row r="{at}"/>' for at in range(1, 50_000))), TableTooLarge)
    refused(archive(rows="<row/>" * 1_000_000), BombSpreadsheet)
    refused(archive(rows=f'<row r="1048576">{cell("A1048576", "x")}</row>'), TableTooLarge)
    refused(archive(rows=f'<row r="99999999999">{cell("A99999999999", "x")}</row>'), TableTooLarge)
    refused(b"a,b\n" * (MAX_ROWS + 1), TableTooLarge)


def test_16384_columns() -> None:
    refused(sheet([["x"] * 16384]), TableTooLarge)
    refused(b"x," * 16384, TableTooLarge)
    assert rows(sheet([["x"] * MAX_COLUMNS])) == [("x",) * MAX_COLUMNS]


def test_many_rows_of_one_cell_each_in_the_last_column_cost_little() -> None:
    refused(archive(rows='<row><c r="XFD1"/></row>' * 50_000, packed=False), TableTooLarge)


def test_many_texts_and_styles() -> None:
    refused(archive({"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">' + "<si/>" * 400_000 + "</sst>"}), BombSpreadsheet)
    refused(archive({"xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs>' + "<xf/>" * 60_000 +
                                      "</cellXfs></styleSheet>"}), BombSpreadsheet)


def test_macros() -> None:
    refused(archive({"xl/vbaProject.bin": b"\xd0\xcf"}), MacroSpreadsheet)
    refused(archive({"xl/macrosheets/sheet1.xml": "<a/>"}), MacroSpreadsheet)


def test_an_encrypted_spreadsheet() -> None:
    refused(OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), LockedSpreadsheet)
    locked = bytearray(archive())
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    refused(bytes(locked), LockedSpreadsheet)


def test_an_old_spreadsheet() -> None:
    refused(OLE + bytes(2000), OldSpreadsheet)


def test_another_kind_of_zip() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("content.xml", "<office/>")
    refused(buffer.getvalue(), NoSpreadsheet)


@pytest.mark.parametrize("keep", [10, 200, 0.5, -30])
def test_a_broken_zip(keep: float) -> None:
    data = archive()
    refused(data[:int(keep if abs(keep) >= 1 else keep * len(data))], BrokenSpreadsheet)


def test_a_zip_with_two_members_of_one_name_or_a_link() -> None:
    buffer = io.BytesIO(archive())
    with zipfile.ZipFile(buffer, "a") as made, pytest.warns(UserWarning):
        made.writestr("xl/workbook.xml", "<a/>")
    refused(buffer.getvalue(), BrokenSpreadsheet)
    buffer = io.BytesIO(archive())
    with zipfile.ZipFile(buffer, "a") as made:
        link = zipfile.ZipInfo("xl/media/a.png")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
    refused(buffer.getvalue(), BrokenSpreadsheet)


@pytest.mark.parametrize(
    "data", [b"\0\1\2", b"\xff\xfe" + "姓名,a".encode("utf-16-le"), b'a,"b\nc', b"\x89PNG\r\n\x1a\n\xff"])
def test_what_is_no_table_at_all(data: bytes) -> None:
    refused(data, NoSpreadsheet)


def test_a_file_that_is_too_large() -> None:
    refused(b"a" * (MAX_BYTES + 1), TableTooLarge)


def test_links_folders_and_pipes_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"a,b\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    assert read_file(tmp_path / "real") == b"a,b\n"
    for name in ("link", "pipe"):
        with pytest.raises(TableLink):
            read_file(tmp_path / name)
    with pytest.raises((TableLink, TableUnreadable)):
        read_file(tmp_path)
    with pytest.raises(TableUnreadable):
        read_file(tmp_path / "missing")


CELLS = st.one_of(
    st.none(), st.integers(-10**9, 10**9), st.booleans(),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=20)
    .map(str.strip).filter(bool))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=6))
def test_whatever_a_program_writes_comes_back(table: list[list[object]]) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet()
    for at, row in enumerate(table):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(at, column, value)
            elif value is not None:
                page.write(at, column, value)
    book.close()
    wanted = []
    for row in table:
        trimmed = list(row)
        while trimmed and trimmed[-1] is None:
            trimmed.pop()
        if trimmed:
            wanted.append(tuple(trimmed))
    assert rows(buffer.getvalue()) == wanted


def test_dates_and_times_of_a_spreadsheet_are_dates_and_times() -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet()
    page.write_datetime(0, 0, datetime.date(2026, 3, 2), book.add_format({"num_format": "yyyy/m/d"}))
    page.write_datetime(0, 1, datetime.time(8, 30), book.add_format({"num_format": "h:mm"}))
    book.close()
    ((day, begin),) = rows(buffer.getvalue())
    assert (day, begin) == (datetime.datetime(2026, 3, 2), datetime.time(8, 30))
