"""JSON Lines and GeoJSON, written by DuckDB: its texts go out as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from portal.domain.published_columns import CASE_COLUMNS, PublishedColumn
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.case_rows import CaseQuery, case_query, read_parts, written

PLACE = ("latitude", "longitude")
_POINT = """'{"type":"Point","coordinates":[' || longitude || ',' || latitude || ']}'"""


def write_json_lines(facts: Facts, selection: Selection) -> Iterator[bytes]:
    """One JSON object a line, each with all columns; null where a value is unknown."""
    query = case_query(facts, selection, CASE_COLUMNS, written)
    yield from _stream_texts(facts, query, f"{_object_of(CASE_COLUMNS)} || chr(10)")


def write_geojson(facts: Facts, selection: Selection, about: Mapping[str, Any]) -> Iterator[bytes]:
    """A FeatureCollection (RFC 7946); a case without a place is a feature without a geometry.

    `about` stands beside the features, as `metadata`.
    """
    query = case_query(facts, selection, CASE_COLUMNS, written)
    properties = _object_of([column for column in CASE_COLUMNS if column.name not in PLACE])
    feature = (
        """',' || chr(10) || '{"type":"Feature","geometry":' ||"""
        f" case when latitude is null then 'null' else {_POINT} end"
        f""" || ',"properties":' || {properties} || '}}'"""
    )
    yield b'{"type":"FeatureCollection","metadata":' + orjson.dumps(about) + b',"features":['
    skipped = 1  # the comma before the first
    for piece in _stream_texts(facts, query, feature):
        yield piece[skipped:]
        skipped = 0
    yield b"\n]}\n"


def _object_of(columns: Sequence[PublishedColumn]) -> str:
    names = ", ".join(f"{column.name} := {column.name}" for column in columns)
    return f"to_json(struct_pack({names}))::varchar"


def _stream_texts(facts: Facts, query: CaseQuery, text: str) -> Iterator[bytes]:
    """A text for each row, one after the other."""
    for rows in read_parts(facts, query, f"select {text} as text from ({{rows}})"):
        yield b"".join(map(_bytes_of, rows.column(0).chunks))


def _bytes_of(texts: pa.Array) -> bytes:
    """All texts of a column at once: Arrow keeps them side by side."""
    if not len(texts):
        return b""
    _, offsets, data = texts.cast(pa.string()).buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]])
