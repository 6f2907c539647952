"""Map tiles: how many cases in each square, or the cases themselves where they are few. The shape is in docs/tiles.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.errors import NotFound
from portal.facts.schema import COUNTS_ZOOM, OVERVIEW_ZOOM, STATUS_NAMES
from portal.facts.squares import Square, cells_of, squares_between
from portal.facts.where import conditions, countable

if TYPE_CHECKING:
    from portal.facts.reader import Facts
    from portal.store.search_index import WordMatches

MAX_PINS = 25
MAX_ZOOM = 22
CELL_ZOOMS = 2
"""A cell is two zooms finer than its tile: 64 of 256 pixels."""
FINE_ZOOMS = 4
"""A square of the density map: 16 of 256 pixels."""
DECIMALS = 5


def tile(
    facts: Facts,
    z: int,
    x: int,
    y: int,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    *,
    now: int | None = None,
    words: WordMatches | None = None,
    is_fine: bool = False,
) -> dict[str, Any]:
    """One map tile: `cells` [lon, lat, cases, open cases], or up to 25 `pins` [lon, lat, case_id, status, service, opened_at].

    A fine tile has smaller cells and no pins, however few its cases are. Cases without a location are on no tile.
    `now` (epoch s) decides what is overdue. Raises NotFound for a tile that is off the map.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NotFound("There is no map tile {tile}.", tile=f"{z}/{x}/{y}")
    place = morton.tile_range(z, x, y)
    cell_zoom = min(z + (FINE_ZOOMS if is_fine else CELL_ZOOMS), morton.ZOOM)
    cells = cells_in(facts, cell_zoom, place, case_filter, zone, now=now, words=words)
    if not is_fine and sum(cell[2] for cell in cells) <= MAX_PINS:
        sql, values = conditions(facts, case_filter, zone, now=now, words=words)
        pins = (
            _pins(facts, place, sql, values, facts.as_of if now is None else now) if cells else []
        )
        return {"rev": facts.rev, "cells": [], "pins": pins}
    return {"rev": facts.rev, "cells": cells, "pins": []}


def cells_in(
    facts: Facts,
    cell_zoom: int,
    place: tuple[int, int],
    case_filter: CaseFilter,
    zone: ZoneInfo,
    *,
    now: int | None = None,
    words: WordMatches | None = None,
    squares: Sequence[Square] | None = None,
) -> list[list]:
    """The cells of a zoom in a range of Morton codes, as in a tile; those at its ends may lie partly outside.

    `squares` are those of the filter, where they have been counted.
    """
    if _asks_for_status_alone(case_filter) and cell_zoom <= OVERVIEW_ZOOM:
        return _overview(facts, cell_zoom, place, case_filter.status or STATUS_NAMES)
    if squares is not None and cell_zoom <= COUNTS_ZOOM:
        return _cells(cells_of(squares, cell_zoom, place))
    of = countable(case_filter, zone)
    if of.has_squares and cell_zoom <= COUNTS_ZOOM:
        return _added_up(
            facts,
            of.table,
            cell_zoom,
            place,
            *conditions(facts, of.asked, zone, now=now, words=words),
        )
    sql, values = conditions(facts, case_filter, zone, now=now, words=words)
    rows = facts.rows(
        f"select quad >> {2 * (morton.ZOOM - cell_zoom)} as cell, sum(lon) / count(*), sum(lat) / count(*), count(*), "
        f"count(*) filter (status < 2) from cases where quad >= ? and quad < ? and {sql} group by cell order by cell",
        [*place, *values],
    )
    return _cells(rows)


def _added_up(
    facts: Facts, counts: str, cell_zoom: int, place: tuple[int, int], sql: str, values: list[Any]
) -> list[list]:
    """The same from the counts of larger squares."""
    rows = facts.rows(
        f"select square >> {2 * (COUNTS_ZOOM - cell_zoom)} as cell, sum(lon_sum) / sum(cases), sum(lat_sum) / sum(cases), "
        "sum(cases)::bigint, coalesce(sum(cases) filter (status < 2), 0)::bigint "
        f"from {counts} where square >= ? and square < ? and {sql} group by cell order by cell",
        [*squares_between(place, COUNTS_ZOOM), *values],
    )
    return _cells(rows)


def _asks_for_status_alone(case_filter: CaseFilter) -> bool:
    return (
        case_filter == CaseFilter(status=case_filter.status) and "overdue" not in case_filter.status
    )


def _overview(
    facts: Facts, cell_zoom: int, place: tuple[int, int], statuses: tuple[str, ...]
) -> list[list]:
    """The same from counts made when the facts were published. A circle stands amid all cases of its squares, whatever their status."""
    shift = 2 * (OVERVIEW_ZOOM - cell_zoom)
    wanted = " + ".join(statuses)
    still_open = " + ".join(status for status in statuses if status != "closed") or "0"
    return _cells(
        facts.rows(
            f"select cell >> {shift} as square, sum(lon * ({wanted})) / sum({wanted}), sum(lat * ({wanted})) / sum({wanted}), "
            f"sum({wanted})::bigint, sum({still_open})::bigint "
            f"from cells where cell >= ? and cell < ? and {wanted} > 0 group by square order by square",
            list(squares_between(place, OVERVIEW_ZOOM)),
        )
    )


def _cells(rows: list[tuple]) -> list[list]:
    return [
        [round(lon, DECIMALS), round(lat, DECIMALS), cases, open_cases]
        for _, lon, lat, cases, open_cases in rows
    ]


def _pins(
    facts: Facts, place: tuple[int, int], sql: str, values: list[Any], now: int
) -> list[list]:
    rows = facts.rows(
        "select lon, lat, case_id, status, service, opened_at, target_at from cases "
        f"where quad >= ? and quad < ? and {sql} order by opened_at desc, id desc limit {MAX_PINS}",
        [*place, *values],
    )
    return [
        [
            round(lon, DECIMALS),
            round(lat, DECIMALS),
            case_id,
            "overdue"
            if status < STATUS_NAMES.index("closed") and target_at is not None and target_at < now
            else STATUS_NAMES[status],
            facts.services[service].name if service in facts.services else "",
            opened_at,
        ]
        for lon, lat, case_id, status, service, opened_at, target_at in rows
    ]
