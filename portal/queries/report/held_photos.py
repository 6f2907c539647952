"""Photos that came with a report not sent yet, shown to whoever has the form: their names cannot be guessed. Read from the store itself."""

from __future__ import annotations

from sqlalchemy import text

from portal.context import Portal


def is_held(portal: Portal, city_id: str, name: str) -> bool:
    """Whether a photo waits for its report. One that has a case is shown, if at all, by its case."""
    query = text(
        "select 1 from photos where jurisdiction_id = :city and name = :name and case_key is null and state = 'ready'"
    )
    with portal.core.connect() as connection:
        return connection.execute(query, {"city": city_id, "name": name}).first() is not None


def is_of_form(portal: Portal, city_id: str, name: str, form_key: str) -> bool:
    """Whether a photo may stand in a form: it waits for a report, or went with this very one, which is being sent again."""
    query = text(_OF_FORM)
    with portal.core.connect() as connection:
        return (
            connection.execute(query, {"city": city_id, "name": name, "key": form_key}).first()
            is not None
        )


_OF_FORM = """
select 1 from photos p where p.jurisdiction_id = :city and p.name = :name and (
    (p.case_key is null and p.state = 'ready')
    or p.case_key = (select r.case_key from reports r where r.jurisdiction_id = :city and r.idempotency_key = :key)
)
"""
