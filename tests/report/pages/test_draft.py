"""What travels with the report form: nothing typed is lost, and any form is safe to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.report.draft import ANSWER, MAX_PHOTOS, STEPS, Draft, read_draft

FULL = Draft(
    key="k",
    began="1.s",
    photos=("a", "b"),
    lat=42.33,
    lon=-71.07,
    zoom=17,
    place="12 Adams",
    address="12 Adams St",
    service="pothole",
    words="hole",
    looked="pothole 42.330,-71.070",
    answers={"size": ("l",), "where": ("bike", "walk")},
    note="Deep.\nAt the crosswalk",
    who="public",
    email="ana@example.org",
)
SHOWN = {
    "where": ("place",),
    "what": ("service", "words"),
    "details": ("note",),
    "public": ("who",),
    "check": ("email",),
}


def sent(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


@pytest.mark.parametrize("step", STEPS)
def test_every_screen_carries_along_whatever_it_does_not_show(step):
    form = sent(FULL.hidden_fields(step))
    for name in SHOWN.get(step, ()):
        assert name not in form
        form[name] = [str(getattr(FULL, name))]
    if step == "details":
        assert not [name for name in form if name.startswith(ANSWER)]
        form |= {ANSWER + code: list(values) for code, values in FULL.answers.items()}
    assert read_draft(form) == FULL


def test_a_place_that_is_no_number_is_no_place():
    for lat, lon in (
        ("north", "-71"),
        ("42.3", ""),
        ("nan", "1"),
        ("91", "0"),
        ("42", "181"),
        ("inf", "1"),
    ):
        assert not read_draft({"lat": [lat], "lon": [lon]}).has_place


def test_a_zoom_that_no_map_has_is_the_usual_one():
    assert [
        read_draft({"zoom": [zoom]}).zoom
        for zoom in ("17", "9", "20", "-1", "x", "٣٣", "999999999999")
    ] == [17, 0, 0, 0, 0, 0, 0]


def test_more_than_four_photos_and_the_same_one_twice_are_left_out():
    names = [f"p{n % 5}" for n in range(9)]
    assert read_draft({"photos": names}).photos == tuple(f"p{n}" for n in range(MAX_PHOTOS))


def test_an_answer_that_is_too_long_stays_too_long_and_is_not_cut_in_silence():
    draft = read_draft({"answer.what": ["x" * 4_001]})
    assert len(draft.answers["what"][0]) == 4_001


def test_lines_end_as_they_do_here_and_not_as_forms_send_them():
    assert read_draft({"note": ["one\r\ntwo\x00"]}).note == "one\ntwo"


@given(
    st.dictionaries(
        st.sampled_from(
            ["lat", "lon", "zoom", "note", "photos", "answer.", "answer.x", "key", "website"]
        ),
        st.lists(st.text()),
    )
)
def test_any_form_can_be_read_and_sent_again_without_a_change(form):
    draft = read_draft(form)
    pairs = [*draft.hidden_fields("details"), ("note", draft.note), ("website", draft.website)]
    pairs += [(ANSWER + code, value) for code, values in draft.answers.items() for value in values]
    assert read_draft(sent(pairs)) == draft
