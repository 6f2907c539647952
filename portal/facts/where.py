"""A filter as SQL over the facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest
from portal.facts.schema import COUNT_SUMS, COUNTED, SQUARE_OF_CASE, STATUS_CODES, as_counted
from portal.store import search_index

if TYPE_CHECKING:
    from portal.facts.reader import Facts
    from portal.store.search_index import WordMatches

SEARCH_KEY = f"opened_at * {1 << search_index.ID_BITS} + (id & {search_index.ID_MASK})"
"""A case's key in the store's search index (portal.store.search_index)."""
WORD_FIELDS = ("service", "neighborhood", "district", "department", "channel")


def conditions(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    *,
    now: int | None = None,
    words: WordMatches | None = None,
) -> tuple[str, list[Any]]:
    """(SQL, parameters) that let a filter's cases through; `true` for the empty one.

    `now` (epoch s) decides what is overdue; without it the moment of the facts. The facts hold no texts: cases with the filter's words are
    looked up in the store first (portal.queries.cases.text_search) and handed in. A slug that no case bears lets nothing through.
    """
    parts: list[str] = []
    values: list[Any] = []

    def add(part: str, *more: Any) -> None:
        parts.append(part)
        values.extend(more)

    for field in WORD_FIELDS:
        if slugs := getattr(case_filter, field):
            add(*_one_of(field, facts.ids_of(field, slugs)))
    if case_filter.status:
        add(*_status(case_filter.status, facts.as_of if now is None else now))
    if case_filter.photo:
        add("has_photo = ?", int(case_filter.photo == "yes"))
    if case_filter.start:
        add("opened_at >= ?", midnight(case_filter.start, zone))
    if case_filter.end:
        add("opened_at < ?", midnight(case_filter.end + timedelta(days=1), zone))
    if box := case_filter.bbox:
        # The range of the order the facts are sorted in says which parts of the file to read.
        add(
            "quad >= ? and quad < ?",
            *morton.cover(box.south, box.west, box.north, box.east, max_ranges=1)[0],
        )
        add("lat between ? and ?", box.south, box.north)
        add("lon between ? and ?", box.west, box.east)
    if case_filter.q:
        if words is None:
            raise BadRequest(
                "Words cannot be searched here; leave out “q” or ask the list of cases."
            )
        add(*_with_words(words))
    return " and ".join(parts) or "true", values


@dataclass(frozen=True)
class Countable:
    """Where a filter's cases can be counted, and how: SQL for the cases, those with a location, the box that holds these and the sums of
    their places, and for the square a case is in.

    `overdue_cases` takes the moment at which they are (epoch s) as its parameter. `asked` is what is left of the filter to be said there;
    only where `has_squares` do the rows of `table` have the columns of the facts' `counts`.
    """

    table: str
    asked: CaseFilter
    cases: str
    open_cases: str
    overdue_cases: str
    placed_cases: str
    edges: str
    place_sums: str
    square: str
    has_squares: bool


def countable(case_filter: CaseFilter, zone: ZoneInfo) -> Countable:
    """The smallest table that tells a filter's cases apart: a box, words and days within one year want the cases themselves."""
    if not (case_filter.bbox or case_filter.q):
        if not (case_filter.start or case_filter.end):
            return Countable("counts", case_filter, *_SUMS, has_squares=True)
        if by_years := _by_years(case_filter, zone):
            return Countable(
                by_years, replace(case_filter, start=None, end=None), *_SUMS, has_squares=True
            )
    return Countable("cases", case_filter, *_CASES, has_squares=False)


def _by_years(case_filter: CaseFilter, zone: ZoneInfo) -> str:
    """The counts of the years that lie wholly within the filter's days, and the cases of those at its ends; empty where no year does."""
    start, end = case_filter.start, case_filter.end
    first = start.year + (start != date(start.year, 1, 1)) if start else 0
    after = end.year + (end == date(end.year, 12, 31)) if end else MAXYEAR
    if first >= after:
        return ""
    parts = [
        f"select {', '.join(COUNTED + COUNT_SUMS)} from year_counts where year >= {first} and year < {after}"
    ]
    if start and start.year < first:
        parts.append(
            f"{_EACH_CASE} where opened_at >= {midnight(start, zone)} and opened_month < {12 * first}"
        )
    if end and end.year >= after:
        parts.append(
            f"{_EACH_CASE} where opened_at < {midnight(end + timedelta(days=1), zone)} and opened_month >= {12 * after}"
        )
    return f"({' union all '.join(parts)})"


_SUMS = (
    "coalesce(sum(cases), 0)::bigint",
    "coalesce(sum(cases) filter (status < 2), 0)::bigint",
    "coalesce(sum(cases) filter (status < 2 and target_at < ?), 0)::bigint",
    "coalesce(sum(placed_cases), 0)::bigint",
    "min(south), min(west), max(north), max(east)",
    "sum(lon_sum), sum(lat_sum)",
    "square",
)
_CASES = (
    "count(*)",
    "count(*) filter (status < 2)",
    "count(*) filter (status < 2 and target_at < ?)",
    "count(lat)",
    "min(lat), min(lon), max(lat), max(lon)",
    "sum(lon), sum(lat)",
    SQUARE_OF_CASE,
)
_EACH_CASE = f"select {', '.join(map(as_counted, COUNTED))}, 1, (lat is not null)::integer, lat, lon, lat, lon, lon, lat from cases"


def midnight(day: date, zone: ZoneInfo) -> int:
    """Epoch second at which a day begins in a city; where the clock skips midnight, the first moment after."""
    return int(datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).timestamp())


def _one_of(column: str, ids: list[int]) -> tuple[Any, ...]:
    if not ids:
        return ("false",)
    return (
        (f"{column} = ?", *ids)
        if len(ids) == 1
        else (f"{column} in ({', '.join('?' * len(ids))})", *ids)
    )


def _with_words(words: WordMatches) -> tuple[Any, ...]:
    if not words.keys:
        return ("false",)
    # The days they lie in, said beside, spare the parts of the file that hold older and newer cases.
    newest, oldest = words.keys[0] >> search_index.ID_BITS, words.keys[-1] >> search_index.ID_BITS
    return (
        f"opened_at between ? and ? and {SEARCH_KEY} in (select unnest(?::bigint[]))",
        oldest,
        newest,
        list(words.keys),
    )


def _status(words: tuple[str, ...], now: int) -> tuple[Any, ...]:
    codes = tuple(sorted(STATUS_CODES[word] for word in words if word in STATUS_CODES))
    parts = [_AMONG[codes]] if codes else []
    if "overdue" in words:
        return (f"({' or '.join([*parts, '(status < 2 and target_at < ?)'])})", now)
    return (parts[0],)


# Said with one comparison, a condition is checked while the file is read; `in` and `or` only afterwards, row by row.
_AMONG = {
    (0,): "status = 0",
    (1,): "status = 1",
    (2,): "status = 2",
    (0, 1): "status < 2",
    (1, 2): "status > 0",
    (0, 2): "status <> 1",
    (0, 1, 2): "true",
}
