"""Outlines of a neighborhood, as rectangles."""

from __future__ import annotations

import json

from sqlalchemy import insert, select

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.store.models import Boundary, Label


def rectangle(south: float, north: float, west: float, east: float) -> str:
    """The GeoJSON of a rectangle."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def draw_outline(
    portal: Portal, city: Jurisdiction, name: str, sides: tuple[float, float, float, float]
) -> None:
    """Store the outline of a neighborhood of cases; its sides are south, north, west and east."""
    with portal.transaction() as connection:
        label = connection.execute(
            select(Label.label_id).where(Label.kind == "neighborhood", Label.name == name)
        ).scalar_one()
        connection.execute(
            insert(Boundary).values(
                jurisdiction_id=city.id,
                label_id=label,
                kind="neighborhood",
                geometry=rectangle(*sides),
            )
        )
