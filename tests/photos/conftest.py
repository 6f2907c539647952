"""A photo of our own making, and the city's photos as the store knows them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.photos.pipeline import Developed, Picture

NOON = 1_795_435_200
"""Monday 23 November 2026, noon UTC, in epoch seconds."""
URL = "https://photos.example/1.jpg"


@pytest.fixture
def drawn() -> Developed:
    """What the pipeline would give, without its work: three pictures whose bytes say their size."""
    return Developed(
        {side: Picture(side, side, f"picture of {side}".encode()) for side in (144, 800, 1600)},
        None,
    )


@pytest.fixture
def key_of(portal: Portal, city: Jurisdiction):
    """key_of("101"): the store's own key of a case."""

    def key(case_id: str) -> int:
        query = text("select id from cases where jurisdiction_id = :city and case_id = :case")
        with portal.core.connect() as connection:
            return connection.execute(query, {"city": city.id, "case": case_id}).scalar_one()

    return key
