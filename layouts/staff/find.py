"""Opening a case by the number that a resident reads out."""

from __future__ import annotations

from dash import html

from layouts.shared.components import notice
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.staff.frame import number_form, staff_page
from layouts.staff.queue import staff_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number


def find_page(city: Jurisdiction, who: str, typed: str, cases: tuple[str, ...]) -> Page:
    """What a number may have meant, if it is not one case's."""
    links = [
        html.Li(html.A(format_tracking_number(case), href=staff_address(case))) for case in cases
    ]
    found = [html.H2(_("Did you mean one of these?")), html.Ul(links, className="plain-list")]
    nothing = notice(_("No case has this number."))
    return staff_page(
        _("Case number"), city, [number_form(typed), *(found if links else [nothing])], who
    )
