"""Photos that came with a report not sent yet, shown to whoever has the form: their names cannot be guessed. Read from the store itself."""

from __future__ import annotations

from sqlalchemy import text

from portal.context import Portal


def is_held(portal: Portal, city_id: str, name: str) -> bool:
    """Whether a photo waits for its report. One that has a case is shown, if at all, by its case."""
    query = text("select 1 from photos where jurisdiction_id = :city and name = :name and case_key is null and state = 'ready'")
    with portal.core.connect() as connection:
        return connection.execute(query, {"city": city_id, "name": name}).first() is not None
