"""Cases as they were: the table `past`, from cases as they are now and their revisions.

A revision says what a field was before. Going backwards from now, a case was, before each change,
as after it, but for what changed then. A row of `past` is one such state: what the public could see
from `known_since` until `known_until`.

A case that was hidden for a while has no state of that time. What is hidden now (texts, exact
places) was taken out of the revisions by who hid it; nothing here brings it back.
"""

from __future__ import annotations

import duckdb

from portal.domain.morton import encode
from portal.facts.history_rows import NameNumbers
from portal.facts.history_schema import (
    CLOSED,
    MOVED,
    REDATED,
    REOPENED,
    RETURNED,
    RETYPED,
)
from portal.facts.schema import CASE_COLUMNS, CASE_NAMES, STATUS_CODES, Column
from portal.store.models import LABEL_KINDS
from portal.store.public_views import PUBLISHED_FIELDS

Work = duckdb.DuckDBPyConnection
CASES_AT_ONCE = 100_000
"""So many cases with a history are worked out together: it bounds the memory."""
LEAST_MOVE_DEGREES = 0.00001
"""About a meter: what differs by less is the same place, written another way."""
_NAMED = tuple(name for name in ("service", *LABEL_KINDS) if name in PUBLISHED_FIELDS)
"""Fields whose revisions have names, where `cases` has numbers."""


def add_past(work: Work, numbers: NameNumbers) -> None:
    """Work out `past`, `changes` and the dates in `cases` of the cases in `revised (id)`.

    Their revisions are in `revisions`; those of a time when the case was hidden are deleted.
    `months (start_at, month)` has the months of the city's zone. A case without revisions has
    always been as it is.
    """
    _number_names(work, numbers)
    states = _states({field for (field,) in work.execute(_CHANGED_FIELDS).fetchall()})
    for first, last in _parts(work):
        work.execute(f"create or replace temp table states as {states}", [first, last])
        work.execute(f"create or replace temp table former as {_FORMER}")
        _find_quads(work)
        work.execute(f"insert into past select {_PAST_NAMES} from former where {_SHOWN}")
        for statement in (_ADD_RETURNS, _FORGET_HIDDEN, _DATE_CASES, _ADD_CHANGES):
            work.execute(statement)
    work.execute("delete from revisions where field = 'visibility'")


def _parts(work: Work) -> list[tuple[int, int]]:
    """First and last keys of the cases that are worked out together."""
    return work.execute(
        "select min(id), max(id) from (select id, (row_number() over (order by id) - 1)"
        f" // {CASES_AT_ONCE} as part from revised) group by part order by 1"
    ).fetchall()


def _number_names(work: Work, numbers: NameNumbers) -> None:
    """The table `named`: numbers of the names in revisions."""
    kinds = ", ".join(f"'{kind}'" for kind in _NAMED)
    named = work.execute(
        f"select distinct field, old_value from revisions where field in ({kinds})"
        " and old_value is not null"
    ).fetchall()
    work.execute("create or replace temp table named (kind varchar, name varchar, number integer)")
    work.execute(
        "insert into named select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::integer[])",
        [
            [kind for kind, _ in named],
            [name for _, name in named],
            [numbers.number(kind, name) for kind, name in named],
        ],
    )


def _find_quads(work: Work) -> None:
    """Give places that a case was moved from their codes."""
    places = work.execute(
        "select distinct lat, lon from former where is_moved and lat is not null"
        " and lon is not null"
    ).fetchall()
    work.execute(
        "create or replace temp table quads as select unnest(?::double[]) as lat,"
        " unnest(?::double[]) as lon, unnest(?::bigint[]) as quad",
        [
            [lat for lat, _ in places],
            [lon for _, lon in places],
            [encode(lat, lon) for lat, lon in places],
        ],
    )
    work.execute(
        "update former set quad = quads.quad from quads"
        " where is_moved and former.lat = quads.lat and former.lon = quads.lon"
    )


def _old_value(column: Column) -> str:
    """A column as it was: `s` has the fields that changed since, `c` is the case now."""
    name, old = column.name, f"s.{column.name}"
    if name == "known_since":
        return "lag(s.known_until, 1, c.first_shown_at) over (partition by s.id order by s.rev)"
    if name == "photos":
        return f"({_has_photo('photo', 1)}) + ({_has_photo('closed_photo', 2)})"
    if name not in PUBLISHED_FIELDS:
        return f"c.{name}"
    if name == "status":
        codes = " ".join(f"when '{word}' then {code}" for word, code in STATUS_CODES.items())
        return f"case when {old} is null then c.status else case {old}.v {codes} end end"
    if name in _NAMED:
        return f"case when {old} is null then c.{name} else named_{name}.number end"
    unknown = "''" if column.kind == "VARCHAR" else "null"
    was = f"coalesce({old}.v::{column.kind}, {unknown})"
    return f"case when {old} is null then c.{name} else {was} end"


def _has_photo(field: str, bit: int) -> str:
    return (
        f"case when s.{field} is null then c.photos & {bit}"
        f" when s.{field}.v is null then 0 else {bit} end"
    )


_FIELDS = tuple(name for name in PUBLISHED_FIELDS if name != "hidden")
_CHANGED_FIELDS = "select distinct field from revisions where id in (select id from revised)"


def _states(changed: set[str]) -> str:
    """Each batch that changed a case: when, and what each field was before.

    A field is a structure with one value, `v`, which may be null. A null instead of a structure
    says that the field has been the same ever since, as those have that are not `changed`.
    """
    names = [name for name in _FIELDS if name in changed]
    before = "".join(
        f", any_value({{'v': old_value}}) filter (field = '{name}') as {name}" for name in names
    )
    ever_since = "".join(
        f", first_value({name} ignore nulls) over later as {name}" for name in names
    )
    same = "".join(f", null::struct(v varchar) as {n}" for n in _FIELDS if n not in changed)
    return f"""
        select id, rev, max(seen_at) over (partition by id order by rev) as known_until
            {ever_since} {same}
        from (
            select id, rev, max(seen_at) as seen_at {before} from revisions
            where id between ? and ? and id in (select id from revised) group by id, rev
        )
        window later as (
            partition by id order by rev rows between current row and unbounded following
        )
    """


_OLD_VALUES = ", ".join(f"{_old_value(column)} as {column.name}" for column in CASE_COLUMNS)
_NUMBERS = " ".join(
    f"left join named named_{name} on named_{name}.kind = '{name}'"
    f" and named_{name}.name = s.{name}.v"
    for name in _NAMED
)
_UNCHANGED = "closed_at = closed_now and opened_at = opened_now"
_FOLLOWS = {
    "tract": "case when is_moved then null else tract end",
    "quad": "case when is_moved then null else quad end",
    "has_photo": "(photos > 0)::tinyint",
    "opened_month": "case when opened_at = opened_now then opened_month else opened_in end",
    "closed_month": (
        "case when closed_at is null or contradictions & 2 > 0 then null"
        " when closed_at = closed_now then closed_month else closed_in end"
    ),
    "days_open": (
        "case when closed_at is null or contradictions & 2 > 0 then null"
        f" when {_UNCHANGED} then days_open else (closed_at - opened_at) // 86_400 end"
    ),
    "updated_at": "greatest(opened_at, least(coalesce(closed_at, opened_at), known_since))",
}
"""Columns that follow from others. Contradiction 2: closed in the future."""
_REPLACED = ", ".join(f"{sql} as {name}" for name, sql in _FOLLOWS.items())
_FORMER = f"""
    select was.* replace ({_REPLACED}) from (
        select {_OLD_VALUES}, s.rev, s.known_until,
            coalesce(s.visibility.v, 'public') as visibility,
            s.lat is not null or s.lon is not null as is_moved,
            c.opened_at as opened_now, c.closed_at as closed_now
        from states s join cases c on c.id = s.id {_NUMBERS}
    ) was
    asof left join (select start_at, month as opened_in from months) opening
        on was.opened_at >= opening.start_at
    asof left join (select start_at, month as closed_in from months) closing
        on was.closed_at >= closing.start_at
"""
_PAST_NAMES = ", ".join((*CASE_NAMES, "known_until"))
_SHOWN = "visibility = 'public' and known_since < known_until and service is not null"
"""A type that the public may not know any more, or a moment that was over at once, is not shown."""
_FORGET_HIDDEN = """
    delete from revisions where (id, rev) in (
        select (id, rev) from former where visibility <> 'public'
    )
"""
_DATE_CASES = f"""
    update cases set known_since = dates.known_since, first_shown_at = dates.first_shown_at from (
        select id, max(known_until) as known_since,
            coalesce(min(known_since) filter ({_SHOWN}), max(known_until)) as first_shown_at
        from former group by id
    ) dates
    where cases.id = dates.id
"""
_COMPARED = ("status", "service", "opened_at", "closed_at", "target_at", "lat", "lon")
_NOW_AND_NEXT = ", ".join(f"lead({name}) over following as next_{name}" for name in _COMPARED)
_IS_REOPENED = "status = 2 and next_status < 2"
_MOVES = {
    CLOSED: "status < 2 and next_status = 2",
    REOPENED: _IS_REOPENED,
    REDATED: (
        "opened_at <> next_opened_at"
        " or (target_at is not null and target_at is distinct from next_target_at)"
        " or (closed_at is not null and closed_at is distinct from next_closed_at"
        f" and not ({_IS_REOPENED}))"
    ),
    RETYPED: "service <> next_service",
    MOVED: (
        "lat is not null and (next_lat is null"
        f" or abs(lat - next_lat) > {LEAST_MOVE_DEGREES}"
        f" or abs(lon - next_lon) > {LEAST_MOVE_DEGREES})"
    ),
}
"""What happened between a state and the next that the public could see."""
_KINDS = ", ".join(f"case when {condition} then {kind} end" for kind, condition in _MOVES.items())
_ADD_CHANGES = f"""
    insert into changes
    select seen_at, kind, id from (
        select id, seen_at, unnest([{_KINDS}]) as kind from (
            select *, lead(known_since) over following as seen_at, {_NOW_AND_NEXT}
            from (
                select id, known_since, {", ".join(_COMPARED)} from former where {_SHOWN}
                union all
                select id, known_since, {", ".join(_COMPARED)} from cases
                where id in (select id from former)
            )
            window following as (partition by id order by known_since)
        )
        where seen_at is not null
    )
    where kind is not null
"""
_ADD_RETURNS = f"""
    insert into changes select seen_at, {RETURNED}, id from revisions
    where id in (select id from former)
        and field = 'visibility' and old_value = 'withdrawn' and new_value = 'public'
"""
