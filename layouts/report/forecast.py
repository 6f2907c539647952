"""How long cases like a report take, in a sentence or two: before it is sent and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layouts.shared import formats
from layouts.shared.language import _

if TYPE_CHECKING:
    from portal.queries.cases.forecast import Forecast


def describe_forecast(forecast: Forecast | None) -> str:
    """“Half of cases like this here are closed in 6 days.” Empty if too few are known."""
    if forecast is None or forecast.closing.days_50 is None:
        return ""
    half = formats.whole_days(forecast.closing.days_50)
    if forecast.neighborhood is None:
        said = _("Half of cases like this in the city are closed in {days}.", days=half)
    else:
        said = _("Half of cases like this here are closed in {days}.", days=half)
    if forecast.closing.days_90 is None:
        return said
    most = formats.whole_days(forecast.closing.days_90)
    return f"{said} {_('Nine in ten are closed in {days}.', days=most)}"
