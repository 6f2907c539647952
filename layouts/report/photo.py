"""Photos of the problem: none, one, or up to four."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.report.draft import MAX_PHOTOS
from layouts.report.form import Problem, Screen, field_attributes, field_problem, submit_button
from layouts.shared.fields import form_field, input_box
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import aria_label, tag

FIELD = "photo"
CAMERA = "camera"
ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif"


@dataclass(frozen=True)
class ShownPhoto:
    """A photo that the form or a page shows: its name, and the address of a small picture."""

    name: str
    address: str


def photo_screen(photos: tuple[ShownPhoto, ...], problems: tuple[Problem, ...] = ()) -> Screen:
    """The screen that asks for photos."""
    parts = [
        html.P(_explain_photos(), className="quiet", id=f"{FIELD}-hint"),
        photo_list(photos, with_buttons=True),
        _chooser(len(photos), problems) if len(photos) < MAX_PHOTOS else None,
    ]
    return Screen(
        step="photo",
        question=_("Do you have a photo?"),
        answer=html.Div(parts, className="report-answer"),
        go_on=_("Continue") if photos else _("Continue, with or without a photo"),
    )


def _explain_photos() -> str:
    helpful = _("A photo helps the crew find it. You can go on without one.")
    kept = _(
        "If it says where it was taken, we put the pin there;"
        " nothing but the picture itself is kept."
    )
    return f"{helpful} {kept}"


def photo_list(photos: tuple[ShownPhoto, ...], with_buttons: bool = False) -> html.Ul | None:
    """The photos, if there are any; `with_buttons`: each can be removed."""
    if not photos:
        return None
    items = []
    for number, photo in enumerate(photos, 1):
        name = _("Photo {n}", n=number)
        picture = tag("img", {"src": photo.address, "alt": name, "width": 144, "height": 144})
        items.append(html.Li([picture, _drop_button(photo, number) if with_buttons else None]))
    return html.Ul(items, className="report-photos")


def _drop_button(photo: ShownPhoto, number: int) -> Any:
    name = aria_label(_("Remove photo {n}", n=number))
    return submit_button(_("Remove"), f"drop:{photo.name}", "quiet-button", **name)


def camera_box() -> html.Div:
    """A second box that opens the camera; only phones and tablets show it.

    Since Android 14 a box for pictures opens the gallery, which has no camera in it.
    """
    box = input_box("file", FIELD, id=CAMERA, accept="image/*", capture="environment")
    label = html.Label(_("Or use the camera"), htmlFor=CAMERA)
    return form_field(label, box, also="report-camera")


def _chooser(so_far: int, problems: tuple[Problem, ...]) -> html.Div:
    left = MAX_PHOTOS - so_far
    label = _("Add a photo") if not so_far else _("Add another photo")
    limit = ngettext("One photo, up to 15 MB.", "Up to {n} photos, 15 MB each.", left)
    explained = field_attributes(FIELD, problems, hint=True)
    return form_field(
        html.Label(label, htmlFor=FIELD),
        html.P(limit, className="quiet"),
        field_problem(problems, FIELD),
        input_box("file", FIELD, accept=ACCEPTED, multiple=left > 1, **explained),
        camera_box(),
        html.P(submit_button(_("Add the photo"), "add"), className="report-without-scripts"),
        html.P(role="status", className="report-photo-status"),
        also="report-file",
    )
