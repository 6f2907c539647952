"""While nothing can be stored: 503, kind words, and the form with all that was filled in.

A page that has a form of its own shows it again. For every other form there is a page with a button
that sends the same again (layouts.shared.error_pages.unstored_page).
"""

from __future__ import annotations

from dataclasses import replace

from flask import request

from layouts.shared.document import Page
from layouts.shared.language import _
from portal import logs
from portal.errors import CannotStore

log = logs.get_logger(__name__)

SECRETS = frozenset({"password", "code"})
"""Fields that no page repeats."""
MOST_BYTES = 200_000
PHOTO_UNSTORED = "a photo that came with a form could not be stored"
"""For the log."""


def explain_unstored(problem: CannotStore) -> str:
    """Tell the operator why, and return what to tell the visitor."""
    log.error("cannot store", route=str(request.url_rule), reason=str(problem))
    return _(
        "We can’t save anything just now. That is our fault. What you wrote is still here:"
        " please send it again in a minute."
    )


def mark_unstored(page: Page) -> Page:
    """The page with the status of a refusal that will pass."""
    return replace(page, status=503)


def read_fields() -> tuple[tuple[str, str], ...]:
    """Names and values of the form that was sent, without passwords; empty if it can't be read.

    What is larger than a form that a person fills in is not repeated.
    """
    try:
        found = tuple(request.form.items(multi=True))
    except Exception:  # noqa: BLE001 - a full disk may be what makes it unreadable
        return ()
    if SECRETS & {name for name, _value in found}:
        return ()
    return found if sum(len(value) for _name, value in found) <= MOST_BYTES else ()
