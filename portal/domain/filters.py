"""Which cases a visitor asked for: one frozen filter behind every page, tile, count and feed.

    status=open&service=pothole  →  CaseFilter(status=("open",), service=("pothole",))

As SQL: portal/filter_sql.py. As a sentence: layouts/cases/sentence.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import parse_qsl, urlencode

from portal.domain.bounds import Bounds
from portal.errors import BadRequest

STATUS_WORDS = ("open", "in_progress", "closed", "overdue")
STILL_OPEN = ("in_progress", "open")
"""The statuses of what is not closed."""
PHOTO_WORDS = ("yes", "no")
VIEW_PARAMETERS = frozenset(
    {"z", "lat", "lon", "map", "areas", "sort", "after", "page", "lang", "v", "theme"}
)
"""A page's parameters that say how to show cases, not which."""
MAX_QUERY_STRING = 2_000
MAX_PARAMETERS = 200
MAX_VALUES = 50
MAX_WORDS = 120
BBOX_DECIMALS = 6


@dataclass(frozen=True)
class CaseFilter:
    """Which cases; all of them where every field is empty.

    Several values of a field mean any of them; a case must match every field. `service`,
    `neighborhood`, `district`, `department` and `channel` are slugs; `start` and `end` are days of
    opening in the city's zone, both included; `bbox` is a box in degrees (URL: west,south,east,
    north).
    """

    status: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    neighborhood: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    photo: str | None = None
    q: str | None = None
    bbox: Bounds | None = None

    @classmethod
    def from_query_string(cls, search: str | None) -> CaseFilter:
        """The filter of a URL's query.

        Raises BadRequest naming a parameter or value that we do not understand.
        """
        search = (search or "").lstrip("?")
        _check_length(search)
        asked: dict[str, list[str]] = {}
        for name, value in _pairs(search):
            if name in VIEW_PARAMETERS:
                continue
            if parts := _split(name, value):
                asked.setdefault(name, []).extend(parts)
        return cls._from_values(asked)

    @classmethod
    def _from_values(cls, asked: Mapping[str, list[str]]) -> CaseFilter:
        known = {f.name for f in fields(cls)}
        values: dict[str, object] = {}
        for name, parts in asked.items():
            if name not in known:
                raise _unknown_filter(name, known)
            values[name] = _parse(name, parts)
        made = cls(**values)  # pyright: ignore[reportArgumentType]
        if made.start and made.end and made.start > made.end:
            raise BadRequest(
                "The filter starts on {start} but ends on {end}; swap the two dates.",
                start=made.start,
                end=made.end,
            )
        return made

    def to_query_string(self) -> str:
        """The canonical query: names in the order of the fields, values sorted.

        Equal filters give equal strings.
        """
        pairs = []
        for f in fields(self):
            value = getattr(self, f.name)
            if value in (None, ()):
                continue
            pairs.append((f.name, _format(value)))
        return urlencode(pairs, safe=",")

    @property
    def is_empty(self) -> bool:
        """Whether it lets every case through."""
        return self == CaseFilter()


def _pairs(search: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(search, keep_blank_values=False, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise BadRequest("This address has too many parts: at most 200.") from None


def _split(name: str, value: str) -> list[str]:
    if name in _SINGLE:
        return [value] if value.strip() else []
    return [part for part in (piece.strip() for piece in value.split(",")) if part]


def _check_length(search: str) -> None:
    if len(search) > MAX_QUERY_STRING:
        raise BadRequest(
            "This address is too long: {n} characters, at most {most}.",
            n=len(search),
            most=MAX_QUERY_STRING,
        )


def _unknown_filter(name: str, known: set[str]) -> BadRequest:
    return BadRequest(
        "We do not know the filter “{name}”. Filters are: {known}.",
        name=name[:40],
        known=", ".join(sorted(known)),
    )


def _parse(name: str, parts: list[str]) -> object:
    n = len(parts)
    if name in _SINGLE:
        if len(set(parts)) > 1:
            raise BadRequest(
                "The filter “{name}” was given {n} times; give it once.", name=name, n=n
            )
        return _SINGLE[name](parts[0])
    if n > MAX_VALUES:
        raise BadRequest(
            "The filter “{name}” has {n} values; at most {most}.", name=name, n=n, most=MAX_VALUES
        )
    if name == "status" and (odd := set(parts) - set(STATUS_WORDS)):
        raise _unknown_status(sorted(odd)[0])
    return tuple(sorted({_slug(name, part) for part in parts}))


def _unknown_status(word: str) -> BadRequest:
    return BadRequest(
        "We do not know the status “{word}”. It is one of: {known}.",
        word=word[:40],
        known=", ".join(STATUS_WORDS),
    )


def _slug(name: str, value: str) -> str:
    # In lower case first: that makes two of some letters, and our own URL must pass this too.
    slug = value.lower()
    if len(slug) > 80 or not slug.replace("-", "").replace("_", "").isalnum():
        raise BadRequest(
            "We do not understand “{value}” in the filter “{name}”. Names look like jamaica-plain.",
            value=value[:40],
            name=name,
        )
    return slug


def _date(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not 1990 <= day.year <= 2100:
        raise BadRequest(
            "We do not understand the date “{value}”. Write it like 2026-11-23.", value=value[:40]
        )
    return day


def _photo(value: str) -> str:
    if value not in PHOTO_WORDS:
        raise BadRequest("We do not understand photo=“{value}”. It is yes or no.", value=value[:40])
    return value


def _words(value: str) -> str | None:
    words = " ".join(value.replace("\x00", " ").split())
    if len(words) > MAX_WORDS:
        raise BadRequest(
            "The search has {n} characters; at most {most}.", n=len(words), most=MAX_WORDS
        )
    return words or None


def _bbox(value: str) -> Bounds:
    try:
        west, south, east, north = (round(float(part), BBOX_DECIMALS) for part in value.split(","))
    except ValueError:
        raise BadRequest(
            "We do not understand the map area “{value}”. Write west,south,east,north in degrees.",
            value=value[:60],
        ) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadRequest(
            "The map area “{value}” is not a box: west,south,east,north in degrees.",
            value=value[:60],
        )
    return Bounds(south=south, west=west, north=north, east=east)


def _format(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Bounds):
        edges = (value.west, value.south, value.east, value.north)
        return ",".join(f"{degrees:.{BBOX_DECIMALS}f}".rstrip("0").rstrip(".") for degrees in edges)
    return value.isoformat() if isinstance(value, date) else str(value)


_SINGLE = {"start": _date, "end": _date, "photo": _photo, "q": _words, "bbox": _bbox}
