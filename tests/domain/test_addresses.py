"""Addresses as five cities write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.addresses import (
    ReadAddress,
    fold_street,
    fold_words,
    read_address,
    split_number,
)

AREAS = {tuple(fold_words(name)) for name in ("South Boston", "Roxbury", "Boston")}


@pytest.mark.parametrize(
    ("written", "number", "streets"),
    [
        ("21 Worcester St Roxbury MA 02118", 21, ("Worcester St",)),
        ("11-13 Pratt St Allston MA 02134", 11, ("Pratt St",)),
        ("12A Oak St", 12, ("Oak St",)),
        ("Catawba St Roxbury MA 02119", None, ("Catawba St",)),
        (
            "INTERSECTION of Beech St & W Walnut Park Roslindale MA",
            None,
            ("Beech St", "W Walnut Park"),
        ),
        ("Finchcombe St & Teaselholt Ave, Roxbury", None, ("Finchcombe St", "Teaselholt Ave")),
        ("80 Broadway South Boston MA 02127", 80, ("Broadway",)),
        ("Avenue Louis Pasteur Boston MA 02115", None, ("Avenue Louis Pasteur",)),
        ("3 Beacon Park Rd Allston", 3, ("Beacon Park Rd",)),
        ("10 Charles St S Boston MA", 10, ("Charles St S",)),
        ("5 Park St", 5, ("Park St",)),
        ("9757 N RESEDA BLVD, 91324", 9757, ("N Reseda Blvd",)),
        ("2111 W Lexington ST", 2111, ("W Lexington ST",)),
        ("123 EAST 45 STREET", 123, ("East 45 Street",)),
        ("35 AVENUE", None, ("35 Avenue",)),
    ],
)
def test_street_and_number_are_told_from_the_rest(written, number, streets):
    assert read_address(written, AREAS) == ReadAddress(number, streets)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "&",
        "111-121",
        "02118",
        "Norway Maple (83 Lewiston St)",
        "INTERSECTION of Bow St & Bow St",
        "Somewhere behind the old school yard",
    ],
)
def test_what_names_no_street_is_not_read(written):
    assert read_address(written, AREAS) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Washington Street", "WASHINGTON ST."),
        ("Saint Mary's Road", "St Marys Rd"),
        ("North Third Avenue", "N 3rd Ave"),
        ("Mount Vernon Square", "Mt Vernon Sq"),
        ("Élan Parkway", "elan pkwy"),
        ("Blue Hill Highway", "Blue Hill Hwy"),
    ],
)
def test_spellings_of_one_street_are_the_same_words(one, other):
    assert fold_street(one) == fold_street(other)


def test_number_alone_is_no_house_number():
    assert split_number("100") == (None, "100")
    assert split_number("100 Centre") == (100, "Centre")


@given(st.text(max_size=80))
def test_any_text_can_be_read(written):
    read = read_address(written, AREAS)
    assert read is None or all(fold_street(street) or street for street in read.streets)
