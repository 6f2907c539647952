"""Photos that came with a report that is not sent yet. Read from the store itself.

Their names cannot be guessed, so anyone who has one has the form.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.context import Portal


def is_waiting_photo(portal: Portal, city_id: str, name: str) -> bool:
    """Whether a photo waits for its report. Once it has a case, it is shown by its case only."""
    with portal.core.connect() as connection:
        return _has_row(connection, _WAITING, {"city": city_id, "name": name})


def is_photo_of_form(portal: Portal, city_id: str, name: str, form_key: str) -> bool:
    """Whether a photo may be in a form.

    It waits for a report, or went with this very report, which is being sent again.
    """
    with portal.core.connect() as connection:
        return _has_row(connection, _OF_FORM, {"city": city_id, "name": name, "key": form_key})


def is_hidden_photo(portal: Portal, name: str) -> bool:
    """Whether staff have hidden the photo: its address for the city's system opens it no more."""
    with portal.core.connect() as connection:
        return _has_row(connection, _HIDDEN, {"name": name})


def _has_row(connection: Connection, query: str, values: dict[str, str]) -> bool:
    return connection.execute(text(query), values).first() is not None


_WAITING = """
select 1 from photos
where jurisdiction_id = :city and name = :name and case_key is null and state = 'ready'
"""
_HIDDEN = "select 1 from photos where name = :name and state = 'hidden'"
_OF_FORM = """
select 1 from photos p where p.jurisdiction_id = :city and p.name = :name and (
    (p.case_key is null and p.state = 'ready')
    or p.case_key = (
        select r.case_key from reports r
        where r.jurisdiction_id = :city and r.idempotency_key = :key
    )
)
"""
