"""Where a case is: a small map, and the cases near it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import html

from layouts.cases.place_map import MarkedPlace, place_map
from layouts.shared import formats
from layouts.shared.components import case_address, case_heading, status_mark, time_tag
from layouts.shared.language import _
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.nearby import NearbyCase
    from portal.queries.cases.outlines import Outline


def case_place(
    case: CaseDetail, near: tuple[NearbyCase, ...], outlines: tuple[Outline, ...]
) -> list[Any]:
    """A small map with the cases near it, and the way to the large one.

    Nothing for a case without a place.
    """
    if case.lat is None or case.lon is None:
        return []
    place = case.address or case.neighborhood or _("the place of this case")
    name = _("Map of {place}", place=place)
    picture = place_map((case.status, case.lat, case.lon), outlines, _placed(near), name)
    caption = html.Figcaption(_map_caption(case))
    return [html.H2(_("Where")), html.Figure([picture, caption], className="place")]


def _placed(near: tuple[NearbyCase, ...]) -> list[MarkedPlace]:
    return [
        (case.status, case.lat, case.lon)
        for case in near
        if case.lat is not None and case.lon is not None
    ]


def _map_caption(case: CaseDetail) -> list[Any]:
    about = "" if case.place_precision == "exact" else _("The place is shown only roughly.")
    address = f"/cases?sort=closest&{place_query(case)}"
    return [about, " ", html.A(_("See it among all cases on the large map"), href=address)]


def place_query(case: CaseDetail) -> str:
    """The case's place in an address: `lat=42.33000&lon=-71.08000`, to about a meter."""
    return urlencode({"lat": f"{case.lat:.5f}", "lon": f"{case.lon:.5f}"})


def near_cases(
    title: str, cases: tuple[NearbyCase, ...], city: Jurisdiction, now: int
) -> list[Any]:
    """Cases nearby, each with its status, distance and age; nothing if there are none."""
    if not cases:
        return []
    items = [_near_case(case, city, now) for case in cases]
    return [html.H2(title), html.Ul(items, className="near-list")]


def _near_case(case: NearbyCase, city: Jurisdiction, now: int) -> html.Li:
    age = time_tag(case.opened_at, formats.age(case.opened_at, now, city.zone), city.zone, now)
    away = html.Span(formats.distance_away(case.metres), className="quiet")
    facts = html.Span([status_mark(case.status), away, age], className="near-facts")
    return html.Li([html.A(case_heading(case), href=case_address(case.case_id)), facts])
