"""What every action of the desk is made of: a case's row, a change of it, an entry of history."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from data_sync.desk.errors import UnknownCase, WrongState
from data_sync.desk.models import Case, History

MAX_WORDS = 4_000


def case_row(connection: Connection, request_id: str) -> Row[Any]:
    """The case's row, private or not. Raises UnknownCase."""
    row = connection.execute(select(Case.__table__).where(Case.request_id == request_id)).first()
    if row is None:
        raise UnknownCase(f"There is no case {request_id[:60]!r}.")
    return row


def open_case_row(connection: Connection, request_id: str) -> Row[Any]:
    """The row of a case that is not closed. Raises UnknownCase or WrongState."""
    row = case_row(connection, request_id)
    if row.status == "closed":
        raise WrongState(f"Case {request_id} is closed. Reopen it first.")
    return row


def change_case(connection: Connection, case: Row[Any], now: datetime, **columns: Any) -> int:
    """Set columns of a case; returns the time of the change (epoch s)."""
    # A reader that walks cases by last change takes the later of two versions: so every change
    # gets a later second than the one before.
    at = max(to_epoch(now), case.updated_at + 1)
    connection.execute(update(Case).where(Case.id == case.id).values(updated_at=at, **columns))
    return at


def add_history(
    connection: Connection,
    case_id: int,
    at: int,
    actor: str,
    verb: str,
    words: str,
    is_public: bool = False,
) -> None:
    """Write down what was done to a case; residents see public entries. `at` in epoch seconds."""
    values = {"case_id": case_id, "at": at, "actor": actor, "verb": verb, "words": words}
    connection.execute(insert(History).values(**values, is_public=is_public))


def clean_text(words: str) -> str:
    """Text without control characters except line ends and tabs, at most 4,000 characters."""
    words = words.replace("\r\n", "\n").strip()
    return "".join(
        letter
        for letter in words
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn")
    )[:MAX_WORDS]


def to_epoch(moment: datetime) -> int:
    """A moment in epoch seconds."""
    return int(moment.timestamp())
