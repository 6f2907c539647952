"""Rules of the city's file that changed: cases already stored are published as the new rule says, from their originals.

Runs before every sync. What became private or coarser is so at once, history included. What a rule hid comes back when its row is next
read: only the source can say that it is not private for another reason.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from portal.domain.case import CONTRADICTIONS, CaseRecord
from portal.domain.disclosure import COARSER, Published, disclose, has_hidden_parts
from portal.domain.jurisdiction import Jurisdiction, ServiceRule
from portal.queries.staff import hidden_texts
from portal.services.sync import ingest
from portal.services.sync.case_rows import ORIGINAL_COLUMNS, ORIGINAL_TEXTS, quad_of
from portal.store import bulk, data_version, search_index
from portal.store.models import Service

BATCH = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def apply_rules(transaction: Callable[[], Any], city: Jurisdiction, now: int) -> int:
    """Bring stored services and their cases to the city's rules, a batch a transaction; returns how many cases changed."""
    with transaction() as connection:
        query = select(
            Service.service_id,
            Service.service_code,
            Service.name,
            Service.is_public,
            Service.place_precision,
        )
        services = connection.execute(query.where(Service.jurisdiction_id == city.id)).all()
    changed = 0
    for service_id, code, name, is_public, place in services:
        rule = city.rule_for(code, name)
        if (int(rule.public), rule.place) != (is_public, place):
            changed += _apply(transaction, city, service_id, name, rule, now)
    return changed


def _apply(
    transaction: Callable[[], Any],
    city: Jurisdiction,
    service_id: int,
    name: str,
    rule: ServiceRule,
    now: int,
) -> int:
    changed = 0
    while True:
        with transaction() as connection:
            rev = data_version.advance(connection, city.id, now)
            rows = connection.execute(
                text(_BATCH),
                {
                    "city": city.id,
                    "service": service_id,
                    "place": rule.place,
                    "public": int(rule.public),
                },
            )
            rows = rows.all()
            if rows:
                _republish(connection, city.id, name, rule, rows, rev)
            else:
                # The service last: a run that is killed before finds it unchanged and goes on.
                key = Service.jurisdiction_id == city.id, Service.service_id == service_id
                connection.execute(
                    update(Service)
                    .where(*key)
                    .values(is_public=int(rule.public), place_precision=rule.place)
                )
                return changed
        changed += len(rows)


def publish_anew(connection: Connection, city: Jurisdiction, case: int, now: int) -> None:
    """Publish one case from its original, as the rules and the staff say now."""
    rev = data_version.advance(connection, city.id, now)
    row = connection.execute(text(_ONE), {"city": city.id, "case": case}).one()
    _republish(
        connection,
        city.id,
        row.service_name,
        city.rule_for(row.service_code, row.service_name),
        [row],
        rev,
    )


def _republish(
    connection: Connection, city_id: str, service: str, rule: ServiceRule, rows: Any, rev: int
) -> None:
    updates, originals, entries = [], [], []
    hidden = hidden_texts.of_cases(connection, city_id, [row.id for row in rows])
    for row in rows:
        record = _original(row)
        published = disclose(
            record,
            rule.place,
            place_is_credible=not row.contradictions & CONTRADICTIONS["outside_city"],
        )
        published = hidden_texts.without(published, hidden.get(row.id, ()))
        visibility = "service" if row.visibility == "public" and not rule.public else row.visibility
        updates.append((*_columns(published), rule.place, visibility, rev, city_id, row.id))
        if has_hidden_parts(record, published):
            originals.append((city_id, row.id, *(getattr(record, name) for name in ORIGINAL_TEXTS)))
        words = " ".join(
            part
            for part in (
                published.title,
                service,
                published.address,
                published.note,
                published.closure_reason,
            )
            if part
        )
        was_at = row.opened_at if row.visibility == "public" else None
        entries.append(
            search_index.Entry(
                city_id, row.id, row.opened_at, words, visibility == "public", was_at
            )
        )
    touched = [row.id for row in rows]
    bulk.execute_many(connection, _UPDATE, updates)
    bulk.change_in(
        connection,
        "delete from case_originals where jurisdiction_id = :city and id in {values}",
        touched,
        city=city_id,
    )
    bulk.insert_rows(connection, "case_originals", ORIGINAL_COLUMNS, originals)
    coarser = [row.id for row in rows if COARSER[rule.place] > COARSER[row.place_precision]]
    ingest.forget_exact_places(connection, city_id, coarser)
    _forget_areas(connection, city_id, rule, coarser)
    search_index.index_cases(connection, entries)


def _columns(published: Published) -> tuple[Any, ...]:
    return (
        published.title, published.address, published.zipcode, published.lat, published.lon, quad_of(published.lat, published.lon),
        published.note, published.closure_reason, ",".join(published.hidden) or None,
    )  # fmt: skip


def _forget_areas(
    connection: Connection, city_id: str, rule: ServiceRule, cases: list[int]
) -> None:
    """Areas that would tell more than the rule allows."""
    columns = {"area": _FINE_AREAS, "none": (*_FINE_AREAS, *_NEIGHBORHOODS)}.get(rule.place)
    if columns:
        nothing = ", ".join(f"{column} = null" for column in columns)
        bulk.change_in(
            connection,
            f"update cases set {nothing} where jurisdiction_id = :city and id in {{values}}",
            cases,
            city=city_id,
        )


def _original(row: Row[Any]) -> CaseRecord:
    """The texts and the place as the city sent them."""
    return CaseRecord(
        source_id="", case_id="", service_code="", service_name="", status="open", opened_at=_EPOCH, updated_at=_EPOCH,
        **{name: getattr(row, f"original_{name}" if row.original_id is not None else name) for name in ORIGINAL_TEXTS},
    )  # fmt: skip


_FINE_AREAS = ("district_id", "city_district_id", "polygon_district_id", "tract_id", "ward_id")
_NEIGHBORHOODS = ("neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id")
_TEXTS = ", ".join(f"c.{name}, o.{name} as original_{name}" for name in ORIGINAL_TEXTS)
_BATCH = f"""
select c.id, c.opened_at, c.visibility, c.place_precision, c.contradictions, o.id as original_id, {_TEXTS}
from cases c left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.service_id = :service
    and (c.place_precision <> :place or (:public = 0 and c.visibility = 'public'))
limit {BATCH}
"""
_ONE = f"""
select c.id, c.opened_at, c.visibility, c.place_precision, c.contradictions, o.id as original_id, {_TEXTS},
    s.service_code, s.name as service_name
from cases c join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.id = :case
"""
_UPDATE = """
update cases set title = ?, address = ?, zipcode = ?, lat = ?, lon = ?, quad = ?, note = ?, closure_reason = ?, hidden = ?,
    place_precision = ?, visibility = ?, rev = ?
where jurisdiction_id = ? and id = ?
"""
