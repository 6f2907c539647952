"""`[demographics]` of a city's file: which columns of a census say who lives in a tract."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from portal.domain.demographics import MEASURES, DemographicsSetup, MeasureColumn
from portal.jurisdictions.table import Table
from portal.jurisdictions.values import OptionalText, Several, Text


class ColumnTable(Table):
    """A measure's column: its name alone, or a table."""

    column: Text
    of: OptionalText = ""
    missing: Several[str] = ()
    percent: bool = False

    def to_column(self) -> MeasureColumn:
        """The column."""
        return MeasureColumn(**dict(self))


def _name_column(written: Any) -> Any:
    return {"column": written} if isinstance(written, str) else written


Column = Annotated[ColumnTable, BeforeValidator(_name_column)]


class ResidentialTable(Table):
    """`residential`: how the files say that people live in a tract."""

    column: Text
    values: Several[str] = Field(min_length=1)


class DemographicsTable(Table):
    """`[demographics]`."""

    source: Text
    tract: Several[Text] = Field(min_length=1)
    strip: OptionalText = ""
    population: Column
    residential: ResidentialTable | None = None
    measures: dict[str, Column]
    file: OptionalText = ""

    @model_validator(mode="after")
    def _has_known_measures(self) -> DemographicsTable:
        if unknown := [name for name in self.measures if name not in MEASURES]:
            raise ValueError(f"measures has {unknown[0]!r}; it is one of {', '.join(MEASURES)}")
        if not self.measures:
            raise ValueError(f"measures is empty; name one of {', '.join(MEASURES)}")
        return self

    def to_setup(self) -> DemographicsSetup:
        """The columns."""
        residential = self.residential
        return DemographicsSetup(
            source=self.source,
            tract=self.tract,
            population=self.population.to_column(),
            measures={name: column.to_column() for name, column in self.measures.items()},
            strip=self.strip,
            residential=residential.column if residential else "",
            residential_values=residential.values if residential else (),
            file=self.file,
        )
