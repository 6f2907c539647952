"""Tables of any size, read as a stream: .csv, .tsv and .jsonl, each also as .gz or in a .zip.

    for table in tables_of_path(Path("2011.zip"), CsvFormat()):
        for row in rows_of(table, table.columns): ...

Quirks: UTF-16, a byte-order mark, NUL bytes (dropped: PostgreSQL cannot store them), blank lines,
line ends of three kinds, a first line that only names the delimiter, rows that are too short or too
long, an unclosed quote that would swallow hundreds of rows, a line of a
gigabyte, an archive cut off in the middle. A row that cannot be read becomes a `BadRecord` and
reading goes on; a file that cannot be read raises SourceError after the rows before the fault.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from data_sync.reading.encodings import as_readable
from data_sync.reading.json_lines import parse_object
from portal.errors import SourceError

PAGE_ROWS = 5_000
MAX_LINE_BYTES = 1 << 20
LONGEST_FIELD = 131_072
MAX_FILE_BYTES = 64 << 30
JSON_ENDINGS = (".jsonl", ".ndjson")
PLAIN_ENDINGS = (".csv", ".tsv", *JSON_ENDINGS)
ENDINGS = (*PLAIN_ENDINGS, *(f"{ending}.gz" for ending in PLAIN_ENDINGS))
DELIMITERS = (",", ";", "\t", "|")
"""Of those that a header has most often, the first."""
_NAMES_DELIMITER = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_QUOTED = re.compile('"[^"]*"')
_BARE_RETURN = re.compile(r"(?<=\r)(?!\n)(?=.)", re.DOTALL)
PROBLEM = "__problem__"
"""A row with this key could not be read; its value says why."""
_LOCAL_HEADER = struct.Struct("<4s5HIIIHH")
_DAMAGED = (
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    NotImplementedError,
    RuntimeError,
)

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class CsvFormat:
    """How a city writes its CSV."""

    delimiter: str = ""
    """Empty: the one of the header."""
    encoding: str = "utf-8"


@dataclass(frozen=True)
class BadRecord:
    """A line that is no row of its table."""

    line: int
    problem: str
    text: str


@dataclass(frozen=True)
class CsvTable:
    """One CSV: its name for messages, its columns as written, its rows once and in order."""

    name: str
    columns: tuple[str, ...]
    records: Iterator[list[str] | BadRecord]
    is_sparse: bool = False
    """A column may be missing because no row has a value in it."""


def tables_of_path(path: Path, csv_format: CsvFormat) -> Iterator[CsvTable]:
    """The CSVs of a file on disk. Raises SourceError that names the file."""
    if path.is_dir():
        raise SourceError(f"{path}: is a folder; name the files in it", reason="no_file")
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file", reason="no_file")
    return tables_of(path.name, lambda: path.open("rb"), csv_format)


def tables_of(name: str, open_file: Opener, csv_format: CsvFormat) -> Iterator[CsvTable]:
    """The CSVs of a named stream of bytes, read by the ending of `name`.

    Raises SourceError that names the file.
    """
    lower = name.lower()
    if not lower.endswith((*ENDINGS, ".zip")):
        raise SourceError(
            f"{name}: only {', '.join(PLAIN_ENDINGS)} (also as .gz) and .zip can be read; "
            "save the table as CSV",
            reason="not_csv",
        )
    with open_file() as stream:
        if lower.endswith(".zip"):
            yield from _zipped_tables(name, stream, csv_format)
        elif lower.endswith(".gz"):
            unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=stream))
            yield _table(name, unpacked, csv_format, lambda: _unpack(open_file()))
        else:
            yield _table(name, stream, csv_format, open_file)


def _unpack(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream))


def rows_of(table: CsvTable, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The records of a table as rows under these names.

    A bad one says so under PROBLEM and keeps its text for the quarantine.
    """
    for record in table.records:
        if isinstance(record, list):
            yield dict(zip(names, record, strict=True))
        else:
            yield {
                PROBLEM: f"{table.name}: line {record.line}: {record.problem}",
                "text": record.text,
            }


def in_pages(
    rows: Iterable[dict[str, Any]], size: int = PAGE_ROWS
) -> Iterator[list[dict[str, Any]]]:
    """Rows in lists of at most `size`.

    The rows read before an error are handed on first, then the error is raised.
    """
    page: list[dict[str, Any]] = []
    try:
        for row in rows:
            page.append(row)
            if len(page) >= size:
                yield page
                page = []
    except SourceError:
        if page:
            yield page
        raise
    if page:
        yield page


def _zipped_tables(name: str, stream: BinaryIO, csv_format: CsvFormat) -> Iterator[CsvTable]:
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        yield _table(name, _first_of_broken_zip(name, stream), csv_format)
        return
    members = [
        info
        for info in archive.infolist()
        if info.filename.lower().endswith(PLAIN_ENDINGS) and not _is_hidden(info.filename)
    ]
    if not members:
        there = ", ".join(archive.namelist()[:5]) or "nothing"
        raise SourceError(f"{name}: there is no CSV in it, only {there}", reason="not_csv")
    for member in members:
        label = f"{name}: {member.filename}"
        reopen = partial(_open_member, label, archive, member)
        yield _table(label, reopen(), csv_format, reopen)


def _is_hidden(filename: str) -> bool:
    """What macOS and editors leave beside a file."""
    return filename.startswith("__MACOSX/") or PurePosixPath(filename).name.startswith(".")


def _open_member(label: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    try:
        return io.BufferedReader(cast(io.RawIOBase, archive.open(member)), 1 << 16)
    except _DAMAGED as problem:
        raise SourceError(
            f"{label}: cannot be unpacked: {problem}", reason="damaged_file"
        ) from problem


def _first_of_broken_zip(name: str, stream: BinaryIO) -> BinaryIO:
    """The first member of a zip that was cut off.

    The directory at the end of the zip is gone, but the rows of the member are there.
    """
    stream.seek(0)
    head = stream.read(_LOCAL_HEADER.size)
    if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
        raise SourceError(
            f"{name}: is not a zip file; it starts with {head[:20]!r}", reason="damaged_file"
        )
    _, _, _, method, _, _, _, _, _, name_length, extra_length = _LOCAL_HEADER.unpack(head)
    stream.seek(name_length + extra_length, io.SEEK_CUR)
    if method != zipfile.ZIP_DEFLATED:
        raise SourceError(f"{name}: is cut off or damaged; fetch it again", reason="damaged_file")
    return io.BufferedReader(_CutOffMember(stream), 1 << 16)


class _CutOffMember(io.RawIOBase):
    """Unpacks what is there of a member and then says that the rest is missing."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._inflate.eof:
            packed = self._waiting or self._stream.read(1 << 16)
            if not packed:
                break
            data = self._inflate.decompress(packed, len(buffer))
            self._waiting = self._inflate.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                return len(data)
        raise EOFError("the end of the archive is missing")


def _table(
    name: str, stream: BinaryIO, csv_format: CsvFormat, reopen: Opener | None = None
) -> CsvTable:
    """`reopen` opens the same bytes once more, for a table without a header."""
    if reopen and name.lower().removesuffix(".gz").endswith(JSON_ENDINGS):
        return _json_table(name, _make_lines(name, stream, "utf-8"), reopen)
    lines = _make_lines(name, stream, csv_format.encoding)
    delimiter = csv_format.delimiter or lines.find_delimiter()
    reader = _make_reader(lines, delimiter)
    try:
        columns = next((fields for fields in reader if fields), None)
    except csv.Error as problem:
        raise SourceError(
            f"{name}: line {lines.number}: no header: {problem}", reason="no_header"
        ) from problem
    if columns is None:
        raise SourceError(f"{name}: is empty, not even a header", reason="no_header")
    if lines.is_too_long:
        raise SourceError(f"{name}: has no line of column names", reason="no_header")
    records = _records(lines, len(columns), delimiter)
    return CsvTable(name, tuple(column.strip() for column in columns), records)


def _make_reader(lines: _Lines, delimiter: str) -> Any:
    # The limit is the whole process's, and some libraries lift it when they are imported.
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=delimiter)


def _make_lines(name: str, stream: BinaryIO, encoding: str) -> _Lines:
    try:
        return _Lines(name, *as_readable(stream, encoding))
    except _DAMAGED as problem:
        raise SourceError(
            f"{name}: breaks off after line 0: {problem}; fetch it again", reason="damaged_file"
        ) from problem


def _json_table(name: str, lines: _Lines, reopen: Opener) -> CsvTable:
    """A table with a JSON object in each line: all its keys are columns, so it is read twice."""
    columns = tuple(dict.fromkeys(key for row in map(parse_object, lines) for key in row or ()))
    if not columns:
        raise SourceError(f"{name}: has no line with a JSON object", reason="no_header")
    again = _make_lines(name, reopen(), "utf-8")
    return CsvTable(name, columns, _json_records(again, columns), is_sparse=True)


def _json_records(lines: _Lines, columns: tuple[str, ...]) -> Iterator[list[str] | BadRecord]:
    for line in lines:
        lines.record.clear()
        row = parse_object(line)
        if row is not None:
            yield [row.get(column, "") for column in columns]
        elif line.strip():
            yield BadRecord(lines.number, "is no JSON object", line[:2000])


def _records(lines: _Lines, width: int, delimiter: str) -> Iterator[list[str] | BadRecord]:
    reader = _make_reader(lines, delimiter)
    while True:
        lines.record.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield lines.give_up(str(problem))
            continue
        if lines.is_too_long:
            yield lines.give_up(f"longer than {MAX_LINE_BYTES:,} bytes")
        elif len(lines.record) > 1 and sum(line.count('"') for line in lines.record) % 2:
            yield lines.give_up("a quote is opened and never closed")
        elif len(fields) == width:
            yield fields
        elif fields:
            yield lines.give_up(f"{len(fields)} fields, the header has {width}")


class _Lines:
    """Decoded lines of a byte stream for csv.reader, with line numbers for messages."""

    def __init__(self, name: str, stream: BinaryIO, encoding: str) -> None:
        self.number = 0
        self.is_too_long = False
        self.record: list[str] = []
        self._name = name
        self._stream = stream
        self._encoding = encoding
        self._bytes = 0
        self._again: deque[str] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._next_line()
        self.number += 1
        self.record.append(line)
        return line

    def give_up(self, problem: str) -> BadRecord:
        """The record just read as a bad one.

        Only its first line is lost: the lines that an open quote swallowed are read again.
        """
        first = self.number - len(self.record) + 1
        bad = BadRecord(first, problem, self.record[0][:2000] if self.record else "")
        self._again.extendleft(reversed(self.record[1:]))
        self.number = first
        self.is_too_long = False
        return bad

    def _next_line(self) -> str:
        try:
            raw = self._stream.readline(MAX_LINE_BYTES)
            if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
                self._skip_rest_of_line()
        except _DAMAGED as problem:
            raise SourceError(
                f"{self._name}: breaks off after line {self.number}: {problem}; fetch it again",
                reason="damaged_file",
            ) from problem
        if not raw:
            raise StopIteration
        line = self._decode(raw)
        self._bytes += len(raw)
        if self._bytes > MAX_FILE_BYTES:
            raise SourceError(
                f"{self._name}: is larger than {MAX_FILE_BYTES >> 30} GB", reason="too_large"
            )
        line = line.replace("\0", "") if "\0" in line else line
        return self._split(line) if "\r" in line[:-2] else line

    def _split(self, line: str) -> str:
        """The first of the lines that end in a bare carriage return; the others come next."""
        first, *others = _BARE_RETURN.split(line)
        self._again.extendleft(reversed(others))
        return first

    def find_delimiter(self) -> str:
        """The delimiter of the header, or the one that a line such as sep=; names before it."""
        line = next(self, "")
        if named := _NAMES_DELIMITER.fullmatch(line):
            return named[1]
        self._again.appendleft(line)
        self.number -= 1
        outside = _QUOTED.sub("", line)
        return max(DELIMITERS, key=outside.count)

    def _decode(self, raw: bytes) -> str:
        try:
            line = raw.decode(self._encoding)
        except UnicodeDecodeError as problem:
            if self.is_too_long:  # cut inside a character; the line is given up anyway
                return raw.decode(self._encoding, "replace")
            byte = self._bytes + problem.start
            raise SourceError(
                f"{self._name}: line {self.number + 1}, byte {byte}: "
                f"0x{raw[problem.start]:02x} is not {self._encoding}; "
                'where the file is Windows-1252, say encoding = "cp1252" in the city\'s file',
                reason="wrong_encoding",
            ) from problem
        return line.removeprefix("\ufeff") if self._bytes == 0 else line

    def _skip_rest_of_line(self) -> None:
        self.is_too_long = True
        while rest := self._stream.readline(MAX_LINE_BYTES):
            self._bytes += len(rest)
            if rest.endswith(b"\n"):
                return
