"""The benchmark's questions: tiles, lists and cases as visitors ask for them, the same each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from sqlalchemy import Connection

from portal.benchmarks.figures import Figure, time_in_milliseconds
from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.facts.reader import Facts
from portal.facts.tiles import tile
from portal.filter_sql import Selection
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import make_mark, newest_cases
from portal.queries.cases.counts import count_cases, this_week
from portal.queries.cases.text_search import cases_with_words
from portal.queries.performance.overview import find_period, read_overview

TILE_ZOOMS = (9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
TIMES = 200
SEED = 7
TWO_WORDS = (
    "pothole repair",
    "broken glass",
    "street light",
    "graffiti removal",
    "leaning pole",
    "blocked drain",
)


class Questions:
    """Draws questions about a city's cases and times the answers.

    Nothing is cached except by the operating system and the databases.
    """

    def __init__(self, connection: Connection, facts: Facts, city: Jurisdiction, now: int) -> None:
        self.connection = connection
        self.facts = facts
        self.city = city
        self.now = now
        self.random = Random(SEED)  # noqa: S311
        self.cases = facts.rows(
            "select case_id, lat, lon from cases where lat is not null order by hash(id) limit 500"
        )
        self.labels = {
            kind: [word.slug for word in facts.words(kind).values()]
            for kind in ("neighborhood", "district", "department", "channel")
        }
        self.services = [word.slug for word in facts.services.values()]

    def measure(self, times: int = TIMES) -> Iterator[Figure]:
        """Each question's figure, with its target (docs/performance.md)."""
        for what, ask, target in self._list_questions():
            is_long = ask == self._newest_with_words or "performance" in what
            tries = times // 4 if is_long else times
            yield Figure(what, "ms", time_in_milliseconds(ask, tries), target)

    def _list_questions(self) -> list[tuple[str, Callable[[], object], float | None]]:
        return [
            ("tile, all cases, any zoom", lambda: self._tile(CaseFilter()), 25),
            ("tile, any filter, any zoom", lambda: self._tile(self._any_filter()), 60),
            ("newest 50, all cases", lambda: self._newest(CaseFilter()), 10),
            ("newest 50, any filter", lambda: self._newest(self._any_filter()), 10),
            ("newest 50, a page far back", self._far_back, 10),
            ("newest 50, two words", lambda: self._newest(CaseFilter(q=self._words())), None),
            ("newest 50, two words and a status", self._newest_with_words, None),
            ("case by number", self._find_case, 2),
            ("count, any filter", self._count_cases, None),
            ("this week's numbers", self._count_week, None),
            ("a year's performance, all cases", lambda: self._perform(CaseFilter()), 60),
            ("a year's performance, any filter", lambda: self._perform(self._any_filter()), 60),
        ]

    def draw_queries(self, count: int) -> list[str]:
        """Different filters, as query strings."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self._any_filter().to_query_string()] = None
        return list(found)

    def draw_numbers(self, count: int) -> list[str]:
        """Different case numbers."""
        return [number for number, _, _ in self.cases[:count]]

    def _tile(self, case_filter: CaseFilter) -> dict:
        z = self.random.choice(TILE_ZOOMS)
        _, lat, lon = self._case()
        x, y = morton.mercator(lat, lon)
        column, row = x >> morton.ZOOM - z, y >> morton.ZOOM - z
        return tile(self.facts, z, column, row, self._select(case_filter))

    def _newest(self, case_filter: CaseFilter, after: str | None = None) -> object:
        return newest_cases(
            self.connection, self.city.id, self._select(case_filter), 50, after, self.facts
        )

    def _far_back(self) -> object:
        opened_at = self.now - self.random.randrange(300_000_000)
        return self._newest(CaseFilter(), make_mark(opened_at, self._case()[0]))

    def _newest_with_words(self) -> object:
        asked = self._select(CaseFilter(q=self._words(), status=("open",)))
        words = cases_with_words(self.connection, self.city.id, asked)
        selection = replace(asked, words=words)
        return newest_cases(self.connection, self.city.id, selection, 50, None, self.facts)

    def _find_case(self) -> object:
        return case_by_id(self.connection, self.city.id, self._case()[0])

    def _count_cases(self) -> object:
        return count_cases(self.facts, self._select(self._any_filter()))

    def _count_week(self) -> object:
        return this_week(self.facts, self.now, self.city.zone)

    def _perform(self, case_filter: CaseFilter) -> object:
        selection = self._select(case_filter)
        period = find_period(self.facts, selection)
        return period and read_overview(self.facts, selection, period)

    def _select(self, case_filter: CaseFilter) -> Selection:
        return Selection(case_filter, self.city.zone, self.now)

    def _case(self) -> tuple:
        return self.random.choice(self.cases)

    def _words(self) -> str:
        return self.random.choice(TWO_WORDS)

    def _any_filter(self) -> CaseFilter:
        """One to three of the conditions a visitor can set, rare values as often as common ones."""
        parts = self.random.sample(self._conditions(), self.random.choice((1, 1, 2, 3)))
        return CaseFilter.from_query_string("&".join(parts))

    def _conditions(self) -> list[str]:
        pick = self.random.choice
        year = self.random.randrange(2017, 2026)
        _, lat, lon = self._case()
        return [
            f"status={pick(('open', 'in_progress', 'closed', 'overdue', 'open,in_progress'))}",
            f"service={','.join(self.random.sample(self.services, pick((1, 1, 3))))}",
            *(f"{kind}={pick(slugs)}" for kind, slugs in self.labels.items()),
            f"photo={pick(('yes', 'no'))}",
            pick((f"start={year}-03-01&end={year}-03-31", f"start={year}-01-01")),
            f"bbox={lon - 0.003:.4f},{lat - 0.002:.4f},{lon + 0.003:.4f},{lat + 0.002:.4f}",
        ]
