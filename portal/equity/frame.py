"""The model frame: cases by channel and census tract, beside who lives there.

Cases are counted in the published facts, the year up to the newest one; measures and outlines come
from the public views of the store.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import shapely
from sqlalchemy import Connection, text

from portal.domain.city_days import start_of_day
from portal.domain.demographics import MEASURES, POPULATION, RESIDENTIAL
from portal.domain.equity import CaseCounts, Channel, Frame, Tract
from portal.domain.jurisdiction import Jurisdiction
from portal.facts.reader import Facts

DAYS = 365
TOUCHING_DEGREES = 1e-5
"""Tracts whose outlines are closer than a meter touch."""


class Outlined(NamedTuple):
    """A tract with its measures and outline."""

    label_id: int
    name: str
    measures: Mapping[str, float]
    outline: Any


def make_frame(connection: Connection, facts: Facts, city: Jurisdiction) -> Frame:
    """The frame of a city. Without demographics its `tracts` are empty."""
    since, until, days = _find_period(facts, city)
    counted = facts.rows(_COUNTS, [since, until]) if days else []
    tracts = read_tracts(connection, city.id)
    channels, in_tracts, counts = _sort_cases(facts, city, counted, tracts)
    neighborhoods = _find_neighborhoods(connection, city.id, tracts)
    return Frame(
        *(days or ("", "")),
        counts,
        channels,
        _choose_measures(tracts),
        tuple(
            _make_tract(tract, neighborhood, channels, in_tracts)
            for tract, neighborhood in zip(tracts, neighborhoods, strict=True)
            if POPULATION in tract.measures
        ),
    )


def read_tracts(connection: Connection, city_id: str) -> list[Outlined]:
    """The city's tracts by name, each with what is known of it."""
    measures: dict[int, dict[str, float]] = defaultdict(dict)
    for label_id, measure, value in connection.execute(text(_MEASURES), {"city": city_id}):
        measures[label_id][measure] = value
    return [
        Outlined(label_id, name, measures[label_id], shapely.from_geojson(geometry))
        for label_id, name, geometry in _read_layer(connection, city_id, "tract")
    ]


def find_touching(outlines: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of tracts that touch, each both ways, from their outlines by name."""
    names = list(outlines)
    shapes = np.array([outlines[name] for name in names], dtype=object)
    pairs = shapely.STRtree(shapes).query(shapes, "dwithin", TOUCHING_DEGREES)
    return [(names[one], names[other]) for one, other in pairs.T if one != other]


def _find_period(facts: Facts, city: Jurisdiction) -> tuple[int, int, tuple[str, str] | None]:
    """From when to when (epoch s, both included), and the days; None without a case."""
    [(oldest, newest)] = facts.rows(_EDGES, [facts.as_of])
    if newest is None:
        return 0, 0, None
    last = datetime.fromtimestamp(newest, city.zone).date()
    first = last - timedelta(days=DAYS - 1)
    since = max(start_of_day(first, city.zone), oldest)
    first_day = datetime.fromtimestamp(since, city.zone).date()
    return since, newest, (first_day.isoformat(), last.isoformat())


def _sort_cases(
    facts: Facts, city: Jurisdiction, counted: list[tuple], tracts: list[Outlined]
) -> tuple[tuple[Channel, ...], Counter[tuple[int, str]], CaseCounts]:
    """Residents' channels, cases by tract and channel, and what is left out."""
    of_staff = {name.casefold() for name in city.staff_channels}
    words = facts.words("channel")
    ours = {tract.label_id for tract in tracts}
    in_tracts: Counter[tuple[int, str]] = Counter()
    left: Counter[str] = Counter()
    for tract, channel, is_placed, cases in counted:
        word = words.get(channel)
        if not is_placed:
            left["without_location"] += cases
        elif tract not in ours:
            left["in_no_tract"] += cases
        elif word is None or word.name.casefold() in of_staff:
            left["by_staff"] += cases
        else:
            in_tracts[tract, word.slug] += cases
    by_channel: Counter[str] = Counter()
    for (_tract, slug), cases in in_tracts.items():
        by_channel[slug] += cases
    names = {word.slug: word.name for word in words.values()}
    channels = sorted(by_channel, key=lambda slug: (-by_channel[slug], slug))
    counts = CaseCounts(
        all_cases=left.total() + in_tracts.total(), counted=in_tracts.total(), **left
    )
    return tuple(Channel(slug, names[slug]) for slug in channels), in_tracts, counts


def _choose_measures(tracts: list[Outlined]) -> tuple[str, ...]:
    """Those known in half of the tracts where people live: one that is rare would cost the rest."""
    inhabited = [tract.measures for tract in tracts if tract.measures.get(POPULATION)]
    known = Counter(name for measures in inhabited for name in measures)
    return tuple(name for name in MEASURES if known[name] and 2 * known[name] >= len(inhabited))


def _make_tract(
    tract: Outlined,
    neighborhood: str,
    channels: tuple[Channel, ...],
    in_tracts: Counter[tuple[int, str]],
) -> Tract:
    measures = dict(tract.measures)
    residential = measures.pop(RESIDENTIAL, None)
    return Tract(
        name=tract.name,
        neighborhood=neighborhood,
        population=measures.pop(POPULATION),
        is_residential=None if residential is None else bool(residential),
        measures=measures,
        cases={channel.slug: in_tracts[tract.label_id, channel.slug] for channel in channels},
    )


def _find_neighborhoods(connection: Connection, city_id: str, tracts: list[Outlined]) -> list[str]:
    """The neighborhood of a point inside each tract; empty where there is none."""
    layer = list(_read_layer(connection, city_id, "neighborhood"))
    if not layer or not tracts:
        return [""] * len(tracts)
    shapes = np.array([shapely.from_geojson(geometry) for *_, geometry in layer], dtype=object)
    points = shapely.point_on_surface(np.array([tract.outline for tract in tracts], dtype=object))
    found = [""] * len(tracts)
    for point, shape in shapely.STRtree(shapes).query(points, "intersects").T[::-1]:
        found[point] = layer[shape][1]
    return found


def _read_layer(connection: Connection, city_id: str, kind: str) -> Any:
    return connection.execute(text(_LAYER), {"city": city_id, "kind": kind}).all()


_EDGES = "select min(opened_at), max(opened_at) from cases where opened_at <= ?"
_COUNTS = """
select tract, channel, lat is not null as is_placed, count(*) as cases
from cases where opened_at between ? and ? group by all
"""
_MEASURES = """
select label_id, measure, value from public_tract_measures where jurisdiction_id = :city
"""
_LAYER = """
select b.label_id, l.name, b.geometry from public_boundaries b
join public_labels l on l.jurisdiction_id = b.jurisdiction_id and l.label_id = b.label_id
where b.jurisdiction_id = :city and b.kind = :kind order by l.name
"""
