"""The datasets that are frozen by the day, and what their columns mean.

    cases          one row per public case
    revisions      one row per change that the city made to one of them
    services       the types of cases
    places         neighborhoods, districts, wards and census tracts
    daily_counts   opened and closed, by day, type and neighborhood
    outcomes       kept free for what residents say of a closing; not published yet

A column's `sql` is an expression over the rows that its dataset is made from
(portal/datasets/sources.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.published_columns import CASE_COLUMNS, Kind, PublishedColumn


@dataclass(frozen=True)
class Dataset:
    """A dataset: its name in addresses, title, meaning, columns and order.

    `order`: columns by which its rows are sorted; no two rows are alike in all of them. `by_year`:
    the column of type date by whose years it comes in parts too; empty: in one part only.
    """

    name: str
    title: str
    about: str
    columns: tuple[PublishedColumn, ...]
    order: tuple[str, ...]
    by_year: str = ""

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of its columns, in their order."""
        return tuple(column.name for column in self.columns)


_CITY = "the city"
_PORTAL = "the portal"


def _column(
    name: str, kind: Kind, meaning: str, source: str = _PORTAL, unit: str = ""
) -> PublishedColumn:
    return PublishedColumn(name, kind, name, meaning, source, unit)


_SERVICE = _column("service", "text", "Type of case.", _CITY)
_SERVICE_CODE = _column("service_code", "text", "The city's code of the type.", _CITY)
_SLUG = _column("slug", "text", "Its name in the addresses of pages, such as dead-street-light.")

REVISION_COLUMNS = (
    _column("case_id", "text", "The case that changed.", _CITY),
    _column("seen_at", "timestamp", "When the portal saw the change."),
    _column("field", "text", "What changed: a column of cases, or photo or closed_photo."),
    _column("old_value", "text", "The value before, as text.", _CITY),
    _column("new_value", "text", "The value after, likewise.", _CITY),
    _column(
        "source_updated_at",
        "timestamp",
        "When the city says that it changed the case. Empty where it does not say.",
        _CITY,
    ),
)
SERVICE_COLUMNS = (
    _SERVICE_CODE,
    _SERVICE,
    _column("service_group", "text", "The group the city puts the type in.", _CITY),
    _SLUG,
)
PLACE_COLUMNS = (
    _column("kind", "text", "neighborhood, district, ward or tract."),
    _column("name", "text", "Its name, as in the columns of cases.", _CITY),
    _SLUG,
    _column(
        "area_km2",
        "number",
        "The area within its boundary, on a sphere. Empty where we have no boundary.",
        "the portal, from the city's boundaries",
        "km²",
    ),
)
DAILY_COUNT_COLUMNS = (
    _column("day", "date", "The day, in the city's time zone."),
    _SERVICE_CODE,
    _SERVICE,
    _column("neighborhood", "text", "Neighborhood. Empty: cases without one.", _CITY),
    _column("opened_cases", "integer", "Cases opened on that day.", unit="cases"),
    _column("closed_cases", "integer", "Cases closed on that day.", unit="cases"),
)

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "cases",
            "Cases",
            "Every public case, as it was when the day was frozen.",
            CASE_COLUMNS,
            ("opened_at", "case_id"),
            by_year="opened_on",
        ),
        Dataset(
            "revisions",
            "Revisions",
            "Every change to a public case since the portal first saw it.",
            REVISION_COLUMNS,
            tuple(column.name for column in REVISION_COLUMNS),
        ),
        Dataset(
            "services",
            "Services",
            "The types of cases that the city takes.",
            SERVICE_COLUMNS,
            ("service_code", "slug"),
        ),
        Dataset(
            "places",
            "Places",
            "The neighborhoods, districts, wards and census tracts that cases are counted in.",
            PLACE_COLUMNS,
            ("kind", "slug"),
        ),
        Dataset(
            "daily_counts",
            "Daily counts",
            "How many cases were opened and closed, by day, type and neighborhood. Days on which"
            " nothing happened have no row.",
            DAILY_COUNT_COLUMNS,
            ("day", "service_code", "service", "neighborhood"),
        ),
    )
}
"""By name, in the order they are listed. `outcomes` will be one more."""
