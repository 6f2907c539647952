"""Who may see a report, with a preview of exactly what everyone would see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import Draft
from layouts.report.form import Problem, Screen, field_problem
from layouts.report.photo import ShownPhoto, photo_list
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import notice, status_mark
from layouts.shared.icons import icon
from layouts.shared.language import _
from layouts.shared.prerender import tag

if TYPE_CHECKING:
    from portal.domain.disclosure import Published
    from portal.domain.jurisdiction import PlacePrecision

FIELD = "who"


@dataclass(frozen=True)
class Preview:
    """What is published of a report; `published` is None if its type is never published."""

    service_name: str
    published: Published | None
    precision: PlacePrecision = "exact"
    neighborhood: str | None = None
    photos: tuple[ShownPhoto, ...] = ()


def public_screen(draft: Draft, preview: Preview, problems: tuple[Problem, ...] = ()) -> Screen:
    """The question who may see it."""
    never = notice(_("Reports of this type are seen by the city and by you alone."))
    return Screen(
        step="public",
        question=_("Who may see your report?"),
        answer=html.Div(
            [never]
            if preview.published is None
            else [_choice(draft, problems), preview_section(preview)],
            className="report-answer",
        ),
        go_on=_("Continue"),
    )


def _choice(draft: Draft, problems: tuple[Problem, ...]) -> html.Fieldset:
    seen = _("Neighbors see that it is reported. Your name and e-mail address are never shown.")
    unseen = _("It is on no map and in no list. You see it by your own link.")
    choices = [
        _radio(draft, "public", _("Everybody"), seen),
        _radio(draft, "private", _("Only the city and you"), unseen),
    ]
    legend = html.Legend(_("Who may see it"), className="for-screen-readers")
    return html.Fieldset(
        [legend, field_problem(problems, FIELD), html.Div(choices, className="report-types")],
        id=FIELD,
        className="report-field",
        tabIndex="-1",
    )


def _radio(draft: Draft, value: str, word: str, about: str) -> html.Label:
    box = {"type": "radio", "name": FIELD, "value": value, "checked": draft.who == value}
    said = html.Span([html.Span(word), html.Span(about, className="quiet")])
    return html.Label([tag("input", box), said], className="report-type")


def preview_section(preview: Preview) -> html.Section | None:
    """The case as its page will show it to everyone; None if it never will."""
    if (published := preview.published) is None:
        return None
    shown = html.Div(_preview_parts(preview, published), className="report-preview")
    heading = html.H2(_("What everybody will see"))
    return html.Section([heading, shown], className="report-previewed")


def _preview_parts(preview: Preview, published: Published) -> list[Any]:
    title = formats.case_title(preview.service_name, published.address)
    place = html.Span(preview.neighborhood) if preview.neighborhood else None
    words = html.P(_("No words, as you wrote none."), className="quiet")
    if published.note:
        words = html.Blockquote(html.P(published.note))
    return [
        html.P(html.Strong(mark_city_words(title, preview.service_name)), className="lead"),
        html.P([status_mark("open"), place], className="case-head"),
        words,
        *_photos(preview),
        _about_place(preview),
        _hidden(published),
    ]


def _photos(preview: Preview) -> list[Any]:
    """No photos if the place is shown roughly: they could show the house."""
    if preview.photos and preview.precision != "exact":
        return [html.P(_("Your photos are seen by the city alone."), className="quiet")]
    return [photo_list(preview.photos)]


def _about_place(preview: Preview) -> Any:
    said = {
        "exact": _("On the map at the place of your pin."),
        "block": _(
            "On the map only roughly, to about 100 m, and without the house number:"
            " this type of case tells of a home."
        ),
        "area": _("Not on the map; only the neighborhood is named."),
        "none": _("Without any place."),
    }
    return html.P(said[preview.precision], className="quiet")


def _hidden(published: Published) -> html.P | None:
    if not published.hidden:
        return None
    said = formats.describe_hidden(published.hidden)
    return html.P(
        [icon("hidden"), said, " ", _("The city’s staff see what you wrote.")], className="quiet"
    )
