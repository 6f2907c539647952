"""JSON Schemas of the API's answers, made from the columns that we publish."""

from __future__ import annotations

from typing import Any

from portal.domain.published_columns import CASE_COLUMNS, PublishedColumn
from portal.queries.cases.area_numbers import NAMED_AREA_KINDS
from portal.queries.data.changes import KINDS
from portal.queries.data.grouped_counts import GROUP_FIELDS as GROUPS
from portal.queries.data.grouped_counts import NAMED

Schema = dict[str, Any]

_TIME = {"type": "string", "format": "date-time"}
_OF_KIND: dict[str, Schema] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "timestamp": _TIME,
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
}
ALWAYS_THERE = frozenset({"case_id", "status", "opened_at", "opened_on", "place_precision"})
"""Columns that are never empty."""


def refer(name: str) -> Schema:
    """A reference to one of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def make_object(**properties: Schema) -> Schema:
    """An object that has all of these."""
    return make_partial(*properties, **properties)


def make_partial(*required: str, **properties: Schema) -> Schema:
    """An object that has those that are required, and may have the others."""
    made: Schema = {"type": "object", "properties": properties}
    return made | ({"required": list(required)} if required else {})


def list_of(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """The same, or null where it is not known."""
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


def _column(column: PublishedColumn) -> Schema:
    schema = _OF_KIND[column.kind]
    made = schema if column.name in ALWAYS_THERE else or_null(schema)
    unit = f" Unit: {column.unit}." if column.unit else ""
    return made | {"description": f"{column.meaning}{unit} Source: {column.source}."}


_TEXT, _COUNT, _MAYBE = {"type": "string"}, {"type": "integer"}, or_null({"type": "string"})
_ADDRESS = {"type": "string", "format": "uri"}
_STAMP: dict[str, Schema] = {
    "permalink": _ADDRESS | {"description": "The page that shows the same to people."},
    "data_as_of": _TIME | {"description": "When the newest change in it was stored."},
    "data_version": _COUNT | {"description": "Counts the public changes of the city's data."},
}
"""What every answer says of itself."""
_NEXT = {"next": or_null(_ADDRESS) | {"description": "The next page; null on the last."}}
_COLUMNS = {column.name: _column(column) for column in CASE_COLUMNS}
_PROPERTIES = {name: c for name, c in _COLUMNS.items() if name not in ("latitude", "longitude")}
_POINT = make_object(
    type={"const": "Point"}, coordinates=list_of({"type": "number"}) | {"minItems": 2}
)
_REVISION = make_object(
    case_id=_TEXT,
    field=_TEXT | {"description": "A field of a case, or photo or closed_photo."},
    old_value=_MAYBE,
    new_value=_MAYBE,
    seen_at=_TIME | {"description": "When the portal saw the change."},
)
_EVENT = make_partial(
    "at",
    "kind",
    at=_TIME,
    kind={
        "type": "string",
        "enum": ["opened", "sent", "note", "reopened", "changed", "closed"],
    },
    words=_TEXT | {"description": "Of note and reopened: what the city wrote."},
    field=_TEXT,
    old_value=_MAYBE,
    new_value=_MAYBE,
)
_PHOTO = make_object(
    url=_ADDRESS, kind={"type": "string", "enum": ["before", "after"]}, width=_COUNT, height=_COUNT
)
_NOTE = make_object(kind=_TEXT, words=_TEXT, said_at=_TIME)
_GROUP = make_partial(
    "cases",
    "open_cases",
    **dict.fromkeys(GROUPS, _MAYBE),
    **{f"{name}_name": _MAYBE for name in NAMED},
    cases=_COUNT,
    open_cases=_COUNT | {"description": "Open or in progress."},
)
_FEATURE_PARTS: dict[str, Schema] = {
    "type": {"const": "Feature"},
    "id": _TEXT,
    "geometry": or_null(refer("Point")),
}

SCHEMAS: dict[str, Schema] = {
    "Case": make_partial(**_COLUMNS),
    "CasePage": make_object(cases=list_of(refer("Case")), **_NEXT, **_STAMP),
    "Point": _POINT,
    "CaseFeature": make_object(**_FEATURE_PARTS, properties=make_partial(**_PROPERTIES)),
    "CaseFeatures": make_object(
        type={"const": "FeatureCollection"},
        features=list_of(refer("CaseFeature")),
        **_NEXT,
        **_STAMP,
    ),
    "CaseDetail": make_object(
        **_COLUMNS,
        photos=list_of(_PHOTO),
        notes=list_of(_NOTE),
        timeline=list_of(_EVENT) | {"description": "All that happened, oldest first."},
        parent_case_id=_MAYBE | {"description": "The case that this one repeats."},
        repeat_case_ids=list_of(_TEXT) | {"description": "The newest ten cases that repeat it."},
    ),
    "OneCase": make_object(case=refer("CaseDetail"), **_STAMP),
    "OneCaseFeature": make_object(**_FEATURE_PARTS, properties={"type": "object"}, **_STAMP),
    "Revision": _REVISION,
    "RevisionPage": make_object(
        revisions=list_of(refer("Revision")),
        **_NEXT,
        after=_MAYBE | {"description": "Ask with it later for what changed since."},
        **_STAMP,
    ),
    "CaseRevisions": make_object(revisions=list_of(refer("Revision")), **_STAMP),
    "Services": make_object(
        services=list_of(
            make_object(
                service_code=_TEXT,
                service=_TEXT,
                slug=_TEXT | {"description": "Its value in the parameter service."},
                service_group=_MAYBE,
                permalink=_ADDRESS,
            )
        ),
        **_STAMP,
    ),
    "Places": make_object(
        places=list_of(
            make_object(
                kind={"type": "string", "enum": list(NAMED_AREA_KINDS)},
                slug=_TEXT | {"description": "Its value in the parameter of its kind."},
                name=_TEXT,
                open_cases=_COUNT | {"description": "Open or in progress."},
                overdue_cases=_COUNT | {"description": "Past the city's target."},
                permalink=_ADDRESS,
            )
        ),
        **_STAMP,
    ),
    "Changes": make_object(
        days=list_of(
            make_object(
                day={"type": "string", "format": "date"},
                changes=make_partial(**dict.fromkeys(KINDS, _COUNT))
                | {"description": "Cases, by kind of change; none of a kind without any."},
                late_cases=_COUNT | {"description": "New ones, opened over 30 days earlier."},
                imported_cases=_COUNT | {"description": "Came in that day with the first import."},
                permalink=_ADDRESS,
            )
        ),
        **_STAMP,
    ),
    "Datasets": make_object(
        datasets=list_of({"type": "object"}), chain={"type": "object"}, permalink=_ADDRESS
    ),
    "Counts": make_object(
        group_by=list_of(_TEXT),
        groups=list_of(_GROUP),
        cases=_COUNT | {"description": "In all groups together."},
        **_STAMP,
    ),
    "Problem": make_partial(
        "type",
        "title",
        "status",
        "detail",
        "instance",
        type={"type": "string", "format": "uri-reference"},
        title=_TEXT,
        status=_COUNT,
        detail=_TEXT | {"description": "What is wrong, and what to do about it."},
        instance={"type": "string"},
        parameter=_TEXT | {"description": "The parameter that is at fault."},
        request=_TEXT | {"description": "Of a failure of ours: its id, for the operator."},
    ),
}
"""By their names in OpenAPI."""
