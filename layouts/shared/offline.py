"""What a phone without signal shows: a page of its own, and a line above pages seen before."""

from __future__ import annotations

from typing import Any

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
    lead = _("This page cannot be shown without it. Pages that you saw lately can.")
    return Page(
        title=_("No signal") + f" · {city.name}",
        description=_("There is no signal just now."),
        body=[
            html.H1(_("There is no signal just now")),
            html.P(lead, className="lead"),
            *(_way_to_report() if can_report else []),
            html.P(_ways_on(can_report), className="share-ways"),
            _kept_notice(),
        ],
    )


def _way_to_report() -> list[Any]:
    sentence = _(
        "You can report a problem all the same. It is kept on this phone and sent when there is"
        " signal."
    )
    return [reports_on_phone(), notice(sentence)]


def _ways_on(can_report: bool) -> list[html.A]:
    report = html.A(_("Report a problem"), href="/report", className="button")
    again = html.A(_("Try again"), href="", className="button button-quiet")
    first = html.A(_("First page"), href="/", className="button button-quiet")
    return [report, again, first] if can_report else [again, first]


def _kept_notice() -> Any:
    """What a script puts on top of a page that the phone kept."""
    sentence = _(
        "There is no signal. This page was kept on your phone on {moment}; it may have changed"
        " since."
    )
    said = weave(sentence, moment=html.Span(className="kept-at"))
    shown = html.Div(html.P(said), className="kept-notice", role="status")
    return tag("template", {"id": NOTICE}, shown)
