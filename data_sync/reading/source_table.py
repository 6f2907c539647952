"""The table of one source in a city's file, checked: `[[sources]]` of portal/jurisdictions/*.toml.

Each kind of source has its own model of the keys it needs, which adds to `SourceTable`.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ValidationError

from data_sync.reading.columns import parse_columns, parse_statuses
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError
from portal.jurisdictions.city_file import Table
from portal.jurisdictions.faults import list_faults
from portal.jurisdictions.values import Text

Columns = Annotated[dict[str, Any], AfterValidator(parse_columns)]
"""`[sources.columns]` as Wanted columns by field."""
Statuses = Annotated[dict[str, Any], AfterValidator(parse_statuses)]
"""`[sources.statuses]` as our statuses by the city's words."""


class SourceTable(Table):
    """What every source has."""

    name: Text


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
