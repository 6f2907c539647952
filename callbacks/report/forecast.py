"""What the report form says of how long cases like the reported one take."""

from __future__ import annotations

from callbacks.report.context import ReportContext, chosen_service
from callbacks.report.place import neighborhood_of
from layouts.report.draft import Draft
from portal.domain.forecasts import Promise
from portal.errors import NotReady
from portal.queries.cases.forecast import HOUR, Forecast, find_neighborhood, time_to_close
from portal.services.performance.forecasts import promise_of


def forecast_of(context: ReportContext, draft: Draft) -> Forecast | None:
    """By when such cases are closed where the pin is; None where too few are known."""
    return _ask(context, draft)[0]


def find_promise(context: ReportContext, draft: Draft) -> Promise | None:
    """The same as it is kept when the report is sent. None where the form gave no number."""
    forecast, rev = _ask(context, draft)
    if forecast is None or forecast.closing.days_50 is None:
        return None
    return promise_of(forecast, rev)


def _ask(context: ReportContext, draft: Draft) -> tuple[Forecast | None, int]:
    """The forecast of this hour, and the version of the data that it is from."""
    service = chosen_service(context, draft)
    if service is None or service.slug is None:
        return None, 0
    portal, city = context.portal, context.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return None, 0
    place = find_neighborhood(facts, neighborhood_of(context, draft))
    hour = context.now - context.now % HOUR
    return portal.read_hourly(time_to_close, city.id, hour, service.slug, place)
