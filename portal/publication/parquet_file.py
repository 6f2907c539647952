"""GeoParquet 1.1: typed columns, and the place as a point in WKB too."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from portal.domain.published_columns import CASE_COLUMNS, PublishedColumn
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.case_rows import CaseQuery, case_query, read_parts, typed

ROW_GROUP = 50_000
_TYPES = {
    "text": pa.string(),
    "integer": pa.int32(),
    "number": pa.float64(),
    "timestamp": pa.timestamp("ms", tz="UTC"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
_WKB_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def write_parquet(facts: Facts, selection: Selection, about: Mapping[str, Any]) -> Iterator[bytes]:
    """The file in pieces, a row group each. `about` is in its metadata as `citizens_connect`."""
    query = case_query(facts, selection, CASE_COLUMNS, typed)
    schema = _schema(about)
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        yield sink.take()
        for rows in _groups(facts, query):
            writer.write_table(_as_published(rows, schema))
            yield sink.take()
    yield sink.take()


def _groups(facts: Facts, query: CaseQuery) -> Iterator[pa.Table]:
    """The rows in groups of about ROW_GROUP: small ones would make a large file."""
    gathered: list[pa.Table] = []
    for rows in read_parts(facts, query):
        gathered.append(rows)
        if sum(map(len, gathered)) >= ROW_GROUP:
            yield pa.concat_tables(gathered)
            gathered.clear()
    if gathered:
        yield pa.concat_tables(gathered)


def _schema(about: Mapping[str, Any]) -> pa.Schema:
    fields = [_field(column) for column in CASE_COLUMNS]
    metadata = {"geo": orjson.dumps(_GEO), "citizens_connect": orjson.dumps(about)}
    return pa.schema([*fields, pa.field("geometry", pa.binary())], metadata=metadata)


def _field(column: PublishedColumn) -> pa.Field:
    return pa.field(column.name, _TYPES[column.kind], metadata={"description": column.meaning})


def _as_published(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [_cast(rows.column(name), schema.field(name).type) for name in rows.schema.names]
    places = (rows.column(name).combine_chunks() for name in ("longitude", "latitude"))
    return pa.table([*columns, _points(*places)], schema=schema)


def _cast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_timestamp(kind):
        return values.cast(pa.timestamp("s", tz="UTC")).cast(kind)
    return values.cast(kind)


def _points(longitudes: pa.Array, latitudes: pa.Array) -> pa.Array:
    """Points in WKB; null where there is no place."""
    rows = len(longitudes)
    points = np.empty(rows, _WKB_POINT)
    points["order"], points["kind"] = 1, 1
    points["x"] = longitudes.to_numpy(zero_copy_only=False)
    points["y"] = latitudes.to_numpy(zero_copy_only=False)
    ends = np.arange(rows + 1, dtype=np.int32) * _WKB_POINT.itemsize
    missing = longitudes.is_null()
    known = pa.array(missing.invert() if hasattr(missing, "invert") else ~missing.to_numpy(False))
    buffers = [known.buffers()[1], pa.py_buffer(ends), pa.py_buffer(points)]
    return pa.Array.from_buffers(pa.binary(), rows, buffers)


class _Sink(io.RawIOBase):
    """A file that hands on what is written into it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def take(self) -> bytes:
        """What was written since it was last asked."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
