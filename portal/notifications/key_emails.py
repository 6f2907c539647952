"""The e-mail with the link to someone's API keys.

Like all our e-mails it contains nothing that a visitor typed.
"""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.utils import format_datetime

from portal.domain.jurisdiction import Jurisdiction
from portal.notifications.alerts import Alert
from portal.notifications.emails import Envelope
from portal.translations import make_translator, supported_language


def build_key_email(
    city: Jurisdiction, alert: Alert, language: str, own_link: str, envelope: Envelope
) -> EmailMessage:
    """The e-mail of an alert about API keys; the same alert always has the same Message-ID."""
    code = supported_language(language)
    _ = make_translator(code)
    lines = [
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
    identity = f"{city.id} {alert.kind} {alert.rev} {alert.receiver}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    email = EmailMessage()
    email["Subject"] = " ".join(_("Your API keys for {city}", city=city.name).split())[:200]
    email["From"] = envelope.sender
    email["To"] = envelope.receiver
    email["Date"] = format_datetime(envelope.sent_at)
    email["Message-ID"] = f"<{digest}@{envelope.sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content("\n".join([*lines, ""]))
    email["Content-Language"] = code
    return email
