"""Parts that several pages share: status marks, times, cards, notices, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, mark_city_words
from layouts.shared.language import _
from layouts.shared.photos import card_photo
from layouts.shared.prerender import aria_label, tag

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.nearby import NearbyCase

# Our own drawings on a 16-unit grid. A status is told by its shape before its colour.
_ICONS = {
    "open": [tag("circle", {"cx": 8, "cy": 8, "r": 6, "fill": "currentColor"})],
    "in_progress": [
        tag(
            "circle",
            {
                "cx": 8,
                "cy": 8,
                "r": 5.5,
                "fill": "none",
                "stroke": "currentColor",
                "stroke-width": 2,
            },
        ),
        tag("path", {"d": "M8 2.5a5.5 5.5 0 0 1 0 11z", "fill": "currentColor"}),
    ],
    "closed": [
        tag(
            "path",
            {
                "d": "M2.5 8.5 6.2 12.2 13.5 4.4",
                "fill": "none",
                "stroke": "currentColor",
                "stroke-width": 2.6,
            },
        ),
    ],
    "overdue": [
        tag(
            "circle",
            {"cx": 8, "cy": 8, "r": 6, "fill": "none", "stroke": "currentColor", "stroke-width": 2},
        ),
        tag(
            "path",
            {"d": "M8 4.2V8.4L11 10", "fill": "none", "stroke": "currentColor", "stroke-width": 2},
        ),
    ],
    "photo": [
        tag(
            "path",
            {
                "d": "M1.5 4.5h3l1.2-2h4.6l1.2 2h3v9h-13z",
                "fill": "none",
                "stroke": "currentColor",
                "stroke-width": 1.5,
            },
        ),
        tag(
            "circle",
            {
                "cx": 8,
                "cy": 8.8,
                "r": 2.4,
                "fill": "none",
                "stroke": "currentColor",
                "stroke-width": 1.5,
            },
        ),
    ],
    "menu": [
        tag(
            "path",
            {
                "d": "M2 4h12M2 8h12M2 12h12",
                "fill": "none",
                "stroke": "currentColor",
                "stroke-width": 1.6,
            },
        ),
    ],
    "hidden": [
        tag("path", {"d": "M2 8h12", "fill": "none", "stroke": "currentColor", "stroke-width": 5}),
    ],
}


def icon_sheet() -> Any:
    """The drawings, once per page; `icon` points at them."""
    symbols = [
        tag("symbol", {"id": f"icon-{name}", "viewBox": "0 0 16 16"}, shapes)
        for name, shapes in _ICONS.items()
    ]
    return tag(
        "svg", {"class": "icon-sheet", "aria-hidden": "true", "width": 0, "height": 0}, symbols
    )


def icon(name: str) -> Any:
    """A drawing beside a word; never alone."""
    return tag(
        "svg", {"class": "icon", "aria-hidden": "true"}, tag("use", {"href": f"#icon-{name}"})
    )


def status_mark(status: str) -> Any:
    """Shape, word and colour of a status."""
    return tag(
        "span",
        {"class": f"status status-{status.replace('_', '-')}"},
        [icon(status), formats.status_word(status)],
    )


def time_tag(at: int, text: str, zone: ZoneInfo, now: int) -> Any:
    """A moment as people say it, with the exact one behind it."""
    return tag(
        "time",
        {
            "datetime": formats.iso(at),
            "title": f"{formats.day_and_time(at, zone, now)} ({zone.key})",
        },
        text,
    )


def case_address(case_id: str) -> str:
    """Path of a case's page."""
    return f"/cases/{quote(case_id, safe='')}"


# Tags and not components: Dash checks each component as it is made, and a list is made of hundreds.
def case_card(case: CaseCard, zone: ZoneInfo, now: int) -> Any:
    """One case in a list: service, place, status, age, one line of what was said."""
    link = tag("a", {"href": case_address(case.case_id)} | city_lang_attribute(), case.service_name)
    facts = [
        status_mark(case.status),
        time_tag(case.opened_at, formats.age(case.opened_at, now, zone), zone, now),
    ]
    parts = [
        tag("h2", {"class": "case-card-title"}, [link, " ", _place(case)]),
        tag("p", {"class": "case-card-facts"}, facts),
        _one_line(case),
        card_photo(case),
    ]
    return tag("li", {}, tag("article", {"class": "case-card"}, parts))


def case_heading(case: CaseCard | NearbyCase) -> Any:
    """“Pothole at 3 Adams St” as a part of a page; `formats.case_title` is the same as text."""
    return mark_city_words(formats.case_title(case.service_name, case.address), case.service_name)


def case_link(case: CaseCard) -> html.A:
    """“Pothole, case 101005512345”."""
    said = _("{service}, case {number}", service=case.service_name, number=case.case_id)
    return html.A(mark_city_words(said, case.service_name), href=case_address(case.case_id))


def _place(case: CaseCard) -> Any:
    place = case.address or case.neighborhood
    return tag("span", {"class": "case-card-place"}, f"· {place}") if place else None


def _one_line(case: CaseCard) -> Any:
    parts: list[Any] = []
    text = case.note or (case.title if case.title != case.service_name else None)
    if text:
        parts.append(tag("span", {"class": "case-card-note"} | city_lang_attribute(), text))
    if case.has_photo and case.photo is None:
        parts.append(_mark("photo", _("with a photo")))
    if case.hidden:
        sentence = formats.describe_hidden(case.hidden)
        parts.append(_mark("hidden", sentence, title=sentence))
    if case.followers:
        parts.append(
            tag("span", {"class": "case-card-followers"}, formats.count_followers(case.followers))
        )
    return tag("p", {"class": "case-card-line"}, parts) if parts else None


def _mark(drawing: str, said: str, **attributes: str) -> Any:
    return tag(
        "span",
        {"class": "case-card-mark"} | attributes,
        [icon(drawing), tag("span", {"class": "for-screen-readers"}, said)],
    )


def notice(*sentences: Any, kind: str = "plain") -> html.Div:
    """A few quiet lines that stand out; `kind` is plain or warning."""
    return html.Div([html.P(sentence) for sentence in sentences], className=f"notice notice-{kind}")


def table(
    caption: str, heads: list[str], rows: list[list[Any]], numeric: frozenset[int] = frozenset()
) -> html.Div:
    """A table that scrolls sideways on its own; the first column names the row, columns in `numeric` are figures."""
    head = html.Tr(
        [html.Th(text, scope="col", className=_cell(i, numeric)) for i, text in enumerate(heads)]
    )
    body = [
        html.Tr(
            [html.Th(row[0], scope="row")]
            + [html.Td(cell, className=_cell(i, numeric)) for i, cell in enumerate(row[1:], 1)]
        )
        for row in rows
    ]
    whole = html.Table(
        [html.Caption(caption, className="for-screen-readers"), html.Thead(head), html.Tbody(body)]
    )
    return html.Div(whole, className="table", tabIndex="0", role="region", **aria_label(caption))


def _cell(column: int, numeric: frozenset[int]) -> str | None:
    return "figure" if column in numeric else None


def search_form(typed: str = "") -> html.Form:
    """One box for places, case numbers and words."""
    label = _("Search for an address, a case number or words")
    box = {
        "type": "search",
        "name": "q",
        "id": "search",
        "value": typed or None,
        "maxlength": 120,
        "placeholder": _("Address, case number…"),
    }
    return html.Form(
        [
            html.Label(label, htmlFor="search", className="for-screen-readers"),
            tag("input", box),
            html.Button(_("Search"), type="submit", className="button"),
        ],
        action="/search",
        method="get",
        role="search",
        className="search-form",
        **aria_label(_("Cases and places")),
    )
