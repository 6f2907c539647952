"""What the city's record says of a case, and how long cases like it take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import case_time
from layouts.shared.language import _
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.forecast import Forecast


def case_facts(city: Jurisdiction, case: CaseDetail, now: int) -> html.Dl:
    """What is known, as names and values; nothing for what is not. `now` is in epoch seconds."""
    pairs: list[tuple[str, Any]] = [
        (_("Type"), _service_link(case)),
        (_("Place"), case.address),
        (_("Neighborhood"), case.neighborhood),
        (_("District"), case.district),
        (_("Department"), city_text(case.department)),
        (_("Queue"), city_text(case.queue)),
        (_("Came in by"), city_text(case.channel)),
        (_("Opened"), case_time(case, "opened_at", city.zone, now)),
        (_("The city’s target"), case_time(case, "target_at", city.zone, now)),
        (_("Closed"), case_time(case, "closed_at", city.zone, now)),
        (_("The city’s own on-time mark"), _on_time_word(case)),
        (_("The city calls this"), _city_status(case)),
    ]
    facts = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs if value]
    return html.Dl(facts, className="facts")


def _service_link(case: CaseDetail) -> html.A:
    return html.A(city_text(case.service_name), href=f"/cases?service={case.service_slug}")


def _on_time_word(case: CaseDetail) -> str | None:
    if case.city_on_time is None:
        return None
    return _("on time") if case.city_on_time else _("late")


def _city_status(case: CaseDetail) -> Any:
    """The city's word for the status, unless it is the same as ours."""
    if (case.city_status or "").lower() in ("open", "closed"):
        return None
    return city_text(case.city_status)


def time_to_close(city: Jurisdiction, forecast: Forecast | None, now: int) -> list[Any]:
    """How long cases like this one take, by the city's record, and how that is counted.

    Nothing where too few such cases are known.
    """
    if forecast is None:
        return []
    said = html.P(mark_city_words(_describe_shares(forecast), forecast.service.name))
    counting = [
        html.Summary(_("How is this counted?")),
        html.P(_describe_counting(city, forecast, now)),
    ]
    heading = html.H2(_("How long such cases take"))
    return [heading, said, html.Details(counting, className="how-counted")]


def _describe_shares(forecast: Forecast) -> str:
    """“In Roxbury, of cases of Pothole: half are closed within 4 days, nine in ten within …”"""
    closing, place = forecast.closing, _describe_cases(forecast)
    if closing.days_50 is None:
        return f"{place} {_('fewer than half were closed in the time we can see.')}"
    half = _("half are closed within {days}", days=formats.whole_days(closing.days_50))
    if closing.days_90 is None:
        return f"{place} {half}."
    most = formats.whole_days(closing.days_90)
    return f"{place} {_('{half}, nine in ten within {days}.', half=half, days=most)}"


def _describe_cases(forecast: Forecast) -> str:
    service = forecast.service.name
    if forecast.neighborhood:
        return _(
            "In {neighborhood}, of cases of {service}:",
            neighborhood=forecast.neighborhood.name,
            service=service,
        )
    if forecast.is_wider:
        return _(
            "This neighborhood alone has too few to say. In the whole city, of cases of {service}:",
            service=service,
        )
    return _("In the whole city, of cases of {service}:", service=service)


def _describe_counting(city: Jurisdiction, forecast: Forecast, now: int) -> str:
    closing = forecast.closing
    counted = _(
        "Counted over {cases} opened since {day}, of which {closed} are closed.",
        cases=formats.count_cases(closing.cases),
        day=formats.day(closing.since_at, city.zone, now),
        closed=formats.number(closing.closed_cases),
    )
    days = _("Days are from opening to closing by the city’s record, weekends included.")
    still_open = _(
        "An open case counts for as long as it has been open: without it the city would look"
        " quicker than it is."
    )
    return f"{counted} {days} {still_open}"
