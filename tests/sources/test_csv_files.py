"""CSV files from disk, good and bad."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from pathlib import Path

import pytest

from data_sync.reading.csv_files import (
    PROBLEM,
    CsvFormat,
    in_pages,
    rows_of,
    tables_of,
    tables_of_path,
)
from portal.errors import SourceError

PLAIN = CsvFormat()


def read(path: Path, csv_format: CsvFormat = PLAIN) -> list[dict]:
    return [
        row for table in tables_of_path(path, csv_format) for row in rows_of(table, table.columns)
    ]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return buffer.getvalue()


def test_plain_gzipped_and_zipped_files_give_the_same_rows(tmp_path):
    text = 'id,note\n1,"two\nlines"\n2,"a ""quote"""\n'
    expected = [{"id": "1", "note": "two\nlines"}, {"id": "2", "note": 'a "quote"'}]
    assert read(write(tmp_path / "a.csv", text)) == expected
    assert read(write(tmp_path / "a.csv.gz", gzip.compress(text.encode()))) == expected
    assert read(write(tmp_path / "A.ZIP", zipped(a=text))) == expected


def test_every_csv_of_a_zip_is_read_and_nothing_else(tmp_path):
    path = write(
        tmp_path / "years.zip",
        zipped(**{"2011": "id\n1\n", "old/2012": "id\n2\n", "__MACOSX/2011": "id\n3\n"}),
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "id\n4\n")
    assert [table.name for table in tables_of_path(path, PLAIN)] == [
        "years.zip: 2011.csv",
        "years.zip: old/2012.csv",
    ]
    assert [row["id"] for row in read(path)] == ["1", "2"]


def test_mark_blank_lines_nul_bytes_and_windows_line_ends_leave_no_trace(tmp_path):
    path = write(tmp_path / "a.csv", b"\xef\xbb\xbfid,note\r\n\r\n1,a\x00b\r\n")
    assert read(path) == [{"id": "1", "note": "ab"}]


def test_a_row_of_the_wrong_length_is_marked_and_the_next_one_is_read(tmp_path):
    rows = read(write(tmp_path / "a.csv", "id,note\n1,a\n2\n3,b,c\n4,d\n"))
    assert [row.get("id") for row in rows] == ["1", None, None, "4"]
    assert rows[1][PROBLEM] == "a.csv: line 3: 1 fields, the header has 2"
    assert rows[2] == {PROBLEM: "a.csv: line 4: 3 fields, the header has 2", "text": "3,b,c\n"}


def test_an_open_quote_costs_one_row_and_not_the_rest_of_the_file(tmp_path):
    lines = ["id,note", '1,"never closed', *(f"{number},fine" for number in range(2, 5000))]
    rows = read(write(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    assert rows[0] == {
        PROBLEM: "a.csv: line 2: a quote is opened and never closed",
        "text": '1,"never closed\n',
    }
    assert [row["id"] for row in rows[1:]] == [str(number) for number in range(2, 5000)]


def test_an_open_quote_that_a_later_quote_seems_to_close_costs_one_row_too(tmp_path):
    rows = read(write(tmp_path / "a.csv", 'id,note\n1,"never closed\n2,"fine"\n3,fine\n'))
    assert [row.get("id") for row in rows] == [None, "2", "3"]


def test_a_field_and_a_line_beyond_all_measure_cost_one_row_each(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "id,note\n1," + "x" * 200_000 + "\n2,fine\n3," + "y" * 3_000_000 + "\n4,fine\n",
    )
    rows = read(path)
    assert [row.get("id") for row in rows] == [None, "2", None, "4"]
    assert "field larger than field limit" in rows[0][PROBLEM]
    assert len(rows[2]["text"]) <= 2000


def test_wrong_encoding_names_the_file_the_line_and_the_byte(tmp_path):
    path = write(tmp_path / "a.csv", "id,note\n1,plain\n2,café\n".encode("cp1252"))
    seen = []
    with pytest.raises(
        SourceError, match=r"a\.csv: line 3, byte 21: 0xe9 is not utf-8; .*cp1252"
    ) as refused:
        for table in tables_of_path(path, PLAIN):
            for page in in_pages(rows_of(table, table.columns)):
                seen += page
    assert refused.value.reason == "wrong_encoding"
    assert seen == [{"id": "1", "note": "plain"}], "the rows before it are handed on"
    assert read(path, CsvFormat(encoding="cp1252"))[1]["note"] == "café"


PLACES = "id,note\n1,café\n2,plain\n"
TWO_ROWS = [{"id": "1", "note": "café"}, {"id": "2", "note": "plain"}]


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_is_read_in_whatever_unicode_and_with_whatever_line_ends(tmp_path, encoding, end):
    content = PLACES.replace("\n", end).encode(encoding)
    assert read(write(tmp_path / "a.csv", content)) == TWO_ROWS
    assert read(write(tmp_path / "a.csv.gz", gzip.compress(content))) == TWO_ROWS


def test_line_ends_of_three_kinds_in_one_file_are_ends_of_lines(tmp_path):
    content = b'id,note\r\n1,a\r2,b\n3,"c\rd"\r\n4,e'
    assert [row["id"] for row in read(write(tmp_path / "a.csv", content))] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_the_header_is_read_where_none_is_named(tmp_path, delimiter):
    text = f'"id"{delimiter}"note; of, the|day"\n1{delimiter}a\n'
    assert read(write(tmp_path / "a.csv", text)) == [{"id": "1", "note; of, the|day": "a"}]
    assert read(write(tmp_path / "b.tsv", text)) == [{"id": "1", "note; of, the|day": "a"}]


def test_a_first_line_that_names_the_delimiter_is_no_header(tmp_path):
    path = write(tmp_path / "a.csv", "sep=;\nid;note, long\n1;a\n")
    assert read(path) == [{"id": "1", "note, long": "a"}]


LINES = '{"id": 7, "place": {"lat": 42.3}, "note": null}\n\n{"id": "8", "is_new": true}\nnonsense\n'


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.zip"])
def test_lines_of_json_are_rows_and_their_keys_columns(tmp_path, name):
    content = LINES.encode()
    if name.endswith(".gz"):
        content = gzip.compress(content)
    elif name.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("2026.jsonl", LINES)
        content = packed.getvalue()
    first, second, bad = read(write(tmp_path / name, content))
    assert first == {"id": "7", "place.lat": "42.3", "note": "", "is_new": ""}
    assert second == {"id": "8", "place.lat": "", "note": "", "is_new": "true"}
    assert "line 4: is no JSON object" in bad[PROBLEM]


def test_another_delimiter_is_read_where_it_is_named(tmp_path):
    assert read(write(tmp_path / "a.csv", "id;note\n1;a,b\n"), CsvFormat(delimiter=";")) == [
        {"id": "1", "note": "a,b"}
    ]


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_zip_cut_off_gives_the_rows_before_the_cut_and_then_says_so(tmp_path, cut):
    content = zipped(
        big="id,note\n" + "".join(f"{number},{number * 7919 % 10007}\n" for number in range(30_000))
    )
    path = write(tmp_path / "cut.zip", content[: int(len(content) * cut)])
    pages = []
    with pytest.raises(
        SourceError,
        match=r"cut\.zip: breaks off after line \d+: "
        "the end of the archive is missing; fetch it again",
    ) as refused:
        for table in tables_of_path(path, PLAIN):
            for page in in_pages(rows_of(table, table.columns)):
                pages.append(page)
    rows = [row for page in pages for row in page]
    assert refused.value.reason == "damaged_file"
    assert 30_000 * cut * 0.8 < len(rows) < 30_000
    assert rows == [
        {"id": str(number), "note": str(number * 7919 % 10007)} for number in range(len(rows))
    ]


def test_a_gzip_cut_off_gives_the_rows_before_the_cut_and_then_says_so(tmp_path):
    packed = gzip.compress(("id\n" + "".join(f"{number}\n" for number in range(50_000))).encode())
    path = write(tmp_path / "cut.csv.gz", packed[: len(packed) // 2])
    seen = []
    with pytest.raises(SourceError, match=r"cut\.csv\.gz: breaks off after line"):
        for table in tables_of_path(path, PLAIN):
            for page in in_pages(rows_of(table, table.columns)):
                seen += page
    assert len(seen) > 10_000


def test_a_zip_with_a_flipped_byte_is_noticed(tmp_path):
    content = bytearray(zipped(a="id\n" + "".join(f"{number}\n" for number in range(20_000))))
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(SourceError, match="breaks off after line"):
        read(write(tmp_path / "flipped.zip", bytes(content)))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "page.zip",
            b"<!DOCTYPE html><html>Sorry</html>",
            "is not a zip file; it starts with b'<!DOCTYPE html>",
        ),
        ("none.zip", zipped(), "there is no CSV in it"),
        (
            "sheet.xlsx",
            b"PK\x03\x04",
            r"only \.csv, \.tsv, .* and \.zip can be read; save the table as CSV",
        ),
        ("empty.csv", b"", "is empty, not even a header"),
        ("other.csv.gz", b"id\n1\n", "breaks off after line 0"),
    ],
)
def test_what_is_no_csv_is_refused_by_name(tmp_path, name, content, words):
    with pytest.raises(SourceError, match=rf"{name}: .*{words}"):
        read(write(tmp_path / name, content))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError, match=r"absent\.csv: there is no such file"):
        read(tmp_path / "absent.csv")


def test_a_line_without_end_is_never_held_whole():
    class Endless(io.RawIOBase):
        """A gigabyte of one line, made as it is read."""

        left = 1 << 30

        def readable(self):
            return True

        def readinto(self, buffer):
            size = min(len(buffer), self.left)
            buffer[:size] = b"x" * size
            self.left -= size
            return size

    head, body = io.BytesIO(b"id,note\n"), io.BufferedReader(Endless(), 1 << 20)

    class Both(io.RawIOBase):
        def readline(self, size=-1):  # pyright: ignore[reportIncompatibleMethodOverride]
            return head.readline(size) or body.readline(size)

    (table,) = tables_of("big.csv", Both, PLAIN)  # pyright: ignore[reportArgumentType]
    (row,) = rows_of(table, table.columns)
    assert "big.csv: line 2: " in row[PROBLEM]
    assert len(row["text"]) <= 2000


def test_pages_hold_at_most_so_many_rows():
    assert [len(page) for page in in_pages(({"id": number} for number in range(25)), 10)] == [
        10,
        10,
        5,
    ]


def test_a_library_that_lifts_the_limit_of_fields_lifts_it_for_none_of_ours(tmp_path):
    limit = csv.field_size_limit(10_000_000)
    try:
        path = write(tmp_path / "a.csv", "id,note\n1," + "x" * 200_000 + "\n2,fine\n")
        assert [row.get("id") for row in read(path)] == [None, "2"]
    finally:
        csv.field_size_limit(limit)
