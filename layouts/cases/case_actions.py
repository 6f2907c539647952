"""What a reader can do about a case: follow it, share it, report something else at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dash import html

from layouts.cases.case_place import place_query
from layouts.shared import formats
from layouts.shared.components import case_address, case_heading_text
from layouts.shared.language import _
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_detail import CaseDetail

SHARE = "share"
PRINT = "print"
QUIET_BUTTON = "button button-quiet"


def follow_line(case: CaseCard, can_follow: bool) -> html.P | None:
    """How many people follow the case, and the way to follow it while it is open.

    `can_follow`: whether the portal sends e-mail. None where there is nothing to say.
    """
    parts = []
    if can_follow and case.status != "closed":
        address = f"{case_address(case.case_id)}/follow"
        parts.append(html.A(_("Tell me when it is closed"), href=address, className=QUIET_BUTTON))
    if followers := formats.count_followers(case.followers):
        parts.append(html.Span(followers, className="quiet"))
    return html.P(parts, className="follow-line") if parts else None


def report_another(city: Jurisdiction, case: CaseDetail) -> html.P | None:
    """The way to report another problem at the same place."""
    if not city.takes_reports or case.lat is None or case.lon is None:
        return None
    address = f"/report?{place_query(case)}"
    return html.P(html.A(_("Report another problem here"), href=address, className=QUIET_BUTTON))


def share_ways(case: CaseCard, site_url: str) -> list[Any]:
    """The address to copy, to e-mail or to print; scripts add the phone's own way of sharing."""
    address = site_url + case_address(case.case_id)
    email = urlencode({"subject": case_heading_text(case), "body": address}, quote_via=quote)
    permalink = html.A(address.partition("://")[2], href=address, className="permalink")
    ways = [
        _script_button(_("Share"), SHARE),
        html.A(_("Send by e-mail"), href=f"mailto:?{email}", className=QUIET_BUTTON),
        _script_button(_("Print"), PRINT),
    ]
    return [
        html.H2(_("Share this case")),
        html.P(permalink, className="permalink-line"),
        html.P(ways, className="share-ways"),
    ]


def _script_button(word: str, name: str) -> html.Button:
    """A button that a script shows where the browser can do it."""
    return html.Button(word, id=name, type="button", className=QUIET_BUTTON, hidden=True)
