"""Publishing stored cases again after the city's file has changed its rules, from their originals.

Runs before every sync. What became private or less precise is so at once, its history included.
What a rule had hidden comes back when its row is next read: only the source can tell that it is not
private for another reason.
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
from portal.services.sync.case_batch import forget_exact_places
from portal.services.sync.case_rows import ORIGINAL_COLUMNS, ORIGINAL_TEXTS, quad_of
from portal.services.sync.city_notes import NoteRules, republish_notes
from portal.services.sync.visibility_changes import add_visibility_changes
from portal.store import bulk, data_version, search_index
from portal.store.models import Service

BATCH = 5_000
_SERVICES = select(
    Service.service_id,
    Service.service_code,
    Service.name,
    Service.is_public,
    Service.place_precision,
    Service.is_shown,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def apply_rules(transaction: Callable[[], Any], city: Jurisdiction, now: int) -> int:
    """Make stored services and their cases follow the city's rules, one batch per transaction.

    Returns how many cases changed. `now` is in epoch seconds.
    """
    with transaction() as connection:
        services = connection.execute(_SERVICES.where(Service.jurisdiction_id == city.id)).all()
    changed = 0
    for service in services:
        rule = city.rule_for(service.service_code, service.name)
        if (int(rule.public), rule.place) != (service.is_public, service.place_precision):
            changed += _apply(transaction, city, service, rule, now)
    return changed


def _apply(
    transaction: Callable[[], Any],
    city: Jurisdiction,
    service: Row[Any],
    rule: ServiceRule,
    now: int,
) -> int:
    changed = 0
    while True:
        with transaction() as connection:
            rev = data_version.lock(connection, city.id, now) + 1
            values = {
                "city": city.id,
                "service": service.service_id,
                "place": rule.place,
                "public": int(rule.public),
            }
            rows = connection.execute(text(_BATCH), values).all()
            if not rows:
                # The service comes last: if the run is killed before, the next one goes on.
                _save_rule(connection, city.id, service, rule)
                is_seen = bool(service.is_shown)
                data_version.set_version(connection, city.id, rev, now, is_public=is_seen)
                return changed
            is_seen = _republish(connection, city.id, service.name, rule, rows, rev)
            _note_hidden(connection, city.id, rule, rows, (rev, now))
            data_version.set_version(connection, city.id, rev, now, is_public=is_seen)
        changed += len(rows)


def _save_rule(connection: Connection, city_id: str, service: Row[Any], rule: ServiceRule) -> None:
    key = Service.jurisdiction_id == city_id, Service.service_id == service.service_id
    values = {"is_public": int(rule.public), "place_precision": rule.place}
    connection.execute(update(Service).where(*key).values(**values))


def republish_case(connection: Connection, city: Jurisdiction, case: int, now: int) -> None:
    """Publish one case from its original, as the rules and the staff have it now."""
    rev = data_version.lock(connection, city.id, now) + 1
    row = connection.execute(text(_ONE), {"city": city.id, "case": case}).one()
    rule = city.rule_for(row.service_code, row.service_name)
    is_seen = _republish(connection, city.id, row.service_name, rule, [row], rev)
    _note_hidden(connection, city.id, rule, [row], (rev, now))
    data_version.set_version(connection, city.id, rev, now, is_public=is_seen)


def _note_hidden(
    connection: Connection, city_id: str, rule: ServiceRule, rows: Any, batch: tuple[int, int]
) -> None:
    """Store that cases of a type that is private now were public. `batch`: number and time."""
    if rule.public:
        return
    rev, now = batch
    hidden = [
        (row.id, "public", "service", row.source_updated_at)
        for row in rows
        if row.visibility == "public"
    ]
    add_visibility_changes(connection, city_id, rev, hidden, now)


def _republish(
    connection: Connection, city_id: str, service: str, rule: ServiceRule, rows: Any, rev: int
) -> bool:
    """Whether the public saw any of these cases; none becomes public here."""
    updates, originals, entries = [], [], []
    notes: dict[int, NoteRules] = {}
    hidden = hidden_texts.hidden_parts(connection, city_id, [row.id for row in rows])
    for row in rows:
        record = _original(row)
        published = _publish(row, record, rule, hidden.get(row.id, ()))
        notes[row.id] = NoteRules(rule.place, record.note, hidden.get(row.id, ()))
        visibility = "service" if row.visibility == "public" and not rule.public else row.visibility
        updates.append((*_columns(published), rule.place, visibility, rev, city_id, row.id))
        if has_hidden_parts(record, published):
            originals.append((city_id, row.id, *(getattr(record, name) for name in ORIGINAL_TEXTS)))
        entries.append(_entry(city_id, row, published, service, visibility == "public"))
    bulk.execute_many(connection, _UPDATE, updates)
    republish_notes(connection, city_id, notes)
    bulk.change_in(connection, _DELETE_ORIGINALS, [row.id for row in rows], city=city_id)
    bulk.insert_rows(connection, "case_originals", ORIGINAL_COLUMNS, originals)
    coarser = [row.id for row in rows if COARSER[rule.place] > COARSER[row.place_precision]]
    forget_exact_places(connection, city_id, coarser)
    _forget_areas(connection, city_id, rule, coarser)
    search_index.index_cases(connection, entries)
    return any(row.visibility == "public" for row in rows)


def _publish(
    row: Row[Any], record: CaseRecord, rule: ServiceRule, hidden: hidden_texts.Parts
) -> Published:
    is_outside = row.contradictions & CONTRADICTIONS["outside_city"]
    published = disclose(record, rule.place, place_is_credible=not is_outside)
    return hidden_texts.hide_parts(published, hidden)


def _entry(
    city_id: str, row: Row[Any], published: Published, service: str, is_public: bool
) -> search_index.Entry:
    parts = (
        published.title,
        service,
        published.address,
        published.note,
        published.closure_reason,
    )
    words = " ".join(part for part in parts if part)
    old_opened_at = row.opened_at if row.visibility == "public" else None
    return search_index.Entry(city_id, row.id, row.opened_at, words, is_public, old_opened_at)


def _columns(published: Published) -> tuple[Any, ...]:
    return (
        published.title,
        published.address,
        published.zipcode,
        published.lat,
        published.lon,
        quad_of(published.lat, published.lon),
        published.note,
        published.closure_reason,
        ",".join(published.hidden) or None,
    )


def _forget_areas(
    connection: Connection, city_id: str, rule: ServiceRule, cases: list[int]
) -> None:
    """Remove the areas that would tell more than the rule allows."""
    columns = {"area": _FINE_AREAS, "none": (*_FINE_AREAS, *_NEIGHBORHOODS)}.get(rule.place)
    if columns:
        nulls = ", ".join(f"{column} = null" for column in columns)
        statement = f"update cases set {nulls} where jurisdiction_id = :city and id in {{values}}"
        bulk.change_in(connection, statement, cases, city=city_id)


def _original(row: Row[Any]) -> CaseRecord:
    """The texts and the place as the city sent them."""
    texts = {
        name: getattr(row, name if row.original_id is None else f"original_{name}")
        for name in ORIGINAL_TEXTS
    }
    return CaseRecord(
        source_id="",
        case_id="",
        service_code="",
        service_name="",
        status="open",
        opened_at=_EPOCH,
        updated_at=_EPOCH,
        **texts,
    )


_FINE_AREAS = ("district_id", "city_district_id", "polygon_district_id", "tract_id", "ward_id")
_NEIGHBORHOODS = ("neighborhood_id", "city_neighborhood_id", "polygon_neighborhood_id")
_TEXTS = ", ".join(f"c.{name}, o.{name} as original_{name}" for name in ORIGINAL_TEXTS)
_CASE = f"""
c.id, c.opened_at, c.visibility, c.place_precision, c.contradictions, c.source_updated_at,
    o.id as original_id, {_TEXTS}
"""
_BATCH = f"""
select {_CASE}
from cases c left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.service_id = :service
    and (c.place_precision <> :place or (:public = 0 and c.visibility = 'public'))
limit {BATCH}
"""
_ONE = f"""
select {_CASE}, s.service_code, s.name as service_name
from cases c
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.id = :case
"""
_DELETE_ORIGINALS = "delete from case_originals where jurisdiction_id = :city and id in {values}"
_UPDATE = """
update cases set title = ?, address = ?, zipcode = ?, lat = ?, lon = ?, quad = ?, note = ?,
    closure_reason = ?, hidden = ?, place_precision = ?, visibility = ?, rev = ?
where jurisdiction_id = ? and id = ?
"""
