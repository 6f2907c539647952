"""Moving a case in or out of the public's sight.

Changes its row, the search index, the names that the public may know, and the data version by which
pages notice.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync.vocabulary import Vocabulary
from portal.store import data_version, search_index
from portal.store.models import LABEL_KINDS, Case, Service


def set_visibility(
    connection: Connection, city: Jurisdiction, case: int, visibility: str, now: int
) -> int:
    """Set a case's visibility, by its key; returns the new data version. `now` is in epoch s."""
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
    is_public = visibility == "public"
    old_opened_at = row.opened_at if row.visibility == "public" else None
    words = " ".join(part for part in row[:5] if part)
    entry = search_index.Entry(city.id, case, row.opened_at, words, is_public, old_opened_at)
    search_index.index_cases(connection, [entry])
    if is_public:
        _publish_words(connection, city, case)
    return rev


def _publish_words(connection: Connection, city: Jurisdiction, case: int) -> None:
    """Let the public know the case's service and labels: it may be the first to have them."""
    columns = [getattr(Case, f"{kind}_id") for kind in LABEL_KINDS]
    vocabulary = Vocabulary(connection, city)
    service, *labels = connection.execute(
        select(Case.service_id, *columns).where(Case.jurisdiction_id == city.id, Case.id == case)
    ).one()
    vocabulary.publish_service(service)
    vocabulary.publish_labels(labels)
    vocabulary.flush()
