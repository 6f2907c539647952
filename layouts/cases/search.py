"""What a visitor may have meant by what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.areas import area_title
from layouts.cases.list_parts import list_address
from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, city_text
from layouts.shared.components import (
    case_address,
    case_link,
    notice,
    search_form,
    status_mark,
    suggestions,
    time_tag,
)
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import tag
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder

if TYPE_CHECKING:
    from portal.domain.geocoded_place import GeocodedPlace
    from portal.queries.cases.address_search import PlaceHit
    from portal.queries.cases.highlight import Parts
    from portal.queries.cases.search_box import FoundCase, SearchResults


@dataclass(frozen=True)
class Geocoded:
    """Places that a geocoder found, and its credit line."""

    places: tuple[GeocodedPlace, ...]
    attribution: str


def search_page(
    city: Jurisdiction, results: SearchResults, now: int, geocoded: Geocoded | None = None
) -> Page:
    """Numbers, places, types and cases with the words, each under its heading.

    `now` is in epoch seconds.
    """
    heading = _("Search for “{words}”", words=results.typed) if results.typed else _("Search")
    on_map = geocoded if geocoded and geocoded.places else None
    parts = [html.H1(heading), search_form(results.typed), *_results(city, results, now, on_map)]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("Cases and places in {city}.", city=city.name),
        body=parts,
    )


def _results(
    city: Jurisdiction, results: SearchResults, now: int, geocoded: Geocoded | None
) -> list[Any]:
    if not results.typed:
        sentence = _("Type an address, a crossing, a case number, a type of case or any words.")
        return [notice(sentence)]
    if results.is_empty and not geocoded:
        return _nothing_found(results)
    return _found(city, results, now, geocoded)


def _nothing_found(results: SearchResults) -> list[Any]:
    if results.tracking:
        return [notice(*_explain_number(results))]
    sentence = _("We found nothing by these words. Check the spelling, or use fewer words.")
    return [notice(sentence), html.P(html.A(_("See all cases"), href="/cases"))]


def _found(
    city: Jurisdiction, results: SearchResults, now: int, geocoded: Geocoded | None
) -> list[Any]:
    numbered = [html.Li(case_link(case)) for case in results.numbered]
    cases = [_case(city, found, now) for found in results.cases]
    return [
        *suggestions([case_link(case) for case in results.alike]),
        *_part(_("Cases with this number"), numbered),
        *_part(_("Places"), _places(results)),
        *(_geocoded_places(geocoded) if geocoded else []),
        *_part(_("Types of case"), _services(results)),
        *_part(_("Cases with these words"), cases, "case-list"),
        _all_on_map(results) if results.cases else None,
    ]


def _explain_number(results: SearchResults) -> list[str]:
    """Why a tracking number opens nothing. A private report and none at all read the same."""
    if results.tracking == "wrong":
        first = _("There is a mistake in this number. Check it against your e-mail.")
    else:
        first = _("We have no public case with this number.")
    return [first, _("Private reports open only by their own link.")]


def _part(heading: str, items: list[Any], look: str = "plain-list") -> list[Any]:
    return [html.H2(heading), html.Ul(items, className=look)] if items else []


def _places(results: SearchResults) -> list[html.Li]:
    areas = [
        html.Li(html.A(area_title(area), href=f"/places/{area.path}")) for area in results.areas
    ]
    return areas + [_place(hit) for hit in results.places]


def _place(hit: PlaceHit) -> html.Li:
    name = _("Near {place}", place=hit.name) if hit.is_near else hit.name
    area = f", {hit.area}" if hit.area else ""
    cases = ngettext("{n} recent case", "{n} recent cases", hit.cases)
    return html.Li(
        [
            html.A(name + area, href=_address_near(hit.lat, hit.lon)),
            html.Span(f" · {cases}", className="quiet"),
        ]
    )


def _geocoded_places(geocoded: Geocoded) -> list[Any]:
    items = [
        html.Li(html.A(place.name, href=_address_near(place.lat, place.lon)))
        for place in geocoded.places
    ]
    return [*_part(_("On the map"), items), html.P(geocoded.attribution, className="quiet")]


def _address_near(lat: float, lon: float) -> str:
    """The list of all cases, those closest to a place first."""
    return list_address(CaseFilter(), CaseOrder("closest", lat, lon))


def _services(results: SearchResults) -> list[html.Li]:
    return [
        html.Li(
            html.A(city_text(service.name), href=list_address(CaseFilter(service=(service.slug,))))
        )
        for service in results.services
    ]


def _all_on_map(results: SearchResults) -> html.P:
    address = list_address(CaseFilter(q=results.typed))
    words = _("See all of them on the map")
    return html.P(html.A(words, href=address, className="button button-quiet"))


def _case(city: Jurisdiction, found: FoundCase, now: int) -> html.Li:
    """A case as a card, with the words that were searched for marked."""
    card = found.card
    title: list[Any] = [html.A(city_text(card.service_name), href=case_address(card.case_id))]
    if found.address:
        place = [" · ", *mark_hits(found.address)]
        title.append(html.Span(place, className="case-card-place"))
    age = time_tag(card.opened_at, formats.age(card.opened_at, now, city.zone), city.zone, now)
    parts = [
        html.H3(title, className="case-card-title"),
        html.P([status_mark(card.status), age], className="case-card-facts"),
        _text_line(found),
    ]
    return html.Li(html.Article(parts, className="case-card"))


def _text_line(found: FoundCase) -> Any:
    """What was reported; the title if it is more than the type's name again, as often in Boston."""
    card = found.card
    text = found.note or (found.title if card.title != card.service_name else ())
    if not text:
        return None
    return tag("p", {"class": "quiet"} | city_lang_attribute(), mark_hits(text))


def mark_hits(parts: Parts) -> list[Any]:
    """A text in which the words that were searched for are marked."""
    return [html.Mark(piece) if is_hit else piece for piece, is_hit in parts]
