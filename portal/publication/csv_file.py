"""CSV: UTF-8, a header, a comma, quotes where needed (RFC 4180), and no text that is a formula
(portal/domain/formulas.py)."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from portal.domain.formulas import PATTERN, harmless
from portal.domain.published_columns import PublishedColumn
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.case_rows import case_query, read_parts, written

_QUOTE = "chr(39)"
call = pc.call_function
_ROWS = pa_csv.WriteOptions(include_header=False)


def write_csv(
    facts: Facts,
    selection: Selection,
    columns: Sequence[PublishedColumn],
    most: int | None = None,
) -> Iterator[bytes]:
    """The file in pieces; the first is its header. Only the newest `most` cases, if given."""
    query = case_query(facts, selection, columns, written, most)
    texts = [column.name for column in columns if column.kind == "text"]
    yield (",".join(column.name for column in columns) + "\n").encode()
    for rows in read_parts(facts, query):
        yield _write_rows(rows, texts)


def harmless_text(sql: str) -> str:
    """SQL of a text that no spreadsheet runs."""
    # Nearly all begin with a digit or a letter, which is sooner seen than the pattern is tried.
    return (
        f"case when {sql} >= '0' and {sql} < ':' or {sql} >= 'A' and {sql} < '{{' then {sql}"
        f" when regexp_matches({sql}, '{PATTERN}') then {_QUOTE} || {sql} else {sql} end"
    )


def _write_rows(rows: pa.Table, texts: Sequence[str]) -> bytes:
    for name in texts:
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, _make_harmless(rows.column(name)))
    out = BytesIO()
    pa_csv.write_csv(rows, out, _ROWS)
    return out.getvalue()


def _make_harmless(texts: pa.ChunkedArray) -> pa.Array:
    """The texts, none of them a formula.

    Nearly all begin with a digit or a letter: only the others are looked at one by one. SQL would
    take 4 ms to prepare the pattern, for each column of each part.
    """
    column = texts.combine_chunks()
    first = call("utf8_slice_codeunits", [column], pc.SliceOptions(0, 1))
    is_plain = call("is_in", [first], _plain_beginnings())
    is_odd = call("and_not", [column.is_valid(), is_plain])
    odd = column.filter(is_odd).to_pylist()
    if not odd:
        return column
    return call("replace_with_mask", [column, is_odd, pa.array(map(harmless, odd), column.type)])


@cache
def _plain_beginnings() -> pc.SetLookupOptions:
    """What a text begins with that can be no formula.

    Made when first asked for: pyarrow imports pandas for an array, which the sync never needs.
    """
    return pc.SetLookupOptions(pa.array(string.digits + string.ascii_letters))
