"""Parts that several pages share: status marks, times, cards, notices, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash import html

from layouts import words
from layouts.language import _
from layouts.photos import card_photo
from layouts.prerender import named, tag

if TYPE_CHECKING:
    from portal.queries.cases import CaseCard

# Our own drawings on a 16-unit grid. A status is told by its shape before its colour.
_ICONS = {
    "open": [tag("circle", {"cx": 8, "cy": 8, "r": 6, "fill": "currentColor"})],
    "in_progress": [
        tag("circle", {"cx": 8, "cy": 8, "r": 5.5, "fill": "none", "stroke": "currentColor", "stroke-width": 2}),
        tag("path", {"d": "M8 2.5a5.5 5.5 0 0 1 0 11z", "fill": "currentColor"}),
    ],
    "closed": [
        tag("path", {"d": "M2.5 8.5 6.2 12.2 13.5 4.4", "fill": "none", "stroke": "currentColor", "stroke-width": 2.6}),
    ],
    "overdue": [
        tag("circle", {"cx": 8, "cy": 8, "r": 6, "fill": "none", "stroke": "currentColor", "stroke-width": 2}),
        tag("path", {"d": "M8 4.2V8.4L11 10", "fill": "none", "stroke": "currentColor", "stroke-width": 2}),
    ],
    "photo": [
        tag("path", {"d": "M1.5 4.5h3l1.2-2h4.6l1.2 2h3v9h-13z", "fill": "none", "stroke": "currentColor", "stroke-width": 1.5}),
        tag("circle", {"cx": 8, "cy": 8.8, "r": 2.4, "fill": "none", "stroke": "currentColor", "stroke-width": 1.5}),
    ],
    "menu": [
        tag("path", {"d": "M2 4h12M2 8h12M2 12h12", "fill": "none", "stroke": "currentColor", "stroke-width": 1.6}),
    ],
    "hidden": [
        tag("path", {"d": "M2 8h12", "fill": "none", "stroke": "currentColor", "stroke-width": 5}),
    ],
}


def icon_sheet() -> Any:
    """The drawings, once per page; `icon` points at them."""
    symbols = [tag("symbol", {"id": f"icon-{name}", "viewBox": "0 0 16 16"}, shapes) for name, shapes in _ICONS.items()]
    return tag("svg", {"class": "icon-sheet", "aria-hidden": "true", "width": 0, "height": 0}, symbols)


def icon(name: str) -> Any:
    """A drawing beside a word; never alone."""
    return tag("svg", {"class": "icon", "aria-hidden": "true"}, tag("use", {"href": f"#icon-{name}"}))


def status_mark(status: str) -> html.Span:
    """Shape, word and colour of a status."""
    return html.Span([icon(status), words.status(status)], className=f"status status-{status.replace('_', '-')}")


def time(at: int, text: str, zone: ZoneInfo, now: int) -> html.Time:
    """A moment as people say it, with the exact one behind it."""
    return html.Time(text, dateTime=words.iso(at), title=f"{words.moment(at, zone, now)} ({zone.key})")


def case_address(case_id: str) -> str:
    """Path of a case's page."""
    return f"/cases/{quote(case_id, safe='')}"


def case_card(case: CaseCard, zone: ZoneInfo, now: int) -> html.Li:
    """One case in a list: service, place, status, age, one line of what was said."""
    return html.Li(
        html.Article(
            [
                html.H2([html.A(case.service_name, href=case_address(case.case_id)), " ", _place(case)], className="case-card-title"),
                html.P(
                    [status_mark(case.status), time(case.opened_at, words.age(case.opened_at, now, zone), zone, now)],
                    className="case-card-facts",
                ),
                _one_line(case),
                card_photo(case),
            ],
            className="case-card",
        )
    )


def _place(case: CaseCard) -> html.Span | None:
    place = case.address or case.neighborhood
    return html.Span(f"· {place}", className="case-card-place") if place else None


def _one_line(case: CaseCard) -> html.P | None:
    parts: list[Any] = []
    text = case.note or (case.title if case.title != case.service_name else None)
    if text:
        parts.append(html.Span(text, className="case-card-note"))
    if case.has_photo and case.photo is None:
        parts.append(html.Span([icon("photo"), html.Span(_("with a photo"), className="for-screen-readers")], className="case-card-mark"))
    if case.hidden:
        sentence = words.hidden(case.hidden)
        parts.append(
            html.Span([icon("hidden"), html.Span(sentence, className="for-screen-readers")], className="case-card-mark", title=sentence)
        )
    return html.P(parts, className="case-card-line") if parts else None


def notice(*sentences: Any, kind: str = "plain") -> html.Div:
    """A few quiet lines that stand out; `kind` is plain or warning."""
    return html.Div([html.P(sentence) for sentence in sentences], className=f"notice notice-{kind}")


def table(caption: str, heads: list[str], rows: list[list[Any]], numeric: frozenset[int] = frozenset()) -> html.Div:
    """A table that scrolls sideways on its own; the first column names the row, columns in `numeric` are figures."""
    head = html.Tr([html.Th(text, scope="col", className=_cell(i, numeric)) for i, text in enumerate(heads)])
    body = [
        html.Tr([html.Th(row[0], scope="row")] + [html.Td(cell, className=_cell(i, numeric)) for i, cell in enumerate(row[1:], 1)])
        for row in rows
    ]
    whole = html.Table([html.Caption(caption, className="for-screen-readers"), html.Thead(head), html.Tbody(body)])
    return html.Div(whole, className="table", tabIndex="0", role="region", **named(caption))


def _cell(column: int, numeric: frozenset[int]) -> str | None:
    return "figure" if column in numeric else None
