"""What the report form says of how long cases like the reported one take."""

from __future__ import annotations

from callbacks.report.context import ReportContext, chosen_service
from callbacks.report.place import neighborhood_of
from layouts.report.draft import Draft
from portal.domain.forecasts import Promise
from portal.queries.cases.forecast import Forecast, read_forecast
from portal.services.performance.forecasts import promise_of


def forecast_of(context: ReportContext, draft: Draft) -> Forecast | None:
    """By when such cases are closed where the pin is; None where too few are known."""
    service = chosen_service(context, draft)
    if service is None or service.slug is None:
        return None
    area = neighborhood_of(context, draft)
    return read_forecast(context.portal, context.city.id, service.slug, area, context.now)


def find_promise(context: ReportContext, draft: Draft) -> Promise | None:
    """The same as it is kept when the report is sent. None where the form gave no number."""
    forecast = forecast_of(context, draft)
    if forecast is None or forecast.closing.days_50 is None:
        return None
    return promise_of(forecast, context.portal.facts(context.city.id).rev)
