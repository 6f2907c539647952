"""Where it is: a pin moved by hand counts, and a place known only roughly is no house."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize("arrow", ["north", "south", "west", "east"])
def test_a_pin_moved_by_an_arrow_after_its_place_was_chosen_goes_on(two_streets, form, arrow):
    form.press().press("find", place="Adams St")
    form.press(form.choices[0]).press(arrow)
    assert form.press().question == "What is it about?"


@pytest.mark.parametrize("arrow", ["north", "south", "west", "east"])
def test_a_pin_moved_by_an_arrow_instead_of_a_choice_goes_on(two_streets, form, arrow):
    form.press().press("find", place="Adams St")
    assert form.choices
    form.press(arrow)
    assert form.press().question == "What is it about?"


def test_a_zoom_alone_is_no_choice_and_keeps_what_was_typed(two_streets, form):
    form.press().press("closer", place="Adams St")
    assert form.fields["place"] == ["Adams St"]
    assert form.press().choices


def test_words_that_name_no_place_are_asked_about_once_if_there_is_a_pin(form):
    form.press().press("find", place="3 Adams St")
    assert "We do not know “behind the school”" in form.press(place="behind the school").problems[0]
    assert form.press().question == "What is it about?"


def test_other_words_are_looked_for_again(form):
    form.press().press("find", place="3 Adams St").press(place="behind the school")
    assert "“beside the pool”" in form.press(place="beside the pool").problems[0]
    assert form.press(place="5 Adams St").fields["address"] == ["5 Adams St"]


def test_words_that_name_no_place_never_go_on_without_a_pin(form):
    form.press()
    for _attempt in range(3):
        assert form.press(place="behind the school").problems


def test_a_place_known_roughly_is_a_circle_without_pin_or_address(town, client):
    answer = client.get("/report/pin?lat=42.3209&lon=-71.07&rough=1500")
    assert "We know only roughly where you are" in answer.text
    assert 'class="pin-rough"' in answer.text
    assert "pin-marker" not in answer.text
    assert 'data-address=""' in answer.text
    assert "Adams St" not in re.sub("<svg.*?</svg>", "", answer.text, flags=re.DOTALL)


@pytest.mark.parametrize("meters", [101, 400, 1_500, 6_000, 20_000])
def test_the_circle_is_whole_on_a_phone_and_as_large_as_it_is(town, client, meters):
    text = client.get(f"/report/pin?lat=42.3209&lon=-71.07&rough={meters}").text
    zoom = int(re.search(r'data-zoom="(\d+)"', text)[1])
    radius = int(re.search(r'class="pin-rough"[^>]* r="(\d+)"', text)[1])
    # At this latitude a pixel is 115.7 km / 2 to the zoom.
    assert radius == pytest.approx(meters * 2**zoom / 115_740, rel=0.03)
    assert 30 <= radius <= 120 or zoom == 10


def test_a_zoom_of_ones_own_keeps_the_circle(town, client):
    text = client.get("/report/pin?lat=42.3209&lon=-71.07&rough=6000&zoom=15").text
    assert 'data-zoom="15"' in text
    assert 'class="pin-rough"' in text


@pytest.mark.parametrize("meters", ["0", "-5", "nan", "x", "", "1e99"])
def test_what_is_no_accuracy_is_an_exact_place(town, client, meters):
    text = client.get(f"/report/pin?lat=42.3209&lon=-71.07&zoom=17&rough={meters}").text
    assert "pin-marker" in text


def test_a_circle_larger_than_cities_shows_the_whole_city(town, client):
    text = client.get("/report/pin?lat=10&lon=10&rough=5000000").text
    assert "We know only roughly" in text
    assert 'data-lat="42.3' in text
