"""The name of a queue or area that only private cases have is not public."""

from __future__ import annotations

import json

import pytest

from data_sync.pull.boundaries import store_layer
from portal.facts import hide_labels, publish
from portal.facts.verify import verify
from portal.services.sync import withdrawal
from tests.sync.support import NOW, day, public_rows_of, record, save


@pytest.fixture
def published(portal, city):
    """The labels in the newest facts, once they are published."""

    def names() -> list[str]:
        publish.update(portal.core, city, portal.facts_folder)
        assert verify(portal.core, city, portal.facts_folder) == []
        return [
            name for (name,) in portal.facts(city.id).rows("select name from labels order by name")
        ]

    return names


def shown(portal) -> list[str]:
    return [
        name for (name,) in public_rows_of(portal, "select name from public_labels order by name")
    ]


def test_a_word_of_private_cases_alone_is_in_no_view_and_in_no_file(portal, city, published):
    save(
        portal,
        city,
        record("1", queue="Potholes"),
        record("2", queue="Shelter for Ada", is_public=False),
    )
    assert shown(portal) == published() == ["Potholes"]


def test_a_public_case_makes_its_words_public_at_once(portal, city):
    save(portal, city, record("1", queue="Potholes", is_public=False))
    assert shown(portal) == []
    save(portal, city, record("2", queue="Potholes"))
    assert shown(portal) == ["Potholes"]


def test_a_case_that_becomes_public_brings_its_words(portal, city):
    save(portal, city, record("1", queue="Potholes", is_public=False))
    save(portal, city, record("1", queue="Potholes", updated_at=day(7)))
    assert shown(portal) == ["Potholes"]


def test_a_word_goes_when_its_last_public_case_takes_another(portal, city, published):
    save(
        portal, city, record("1", queue="Potholes"), record("2", queue="Potholes", is_public=False)
    )
    assert published() == ["Potholes"]
    save(portal, city, record("1", queue="Paving", updated_at=day(7)))
    assert published() == shown(portal) == ["Paving"]


def test_a_word_goes_with_its_last_public_case(portal, city, published):
    save(portal, city, record("1", queue="Potholes"))
    assert published() == ["Potholes"]
    with portal.transaction() as connection:
        withdrawal.withdraw_cases(connection, city, "town", ["1"], int(NOW.timestamp()))
    assert published() == shown(portal) == []


def test_the_names_of_a_layer_are_public_without_a_case(portal, city, published):
    square = {
        "type": "Polygon",
        "coordinates": [
            [[-71.1, 42.3], [-71.0, 42.3], [-71.0, 42.35], [-71.1, 42.35], [-71.1, 42.3]]
        ],
    }
    store_layer(portal, city, "neighborhood", [("Roxbury", json.dumps(square))], NOW)
    assert published() == shown(portal) == ["Roxbury"]


def test_nothing_is_hidden_once_the_store_has_gone_on(portal, city):
    save(portal, city, record("1", queue="Potholes"))
    assert hide_labels.hide_unused(portal.core, city.id, [], batch=0) == 0
    assert shown(portal) == ["Potholes"]
    assert hide_labels.hide_unused(portal.core, city.id, [], batch=1) == 1
    assert shown(portal) == []


def test_code_that_is_the_name_in_small_letters_stays_the_citys_own(portal, city):
    save(portal, city, record("1", service_code="pothole", service_name="Pothole"))
    save(portal, city, record("2", service_code="pothole", service_name="Pothole"))
    assert public_rows_of(portal, "select service_code, name from public_services") == [
        ("pothole", "Pothole")
    ]
