"""The outbox: what waits to go to the city's work-order systems, and what is stuck and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import notice, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.staff.frame import act_form, staff_page
from layouts.staff.queue import staff_address
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.domain.dispatch import Message, SystemState
    from portal.queries.report.unrouted import Unrouted

PATH = "/staff/outbox"


@dataclass(frozen=True)
class OutboxView:
    """What waits, the systems it waits for, and the open reports that no rule covers.

    `may_decide`: the reader may send messages again, or give them up.
    """

    messages: tuple[Message, ...]
    systems: tuple[SystemState, ...]
    may_decide: bool
    unrouted: tuple[Unrouted, ...] = ()


def outbox_page(
    city: Jurisdiction, who: str, view: OutboxView, now: int, problem: str = ""
) -> Page:
    """The outbox, with what needs a decision first."""
    failing = [system for system in view.systems if system.is_stopped or system.failures]
    items = [html.Li(_message(city, message, view.may_decide, now)) for message in view.messages]
    return staff_page(
        _("On its way to the city"),
        city,
        [
            notice(problem, kind="warning") if problem else None,
            *[_system(system, view.may_decide) for system in failing],
            html.Ol(items, className="case-list staff-list")
            if items
            else html.P(_("Everything has arrived.")),
            *_unrouted(city, view, now),
        ],
        who,
        400 if problem else 200,
    )


def _unrouted(city: Jurisdiction, view: OutboxView, now: int) -> list[Any]:
    if not view.unrouted:
        return []
    return [
        html.H2(_("No rule says whose these are")),
        html.P(
            _(
                "They went to the queue for all such reports. "
                "A rule in the city’s file sends the next ones to the right people."
            )
        ),
        html.Ul(
            [html.Li(_unrouted_report(city, report, now)) for report in view.unrouted],
            className="case-list staff-list",
        ),
    ]


def _unrouted_report(city: Jurisdiction, report: Unrouted, now: int) -> html.Article:
    where = " · ".join(part for part in (report.department, report.queue) if part)
    opened = time_tag(
        report.opened_at, formats.day_and_time(report.opened_at, city.zone, now), city.zone, now
    )
    link = html.A(format_tracking_number(report.case_id), href=staff_address(report.case_id))
    title = html.H3([link, " · ", city_text(report.service_name)], className="case-card-title")
    return html.Article(
        [title, html.P([city_text(where), " · ", opened], className="case-card-facts")],
        className="case-card",
    )


def _system(system: SystemState, may_decide: bool) -> html.Div:
    sentence = (
        _(
            "{system} does not let us in: nothing is sent there until that is put right.",
            system=system.name,
        )
        if system.is_stopped
        else _(
            "{system} has failed {n} times and is left alone for a while.",
            system=system.name,
            n=system.failures,
        )
    )
    again = (
        act_form(
            PATH, "resume", _("Try it again now"), [], f"system-{system.name}", system=system.name
        )
        if may_decide
        else None
    )
    return html.Div([notice(sentence, system.reason or "", kind="warning"), again])


def _message(city: Jurisdiction, message: Message, may_decide: bool, now: int) -> html.Article:
    where = message.system or _("no system of the city’s")
    tried = _(
        "{n} tries since {moment}",
        n=message.attempts,
        moment=formats.day_and_time(message.created_at, city.zone, now),
    )
    next_step: list[Any] = (
        [html.Strong(_("Somebody must decide."))]
        if message.needs_staff
        else [
            _("Next try:"),
            " ",
            time_tag(
                message.not_before,
                formats.day_and_time(message.not_before, city.zone, now),
                city.zone,
                now,
            ),
        ]
    )
    link = html.A(format_tracking_number(message.case_id), href=staff_address(message.case_id))
    parts: list[Any] = [
        html.H2([link, f" · {_kinds()[message.kind]}"], className="staff-card-title"),
        html.P([f"{where} · {tried} · ", *next_step], className="staff-card-facts"),
        html.P(city_text(message.answer), className="staff-note") if message.answer else None,
    ]
    if may_decide:
        again = act_form(
            PATH, "retry", _("Send again now"), [], f"retry-{message.id}", message=message.id
        )
        end = act_form(
            PATH, "give up", _("Never send it"), [], f"end-{message.id}", message=message.id
        )
        parts += [
            html.Details([html.Summary(_("Send again")), again]),
            html.Details([html.Summary(_("Give up")), end]),
        ]
    return html.Article(parts, className="staff-card")


def _kinds() -> dict[str, str]:
    return {
        "open_case": _("a report"),
        "add_note": _("a note"),
        "withdraw_case": _("taken back"),
        "set_public": _("who may see it"),
    }
