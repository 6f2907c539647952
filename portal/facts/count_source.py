"""Where the facts can count a selection's cases fastest: case by case, or from counts made before.

no filter, status, service, …   `counts`: cases per square, added up
start=2024-01-01                `year_counts` of whole years, and the cases of the days left over
bbox, q, days within a year     `cases`
as of a past moment             `cases`, as they were known then
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import MAXYEAR, date

from portal.facts.schema import COUNT_SUMS, COUNTED, SQUARE_OF_CASE, as_counted
from portal.filter_sql import Selection


@dataclass(frozen=True)
class CountColumns:
    """SQL for what is counted: cases, those with a location, and where these are.

    `overdue_cases` takes one parameter: the time at which they are overdue (epoch s). `edges` are
    south, west, north and east of the cases; `place_sums` the sums of their longitudes and
    latitudes; `square` the square of zoom COUNTS_ZOOM that a case is in.
    """

    cases: str
    open_cases: str
    overdue_cases: str
    placed_cases: str
    edges: str
    place_sums: str
    square: str


@dataclass(frozen=True)
class CountSource:
    """A table to count in, what is left of the selection to ask there, and the SQL of the counts.

    If `has_squares`, the rows of `table` are those of the facts' `counts`; else they are cases.
    """

    table: str
    selection: Selection
    columns: CountColumns
    has_squares: bool


def count_source(selection: Selection) -> CountSource:
    """The smallest table that can tell the selection's cases from others."""
    case_filter = selection.case_filter
    if case_filter.bbox or case_filter.q or selection.known_at is not None:
        return CountSource("cases", selection, _OF_CASES, has_squares=False)
    if not (case_filter.start or case_filter.end):
        return CountSource("counts", selection, _OF_SQUARES, has_squares=True)
    if by_years := _counts_of_whole_years(selection):
        dateless = replace(selection, case_filter=replace(case_filter, start=None, end=None))
        return CountSource(by_years, dateless, _OF_SQUARES, has_squares=True)
    return CountSource("cases", selection, _OF_CASES, has_squares=False)


def _counts_of_whole_years(selection: Selection) -> str:
    """Counts of the years wholly within the filter's days, and the cases of the days at both ends.

    Empty where no year is wholly within them.
    """
    start, end = selection.case_filter.start, selection.case_filter.end
    first = start.year + (start != date(start.year, 1, 1)) if start else 0
    after = end.year + (end == date(end.year, 12, 31)) if end else MAXYEAR
    if first >= after:
        return ""
    parts = [f"{_EACH_YEAR} where year >= {first} and year < {after}"]
    if start and start.year < first:
        parts.append(f"{_EACH_CASE} where {_days_before(selection, first)}")
    if end and end.year >= after:
        parts.append(f"{_EACH_CASE} where {_days_from(selection, after)}")
    return f"({' union all '.join(parts)})"


def _days_before(selection: Selection, year: int) -> str:
    return f"opened_at >= {selection.opened_from} and opened_month < {12 * year}"


def _days_from(selection: Selection, year: int) -> str:
    return f"opened_at < {selection.opened_before} and opened_month >= {12 * year}"


_OF_SQUARES = CountColumns(
    cases="coalesce(sum(cases), 0)::bigint",
    open_cases="coalesce(sum(cases) filter (status < 2), 0)::bigint",
    overdue_cases="coalesce(sum(cases) filter (status < 2 and target_at < ?), 0)::bigint",
    placed_cases="coalesce(sum(placed_cases), 0)::bigint",
    edges="min(south), min(west), max(north), max(east)",
    place_sums="sum(lon_sum), sum(lat_sum)",
    square="square",
)
_OF_CASES = CountColumns(
    cases="count(*)",
    open_cases="count(*) filter (status < 2)",
    overdue_cases="count(*) filter (status < 2 and target_at < ?)",
    placed_cases="count(lat)",
    edges="min(lat), min(lon), max(lat), max(lon)",
    place_sums="sum(lon), sum(lat)",
    square=SQUARE_OF_CASE,
)
_EACH_YEAR = f"select {', '.join(COUNTED + COUNT_SUMS)} from year_counts"
_EACH_CASE = (
    f"select {', '.join(map(as_counted, COUNTED))}, 1, (lat is not null)::integer,"
    " lat, lon, lat, lon, lon, lat from cases"
)
