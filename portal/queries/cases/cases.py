"""Questions about single cases and lists of cases. Read from the public views; lists of odd filters are found in the facts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, bindparam, text

from portal.domain import tracking_number
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest
from portal.facts.reader import Facts
from portal.facts.where import WORD_FIELDS, conditions
from portal.queries.cases.matching import store_conditions
from portal.queries.cases.photos import CasePhoto, photos_of_case
from portal.store import search_index
from portal.store.search_index import WordMatches

MAX_CASES = 1_000
MAX_NUMBER = 64
MAX_SPELLINGS = 120
MAX_PARTS = 6
MAX_SPLIT = 8
PHOTO_NAME = 32
"""Digits of a photo's name (portal.photos.files)."""


@dataclass(frozen=True)
class CaseCard:
    """A case as a list shows it. Times are epoch seconds UTC; `status` is overdue by the city's clock where the city set a target."""

    case_id: str
    service_name: str
    service_slug: str
    status: str
    opened_at: int
    closed_at: int | None
    target_at: int | None
    address: str | None
    neighborhood: str | None
    lat: float | None
    lon: float | None
    title: str | None
    note: str | None
    has_photo: bool
    hidden: tuple[str, ...]
    photo: str | None = field(default=None, kw_only=True)
    """Name of the photo that stands for the case; None where there is none that we may show, though the city may hold one."""
    followers: int = field(default=0, kw_only=True)
    """How many people have confirmed that they want to be told of it, and have not stopped."""


@dataclass(frozen=True)
class CasePage:
    """Some cases, newest first. `next_after` asks for the ones that follow; None where these are the last."""

    cases: tuple[CaseCard, ...]
    next_after: str | None


@dataclass(frozen=True)
class CaseChange:
    """One published field that changed: from, to, and when the portal saw it (epoch s)."""

    field: str
    old_value: str | None
    new_value: str | None
    seen_at: int


@dataclass(frozen=True)
class CaseDetail(CaseCard):
    """A case as its own page shows it."""

    work_order_id: str | None
    city_status: str | None
    updated_at: int
    first_seen_at: int
    days_open: int | None
    close_provenance: str | None
    city_on_time: bool | None
    department: str | None
    queue: str | None
    channel: str | None
    district: str | None
    ward: str | None
    zipcode: str | None
    closure_reason: str | None
    place_precision: str
    contradictions: int
    changes: tuple[CaseChange, ...]
    photos: tuple[CasePhoto, ...] = field(default=(), kw_only=True)
    is_reported_here: bool = field(default=False, kw_only=True)
    sent_at: int | None = field(default=None, kw_only=True)
    """When the city's work-order system took a report that was made here; None as long as it has not."""


_CARD = (
    "c.id, c.case_id, s.name as service_name, s.slug as service_slug, c.status, c.opened_at, c.closed_at, c.target_at, c.address, "
    "n.name as neighborhood, c.lat, c.lon, c.title, c.note, c.has_photo, c.hidden, c.followers, "
    # The photo of before, if there is one: b comes after a. The greatest is found without sorting; of several it is always the same.
    "(select max(p.kind || p.name) from public_photos p where p.jurisdiction_id = c.jurisdiction_id and p.case_key = c.id) as photo"
)
_NAMES = (
    "left join public_services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id "
    "left join public_labels n on n.jurisdiction_id = c.jurisdiction_id and n.label_id = c.neighborhood_id"
)
_NEWEST_FIRST = "c.opened_at desc, c.id desc"


def newest_cases(
    connection: Connection,
    city_id: str,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int,
    limit: int = 50,
    after: str | None = None,
    facts: Facts | None = None,
    words: WordMatches | None = None,
) -> CasePage:
    """The filter's cases, newest first, `limit` of them after the place that an earlier page named.

    With `facts`, filters that no index of the store answers are found there, milliseconds instead of a walk through the store; what is
    shown is the store's all the same. With `words` (queries.words) a search agrees with the map to the case. Raises BadRequest for an
    `after` that no page gave. Source: the city's cases as published.
    """
    limit = max(1, min(limit, MAX_CASES))
    place = mark_of(after)
    if facts is not None and (words is not None or not _has_its_index(case_filter)):
        ids = _newest_in_facts(facts, case_filter, zone, now, limit + 1, place, words)
        # A case hidden since the facts were published is missing here: what is left to ask for is told by the ids.
        shown, has_more = _by_ids(connection, city_id, ids[:limit]), len(ids) > limit
    else:
        rows = _newest_in_store(connection, city_id, case_filter, zone, now, limit + 1, place)
        shown, has_more = rows[:limit], len(rows) > limit
    next_after = f"{shown[-1]['opened_at']}-{shown[-1]['id']}" if shown and has_more else None
    return CasePage(tuple(CaseCard(**_card(row, now)) for row in shown), next_after)


def case_by_id(
    connection: Connection, city_id: str, typed: str, now: int | None = None
) -> CaseDetail | None:
    """The public case with this number, however it was typed: spaces, dashes, # and capitals do not matter. None: no such public case.

    With `now` (epoch s) its status may be overdue; without, it is the city's.
    """
    found = _found(connection, city_id, typed)
    if found is None:
        return None
    key = found["id"]
    plain: dict[str, Any] = {name: found[name] for name in _DETAIL_COLUMNS}
    on_time = found["city_on_time"]
    return CaseDetail(
        **_card(found, now),
        **plain,
        city_on_time=None if on_time is None else bool(on_time),
        changes=_changes(connection, city_id, key),
        photos=photos_of_case(connection, city_id, key),
        is_reported_here=found["sent_at"] is not None,
        sent_at=found["sent_at"] or None,
    )


def cards_by_key(
    connection: Connection, city_id: str, ids: list[int], now: int
) -> dict[int, CaseCard]:
    """Cards of public cases by the store's own keys, as the facts hold them. A case that is no longer public has none."""
    return {row["id"]: CaseCard(**_card(row, now)) for row in _by_ids(connection, city_id, ids)}


_LABEL_KINDS = ("department", "queue", "channel", "district", "ward")
_DETAIL_COLUMNS = (
    "work_order_id", "city_status", "updated_at", "first_seen_at", "days_open", "close_provenance", "zipcode", "closure_reason",
    "place_precision", "contradictions", *_LABEL_KINDS,
)  # fmt: skip
# One question instead of two: on PostgreSQL the way there and back takes longer than the looking.
_DETAIL = (
    f"select {_CARD}, {', '.join(f'c.{name}' for name in _DETAIL_COLUMNS[: -len(_LABEL_KINDS)])}, c.city_on_time, "
    + ", ".join(
        f"(select l.name from public_labels l where l.jurisdiction_id = c.jurisdiction_id and l.label_id = c.{kind}_id) as {kind}"
        for kind in _LABEL_KINDS
    )
    # Null: not reported here; zero: reported here and not sent yet.
    + ", (select coalesce(r.sent_at, 0) from public_reports r where r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id) as sent_at"
    + f" from public_cases c {_NAMES} where c.jurisdiction_id = :city and "
)
_BY_NUMBER, _BY_KEY = text(f"{_DETAIL} c.case_id = :number"), text(f"{_DETAIL} c.id = :id")


def _has_its_index(case_filter: CaseFilter) -> bool:
    """Whether one index of the store leads to the filter's cases and to no others: days, and one service, one neighborhood or open."""
    asked = [name for name in ("status", "service", "neighborhood", "district", "department", "channel", "photo", "bbox", "q")
             if getattr(case_filter, name)]  # fmt: skip
    if asked == ["q"] or not asked:
        return True
    if len(asked) > 1:
        return False
    if asked == ["status"]:
        return "open" in case_filter.status and not {"closed", "overdue"} & set(case_filter.status)
    return asked[0] in ("service", "neighborhood") and len(getattr(case_filter, asked[0])) == 1


def _newest_in_facts(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int,
    limit: int,
    place: tuple[int, int] | None,
    words: WordMatches | None,
) -> list[int]:
    newest_first = f"order by opened_at desc, id desc limit {limit}"
    parts, values = [], []
    for one in _one_value_each(case_filter):
        sql, more = conditions(facts, one, zone, now=now, words=words)
        if place:
            sql += " and (opened_at < ? or (opened_at = ? and id < ?))"
            more += [place[0], place[0], place[1]]
        parts.append(f"(select id, opened_at from cases where {sql} {newest_first})")
        values += more
    rows = facts.rows(f"select id from ({' union all '.join(parts)}) {newest_first}", values)
    return [number for (number,) in rows]


def _one_value_each(case_filter: CaseFilter) -> list[CaseFilter]:
    """The same filter as a few with one value in place of several: the newest of each are found five times as fast as of all at once."""
    for name in WORD_FIELDS:
        if 2 <= len(slugs := getattr(case_filter, name)) <= MAX_SPLIT:
            return [replace(case_filter, **{name: (slug,)}) for slug in slugs]
    return [case_filter]


def _by_ids(connection: Connection, city_id: str, ids: list[int]) -> list[RowMapping]:
    query = text(
        f"select {_CARD} from public_cases c {_NAMES} where c.jurisdiction_id = :city and c.id in :ids"
    )
    rows = connection.execute(
        query.bindparams(bindparam("ids", expanding=True)), {"city": city_id, "ids": ids}
    ).mappings()
    return sorted(rows, key=lambda row: (row["opened_at"], row["id"]), reverse=True)


def _newest_in_store(
    connection: Connection,
    city_id: str,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int,
    limit: int,
    place: tuple[int, int] | None,
) -> Sequence[RowMapping]:
    where, values = store_conditions(connection, city_id, case_filter, zone, now)
    source, order = "public_cases c", _NEWEST_FIRST
    if case_filter.q:
        parameters = search_index.parameters(connection, city_id, case_filter.q)
        if parameters is None:
            return []
        engine = connection.dialect.name
        source, order = search_index.FROM[engine], search_index.newest_first(connection, parameters)
        where, values = f"{search_index.WHERE[engine]} and {where}", {**values, **parameters}
    if place:
        where += " and (c.opened_at, c.id) < (:before_opened_at, :before_id)"
        values |= {"before_opened_at": place[0], "before_id": place[1]}
    # The names are joined to the few cases that are shown: joined first, PostgreSQL sorts a whole city for fifty rows.
    few = f"select c.* from {source} where {where} order by {order} limit :limit"
    query = f"select {_CARD} from ({few}) c {_NAMES}"
    rows = connection.execute(
        search_index.statement(connection, query) if case_filter.q else text(query),
        {**values, "limit": limit},
    ).mappings()
    return sorted(rows, key=lambda row: (row["opened_at"], row["id"]), reverse=True)


def mark_of(after: str | None) -> tuple[int, int] | None:
    """The two numbers of the mark at the end of a page. Raises BadRequest for a mark that no page gave."""
    if not after:
        return None
    if not re.fullmatch(r"-?\d{1,12}-\d{1,15}", after, re.ASCII):
        raise BadRequest(
            "We do not understand after=“{mark}”. It is the mark at the end of an earlier page.",
            mark=after[:40],
        )
    opened_at, _, number = after.rpartition("-")
    return int(opened_at), int(number)


_PLAIN = (
    "opened_at",
    "closed_at",
    "target_at",
    "address",
    "neighborhood",
    "lat",
    "lon",
    "title",
    "note",
    "followers",
)


def _card(row: RowMapping, now: int | None) -> dict[str, Any]:
    overdue = (
        now is not None
        and row["status"] != "closed"
        and row["target_at"] is not None
        and row["target_at"] < now
    )
    return {
        "case_id": row["case_id"],
        "service_name": row["service_name"] or "",
        "service_slug": row["service_slug"] or "",
        "status": "overdue" if overdue else row["status"],
        **{name: row[name] for name in _PLAIN},
        "has_photo": bool(row["has_photo"]),
        "photo": row["photo"][-PHOTO_NAME:] if row["photo"] else None,
        "hidden": tuple(kind for kind in (row["hidden"] or "").split(",") if kind),
    }


def _found(connection: Connection, city_id: str, typed: str) -> RowMapping | None:
    """The case by exactly this number, as every link has it; else by another spelling."""
    exactly = (
        connection.execute(
            _BY_NUMBER, {"city": city_id, "number": typed.replace("\x00", "")[:MAX_NUMBER]}
        )
        .mappings()
        .all()
    )
    if exactly:
        return max(exactly, key=lambda row: row["id"])
    key = _key_of(connection, city_id, typed)
    return (
        None
        if key is None
        else connection.execute(_BY_KEY, {"city": city_id, "id": key}).mappings().one()
    )


def _key_of(connection: Connection, city_id: str, typed: str) -> int | None:
    spellings = _spellings(typed)
    for column in ("case_id", "work_order_id"):
        query = text(
            f"select id, {column} as number from public_cases where jurisdiction_id = :city and {column} in :spellings"
        )
        rows = connection.execute(
            query.bindparams(bindparam("spellings", expanding=True)),
            {"city": city_id, "spellings": spellings},
        ).all()
        if rows:
            # Several spellings may be different cases: the one nearest to what was typed, then the newest.
            return min(rows, key=lambda row: (spellings.index(row.number), -row.id)).id
    return None


def _spellings(typed: str) -> list[str]:
    """How the number may be written in the store, the likeliest first: as typed, then with and without a dash at each seam of its parts."""
    plain = typed.replace("\x00", "").strip().lstrip("#").strip()[:MAX_NUMBER]
    parts = re.findall(r"[^\W\d_]+|\d+", plain)
    found = [
        plain,
        plain.upper(),
        plain.lower(),
        *filter(None, [tracking_number.parse_tracking_number(plain)]),
    ]
    if len(parts) > MAX_PARTS:
        return list(dict.fromkeys(found))
    for split in filter(None, (parts, *_with_first_digits_apart(parts))):
        for seams in itertools.product(("", "-"), repeat=max(0, len(split) - 1)):
            joined = "".join(part + seam for part, seam in zip(split, (*seams, ""), strict=True))
            found += [joined.upper(), joined.lower(), joined]
    return list(dict.fromkeys(found))[:MAX_SPELLINGS]


def _with_first_digits_apart(parts: list[str]) -> list[list[str]]:
    """Some cities write 311-12345678 or 20-123456: a long run of digits may hide a dash after its second, third or fourth."""
    position = next((i for i, part in enumerate(parts) if part.isdigit() and len(part) >= 7), None)
    if position is None or len(parts) > 2:
        return []
    digits = parts[position]
    return [[*parts[:position], digits[:n], digits[n:], *parts[position + 1 :]] for n in (2, 3, 4)]


def _changes(connection: Connection, city_id: str, key: int) -> tuple[CaseChange, ...]:
    rows = connection.execute(
        text(
            "select field, old_value, new_value, seen_at from public_case_revisions "
            "where jurisdiction_id = :city and id = :id order by rev, field"
        ),
        {"city": city_id, "id": key},
    )
    return tuple(CaseChange(*row) for row in rows)
