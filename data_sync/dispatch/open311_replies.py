"""What a GeoReport server's answer to something sent means: taken, later, never, or not to be known.

A success is an id or a token, and nothing else: HTML with status 200, an answer that breaks off, an empty list may each come from a server
that has stored the case, or from something in between that has not.
"""

from __future__ import annotations

from data_sync.reading.base import Answer
from data_sync.reading.columns import plain
from data_sync.reading.fetch import retry_after
from data_sync.reading.http_answers import first_words
from data_sync.reading.open311_answers import error_words, requests_of
from portal.domain.dispatch import (
    Absent,
    Awaited,
    ForStaff,
    Later,
    LockedOut,
    Outcome,
    Refused,
    Taken,
    Unsure,
)
from portal.errors import SourceError

NOT_NOW = frozenset({408, 425, 429, 503})
"""The server says that it has not taken it and may another time."""
IN_BETWEEN = frozenset({502, 504})
"""A gateway lost the server: what the server did meanwhile nobody knows."""
NO_KEY = frozenset({401, 403})
KNOWN_BEFORE = "already exist"


def of_report(answer: Answer, can_look_up: bool) -> Outcome:
    """What became of a report that was sent. A server that says it failed is asked before the next attempt, where it can be."""
    if 200 <= answer.status < 300:
        return _number_or_token(answer)
    if answer.status in IN_BETWEEN or (
        answer.status >= 500 and answer.status not in NOT_NOW and can_look_up
    ):
        return Unsure(_said(answer), retry_after(answer.headers))
    return _failure(answer)


def of_update(answer: Answer) -> Outcome:
    """What became of an update. One that came before is refused by its id, which is as good."""
    if 200 <= answer.status < 300:
        return Taken() if _is_list(answer) else Unsure(_said(answer))
    if 400 <= answer.status < 500 and KNOWN_BEFORE in _words(answer).lower():
        return Taken()
    return _failure(answer)


def of_look_up(answer: Answer, reference: str) -> Outcome:
    """Whether the server has a case of this reference. One that gives others does not know what a reference is."""
    if not 200 <= answer.status < 300:
        return _not_answered(answer)
    try:
        rows = requests_of(answer, "look-up")
    except SourceError:
        return Later(_said(answer))
    for row in rows:
        extended = row.get("extended_attributes")
        if (
            isinstance(extended, dict)
            and plain(extended.get("external_reference")).strip() == reference
        ):
            number = plain(row.get("service_request_id")).strip()
            return Taken(number) if number else Later("It has the case, and no number for it yet.")
    return (
        ForStaff(
            "It may have arrived, and this system cannot be asked for our number. Look for it there."
        )
        if rows
        else Absent()
    )


def of_token(answer: Answer, token: str) -> Outcome:
    """The number that a token has become. A server that does not know it yet may know it later."""
    if answer.status == 404:
        return Awaited(token)
    if not 200 <= answer.status < 300:
        return _not_answered(answer)
    outcome = _number_or_token(answer)
    return outcome if isinstance(outcome, Taken) else Awaited(token)


def _number_or_token(answer: Answer) -> Outcome:
    try:
        rows = requests_of(answer, "answer")
    except SourceError:
        return Unsure(_said(answer))
    row = rows[0] if rows else {}
    if number := plain(row.get("service_request_id")).strip():
        return Taken(number)
    token = plain(row.get("token")).strip()
    return Awaited(token) if token else Unsure(_said(answer))


def _failure(answer: Answer) -> Outcome:
    if answer.status in NO_KEY:
        return LockedOut(_said(answer))
    if 400 <= answer.status < 500 and answer.status not in NOT_NOW:
        return Refused(_said(answer))
    return Later(_said(answer), retry_after(answer.headers))


def _not_answered(answer: Answer) -> Outcome:
    """A question alone changes nothing, so it is asked again, whatever went wrong."""
    return (
        LockedOut(_said(answer))
        if answer.status in NO_KEY
        else Later(_said(answer), retry_after(answer.headers))
    )


def _is_list(answer: Answer) -> bool:
    try:
        requests_of(answer, "update")
    except SourceError:
        return False
    return True


def _said(answer: Answer) -> str:
    """“400: service_code is missing”: what staff read."""
    return f"{answer.status}: {_words(answer) or 'nothing'}"


def _words(answer: Answer) -> str:
    """The server's own error words, else the first of whatever came."""
    return " ".join((error_words(answer) or first_words(answer.body)).split())[:300]
