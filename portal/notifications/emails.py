"""The text of our e-mails: plain text, in the receiver's language, with a link of their own.

    email = build_email(city, alert, case, own_link, Envelope(sender, receiver, now))

An e-mail contains nothing that a visitor typed. Otherwise anyone could write to anyone through us,
by giving that person's address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from babel.dates import format_date

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number
from portal.notifications.alerts import Alert, AlertCase
from portal.translations import make_translator

Translate = Callable[..., str]
Content = tuple[str, list[str]]
"""An e-mail's subject and lines."""


@dataclass(frozen=True)
class Envelope:
    """Who sends an e-mail to whom, and when."""

    sender: str
    receiver: str
    sent_at: datetime


@dataclass(frozen=True)
class FollowerLinks:
    """The links in a follower's e-mail: to the public case, and to their own following of it."""

    case: str
    own: str


def build_email(
    city: Jurisdiction, alert: Alert, case: AlertCase, own_link: str, envelope: Envelope
) -> EmailMessage:
    """The e-mail of an alert to the resident who reported the case.

    `own_link` is their private link. The same alert always has the same Message-ID.
    """
    _ = make_translator(case.language)
    build = {"received": _received, "closed": _closed, "reopened": _reopened}[alert.kind]
    subject, lines = build(_, city, case)
    footer = [
        _("All of your report, what you can add, and how to stop these letters:"),
        own_link,
        "",
        _(
            "This link is yours alone: whoever has it sees all of your report and can add to it "
            "or take it back."
        ),
        _(
            "You get this letter because this address was given with a report to {city}.",
            city=city.name,
        ),
    ]
    email = _assemble(city, alert, case, (subject, [*lines, "", *footer]), envelope)
    if alert.kind != "received":
        first = Alert(alert.case_key, "received", 0)
        email["References"] = _message_id(city, first, case, envelope.sender)
    return email


def build_follower_email(
    city: Jurisdiction, alert: Alert, case: AlertCase, links: FollowerLinks, envelope: Envelope
) -> EmailMessage:
    """The e-mail of an alert to someone who follows a case, or is asked to confirm that.

    Its headers let mail programs offer a button to unsubscribe.
    """
    _ = make_translator(case.language)
    build = {
        "confirm": _confirm,
        "closed": _followed_closed,
        "reopened": _followed_reopened,
    }[alert.kind]
    subject, lines = build(_, city, case)
    if alert.kind == "confirm":
        footer = [
            links.own,
            "",
            _(
                "If it was not you, do nothing: without your answer we forget this address in "
                "seven days."
            ),
        ]
    else:
        footer = [links.case, "", _("You follow this case. Stop these letters:"), links.own]
    email = _assemble(city, alert, case, (subject, [*lines, "", *footer]), envelope)
    email["List-Unsubscribe"] = f"<{links.own}/stop>"
    email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return email


def _assemble(
    city: Jurisdiction, alert: Alert, case: AlertCase, content: Content, envelope: Envelope
) -> EmailMessage:
    subject, lines = content
    email = EmailMessage()
    email["Subject"] = " ".join(subject.split())[:200]
    email["From"] = envelope.sender
    email["To"] = envelope.receiver
    email["Date"] = format_datetime(envelope.sent_at)
    email["Message-ID"] = _message_id(city, alert, case, envelope.sender)
    email["Auto-Submitted"] = "auto-generated"
    email.set_content("\n".join([*lines, ""]))
    email["Content-Language"] = case.language
    return email


def _received(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    number = format_tracking_number(case.case_id)
    lines = [
        _("Thank you. Your report is in."),
        "",
        _("Your number: {number}", number=number),
        _("Type: {service}", service=case.service_name),
        "",
        _("We write to you when it is closed."),
    ]
    return _("Your report {number}: {service}", number=number, service=case.service_name), lines


def _closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    number = format_tracking_number(case.case_id)
    lines = [
        _(
            "{city} has closed your report {number}: {service}.",
            city=city.name,
            number=number,
            service=case.service_name,
        )
    ]
    if case.closed_at is not None:
        day = format_date(
            datetime.fromtimestamp(case.closed_at, city.zone), "long", locale=case.language
        )
        lines.append(_("Closed on {day}.", day=day))
    if case.closure_reason:
        lines += ["", _("The city wrote:"), case.closure_reason]
    return _("Closed: {service} ({number})", service=case.service_name, number=number), lines


def _reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    number = format_tracking_number(case.case_id)
    lines = [
        _(
            "{city} has opened your report {number} again: {service}.",
            city=city.name,
            number=number,
            service=case.service_name,
        )
    ]
    return _("Open again: {service} ({number})", service=case.service_name, number=number), lines


def _confirm(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = {
        "number": format_tracking_number(case.case_id),
        "service": case.service_name,
        "city": city.name,
    }
    lines = [
        _("Somebody gave this address to follow case {number} in {city}: {service}.", **values),
        "",
        _(
            "If that was you, open this link and say yes. "
            "Then we write to you when the case is closed:"
        ),
    ]
    return _("Do you want to follow {service} ({number})?", **values), lines


def _followed_closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, lines = _closed(_, city, case)
    values = {
        "number": format_tracking_number(case.case_id),
        "service": case.service_name,
        "city": city.name,
    }
    return subject, [
        _("{city} has closed case {number}, which you follow: {service}.", **values),
        *lines[1:],
    ]


def _followed_reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, _lines = _reopened(_, city, case)
    values = {
        "number": format_tracking_number(case.case_id),
        "service": case.service_name,
        "city": city.name,
    }
    return subject, [
        _("{city} has opened case {number} again, which you follow: {service}.", **values)
    ]


def _message_id(city: Jurisdiction, alert: Alert, case: AlertCase, sender: str) -> str:
    """The first e-mail's depends only on the case number, so that later ones can refer to it."""
    rev = 0 if alert.kind == "received" else alert.rev
    receiver = f" {alert.receiver}" if alert.receiver else ""
    identity = f"{city.id} {case.case_id} {alert.kind} {rev}{receiver}"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return f"<{digest[:32]}@{sender.rpartition('@')[2]}>"
