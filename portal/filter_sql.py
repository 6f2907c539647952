"""A filter as SQL, field by field: over the store's public views and, beside it, over the facts.

    status=open&service=pothole     for one city

    store   c.jurisdiction_id = :city and c.service_id in (7) and c.is_open = 1 and (c.status in …)
    facts   service = ? and status = 0

Both find the same cases. The same fields as words: layouts/cases/sentence.py; as a URL:
portal/domain/filters.py. To add a field, add it there, here in `FIELDS`, and in the sentence; a
test fails until all have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, text

from portal.domain import morton
from portal.domain.city_days import start_of_day
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest
from portal.store import search_index
from portal.store.search_index import WordMatches

StoreSql = tuple[str, dict[str, Any]]
"""SQL with named parameters."""
FactsSql = tuple[str, list[Any]]
"""SQL with parameters in order."""

SEARCH_KEY = f"opened_at * {1 << search_index.ID_BITS} + (id & {search_index.ID_MASK})"
"""A case's key in the store's search index (portal.store.search_index), as SQL over the facts."""


@dataclass(frozen=True)
class Selection:
    """The cases that a visitor asks for: a filter, with all that either store needs to apply it.

    `now` (epoch s) decides what is overdue; None: the time of the newest data. `words` are the
    cases with the filter's words, which the facts need; see portal.queries.cases.text_search.
    `known_at` (epoch s): as they were known at that moment, which only facts of it can answer
    (portal.facts.reader_at); None: as they are.
    """

    case_filter: CaseFilter
    zone: ZoneInfo
    now: int | None = None
    words: WordMatches | None = None
    known_at: int | None = None

    @property
    def opened_from(self) -> int | None:
        """When the filter's first day begins in the city (epoch s); None: no first day."""
        start = self.case_filter.start
        return start_of_day(start, self.zone) if start else None

    @property
    def opened_before(self) -> int | None:
        """When the day after the filter's last one begins (epoch s); None: no last day."""
        end = self.case_filter.end
        return start_of_day(end + timedelta(days=1), self.zone) if end else None


class FactsNames(Protocol):
    """What a filter needs to know of a facts file (portal.facts.reader.Facts)."""

    as_of: int

    def ids_of(self, kind: str, slugs: Iterable[str]) -> list[int]: ...


@dataclass(frozen=True)
class StoreQuestion:
    """A selection asked of a city's cases in the store.

    `search`: the parameters of search_index.parameters, where the filter has words.
    """

    connection: Connection
    city_id: str
    selection: Selection
    search: dict[str, str] | None = None

    @property
    def case_filter(self) -> CaseFilter:
        return self.selection.case_filter

    def ids_of(self, field: str) -> list[int]:
        """The store's ids of the field's slugs; a slug that no case has gives none."""
        slugs = list(getattr(self.case_filter, field))
        query = _SERVICE_IDS if field == "service" else _LABEL_IDS
        values = {"city": self.city_id, "kind": field, "slugs": slugs}
        return list(self.connection.execute(query, values).scalars())


@dataclass(frozen=True)
class FactsQuestion:
    """A selection asked of a city's facts."""

    facts: FactsNames
    selection: Selection

    @property
    def case_filter(self) -> CaseFilter:
        return self.selection.case_filter

    @property
    def now(self) -> int:
        return self.facts.as_of if self.selection.now is None else self.selection.now

    def ids_of(self, field: str) -> list[int]:
        """The facts' ids of the field's slugs; a slug that no case has gives none."""
        return self.facts.ids_of(field, getattr(self.case_filter, field))


def store_where(question: StoreQuestion) -> StoreSql:
    """SQL that only the selection's cases of the city pass; `c` is the case.

    A filter with words needs `search_index.FROM` to read from, and `question.search`.
    """
    parts, values = ["c.jurisdiction_id = :city"], {"city": question.city_id}
    for name, field in FIELDS.items():
        if getattr(question.case_filter, name):
            part, more = field.store(question)
            parts.append(part)
            values |= more
    return " and ".join(parts), values


def facts_where(facts: FactsNames, selection: Selection) -> FactsSql:
    """SQL over the facts' `cases` that only the selection's cases pass; `true` for no filter.

    Raises BadRequest where the filter has words and the selection has not looked them up: the
    facts have no search index.
    """
    question = FactsQuestion(facts, selection)
    parts, values = [], []
    for name, field in FIELDS.items():
        if getattr(selection.case_filter, name):
            part, more = field.facts(question)
            parts.append(part)
            values += more
    return " and ".join(parts) or "true", values


def _ids_in_store(field: str) -> Callable[[StoreQuestion], StoreSql]:
    """The ids stand in the SQL, being our own numbers: the planner then knows how many."""

    def condition(asked: StoreQuestion) -> StoreSql:
        ids = ", ".join(str(int(number)) for number in asked.ids_of(field))
        return f"c.{field}_id in ({ids})" if ids else "1 = 0", {}

    return condition


def _ids_in_facts(field: str) -> Callable[[FactsQuestion], FactsSql]:
    def condition(asked: FactsQuestion) -> FactsSql:
        ids = asked.ids_of(field)
        if not ids:
            return "false", []
        marks = ", ".join("?" * len(ids))
        return f"{field} = ?" if len(ids) == 1 else f"{field} in ({marks})", ids

    return condition


def _status_in_store(asked: StoreQuestion) -> StoreSql:
    statuses = asked.case_filter.status
    stored = [f"'{status}'" for status in statuses if status != "overdue"]
    parts = [f"c.status in ({', '.join(stored)})"] if stored else []
    values = {}
    if "overdue" in statuses:
        parts.append("(c.is_open = 1 and c.target_at < :now)")
        values["now"] = asked.selection.now
    # This repeats the above, so that the index of open cases serves where nothing else is asked.
    open_alone = "c.is_open = 1 and " if "closed" not in statuses else ""
    return f"{open_alone}({' or '.join(parts)})", values


def _status_in_facts(asked: FactsQuestion) -> FactsSql:
    statuses = asked.case_filter.status
    stored = tuple(sorted(status for status in statuses if status != "overdue"))
    parts = [_STATUSES_IN_FACTS[stored]] if stored else []
    if "overdue" in statuses:
        return f"({' or '.join([*parts, '(status < 2 and target_at < ?)'])})", [asked.now]
    return parts[0], []


# With a single comparison, a condition is checked while DuckDB reads the file; `in` and `or` only
# afterwards, row by row. The numbers are portal.facts.schema.STATUS_CODES.
_STATUSES_IN_FACTS = {
    ("open",): "status = 0",
    ("in_progress",): "status = 1",
    ("closed",): "status = 2",
    ("in_progress", "open"): "status < 2",
    ("closed", "in_progress"): "status > 0",
    ("closed", "open"): "status <> 1",
    ("closed", "in_progress", "open"): "true",
}


def _box_in_store(asked: StoreQuestion) -> StoreSql:
    inside = "c.lat between :south and :north and c.lon between :west and :east"
    return inside, dict(vars(asked.case_filter.bbox))


def _box_in_facts(asked: FactsQuestion) -> FactsSql:
    box = asked.case_filter.bbox
    assert box is not None
    # The facts are sorted by `quad`: its range tells DuckDB which parts of the file to read.
    (quads,) = morton.cover(box.south, box.west, box.north, box.east, max_ranges=1)
    inside = "quad >= ? and quad < ? and lat between ? and ? and lon between ? and ?"
    return inside, [*quads, box.south, box.north, box.west, box.east]


def _words_in_store(asked: StoreQuestion) -> StoreSql:
    assert asked.search is not None
    return search_index.WHERE[asked.connection.dialect.name], dict(asked.search)


def _words_in_facts(asked: FactsQuestion) -> FactsSql:
    words = asked.selection.words
    if words is None:
        raise BadRequest("Words cannot be searched here; leave out “q” or ask the list of cases.")
    if not words.keys:
        return "false", []
    # The range of days spares reading the parts of the file with older and newer cases.
    newest, oldest = words.keys[0] >> search_index.ID_BITS, words.keys[-1] >> search_index.ID_BITS
    with_words = f"opened_at between ? and ? and {SEARCH_KEY} in (select unnest(?::bigint[]))"
    return with_words, [oldest, newest, list(words.keys)]


@dataclass(frozen=True)
class FieldSql:
    """A field of the filter that has a value, as a condition in each of the two stores."""

    store: Callable[[StoreQuestion], StoreSql]
    facts: Callable[[FactsQuestion], FactsSql]


SLUG_FIELDS = ("service", "neighborhood", "district", "department", "channel")
"""Fields whose values are slugs of the city's own words."""

FIELDS: dict[str, FieldSql] = {
    **{name: FieldSql(_ids_in_store(name), _ids_in_facts(name)) for name in SLUG_FIELDS},
    "status": FieldSql(store=_status_in_store, facts=_status_in_facts),
    "photo": FieldSql(
        store=lambda asked: (f"c.has_photo = {int(asked.case_filter.photo == 'yes')}", {}),
        facts=lambda asked: ("has_photo = ?", [int(asked.case_filter.photo == "yes")]),
    ),
    "start": FieldSql(
        store=lambda asked: (
            "c.opened_at >= :opened_from",
            {"opened_from": asked.selection.opened_from},
        ),
        facts=lambda asked: ("opened_at >= ?", [asked.selection.opened_from]),
    ),
    "end": FieldSql(
        store=lambda asked: (
            "c.opened_at < :opened_before",
            {"opened_before": asked.selection.opened_before},
        ),
        facts=lambda asked: ("opened_at < ?", [asked.selection.opened_before]),
    ),
    "bbox": FieldSql(store=_box_in_store, facts=_box_in_facts),
    "q": FieldSql(store=_words_in_store, facts=_words_in_facts),
}
"""Every field of CaseFilter. Its conditions stand in this order."""

_SERVICE_IDS = text(
    "select service_id from public_services where jurisdiction_id = :city and slug in :slugs"
).bindparams(bindparam("slugs", expanding=True))
_LABEL_IDS = text(
    "select label_id from public_labels where jurisdiction_id = :city and kind = :kind"
    " and slug in :slugs"
).bindparams(bindparam("slugs", expanding=True))
