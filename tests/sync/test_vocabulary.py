"""Names that many cases share: one number each, a slug once the public may know them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.areas import Areas
from portal.services.sync.vocabulary import Vocabulary
from tests.sync.support import rows_of


@pytest.fixture
def stored(portal, city):
    """stored(work, city) does something with the city's vocabulary, and keeps it."""

    def run(work, of=city):
        with portal.transaction() as connection:
            vocabulary = Vocabulary(connection, of)
            done = work(vocabulary)
            vocabulary.flush()
        return done

    return run


def labels(portal, city) -> list[tuple]:
    query = (
        "select label_id, kind, name, slug, is_public from labels"
        " where jurisdiction_id = :city order by label_id"
    )
    return rows_of(portal, query, city=city.id)


def publish(*names: tuple[str, str]):
    def work(vocabulary: Vocabulary) -> None:
        vocabulary.publish_labels(vocabulary.label_id(kind, name) for kind, name in names)

    return work


def test_two_kinds_may_have_one_slug_and_two_names_of_a_kind_may_not(portal, city, stored):
    stored(publish(("queue", "Down town"), ("ward", "Down town"), ("queue", "Down-town")))
    slugs = [slug for *_, slug, _ in labels(portal, city)]
    assert slugs[:2] == ["down-town", "down-town"]
    assert slugs[2].startswith("down-town-")
    assert len(slugs) == 3


def test_a_label_has_the_next_number_and_keeps_it_and_its_slug(portal, city, stored):
    stored(publish(("queue", "Trees"), ("queue", "Roads")))
    before = labels(portal, city)
    assert [row[0] for row in before] == [1, 2]
    assert stored(lambda known: known.label_id("queue", "TREES ")) == 1
    assert stored(lambda known: known.label_id("queue", "Lights")) == 3
    stored(publish(("queue", "Trees")))
    assert labels(portal, city)[:2] == before


def test_only_labels_that_were_published_are_public(portal, city, stored):
    stored(publish(("queue", "Trees")))
    stored(lambda known: known.label_id("queue", "Shelter"))
    shown = [(name, slug, is_public) for _, _, name, slug, is_public in labels(portal, city)]
    assert shown == [("Trees", "trees", 1), ("Shelter", "~2", 0)]


def test_another_citys_words_are_not_ours(portal, city, stored):
    other = replace(city, id="otherville")
    stored(publish(("queue", "Trees"), ("queue", "Roads")))
    assert stored(lambda known: known.label_id("queue", "Roads"), other) == 1
    stored(lambda known: known.respell_label(1, "ROADS"), other)
    assert [row[2] for row in labels(portal, city)] == ["Trees", "Roads"]
    assert [row[2] for row in labels(portal, other)] == ["ROADS"]


def test_a_new_label_can_be_spelled_otherwise_before_it_is_stored(portal, city, stored):
    def work(vocabulary: Vocabulary) -> list[bool]:
        number = vocabulary.label_id("queue", "TREES")
        assert number == 1
        return [vocabulary.respell_label(1, name) for name in ("TREES", "Trees", "Trees")]

    assert stored(work) == [False, True, False]
    assert [row[2] for row in labels(portal, city)] == ["Trees"]


def test_a_label_never_takes_the_spelling_of_another(portal, city, stored):
    stored(publish(("queue", "Trees"), ("queue", "Roads"), ("ward", "Lanes")))
    tried = [
        stored(lambda known, name=name: known.respell_label(1, name)) for name in ("Roads", "Lanes")
    ]
    assert tried == [False, True]


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("exact", [True] * 7),
        ("block", [True] * 7),
        ("area", [True] * 3 + [False] * 4),
        ("none", [False] * 7),
    ],
)
def test_areas_are_as_fine_as_the_place_of_a_case(stored, place, shown):
    names = dict.fromkeys(
        (
            *("neighborhood", "city_neighborhood", "polygon_neighborhood"),
            *("district", "city_district", "polygon_district", "tract"),
        ),
        "North",
    )
    found = stored(lambda known: known.area_ids(Areas(**names), place))
    assert [number is not None for number in found] == shown


def test_a_type_without_a_code_is_one_in_all_its_spellings_and_with_codes_it_is_not(
    portal, city, stored
):
    def work(vocabulary: Vocabulary) -> list[int]:
        return [
            vocabulary.service_id(code, name, None)
            for code, name in (
                ("Tree", "Tree"),
                ("TREE", "TREE"),
                ("T1", "Tree"),
                ("T2", "Tree"),
                ("T1", "Trees"),
            )
        ]

    assert stored(work) == [1, 1, 2, 3, 2]
    assert stored(work) == [1, 1, 2, 3, 2]
    names = rows_of(portal, "select service_id, name, is_shown from services order by service_id")
    assert names == [(1, "Tree", 0), (2, "Tree", 0), (3, "Tree", 0)]


def test_a_type_gets_the_name_that_was_noted_and_a_slug_with_its_first_public_case(
    portal, city, stored
):
    def work(vocabulary: Vocabulary) -> None:
        vocabulary.note_name("T1", "Street tree", "Parks")
        vocabulary.publish_service(vocabulary.service_id("T1", "T1", None))
        vocabulary.service_id("T2", "Street-tree", None)
        vocabulary.publish_service(vocabulary.service_id("T3", "Street tree!", None))

    stored(work)
    query = "select name, group_name, slug, is_shown from services order by service_id"
    first, second, third = rows_of(portal, query)
    assert first == ("Street tree", "Parks", "street-tree", 1)
    assert second == ("Street-tree", None, "~2", 0)
    assert third[2].startswith("street-tree-")
