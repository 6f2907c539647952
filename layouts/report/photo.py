"""Photos of the problem: none, one, or up to four."""

from __future__ import annotations

from dataclasses import dataclass

from dash import html

from layouts.report.draft import MAX_PHOTOS
from layouts.report.form import Problem, Screen, field_attributes, field_problem, submit_button
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import aria_label, tag

FIELD = "photo"
ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif"


@dataclass(frozen=True)
class ShownPhoto:
    """A photo that the form or a page shows: its name, and the address of a small picture."""

    name: str
    address: str


def photo_screen(photos: tuple[ShownPhoto, ...], problems: tuple[Problem, ...] = ()) -> Screen:
    """The screen that asks for photos."""
    return Screen(
        step="photo",
        question=_("Do you have a photo?"),
        answer=html.Div(
            [
                html.P(
                    [
                        _("A photo helps the crew find it. You can go on without one."),
                        " ",
                        _(
                            "If it says where it was taken, we put the pin there;"
                            " nothing but the picture itself is kept."
                        ),
                    ],
                    className="quiet",
                    id=f"{FIELD}-hint",
                ),
                photo_list(photos, with_buttons=True),
                _chooser(len(photos), problems) if len(photos) < MAX_PHOTOS else None,
            ],
            className="report-answer",
        ),
        go_on=_("Continue") if photos else _("Continue, with or without a photo"),
    )


def photo_list(photos: tuple[ShownPhoto, ...], with_buttons: bool = False) -> html.Ul | None:
    """The photos, if there are any; `with_buttons`: each can be removed."""
    if not photos:
        return None
    items = []
    for number, photo in enumerate(photos, 1):
        name = _("Photo {n}", n=number)
        picture = tag("img", {"src": photo.address, "alt": name, "width": 144, "height": 144})
        drop = (
            submit_button(
                _("Remove"),
                f"drop:{photo.name}",
                "quiet-button",
                **aria_label(_("Remove photo {n}", n=number)),
            )
            if with_buttons
            else None
        )
        items.append(html.Li([picture, drop]))
    return html.Ul(items, className="report-photos")


def _chooser(so_far: int, problems: tuple[Problem, ...]) -> html.Div:
    left = MAX_PHOTOS - so_far
    field = {
        "type": "file",
        "name": FIELD,
        "id": FIELD,
        "accept": ACCEPTED,
        "multiple": left > 1,
        **field_attributes(FIELD, problems, hint=True),
    }
    label = _("Add a photo") if not so_far else _("Add another photo")
    return html.Div(
        [
            html.Label(label, htmlFor=FIELD),
            html.P(
                ngettext("One photo, up to 15 MB.", "Up to {n} photos, 15 MB each.", left),
                className="quiet",
            ),
            field_problem(problems, FIELD),
            tag("input", field),
            html.P(submit_button(_("Add the photo"), "add"), className="report-without-scripts"),
            html.P(role="status", className="report-photo-status"),
        ],
        className="report-field report-file",
    )
