"""Invented cases by the million, straight into an empty store, without the sync."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, Index, Table, delete, func, insert, select, text

from portal.benchmarks.invented_cases import SOURCE, invent_cases
from portal.benchmarks.invented_city import (
    AREAS,
    CHANNEL_NAMES,
    DEPARTMENTS,
    QUEUES,
    InventedCity,
    invent_city,
)
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import Conflict
from portal.store import search_index
from portal.store.engines import optimize, write
from portal.store.ids import reserve_case_ids
from portal.store.models import Case, DataVersion, Label, Service

CHUNK = 50_000
SEED = 311
CONSTANTS = {
    "source": SOURCE,
    "visibility": "public",
    "place_precision": "exact",
    "contradictions": 0,
}
"""What all invented cases have."""
Share = tuple[float, float]
Progress = Callable[[int], None]


def store_invented_cases(
    core: Engine, city: Jurisdiction, cases: int, now: int, progress: Progress = lambda _: None
) -> None:
    """Fill a city's empty store with `cases` invented cases of the eleven years up to `now`.

    Raises Conflict if the store has cases already.
    """
    invented = invent_city(city.bounds, SEED)
    with write(core) as connection:
        _refuse_real_cases(connection, city.id)
        _store_words(connection, city.id, invented)
    with _without_indexes(core):
        for start in range(0, cases, CHUNK):
            count = min(CHUNK, cases - start)
            share = start / cases, (start + count) / cases
            _store_chunk(core, city, invented, count, share, now)
            progress(count)
    seen = {"public_rev": 1, "public_changed_at": now}
    version = insert(DataVersion).values(jurisdiction_id=city.id, rev=1, changed_at=now, **seen)
    with write(core) as connection:
        connection.execute(version)
    optimize(core)


def _refuse_real_cases(connection: Connection, city_id: str) -> None:
    cases = select(func.count()).select_from(Case).where(Case.jurisdiction_id == city_id)
    if held := connection.execute(cases).scalar_one():
        raise Conflict(
            f"{city_id} holds {held:,} cases; invented ones only go into an empty city. "
            "Choose another one, or another PORTAL_DATA_DIR."
        )


def _store_words(connection: Connection, city_id: str, city: InventedCity) -> None:
    for table in (Service, Label, DataVersion):
        connection.execute(delete(table).where(table.jurisdiction_id == city_id))
    for table, rows in ((Service, _services(city)), (Label, _labels())):
        connection.execute(insert(table), [{"jurisdiction_id": city_id, **row} for row in rows])


def _services(city: InventedCity) -> Iterator[dict[str, object]]:
    for number, name in enumerate(city.services, 1):
        yield {
            "service_id": number,
            "service_code": f"B{number:03}",
            "name": name,
            "slug": name.lower().replace(" ", "-"),
            "is_public": 1,
            "place_precision": "exact",
            "is_shown": 1,
        }


def _labels() -> Iterator[dict[str, object]]:
    """Labels with the ids that invented_cases writes: a range for each kind."""
    kinds = {
        "department": (1, DEPARTMENTS),
        "queue": (101, QUEUES),
        "channel": (201, len(CHANNEL_NAMES)),
    }
    for position, (kind, count) in enumerate(AREAS.items()):
        kinds[kind] = (301 + 200 * position, count)
    for kind, (first, count) in kinds.items():
        for number in range(count):
            yield {"label_id": first + number, "kind": kind, "is_public": 1, **_name(kind, number)}


def _name(kind: str, number: int) -> dict[str, str]:
    name = CHANNEL_NAMES[number] if kind == "channel" else f"{kind.capitalize()} {number + 1}"
    return {"name": name, "slug": name.lower().replace(" ", "-")}


@contextmanager
def _without_indexes(core: Engine) -> Iterator[None]:
    """Build indexes once at the end: three times as fast as keeping them up to date."""
    table: Table = Case.__table__  # pyright: ignore[reportAssignmentType]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    of_search = search_index.POSTGRESQL_INDEXES if core.dialect.name == "postgresql" else {}
    with write(core) as connection:
        for index in indexes:
            index.drop(connection, checkfirst=True)
        for name in of_search:
            connection.execute(text(f"drop index if exists {name}"))
    try:
        yield
    finally:
        _create_indexes(core, indexes, of_search)


def _create_indexes(core: Engine, indexes: list[Index], of_search: Mapping[str, str]) -> None:
    with write(core) as connection:
        for index in indexes:
            index.create(connection, checkfirst=True)
        for name, keys in of_search.items():
            connection.execute(text(f"create index {name} on case_search {keys}"))


def _store_chunk(
    core: Engine, city: Jurisdiction, invented: InventedCity, count: int, share: Share, now: int
) -> None:
    with write(core) as connection:
        ids = np.array(reserve_case_ids(connection, count))
        chunk = invent_cases(invented, ids, share, city.zone, now, rev=1)
        _store(connection, chunk.append_column("jurisdiction_id", _repeat(city.id, count)))
        search_index.index_cases(connection, _search_entries(city.id, invented, chunk))


def _store(connection: Connection, cases: pa.Table) -> None:
    for name, value in CONSTANTS.items():
        cases = cases.append_column(name, _repeat(value, cases.num_rows))
    cursor: Any = connection.connection.cursor()
    write_cases = _copy if connection.dialect.name == "postgresql" else _insert
    write_cases(cursor, cases, ", ".join(cases.column_names))
    cursor.close()


def _repeat(value: object, times: int) -> pa.Array:
    return pa.array([value]).take(pa.array(np.zeros(times, dtype=np.int32)))


def _copy(cursor: Any, cases: pa.Table, columns: str) -> None:
    body = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    pa_csv.write_csv(cases, body, options)
    with cursor.copy(f"copy cases ({columns}) from stdin (format csv)") as copy:
        copy.write(body.getvalue())


def _insert(cursor: Any, cases: pa.Table, columns: str) -> None:
    rows = list(zip(*(column.to_pylist() for column in cases.columns), strict=True))
    marks = ", ".join("?" * cases.num_columns)
    cursor.executemany(f"insert into cases ({columns}) values ({marks})", rows)


def _search_entries(city_id: str, city: InventedCity, cases: pa.Table) -> list[search_index.Entry]:
    names = ("id", "opened_at", "service_id", "address", "note", "closure_reason")
    return [
        search_index.Entry(
            city_id,
            number,
            opened_at,
            " ".join(filter(None, (city.services[service - 1], *texts))),
            True,
            None,
        )
        for number, opened_at, service, *texts in zip(
            *(cases[name].to_pylist() for name in names), strict=True
        )
    ]
