"""The neighborhood, council district and tract of a case: by the city's own label and by polygon.

Both are kept apart. The city's label counts where it names an area we know, or where there are no
polygons; otherwise the polygon that the pin is in; otherwise the label as it is. Boston's label
matches a polygon's name in two thirds of its rows: `neighborhood_aliases` of the city's file names
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from sqlalchemy import Engine

from portal.domain.areas import Areas
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync import areas
from portal.services.sync.areas import Placed

KINDS = ("neighborhood", "district", "tract")


class Layer:
    """The polygons of one kind."""

    def __init__(self, polygons: list[tuple[str, str]]) -> None:
        self.names = [name for name, _ in polygons]
        self.by_key = {_key(name): name for name in self.names}
        shapes = [shapely.from_geojson(geometry) for _, geometry in polygons]
        self._shapes = np.array(shapes, dtype=object)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def names_at(self, lons: np.ndarray, lats: np.ndarray) -> list[str | None]:
        """The area of each place, in degrees; NaN is no place.

        Where polygons overlap, the first by name counts.
        """
        found = np.full(len(lons), len(self.names))
        located = np.flatnonzero(~np.isnan(lons))
        if len(located) and self.names:
            pairs, shapes = self._tree.query(shapely.points(lons[located], lats[located]))
            candidates = located[pairs]
            # The tree knows only boxes; prepared polygons answer for many points at once.
            inside = shapely.intersects_xy(self._shapes[shapes], lons[candidates], lats[candidates])
            np.minimum.at(found, candidates[inside], shapes[inside])
        names: list[str | None] = [*self.names, None]
        return [names[place] for place in found]


class AreaFinder:
    """The areas of a city. Polygons are few and stay in memory while a sync runs."""

    def __init__(self, city: Jurisdiction, layers: dict[str, list[tuple[str, str]]]) -> None:
        self.city = city
        self.layers = {kind: Layer(polygons) for kind, polygons in layers.items()}
        self._known: dict[tuple[str | None, ...], Areas] = {}
        self._aliases = {_key(written): name for written, name in city.neighborhood_aliases.items()}

    def set_areas(self, records: list[CleanRecord]) -> list[CleanRecord]:
        """The same records, with their areas set."""
        cases = [
            (*_credible_place(clean), clean.record.neighborhood, clean.record.district)
            for clean in records
        ]
        for clean, found in zip(records, self.areas_of(cases), strict=True):
            clean.areas = found
        return records

    def areas_of(self, cases: Sequence[Placed]) -> list[Areas]:
        """The areas of each case, given as (lat, lon, the city's neighborhood, its district)."""
        lons = np.array([lon if lon is not None else np.nan for _, lon, _, _ in cases], dtype=float)
        lats = np.array([lat if lat is not None else np.nan for lat, _, _, _ in cases], dtype=float)
        by_polygon = {kind: layer.names_at(lons, lats) for kind, layer in self.layers.items()}
        nowhere: list[str | None] = [None] * len(cases)
        found = zip(*(by_polygon.get(kind, nowhere) for kind in KINDS), strict=True)
        return [
            self._areas(neighborhood, district, *names)
            for (_, _, neighborhood, district), names in zip(cases, found, strict=True)
        ]

    def known_name(self, kind: str, label: str | None) -> str | None:
        """The name by which we know the area of the city's label.

        A label we do not know stays as it is; one of zeros means none.
        """
        if label is None or not label.strip("0 "):
            return None
        key = _key(label)
        if kind == "neighborhood" and key in self._aliases:
            label = self._aliases[key]
            key = _key(label)
        layer = self.layers.get(kind)
        return layer.by_key.get(key, label) if layer else label

    def _areas(self, *names: str | None) -> Areas:
        """The same few hundred combinations come again and again."""
        areas = self._known.get(names)
        if areas is None:
            areas = self._known[names] = self._decide(*names)
        return areas

    def _decide(
        self,
        neighborhood_label: str | None,
        district_label: str | None,
        neighborhood: str | None,
        district: str | None,
        tract: str | None,
    ) -> Areas:
        city_neighborhood = self.known_name("neighborhood", neighborhood_label)
        city_district = self.known_name("district", district_label)
        return Areas(
            neighborhood=self._effective("neighborhood", city_neighborhood, neighborhood),
            city_neighborhood=city_neighborhood,
            polygon_neighborhood=neighborhood,
            district=self._effective("district", city_district, district),
            city_district=city_district,
            polygon_district=district,
            tract=tract,
        )

    def _effective(self, kind: str, label: str | None, polygon: str | None) -> str | None:
        layer = self.layers.get(kind)
        if layer is None or (label is not None and _key(label) in layer.by_key):
            return label
        return polygon or label


def load_area_finder(core: Engine, city: Jurisdiction) -> AreaFinder:
    """A finder with the stored layers of the city."""
    with core.connect() as connection:
        return AreaFinder(city, areas.stored_layers(connection, city.id))


def _credible_place(clean: CleanRecord) -> tuple[float | None, float | None]:
    return (clean.record.lat, clean.record.lon) if clean.place_is_credible else (None, None)


def _key(name: str) -> str:
    """A name without what differs between spellings: case, spaces, punctuation, leading zeros.

    "District 7", "07" and "7" have one key.
    """
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()
    if len(words) > 1 and words[0] == "district":
        words = words[1:]
    return " ".join(word.lstrip("0") or word for word in words)
