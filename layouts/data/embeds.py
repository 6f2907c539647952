"""Small documents for frames on other sites: a number, a list or a map, without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import html
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from layouts.cases.list_parts import card_list, list_address
from layouts.cases.still_map import still_map
from layouts.shared.components import moment_tag
from layouts.shared.document import Frame
from layouts.shared.icons import icon_sheet
from layouts.shared.language import _, current_language, keep_language, weave
from layouts.shared.prerender import tag, to_html
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.map_views import MapView

_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_DOCUMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
).get_template("embed.html.jinja")


@dataclass(frozen=True)
class Embedded:
    """What every frame says: the sentence of its filter, the filter, and the age of the data.

    `number` are the cases of the filter; `as_of` and `now` are in epoch seconds.
    """

    city: Jurisdiction
    sentence: str
    case_filter: CaseFilter
    number: int
    as_of: int
    now: int


def number_frame(shown: Embedded) -> list[Any]:
    """One number, and what it counts."""
    return [
        html.P(f"{shown.number:,}", className="embed-number"),
        html.H1(shown.sentence),
        _source(shown),
    ]


def list_frame(shown: Embedded, cases: tuple[CaseCard, ...]) -> list[Any]:
    """The newest cases."""
    nothing = html.P(_("No case matches."))
    cards = card_list(cases, shown.city, shown.now) if cases else nothing
    return [html.H1(shown.sentence), cards, _source(shown)]


def map_frame(shown: Embedded, view: MapView) -> list[Any]:
    """Where they are, as circles that lead to the cases."""
    still = html.Div(still_map(shown.city, view), className="still")
    return [html.H1(shown.sentence), html.Div(still, className="embed-map"), _source(shown)]


def problem_frame(sentence: str) -> list[Any]:
    """Why there is nothing."""
    return [html.P(sentence)]


def _source(shown: Embedded) -> html.P:
    """Whose data it is, how old, and the way to all of it."""
    link = html.A(
        _("See them on Citizens Connect"), href=keep_language(list_address(shown.case_filter))
    )
    moment = moment_tag(shown.as_of, shown.city.zone, shown.now)
    when = weave(_("As of {moment}, from the city’s own record."), moment=moment)
    return html.P([link, ". ", *when], className="embed-source")


def embed_document(frame: Frame, title: str, body: list[Any], *, has_map: bool, theme: str) -> str:
    """The whole document. `theme` is light, dark, or empty for the reader's own choice."""
    style = frame.style + (frame.list_style if has_map else "") + frame.embed_style
    if theme:
        style = _DARK.sub("@media all" if theme == "dark" else "@media not all", style)
    main = tag("main", {"class": "embed"}, body)
    return _DOCUMENT.render(
        language=current_language(),
        theme=theme,
        title=title,
        style=style,
        body=to_html([icon_sheet(), main]),
    )
