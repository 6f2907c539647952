"""The briefing: a council district's week, or the whole city's."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from callbacks.cases.no_cases import draw_no_cases
from callbacks.performance.equity import read_equity
from callbacks.performance.findings import read_findings
from callbacks.shared.pages import Pages, Visit
from layouts.performance.briefing import OLDEST, PATH, Area, BriefingView, briefing_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sort_order import CaseOrder
from portal.domain.week import Week, parse_week
from portal.errors import BadRequest, NotFound, NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.case_cards import CaseCard
from portal.queries.cases.case_lists import cases_in_order
from portal.queries.cases.counts import count_cases
from portal.queries.cases.filter_names import named_choices
from portal.queries.performance.briefing import find_week, read_briefing

PARAMETERS = frozenset({"week"})


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The whole city's, and each district's."""
    for path in (PATH, f"{PATH}/<slug>"):
        pages.add(server, path, show_briefing, parameters=PARAMETERS)


def show_briefing(portal: Portal, visit: Visit, slug: str = "") -> Page:
    """An area's week. Raises NotFound for a district that the city does not have."""
    city = visit.city
    asked = _read_week(visit)
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    areas = _list_areas(city, facts)
    area = next((one for one in areas if one.slug == slug), None)
    if area is None:
        raise NotFound("The city has no “{name}” here.", name=slug[:60])
    selection = Selection(area.case_filter, city.zone)
    week = asked or portal.read(find_week, city.id, selection)
    if week is None:
        return draw_no_cases(portal, visit)
    found = portal.read(read_briefing, city.id, selection, week)
    return briefing_page(city, _read_view(portal, visit, area, areas), found, visit.now)


def _read_week(visit: Visit) -> Week | None:
    """The week of the address. Raises BadRequest for what is none."""
    written = next((value for _name, value in reversed(visit.own)), "")
    if not written:
        return None
    week = parse_week(written)
    if week is None:
        raise BadRequest("“{week}” is no week. Write it like 2026-W48.", week=written[:20])
    return week


def _list_areas(city: Jurisdiction, facts: Facts) -> tuple[Area, ...]:
    districts = (Area(slug, name) for slug, name in named_choices(facts, "district"))
    return (Area("", city.name), *districts)


def _read_view(portal: Portal, visit: Visit, area: Area, areas: tuple[Area, ...]) -> BriefingView:
    city = visit.city
    late = Selection(_filter(area, ("overdue",)), city.zone, visit.now)
    return BriefingView(
        area,
        areas,
        portal.read(count_cases, city.id, late),
        _read_oldest(portal, city, area),
        read_equity(portal, city),
        read_findings(portal, city),
    )


def _read_oldest(portal: Portal, city: Jurisdiction, area: Area) -> tuple[CaseCard, ...]:
    waiting = Selection(_filter(area, STILL_OPEN), city.zone)
    asked = portal.facts(city.id), waiting, CaseOrder("oldest"), OLDEST
    return portal.cached(cases_in_order, city.id, *asked).cases


def _filter(area: Area, status: tuple[str, ...]) -> CaseFilter:
    return replace(area.case_filter, status=status)
