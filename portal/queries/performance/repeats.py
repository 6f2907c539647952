"""Repeats: how often a problem is reported again while it is open, by type and neighborhood.

    asked = RepeatsQuestion(selection, city.staff_channels)
    found = read_repeats(connection, city.id, facts, asked)
    found.types[0].total.share             # 0.25: of sixty incidents, fifteen

What the city says is counted, and nothing is guessed from places: a case that it joins to another,
or closes with the word “duplicate”, is a repeat. Every other case is an incident. Read from the
facts and the public views: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.domain.case import CONTRADICTIONS
from portal.domain.intervals import FEW_CASES, share_interval
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.queries.performance.cohorts import DAY
from portal.queries.performance.overview import Period, find_period, select_period

MIN_INCIDENTS = 60
"""Of a type with fewer incidents we say nothing."""


@dataclass(frozen=True)
class RepeatsQuestion:
    """The cases asked about, and the channels by which the city's own staff report."""

    selection: Selection
    staff_channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class RepeatRow:
    """Incidents of one neighborhood (None: in none; empty: all of the type together).

    `joined`: those to which the city joined another report that came while it was open. `unjoined`:
    reports closed as a duplicate without saying of which case; each is taken for one incident
    reported again. `days_open`: elapsed days that the incidents were open in all, up to now.
    """

    slug: str | None
    name: str | None
    incidents: int
    joined: int
    unjoined: int
    days_open: float

    @property
    def again(self) -> int:
        """Incidents that were reported again; never more than there are."""
        return min(self.incidents, self.joined + self.unjoined)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None for fewer than 30 incidents."""
        return self.again / self.incidents if self.incidents >= FEW_CASES else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The share's 95 % interval of Wilson, from 0 to 1."""
        return share_interval(self.again, self.incidents) if self.share is not None else None

    @property
    def average_days(self) -> float | None:
        """Elapsed days that an incident was open, the open ones up to now; None without any."""
        return self.days_open / self.incidents if self.incidents else None


@dataclass(frozen=True)
class TypeRepeats:
    """A type: all of it, and its neighborhoods by name, those in none last."""

    slug: str
    name: str
    total: RepeatRow
    rows: tuple[RepeatRow, ...]


@dataclass(frozen=True)
class Repeats:
    """Types with at least 60 incidents in the period, most incidents first.

    Of `types` something was reported again; of `silent_types` nothing, which may be because the
    city does not join such cases. Without `has_any`, its whole record tells of no repeat.
    """

    period: Period
    types: tuple[TypeRepeats, ...]
    silent_types: tuple[TypeRepeats, ...]
    has_any: bool
    as_of: int


def read_repeats(
    connection: Connection, city_id: str, facts: Facts, asked: RepeatsQuestion
) -> Repeats | None:
    """The repeats among a selection's cases; None in a city without any case.

    Source: the city's parent numbers, closing words, and opened and closed times.
    """
    period = find_period(facts, asked.selection)
    if period is None:
        return None
    pairs = connection.execute(text(_PAIRS), {"city": city_id}).all()
    rows = _count(facts, asked, period, pairs)
    types = _sort_into_types(facts, rows)
    return Repeats(
        period,
        tuple(one for one in types if one.total.again),
        tuple(one for one in types if not one.total.again),
        bool(pairs) or bool(facts.rows(f"select 1 from cases where {_SAYS_DUPLICATE} limit 1")),
        facts.as_of,
    )


def _count(
    facts: Facts, asked: RepeatsQuestion, period: Period, pairs: Iterable[tuple[int, int]]
) -> list[tuple]:
    """(service, neighborhood, incidents, joined, unjoined, days open) by the facts' own ids."""
    where, values = facts_where(facts, select_period(asked.selection, period))
    keys = [list(column) for column in zip(*pairs, strict=True)] or [[], []]
    sql = _COUNT.replace("$where", where).replace("$as_of", f"{facts.as_of}")
    return facts.rows(
        sql.replace("$staff", _list_staff(facts, asked.staff_channels)), keys + values
    )


def _list_staff(facts: Facts, names: Iterable[str]) -> str:
    """The ids of the staff's channels, for SQL; one that no channel has where there are none."""
    of_staff = {name.casefold() for name in names}
    words = facts.words("channel").values()
    ids = [str(word.id) for word in words if word.name.casefold() in of_staff]
    return ", ".join(ids) or "-1"


def _sort_into_types(facts: Facts, rows: list[tuple]) -> list[TypeRepeats]:
    by_type: dict[int, list[RepeatRow]] = defaultdict(list)
    areas = facts.words("neighborhood")
    for service, neighborhood, *numbers in rows:
        word = areas.get(neighborhood)
        slug, name = (word.slug, word.name) if word else (None, None)
        by_type[service].append(RepeatRow(slug, name, *numbers))
    types = [
        _make_type(facts.services[service].slug, facts.services[service].name, rows)
        for service, rows in by_type.items()
        if service in facts.services
    ]
    enough = [one for one in types if one.total.incidents >= MIN_INCIDENTS]
    return sorted(enough, key=lambda one: (-one.total.incidents, one.name))


def _make_type(slug: str, name: str, rows: list[RepeatRow]) -> TypeRepeats:
    total = RepeatRow(
        "",
        "",
        sum(row.incidents for row in rows),
        sum(row.joined for row in rows),
        sum(row.unjoined for row in rows),
        sum(row.days_open for row in rows),
    )
    by_name = sorted(rows, key=lambda row: (row.name is None, row.name or ""))
    return TypeRepeats(slug, name, total, tuple(by_name))


_PAIRS = "select id, parent_id from public_case_parents where jurisdiction_id = :city"
_SAYS_DUPLICATE = r"(status = 2 and regexp_matches(closure_reason, '\bduplica(te|do|da)', 'i'))"
_IMPOSSIBLE = CONTRADICTIONS["closed_in_future"]
_IS_TIMED = (
    "(status < 2 or (closed_at >= opened_at"
    f" and contradictions & {_IMPOSSIBLE} = 0 and closed_at <= $as_of))"
)
# Of two reports of one problem, the later one came while the earlier one was open.
_IS_WHILE_OPEN = """
    case when later.opened_at >= first.opened_at
        then first.status < 2 or later.opened_at <= first.closed_at
        else later.status < 2 or first.opened_at <= later.closed_at end
"""
_COUNT = f"""
    with links as (select unnest(?::bigint[]) as id, unnest(?::bigint[]) as parent),
    residents as (
        select id, service, neighborhood, opened_at, closed_at, status,
            {_SAYS_DUPLICATE} as says_duplicate
        from cases
        where opened_at <= $as_of and (channel is null or channel not in ($staff)) and {_IS_TIMED}
    ), chosen as (
        select *, id in (select id from links) as is_joined from residents
        where id in (select id from cases where $where)
    ), again as (
        select distinct links.parent as id from links
        join residents later on later.id = links.id
        join residents first on first.id = links.parent
        where {_IS_WHILE_OPEN}
    )
    select service, neighborhood,
        count(*) filter (not says_duplicate and not is_joined),
        count(*) filter (not says_duplicate and not is_joined and id in (select id from again)),
        count(*) filter (says_duplicate and not is_joined),
        coalesce(sum((case when status = 2 then closed_at else $as_of end - opened_at) / {DAY}.0)
            filter (not says_duplicate and not is_joined), 0)
    from chosen group by service, neighborhood
"""
