"""The order in which a visitor sees cases, as part of a page's URL.

sort=closest&lat=42.32&lon=-71.07  →  CaseOrder("closest", 42.32, -71.07)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from portal.domain.filters import MAX_QUERY_STRING, STILL_OPEN, CaseFilter
from portal.errors import BadRequest

ORDER_NAMES = ("newest", "oldest", "followed", "closest")


@dataclass(frozen=True)
class CaseOrder:
    """How a list of cases is sorted.

    newest    last opened first
    oldest    first opened first; only open and in progress, unless the filter names a status
    followed  most followers first
    closest   to `lat`, `lon` in degrees
    """

    name: Literal["newest", "oldest", "followed", "closest"] = "newest"
    lat: float | None = None
    lon: float | None = None

    def filter_of(self, case_filter: CaseFilter) -> CaseFilter:
        """The filter as a list in this order means it: the oldest cases are those still open."""
        if self.name == "oldest" and not case_filter.status:
            return replace(case_filter, status=STILL_OPEN)
        return case_filter

    @classmethod
    def from_query_string(cls, search: str | None) -> CaseOrder:
        """The order of a URL's query: sort, and lat and lon for closest.

        Raises BadRequest for an order we do not know, and for a place off the globe.
        """
        asked = dict(parse_qsl((search or "").lstrip("?")[:MAX_QUERY_STRING]))
        name = asked.get("sort") or "newest"
        if name not in ORDER_NAMES:
            raise BadRequest(
                "We do not know the order sort=“{name}”. It is one of: {known}.",
                name=name[:40],
                known=", ".join(ORDER_NAMES),
            )
        if name != "closest":
            return cls(name)
        return cls(name, _degrees(asked, "lat", 90), _degrees(asked, "lon", 180))

    def to_query_string(self) -> str:
        """The same order as a query; empty for newest, which is the default."""
        if self.name == "newest":
            return ""
        query = {"sort": self.name}
        if self.lat is not None and self.lon is not None:
            query |= {"lat": f"{self.lat:.5f}", "lon": f"{self.lon:.5f}"}
        return urlencode(query)


def _degrees(asked: dict[str, str], name: str, limit: int) -> float:
    try:
        degrees = float(asked[name])
    except (KeyError, ValueError):
        degrees = math.nan
    if not -limit <= degrees <= limit:
        sentence = (
            "“Closest” needs a place: {name} in degrees from -{limit} to {limit}, not “{value}”."
        )
        raise BadRequest(sentence, name=name, limit=limit, value=asked.get(name, "")[:20])
    return round(degrees, 5)
