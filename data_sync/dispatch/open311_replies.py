"""What a GeoReport server's answer means: taken, later, never, or nobody knows.

    parse_report_reply(answer, can_look_up=True)   # Taken("26-5"), Awaited("token"), Refused("400:
    …") …

Only one id or one token is a success. HTML with status 200, an answer that breaks off, an empty
list or one of several cases may come from a server that has stored the case, or from something in
between that has not. Whether an id is ours to take is decided later
(portal.services.report.numbers).
"""

from __future__ import annotations

from typing import Any

from data_sync.reading.base import Answer
from data_sync.reading.fetch import retry_after_seconds
from data_sync.reading.http_answers import first_words
from data_sync.reading.open311.answers import parse_error, parse_requests
from data_sync.reading.values import to_text
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
"""The server says that it has not taken it, and may take it another time."""
IN_BETWEEN = frozenset({502, 504})
"""A gateway lost the server: nobody knows what the server did meanwhile."""
NO_KEY = frozenset({401, 403})
CANNOT_FIND = (
    "It may have arrived, and this system cannot be asked for our number. Look for it there."
)
KNOWN_BEFORE = "already exist"
"""How servers refuse an update that they have already."""


def parse_report_reply(answer: Answer, can_look_up: bool) -> Outcome:
    """What became of a report that was sent.

    A server that says it failed is asked for the report before the next attempt, if it can be.
    """
    if 200 <= answer.status < 300:
        return _number_or_token(answer)
    if answer.status in IN_BETWEEN or (
        answer.status >= 500 and answer.status not in NOT_NOW and can_look_up
    ):
        return Unsure(_answer_in_words(answer), retry_after_seconds(answer.headers))
    return _failure(answer)


def parse_update_reply(answer: Answer) -> Outcome:
    """What became of an update. One refused because the server has it already is taken."""
    if 200 <= answer.status < 300:
        return Taken() if _is_list(answer) else Unsure(_answer_in_words(answer))
    if 400 <= answer.status < 500 and KNOWN_BEFORE in _server_words(answer).lower():
        return Taken()
    return _failure(answer)


def parse_look_up_reply(answer: Answer, reference: str) -> Outcome:
    """Whether the server has a case with this reference.

    A server that returns other cases does not know what a reference is.
    """
    if not 200 <= answer.status < 300:
        return _not_answered(answer)
    try:
        rows = parse_requests(answer, "look-up")
    except SourceError:
        return Later(_answer_in_words(answer))
    for row in rows:
        if _reference_of(row) == reference:
            number = to_text(row.get("service_request_id")).strip()
            return Taken(number) if number else Later("It has the case, and no number for it yet.")
    return ForStaff(CANNOT_FIND) if rows else Absent()


def _reference_of(row: dict[str, Any]) -> str:
    extended = row.get("extended_attributes")
    return to_text(extended.get("external_reference")).strip() if isinstance(extended, dict) else ""


def parse_token_reply(answer: Answer, token: str) -> Outcome:
    """The number that a token has become. A server that does not know it yet may know it later."""
    if answer.status == 404:
        return Awaited(token)
    if not 200 <= answer.status < 300:
        return _not_answered(answer)
    outcome = _number_or_token(answer)
    return outcome if isinstance(outcome, Taken) else Awaited(token)


def _number_or_token(answer: Answer) -> Outcome:
    try:
        rows = parse_requests(answer, "answer")
    except SourceError:
        return Unsure(_answer_in_words(answer))
    numbers = _all_of(rows, "service_request_id")
    tokens = _all_of(rows, "token")
    if len(numbers) == 1:
        return Taken(numbers.pop())
    # A list of cases answers another question: none of them need be ours.
    is_token = not numbers and len(tokens) == 1
    return Awaited(tokens.pop()) if is_token else Unsure(_answer_in_words(answer))


def _all_of(rows: list[dict[str, Any]], name: str) -> set[str]:
    """The different values that rows have under a name."""
    return {value for row in rows if (value := to_text(row.get(name)).strip())}


def _failure(answer: Answer) -> Outcome:
    if answer.status in NO_KEY:
        return LockedOut(_answer_in_words(answer))
    if 400 <= answer.status < 500 and answer.status not in NOT_NOW:
        return Refused(_answer_in_words(answer))
    return Later(_answer_in_words(answer), retry_after_seconds(answer.headers))


def _not_answered(answer: Answer) -> Outcome:
    """Asking changes nothing, so it is asked again, whatever went wrong."""
    if answer.status in NO_KEY:
        return LockedOut(_answer_in_words(answer))
    return Later(_answer_in_words(answer), retry_after_seconds(answer.headers))


def _is_list(answer: Answer) -> bool:
    try:
        parse_requests(answer, "update")
    except SourceError:
        return False
    return True


def _answer_in_words(answer: Answer) -> str:
    """What staff read: “400: service_code is missing”."""
    return f"{answer.status}: {_server_words(answer) or 'nothing'}"


def _server_words(answer: Answer) -> str:
    """The server's own error words, else the first of whatever came."""
    return " ".join((parse_error(answer) or first_words(answer.body)).split())[:300]
