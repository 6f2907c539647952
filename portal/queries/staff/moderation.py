"""What staff look at: cases on hold, the newest reports, and one case with all we know of it.

For the core engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from portal.errors import NotFound
from portal.queries.staff.audit import AuditEntry, lines_of_case
from portal.queries.staff.hidden_texts import CITY_NOTES, FIELDS

MOST = 50


@dataclass(frozen=True)
class StaffCard:
    """A case in a list for staff. `note` is as it was sent; times are in epoch seconds.

    `doubts` are words of portal.domain.report.Doubt, if the report was put on hold when it came.
    `held_because` is the reason that staff gave, if they put it on hold later.
    """

    case_id: str
    service_name: str
    visibility: str
    status: str
    opened_at: int
    address: str | None
    note: str | None
    photo: str | None
    doubts: tuple[str, ...]
    held_because: str | None


@dataclass(frozen=True)
class StaffText:
    """One text of a case: as it was sent, and as the public sees it.

    `is_hidden`: staff have hidden some of it.
    """

    field: str
    original: str | None
    published: str | None
    is_hidden: bool


@dataclass(frozen=True)
class StaffPhoto:
    """A photo of a case; `state` is ready or hidden."""

    name: str
    state: str
    width: int
    height: int


@dataclass(frozen=True)
class StaffCase:
    """A case with what the public does not see of it.

    `source` is "portal" if a resident reported it here. Times are in epoch seconds.
    """

    card: StaffCard
    source: str
    department: str | None
    queue: str | None
    work_order_id: str | None
    sent_at: int | None
    withdrawn_at: int | None
    verdict: str | None
    texts: tuple[StaffText, ...]
    photos: tuple[StaffPhoto, ...]
    notes: tuple[str, ...]
    audit: tuple[AuditEntry, ...]


def held_cases(connection: Connection, city_id: str) -> tuple[StaffCard, ...]:
    """Cases on hold, which the public does not see until staff release them.

    At most 50, those that have waited longest first.
    """
    return _cards(
        connection, city_id, "c.visibility in ('held', 'held_private')", "c.opened_at, c.id"
    )


def newest_reports(connection: Connection, city_id: str) -> tuple[StaffCard, ...]:
    """The newest public reports of residents; at most 50."""
    return _cards(
        connection,
        city_id,
        "c.source = 'portal' and c.visibility = 'public'",
        "c.opened_at desc, c.id desc",
    )


def case_for_staff(connection: Connection, city_id: str, case_id: str) -> StaffCase:
    """One case, public or not. Raises NotFound."""
    found = connection.execute(text(_CASE), {"city": city_id, "case": case_id[:64]})
    row = found.mappings().first()
    if row is None:
        raise NotFound("There is no such case.")
    values = {"city": city_id, "key": row["key"]}
    hidden = set(connection.execute(text(_HIDDEN), values).scalars())
    return StaffCase(
        card=_card(row),
        source=row["source"],
        department=row["department"],
        queue=row["queue"],
        work_order_id=row["work_order_id"],
        sent_at=row["sent_at"],
        withdrawn_at=row["withdrawn_at"],
        verdict=row["verdict"],
        texts=_texts(connection, city_id, row, hidden),
        photos=tuple(StaffPhoto(*photo) for photo in connection.execute(text(_PHOTOS), values)),
        notes=tuple(connection.execute(text(_NOTES), values).scalars()),
        audit=lines_of_case(connection, city_id, row["key"]),
    )


def is_photo_of_case(connection: Connection, city_id: str, name: str) -> bool:
    """Whether this is a photo of one of the city's cases, shown or hidden."""
    found = connection.execute(text(_PHOTO), {"city": city_id, "name": name})
    return found.first() is not None


def join_city_notes(
    connection: Connection, city_id: str, case: int, is_hidden: bool = False
) -> StaffText:
    """What the city wrote to the public on the way: all notes of a case, as one text."""
    rows = connection.execute(text(_CITY_NOTES), {"city": city_id, "key": case}).all()
    original = "\n\n".join(said for said, _ in rows)
    published = "\n\n".join(shown for _, shown in rows if shown)
    return StaffText(CITY_NOTES, original or None, published or None, is_hidden)


def _texts(
    connection: Connection, city_id: str, row: Any, hidden: set[str]
) -> tuple[StaffText, ...]:
    texts = [_text(row, field, field in hidden) for field in FIELDS]
    texts.append(join_city_notes(connection, city_id, row["key"], CITY_NOTES in hidden))
    return tuple(said for said in texts if said.original or said.published)


def _text(row: Any, field: str, is_hidden: bool) -> StaffText:
    original = row[f"original_{field}"] if row["has_original"] else row[field]
    return StaffText(field, original, row[field], is_hidden)


def _cards(connection: Connection, city_id: str, where: str, order: str) -> tuple[StaffCard, ...]:
    rows = connection.execute(
        text(f"{_CARDS} where c.jurisdiction_id = :city and {where} order by {order} limit {MOST}"),
        {"city": city_id},
    )
    return tuple(_card(row) for row in rows.mappings())


def _card(row: Any) -> StaffCard:
    values = {name: row[name] for name in StaffCard.__dataclass_fields__ if name != "doubts"}
    return StaffCard(**values, doubts=tuple((row["doubts"] or "").split()))


_NAMED = (
    "join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id "
    "left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id "
    "left join reports r on r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id"
)
_CARD = (
    "c.case_id, s.name as service_name, c.visibility, c.status, c.opened_at, r.doubts,"
    " (select max(p.name) from photos p where p.jurisdiction_id = c.jurisdiction_id"
    " and p.case_key = c.id and p.state in ('ready', 'hidden')) as photo,"
    " (select a.reason from audit_lines a where a.jurisdiction_id = c.jurisdiction_id"
    " and a.case_key = c.id and a.action = 'hold'"
    " order by a.number desc limit 1) as held_because"
)
_CARDS = (
    f"select {_CARD}, coalesce(o.address, c.address) as address, coalesce(o.note, c.note) as note"
    f" from cases c {_NAMED}"
)
_CASE = f"""
select c.id as key, {_CARD}, c.address, c.note,
    c.title, c.closure_reason, o.id is not null as has_original,
    {", ".join(f"o.{field} as original_{field}" for field in FIELDS)},
    c.source, d.name as department, q.name as queue, c.work_order_id, r.sent_at, r.withdrawn_at,
    r.verdict
from cases c {_NAMED}
left join labels d on d.jurisdiction_id = c.jurisdiction_id and d.label_id = c.department_id
left join labels q on q.jurisdiction_id = c.jurisdiction_id and q.label_id = c.queue_id
where c.jurisdiction_id = :city and c.case_id = :case order by c.id desc limit 1
"""
_CITY_NOTES = (
    "select coalesce(original, words), words from case_notes"
    " where jurisdiction_id = :city and case_key = :key order by number"
)
_HIDDEN = (
    "select distinct field from hidden_texts where jurisdiction_id = :city and case_key = :key"
)
_PHOTOS = """
select name, state, coalesce(width, 1), coalesce(height, 1) from photos
where jurisdiction_id = :city and case_key = :key and state in ('ready', 'hidden')
order by taken_at, name
"""
_PHOTO = (
    "select 1 from photos where jurisdiction_id = :city and name = :name"
    " and case_key is not null and state in ('ready', 'hidden')"
)
_NOTES = (
    "select note from report_notes"
    " where jurisdiction_id = :city and case_key = :key and note <> '' order by number"
)
