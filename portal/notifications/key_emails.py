"""E-mails with the link to someone's API keys: to make one, or because a webhook was stopped.

Like all our e-mails they contain nothing that a visitor typed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime

from portal.domain.jurisdiction import Jurisdiction
from portal.notifications.alerts import Alert
from portal.notifications.emails import Envelope
from portal.translations import make_translator, supported_language

Translate = Callable[..., str]
Written = tuple[str, list[str]]
"""Subject and lines."""


def build_key_email(
    city: Jurisdiction, alert: Alert, language: str, own_link: str, envelope: Envelope
) -> EmailMessage:
    """The e-mail of an alert about API keys; the same alert always has the same Message-ID."""
    code = supported_language(language)
    _ = make_translator(code)
    if alert.kind == "webhook":
        subject, lines = _say_webhook_stopped(_, city, own_link)
    else:
        subject, lines = _offer_key(_, city, own_link)
    identity = f"{city.id} {alert.kind} {alert.rev} {alert.receiver}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    email = EmailMessage()
    email["Subject"] = " ".join(subject.split())[:200]
    email["From"] = envelope.sender
    email["To"] = envelope.receiver
    email["Date"] = format_datetime(envelope.sent_at)
    email["Message-ID"] = f"<{digest}@{envelope.sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content("\n".join([*lines, ""]))
    email["Content-Language"] = code
    return email


def _offer_key(_: Translate, city: Jurisdiction, own_link: str) -> Written:
    return _("Your API keys for {city}", city=city.name), [
        _("Someone gave this address to get an API key for {city}.", city=city.name),
        "",
        _(
            "If that was you, open this link to make the key. You can see and end your keys there "
            "later:"
        ),
        own_link,
        "",
        _("This link is yours alone: anyone who has it can end your keys and make new ones."),
        _("If it was not you, do nothing: without an answer we forget this address in seven days."),
    ]


def _say_webhook_stopped(_: Translate, city: Jurisdiction, own_link: str) -> Written:
    return _("Your webhook for {city} was stopped", city=city.name), [
        _(
            "One of your webhooks for {city} does not answer, so we have stopped it.",
            city=city.name,
        ),
        "",
        _("This page says why, and you can start it again there:"),
        own_link,
    ]
