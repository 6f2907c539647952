"""The files of a dataset: Parquet, CSV packed by gzip, and SQLite; the same rows, the same bytes.

    cases.parquet   cases-2025.parquet   cases.csv.gz   cases-2025.csv.gz   cases.sqlite

DuckDB writes Parquet and CSV in the order of the rows' table: the same bytes with one thread or
two, today and after a restart. A year's CSV is packed once: packed files, one after the other, are
a packed file of all.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from portal import private_files
from portal.datasets.content_hash import as_text
from portal.datasets.sources import Work, quoted
from portal.disk import write_through
from portal.domain.published_columns import PublishedColumn
from portal.domain.published_datasets import Dataset
from portal.publication.about import LEFT_OUT
from portal.publication.csv_file import harmless_text
from portal.store.engines import sqlite_module

ROW_GROUP = 100_000
GZIP_LEVEL = 4
"""Half the time of 6 for a tenth more bytes."""
PIECE = 1 << 20
MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv.gz": "application/gzip",
    ".sqlite": "application/vnd.sqlite3",
    ".json": "application/json",
    ".txt": "text/plain",
}
SQLITE_KINDS = {"integer": "integer", "number": "real", "boolean": "integer"}
SQLITE_ROWS = 20_000


@dataclass(frozen=True)
class WrittenFile:
    """A file of a version. `rows`: None where it has none. `year`: the only year that is in it."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class Part:
    """The rows of a year, or all: what its files are called, and where its rows are found."""

    stem: str
    table: str
    year: int | None = None


def write_files(work: Work, dataset: Dataset, folder: Path, about: str) -> list[WrittenFile]:
    """Write a dataset's files into a folder, from the table of its name, through to the disk."""
    private_files.make_folder(folder)
    years = list(_parts_of(work, dataset))
    whole = Part(dataset.name, dataset.name)
    # SQLite takes its rows from Python, DuckDB and zlib work beside it.
    with ThreadPoolExecutor(1) as beside:
        is_of_cases = dataset.name == "cases"
        writing = (
            beside.submit(_write_sqlite, work, dataset, folder, about) if is_of_cases else None
        )
        for part in [whole, *years]:
            _write_parquet(work, part, folder)
        _write_packed(work, dataset, years or [whole], folder)
        written = [
            described
            for part in [whole, *years]
            for described in _describe_part(work, part, folder)
        ]
        if writing:
            writing.result()
            written.append(_describe(folder / f"{dataset.name}.sqlite", written[0].rows))
            written += [_describe(folder / name, None) for name in ("metadata.json", "README.txt")]
    write_through(folder)
    return written


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def media_type(name: str) -> str:
    """The media type of a file, by its name."""
    return next((kind for end, kind in MEDIA_TYPES.items() if name.endswith(end)), "")


def writers() -> dict[str, str]:
    """What writes the files, and its version: other versions may make other bytes."""
    return {
        "parquet": f"DuckDB {duckdb.__version__}",
        "csv.gz": f"DuckDB {duckdb.__version__}, zlib {zlib.ZLIB_RUNTIME_VERSION}",
        "sqlite": f"SQLite {sqlite_module().sqlite_version}",
    }


def _parts_of(work: Work, dataset: Dataset) -> Iterator[Part]:
    if not dataset.by_year:
        return
    year = f"year({dataset.by_year})"
    found = work.execute(f"select distinct {year} from {dataset.name} order by 1").fetchall()
    for (number,) in found:
        rows = f"(select * from {dataset.name} where {year} = {number})"
        yield Part(f"{dataset.name}-{number}", rows, number)


def _write_parquet(work: Work, part: Part, folder: Path) -> None:
    path = folder / f"{part.stem}.parquet"
    work.execute(
        f"copy (select * from {part.table}) to '{quoted(path)}'"
        f" (format parquet, compression zstd, row_group_size {ROW_GROUP})"
    )
    _close(path)


def _write_packed(work: Work, dataset: Dataset, parts: Sequence[Part], folder: Path) -> None:
    """Pack each part's rows; where there are several, put them together for the whole."""
    header = _pack_bytes((",".join(dataset.column_names) + "\n").encode())
    whole = folder / f"{dataset.name}.csv.gz"
    with private_files.open_file(folder / "whole.part", "wb") as all_rows:
        all_rows.write(header)
        for part in parts:
            _write_csv(work, dataset, part, folder / "rows.csv")
            one = folder / f"{part.stem}.csv.gz"
            with private_files.open_file(one, "wb") as packed:
                packed.write(header)
                _pack_file(folder / "rows.csv", packed)
            with one.open("rb") as packed:
                packed.seek(len(header))
                shutil.copyfileobj(packed, all_rows, PIECE)
            write_through(one)
            (folder / "rows.csv").unlink()
    (folder / "whole.part").replace(whole)
    _close(whole)


def _write_csv(work: Work, dataset: Dataset, part: Part, path: Path) -> None:
    values = ", ".join(f"{_csv_value(column)} as {column.name}" for column in dataset.columns)
    rows = f"select {values} from {part.table}"
    work.execute(f"copy ({rows}) to '{quoted(path)}' (format csv, header false)")


def _csv_value(column: PublishedColumn) -> str:
    return harmless_text(column.name) if column.kind == "text" else as_text(column)


def _pack_bytes(body: bytes) -> bytes:
    packer = _packer()
    return packer.compress(body) + packer.flush()


def _pack_file(path: Path, packed: Any) -> None:
    packer = _packer()
    with path.open("rb") as rows:
        while piece := rows.read(PIECE):
            packed.write(packer.compress(piece))
    packed.write(packer.flush())


def _packer() -> Any:
    """Packs as gzip does, without the time, so that the same rows make the same bytes."""
    return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)


def _write_sqlite(work: Work, dataset: Dataset, folder: Path, about: str) -> None:
    path = folder / f"{dataset.name}.sqlite"
    private_files.make_file(path)
    connection = sqlite_module().connect(str(path), isolation_level=None)
    try:
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.execute(f"create table {dataset.name} ({_sqlite_columns(dataset)})")
        connection.execute("begin")
        _copy_rows(work, dataset, connection)
        connection.execute(f"create index number_of_case on {dataset.name} (case_id)")
        connection.execute("commit")
    finally:
        connection.close()
    write_through(path)
    texts = {"metadata.json": _datasette_metadata(dataset, about), "README.txt": _readme(about)}
    for name, text in texts.items():
        private_files.write_text(folder / name, text)
        write_through(folder / name)


def _copy_rows(work: Work, dataset: Dataset, connection: Any) -> None:
    holes = ", ".join("?" * len(dataset.columns))
    insert = f"insert into {dataset.name} values ({holes})"
    with work.cursor() as cursor:
        values = ", ".join(map(_sqlite_value, dataset.columns))
        rows = cursor.sql(f"select {values} from {dataset.name}").to_arrow_reader(SQLITE_ROWS)
        for batch in rows:
            columns = [column.to_pylist() for column in batch.columns]
            connection.executemany(insert, zip(*columns, strict=True))


def _sqlite_columns(dataset: Dataset) -> str:
    return ", ".join(
        f"{column.name} {SQLITE_KINDS.get(column.kind, 'text')}" for column in dataset.columns
    )


def _sqlite_value(column: PublishedColumn) -> str:
    if column.kind in ("integer", "boolean"):
        return f"{column.name}::integer"
    return column.name if column.kind == "number" else as_text(column)


def _datasette_metadata(dataset: Dataset, about: str) -> str:
    """What Datasette shows beside the table."""
    table = {
        "title": dataset.title,
        "description": dataset.about,
        "columns": {column.name: column.meaning for column in dataset.columns},
        "sort_desc": "rowid",
        "facets": ["status", "service", "neighborhood"],
    }
    databases = {dataset.name: {"tables": {dataset.name: table}}}
    return json.dumps({"title": about, "databases": databases}, indent=2, ensure_ascii=False) + "\n"


def _readme(about: str) -> str:
    return (
        f"{about}\n\n"
        "cases.parquet, cases.csv.gz and cases.sqlite have the same rows; cases-2025 has those of"
        " cases opened in 2025.\n"
        "To look around in a browser:\n\n"
        "    datasette cases.sqlite --metadata metadata.json\n\n"
        f"Left out: {LEFT_OUT}\n"
        "What the columns mean: /data/columns. Hashes of all files: manifest.json beside this file."
        "\n"
    )


def _describe_part(work: Work, part: Part, folder: Path) -> Iterator[WrittenFile]:
    ((rows,),) = work.execute(f"select count(*) from {part.table}").fetchall()
    for suffix in (".parquet", ".csv.gz"):
        yield _describe(folder / (part.stem + suffix), rows, part.year)


def _describe(path: Path, rows: int | None, year: int | None = None) -> WrittenFile:
    return WrittenFile(path.name, path.stat().st_size, hash_file(path), rows, year)


def _close(path: Path) -> None:
    private_files.close_to_others(path)
    write_through(path)
