"""What the form says of how long it takes, before a report is sent, and what is kept of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.facts import publish as facts_publish
from portal.store.forecast_models import ForecastRow
from portal.store.models import Case


@pytest.fixture
def quick_town(add_case, portal, city, town):
    """Forty potholes of Northside more: half closed on their first day, the rest on the third."""
    for number in range(40):
        closed = "2026-10-01T20:00" if number % 2 else "2026-10-04T10:00"
        words = {"neighborhood": "Northside", "lat": 42.33}
        add_case(f"q{number}", opened="2026-10-01T12:00", closed=closed, **words)
    facts_publish.update(portal.core, city, portal.facts_folder)


def rows(portal) -> list[tuple]:
    of_case = (Case.jurisdiction_id == ForecastRow.jurisdiction_id) & (
        Case.id == ForecastRow.case_key
    )
    columns = ForecastRow.shown_on, ForecastRow.days_50, ForecastRow.days_90
    with portal.core.connect() as connection:
        return [tuple(r) for r in connection.execute(select(*columns).join(Case, of_case))]


def test_the_last_screen_says_how_long_it_takes_and_that_is_kept(quick_town, form, portal):
    said = form.to_check().root.xpath("//main")[0].text_content()
    assert "Half of cases like this here are closed in 3 days." in said
    assert rows(portal) == []
    form.press()
    assert form.answer.status_code == 303
    assert [row[:2] for row in rows(portal)] == [("form", 3)]


def test_where_too_few_are_known_nothing_is_said_and_nothing_is_kept(form, portal):
    said = form.to_check().root.xpath("//main")[0].text_content()
    assert "Half of cases like this" not in said
    form.press()
    assert form.answer.status_code == 303 and rows(portal) == []


def test_the_same_form_sent_twice_is_kept_once(quick_town, form, portal):
    form.to_check().press()
    site = {"Sec-Fetch-Site": "same-origin"}
    again = form.client.post("/report/send", data=form.last_sent, headers=site)
    assert again.status_code == 303 and again.location == form.answer.location
    assert len(rows(portal)) == 1
