"""Parameters of the API: what each means, and how it is read from an address.

Every refusal names the parameter that is at fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from portal.domain.api_reference import Parameter
from portal.domain.as_of import parse_day
from portal.domain.city_days import start_of_day
from portal.domain.filters import MAX_VALUES, MAX_WORDS, PHOTO_WORDS, STATUS_WORDS, CaseFilter
from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.domain.sort_order import ORDER_NAMES, CaseOrder
from portal.errors import BadParameter, BadRequest
from portal.queries.cases.case_lists import MAX_CASES
from portal.queries.data.grouped_counts import GROUP_FIELDS, MAX_FIELDS

DEFAULT_LIMIT = 100
FORMATS = ("json", "geojson")
Values = Mapping[str, str]


def _slugs(name: str, what: str, example: str) -> Parameter:
    schema = {"type": "array", "items": {"type": "string"}, "maxItems": MAX_VALUES}
    return Parameter(name, schema, f"{what}, as slugs with commas between them.", example, True)


def _words(name: str, words: Iterable[str], meaning: str, most: int | None = None) -> Parameter:
    schema = {"type": "array", "items": {"type": "string", "enum": list(words)}}
    return Parameter(name, schema | ({"maxItems": most} if most else {}), meaning, is_list=True)


_DAY = {"type": "string", "format": "date"}
FILTERS = (
    _words("status", STATUS_WORDS, "Statuses; overdue is open or in progress, past its target."),
    _slugs("service", "Types of case", "pothole"),
    _slugs("neighborhood", "Neighborhoods", "roxbury"),
    _slugs("district", "Council districts", "7"),
    _slugs("department", "Departments", "public-works"),
    _slugs("channel", "How the case was reported", "phone"),
    Parameter("start", _DAY, "The first day of opening, in the city's zone.", "2026-11-01"),
    Parameter("end", _DAY, "The last day of opening, which is included.", "2026-11-30"),
    Parameter(
        "photo",
        {"type": "string", "enum": list(PHOTO_WORDS)},
        "Whether the city published a photo.",
    ),
    Parameter(
        "q",
        {"type": "string", "maxLength": MAX_WORDS},
        "Words in the case's title, texts and address; the newest 10,000 cases that have them.",
        "deep hole",
    ),
    Parameter(
        "bbox",
        {"type": "string"},
        "A box on the map: west,south,east,north in degrees.",
        "-71.1,42.3,-71,42.4",
    ),
)
"""Every field of portal.domain.filters.CaseFilter, as pages have them in their addresses."""
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_CASES, "default": DEFAULT_LIMIT},
    "How many a page has at most.",
)
AFTER = Parameter("after", {"type": "string"}, "Where the page before ended: see `next`.")
ORDER = (
    Parameter(
        "sort",
        {"type": "string", "enum": list(ORDER_NAMES), "default": "newest"},
        "The order. oldest has only open and in-progress cases, unless `status` is given; closest"
        " needs lat and lon.",
    ),
    Parameter(
        "lat", {"type": "number", "minimum": -90, "maximum": 90}, "For closest: latitude, WGS84."
    ),
    Parameter(
        "lon", {"type": "number", "minimum": -180, "maximum": 180}, "For closest: longitude, WGS84."
    ),
)
FIELDS = _words("fields", CASE_COLUMN_NAMES, "The fields of each case; all of them without it.")
FORMAT = Parameter(
    "format",
    {"type": "string", "enum": list(FORMATS), "default": "json"},
    "geojson for GeoJSON, as does the header Accept: application/geo+json.",
)
NUMBER = Parameter(
    "number",
    {"type": "string"},
    "The case's number as people type it: spaces, dashes, # and capitals do not matter.",
    "101005512345",
    is_required=True,
    place="path",
)
SINCE = Parameter(
    "since",
    {"type": "string"},
    "From when on: a time such as 2026-11-30T14:00:00Z, or a day in the city's zone.",
    "2026-11-30",
)
MOST_DAYS, DEFAULT_DAYS = 92, 14
UNTIL = Parameter(
    "until", _DAY, "The last day, in the city's zone; today without it.", "2026-11-30"
)
DAYS = Parameter(
    "days",
    {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": DEFAULT_DAYS},
    "How many days, up to the last one.",
)
GROUP_BY = replace(
    _words("group_by", GROUP_FIELDS, f"What to group by: one field or {MAX_FIELDS}.", MAX_FIELDS),
    is_required=True,
)


def read_values(known: Iterable[Parameter], given: MultiDict[str, str]) -> dict[str, str]:
    """The values of an address by name; those of a list joined with commas, none that is blank.

    Raises BadParameter for a name that is not known here, and for one given twice.
    """
    by_name = {parameter.name: parameter for parameter in known}
    values = {}
    for name, several in given.lists():
        if name not in by_name:
            raise BadParameter(
                name[:40],
                "There is no parameter “{name}” here. There are: {known}.",
                name=name[:40],
                known=", ".join(by_name) or "none",
            )
        if len(set(several)) > 1 and not by_name[name].is_list:
            raise BadParameter(name, "The parameter “{name}” was given twice.", name=name)
        if value := ",".join(dict.fromkeys(several)).strip():
            values[name] = value
    return values


def read_filter(values: Values) -> CaseFilter:
    """The filter of an address. Raises BadParameter."""
    asked = {field.name: values[field.name] for field in fields(CaseFilter) if field.name in values}
    try:
        return CaseFilter.from_query_string(urlencode(asked))
    except BadRequest as problem:
        raise BadParameter(_find_fault(asked), problem.sentence, **problem.values) from None


def _find_fault(asked: Values) -> str:
    """The first filter that is refused by itself; else it is where the days contradict."""
    for name, value in asked.items():
        try:
            CaseFilter.from_query_string(urlencode({name: value}))
        except BadRequest:
            return name
    return "start"


def read_order(values: Values) -> CaseOrder:
    """The order of an address. Raises BadParameter."""
    names = [name for name in ("sort", "lat", "lon") if name in values]
    try:
        order = CaseOrder.from_query_string(urlencode({name: values[name] for name in names}))
    except BadRequest as problem:
        at_fault = problem.values["name"] if "limit" in problem.values else "sort"
        raise BadParameter(at_fault, problem.sentence, **problem.values) from None
    if order.name != "closest" and (odd := [name for name in names if name != "sort"]):
        raise BadParameter(
            odd[0], "“{name}” goes with sort=closest, and nothing else.", name=odd[0]
        )
    return order


def read_number(values: Values, parameter: Parameter) -> int:
    """The whole number of a parameter, within its bounds. Raises BadParameter."""
    schema, name = parameter.schema, parameter.name
    typed = values.get(name, str(schema["default"]))
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 10
    if not is_number or not schema["minimum"] <= int(typed) <= schema["maximum"]:
        raise BadParameter(
            name,
            "“{name}” is a whole number from {least} to {most:,}, not “{value}”.",
            name=name,
            least=schema["minimum"],
            most=schema["maximum"],
            value=typed[:20],
        )
    return int(typed)


def read_until(values: Values, today: date) -> date:
    """The day of `until`; today for none or a later one. Raises BadParameter."""
    if "until" not in values:
        return today
    try:
        return min(parse_day(values["until"]), today)
    except BadRequest as problem:
        raise BadParameter("until", problem.sentence, **problem.values) from None


def read_words(values: Values, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The words of a list, each once. Raises BadParameter for one that is not known."""
    words = [word for word in (part.strip() for part in values.get(name, "").split(",")) if word]
    for word in words:
        if word not in known:
            raise BadParameter(
                name,
                "We do not know “{word}” in “{name}”. There are: {known}.",
                word=word[:40],
                name=name,
                known=", ".join(known),
            )
    return tuple(dict.fromkeys(words))


def read_group(values: Values) -> tuple[str, ...]:
    """What to group by. Raises BadParameter."""
    by = read_words(values, "group_by", GROUP_FIELDS)
    if not 1 <= len(by) <= MAX_FIELDS:
        raise BadParameter(
            "group_by",
            "“group_by” names one field or {most}, of: {known}.",
            most=MAX_FIELDS,
            known=", ".join(GROUP_FIELDS),
        )
    return by


def read_since(values: Values, zone: ZoneInfo) -> int:
    """The moment of `since` (epoch s); 0 where it is not given. Raises BadParameter."""
    typed = values.get("since", "")
    if not typed:
        return 0
    try:
        moment = datetime.fromisoformat(typed)
        if len(typed) == len("2026-11-30"):
            return start_of_day(moment.date(), zone)
        if moment.tzinfo is None:
            raise ValueError
        return max(0, int(moment.astimezone(UTC).timestamp()))
    except (ValueError, OverflowError):
        raise BadParameter(
            "since",
            "We do not understand the time “{value}”. Write it like 2026-11-30T14:00:00Z or"
            " 2026-11-30.",
            value=typed[:40],
        ) from None


def read_format(values: Values, accepted: str | None) -> str:
    """json or geojson: what the address says, else what the client accepts. Raises BadParameter."""
    typed = values.get("format", "")
    if typed and typed not in FORMATS:
        raise BadParameter(
            "format",
            "We do not have the format “{value}”. There are: {known}.",
            value=typed[:20],
            known=", ".join(FORMATS),
        )
    return typed or ("geojson" if accepted == "application/geo+json" else "json")
