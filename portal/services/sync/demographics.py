"""Who lives in a city's census tracts: the stored measures, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from portal.domain.jurisdiction import Jurisdiction
from portal.store import data_version
from portal.store.demographics_models import TractMeasure
from portal.store.models import Boundary, Label

Figures = Mapping[str, Mapping[str, float]]
"""tract → measure → its value."""


def list_tracts(connection: Connection, city_id: str) -> dict[str, int]:
    """The names of a city's tracts with their labels' numbers; those alone that have a polygon."""
    of_label = (Label.jurisdiction_id == Boundary.jurisdiction_id) & (
        Label.label_id == Boundary.label_id
    )
    query = (
        select(Label.name, Label.label_id)
        .join(Boundary, of_label)
        .where(Label.jurisdiction_id == city_id, Boundary.kind == "tract")
        .order_by(Label.name)
    )
    return {row.name: row.label_id for row in connection.execute(query)}


def has_figures(connection: Connection, city_id: str) -> bool:
    """Whether any measure of the city's tracts is stored."""
    query = select(TractMeasure.label_id).where(TractMeasure.jurisdiction_id == city_id).limit(1)
    return connection.execute(query).first() is not None


def save_figures(connection: Connection, city: Jurisdiction, figures: Figures, now: int) -> int:
    """Replace all measures of a city's tracts; returns how many values there are.

    Inside the caller's write transaction. A tract that is not one of the city's raises KeyError.
    `now` is in epoch seconds.
    """
    data_version.advance(connection, city.id, now, is_public=True)
    tracts = list_tracts(connection, city.id)
    rows = [
        {
            "jurisdiction_id": city.id,
            "label_id": tracts[tract],
            "measure": measure,
            "value": value,
        }
        for tract, of_tract in figures.items()
        for measure, value in of_tract.items()
    ]
    connection.execute(delete(TractMeasure).where(TractMeasure.jurisdiction_id == city.id))
    if rows:
        connection.execute(insert(TractMeasure), rows)
    return len(rows)
