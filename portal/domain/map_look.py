"""How a page's map looks, as part of the page's URL.

z=14&lat=42.33&lon=-71.07&map=density  →  MapLook(14, 42.33, -71.07, cases="density")
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from portal.domain.bounds import Bounds
from portal.domain.filters import MAX_QUERY_STRING
from portal.errors import BadRequest

CASES_AS = ("circles", "density")
OUTLINES = ("neighborhood", "district", "none")
DEEPEST_ZOOM = 22
WORLD_PIXELS = 256
"""Width of the whole world at zoom 0."""
PHONE_PIXELS = (390, 250)
"""About what a phone shows of a map: width, height."""
MERCATOR_EDGE = 85.0


@dataclass(frozen=True)
class MapLook:
    """Where the map is, how it shows cases, and whose outlines it draws.

    `zoom`, `lat` and `lon` (degrees) place it only if all three are given. `cases`: circles or
    density. `areas`: neighborhood, district or none.
    """

    zoom: float | None = None
    lat: float | None = None
    lon: float | None = None
    cases: str = "circles"
    areas: str = "neighborhood"

    @classmethod
    def from_query_string(cls, search: str | None) -> MapLook:
        """The look of a URL's query: z, lat, lon, map, areas.

        Raises BadRequest for a value that no map has.
        """
        asked = dict(parse_qsl((search or "").lstrip("?")[:MAX_QUERY_STRING]))
        as_what, areas = asked.get("map", "circles"), asked.get("areas", "neighborhood")
        _check_map(as_what)
        _check_outlines(areas)
        zoom = _number(asked, "z", 0, DEEPEST_ZOOM)
        lat, lon = _number(asked, "lat", -90, 90), _number(asked, "lon", -180, 180)
        if asked.get("sort") == "closest":
            # Here lat and lon are the place that cases are to be close to.
            lat = lon = None
        return cls(zoom, lat, lon, as_what, areas)

    def to_query_string(self) -> str:
        """The same look as a query, without defaults: `z=14&lat=42.33&lon=-71.07&map=density`."""
        place = {"z": self.zoom, "lat": self.lat, "lon": self.lon}
        chosen = {
            name: f"{value:g}" if name == "z" else f"{value:.5f}"
            for name, value in place.items()
            if value is not None
        }
        usual = MapLook()
        chosen |= {"map": self.cases} if self.cases != usual.cases else {}
        chosen |= {"areas": self.areas} if self.areas != usual.areas else {}
        return urlencode(chosen)

    @property
    def visible_bounds(self) -> Bounds | None:
        """About what a phone shows of the map; None where the URL does not place it."""
        if self.zoom is None or self.lat is None or self.lon is None:
            return None
        degrees = 360.0 / (WORLD_PIXELS * 2.0**self.zoom)
        half_width, half_height = (degrees * pixels / 2 for pixels in PHONE_PIXELS)
        lat = max(-MERCATOR_EDGE, min(MERCATOR_EDGE, self.lat))
        half_height *= math.cos(math.radians(lat))
        return Bounds(
            south=lat - half_height,
            west=self.lon - half_width,
            north=lat + half_height,
            east=self.lon + half_width,
        )


def _check_map(value: str) -> None:
    if value not in CASES_AS:
        raise BadRequest(
            "We do not know the map “{value}”. It is one of: {known}.",
            value=value[:40],
            known=", ".join(CASES_AS),
        )


def _check_outlines(value: str) -> None:
    if value not in OUTLINES:
        raise BadRequest(
            "We have no outlines of “{value}”. We have: {known}.",
            value=value[:40],
            known=", ".join(OUTLINES),
        )


def _number(asked: dict[str, str], name: str, least: int, most: int) -> float | None:
    if name not in asked:
        return None
    try:
        value = float(asked[name])
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        sentence = "The map’s “{name}” is a number from {least} to {most}, not “{value}”."
        raise BadRequest(sentence, name=name, least=least, most=most, value=asked[name][:20])
    return value
