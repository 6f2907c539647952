"""The audit log: the lines of one case, and the page of everything that was done in the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from layouts.shared import formats
from layouts.shared.components import time_tag
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.shared.prerender import aria_label
from layouts.staff.frame import staff_page
from layouts.staff.queue import staff_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.queries.staff.audit import AuditEntry, AuditPage

PATH = "/staff/audit"
LONGEST_TARGET = 40


def audit_page(city: Jurisdiction, who: str, page: AuditPage, is_first: bool, now: int) -> Page:
    """The audit log, newest first.

    It includes what belongs to no case: accounts, the outbox, commands on the command line.
    """
    lines = html.P(_("Nothing was done yet."))
    if page.lines:
        lines = audit_lines(page.lines, city, now, with_cases=True)
    unchanging = html.P(_("Nobody can change or delete a line."), className="quiet")
    parts = [unchanging, lines, _ways(page, is_first)]
    return staff_page(_("What was done, and why"), city, parts, who)


def _ways(page: AuditPage, is_first: bool) -> html.Nav | None:
    """To the newest lines, and to older ones."""
    older = f"{PATH}?before={page.older}"
    ways = [
        None if is_first else html.A(_("To the newest"), href=PATH),
        html.A(_("Show older ones"), href=older) if page.older else None,
    ]
    label = aria_label(_("More of what was done"))
    return html.Nav(ways, className="paging", **label) if any(ways) else None


def audit_lines(
    lines: tuple[AuditEntry, ...], city: Jurisdiction, now: int, with_cases: bool = False
) -> html.Ol:
    """When, who, what and why. `with_cases`: and for which case."""
    return html.Ol(
        [html.Li(_line(line, city, now, with_cases)) for line in lines], className="staff-audit"
    )


def _line(line: AuditEntry, city: Jurisdiction, now: int, with_cases: bool) -> list:
    action = _actions().get(line.action, line.action)
    target = f" ({line.target[:LONGEST_TARGET]})" if line.target else ""
    case = []
    if with_cases and line.case_id:
        number = format_tracking_number(line.case_id)
        case = [" · ", html.A(number, href=staff_address(line.case_id))]
    return [
        time_tag(line.at, formats.day_and_time(line.at, city.zone, now), city.zone, now),
        f" · {line.who} · {action}{target}",
        *case,
        html.Br(),
        line.reason,
    ]


def _actions() -> dict[str, str]:
    return {
        "release": _("released"),
        "hold": _("held"),
        "hide words": _("hid words"),
        "show words": _("showed words again"),
        "hide photo": _("hid a photo"),
        "show photo": _("showed a photo again"),
        "blur photo": _("made a part of a photo unreadable"),
        "staff add": _("made an account, or gave it a new password"),
        "staff remove": _("took an account away"),
        "outbox retry": _("sent it to the city’s system again"),
        "outbox arrived": _("noted that it is in the city’s system"),
        "outbox give up": _("gave up sending it to the city’s system"),
        "outbox resume": _("let the city’s system be tried again"),
    }
