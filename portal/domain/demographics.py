"""Who lives in a census tract: the measures we know, and where a city's files have them.

A measure is a share of the residents or homes (0 to 1), an income, a density, a count of people, or
whether people live there at all. The words a page says for each are in layouts.performance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Share = Literal[
    "black",
    "hispanic",
    "asian",
    "white",
    "immigrant",
    "under_18",
    "over_65",
    "bachelor",
    "owner",
    "renter",
    "poverty",
]
SHARES: tuple[Share, ...] = get_args(Share)
INCOME = "income"
DENSITY = "density"
"""Residents per area, in whatever unit: only ratios of it count."""
AMOUNTS = (INCOME, DENSITY)
"""Measures that count by their logarithm."""
POPULATION = "population"
RESIDENTIAL = "residential"
"""1 where the city's file calls a tract residential, 0 where it calls it something else."""
MEASURES = (*SHARES, *AMOUNTS)
"""What a model may explain requests by."""


@dataclass(frozen=True)
class MeasureColumn:
    """The column of a measure: a share, or a count and the column of what it is a count of."""

    column: str
    of: str = ""
    missing: tuple[str, ...] = ()
    """What is written where the value is not known, such as 0 or -666666666."""
    percent: bool = False
    """The column has percentages (0 to 100) instead of shares (0 to 1)."""


@dataclass(frozen=True)
class DemographicsSetup:
    """Where a city's files say who lives in a tract (`[demographics]` of the city's file)."""

    source: str
    """Who counted and when, as the page says it."""
    tract: tuple[str, ...]
    """Columns with the tract's id; each file has one of them."""
    population: MeasureColumn
    measures: Mapping[str, MeasureColumn] = field(default_factory=dict)
    strip: str = ""
    """What ids begin with in a file and not in the boundaries, such as 14000US."""
    residential: str = ""
    """The column that says what kind of tract it is; empty: the files do not say."""
    residential_values: tuple[str, ...] = ()
    """Its values that mean that people live there."""
    file: str = ""
    """A file beside the city's TOML, which the first sync stores; empty: one that is given."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read, but those of the tract's id."""
        known = (self.population, *self.measures.values())
        named = [name for one in known for name in (one.column, one.of)]
        return tuple(dict.fromkeys(name for name in (*named, self.residential) if name))
