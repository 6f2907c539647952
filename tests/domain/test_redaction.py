"""Personal data in free text: what is hidden, and what must not be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.redaction import hide_street_addresses, redact, redact_address


@pytest.mark.parametrize(
    ("text", "published", "kind"),
    [
        ("Please call 617-635-4500 today", "Please call [phone number hidden] today", "phone"),
        ("call (617) 635 4500 x12.", "call [phone number hidden].", "phone"),
        (
            "Tel 617.635.4951  Fax 617.635.7498",
            "Tel [phone number hidden]  Fax [phone number hidden]",
            "phone",
        ),
        ("1-617-592-2000", "[phone number hidden]", "phone"),
        ("ring 6175922000", "ring [phone number hidden]", "phone"),
        ("Call 635-4500 for help", "Call [phone number hidden] for help", "phone"),
        ("ring +44 20 7946 0958", "ring [phone number hidden]", "phone"),
        (
            "write to jo.o'hara+311@mail.example.com, please",
            "write to [e-mail address hidden], please",
            "email",
        ),
        ("paid with 4111 1111 1111 1111", "paid with [card number hidden]", "card"),
        ("SSN 123-45-6789", "SSN [social security number hidden]", "ssn"),
        (
            "white van, plate 123ABC, again",
            "white van, plate [license plate hidden], again",
            "plate",
        ),
        ("license plate # 12 AB 34.", "license plate # [license plate hidden].", "plate"),
        ("mass plate is 4567890", "mass plate is [license plate hidden]", "plate"),
        ("290 Beacon St Apt 4B", "290 Beacon St [apartment hidden]", "apartment"),
        ("noise from Unit #12", "noise from [apartment hidden]", "apartment"),
    ],
)
def test_personal_data_is_replaced_by_what_it_was(text, published, kind):
    assert redact(text) == (published, (kind,))


@pytest.mark.parametrize(
    "text",
    [
        "Refer to case #101000298832 for status",
        "DUPLICATE, REFER TO CN#101000296334",
        "101000295613 101000295614",
        "SR21-00012345 and 1-1234567890 are one",
        "done on 2011-07-01 at 05:06:58, again 7/14/2011",
        "1010-1010 Massachusetts Ave Roxbury MA 02118",
        "on 93 N near Route 128",
        "cost $300-4000 or $1,250.00",
        "steel plate 24 inches wide over the hole",
        "Replace Defective LED Unit 10/30/11",
        "unit 9'x2' repaired",
        "the apartment building is dark",
        "Serial number: 49607  49610",
        "4111 1111 1111 1112 is no card",
        "Ticket 6512191111 was issued",
        "meet @ the corner",
    ],
)
def test_what_is_not_personal_stays(text):
    assert redact(text) == (text, ())


def test_several_kinds_are_all_named():
    assert redact("jo@example.com or 617-635-4500")[1] == ("email", "phone")


def test_in_an_address_a_hash_is_an_apartment_and_the_house_number_stays():
    assert redact_address("12 Main St #4, Boston 02118") == (
        "12 Main St [apartment hidden], Boston 02118",
        ("apartment",),
    )


def test_street_addresses_in_a_text_are_hidden_where_the_place_is_coarse():
    published, kinds = hide_street_addresses("Spoke to the tenant of 12 Main Street about heat")
    assert published == "Spoke to the tenant of [address hidden] about heat"
    assert kinds == ("address",)


@given(st.text(alphabet=st.sampled_from("0123456789-. ()@#abAptunit plate"), max_size=60))
def test_what_was_published_once_does_not_change_when_published_again(text):
    published, _ = redact(text)
    assert redact(published)[0] == published


@given(
    st.from_regex(r"[2-9]\d\d[-. ][2-9]\d\d[-. ]\d{4}", fullmatch=True),
    st.text(alphabet="abc ,.", max_size=10),
)
def test_no_phone_number_in_three_groups_is_ever_published(number, words):
    assert number not in redact(f"{words} {number} {words}")[0]
