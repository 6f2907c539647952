"""Public cases as Open311's service requests: a page of them, one, and how many there are.

    page = find_requests(portal, city, query)
    page.rows[0]["case_id"], page.total
    describe_requests(connection, city.id, page.rows, photo_address, is_extended=True)

Everything is read from the public views. Which cases are on a page, and how many match, is found
in the facts where these are as new as the store, and otherwise in the store itself: a case that
was hidden a second ago is on no page and in no count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, bindparam, text

from portal.domain.case import DAY_ONLY
from portal.domain.filters import CaseFilter
from portal.errors import BadCall, CallNotFound, NotReady, TakesTooLong
from portal.facts.reader import Facts
from portal.filter_sql import SEARCH_KEY, FactsSql, Selection
from portal.open311.values import format_time
from portal.queries.cases.case_numbers import case_key, exact_number
from portal.queries.cases.text_search import MAX_MATCHES, cases_with_words
from portal.queries.data.requests_query import FACTS, STORE, RequestsQuery
from portal.store.search_index import ID_BITS, ID_MASK, WordMatches

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

TIMES = {
    "opened_at": "requested_datetime",
    "target_at": "expected_datetime",
    "closed_at": "closed_datetime",
}
NOTE_SUMMARIES = {"note": "Note", "reopened": "Reopened"}
Tree = dict[str, Any]
PhotoAddress = Callable[[str], str]


@dataclass(frozen=True)
class RequestsPage:
    """The rows of a page, in their order, and how many cases match on all pages.

    `total` is None in a walk by `after_id`, which needs no count, and where counting takes too long
    while the facts are older than the store.
    """

    rows: Sequence[RowMapping]
    total: int | None = None


def find_requests(portal: Portal, city: Jurisdiction, query: RequestsQuery) -> RequestsPage:
    """A page of public cases, newest first; by last change, oldest first, in a walk by change.

    Numbers that no public case has are left out. Raises CallNotFound for a service that does not
    exist, and BadCall for words that too many cases have.
    """
    if query.codes:
        query = replace(query, service_ids=portal.cached(_service_ids, city.id, query.codes))
    if query.ids:
        with portal.public_connection() as connection:
            return _requests_by_number(connection, city.id, query)
    words = portal.cached(_matches, city.id, _word_filter(city, query)) if query.q else None
    asked = _Asked(portal, city.id, query, words)
    page = asked.find_in_facts()
    return asked.find_in_store() if page is None else page


def find_request(connection: Connection, city_id: str, typed: str) -> RowMapping:
    """The public case with this number, however it was typed. Raises CallNotFound."""
    key = case_key(connection, city_id, typed)
    rows = [] if key is None else _rows_by_keys(connection, city_id, [key])
    if not rows:
        raise CallNotFound("There is no public case with this number.")
    return rows[0]


def find_keys(connection: Connection, city_id: str, numbers: Sequence[str]) -> list[int]:
    """The store's keys of the public cases with these numbers or work orders, newest first."""
    values = {"city": city_id, "numbers": [exact_number(number) for number in numbers]}
    return sorted(set(connection.execute(_BY_NUMBERS, values).scalars()), reverse=True)


def describe_requests(
    connection: Connection,
    city_id: str,
    rows: Sequence[RowMapping],
    photo_address: PhotoAddress,
    *,
    is_extended: bool,
) -> list[Tree]:
    """Rows as service requests; `is_extended` adds what GeoReport has no field for."""
    keys = [row["id"] for row in rows]
    photos = _photos_of(connection, city_id, keys)
    addresses = {key: photo_address(name) for key, name in photos.items()}
    trees = [_describe(row, addresses.get((row["id"], "before"), "")) for row in rows]
    if is_extended:
        notes = _notes_of(connection, city_id, keys)
        parents = _parents_of(connection, city_id, keys)
        for tree, row in zip(trees, rows, strict=True):
            key = row["id"]
            shown = addresses.get((key, "after"), "")
            tree["extended_attributes"] = _extended(row, shown, parents.get(key, ""))
            tree["notes"] = [*notes.get(key, []), *_closing_note(row)]
    return trees


def _describe(row: RowMapping, photo: str) -> Tree:
    return {
        "service_request_id": row["case_id"],
        "status": "closed" if row["status"] == "closed" else "open",
        "status_notes": (row["closure_reason"] or "") if row["status"] == "closed" else "",
        "service_name": row["service_name"] or "",
        "service_code": row["service_code"] or "",
        "description": row["note"] or "",
        "agency_responsible": row["department"] or "",
        "service_notice": "",
        "requested_datetime": format_time(row["opened_at"]),
        "updated_datetime": format_time(max(row["updated_at"], row["opened_at"])),
        "expected_datetime": format_time(row["target_at"]),
        "address": row["address"] or "",
        "address_id": "",
        "zipcode": row["zipcode"] or "",
        "lat": row["lat"],
        "long": row["lon"],
        "media_url": photo,
    }


def _extended(row: RowMapping, work_photo: str, parent: str) -> Tree:
    days = (name for column, name in TIMES.items() if (row["day_only"] or 0) & DAY_ONLY[column])
    return {
        "detailed_status": row["status"],
        "city_status": row["city_status"] or "",
        "title": row["title"] or "",
        "closed_datetime": format_time(row["closed_at"]),
        "closed_datetime_source": row["close_provenance"] or "",
        "department": row["department"] or "",
        "queue": row["queue"] or "",
        "channel": row["channel"] or "",
        "neighborhood": row["neighborhood"] or "",
        "district": row["district"] or "",
        "closure_reason": row["closure_reason"] or "",
        "closed_media_url": work_photo,
        "parent_service_request_id": parent,
        "work_order_id": row["work_order_id"] or "",
        "place_precision": row["place_precision"],
        "days_without_time": ",".join(days),
    }


def _closing_note(row: RowMapping) -> list[Tree]:
    """What the city wrote when it closed the case; last, as the sync of others expects it."""
    if row["status"] != "closed" or not row["closure_reason"]:
        return []
    return [_note(row["closed_at"] or row["updated_at"], "Closed", row["closure_reason"], "closed")]


def _note(at: int, summary: str, words: str, kind: str) -> Tree:
    return {"datetime": format_time(at), "summary": summary, "description": words, "type": kind}


def _has_facts(portal: Portal, city_id: str) -> bool:
    try:
        return portal.facts(city_id) is not None
    except NotReady:
        return False


def _fresh_facts(portal: Portal, city_id: str) -> Facts | None:
    """The facts, if nothing public has changed in the store since."""
    try:
        facts = portal.facts(city_id)
    except NotReady:
        return None
    return facts if facts.rev == portal.data_version(city_id) else None


@dataclass(frozen=True)
class _Asked:
    """A question of a city's cases, with the cases that have its words."""

    portal: Portal
    city_id: str
    query: RequestsQuery
    words: WordMatches | None

    def find_in_facts(self) -> RequestsPage | None:
        """None if the facts are older than the store, or a case was hidden this very moment."""
        facts = _fresh_facts(self.portal, self.city_id)
        if facts is None:
            return None
        where = self.query.where(FACTS)
        total = self._count(self.portal.read, _count_in_facts, where)
        with self.portal.public_connection() as connection:
            where += _past_mark(connection, self.city_id, self.query, "")
            having, values = _with_words(self.words)
            few = f"select id from cases where {where}{having} {_page_sql(self.query, '')}"
            keys = [key for (key,) in facts.rows(few, values)]
            rows = _rows_by_keys(connection, self.city_id, keys)
        return RequestsPage(rows, total) if len(rows) == len(keys) else None

    def find_in_store(self) -> RequestsPage:
        where = f"c.jurisdiction_id = :city and {self.query.where(STORE)}"
        if self.words is not None:
            keys = ", ".join(map(str, self.words.keys)) or "-1"
            key = f"(c.opened_at * {1 << ID_BITS} + (c.id & {ID_MASK}))"
            where += f" and {key} in ({keys})"
        total = None if self._is_walk_beside_facts() else self._count_in_store(where)
        with self.portal.public_connection() as connection:
            where += _past_mark(connection, self.city_id, self.query, "c.")
            page = _page_sql(self.query, "c.")
            few = text(f"select c.id from public_cases c where {where} {page}")
            keys = list(connection.execute(few, {"city": self.city_id}).scalars())
            return RequestsPage(_rows_by_keys(connection, self.city_id, keys), total)

    def _is_walk_beside_facts(self) -> bool:
        """Whether counting would read all cases, which the facts do again in a moment."""
        return self.query.is_by_change and _has_facts(self.portal, self.city_id)

    def _count_in_store(self, where: str) -> int | None:
        try:
            return self._count(self.portal.cached, _count_in_store, where)
        except TakesTooLong:  # the page itself has an index
            return None

    def _count(self, read: Callable[..., int], count: Callable[..., int], where: str) -> int | None:
        """Counting all pages takes longer than one page; a walk by key needs no count."""
        return None if self.query.after_id else read(count, self.city_id, where, self.words)


def _count_in_facts(facts: Facts, where: str, words: WordMatches | None) -> int:
    having, values = _with_words(words)
    return facts.rows(f"select count(*) from cases where {where}{having}", values)[0][0]


def _with_words(words: WordMatches | None) -> FactsSql:
    if words is None:
        return "", []
    return f" and {SEARCH_KEY} in (select unnest(?::bigint[]))", [list(words.keys)]


def _count_in_store(
    connection: Connection, city_id: str, where: str, words: WordMatches | None
) -> int:
    query = text(f"select count(c.id) from public_cases c where {where}")
    return connection.execute(query, {"city": city_id}).scalar_one()


def _page_sql(query: RequestsQuery, prefix: str) -> str:
    order = (
        f"order by {prefix}updated_at, {prefix}id"
        if query.is_by_change
        else f"order by {prefix}opened_at desc, {prefix}id desc"
    )
    skipped = 0 if query.after_id else query.offset
    return f"{order} limit {query.page_size} offset {skipped}"


def _past_mark(connection: Connection, city_id: str, query: RequestsQuery, prefix: str) -> str:
    """SQL for what comes after the case that an earlier page ended with.

    A case that has changed since comes later again, and one that is gone has no place: then the
    cases of its second come once more, rather than that any is left out.
    """
    if not query.after_id:
        return ""
    values = {"city": city_id, "number": exact_number(query.after_id)}
    rows = connection.execute(_MARK, values).all()
    row = max(rows, key=lambda row: row.id, default=None)
    if row is None or max(row.updated_at, row.opened_at) != query.updated_from:
        return ""
    return f" and ({prefix}updated_at, {prefix}id) > ({row.updated_at}, {row.id})"


def _word_filter(city: Jurisdiction, query: RequestsQuery) -> Selection:
    """The words, in the days that are asked for."""
    days = [datetime.fromtimestamp(at, city.zone).date() for at in query.opened or ()]
    start, end = days or (None, None)
    return Selection(CaseFilter(q=query.q, start=start, end=end), city.zone)


def _matches(connection: Connection, city_id: str, asked: Selection) -> WordMatches:
    found = cases_with_words(connection, city_id, asked)
    if not found.is_all:
        raise BadCall(
            "More than {most:,} cases have these words; ask for fewer days or rarer words.",
            most=MAX_MATCHES,
        )
    return found


def _service_ids(connection: Connection, city_id: str, codes: tuple[str, ...]) -> tuple[int, ...]:
    """The ids of services; a service without any public case has none. Raises CallNotFound."""
    values = {"city": city_id, "codes": [code.replace("\x00", "") for code in codes]}
    known = {
        row.service_code: row.service_id for row in connection.execute(_SERVICES, values).all()
    }
    for code in codes:
        if code not in known:
            raise CallNotFound(
                "There is no service {code!r}. GET services lists them.", code=code[:60]
            )
    return tuple(number for number in known.values() if number is not None)


def _requests_by_number(connection: Connection, city_id: str, query: RequestsQuery) -> RequestsPage:
    keys = find_keys(connection, city_id, query.ids)
    shown = keys[query.offset : query.offset + query.page_size]
    return RequestsPage(_rows_by_keys(connection, city_id, shown), len(keys))


def _rows_by_keys(connection: Connection, city_id: str, keys: list[int]) -> list[RowMapping]:
    """The rows of the cases that are public, in the order of the keys."""
    if not keys:
        return []
    rows = connection.execute(_ROWS, {"city": city_id, "keys": keys}).mappings()
    by_key = {row["id"]: row for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def _photos_of(connection: Connection, city_id: str, keys: list[int]) -> dict[tuple[int, str], str]:
    """The name of the first photo of each case and kind."""
    names: dict[tuple[int, str], str] = {}
    for row in connection.execute(_PHOTOS, {"city": city_id, "keys": keys}):
        names.setdefault((row.case_key, row.kind), row.name)
    return names


def _notes_of(connection: Connection, city_id: str, keys: list[int]) -> dict[int, list[Tree]]:
    """What the city wrote on the way, oldest first, by case."""
    notes: dict[int, list[Tree]] = {}
    for row in connection.execute(_NOTES, {"city": city_id, "keys": keys}):
        summary = NOTE_SUMMARIES.get(row.kind, "Note")
        notes.setdefault(row.case_key, []).append(_note(row.said_at, summary, row.words, row.kind))
    return notes


def _parents_of(connection: Connection, city_id: str, keys: list[int]) -> dict[int, str]:
    """The number of the case that a case repeats, by case."""
    found = connection.execute(_PARENTS, {"city": city_id, "keys": keys}).all()
    parents = {"city": city_id, "keys": [row.parent_id for row in found]}
    numbers = dict(map(tuple, connection.execute(_NUMBERS, parents))) if found else {}
    found = sorted(found, key=lambda row: row.parent_id)
    return {row.id: numbers[row.parent_id] for row in found if row.parent_id in numbers}


_KEYS = bindparam("keys", expanding=True)


def _label(kind: str) -> str:
    of_case = f"l.jurisdiction_id = c.jurisdiction_id and l.label_id = c.{kind}_id"
    return f"(select l.name from public_labels l where {of_case}) as {kind}"


_LABELS = ", ".join(map(_label, ("department", "queue", "channel", "neighborhood", "district")))
_ROWS = text(
    "select c.id, c.case_id, c.work_order_id, c.status, c.city_status, c.opened_at, c.closed_at,"
    " c.target_at, c.updated_at, c.close_provenance, c.day_only, c.title, c.address, c.zipcode,"
    " c.lat, c.lon, c.place_precision, c.note, c.closure_reason, s.service_code,"
    f" s.name as service_name, {_LABELS} from public_cases c left join public_services s"
    " on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id"
    " where c.jurisdiction_id = :city and c.id in :keys"
).bindparams(_KEYS)
_MARK = text(
    "select id, updated_at, opened_at from public_cases"
    # Asked for the newest alone, SQLite walks through the city from its end.
    " where jurisdiction_id = :city and case_id = :number"
)
_BY_NUMBERS = text(
    "select id from public_cases where jurisdiction_id = :city and case_id in :numbers"
    # Without "all", SQLite walks through the city in the order of its keys.
    " union all select id from public_cases"
    " where jurisdiction_id = :city and work_order_id in :numbers"
).bindparams(bindparam("numbers", expanding=True))
_SERVICES = text(
    "select service_code, service_id from public_services"
    " where jurisdiction_id = :city and service_code in :codes"
    " union all select d.service_code, null from public_service_definitions d"
    " where d.jurisdiction_id = :city and d.service_code in :codes and not exists"
    " (select 1 from public_services s where s.jurisdiction_id = d.jurisdiction_id"
    " and s.service_code = d.service_code)"
).bindparams(bindparam("codes", expanding=True))
_PHOTOS = text(
    "select case_key, kind, name from public_photos"
    " where jurisdiction_id = :city and case_key in :keys order by taken_at, name"
).bindparams(_KEYS)
_NOTES = text(
    "select case_key, kind, words, said_at from public_case_notes"
    " where jurisdiction_id = :city and case_key in :keys order by case_key, number"
).bindparams(_KEYS)
_PARENTS = text(
    # Unsorted: sorted, SQLite walks through the whole city.
    "select id, parent_id from public_case_parents where jurisdiction_id = :city and id in :keys"
).bindparams(_KEYS)
_NUMBERS = text(
    "select id, case_id from public_cases where jurisdiction_id = :city and id in :keys"
).bindparams(_KEYS)
