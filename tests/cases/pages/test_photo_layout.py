"""Photos on a page: their size before they load, what is known of them, or nothing."""

from __future__ import annotations

import pytest

from layouts.shared.components import case_card
from layouts.shared.photos import card_photo
from layouts.shared.prerender import to_html
from portal.domain.case import CasePhoto
from portal.photos.develop import LARGE, MEDIUM, THUMB
from tests.cases.pages.test_case_layout import CITY, DAY, NOW, case, drawn_page

BEFORE = CasePhoto("a" * 32, "before", 1600, 1200, NOW - 3 * DAY)
AFTER = CasePhoto("b" * 32, "after", 1200, 1600, NOW - DAY)


def test_photos_of_before_and_after_are_figures_that_say_their_size_and_day():
    drawn = drawn_page(
        case(photos=(BEFORE, AFTER), status="closed", closed_at=NOW - DAY, has_photo=True)
    )
    assert "<h2>Photos</h2>" in drawn
    assert (
        f'<a href="/photos/{"a" * 32}-1600.webp">'
        f'<img src="/photos/{"a" * 32}-800.webp" width="800" height="600"' in drawn
    )
    assert (
        f'<a href="/photos/{"b" * 32}-1600.webp">'
        f'<img src="/photos/{"b" * 32}-800.webp" width="600" height="800"' in drawn
    )
    assert 'alt="Photo sent with the report: Pothole at Adams St"' in drawn
    assert 'alt="Photo from the city after its work: Pothole at Adams St"' in drawn
    assert "<figcaption>Sent with the report, 20 November</figcaption>" in drawn
    assert "<figcaption>After the city’s work, 22 November</figcaption>" in drawn
    assert drawn.index("a" * 32) < drawn.index("b" * 32)


def test_only_the_first_photo_is_fetched_at_once():
    drawn = drawn_page(case(photos=(BEFORE, AFTER)))
    images = [part.partition(">")[0] for part in drawn.split("<img ")[1:]]
    assert ["loading" in image for image in images] == [False, True]


def test_a_case_that_was_opened_again_names_no_day_for_the_photo_of_its_closing():
    assert "<figcaption>After the city’s work</figcaption>" in drawn_page(case(photos=(AFTER,)))


def test_several_photos_of_one_report_are_told_apart():
    second = CasePhoto("c" * 32, "before", 400, 300, NOW)
    drawn = drawn_page(case(photos=(BEFORE, second)))
    assert 'alt="Photo 1 of 2 sent with the report: Pothole at Adams St"' in drawn
    assert 'alt="Photo 2 of 2 sent with the report: Pothole at Adams St"' in drawn
    assert 'width="400" height="300"' in drawn, "a small photo is not made larger"


def test_a_photo_that_the_city_holds_and_we_may_not_show_is_said():
    assert "The city holds a photo of this." in drawn_page(case(has_photo=True))
    assert "The city holds a photo" not in drawn_page(case(has_photo=True, photos=(BEFORE,)))
    assert "<h2>Photo" not in drawn_page(case())


def test_a_card_ends_in_a_square_of_72_pixels():
    drawn = to_html(case_card(case(photo="a" * 32, has_photo=True), CITY.zone, NOW))
    assert (
        f'<img src="/photos/{"a" * 32}-144.webp" width="72" height="72" alt="with a photo"' in drawn
    )
    assert drawn.count("with a photo") == 1, "ears are told once"


@pytest.mark.parametrize("has_photo", [False, True])
def test_a_card_without_a_photo_of_ours_has_no_picture(has_photo):
    assert card_photo(case(has_photo=has_photo)) is None
    drawn = to_html(case_card(case(has_photo=has_photo), CITY.zone, NOW))
    assert "<img" not in drawn
    assert ("with a photo" in drawn) == has_photo


def test_everybody_speaks_of_the_same_sizes():
    from layouts.shared import photos as layouts

    assert (layouts.THUMB, layouts.MEDIUM, layouts.LARGE) == (THUMB, MEDIUM, LARGE)
