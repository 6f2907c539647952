"""Moving a case in or out of the public's sight: its row, the search index, the words it bears, and the number that pages learn it by."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync.vocabulary import Words
from portal.store import data_version, search_index
from portal.store.models import LABEL_KINDS, Case, Service


def show_case(
    connection: Connection, city: Jurisdiction, case: int, visibility: str, now: int
) -> int:
    """Give a case this visibility; returns the batch by which pages and maps learn of it."""
    rev = data_version.advance(connection, city.id, now)
    of_case = Case.jurisdiction_id == city.id, Case.id == case
    columns = (
        Case.title,
        Service.name,
        Case.address,
        Case.note,
        Case.closure_reason,
        Case.opened_at,
        Case.visibility,
    )
    of_service = (Service.jurisdiction_id == Case.jurisdiction_id) & (
        Service.service_id == Case.service_id
    )
    row = connection.execute(select(*columns).join(Service, of_service).where(*of_case)).one()
    connection.execute(update(Case).where(*of_case).values(visibility=visibility, rev=rev))
    was_at = row.opened_at if row.visibility == "public" else None
    words = " ".join(part for part in row[:5] if part)
    search_index.index_cases(
        connection,
        [search_index.Entry(city.id, case, row.opened_at, words, visibility == "public", was_at)],
    )
    if visibility == "public":
        _show_words(connection, city, case)
    return rev


def _show_words(connection: Connection, city: Jurisdiction, case: int) -> None:
    """Let the public read the words the case bears: no other public case may bear its department."""
    columns = [getattr(Case, f"{kind}_id") for kind in LABEL_KINDS]
    words = Words(connection, city)
    service, *labels = connection.execute(
        select(Case.service_id, *columns).where(Case.jurisdiction_id == city.id, Case.id == case)
    ).one()
    words.show_service(service)
    words.show(labels)
    words.flush()
