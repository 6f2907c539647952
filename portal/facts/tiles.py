"""Map tiles: cases counted by square, or the cases themselves where they are few.

docs/tiles.md describes the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.errors import NotFound
from portal.facts.count_source import count_source
from portal.facts.schema import COUNTS_ZOOM, OVERVIEW_ZOOM, STATUS_NAMES
from portal.facts.squares import Range, Square, cells_of, squares_between
from portal.filter_sql import FactsSql, Selection, facts_where

if TYPE_CHECKING:
    from portal.facts.reader import Facts

MAX_PINS = 25
MAX_ZOOM = 22
CELL_ZOOMS = 2
"""A cell is two zooms finer than its tile: 64 of 256 pixels."""
FINE_ZOOMS = 4
"""A square of the density map: 16 of 256 pixels."""
DECIMALS = 5


def tile(
    facts: Facts, z: int, x: int, y: int, selection: Selection, *, is_fine: bool = False
) -> dict[str, Any]:
    """One map tile: its cells, or up to 25 pins where it has no more cases than that.

    A cell is [lon, lat, cases, open cases], a pin [lon, lat, case_id, status, service, opened_at].
    A fine tile has smaller cells, and no pins however few its cases are. Cases without a location
    are on no tile. Raises NotFound for a tile that is off the map.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise NotFound("There is no map tile {tile}.", tile=f"{z}/{x}/{y}")
    quads = morton.tile_range(z, x, y)
    cell_zoom = min(z + (FINE_ZOOMS if is_fine else CELL_ZOOMS), morton.ZOOM)
    cells = cells_in(facts, cell_zoom, quads, selection)
    if is_fine or sum(cell[2] for cell in cells) > MAX_PINS:
        return {"rev": facts.rev, "cells": cells, "pins": []}
    pins = _pins(facts, quads, selection) if cells else []
    return {"rev": facts.rev, "cells": [], "pins": pins}


def cells_in(
    facts: Facts,
    cell_zoom: int,
    quads: Range,
    selection: Selection,
    squares: Sequence[Square] | None = None,
) -> list[list]:
    """The cells of a zoom in a range of Morton codes, as in a tile.

    Cells at the ends of the range may be partly outside. `squares` are the selection's, where
    they have already been counted.
    """
    statuses = selection.case_filter.status
    if _asks_for_status_alone(selection.case_filter) and cell_zoom <= OVERVIEW_ZOOM:
        return _overview_cells(facts, cell_zoom, quads, statuses or STATUS_NAMES)
    if squares is not None and cell_zoom <= COUNTS_ZOOM:
        return _rounded_cells(cells_of(squares, cell_zoom, quads))
    source = count_source(selection)
    if source.has_squares and cell_zoom <= COUNTS_ZOOM:
        condition = facts_where(facts, source.selection)
        return _cells_of_squares(facts, source.table, cell_zoom, quads, condition)
    return _cells_of_cases(facts, cell_zoom, quads, facts_where(facts, selection))


def _asks_for_status_alone(case_filter: CaseFilter) -> bool:
    is_alone = case_filter == CaseFilter(status=case_filter.status)
    return is_alone and "overdue" not in case_filter.status


def _overview_cells(
    facts: Facts, cell_zoom: int, quads: Range, statuses: tuple[str, ...]
) -> list[list]:
    """Cells from the counts made when the facts were published.

    A circle stands in the middle of all cases of its squares, whatever their status.
    """
    shift = 2 * (OVERVIEW_ZOOM - cell_zoom)
    cases = " + ".join(statuses)
    still_open = " + ".join(status for status in statuses if status != "closed") or "0"
    rows = facts.rows(
        f"select cell >> {shift} as square,"
        f" sum(lon * ({cases})) / sum({cases}), sum(lat * ({cases})) / sum({cases}),"
        f" sum({cases})::bigint, sum({still_open})::bigint from cells"
        f" where cell >= ? and cell < ? and {cases} > 0 group by square order by square",
        squares_between(quads, OVERVIEW_ZOOM),
    )
    return _rounded_cells(rows)


def _cells_of_squares(
    facts: Facts, table: str, cell_zoom: int, quads: Range, condition: FactsSql
) -> list[list]:
    """Cells added up from a table with the columns of `counts`."""
    where, values = condition
    rows = facts.rows(
        f"select square >> {2 * (COUNTS_ZOOM - cell_zoom)} as cell,"
        " sum(lon_sum) / sum(cases), sum(lat_sum) / sum(cases), sum(cases)::bigint,"
        " coalesce(sum(cases) filter (status < 2), 0)::bigint"
        f" from {table} where square >= ? and square < ? and {where} group by cell order by cell",
        [*squares_between(quads, COUNTS_ZOOM), *values],
    )
    return _rounded_cells(rows)


def _cells_of_cases(facts: Facts, cell_zoom: int, quads: Range, condition: FactsSql) -> list[list]:
    where, values = condition
    rows = facts.rows(
        f"select quad >> {2 * (morton.ZOOM - cell_zoom)} as cell,"
        " sum(lon) / count(*), sum(lat) / count(*), count(*), count(*) filter (status < 2)"
        f" from cases where quad >= ? and quad < ? and {where} group by cell order by cell",
        [*quads, *values],
    )
    return _rounded_cells(rows)


def _rounded_cells(rows: list[tuple]) -> list[list]:
    return [
        [round(lon, DECIMALS), round(lat, DECIMALS), cases, open_cases]
        for _, lon, lat, cases, open_cases in rows
    ]


def _pins(facts: Facts, quads: Range, selection: Selection) -> list[list]:
    where, values = facts_where(facts, selection)
    query = (
        "select lon, lat, case_id, status, service, opened_at, target_at from cases"
        f" where quad >= ? and quad < ? and {where}"
        f" order by opened_at desc, id desc limit {MAX_PINS}"
    )
    now = facts.as_of if selection.now is None else selection.now
    pins = []
    rows = facts.rows(query, [*quads, *values])
    for lon, lat, number, status, service, opened_at, target_at in rows:
        place = round(lon, DECIMALS), round(lat, DECIMALS)
        name = facts.services[service].name if service in facts.services else ""
        pins.append([*place, number, _status_word(status, target_at, now), name, opened_at])
    return pins


def _status_word(status: int, target_at: int | None, now: int) -> str:
    is_open = STATUS_NAMES[status] != "closed"
    is_overdue = is_open and target_at is not None and target_at < now
    return "overdue" if is_overdue else STATUS_NAMES[status]
