"""What changed for better or worse: what stands out of the cases of each type in each neighborhood.

Days are written as 2026-11-23. What cannot be said is said as an Outcome; no number is ever NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import prod

from portal.domain.filters import CaseFilter

LEAST_MEAN = 5
"""Cases a week that a series needs: in smaller ones a surprise says nothing."""
MOST_ALARMS = 0.1
"""In what share of lists one false alarm or more may stand, where nothing has changed."""
BASE_WEEKS = 52
"""Weeks before the last one that it is compared with, where the record has as many."""
LEAST_WEEKS = 13
"""With fewer whole weeks nothing is said."""
SEASON_WEEKS = 104
"""With fewer whole weeks before the last one, no season is claimed."""
MOST_SILENT_WEEKS = 8
"""What has been silent for longer is no news."""
LONGEST_USUAL_DAYS = 60
"""Types of which half take longer to be closed are not looked at for slower or faster."""
LEAST_POINTS = 5
"""Percentage points by which a share must have moved, by itself and against the others."""


class Outcome(StrEnum):
    """Whether weeks were looked at, or why not."""

    LOOKED_AT = "looked_at"
    NO_CASES = "no_cases"
    TOO_FEW_WEEKS = "too_few_weeks"


@dataclass(frozen=True)
class Name:
    """A type or a neighborhood."""

    slug: str
    name: str


@dataclass(frozen=True)
class Check:
    """How a list was made: the series looked at, and the share of lists of shuffled weeks in which
    something would stand. None where there was no series."""

    series: int = 0
    alarm_share: float | None = None


@dataclass(frozen=True)
class Surge:
    """More cases of a type in the last week than chance explains.

    Where it is everywhere, `neighborhoods` are those that stand out, and all numbers are of the
    whole city, with the cases in no neighborhood. Otherwise it is one, and `others` are the cases
    of the type in all other neighborhoods.
    """

    service: Name
    neighborhoods: tuple[Name, ...]
    is_everywhere: bool
    cases: int
    usual: float
    """Cases in a usual week."""
    others: int
    others_usual: float
    earlier: float | None
    """Cases in the three weeks around this one of earlier years, a week; None: not known."""
    is_season: bool
    """Whether chance explains it beside `earlier`."""
    chance: float
    first_day: str
    last_day: str
    """Of the last week."""
    weeks: tuple[int, ...]
    """Cases in each week, the last one included."""

    @property
    def case_filter(self) -> CaseFilter:
        """Exactly its cases."""
        places = () if self.is_everywhere else self.neighborhoods
        return _make_filter(self.service, places, self.first_day, self.last_day)


@dataclass(frozen=True)
class Silence:
    """No case of a type for as many weeks as chance does not explain.

    `cases` are those of the weeks before, from `first_day` to `last_day`. Where it is everywhere,
    the other neighborhoods have fewer than half of theirs, too, and all numbers are of the whole
    city, with the cases in no neighborhood.
    """

    service: Name
    neighborhoods: tuple[Name, ...]
    is_everywhere: bool
    silent_weeks: int
    usual: float
    first_day: str
    last_day: str
    cases: int
    others: int
    """Cases in the silent weeks: in the other neighborhoods, or in the whole city."""
    others_usual: float
    """The same in as many usual weeks."""
    chance: float
    weeks: tuple[int, ...]

    @property
    def case_filter(self) -> CaseFilter:
        """Exactly its cases."""
        places = () if self.is_everywhere else self.neighborhoods
        return _make_filter(self.service, places, self.first_day, self.last_day)


@dataclass(frozen=True)
class Shares:
    """Shares (0 to 1) of cases that are closed within some days, here and in the others."""

    here: float
    elsewhere: float


@dataclass(frozen=True)
class Drift:
    """Slower or faster than before, where the other neighborhoods are not.

    `cases` are those opened from `first_day` to `last_day`, after the change. `parts` has the
    shares of each four weeks.
    """

    service: Name
    neighborhood: Name
    is_better: bool
    days: int
    first_day: str
    last_day: str
    cases: int
    before: Shares
    since: Shares
    chance: float
    parts: tuple[Shares | None, ...]
    part_days: tuple[str, ...]
    """The first day of each part."""

    @property
    def case_filter(self) -> CaseFilter:
        """Exactly its cases."""
        return _make_filter(self.service, (self.neighborhood,), self.first_day, self.last_day)


def _make_filter(service: Name, places: tuple[Name, ...], first: str, last: str) -> CaseFilter:
    return CaseFilter(
        service=(service.slug,),
        neighborhood=tuple(place.slug for place in places),
        start=date.fromisoformat(first),
        end=date.fromisoformat(last),
    )


@dataclass(frozen=True)
class Findings:
    """All of it. `first_day` and `last_day` are those of the last whole week, if any."""

    outcome: Outcome
    as_of: int
    """When the data was stored (epoch s)."""
    first_day: str = ""
    last_day: str = ""
    base_weeks: int = 0
    known_weeks: int = 0
    """Whole weeks of the record before the last one."""
    all_cases: int = 0
    """Cases of the last week and the base weeks."""
    in_series: int = 0
    in_no_neighborhood: int = 0
    surges: tuple[Surge, ...] = ()
    surges_check: Check = Check()
    silences: tuple[Silence, ...] = ()
    silences_check: Check = Check()
    drifts: tuple[Drift, ...] = ()
    drifts_check: Check = Check()

    @property
    def knows_seasons(self) -> bool:
        """Whether the record is long enough to claim one."""
        return self.known_weeks >= SEASON_WEEKS

    @property
    def alarm_share(self) -> float:
        """The share of pages with a false alarm in one of the lists, if nothing had changed."""
        checks = self.surges_check, self.silences_check, self.drifts_check
        return 1 - prod(1 - (check.alarm_share or 0) for check in checks)
