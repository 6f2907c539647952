"""Pages and files of Smallville on SQLite; what the tests of files share."""

from __future__ import annotations

import pytest

from tests.support.pages import app, client, database, publish  # noqa: F401


@pytest.fixture
def cases(add_case, publish):  # noqa: F811
    """Four cases: with everything, with nothing, with contradictions, and a private one."""
    add_case(
        "101",
        opened="2026-11-20",
        closed="2026-11-22",
        neighborhood="Roxbury",
        district="7",
        department="Public Works",
        channel="Phone",
        address="12 Adams St",
        zipcode="02119",
        title="Deep pothole, left lane",
        note='Deep, "very" deep\nand wide',
        closure_reason="Filled.",
        city_status="Closed",
        close_provenance="source",
        city_on_time=1,
        target_at=1_795_000_000,
        followers=3,
        lat=42.32,
        lon=-71.07,
    )
    add_case("102", opened="2026-11-21", lat=None, lon=None, service="Graffiti")
    add_case("103", opened="2026-11-22", contradictions=5, day_only=3, neighborhood="Dorchester")
    add_case("104", opened="2026-11-22", visibility="held", note="SECRET", address="1 Secret St")
    publish()
