"""Parts that several pages share: statuses, times, cards, notices, tables, the search form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, mark_city_words
from layouts.shared.icons import icon
from layouts.shared.language import _
from layouts.shared.photos import card_photo
from layouts.shared.prerender import aria_label, tag

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard

COUNTING = "/data/counting"
"""Where it says how each number is counted."""


def status_mark(status: str) -> Any:
    """Shape, word and color of a status."""
    return tag(
        "span",
        {"class": f"status status-{status.replace('_', '-')}"},
        [icon(status), formats.status_word(status)],
    )


def time_tag(at: int, text: str, zone: ZoneInfo, now: int) -> Any:
    """A time as `text`, with the exact one behind it. `at` and `now` are in epoch seconds."""
    exact = f"{formats.day_and_time(at, zone, now)} ({zone.key})"
    return tag("time", {"datetime": formats.iso(at), "title": exact}, text)


def moment_tag(at: int, zone: ZoneInfo, now: int) -> Any:
    """A time as day, hour and minute in the city's zone."""
    return time_tag(at, formats.day_and_time(at, zone, now), zone, now)


def day_tag(at: int, zone: ZoneInfo, now: int, text: str = "") -> Any:
    """A day without an hour, as `text` or as the day itself. `at` is any moment of it."""
    return tag("time", {"datetime": formats.iso_day(at, zone)}, text or formats.day(at, zone, now))


def case_time(case: CaseCard, name: str, zone: ZoneInfo, now: int) -> Any:
    """One of a case's times: as a day where the city tells no hour. None if it is not known."""
    at = getattr(case, name)
    if at is None:
        return None
    return day_tag(at, zone, now) if case.is_day(name) else moment_tag(at, zone, now)


def case_address(case_id: str) -> str:
    """Path of a case's page."""
    return f"/cases/{quote(case_id, safe='')}"


def _card_age(case: CaseCard, zone: ZoneInfo, now: int) -> Any:
    if case.is_day("opened_at"):
        return day_tag(case.opened_at, zone, now, formats.age_of_day(case.opened_at, now, zone))
    return time_tag(case.opened_at, formats.age(case.opened_at, now, zone), zone, now)


# Tags and not components: Dash checks each component it makes, and a list has hundreds.
def case_card(case: CaseCard, zone: ZoneInfo, now: int) -> Any:
    """One case in a list: type, place, status, age, and a line of what was reported."""
    address = case_address(case.case_id)
    if case.known_at is not None:
        address += f"?as_of={formats.iso_day(case.known_at, zone)}"
    link = tag("a", {"href": address} | city_lang_attribute(), case.service_name)
    facts = [
        status_mark(case.status),
        _card_age(case, zone, now),
    ]
    parts = [
        tag("h2", {"class": "case-card-title"}, [link, _card_place(case)]),
        tag("p", {"class": "case-card-facts"}, facts),
        _card_line(case),
        card_photo(case),
    ]
    return tag("li", {}, tag("article", {"class": "case-card"}, parts))


def _card_place(case: CaseCard) -> Any:
    place = case.address or case.neighborhood
    return tag("span", {"class": "case-card-place"}, f" · {place}") if place else None


def _card_line(case: CaseCard) -> Any:
    parts: list[Any] = []
    text = case.note or (case.title if case.title != case.service_name else None)
    if text:
        parts.append(tag("span", {"class": "case-card-note"} | city_lang_attribute(), text))
    if case.has_photo and case.photo is None:
        parts.append(_card_mark("photo", _("with a photo")))
    if case.hidden:
        hidden = formats.describe_hidden(case.hidden)
        parts.append(_card_mark("hidden", hidden, title=hidden))
    if case.followers:
        followers = formats.count_followers(case.followers)
        parts.append(tag("span", {"class": "case-card-followers"}, followers))
    return tag("p", {"class": "case-card-line"}, parts) if parts else None


def _card_mark(drawing: str, text: str, **attributes: str) -> Any:
    return tag(
        "span",
        {"class": "case-card-mark"} | attributes,
        [icon(drawing), tag("span", {"class": "for-screen-readers"}, text)],
    )


def case_heading_text(case: CaseCard) -> str:
    """“Pothole at 12 Adams St”; the type alone if the city gives no address."""
    return formats.case_title(case.service_name, case.address)


def case_heading(case: CaseCard) -> Any:
    """The same as a part of a page, with the city's words marked as such."""
    return mark_city_words(case_heading_text(case), case.service_name)


def case_link(case: CaseCard) -> html.A:
    """“Pothole, case 101005512345”."""
    text = _("{service}, case {number}", service=case.service_name, number=case.case_id)
    return html.A(mark_city_words(text, case.service_name), href=case_address(case.case_id))


def counting_link(anchor: str = "", words: str = "") -> html.A:
    """A link to how a number is counted: the part of docs/metrics.md with this anchor, or all."""
    address = f"{COUNTING}#{anchor}" if anchor else COUNTING
    return html.A(words or _("How is this counted?"), href=address)


def notice(*sentences: Any, kind: str = "plain") -> html.Div:
    """A few quiet lines that stand out; `kind` is plain or warning."""
    return html.Div([html.P(sentence) for sentence in sentences], className=f"notice notice-{kind}")


def suggestions(links: list[html.A]) -> list[Any]:
    """What may have been meant instead; nothing without links."""
    if not links:
        return []
    items = [html.Li(link) for link in links]
    return [html.H2(_("Did you mean one of these?")), html.Ul(items, className="plain-list")]


def table(
    caption: str, heads: list[str], rows: list[list[Any]], numeric: frozenset[int] = frozenset()
) -> html.Div:
    """A table that scrolls sideways by itself. The first column names the row.

    `numeric`: which columns, from 0, are numbers. If all others are, they are equally wide from the
    start, so that no column moves while the rows come.
    """
    is_even = numeric == frozenset(range(1, len(heads)))
    head = [html.Th(text, scope="col", className=_cell(i, numeric)) for i, text in enumerate(heads)]
    parts = [
        html.Caption(caption, className="for-screen-readers"),
        tag("colgroup", {}, [tag("col", {})] * len(heads)),
        html.Thead(html.Tr(head)),
        html.Tbody([_row(row, numeric) for row in rows]),
    ]
    label = aria_label(caption)
    look = "table table-of-numbers" if is_even else "table"
    return html.Div(html.Table(parts), className=look, tabIndex="0", role="region", **label)


def _row(row: list[Any], numeric: frozenset[int]) -> html.Tr:
    cells = [html.Td(cell, className=_cell(i, numeric)) for i, cell in enumerate(row[1:], 1)]
    return html.Tr([html.Th(row[0], scope="row"), *cells])


def _cell(column: int, numeric: frozenset[int]) -> str | None:
    return "figure" if column in numeric else None


def enter_button(go: str, **attributes: str) -> Any:
    """What the Enter key presses: the first button of a form in the order of the page."""
    unseen = {"tabindex": -1, "aria-hidden": "true", "class": "report-enter"}
    return tag("button", {"type": "submit", "name": "go", "value": go} | unseen | attributes)


def search_form(typed: str = "") -> html.Form:
    """One box for places, case numbers and words."""
    label = _("Search for an address, a case number or words")
    placeholder = _("Address, case number…")
    box = {"type": "search", "name": "q", "id": "search", "value": typed or None}
    return html.Form(
        [
            html.Label(label, htmlFor="search", className="for-screen-readers"),
            tag("input", box | {"maxlength": 120, "placeholder": placeholder}),
            html.Button(_("Search"), type="submit", className="button"),
        ],
        action="/search",
        method="get",
        role="search",
        className="search-form",
        **aria_label(_("Cases and places")),
    )
