"""The outbox: what waits to go to the city's work-order systems, and what is stuck and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.city_words import city_text
from layouts.shared.components import moment_tag, notice
from layouts.shared.document import Page
from layouts.shared.fields import form_field, input_box
from layouts.shared.language import _
from layouts.staff.frame import act_form, staff_page
from layouts.staff.queue import staff_address
from layouts.staff.queues import queues_table
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.domain.dispatch import Message, SystemState
    from portal.queries.report.unrouted import Unrouted
    from portal.queries.staff.failed_emails import FailedEmail
    from portal.queries.staff.queues import QueueState

PATH = "/staff/outbox"


@dataclass(frozen=True)
class OutboxView:
    """What waits, the systems it waits for, the open reports that no rule covers, and the e-mails
    that could not be sent.

    `may_decide`: the reader may send messages again, or give them up.
    """

    messages: tuple[Message, ...]
    systems: tuple[SystemState, ...]
    may_decide: bool
    unrouted: tuple[Unrouted, ...] = ()
    emails: tuple[FailedEmail, ...] = ()
    queues: tuple[QueueState, ...] = ()


def outbox_page(
    city: Jurisdiction, who: str, view: OutboxView, now: int, problem: str = ""
) -> Page:
    """The outbox, with what needs a decision first."""
    failing = [system for system in view.systems if system.is_stopped or system.failures]
    items = [html.Li(_message(city, message, view.may_decide, now)) for message in view.messages]
    nothing = html.P(_("Everything has arrived."))
    parts = [
        notice(problem, kind="warning") if problem else None,
        *queues_table(city, view.queues, now),
        *[_system(system, view.may_decide) for system in failing],
        html.Ol(items, className="case-list staff-list") if items else nothing,
        *_emails(city, view, now),
        *_unrouted(city, view, now),
    ]
    return staff_page(_("On its way to the city"), city, parts, who, 400 if problem else 200)


def _emails(city: Jurisdiction, view: OutboxView, now: int) -> list[Any]:
    if not view.emails:
        return []
    return [
        html.H2(_("E-mails that could not be sent")),
        html.P(_("We try for three days. The resident’s own page says the same as the e-mail.")),
        html.Ul(
            [html.Li(_email(city, email, now)) for email in view.emails],
            className="case-list staff-list",
        ),
    ]


def _email(city: Jurisdiction, email: FailedEmail, now: int) -> html.Article:
    link = html.A(format_tracking_number(email.case_id), href=staff_address(email.case_id))
    tried = _tried(city, email.attempts, email.created_at, now)
    state = _("Not tried any more") if email.is_given_up else _("Still being tried")
    return html.Article(
        [
            html.H3([link, f" · {_email_kinds()[email.kind]}"], className="staff-card-title"),
            html.P(f"{tried} · {state}", className="staff-card-facts"),
            html.P(city_text(email.answer), className="staff-note") if email.answer else None,
        ],
        className="staff-card",
    )


def _email_kinds() -> dict[str, str]:
    return {
        "received": _("we have your report"),
        "closed": _("the case is closed"),
        "reopened": _("the case is open again"),
        "parent_closed": _("the case it repeats is closed"),
        "parent_reopened": _("the case it repeats is open again"),
        "message": _("a message from the city"),
        "confirm": _("confirm that you follow it"),
    }


def _tried(city: Jurisdiction, attempts: int, since: int, now: int) -> str:
    moment = formats.day_and_time(since, city.zone, now)
    return _("{n} tries since {moment}", n=attempts, moment=moment)


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
    opened = moment_tag(report.opened_at, city.zone, now)
    link = html.A(format_tracking_number(report.case_id), href=staff_address(report.case_id))
    title = html.H3([link, " · ", city_text(report.service_name)], className="case-card-title")
    facts = html.P([city_text(where), " · ", opened], className="case-card-facts")
    return html.Article([title, facts], className="case-card")


def _system(system: SystemState, may_decide: bool) -> html.Div:
    name = system.name
    told = notice(_explain_failing(system), system.reason or "", kind="warning")
    again = None
    if may_decide:
        word = _("Try it again now")
        again = act_form(PATH, "resume", word, [], f"system-{name}", system=name)
    return html.Div([told, again])


def _explain_failing(system: SystemState) -> str:
    if system.is_stopped:
        return _(
            "{system} does not let us in: nothing is sent there until that is put right.",
            system=system.name,
        )
    return _(
        "{system} has failed {n} times and is left alone for a while.",
        system=system.name,
        n=system.failures,
    )


def _message(city: Jurisdiction, message: Message, may_decide: bool, now: int) -> html.Article:
    link = html.A(format_tracking_number(message.case_id), href=staff_address(message.case_id))
    parts: list[Any] = [
        html.H2([link, f" · {_kinds()[message.kind]}"], className="staff-card-title"),
        html.P(_message_facts(city, message, now), className="staff-card-facts"),
        html.P(city_text(message.answer), className="staff-note") if message.answer else None,
        *(_decisions(message) if may_decide else []),
    ]
    return html.Article(parts, className="staff-card")


def _message_facts(city: Jurisdiction, message: Message, now: int) -> list[Any]:
    """Where it goes, how often that was tried, and what comes next."""
    where = message.system or _("no system of the city’s")
    tried = _tried(city, message.attempts, message.created_at, now)
    if message.needs_staff:
        return [f"{where} · {tried} · ", html.Strong(_("Staff must decide."))]
    next_try = moment_tag(message.not_before, city.zone, now)
    return [f"{where} · {tried} · ", _("Next try:"), " ", next_try]


def _decisions(message: Message) -> list[html.Details]:
    number = message.id
    again = act_form(PATH, "retry", _("Send again now"), [], f"retry-{number}", message=number)
    end = act_form(PATH, "give up", _("Never send it"), [], f"end-{number}", message=number)
    forms = [
        (_("It is there"), _arrived_form(message)),
        (_("Send again"), again),
        (_("Give up"), end),
    ]
    return [html.Details([html.Summary(word), form]) for word, form in forms]


def _arrived_form(message: Message) -> html.Form:
    """Staff found it in the city's system: its number there, if it has one of its own."""
    key = f"arrived-{message.id}"
    number = form_field(
        html.Label(_("Its number there, if it has its own"), htmlFor=f"number-{key}"),
        input_box("text", "number", id=f"number-{key}", maxlength=100),
    )
    parts = [number] if message.kind == "open_case" else []
    word = _("It is in the city’s system")
    return act_form(PATH, "arrived", word, parts, key, message=message.id)


def _kinds() -> dict[str, str]:
    return {
        "open_case": _("a report"),
        "add_note": _("a note"),
        "withdraw_case": _("taken back"),
        "set_public": _("who may see it"),
    }
