"""Invented cases by the million, straight into a store: the sync is not involved. Only ever into a city that has no other cases."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from portal.benchmarks.invented_cases import SOURCE, invent_cases
from portal.benchmarks.invented_city import AREAS, CHANNEL_NAMES, DEPARTMENTS, QUEUES, InventedCity, invent
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import Conflict
from portal.models import Case, DataVersion, Label, Service

CHUNK = 50_000
SEED = 311


def generate(core: Engine, city: Jurisdiction, cases: int, now: int, progress: Callable[[int], None] = lambda stored: None) -> None:
    """Fill a city's empty store with `cases` invented cases of eleven years up to `now`. Raises Conflict where it holds cases already."""
    invented = invent(city.bounds, SEED)
    with core.begin() as connection:
        _refuse_real_cases(connection, city.id)
        _store_words(connection, city.id, invented)
    with _without_indexes(core, Case.__table__):  # pyright: ignore[reportArgumentType]
        for start in range(0, cases, CHUNK):
            ids = np.arange(start + 1, min(start + CHUNK, cases) + 1)
            share = (start / cases, ids[-1] / cases)
            with core.begin() as connection:
                _store(connection, city.id, invent_cases(invented, ids, share, city.zone, now, rev=1))
            progress(int(ids[-1]))
    with core.begin() as connection:
        connection.execute(insert(DataVersion).values(jurisdiction_id=city.id, rev=1, changed_at=now))


def _refuse_real_cases(connection: Connection, city_id: str) -> None:
    held = connection.execute(select(func.count()).select_from(Case).where(Case.jurisdiction_id == city_id)).scalar_one()
    if held:
        raise Conflict(
            f"{city_id} holds {held:,} cases; invented ones go into an empty city alone. Choose another one, or another PORTAL_DATA_DIR."
        )


def _store_words(connection: Connection, city_id: str, city: InventedCity) -> None:
    for table in (Service, Label, DataVersion):
        connection.execute(delete(table).where(table.jurisdiction_id == city_id))
    connection.execute(
        insert(Service),
        [
            {
                "jurisdiction_id": city_id,
                "service_id": number,
                "service_code": f"B{number:03}",
                "name": name,
                "slug": name.lower().replace(" ", "-"),
                "is_public": 1,
                "place_precision": "exact",
            }
            for number, name in enumerate(city.services, 1)
        ],
    )
    connection.execute(insert(Label), [{"jurisdiction_id": city_id, **label} for label in _labels()])


def _labels() -> Iterator[dict[str, object]]:
    """Ids as invented_cases writes them: a range for each kind."""
    kinds = {"department": (1, DEPARTMENTS), "queue": (101, QUEUES), "channel": (201, len(CHANNEL_NAMES))}
    kinds |= {kind: (301 + 200 * position, count) for position, (kind, count) in enumerate(AREAS.items())}
    for kind, (first, count) in kinds.items():
        for number in range(count):
            name = CHANNEL_NAMES[number] if kind == "channel" else f"{kind.capitalize()} {number + 1}"
            yield {"label_id": first + number, "kind": kind, "name": name, "slug": name.lower().replace(" ", "-")}


@contextmanager
def _without_indexes(core: Engine, table: Table) -> Iterator[None]:
    """Indexes are built once at the end: three times as fast as keeping them."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    with core.begin() as connection:
        for index in indexes:
            index.drop(connection, checkfirst=True)
    try:
        yield
    finally:
        with core.begin() as connection:
            for index in indexes:
                index.create(connection, checkfirst=True)


def _store(connection: Connection, city_id: str, cases: pa.Table) -> None:
    constants = {"jurisdiction_id": city_id, "source": SOURCE, "visibility": "public", "place_precision": "exact", "contradictions": 0}
    for name, value in constants.items():
        cases = cases.append_column(name, pa.array([value]).take(pa.array(np.zeros(cases.num_rows, dtype=np.int32))))
    columns = ", ".join(cases.column_names)
    cursor = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        _copy(cursor, f"copy cases ({columns}) from stdin (format csv)", cases)
    else:
        places = ", ".join("?" * cases.num_columns)
        rows = zip(*(column.to_pylist() for column in cases.columns), strict=True)
        cursor.executemany(f"insert into cases ({columns}) values ({places})", list(rows))
    cursor.close()


def _copy(cursor, statement: str, cases: pa.Table) -> None:
    body = io.BytesIO()
    pa_csv.write_csv(cases, body, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
    with cursor.copy(statement) as copy:
        copy.write(body.getvalue())
