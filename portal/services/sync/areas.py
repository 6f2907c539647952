"""Neighborhoods, districts and tracts as polygons.

Each kind is stored as a layer. When a layer changes, the areas of all cases are assigned again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text

from portal.domain.areas import Areas
from portal.domain.jurisdiction import AreaKind, Jurisdiction
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk, data_version
from portal.store.models import Boundary, Label

BATCH = 10_000


Placed = tuple[float | None, float | None, str | None, str | None]
"""What decides a case's areas: exact latitude and longitude, and the city's own names of
neighborhood and district."""
Assign = Callable[[list[Placed]], list[Areas]]


def save_layer(
    connection: Connection,
    city: Jurisdiction,
    kind: AreaKind,
    polygons: Iterable[tuple[str, str]],
    now: int,
) -> int:
    """Replace a layer by (name, GeoJSON geometry) pairs; returns how many there are.

    Inside the caller's write transaction. `now` is in epoch seconds.
    """
    data_version.advance(connection, city.id, now, is_public=True)
    vocabulary = Vocabulary(connection, city)
    drawn = list(polygons)
    rows = [
        {
            "jurisdiction_id": city.id,
            "label_id": vocabulary.label_id(kind, name),
            "kind": kind,
            "geometry": geometry,
        }
        for name, geometry in drawn
    ]
    vocabulary.publish_labels(row["label_id"] for row in rows)
    for row, (name, _) in zip(rows, drawn, strict=True):
        vocabulary.respell_label(row["label_id"], name)
    vocabulary.flush()
    connection.execute(
        delete(Boundary).where(Boundary.jurisdiction_id == city.id, Boundary.kind == kind)
    )
    connection.execute(insert(Boundary), rows)
    return len(rows)


def stored_layers(connection: Connection, city_id: str) -> dict[str, list[tuple[str, str]]]:
    """The stored layers: kind to (name, GeoJSON geometry) pairs, sorted by name."""
    of_label = (Label.jurisdiction_id == Boundary.jurisdiction_id) & (
        Label.label_id == Boundary.label_id
    )
    query = (
        select(Boundary.kind, Label.name, Boundary.geometry)
        .join(Label, of_label)
        .where(Boundary.jurisdiction_id == city_id)
        .order_by(Boundary.kind, Label.name)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, name, geometry in connection.execute(query):
        found.setdefault(kind, []).append((name, geometry))
    return found


def reassign_areas(
    transaction: Callable[[], Any], city: Jurisdiction, assign: Assign, now: int
) -> int:
    """Assign the areas of all cases again, one batch per transaction; returns how many changed.

    Areas are derived, so a change leaves no revision. `now` is in epoch seconds.
    """
    changed = 0
    last = 0
    while True:
        with transaction() as connection:
            rows = _read_batch(connection, city.id, last)
            if not rows:
                return changed
            changed += _reassign_batch(connection, city, assign, rows, now)
        last = rows[-1].id


def _read_batch(connection: Connection, city_id: str, last: int) -> Sequence[Row]:
    """The next cases after the key `last`."""
    values = {"city": city_id, "last": last, "batch": BATCH}
    return connection.execute(text(_BATCH), values).all()


def _reassign_batch(
    connection: Connection, city: Jurisdiction, assign: Assign, rows: Any, now: int
) -> int:
    rev = data_version.lock(connection, city.id, now) + 1
    vocabulary = Vocabulary(connection, city)
    placed = [
        (
            row.lat,
            row.lon,
            vocabulary.label_name(row.city_neighborhood_id),
            vocabulary.label_name(row.city_district_id),
        )
        for row in rows
    ]
    changes = list(_changes(vocabulary, rows, assign(placed)))
    public = {row.id for row in rows if row.visibility == "public"}
    for case, values in changes:
        vocabulary.publish_labels(values if case in public else ())
    vocabulary.flush()
    if changes:
        bulk.execute_many(
            connection, _SET_AREAS, [(*values, rev, city.id, case) for case, values in changes]
        )
        is_seen = any(case in public for case, _ in changes)
        data_version.set_version(connection, city.id, rev, now, is_public=is_seen)
    return len(changes)


def _changes(
    vocabulary: Vocabulary, rows: Any, areas: list[Areas]
) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    for row, area in zip(rows, areas, strict=True):
        if row.place_precision == "none":
            continue
        values = _label_ids(vocabulary, area, is_coarse=row.place_precision == "area")
        if values != tuple(row[6:11]):
            yield row.id, values


def _label_ids(vocabulary: Vocabulary, area: Areas, *, is_coarse: bool) -> tuple[int | None, ...]:
    """In the order of `_BATCH`; of a coarse place the neighborhoods alone."""
    label = vocabulary.label_id
    neighborhoods = (
        label("neighborhood", area.neighborhood),
        label("neighborhood", area.polygon_neighborhood),
    )
    if is_coarse:
        return (*neighborhoods, None, None, None)
    districts = label("district", area.district), label("district", area.polygon_district)
    return (*neighborhoods, *districts, label("tract", area.tract))


# If the published place is not exact, the exact one is with the original.
_BATCH = """
select c.id, c.place_precision, coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon,
    c.city_neighborhood_id, c.city_district_id,
    c.neighborhood_id, c.polygon_neighborhood_id, c.district_id, c.polygon_district_id, c.tract_id,
    c.visibility
from cases c left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.id > :last order by c.id limit :batch
"""
_SET_AREAS = """
update cases set neighborhood_id = ?, polygon_neighborhood_id = ?, district_id = ?,
    polygon_district_id = ?, tract_id = ?, rev = ?
where jurisdiction_id = ? and id = ?
"""
