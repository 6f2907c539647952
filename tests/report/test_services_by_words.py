"""Which types others reported in words like these."""

from __future__ import annotations

import pytest

from portal.queries.report.services_by_words import services_others_reported


@pytest.fixture
def told(portal, city):
    return lambda typed: portal.cached(services_others_reported, city.id, typed)


def test_a_word_that_one_type_s_cases_hold_means_that_type(add_case, told):
    add_case("1", service="Graffiti", note="Somebody painted the wall")
    add_case("2", service="Graffiti", note="Painted over twice")
    add_case("3", service="Pothole", note="Deep")
    assert told("they painted my door") == ("graffiti",)


def test_a_word_that_stands_with_every_type_means_none_of_them(add_case, told):
    for number, service in enumerate(("Graffiti", "Pothole", "Fallen Tree")):
        add_case(str(number), service=service, note="Please come soon")
    assert told("please") == ()


def test_several_words_speak_together_and_the_surest_type_comes_first(add_case, told):
    add_case("1", service="Street Light Out", note="Flickers, broken since Monday")
    add_case("2", service="Street Light Out", note="Flickers")
    add_case("3", service="Abandoned Car", note="A broken window")
    assert told("broken and flickers") == ("street-light-out", "abandoned-car")


def test_private_cases_and_words_nobody_used_say_nothing(add_case, told):
    add_case("1", service="Graffiti", note="Painted", visibility="reporter")
    assert told("painted") == ()
    assert told("raccoon") == ()
    assert told("-- a on") == ()
