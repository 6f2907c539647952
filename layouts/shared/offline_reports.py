"""Where a page shows reports that are on the visitor's phone and not yet sent to the portal.

A script fills it (assets/report-kept.js).
"""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared.language import _


def reports_on_phone() -> html.Div:
    """An empty element with every word that the script puts there."""
    return html.Div(
        id="kept-reports", className="kept-reports", hidden=True, role="status", **_words()
    )


def _words() -> dict[str, Any]:
    return {
        "data-draft": _("Go on with your report from {time}"),
        "data-where": _("It is kept on this phone alone, and no longer than a week."),
        "data-go-on": _("Go on"),
        "data-anew": _("Start over"),
        "data-waiting": _("Kept on this phone. It will be sent when there is signal."),
        "data-waiting-portal": _("Kept on this phone. It will be sent when the portal answers."),
        "data-from": _(
            "Once it is sent, nothing of it stays here but its number and its link, until you have"
            " seen them."
        ),
        "data-try-now": _("Try now"),
        "data-remove": _("Delete it"),
        "data-sure": _("Yes, delete it unsent"),
        "data-sent": _("Sent. Your number is {number}."),
        "data-own": _("See your report"),
        "data-done": _("Done"),
        "data-refused": _("Your report from {time} could not be taken as it is:"),
        "data-again": _("Look at it again"),
    }
