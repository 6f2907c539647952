"""Which cases an Open311 client asks for: the checked GET parameters of `requests`.

    query = read_requests_query({"status": "open", "page_size": "100"}, city.zone, now)
    query.where(FACTS)  # "status < 2 and opened_at between 1787572800 and 1795348800"

As in the standard: `service_request_id` overrides all else, a span of report is at most 90 days,
which is also what is answered if none is asked for. Our extensions are in docs/open311.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.distance import box_around, metres_per_degree
from portal.errors import BadCall, BadCalls
from portal.open311.values import (
    MAX_PAGE,
    MAX_PAGE_SIZE,
    SPAN_SECONDS,
    read_degrees,
    read_list,
    read_numbers,
    read_time,
    read_whole_number,
)

RADIUS_METRES = "100"
MOST_METRES = 50_000.0
LONGEST_WORDS = 200
SECONDS_PER_DAY = 86_400
STATUSES = ("open", "closed")
Value = TypeVar("Value")
Args = Mapping[str, str]


@dataclass(frozen=True)
class Names:
    """How a store of cases calls what a question names; `prefix` stands before its columns."""

    prefix: str
    service: str
    closed: str
    still_open: str
    has_quads: bool = False


FACTS = Names("", "service", "status = 2", "status < 2", has_quads=True)
STORE = Names("c.", "c.service_id", "c.status = 'closed'", "c.is_open = 1")


@dataclass(frozen=True)
class RequestsQuery:
    """A checked question. Times are epoch seconds, both ends included; a place is in degrees.

    `service_ids` are the store's own for `codes`; None until they are looked up.
    """

    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    service_ids: tuple[int, ...] | None = None
    status: str | None = None
    opened: tuple[int, int] | None = None
    updated_from: int | None = None
    updated_to: int | None = None
    after_id: str = ""
    box: Bounds | None = None
    circle: tuple[float, float, float] | None = None
    q: str = ""
    page: int = 1
    page_size: int = MAX_PAGE_SIZE
    is_extended: bool = False

    @property
    def is_by_change(self) -> bool:
        """Whether the cases come by their last change, oldest first, so that a sync can walk."""
        return self.updated_from is not None

    @property
    def offset(self) -> int:
        """How many cases are on the pages before."""
        return (self.page - 1) * self.page_size

    def where(self, names: Names) -> str:
        """SQL that these cases pass, but for their numbers and words.

        All values in it are our own numbers.
        """
        parts = [*self._plain_parts(names), *self._place_parts(names)]
        return " and ".join(parts) or "1 = 1"

    def _plain_parts(self, names: Names) -> list[str]:
        parts = []
        if self.service_ids is not None:
            ids = ", ".join(str(int(number)) for number in self.service_ids)
            parts.append(f"{names.service} in ({ids})" if ids else "1 = 0")
        if self.status:
            parts.append(names.closed if self.status == "closed" else names.still_open)
        for column, limits in (
            ("opened_at", self.opened or (None, None)),
            ("updated_at", (self.updated_from, self.updated_to)),
        ):
            for sign, limit in zip((">=", "<="), limits, strict=True):
                if limit is not None:
                    parts.append(f"{names.prefix}{column} {sign} {limit}")
        return parts

    def _place_parts(self, names: Names) -> list[str]:
        parts = [_inside(names, self.box)] if self.box else []
        if self.circle:
            lat, lon, metres = self.circle
            north, east = metres_per_degree(lat)
            up = f"({names.prefix}lat - {lat!r}) * {north!r}"
            right = f"({names.prefix}lon - {lon!r}) * {east!r}"
            inside = _inside(names, box_around(lat, lon, metres))
            parts.append(f"{inside} and {up} * {up} + {right} * {right} <= {metres * metres!r}")
        return parts


def _inside(names: Names, box: Bounds) -> str:
    lat, lon = f"{names.prefix}lat", f"{names.prefix}lon"
    inside = f"{lat} between {box.south!r} and {box.north!r}"
    inside += f" and {lon} between {box.west!r} and {box.east!r}"
    if not names.has_quads:
        return inside
    # The facts are sorted by `quad`: its range tells DuckDB which parts of the file to read.
    ((start, end),) = morton.cover(box.south, box.west, box.north, box.east, max_ranges=1)
    return f"quad >= {start} and quad < {end} and {inside}"


def read_requests_query(given: Args, zone: ZoneInfo, now: int) -> RequestsQuery:
    """The question in GET parameters. Empty ones count as absent, unknown ones are ignored.

    `now` is in epoch seconds, `zone` that of times without an offset. Raises BadCalls, with a
    sentence for each parameter that is not right.
    """
    args = {name: value.strip() for name, value in given.items() if value.strip()}
    reader = Reader()
    size = reader.get(lambda: read_whole_number(args, "page_size", MAX_PAGE_SIZE, MAX_PAGE_SIZE), 1)
    page = reader.get(lambda: read_whole_number(args, "page", 1, MAX_PAGE), 1)
    ids = reader.get(lambda: read_list(args, "service_request_id"), [])
    shown: dict[str, Any] = {
        "page": page,
        "page_size": size,
        "is_extended": args.get("extensions", "").lower() == "true",
    }
    if not ids:
        shown |= reader.get(lambda: _read_times(args, zone, now), {}) | {
            "codes": tuple(reader.get(lambda: read_list(args, "service_code"), [])),
            "status": reader.get(lambda: _read_status(args), None),
            "after_id": args.get("after_id", "") if "updated_after" in args else "",
            "box": reader.get(lambda: _read_box(args), None),
            "circle": reader.get(lambda: _read_circle(args), None),
            "q": reader.get(lambda: _read_words(args), ""),
        }
    reader.finish()
    return RequestsQuery(ids=tuple(ids), **shown)


class Reader:
    """Reads one parameter after another and gathers what is not right."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def get(self, read: Callable[[], Value], otherwise: Value) -> Value:
        """What is read, or `otherwise`, and the fault is kept."""
        try:
            return read()
        except BadCall as problem:
            self.sentences += getattr(problem, "sentences", (str(problem),))
            return otherwise

    def finish(self) -> None:
        """Raise BadCalls if anything was not right."""
        if self.sentences:
            raise BadCalls(tuple(dict.fromkeys(self.sentences)))


def _read_status(args: Args) -> str | None:
    """`open` or `closed`; None for both."""
    words = [word.lower() for word in read_list(args, "status")]
    for word in words:
        if word not in STATUSES:
            raise BadCall("status is {word!r}; it is open or closed.", word=word[:40])
    return words[0] if len(set(words)) == 1 else None


def _read_words(args: Args) -> str:
    words = args.get("q", "")
    if len(words) > LONGEST_WORDS:
        raise BadCall(
            "q has {count:,} characters; at most {most}.", count=len(words), most=LONGEST_WORDS
        )
    return words


def _read_box(args: Args) -> Bounds | None:
    if "bbox" not in args:
        return None
    west, south, east, north = read_numbers("bbox", args["bbox"], 4)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadCall(
            "bbox is {value!r}; it is west,south,east,north in degrees, the smaller number first.",
            value=args["bbox"][:60],
        )
    return Bounds(south=south, west=west, north=north, east=east)


def _read_circle(args: Args) -> tuple[float, float, float] | None:
    place = read_degrees(args)
    if place is None:
        if "radius" in args:
            raise BadCall("radius needs a place: lat and long.")
        return None
    (metres,) = read_numbers("radius", args.get("radius", RADIUS_METRES), 1)
    if not 0 < metres <= MOST_METRES:
        raise BadCall(
            "radius is {metres:g}; it is metres, above 0 and at most {most:,.0f}.",
            metres=metres,
            most=MOST_METRES,
        )
    return *place, metres


def _read_times(args: Args, zone: ZoneInfo, now: int) -> dict[str, Any]:
    """The span of report, and of change. A walk by change has no span of report of its own."""
    reader = Reader()
    after, before = reader.get(lambda: _read_ends(args, zone, _UPDATED), (None, None))
    times: dict[str, Any] = {"updated_from": after, "updated_to": before}
    if "updated_after" not in args or not {"start_date", "end_date"}.isdisjoint(args):
        times["opened"] = reader.get(lambda: read_span(args, zone, now), None)
    reader.finish()
    return times


def read_span(args: Args, zone: ZoneInfo, now: int) -> tuple[int, int]:
    """`start_date` and `end_date` in epoch seconds: at most 90 days, the last ones if absent.

    Of a span with one end, the 90 days after the start, or before the end. Raises BadCalls.
    """
    start, end = _read_ends(args, zone, ("start_date", "end_date"))
    if start is None:
        end = now if end is None else end
        return end - SPAN_SECONDS, end
    if end is None:
        return start, start + SPAN_SECONDS
    # From 1 September to 30 November are 90 days, and the last of them counts to its end.
    if end - start >= SPAN_SECONDS + SECONDS_PER_DAY:
        raise BadCall(
            "start_date and end_date are {days:,} days apart; at most 90. Ask for several spans,"
            " or walk through all with updated_after and after_id.",
            days=(end - start) // SECONDS_PER_DAY,
        )
    return start, end


_UPDATED = ("updated_after", "updated_before")


def _read_ends(args: Args, zone: ZoneInfo, names: tuple[str, str]) -> tuple[int | None, int | None]:
    """The first and the last second of a span; None for an end that is not named."""
    reader = Reader()
    first = reader.get(lambda: read_time(args, names[0], zone), None)
    last = reader.get(lambda: read_time(args, names[1], zone, is_end=True), None)
    reader.finish()
    if first is not None and last is not None and first > last:
        raise BadCall("{first} is later than {last}.", first=names[0], last=names[1])
    return first, last
