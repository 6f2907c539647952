"""The words of the letters to residents: plain text, in the language of the report, with the number and their own link.

Nothing that a visitor typed stands in them: whoever gives somebody else's address cannot write to them through us.
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
from portal.notifications.alerts import Alert, Told
from portal.translations import make_translator

Words = Callable[..., str]


def letter(
    city: Jurisdiction,
    alert: Alert,
    told: Told,
    own_address: str,
    sender: str,
    receiver: str,
    now: datetime,
) -> EmailMessage:
    """The letter of an alert to the resident who reported; `own_address` is the private link. The same alert has the same Message-ID."""
    _ = make_translator(told.language)
    subject, said = {"received": _received, "closed": _closed, "reopened": _reopened}[alert.kind](
        _, city, told
    )
    ends = [
        _("All of your report, what you can add, and how to stop these letters:"),
        own_address,
        "",
        _(
            "This link is yours alone: whoever has it sees all of your report and can add to it or take it back."
        ),
        _(
            "You get this letter because this address was given with a report to {city}.",
            city=city.name,
        ),
    ]
    made = _made(city, alert, told, subject, [*said, "", *ends], sender, receiver, now)
    if alert.kind != "received":
        made["References"] = _message_id(city, Alert(alert.case_key, "received", 0), told, sender)
    return made


def follower_letter(
    city: Jurisdiction,
    alert: Alert,
    told: Told,
    links: Links,
    sender: str,
    receiver: str,
    now: datetime,
) -> EmailMessage:
    """The letter of an alert to somebody who follows a case, or is asked whether they want to. Mail programs can stop it by themselves."""
    _ = make_translator(told.language)
    subject, said = {
        "confirm": _confirm,
        "closed": _followed_closed,
        "reopened": _followed_reopened,
    }[alert.kind](_, city, told)
    if alert.kind == "confirm":
        ends = [
            links.own,
            "",
            _(
                "If it was not you, do nothing: without your answer we forget this address in seven days."
            ),
        ]
    else:
        ends = [links.case, "", _("You follow this case. Stop these letters:"), links.own]
    made = _made(city, alert, told, subject, [*said, "", *ends], sender, receiver, now)
    made["List-Unsubscribe"] = f"<{links.own}/stop>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made


@dataclass(frozen=True)
class Links:
    """Where a follower's letter leads: to the case, which everybody can see, and to what is theirs alone."""

    case: str
    own: str


def _made(
    city: Jurisdiction,
    alert: Alert,
    told: Told,
    subject: str,
    lines: list[str],
    sender: str,
    receiver: str,
    now: datetime,
) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = " ".join(subject.split())[:200]
    made["From"], made["To"] = sender, receiver
    made["Date"] = format_datetime(now)
    made["Message-ID"] = _message_id(city, alert, told, sender)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n".join([*lines, ""]))
    made["Content-Language"] = told.language
    return made


def _received(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    number = format_tracking_number(told.case_id)
    said = [
        _("Thank you. Your report is in."),
        "",
        _("Your number: {number}", number=number),
        _("Type: {service}", service=told.service_name),
        "",
        _("We write to you when it is closed."),
    ]
    return _("Your report {number}: {service}", number=number, service=told.service_name), said


def _closed(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    number = format_tracking_number(told.case_id)
    said = [
        _(
            "{city} has closed your report {number}: {service}.",
            city=city.name,
            number=number,
            service=told.service_name,
        )
    ]
    if told.closed_at is not None:
        day = format_date(
            datetime.fromtimestamp(told.closed_at, city.zone), "long", locale=told.language
        )
        said.append(_("Closed on {day}.", day=day))
    if told.closure_reason:
        said += ["", _("The city wrote:"), told.closure_reason]
    return _("Closed: {service} ({number})", service=told.service_name, number=number), said


def _reopened(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    number = format_tracking_number(told.case_id)
    said = [
        _(
            "{city} has opened your report {number} again: {service}.",
            city=city.name,
            number=number,
            service=told.service_name,
        )
    ]
    return _("Open again: {service} ({number})", service=told.service_name, number=number), said


def _confirm(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    values = {
        "number": format_tracking_number(told.case_id),
        "service": told.service_name,
        "city": city.name,
    }
    said = [
        _("Somebody gave this address to follow case {number} in {city}: {service}.", **values),
        "",
        _(
            "If that was you, open this link and say yes. Then we write to you when the case is closed:"
        ),
    ]
    return _("Do you want to follow {service} ({number})?", **values), said


def _followed_closed(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    subject, said = _closed(_, city, told)
    values = {
        "number": format_tracking_number(told.case_id),
        "service": told.service_name,
        "city": city.name,
    }
    return subject, [
        _("{city} has closed case {number}, which you follow: {service}.", **values),
        *said[1:],
    ]


def _followed_reopened(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    subject, _said = _reopened(_, city, told)
    values = {
        "number": format_tracking_number(told.case_id),
        "service": told.service_name,
        "city": city.name,
    }
    return subject, [
        _("{city} has opened case {number} again, which you follow: {service}.", **values)
    ]


def _message_id(city: Jurisdiction, alert: Alert, told: Told, sender: str) -> str:
    """A report's first letter is named by its number, so that later ones can answer it."""
    told_once = f"{city.id} {told.case_id} {alert.kind} {0 if alert.kind == 'received' else alert.rev}{alert.receiver and ' '}{alert.receiver}"
    return f"<{hashlib.sha256(told_once.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
