"""What a visitor may have meant by what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.areas import area_title
from layouts.cases.case_list import list_address
from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, city_text
from layouts.shared.components import (
    case_address,
    case_link,
    notice,
    search_form,
    status_mark,
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
    """Places that a geocoder found, and whom to thank for them."""

    places: tuple[GeocodedPlace, ...]
    attribution: str


def search_page(
    city: Jurisdiction, results: SearchResults, now: int, geocoded: Geocoded | None = None
) -> Page:
    """Numbers, places, types and cases with the words, each under its heading."""
    heading = _("Search for “{words}”", words=results.typed) if results.typed else _("Search")
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("Cases and places in {city}.", city=city.name),
        body=[
            html.H1(heading),
            search_form(results.typed),
            *_found(city, results, now, geocoded if geocoded and geocoded.places else None),
        ],
    )


def _found(
    city: Jurisdiction, results: SearchResults, now: int, geocoded: Geocoded | None
) -> list[Any]:
    if not results.typed:
        return [
            notice(_("Type an address, a crossing, a case number, a type of case or any words."))
        ]
    if results.is_empty and not geocoded:
        return [
            notice(_("We found nothing by these words. Check the spelling, or use fewer words.")),
            html.P(html.A(_("See all cases"), href="/cases")),
        ]
    numbered = [html.Li(case_link(case)) for case in results.numbered]
    places = [
        html.Li(html.A(area_title(place), href=f"/places/{place.path}")) for place in results.areas
    ]
    places += [_place(hit) for hit in results.places]
    services = [
        html.Li(html.A(city_text(found.name), href=list_address(CaseFilter(service=(found.slug,)))))
        for found in results.services
    ]
    return [
        *_part(_("Cases with this number"), numbered),
        *_part(_("Places"), places),
        *(_geocoded(geocoded) if geocoded else []),
        *_part(_("Types of case"), services),
        *_part(
            _("Cases with these words"),
            [_case(city, found, now) for found in results.cases],
            "case-list",
        ),
        html.P(
            html.A(
                _("See all of them on the map"),
                href=list_address(CaseFilter(q=results.typed)),
                className="button button-quiet",
            )
        )
        if results.cases
        else None,
    ]


def _part(heading: str, items: list[Any], look: str = "plain-list") -> list[Any]:
    return [html.H2(heading), html.Ul(items, className=look)] if items else []


def _place(hit: PlaceHit) -> html.Li:
    name = _("Near {place}", place=hit.name) if hit.is_near else hit.name
    area = f", {hit.area}" if hit.area else ""
    link = html.A(
        name + area, href=list_address(CaseFilter(), CaseOrder("closest", hit.lat, hit.lon))
    )
    return html.Li(
        [
            link,
            html.Span(
                " · " + ngettext("{n} recent case", "{n} recent cases", hit.cases),
                className="quiet",
            ),
        ]
    )


def _geocoded(geocoded: Geocoded) -> list[Any]:
    items = [
        html.Li(
            html.A(
                place.name,
                href=list_address(CaseFilter(), CaseOrder("closest", place.lat, place.lon)),
            )
        )
        for place in geocoded.places
    ]
    return [*_part(_("On the map"), items), html.P(geocoded.attribution, className="quiet")]


def _case(city: Jurisdiction, found: FoundCase, now: int) -> html.Li:
    card = found.card
    place = (
        [" ", html.Span(["· ", *mark_hits(found.address)], className="case-card-place")]
        if found.address
        else []
    )
    facts = [
        status_mark(card.status),
        time_tag(card.opened_at, formats.age(card.opened_at, now, city.zone), city.zone, now),
    ]
    # Boston's titles are often the type's name once more.
    said = found.note or (found.title if card.title != card.service_name else ())
    return html.Li(
        html.Article(
            [
                html.H3(
                    [html.A(city_text(card.service_name), href=case_address(card.case_id)), *place],
                    className="case-card-title",
                ),
                html.P(facts, className="case-card-facts"),
                tag("p", {"class": "quiet"} | city_lang_attribute(), mark_hits(said))
                if said
                else None,
            ],
            className="case-card",
        )
    )


def mark_hits(parts: Parts) -> list[Any]:
    """Text with the words that were searched for marked."""
    return [html.Mark(piece) if is_hit else piece for piece, is_hit in parts]
