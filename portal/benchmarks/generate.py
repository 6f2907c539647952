"""Invented cases by the million, straight into an empty store, without the sync."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, text

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


def store_invented_cases(
    core: Engine,
    city: Jurisdiction,
    cases: int,
    now: int,
    progress: Callable[[int], None] = lambda stored: None,
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
            with write(core) as connection:
                ids = np.array(reserve_case_ids(connection, count))
                chunk = invent_cases(
                    invented, ids, (start / cases, (start + count) / cases), city.zone, now, rev=1
                )
                _store(connection, city.id, chunk)
                search_index.index_cases(connection, _search_entries(city.id, invented, chunk))
            progress(count)
    with write(core) as connection:
        connection.execute(
            insert(DataVersion).values(jurisdiction_id=city.id, rev=1, changed_at=now)
        )
    optimize(core)


def _refuse_real_cases(connection: Connection, city_id: str) -> None:
    held = connection.execute(
        select(func.count()).select_from(Case).where(Case.jurisdiction_id == city_id)
    ).scalar_one()
    if held:
        raise Conflict(
            f"{city_id} holds {held:,} cases; invented ones only go into an empty city. "
            "Choose another one, or another PORTAL_DATA_DIR."
        )


def _store_words(connection: Connection, city_id: str, city: InventedCity) -> None:
    for table in (Service, Label, DataVersion):
        connection.execute(delete(table).where(table.jurisdiction_id == city_id))
    services = [
        {
            "jurisdiction_id": city_id,
            "service_id": number,
            "service_code": f"B{number:03}",
            "name": name,
            "slug": name.lower().replace(" ", "-"),
            "is_public": 1,
            "place_precision": "exact",
            "is_shown": 1,
        }
        for number, name in enumerate(city.services, 1)
    ]
    connection.execute(insert(Service), services)
    connection.execute(
        insert(Label), [{"jurisdiction_id": city_id, **label} for label in _labels()]
    )


def _labels() -> Iterator[dict[str, object]]:
    """Labels with the ids that invented_cases writes: a range for each kind."""
    kinds = {
        "department": (1, DEPARTMENTS),
        "queue": (101, QUEUES),
        "channel": (201, len(CHANNEL_NAMES)),
    }
    kinds |= {
        kind: (301 + 200 * position, count) for position, (kind, count) in enumerate(AREAS.items())
    }
    for kind, (first, count) in kinds.items():
        for number in range(count):
            name = (
                CHANNEL_NAMES[number] if kind == "channel" else f"{kind.capitalize()} {number + 1}"
            )
            yield {
                "label_id": first + number,
                "kind": kind,
                "name": name,
                "slug": name.lower().replace(" ", "-"),
                "is_public": 1,
            }


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
        with write(core) as connection:
            for index in indexes:
                index.create(connection, checkfirst=True)
            for name, keys in of_search.items():
                connection.execute(text(f"create index {name} on case_search {keys}"))


def _store(connection: Connection, city_id: str, cases: pa.Table) -> None:
    constants = {
        "jurisdiction_id": city_id,
        "source": SOURCE,
        "visibility": "public",
        "place_precision": "exact",
        "contradictions": 0,
    }
    for name, value in constants.items():
        cases = cases.append_column(
            name, pa.array([value]).take(pa.array(np.zeros(cases.num_rows, dtype=np.int32)))
        )
    columns = ", ".join(cases.column_names)
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        body = io.BytesIO()
        pa_csv.write_csv(
            cases, body, pa_csv.WriteOptions(include_header=False, quoting_style="needed")
        )
        with cursor.copy(f"copy cases ({columns}) from stdin (format csv)") as copy:
            copy.write(body.getvalue())
    else:
        rows = zip(*(column.to_pylist() for column in cases.columns), strict=True)
        cursor.executemany(
            f"insert into cases ({columns}) values ({', '.join('?' * cases.num_columns)})",
            list(rows),
        )
    cursor.close()


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
