"""The words of the letters to residents: plain text, in the language of the report, with the number and the private link.

Nothing that a visitor typed stands in them: whoever gives somebody else's address cannot write to them through us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from babel.dates import format_date

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import shown
from portal.notifications.alerts import Alert, Told
from portal.translations import translator

Words = Callable[..., str]


def letter(city: Jurisdiction, alert: Alert, told: Told, own_address: str, sender: str, receiver: str, now: datetime) -> EmailMessage:
    """The letter of an alert; `own_address` is the private link. The same alert has the same Message-ID."""
    _ = translator(told.language)
    subject, said = {"received": _received, "closed": _closed, "reopened": _reopened}[alert.kind](_, city, told)
    made = EmailMessage()
    made["Subject"] = " ".join(subject.split())[:200]
    made["From"], made["To"] = sender, receiver
    made["Date"] = format_datetime(now)
    made["Message-ID"] = _message_id(city, alert, told, sender)
    if alert.kind != "received":
        first = Alert(alert.case_key, "received", 0, 0, 0, "")
        made["References"] = _message_id(city, first, told, sender)
    made["Auto-Submitted"] = "auto-generated"
    ends = [
        _("All of your report, what you can add, and how to stop these letters:"),
        own_address,
        "",
        _("This link is yours alone: whoever has it sees all of your report and can add to it or take it back."),
        _("You get this letter because this address was given with a report to {city}.", city=city.name),
    ]
    made.set_content("\n".join([*said, "", *ends, ""]))
    made["Content-Language"] = told.language
    return made


def _received(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    number = shown(told.case_id)
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
    number = shown(told.case_id)
    said = [_("{city} has closed your report {number}: {service}.", city=city.name, number=number, service=told.service_name)]
    if told.closed_at is not None:
        day = format_date(datetime.fromtimestamp(told.closed_at, city.zone), "long", locale=told.language)
        said.append(_("Closed on {day}.", day=day))
    if told.closure_reason:
        said += ["", _("The city wrote:"), told.closure_reason]
    return _("Closed: {service} ({number})", service=told.service_name, number=number), said


def _reopened(_: Words, city: Jurisdiction, told: Told) -> tuple[str, list[str]]:
    number = shown(told.case_id)
    said = [_("{city} has opened your report {number} again: {service}.", city=city.name, number=number, service=told.service_name)]
    return _("Open again: {service} ({number})", service=told.service_name, number=number), said


def _message_id(city: Jurisdiction, alert: Alert, told: Told, sender: str) -> str:
    """A report's first letter is named by its number, so that later ones can answer it."""
    told_once = f"{city.id} {told.case_id} {alert.kind} {0 if alert.kind == 'received' else alert.rev}"
    return f"<{hashlib.sha256(told_once.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
