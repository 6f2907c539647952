"""The table of one source in a city's file, checked: `[[sources]]` of portal/jurisdictions/*.toml.

Each kind of source has its own model of the keys it needs, which adds to `SourceTable`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, ValidationError, model_validator

from data_sync.reading.columns import FIELDS, TIMES, RowRules, parse_columns, parse_statuses
from data_sync.reading.labels import Naming
from data_sync.reading.nothing import words_for_nothing
from data_sync.reading.time_formats import parse_time_formats
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError
from portal.jurisdictions.city_file import Table
from portal.jurisdictions.faults import BadValue, list_faults
from portal.jurisdictions.values import Pattern, Several, Text

Columns = Annotated[dict[str, Any], AfterValidator(parse_columns)]
"""`[sources.columns]` as Wanted columns by field."""
Statuses = Annotated[dict[str, Any], AfterValidator(parse_statuses)]
"""`[sources.statuses]` as our statuses by the city's words."""


TimeFormats = Annotated[Several[str], AfterValidator(parse_time_formats)]
"""`time_formats`: strptime patterns."""


def require_fields(names: Any) -> Any:
    """The fields of a case that these are, if all of them are. Raises BadValue."""
    for name in names:
        if name not in FIELDS:
            raise BadValue(
                "{key} names {field!r}; fields are {fields}", field=name, fields=", ".join(FIELDS)
            )
    return names


def require_times(names: tuple[str, ...]) -> tuple[str, ...]:
    """The fields themselves if all of them are times. Raises BadValue."""
    for name in names:
        if name not in TIMES:
            raise BadValue(
                "{key} names {field!r}; times are {fields}", field=name, fields=", ".join(TIMES)
            )
    return names


class SourceTable(Table):
    """What every source has."""

    name: Text
    allow_http: bool = False
    """For a server inside the city's own network."""

    @model_validator(mode="after")
    def _needs_https(self) -> SourceTable:
        for key in ("url", "endpoint"):
            address = str(getattr(self, key, ""))
            if address.lower().startswith("http://") and not self.allow_http:
                raise ValueError(
                    f"{key} is {address!r}; it begins with https://. "
                    "For a server inside the city's own network, say allow_http = true"
                )
        return self


class NamesTable(SourceTable):
    """A source whose labels and empty values the city's file can explain."""

    nothing: Several[str] = ()
    renames: Annotated[dict[str, dict[str, str]], AfterValidator(require_fields)] = Field(
        default_factory=dict
    )
    strip: Annotated[dict[str, Pattern], AfterValidator(require_fields)] = Field(
        default_factory=dict
    )
    calm: Annotated[Several[str], AfterValidator(require_fields)] = ()
    abbreviations: Several[str] = ()

    def naming(self) -> Naming:
        """How its labels are written."""
        return Naming(self.renames, self.strip, self.calm, self.abbreviations)


class ColumnsTable(NamesTable):
    """A source of rows whose columns the city's file maps to the fields of a case."""

    time_formats: TimeFormats = ()
    days: Annotated[Several[str], AfterValidator(require_times)] = ()
    ignored: Several[str] = ()

    def rules(self, *ignored: str) -> RowRules:
        """How the values of its rows are read. `ignored` are columns that no city needs."""
        nothing = words_for_nothing(self.nothing)
        return RowRules(self.naming(), nothing, frozenset(self.days), (*ignored, *self.ignored))


Model = TypeVar("Model", bound=SourceTable)


def read_source_table(city: Jurisdiction, model: type[Model], table: dict[str, Any]) -> Model:
    """The table as a model of its kind.

    Raises SettingsError with a line for everything that is wrong: the file, the source, the key,
    the value, and what would be right.
    """
    try:
        return model.model_validate(table)
    except ValidationError as problem:
        where = f"{city.id}.toml: source {table.get('name') or '?'!r}"
        lines = [f"{where}: {fault}" for fault in list_faults(problem)]
        raise SettingsError("\n".join(lines)) from None
