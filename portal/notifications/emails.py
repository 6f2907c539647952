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
from portal.notifications.alerts import Alert, AlertCase, ParentCase
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
    subject, lines = _OWN[alert.kind](_, city, case)
    footer = _own_footer(_, city, own_link)
    email = _assemble(city, alert, case, (subject, [*lines, "", *footer]), envelope)
    if alert.kind != "received":
        first = Alert(alert.case_key, "received", 0)
        email["References"] = _message_id(city, first, case, envelope.sender)
    return email


def _own_footer(_: Translate, city: Jurisdiction, own_link: str) -> list[str]:
    return [
        _("All of your report, what you can add, and how to stop these letters:"),
        own_link,
        "",
        _(
            "This link is yours alone: anyone who has it sees all of your report and can add to "
            "it or withdraw it."
        ),
        _(
            "You get this letter because this address was given with a report to {city}.",
            city=city.name,
        ),
    ]


def build_follower_email(
    city: Jurisdiction, alert: Alert, case: AlertCase, links: FollowerLinks, envelope: Envelope
) -> EmailMessage:
    """The e-mail of an alert to someone who follows a case, or is asked to confirm that.

    Its headers let mail programs offer a button to unsubscribe.
    """
    _ = make_translator(case.language)
    subject, lines = _FOLLOWED[alert.kind](_, city, case)
    footer = _follower_footer(_, alert, links)
    email = _assemble(city, alert, case, (subject, [*lines, "", *footer]), envelope)
    email["List-Unsubscribe"] = f"<{links.own}/stop>"
    email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return email


def _follower_footer(_: Translate, alert: Alert, links: FollowerLinks) -> list[str]:
    if alert.kind != "confirm":
        return [links.case, "", _("You follow this case. Stop these letters:"), links.own]
    nothing = _(
        "If it was not you, do nothing: without your answer we forget this address in seven days."
    )
    return [links.own, "", nothing]


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


def _said_of(city: Jurisdiction, case: AlertCase) -> dict[str, str]:
    """What the sentences of an e-mail name: the city, the case's number and its type."""
    return {
        "city": city.name,
        "number": format_tracking_number(case.case_id),
        "service": case.service_name,
    }


def _received(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = _said_of(city, case)
    lines = [
        _("Thank you. Your report is in."),
        "",
        _("Your number: {number}", **values),
        _("Type: {service}", **values),
        "",
        _("We write to you when it is closed."),
    ]
    return _("Your report {number}: {service}", **values), lines


def _closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = _said_of(city, case)
    lines = [_("{city} has closed your report {number}: {service}.", **values)]
    lines += [*_tell_closing(_, city, case, case.language), *_point_to_parent(_, city, case)]
    return _("Closed: {service} ({number})", **values), lines


def _tell_closing(
    _: Translate, city: Jurisdiction, case: AlertCase | ParentCase, language: str
) -> list[str]:
    """When a case was closed, and what the city says and shows of that."""
    lines = []
    if case.closed_at is not None:
        moment = datetime.fromtimestamp(case.closed_at, city.zone)
        day = format_date(moment, "long", locale=language)
        lines.append(_("Closed on {day}.", day=day))
    if case.closure_reason:
        lines += ["", _("The city wrote:"), case.closure_reason]
    lines += _quote_city(_, case)
    if case.photos:
        lines += ["", _("After the city’s work, a photo:"), *case.photos]
    return lines


def _point_to_parent(_: Translate, city: Jurisdiction, case: AlertCase) -> list[str]:
    """Where a repeat goes on: with the case that the city counts it with."""
    parent = case.parent
    if parent is None or not parent.is_public:
        return []
    number = format_tracking_number(parent.case_id)
    if parent.status != "closed":
        said = _("We’ll e-mail you again when case {parent} is closed:", parent=number)
        return ["", said, parent.address]
    lines = _tell_closing(_, city, parent, case.language)
    return ["", _("Case {parent} is closed, too.", parent=number), *lines, "", parent.address]


def _parent_closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values, parent = _said_of(city, case), case.parent
    subject = _("Closed: {service} ({number})", **values)
    if parent is None or not parent.is_public:
        sentence = _(
            "{city} has closed another report of the same problem as your report {number}:"
            " {service}.",
            **values,
        )
        return subject, [sentence]
    sentence = _(
        "{city} has closed case {parent}, the same problem as your report {number}: {service}.",
        parent=format_tracking_number(parent.case_id),
        **values,
    )
    return subject, [sentence, *_tell_closing(_, city, parent, case.language), "", parent.address]


def _parent_reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values, parent = _said_of(city, case), case.parent
    subject = _("Open again: {service} ({number})", **values)
    if parent is None or not parent.is_public:
        sentence = _(
            "{city} has opened another report again of the same problem as your report {number}:"
            " {service}.",
            **values,
        )
        return subject, [sentence]
    sentence = _(
        "{city} has opened case {parent} again, the same problem as your report {number}:"
        " {service}.",
        parent=format_tracking_number(parent.case_id),
        **values,
    )
    return subject, [sentence, *_quote_city(_, parent), "", parent.address]


def _reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = _said_of(city, case)
    lines = [_("{city} has opened your report {number} again: {service}.", **values)]
    lines += _quote_city(_, case)
    return _("Open again: {service} ({number})", **values), lines


def _message(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = _said_of(city, case)
    lines = [_("{city} wrote about your report {number}: {service}.", **values)]
    lines += _quote_city(_, case)
    return _("The city wrote about {service} ({number})", **values), lines


def _quote_city(_: Translate, case: AlertCase | ParentCase) -> list[str]:
    """What the city wrote to the public on the way, as plain text."""
    if not case.said:
        return []
    return ["", _("The city wrote:"), "\n\n".join(case.said)]


def _confirm(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    values = _said_of(city, case)
    lines = [
        _("Someone gave this address to follow case {number} in {city}: {service}.", **values),
        "",
        _(
            "If that was you, open this link and say yes. "
            "Then we write to you when the case is closed:"
        ),
    ]
    return _("Do you want to follow {service} ({number})?", **values), lines


def _followed_closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, lines = _closed(_, city, case)
    values = _said_of(city, case)
    return subject, [
        _("{city} has closed case {number}, which you follow: {service}.", **values),
        *lines[1:],
    ]


def _followed_reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, lines = _reopened(_, city, case)
    values = _said_of(city, case)
    return subject, [
        _("{city} has opened case {number} again, which you follow: {service}.", **values),
        *lines[1:],
    ]


def _followed_parent_closed(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, lines = _parent_closed(_, city, case)
    sentence = _(
        "{city} has closed case {parent}, the same problem as case {number}, which you follow:"
        " {service}.",
        parent=format_tracking_number(case.parent.case_id if case.parent else ""),
        **_said_of(city, case),
    )
    return subject, [sentence, *lines[1:]]


def _followed_parent_reopened(_: Translate, city: Jurisdiction, case: AlertCase) -> Content:
    subject, lines = _parent_reopened(_, city, case)
    sentence = _(
        "{city} has opened case {parent} again, the same problem as case {number}, which you"
        " follow: {service}.",
        parent=format_tracking_number(case.parent.case_id if case.parent else ""),
        **_said_of(city, case),
    )
    return subject, [sentence, *lines[1:]]


def _message_id(city: Jurisdiction, alert: Alert, case: AlertCase, sender: str) -> str:
    """The first e-mail's depends only on the case number, so that later ones can refer to it."""
    rev = 0 if alert.kind == "received" else alert.rev
    receiver = f" {alert.receiver}" if alert.receiver else ""
    identity = f"{city.id} {case.case_id} {alert.kind} {rev}{receiver}"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return f"<{digest[:32]}@{sender.rpartition('@')[2]}>"


_OWN = {
    "received": _received,
    "message": _message,
    "closed": _closed,
    "reopened": _reopened,
    "parent_closed": _parent_closed,
    "parent_reopened": _parent_reopened,
}
_FOLLOWED = {
    "confirm": _confirm,
    "closed": _followed_closed,
    "reopened": _followed_reopened,
    "parent_closed": _followed_parent_closed,
    "parent_reopened": _followed_parent_reopened,
}
