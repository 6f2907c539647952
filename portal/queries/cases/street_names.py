"""A city's streets, house numbers and intersections, learned from the addresses of its own cases.

No outside service is asked.
"""

from __future__ import annotations

import statistics
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection, text

from portal.domain.addresses import fold_street, fold_words, read_address
from portal.domain.bounds import Bounds

MAX_CASES_READ = 60_000
"""Streets are learned from this many of the newest cases.

A city that has more of them in a month may miss a quiet street.
"""
MIN_CASES = 3
"""A street named in fewer cases is not offered: it may be a typo, or point to one person."""
PAGE = 4_000
"""Cases read at once: a few dozen milliseconds, so that even a busy machine needs no second."""
_Words = tuple[str, ...]


@dataclass(frozen=True)
class Street:
    """A street within one area, at the median of its cases' places.

    `numbers` are its known house numbers, ascending; `number_lats` and `number_lons` their places.
    """

    name: str
    area: str | None
    words: tuple[str, ...]
    area_words: frozenset[str]
    lat: float
    lon: float
    cases: int
    numbers: array[int] = field(repr=False)
    number_lats: array[float] = field(repr=False)
    number_lons: array[float] = field(repr=False)

    @cached_property
    def box(self) -> Bounds | None:
        """The box around its known houses; None where it has none."""
        lats, lons = self.number_lats, self.number_lons
        return Bounds(min(lats), min(lons), max(lats), max(lons)) if lats else None


@dataclass(frozen=True)
class Crossing:
    """Where two streets meet within one area."""

    name: str
    area: str | None
    words: tuple[frozenset[str], frozenset[str]]
    area_words: frozenset[str]
    lat: float
    lon: float
    cases: int


@dataclass(frozen=True)
class StreetIndex:
    """All streets and intersections of a city.

    `by_word` and `by_area_word`: the positions in `streets` of those with a word in their name, or
    in their area's. `is_all` is False where the city has more cases than were read.
    """

    streets: tuple[Street, ...] = field(repr=False)
    crossings: tuple[Crossing, ...] = field(repr=False)
    by_word: Mapping[str, frozenset[int]] = field(repr=False)
    by_area_word: Mapping[str, frozenset[int]] = field(repr=False)
    vocabulary: tuple[str, ...] = field(repr=False)
    city_words: frozenset[str]
    cases: int
    is_all: bool


class _Named(NamedTuple):
    """What one address names: streets (their words, and as written), a number, an intersection."""

    streets: tuple[tuple[tuple[str, ...], str], ...] = ()
    number: int | None = None
    crossing: frozenset[tuple[str, ...]] = frozenset()
    crossing_name: str = ""


class _Trace:
    """What the cases say of one street or intersection in one area."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.lats: list[float] = []
        self.lons: list[float] = []
        self.numbers: dict[int, tuple[float, float]] = {}

    def add(self, name: str, lat: float, lon: float, number: int | None = None) -> None:
        self.names[name] = self.names.get(name, 0) + 1
        self.lats.append(lat)
        self.lons.append(lon)
        if number is not None:
            # Cases come newest first: of a house, the last place that the city gave is kept.
            self.numbers.setdefault(number, (lat, lon))

    @property
    def name(self) -> str:
        """As most cases spell it."""
        return min(self.names, key=lambda name: (-self.names[name], name))


def street_index(
    connection: Connection,
    city_id: str,
    city_name: str,
    most: int = MAX_CASES_READ,
    page: int = PAGE,
) -> StreetIndex:
    """The streets named in at least three public, exactly placed cases of an area.

    From the newest 60,000 cases, which take about a second: ask through Portal.cached_stale.
    Source: the published addresses and places of the city's cases, and its neighborhoods' names.
    """
    areas = _area_names(connection, city_id)
    record = _Record(
        frozenset(
            tuple(fold_words(part))
            for name in (*areas.values(), city_name)
            for part in name.split("/")
        )
    )
    for row in _newest(connection, city_id, most, page):
        record.add(*row)
    streets = tuple(
        _street(words, areas.get(area), trace)
        for (words, area), trace in record.streets.items()
        if len(trace.lats) >= MIN_CASES
    )
    crossings = tuple(
        _crossing(words, areas.get(area), trace)
        for (words, area), trace in record.crossings.items()
    )
    city_words = frozenset(fold_street(city_name))
    return _index(streets, crossings, city_words, record.cases, is_all=record.cases < most)


class _Record:
    """What the cases read so far say of streets and intersections, by their words and area.

    `endings`: words of the city and its areas, which addresses may end with.
    """

    def __init__(self, endings: frozenset[_Words]) -> None:
        self.cases = 0
        self.streets: dict[tuple[_Words, int | None], _Trace] = defaultdict(_Trace)
        self.crossings: dict[tuple[frozenset[_Words], int | None], _Trace] = defaultdict(_Trace)
        self._endings = endings
        self._named: dict[str, _Named] = {}

    def add(
        self,
        address: str | None,
        lat: float | None,
        lon: float | None,
        area: int | None,
        precision: str,
    ) -> None:
        """Take in a case; one without an exactly placed address only counts."""
        self.cases += 1
        if address is None or lat is None or lon is None or precision != "exact":
            return
        named = self._named.get(address)
        if named is None:
            named = self._named[address] = _named(address, self._endings)
        for words, name in named.streets:
            self.streets[words, area].add(name, lat, lon, named.number)
        if named.crossing:
            self.crossings[named.crossing, area].add(named.crossing_name, lat, lon)


def _named(address: str, endings: frozenset[tuple[str, ...]]) -> _Named:
    read = read_address(address, endings)
    if read is None:
        return _Named()
    streets = tuple((fold_street(street), street) for street in read.streets)
    crossing = frozenset(words for words, _ in streets)
    if len(crossing) < 2:
        return _Named(streets[:1], read.number)
    return _Named(streets, None, crossing, " & ".join(read.streets))


def _area_names(connection: Connection, city_id: str) -> dict[int | None, str]:
    query = text(
        "select label_id, name from public_labels"
        " where jurisdiction_id = :city and kind = 'neighborhood'"
    )
    return {row.label_id: row.name for row in connection.execute(query, {"city": city_id})}


def _newest(
    connection: Connection, city_id: str, most: int, page: int
) -> Iterator[tuple[str | None, float | None, float | None, int | None, str]]:
    """Cases page by page, so that no statement of the public engine runs long."""
    query = text(
        "select address, lat, lon, neighborhood_id, place_precision, opened_at, id"
        " from public_cases where jurisdiction_id = :city and (opened_at, id) < (:opened_at, :id)"
        " order by opened_at desc, id desc limit :limit"
    )
    place = {"opened_at": 1 << 40, "id": 0}
    for _ in range(most // page):
        rows = connection.execute(query, {"city": city_id, "limit": page, **place}).all()
        yield from (row[:5] for row in rows)
        if len(rows) < page:
            return
        place = {"opened_at": rows[-1].opened_at, "id": rows[-1].id}


def _street(words: tuple[str, ...], area: str | None, trace: _Trace) -> Street:
    numbers = sorted(trace.numbers)
    return Street(
        name=trace.name,
        area=area,
        words=words,
        area_words=frozenset(fold_street(area or "")),
        lat=statistics.median(trace.lats),
        lon=statistics.median(trace.lons),
        cases=len(trace.lats),
        numbers=array("i", numbers),
        number_lats=array("d", [trace.numbers[number][0] for number in numbers]),
        number_lons=array("d", [trace.numbers[number][1] for number in numbers]),
    )


def _crossing(words: frozenset[tuple[str, ...]], area: str | None, trace: _Trace) -> Crossing:
    one, other = sorted(words)
    return Crossing(
        name=trace.name,
        area=area,
        words=(frozenset(one), frozenset(other)),
        area_words=frozenset(fold_street(area or "")),
        lat=statistics.median(trace.lats),
        lon=statistics.median(trace.lons),
        cases=len(trace.lats),
    )


def _index(
    streets: tuple[Street, ...],
    crossings: tuple[Crossing, ...],
    city_words: frozenset[str],
    cases: int,
    is_all: bool,
) -> StreetIndex:
    by_word: dict[str, set[int]] = defaultdict(set)
    by_area_word: dict[str, set[int]] = defaultdict(set)
    for position, street in enumerate(streets):
        for word in street.words:
            by_word[word].add(position)
        for word in street.area_words:
            by_area_word[word].add(position)
    return StreetIndex(
        streets=streets,
        crossings=crossings,
        by_word={word: frozenset(positions) for word, positions in by_word.items()},
        by_area_word={word: frozenset(positions) for word, positions in by_area_word.items()},
        vocabulary=tuple(sorted(by_word)),
        city_words=city_words,
        cases=cases,
        is_all=is_all,
    )
