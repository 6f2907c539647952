"""Another language, the camera and the focus, for those whose browser runs no scripts."""

from __future__ import annotations

from io import BytesIO

import pytest

from tests.photos.samples import saved, scene
from tests.support.report_form import Form


def switch(form: Form, language: str = "es", **typed) -> Form:
    """Press the button of a language, as a browser without scripts does."""
    (button,) = form.root.xpath(f"//noscript/button[@lang='{language}']")
    assert button.get("form") == "report-form"
    sent = {**form.fields, **typed, button.get("name"): button.get("value")}
    form.answer = form.client.post(
        button.get("formaction"), data=sent, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert form.root.get("lang") == language
    return form


def test_another_language_keeps_a_place_that_was_typed_and_one_that_was_found(form):
    switch(form.press(), place="5 Adams St")
    assert form.fields["place"] == ["5 Adams St"]
    form.press("find", place="3 Adams St")
    place = form.fields["lat"], form.fields["address"]
    switch(form, "en")
    assert (form.fields["lat"], form.fields["address"]) == place


def test_another_language_keeps_each_screen_and_all_that_was_typed(form):
    form.press().press("find", place="3 Adams St").press()
    switch(form, "es", service="Pothole")
    assert form.fields["service"] == ["Pothole"]
    form.press()
    if form.fields["step"] == ["similar"]:
        switch(form, "en").press()
        switch(form, "es")
    switch(form, "en", note="Very deep")
    assert form.fields["step"] == ["details"]
    switch(form.press(), "es", who="private")
    assert form.fields["step"] == ["public"]
    switch(form.press(), "en", email="ana@example.org")
    assert form.fields["step"] == ["check"]
    assert form.fields["email"] == ["ana@example.org"]
    assert (form.fields["note"], form.fields["who"]) == (["Very deep"], ["private"])


def test_another_language_takes_a_photo_along_that_was_only_chosen(form):
    picture = BytesIO(saved(scene(400, 300), "JPEG"))
    switch(form, photo=(picture, "hole.jpg"))
    assert len(form.fields["photos"]) == 1
    assert form.root.xpath("//ul[@class='report-photos']//img")


def test_a_link_that_would_empty_the_form_is_for_scripts_alone(form):
    (link,) = form.root.xpath("//header//a[@hreflang='es']")
    assert "for-scripts" in link.get("class")
    assert form.root.xpath("//noscript/button[@formnovalidate]")


def test_the_enter_key_still_presses_what_it_did(form):
    """A button of another language stands before the form, and Enter presses the first one."""
    form.press()
    first = form.root.xpath("//button[@form='report-form' or ancestor::form[@id='report-form']]")[0]
    assert (first.get("value"), first.get("lang")) == ("find", None)


@pytest.mark.parametrize("path", ["/", "/cases", "/status", "/report/offline"])
def test_other_pages_have_a_plain_link(client, town, path):
    text = client.get(path).text
    assert 'hreflang="es"' in text
    assert "<noscript>" not in text


def test_what_is_not_right_gets_the_focus_without_scripts_too(form):
    form.press().press()
    assert form.root.xpath("//*[@id='problems'][@autofocus]")
    form.press()
    assert form.root.xpath("//*[@id='problems'][@autofocus]")


def test_phones_are_offered_the_camera_beside_the_gallery(form, client):
    for root in (form.root, Form(client, form.clock, "/report/offline").root):
        gallery, camera = root.xpath("//input[@type='file'][@name='photo']")
        assert gallery.get("capture") is None
        assert (camera.get("capture"), camera.get("accept")) == ("environment", "image/*")
        assert root.xpath(f"//label[@for='{camera.get('id')}']")


def test_photos_of_both_boxes_are_taken(form):
    pictures = [(BytesIO(saved(scene(400 + n, 300), "JPEG")), f"{n}.jpg") for n in range(2)]
    form.press(photo=pictures)
    assert len(form.fields["photos"]) == 2
