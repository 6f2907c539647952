"""In which order a visitor sees cases: newest, oldest open, most followed, or closest to a place. A part of a page's URL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from portal.domain.filters import MAX_QUERY_STRING
from portal.errors import BadRequest

ORDER_NAMES = ("newest", "oldest", "followed", "closest")


@dataclass(frozen=True)
class CaseOrder:
    """`newest`: by opening, the last first. `closest`: to `lat`, `lon` in degrees.

    `oldest`: the first opened first; only those that are open or in progress, unless a status is asked for. `followed`: those that most
    people follow first.
    """

    name: Literal["newest", "oldest", "followed", "closest"] = "newest"
    lat: float | None = None
    lon: float | None = None

    @classmethod
    def from_query_string(cls, search: str | None) -> CaseOrder:
        """The order of a URL's query (sort, and lat and lon for closest). Raises BadRequest for one we do not know."""
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
        """What a URL needs to say for this order; nothing for the usual one."""
        if self.name == "newest":
            return ""
        place = (
            []
            if self.lat is None or self.lon is None
            else [("lat", f"{self.lat:.5f}"), ("lon", f"{self.lon:.5f}")]
        )
        return urlencode([("sort", self.name), *place])


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
