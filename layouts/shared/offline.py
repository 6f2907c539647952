"""What a phone without signal shows: a page of its own, and a line above pages seen before."""

from __future__ import annotations

from dash import html

from layouts.shared.components import notice
from layouts.shared.document import Page
from layouts.shared.language import _, weave
from layouts.shared.offline_reports import reports_on_phone
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction

NOTICE = "kept-notice"
"""The template that the service worker puts above a kept page, with the time filled in."""


def offline_page(city: Jurisdiction, can_report: bool) -> Page:
    """There is no signal: what still works."""
    said = weave(
        _(
            "There is no signal. This page was kept on your phone on {moment}; it may have changed"
            " since."
        ),
        moment=html.Span(className="kept-at"),
    )
    report = html.A(_("Report a problem"), href="/report", className="button")
    return Page(
        title=_("No signal") + f" · {city.name}",
        description=_("There is no signal just now."),
        body=[
            html.H1(_("There is no signal just now")),
            html.P(
                _("This page cannot be shown without it. Pages that you saw lately can."),
                className="lead",
            ),
            reports_on_phone() if can_report else None,
            notice(
                _(
                    "You can report a problem all the same. It is kept on this phone and sent when"
                    " there is signal."
                )
            )
            if can_report
            else None,
            html.P(
                [
                    report if can_report else None,
                    html.A(_("Try again"), href="", className="button button-quiet"),
                    html.A(_("First page"), href="/", className="button button-quiet"),
                ],
                className="share-ways",
            ),
            tag(
                "template",
                {"id": NOTICE},
                html.Div(html.P(said), className="kept-notice", role="status"),
            ),
        ],
    )
